//! Callbacks: taken by one, tried on schedule, kept at the end.

use fiveone_store::{Attempt, CallbackRow, NewCallback};
use fiveone_testkit::build::{self, NOW};
use fiveone_testkit::{TestStore, on_both};

use crate::{admit, set_up};

on_both!(
    a_callback_is_taken_once_and_tried_until_its_end,
    a_tasks_callbacks_are_sent_in_their_order_and_never_backwards,
    an_app_with_a_backlog_hides_nobody_elses_callbacks,
);

fn callback(app: &str, task: u32, id: &str) -> NewCallback {
    NewCallback {
        id: id.to_owned(),
        task: build::task_id(task),
        app_id: build::app_id(app),
        url: "http://a.example/".to_owned(),
        code: 10004,
        msg: "登录中".to_owned(),
        now: NOW,
    }
}

fn failed(next_at: Option<i64>) -> Attempt {
    Attempt { http_status: Some(500), error: Some("HTTP 500".into()), next_at }
}

const DELIVERED: Attempt = Attempt { http_status: Some(200), error: None, next_at: None };

/// Takes what is due of an app; the ids.
async fn take(store: &TestStore, app: &str, now: i64) -> Vec<CallbackRow> {
    store.write.take_due_callbacks(&build::app_id(app), now, now + 30, 9).await.unwrap()
}

fn ids(rows: &[CallbackRow]) -> Vec<&str> {
    rows.iter().map(|row| row.id.as_str()).collect()
}

async fn a_callback_is_taken_once_and_tried_until_its_end(store: TestStore) {
    set_up(&store).await;
    admit(&store, 1).await;
    store.write.queue_callback(&callback("a", 1, "msg_1")).await.unwrap();
    assert_eq!(store.read.next_callback_after(NOW - 1).await.unwrap(), Some(NOW));
    assert_eq!(store.read.next_callback_after(NOW).await.unwrap(), None, "it is due");
    assert_eq!(ids(&take(&store, "a", NOW - 1).await), [""; 0]);
    let due = take(&store, "a", NOW).await;
    assert_eq!((due.len(), due[0].msg.as_str(), due[0].attempts), (1, "登录中", 0));
    assert_eq!(ids(&take(&store, "a", NOW).await), [""; 0], "somebody has it");
    let again = take(&store, "a", NOW + 30).await;
    assert_eq!(ids(&again), ["msg_1"], "whoever had it is gone");

    store.write.record_attempt(&again[0], &failed(Some(NOW + 50)), NOW).await.unwrap();
    let late = store.write.record_attempt(&due[0], &DELIVERED, NOW).await;
    assert!(matches!(late, Err(fiveone_store::Error::Stale { .. })), "it was not gone: {late:?}");
    let due = take(&store, "a", NOW + 50).await;
    assert_eq!(due[0].attempts, 1);
    store.write.record_attempt(&due[0], &failed(None), NOW).await.unwrap();
    let id = build::task_id(1);
    assert_eq!(store.read.callbacks_of(&id).await.unwrap(), [("exhausted".to_owned(), 2)]);
    assert_eq!(store.read.next_callback_after(0).await.unwrap(), None);
    assert!(store.write.record_attempt(&due[0], &DELIVERED, NOW).await.is_err(), "it is over");
}

async fn a_tasks_callbacks_are_sent_in_their_order_and_never_backwards(store: TestStore) {
    set_up(&store).await;
    for task in [1, 2] {
        admit(&store, task).await;
    }
    // The ids say nothing of the order, and all are of the same millisecond.
    for (task, id) in [(1, "msg_z"), (1, "msg_a"), (2, "msg_m"), (1, "msg_b")] {
        store.write.queue_callback(&callback("a", task, id)).await.unwrap();
    }
    let first = take(&store, "a", NOW).await;
    assert_eq!(ids(&first), ["msg_m", "msg_z"], "one of each task");
    assert_eq!(ids(&take(&store, "a", NOW).await), [""; 0], "the first is under way");
    store.write.record_attempt(&first[1], &failed(Some(NOW + 5_000)), NOW).await.unwrap();
    let second = take(&store, "a", NOW).await;
    assert_eq!(ids(&second), ["msg_a"], "it does not wait for the next try of the first");
    store.write.record_attempt(&second[0], &DELIVERED, NOW).await.unwrap();
    assert_eq!(ids(&take(&store, "a", NOW).await), ["msg_b"]);
    assert_eq!(ids(&take(&store, "a", NOW + 6_000).await), ["msg_m", "msg_b"], "never backwards");
    let states = store.read.callbacks_of(&build::task_id(1)).await.unwrap();
    let states: Vec<_> = states.iter().map(|(state, n)| (state.as_str(), *n)).collect();
    assert_eq!(states, [("superseded", 1), ("delivered", 1), ("pending", 0)]);
}

async fn an_app_with_a_backlog_hides_nobody_elses_callbacks(store: TestStore) {
    set_up(&store).await;
    store.write.create_app(&build::new_app("b")).await.unwrap();
    admit(&store, 1).await;
    for number in 0..200 {
        store.write.queue_callback(&callback("a", 1, &format!("msg_{number}"))).await.unwrap();
    }
    store.write.queue_callback(&callback("b", 1, "msg_of_b")).await.unwrap();
    let apps = store.read.apps_with_due_callbacks(NOW).await.unwrap();
    assert_eq!(apps, [build::app_id("a"), build::app_id("b")]);
    assert_eq!(store.read.apps_with_due_callbacks(NOW - 1).await.unwrap(), []);
}
