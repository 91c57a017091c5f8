//! Every query of the store, on both databases.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod books;
mod callbacks;
mod challenges;
mod concurrent;
mod console;
mod copy;
mod evidence;
mod history;
mod ledger;
mod links;
mod nodes;
mod pages;
mod queue;
mod quota;
mod retention;
mod schema;
mod settlement;
mod stalls;
mod upgrade;

use fiveone_model::area::AreaCode;
use fiveone_model::clock::Millis;
use fiveone_model::product::Product;
use fiveone_model::report::Section;
use fiveone_model::task::{Stage, StageName};
use fiveone_store::{Admitted, Claimed, NodeRow, SectionRow, Settlement, Store};
use fiveone_testkit::begin_books;
use fiveone_testkit::build::{self, NOW};

fn anshan() -> (Product, AreaCode) {
    (Product::Fund, AreaCode::parse("210300").unwrap())
}

async fn register(store: &Store, id: &str) {
    let node = NodeRow { id: id.to_owned(), public_key: vec![7; 32], proof: String::new() };
    store.write.register_node(&node, NOW).await.unwrap();
}

/// A store with app `a` that has 1,000 分, a price of 300, and node `n1`.
async fn set_up(store: &Store) {
    begin_books(store).await;
    assert!(store.write.create_app(&build::new_app("a")).await.unwrap());
    let app = build::app("a").id;
    for product in Product::ALL {
        store.write.set_tariff(None, product, build::tariff()).await.unwrap();
    }
    store.write.topup(&app, 1_000, "first", NOW).await.unwrap();
    register(store, "n1").await;
}

async fn admit(store: &Store, number: u32) {
    let outcome = store.write.admit(&[build::new_task("a", number)], NOW).await.unwrap();
    assert_eq!(outcome, [Admitted::New]);
}

async fn claim(store: &Store) -> Claimed {
    claim_of(store, Product::Fund).await
}

async fn claim_of(store: &Store, product: Product) -> Claimed {
    let (_, area) = anshan();
    let mut claimed = store.write.claim_queued("n1", (product, &area), 99, 1, NOW).await.unwrap();
    claimed.rows.pop().expect("a queued task")
}

/// A task claimed and brought to `stage`.
async fn task_at(store: &Store, number: u32, stage: StageName) -> Claimed {
    admit(store, number).await;
    claimed_at(store, stage).await
}

/// The queued task, claimed and brought to `stage`.
async fn claimed_at(store: &Store, stage: StageName) -> Claimed {
    bring_to(store, claim(store).await, stage).await
}

/// A claimed task, brought to `stage`.
async fn bring_to(store: &Store, claimed: Claimed, stage: StageName) -> Claimed {
    let steps = [
        (StageName::LoggingIn, StageName::LoggedIn),
        (StageName::LoggedIn, StageName::Crawling),
        (StageName::Crawling, StageName::Storing),
    ];
    let mut at = StageName::LoggingIn;
    for step in steps {
        if at == stage {
            break;
        }
        let session = (step.1 == StageName::LoggedIn).then_some(b"session".as_slice());
        store
            .write
            .move_stage(&claimed.task.id, claimed.task.fence, step, session, NOW)
            .await
            .unwrap();
        at = step.1;
    }
    assert_eq!(at, stage);
    claimed
}

async fn store_section(store: &Store, claimed: &Claimed, section: Section) {
    store_rows(store, claimed, section, Some(2)).await;
}

/// Stores a section of so many rows; of none when the portal does not have it.
async fn store_rows(store: &Store, claimed: &Claimed, section: Section, row_count: Option<i64>) {
    let row = SectionRow {
        section,
        sealed: b"rows".to_vec(),
        findings_sealed: b"findings".to_vec(),
        row_count,
        stored_at: NOW,
    };
    store
        .write
        .store_section(&claimed.task.id, claimed.task.fence, &row, b"session 2")
        .await
        .unwrap();
}

/// A task that was read, paid for and ended at an instant; its report may be kept until another.
async fn done(store: &Store, number: u32, at: Millis, wipe_after: Millis) {
    let claimed = task_at(store, number, StageName::Crawling).await;
    store_section(store, &claimed, Section::Base).await;
    let (id, fence) = (&claimed.task.id, claimed.task.fence);
    let step = (StageName::Crawling, StageName::Storing);
    store.write.move_stage(id, fence, step, None, NOW).await.unwrap();
    let stage = Stage::Done { missing: vec![] };
    let end = Settlement { task: id.clone(), fence, stage, now: at, wipe_after, callback: None };
    store.write.settle(&end).await.unwrap();
}
