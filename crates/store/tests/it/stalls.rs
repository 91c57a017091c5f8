//! What must not stop the others: rows that cannot be read, ends that cannot be written, and
//! transactions that meet.

use fiveone_model::failure::{Failure, FailureKind};
use fiveone_model::task::{Stage, TaskId};
use fiveone_store::{Admitted, Error, Resolved, Settlement};
use fiveone_testkit::build::{self, NOW};
use fiveone_testkit::{TestStore, on_both};
use tokio::task::JoinSet;

use crate::{admit, anshan, register, set_up};

on_both!(
    a_row_that_cannot_be_read_is_told_of_and_stops_nobody,
    a_task_set_aside_is_left_alone_until_it_is_taken_back,
    an_end_that_cannot_be_written_leaves_the_others_of_its_batch,
    settling_and_admitting_twins_never_wait_in_a_circle,
);

fn failed(task: &TaskId, fence: i64) -> Settlement {
    let stage = Stage::Failed(Failure::of(FailureKind::NodeLost));
    let task = task.clone();
    Settlement { task, fence, stage, now: NOW, wipe_after: NOW + 100, callback: None }
}

async fn a_row_that_cannot_be_read_is_told_of_and_stops_nobody(store: TestStore) {
    set_up(&store).await;
    for number in 1..=3 {
        admit(&store, number).await;
    }
    let bad = build::task_id(1);
    store.execute(&format!("update task set login_type = -1 where id = '{bad}'")).await;
    let due_at = NOW + 900_000;
    let overdue = store.read.overdue(due_at, 9).await.unwrap();
    assert_eq!(overdue.rows.len(), 2);
    let told: Vec<_> =
        overdue.unreadable.iter().map(|row| (row.task.as_str(), row.fence)).collect();
    assert_eq!(told, [(bad.as_str(), 0)]);
    let why = format!("column task.login_type of {bad} cannot be decoded");
    assert_eq!(overdue.unreadable[0].error.to_string(), why);
    let (product, area) = anshan();
    let claimed = store.write.claim_queued("n1", (product, &area), 9, 9, NOW).await.unwrap();
    assert_eq!((claimed.rows.len(), claimed.unreadable.len()), (2, 1));
    // Id and fence are enough to end it, and its app has its money back.
    assert_eq!(store.write.settle(&failed(&bad, 0)).await.unwrap(), Resolved::Released);
}

async fn a_task_set_aside_is_left_alone_until_it_is_taken_back(store: TestStore) {
    set_up(&store).await;
    admit(&store, 1).await;
    let task = build::task_id(1);
    store.write.set_aside(task.as_str(), "a reason", NOW).await.unwrap();
    let expected = [(task.to_string(), "a reason".to_owned())];
    assert_eq!(store.read.set_aside(9).await.unwrap(), expected);
    let later = NOW + 9_000_000;
    store.write.declare_dead("n1", 0, NOW).await.unwrap();
    assert!(store.read.queued_portals("n1").await.unwrap().is_empty());
    assert!(store.read.overdue(later, 9).await.unwrap().rows.is_empty());
    assert!(store.read.lost_with_credentials(9).await.unwrap().rows.is_empty());
    assert!(store.read.overdue_holds(later, 9).await.unwrap().is_empty());
    assert!(store.write.take_back(task.as_str(), NOW).await.unwrap());
    assert!(!store.write.take_back(task.as_str(), NOW).await.unwrap());
    assert_eq!(store.read.overdue(later, 9).await.unwrap().rows.len(), 1);
}

async fn an_end_that_cannot_be_written_leaves_the_others_of_its_batch(store: TestStore) {
    set_up(&store).await;
    for number in 1..=3 {
        admit(&store, number).await;
    }
    let ids: Vec<_> = (1..=3).map(build::task_id).collect();
    let spoil = format!("delete from hold where task_id = '{}'", ids[1]);
    store.execute(&spoil).await;
    let ends = [failed(&ids[0], 0), failed(&ids[1], 0), failed(&ids[2], 0), failed(&ids[0], 0)];
    let outcomes = store.write.settle_all(&ends).await.unwrap();
    assert!(matches!(
        outcomes.as_slice(),
        [
            Ok(Resolved::Released),
            Err(Error::Ledger(_)),
            Ok(Resolved::Released),
            Err(Error::Stale { .. })
        ]
    ));
    let open: Vec<_> = store.read.overdue(NOW + 900_000, 9).await.unwrap().rows;
    assert_eq!(open.iter().map(|task| &task.id).collect::<Vec<_>>(), [&ids[1]]);
}

/// Two apps, several nodes: tasks end while twins of them are created in batches of both apps.
async fn settling_and_admitting_twins_never_wait_in_a_circle(store: TestStore) {
    set_up(&store).await;
    register(&store, "n2").await;
    store.write.create_app(&build::new_app("b")).await.unwrap();
    for app in ["a", "b"] {
        store.write.topup(&build::app_id(app), 1_000_000, "", NOW).await.unwrap();
    }
    for round in 0..8 {
        let number = |app: u32, task: u32| round * 1_000 + app * 100 + task;
        let all = || (0..2).flat_map(|app| (0..6).map(move |task| (app, task)));
        let new =
            |app: u32, task: u32| build::new_task(["a", "b"][app as usize], number(app, task));
        let batch: Vec<_> = all().map(|(app, task)| new(app, task)).collect();
        store.write.admit(&batch, NOW).await.unwrap();
        let mut set = JoinSet::new();
        for (app, task) in all() {
            let (write, id) = (store.write.clone(), build::task_id(number(app, task)));
            set.spawn(async move { write.settle(&failed(&id, 0)).await.map(drop) });
        }
        for batch in 0..4 {
            let twins = all().map(|(app, task)| {
                let mut twin = new(app, task);
                twin.id = build::task_id(number(app, task) + 10 * (batch + 1));
                twin
            });
            // As they come: the apps alternate.
            let mut twins: Vec<_> = twins.collect();
            twins.sort_by_key(|twin| (twin.fingerprint.clone(), twin.app_id.clone()));
            twins.reverse();
            let write = store.write.clone();
            set.spawn(async move {
                let outcomes = write.admit(&twins, NOW).await?;
                let is_known = |one: &Admitted| matches!(one, Admitted::New | Admitted::Twin(_));
                assert!(outcomes.iter().all(is_known));
                Ok(())
            });
        }
        while let Some(outcome) = set.join_next().await {
            outcome.unwrap().unwrap();
        }
        let open = store.read.overdue(NOW + 900_000, 99).await.unwrap().rows;
        let ends: Vec<_> = open.iter().map(|task| failed(&task.id, task.fence)).collect();
        store.write.settle_all(&ends).await.unwrap();
    }
    assert_eq!(store.read.verify_ledger(&[]).await.unwrap().findings, []);
}

#[tokio::test]
async fn no_session_of_a_server_waits_or_keeps_others_waiting_for_long() {
    let store = TestStore::postgres().await;
    let limits = store
        .read
        .dump(
            "select current_setting('statement_timeout'), current_setting('lock_timeout'),
               current_setting('idle_in_transaction_session_timeout')",
        )
        .await
        .unwrap();
    assert_eq!(limits, ["15s | 4s | 5s"]);
}
