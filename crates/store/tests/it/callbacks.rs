//! Callbacks: taken by one, tried on schedule, kept at the end.

use fiveone_store::{Attempt, NewCallback};
use fiveone_testkit::build::{self, NOW};
use fiveone_testkit::{TestStore, on_both};

use crate::{admit, set_up};

on_both!(a_callback_is_taken_once_and_tried_until_its_end);

async fn a_callback_is_taken_once_and_tried_until_its_end(store: TestStore) {
    set_up(&store).await;
    admit(&store, 1).await;
    let callback = NewCallback {
        id: "msg_1".to_owned(),
        task: build::task_id(1),
        app_id: build::app_id("a"),
        url: "http://a.example/".to_owned(),
        code: 10004,
        msg: "登录中".to_owned(),
        now: NOW,
    };
    store.write.queue_callback(&callback).await.unwrap();
    assert_eq!(store.read.next_callback_at().await.unwrap(), Some(NOW));
    assert!(store.write.take_due_callbacks(NOW - 1, NOW + 30, 9).await.unwrap().is_empty());
    let due = store.write.take_due_callbacks(NOW, NOW + 30, 9).await.unwrap();
    assert_eq!((due.len(), due[0].msg.as_str(), due[0].attempts), (1, "登录中", 0));
    let again = store.write.take_due_callbacks(NOW, NOW + 30, 9).await.unwrap();
    assert!(again.is_empty(), "somebody has it");

    let failed =
        |next_at| Attempt { http_status: Some(500), error: Some("HTTP 500".into()), next_at };
    store.write.record_attempt(&due[0], &failed(Some(NOW + 50)), NOW).await.unwrap();
    let due = store.write.take_due_callbacks(NOW + 50, NOW + 80, 9).await.unwrap();
    assert_eq!(due[0].attempts, 1);
    store.write.record_attempt(&due[0], &failed(None), NOW).await.unwrap();
    let id = build::task_id(1);
    assert_eq!(store.read.callbacks_of(&id).await.unwrap(), [("exhausted".to_owned(), 2)]);
    assert_eq!(store.read.next_callback_at().await.unwrap(), None);
    let done = Attempt { http_status: Some(200), error: None, next_at: None };
    assert!(store.write.record_attempt(&due[0], &done, NOW).await.is_err(), "it is over");
}
