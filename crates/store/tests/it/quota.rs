//! What an app and an account may have at once.

use fiveone_model::clock::Millis;
use fiveone_model::failure::{Failure, FailureKind};
use fiveone_model::idempotency::IdempotencyKey;
use fiveone_model::ledger::Balance;
use fiveone_model::task::{Stage, StageName};
use fiveone_store::{Admitted, Idempotency, NewTask, Quota, Settlement};
use fiveone_testkit::build::{self, NOW};
use fiveone_testkit::{TestStore, on_both};

use crate::{claim, register, set_up, task_at};

on_both!(
    an_app_has_no_more_open_tasks_than_it_may,
    what_ended_makes_place_and_limits_may_be_moved,
    free_failures_are_not_to_be_had_without_end,
    an_account_that_its_portal_refused_is_left_alone,
    a_login_that_was_cancelled_half_way_may_have_been_refused,
);

const HOUR: Millis = 3_600_000;

/// A create of app `a` with these limits.
fn limited(number: u32, quota: Quota) -> NewTask {
    NewTask { quota, ..build::new_task("a", number) }
}

/// A create of an account.
fn login(number: u32, account: &str) -> NewTask {
    let quota = Quota { wrong_logins_max: 2, wrong_logins_for_ms: HOUR, ..build::quota() };
    NewTask { login_digest: Some(account.to_owned()), ..limited(number, quota) }
}

async fn outcomes(store: &TestStore, batch: &[NewTask], now: Millis) -> Vec<Admitted> {
    store.write.admit(batch, now).await.unwrap()
}

/// Ends the task of a number, wherever it is.
async fn fail(store: &TestStore, number: u32, kind: FailureKind, now: Millis) {
    let task = store.read.task(&build::task_id(number)).await.unwrap().unwrap();
    let stage = Stage::Failed(Failure::of(kind));
    let end = Settlement {
        task: task.id,
        fence: task.fence,
        stage,
        now,
        wipe_after: now,
        callback: None,
    };
    store.write.settle(&end).await.unwrap();
}

async fn an_app_has_no_more_open_tasks_than_it_may(store: TestStore) {
    set_up(&store).await;
    let quota = Quota { open_tasks_max: 2, ..build::quota() };
    let key = IdempotencyKey::parse("order-3").unwrap();
    let third = NewTask {
        idempotency: Some(Idempotency { key, about: vec!["x".to_owned()] }),
        ..limited(3, quota)
    };
    let batch = [limited(1, quota), limited(2, quota), third.clone(), limited(1, quota)];
    let told = outcomes(&store, &batch, NOW).await;
    let twin = Admitted::Twin(build::task_id(1));
    assert_eq!(told, [Admitted::New, Admitted::New, Admitted::TooManyOpen, twin]);
    let held = store.read.balance(&build::app_id("a")).await.unwrap().unwrap().held_fen;
    assert_eq!(held, 600, "the refused one holds nothing");
    fail(&store, 1, FailureKind::PortalUnstable, NOW).await;
    // Its key was not used up.
    assert_eq!(outcomes(&store, &[third], NOW).await, [Admitted::New]);
}

/// How many are open is kept and not walked: it must never be too few, nor refuse for tasks that ended.
async fn what_ended_makes_place_and_limits_may_be_moved(store: TestStore) {
    set_up(&store).await;
    store.write.topup(&build::app_id("a"), 100_000, "", NOW).await.unwrap();
    let of =
        |max: u32, number: u32| limited(number, Quota { open_tasks_max: max, ..build::quota() });
    let one =
        async |max: u32, number: u32| outcomes(&store, &[of(max, number)], NOW).await.remove(0);
    for number in 1..=4 {
        assert_eq!(one(4, number).await, Admitted::New);
    }
    assert_eq!(one(4, 5).await, Admitted::TooManyOpen);
    for number in 1..=3 {
        fail(&store, number, FailureKind::PortalUnstable, NOW).await;
    }
    // Two at once where three have place, and then one more than has.
    let two = outcomes(&store, &[of(4, 5), of(4, 6)], NOW).await;
    assert_eq!(two, [Admitted::New, Admitted::New]);
    let two = outcomes(&store, &[of(4, 7), of(4, 8)], NOW).await;
    assert_eq!(two, [Admitted::New, Admitted::TooManyOpen]);
    // A limit that is lowered below what is open, and raised again.
    assert_eq!(one(2, 8).await, Admitted::TooManyOpen);
    assert_eq!(one(5, 8).await, Admitted::New);
    assert_eq!(one(5, 9).await, Admitted::TooManyOpen);
}

async fn free_failures_are_not_to_be_had_without_end(store: TestStore) {
    set_up(&store).await;
    let quota = Quota { unpaid_per_hour_max: 2, ..build::quota() };
    let kinds = [
        FailureKind::PortalUnstable,
        FailureKind::WrongCredentials,
        FailureKind::PortalChanged,
        FailureKind::NoAnswer,
    ];
    for (number, kind) in (1..).zip(kinds) {
        assert_eq!(outcomes(&store, &[limited(number, quota)], NOW).await, [Admitted::New]);
        fail(&store, number, kind, NOW).await;
    }
    // What the portal or we did is not the app's.
    let next = [limited(9, quota)];
    assert_eq!(outcomes(&store, &next, NOW).await, [Admitted::TooManyUnpaid { until: NOW + HOUR }]);
    assert_eq!(
        outcomes(&store, &next, NOW + HOUR - 1).await,
        [Admitted::TooManyUnpaid { until: NOW + HOUR }]
    );
    assert_eq!(outcomes(&store, &next, NOW + HOUR).await, [Admitted::New]);
    let free = Balance { free_fen: 700, held_fen: 300, revenue_fen: 0, funding_fen: 1_000 };
    assert_eq!(store.read.balance(&build::app_id("a")).await.unwrap().unwrap(), free);
}

async fn an_account_that_its_portal_refused_is_left_alone(store: TestStore) {
    set_up(&store).await;
    register(&store, "n2").await;
    // Two at once are two that may be refused.
    let both = [login(1, "zhang"), login(2, "zhang"), login(3, "zhang"), login(4, "li")];
    let told = outcomes(&store, &both[..3], NOW).await;
    assert_eq!(told, [Admitted::New, Admitted::New, Admitted::TooManyWrong { until: NOW + HOUR }]);
    fail(&store, 1, FailureKind::WrongCredentials, NOW).await;
    assert_eq!(
        outcomes(&store, &both[2..3], NOW).await,
        [Admitted::TooManyWrong { until: NOW + HOUR }]
    );
    assert_eq!(outcomes(&store, &both[3..], NOW).await, [Admitted::New], "another account");
    // One that failed for another reason was no wrong password.
    fail(&store, 2, FailureKind::PortalUnstable, NOW).await;
    assert_eq!(outcomes(&store, &[login(5, "zhang")], NOW + 1).await, [Admitted::New]);
    fail(&store, 5, FailureKind::WrongCredentials, NOW + 1).await;
    assert_eq!(
        outcomes(&store, &[login(6, "zhang")], NOW + 2).await,
        [Admitted::TooManyWrong { until: NOW + HOUR }]
    );
    // The window slides over the first.
    assert_eq!(outcomes(&store, &[login(6, "zhang")], NOW + HOUR).await, [Admitted::New]);
    fail(&store, 6, FailureKind::WrongCredentials, NOW + HOUR).await;
    fail(&store, 4, FailureKind::Cancelled, NOW).await;

    // A login that the portal accepted ends the count: whoever knows the password may try again.
    let good = task_at(&store, 7, StageName::Crawling).await;
    let sql = format!(
        "update task set login_digest = 'zhang', created_at = {} where id = '{}'",
        NOW + HOUR + 1,
        good.task.id
    );
    store.execute(&sql).await;
    let batch = [login(8, "zhang")];
    assert_eq!(outcomes(&store, &batch, NOW + HOUR + 2).await, [Admitted::New]);
}

async fn a_login_that_was_cancelled_half_way_may_have_been_refused(store: TestStore) {
    set_up(&store).await;
    // One that no node had begun was tried nowhere.
    for number in 1..=3 {
        assert_eq!(outcomes(&store, &[login(number, "zhang")], NOW).await, [Admitted::New]);
        fail(&store, number, FailureKind::Cancelled, NOW).await;
    }
    for number in 4..=5 {
        assert_eq!(outcomes(&store, &[login(number, "zhang")], NOW).await, [Admitted::New]);
        claim(&store).await;
        fail(&store, number, FailureKind::Cancelled, NOW).await;
    }
    assert_eq!(
        outcomes(&store, &[login(6, "zhang")], NOW).await,
        [Admitted::TooManyWrong { until: NOW + HOUR }]
    );
}
