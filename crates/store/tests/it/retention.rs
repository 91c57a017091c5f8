//! Forgetting.

use fiveone_model::failure::{Failure, FailureKind};
use fiveone_model::idempotency::IdempotencyKey;
use fiveone_model::task::{Stage, StageName, TaskId};
use fiveone_store::{Erase, Idempotency, Settlement};
use fiveone_testkit::build::{self, NOW};
use fiveone_testkit::{TestStore, on_both};

use crate::{done, set_up, task_at};

on_both!(
    a_result_is_wiped_when_its_time_is_over,
    a_result_is_erased_on_request,
    old_idempotency_keys_are_forgotten,
);

async fn a_result_is_wiped_when_its_time_is_over(store: TestStore) {
    set_up(&store).await;
    done(&store, 1, NOW, NOW + 100).await;
    let id = build::task_id(1);
    assert!(store.write.wipe_over(NOW + 99, 9).await.unwrap().is_empty());
    assert_eq!(store.write.wipe_over(NOW + 100, 9).await.unwrap(), std::slice::from_ref(&id));
    let task = store.read.task(&id).await.unwrap().unwrap();
    assert_eq!((task.data_key, task.wiped_at), (None, Some(NOW + 100)));
    assert!(store.read.sections(&id).await.unwrap().is_empty(), "rows and findings");
    assert!(store.write.wipe_over(NOW + 200, 9).await.unwrap().is_empty(), "once");
    assert_eq!(store.read.verify_ledger(&[]).await.unwrap().findings, [], "the books stay");
}

async fn is_erased(store: &TestStore, id: &TaskId) -> bool {
    store.write.erase(&Erase::Task(id.clone()), NOW, 9).await.unwrap().tasks == 1
}

async fn a_result_is_erased_on_request(store: TestStore) {
    set_up(&store).await;
    let id = build::task_id(1);
    assert!(!is_erased(&store, &id).await, "no such task");
    let claimed = task_at(&store, 2, StageName::LoggingIn).await;
    assert!(!is_erased(&store, &claimed.task.id).await, "still under way");
    let stage = Stage::Failed(Failure::of(FailureKind::Cancelled));
    let end = Settlement {
        task: claimed.task.id.clone(),
        fence: claimed.task.fence,
        stage,
        now: NOW,
        wipe_after: NOW + 100,
        callback: None,
    };
    store.write.settle(&end).await.unwrap();
    done(&store, 1, NOW, NOW + 100).await;
    assert!(is_erased(&store, &id).await);
    assert!(!is_erased(&store, &id).await, "once");
    assert!(store.read.task(&id).await.unwrap().unwrap().data_key.is_none());
    assert!(store.read.sections(&id).await.unwrap().is_empty(), "rows and findings");
}

async fn old_idempotency_keys_are_forgotten(store: TestStore) {
    set_up(&store).await;
    let mut new = build::new_task("a", 1);
    new.idempotency = IdempotencyKey::parse("k").map(|key| Idempotency { key, about: Vec::new() });
    store.write.admit(&[new], NOW).await.unwrap();
    assert_eq!(store.write.forget_keys(NOW + 86_399_999, 9).await.unwrap(), 0);
    assert_eq!(store.write.forget_keys(NOW + 86_400_000, 9).await.unwrap(), 1);
}
