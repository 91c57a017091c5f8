//! Callbacks: taken by one, tried on schedule, kept at the end.

use fiveone_store::{
    Attempt, CallbackAbout, CallbackChoice, CallbackRow, CallbackState, NewCallback,
};
use fiveone_testkit::build::{self, NOW};
use fiveone_testkit::{TestStore, on_both};

use crate::{admit, set_up};

on_both!(
    a_callback_is_taken_once_and_tried_until_its_end,
    a_tasks_callbacks_are_sent_in_their_order_and_never_backwards,
    an_app_with_a_backlog_hides_nobody_elses_callbacks,
    exhausted_callbacks_are_listed_and_begun_anew,
    a_callback_that_cannot_be_read_is_set_aside_and_holds_up_no_other,
);

fn callback(app: &str, task: u32, id: &str) -> NewCallback {
    NewCallback {
        id: id.to_owned(),
        about: CallbackAbout::Task { id: build::task_id(task), code: 10004 },
        app_id: build::app_id(app),
        url: "http://a.example/".to_owned(),
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
    store.write.take_due_callbacks(&build::app_id(app), now, now + 30, 9).await.unwrap().taken
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

async fn exhausted_callbacks_are_listed_and_begun_anew(store: TestStore) {
    set_up(&store).await;
    store.write.create_app(&build::new_app("b")).await.unwrap();
    for (app, task) in [("a", 1), ("a", 2), ("b", 3)] {
        admit(&store, task).await;
        let id = format!("msg_{task}");
        store.write.queue_callback(&callback(app, task, &id)).await.unwrap();
        let due = take(&store, app, NOW).await;
        store.write.record_attempt(&due[0], &failed(None), NOW).await.unwrap();
    }
    let list = async |state, choice| {
        let rows = store.read.kept_callbacks(state, choice, 9).await.unwrap();
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    let (a, b, second) = (build::app_id("a"), build::app_id("b"), build::task_id(2));
    let all = CallbackChoice::default();
    let of_a = CallbackChoice { app: Some(&a), ..all };
    assert_eq!(list(CallbackState::Exhausted, all).await, ["msg_1", "msg_2", "msg_3"]);
    assert_eq!(list(CallbackState::Exhausted, of_a).await, ["msg_1", "msg_2"]);
    let of_second = CallbackChoice { task: Some(&second), ..all };
    let rows = store.read.kept_callbacks(CallbackState::Exhausted, of_second, 9).await.unwrap();
    assert_eq!(
        (rows.len(), rows[0].last_error.as_deref(), rows[0].attempts, rows[0].what()),
        (1, Some("HTTP 500"), 1, "10004".to_owned())
    );

    let other = CallbackChoice { id: Some("msg_2"), app: Some(&b), ..all };
    assert_eq!(store.write.replay_callbacks(other, NOW + 1).await.unwrap(), 0, "it is not b's");
    assert_eq!(store.write.replay_callbacks(of_second, NOW + 1).await.unwrap(), 1);
    assert_eq!(
        store.write.replay_callbacks(of_second, NOW + 1).await.unwrap(),
        0,
        "it is under way"
    );
    assert_eq!(list(CallbackState::Pending, all).await, ["msg_2"]);
    let due = take(&store, "a", NOW + 1).await;
    assert_eq!((due[0].attempts, due[0].attempts_before), (1, 1), "all its tries are before it");
    store.write.record_attempt(&due[0], &DELIVERED, NOW + 1).await.unwrap();
    assert_eq!(list(CallbackState::Delivered, all).await, ["msg_2"]);
    assert_eq!(store.write.replay_callbacks(all, NOW + 2).await.unwrap(), 2);
}

async fn a_callback_that_cannot_be_read_is_set_aside_and_holds_up_no_other(store: TestStore) {
    set_up(&store).await;
    for task in 1..=2 {
        admit(&store, task).await;
    }
    for (task, id) in [(1, "msg_1"), (1, "msg_2"), (2, "msg_3")] {
        store.write.queue_callback(&callback("a", task, id)).await.unwrap();
    }
    store.execute("update callback set attempts_before = -1 where id = 'msg_1'").await;
    let first =
        store.write.take_due_callbacks(&build::app_id("a"), NOW, NOW + 30, 1).await.unwrap();
    let told: Vec<_> = first.unreadable.iter().map(|(id, why)| format!("{id}: {why}")).collect();
    let why = "column callback.attempts of msg_1 cannot be decoded";
    assert_eq!((ids(&first.taken), told), (vec![], vec![format!("msg_1: {why}")]));
    assert_eq!(ids(&take(&store, "a", NOW).await), ["msg_3", "msg_2"], "its task's next, too");

    let choice = CallbackChoice::default();
    let listed = store.read.kept_callbacks(CallbackState::Exhausted, choice, 9).await.unwrap();
    let error = format!("unreadable: {why}");
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].id.as_str(), listed[0].attempts, listed[0].last_error.as_deref()),
        ("msg_1", 1, Some(error.as_str()))
    );
    // Whoever has put it right begins it anew.
    assert_eq!(store.write.replay_callbacks(choice, NOW + 1).await.unwrap(), 1);
    let again = take(&store, "a", NOW + 1).await;
    assert_eq!((ids(&again), again[0].attempts), (vec!["msg_1"], 1));
    store.write.record_attempt(&again[0], &DELIVERED, NOW + 1).await.unwrap();
}
