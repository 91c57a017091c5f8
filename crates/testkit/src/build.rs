//! Builders with every field set to something plain.

use fiveone_model::app::{App, AppId};
use fiveone_model::area::AreaCode;
use fiveone_model::clock::Millis;
use fiveone_model::ledger::BooksKey;
use fiveone_model::product::Product;
use fiveone_model::tariff::{PartialRule, Tariff};
use fiveone_model::task::TaskId;
use fiveone_store::{NewApp, NewTask, Quota};
use zeroize::Zeroizing;

/// The instant tests begin at: 2026-11-22 08:00 in Shanghai.
pub const NOW: Millis = 1_795_305_600_000;

/// What a task costs in tests, in 分.
pub const PRICE: i64 = 300;

/// An app that may do everything.
///
/// # Panics
/// The id is no app's id.
#[must_use]
pub fn app(id: &str) -> App {
    let app = App::new(app_id(id), &format!("{id} 的应用"));
    App { calls_per_second: 10_000, ..app.with_all_grants() }
}

/// An app's id.
///
/// # Panics
/// It is none.
#[must_use]
pub fn app_id(id: &str) -> AppId {
    AppId::parse(id).expect("an app id")
}

/// The same, as the store takes it; its token is not sealed and opens with no key.
#[must_use]
pub fn new_app(id: &str) -> NewApp {
    NewApp { app: app(id), token_sealed: b"sealed".to_vec(), at: NOW }
}

/// The key that signs the books of tests.
#[must_use]
pub fn books_key() -> BooksKey {
    BooksKey::new(Zeroizing::new([51; 32]))
}

/// The price of tests.
#[must_use]
pub const fn tariff() -> Tariff {
    Tariff { price_fen: PRICE, partial: PartialRule::BaseAndOneMore }
}

/// Limits that no test reaches by accident.
#[must_use]
pub const fn quota() -> Quota {
    Quota {
        open_tasks_max: 100_000,
        unpaid_per_hour_max: 100_000,
        wrong_logins_max: 5,
        wrong_logins_for_ms: 3_600_000,
    }
}

/// A task id whose first digits are `number`.
#[must_use]
pub fn task_id(number: u32) -> TaskId {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    TaskId::from_random(bytes)
}

/// An admission of a fund task in 鞍山, sealed to node `n1`.
///
/// # Panics
/// Never.
#[must_use]
pub fn new_task(app: &str, number: u32) -> NewTask {
    NewTask {
        id: task_id(number),
        app_id: app_id(app),
        product: Product::Fund,
        area: AreaCode::parse("210300").expect("an area code"),
        login_type: 1,
        node_id: "n1".to_owned(),
        login_sealed: format!("login of {number}").into_bytes(),
        data_key: b"wrapped".to_vec(),
        person: None,
        fingerprint: format!("fingerprint {number}"),
        idempotency: None,
        login_digest: None,
        quota: quota(),
        tariff: tariff(),
        due_at: NOW + 900_000,
        hold_due_at: NOW + 1_200_000,
        idempotency_until: NOW + 86_400_000,
        withheld_until: None,
        link: None,
        kept_sections: Vec::new(),
        is_test: false,
    }
}
