//! Another picture, another SMS, and a callback that is tried.

use std::sync::Arc;

use fiveone_model::app::CallbackAddress;
use fiveone_model::product::Product;
use fiveone_testkit::{ManualClock, TestStore, on_both};
use serde_json::{Value, json};

use super::client::{V1, gateway, gateway_with};
use crate::gateway::{Plan, text};

on_both!(
    a_picture_is_had_anew_and_is_no_other_try,
    an_sms_of_another_answer_is_had_again_after_a_while,
    a_callback_is_tried_once_and_told,
);

async fn refresh(v1: &V1, task: &Value) -> super::client::Answer {
    let path = format!("/v1/tasks/{}/refresh", text(&task["id"]));
    v1.post(&path, &json!({ "question": task["question"]["id"] })).await
}

async fn a_picture_is_had_anew_and_is_no_other_try(store: TestStore) {
    let gateway = gateway(store).await;
    let v1 = V1::of(&gateway).await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let id = v1.create("fund", &person, "good").await;
    let mut task = v1.due(&id).await;
    for _ in 0..5 {
        assert_eq!(task["question"]["can_refresh"], true, "{task}");
        let before = task["question"].clone();
        refresh(&v1, &task).await.ok(202);
        task = v1.due(&id).await;
        assert_ne!(task["question"]["id"], before["id"]);
        assert_ne!(task["question"]["pictures"], before["pictures"]);
        assert_eq!(
            (&task["question"]["attempt"], &task["question"]["message"]),
            (&json!(1), &before["message"])
        );
    }
    assert_eq!(task["question"]["can_refresh"], false, "{task}");
    assert_eq!(refresh(&v1, &task).await.problem().1, "question_stays");
    // A wrong answer to the newest is the second try of three.
    let wrong = json!({ "question": task["question"]["id"], "code": "0000000" });
    v1.post(&format!("/v1/tasks/{id}/answers"), &wrong).await.ok(202);
    task = v1.due(&id).await;
    assert_eq!(task["question"]["attempt"], 2, "{task}");
    // Neither for a question that is no more, nor for another app's task.
    let late = json!({ "question": wrong["question"] });
    let path = format!("/v1/tasks/{id}/refresh");
    assert_eq!(v1.post(&path, &late).await.problem().1, "no_open_question");
    gateway.second_app("app2", "TOKEN002").await;
    let other = V1::of_app(&gateway, "app2", fiveone_model::api_key::KeyMode::Live).await;
    assert_eq!(refresh(&other, &task).await.problem().1, "task_not_found");
    assert_eq!(v1.finish(&gateway, &id, &person).await["code"], 40001);
    gateway.assert_nothing_is_left().await;
}

async fn an_sms_of_another_answer_is_had_again_after_a_while(store: TestStore) {
    let time = ManualClock::default();
    let plan = Plan { time: Arc::new(time.clone()), ..Plan::default() };
    let gateway = gateway_with(store, plan).await;
    let v1 = V1::of(&gateway).await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let id = v1.create("fund", &person, "sms").await;
    let task = v1.due(&id).await;
    let read = v1.reading(&gateway, &task["question"], &person).await;
    let answer = json!({ "question": task["question"]["id"], "code": read });
    v1.post(&format!("/v1/tasks/{id}/answers"), &answer).await.ok(202);
    let task = v1.due(&id).await;
    let asked = (&task["question"]["kind"], &task["question"]["can_refresh"]);
    assert_eq!(asked, (&json!("sms"), &json!(true)), "{task}");
    let number = text(&person["login"]["id_card"]);
    let first = gateway.last_sms(&number).await;
    assert_eq!(refresh(&v1, &task).await.problem().1, "refresh_too_soon");
    assert_eq!(gateway.last_sms(&number).await, first, "nothing was sent");
    time.advance(60_000);
    refresh(&v1, &task).await.ok(202);
    let again = v1.due(&id).await;
    assert_eq!(
        (&again["question"]["kind"], &again["question"]["attempt"]),
        (&json!("sms"), &json!(1))
    );
    assert_ne!(again["question"]["id"], task["question"]["id"]);
    assert_ne!(gateway.last_sms(&number).await, first);
    assert_eq!(v1.finish(&gateway, &id, &person).await["code"], 40001);
    gateway.assert_nothing_is_left().await;
}

async fn a_callback_is_tried_once_and_told(store: TestStore) {
    let gateway = gateway(store).await;
    let v1 = V1::of(&gateway).await;
    let wish = json!({ "product": "fund" });
    assert_eq!(v1.post("/v1/callbacks/test", &wish).await.problem().1, "no_callback_address");
    let address = format!("{}/callbacks/tried", gateway.lab.base());
    for (url, status) in [(address.clone(), Some(200)), ("http://127.0.0.1:9/".to_owned(), None)] {
        gateway.change_app(|app| app.callbacks.fund = Some(CallbackAddress { url })).await;
        let tried = v1.post("/v1/callbacks/test", &wish).await.ok(200);
        assert_eq!(tried["acknowledged"], status.is_some(), "{tried}");
        assert_eq!(tried["http_status"], json!(status), "{tried}");
        assert_eq!(tried["error"].is_null(), status.is_some(), "{tried}");
    }
    let got = reqwest::get(&address).await.unwrap().text().await.unwrap();
    let got: Value = serde_json::from_str(&got).unwrap();
    assert_eq!(got.as_array().unwrap().len(), 1, "{got}");
    let told = got[0].to_string();
    assert!(told.contains("webhook-signature") && told.contains("msg_test_"), "{told}");
    assert_eq!(v1.get("/v1/callbacks").await.ok(200)["data"], json!([]), "kept nowhere");
    gateway.assert_nothing_is_left().await;
}
