//! `/v1` through a real listener, on both databases: whole journeys of an app.

mod client;
mod links;
mod lists;
mod refresh;
mod refusals;
mod sandbox;
mod schema;
mod viewer;

use fiveone_model::product::Product;
use fiveone_testkit::{TestStore, on_both};
use serde_json::{Value, json};

use crate::gateway::{MONEY, TestGateway, text};
use client::{CITY, V1, gateway, new_task};
use links::{
    a_link_is_made_followed_and_nobody_elses, a_link_of_both_products_is_made_and_told_of,
    an_app_hears_that_a_link_was_opened_and_left, an_event_that_nobody_took_is_replayed,
};

on_both!(
    a_report_comes_with_everything_the_portal_has_and_is_paid_for,
    a_question_is_answered_and_a_wrong_code_is_asked_anew,
    what_could_not_be_read_is_named,
    a_wrong_password_fails_and_costs_nothing,
    a_stream_tells_each_change_and_ends_with_the_task,
    a_poll_waits_for_news,
    a_task_of_another_node_is_followed_answered_and_cancelled,
    a_task_that_asks_is_cancelled_and_costs_nothing,
    cancelling_races_with_the_end_and_one_of_them_wins,
    an_erased_report_is_gone_and_has_a_receipt,
    a_create_is_exact_with_an_idempotency_key,
    a_link_is_made_followed_and_nobody_elses,
    a_link_of_both_products_is_made_and_told_of,
    an_app_hears_that_a_link_was_opened_and_left,
    an_event_that_nobody_took_is_replayed,
);

fn person(gateway: &TestGateway, product: Product) -> Value {
    gateway.people(product, CITY, 1).remove(0)
}

async fn a_report_comes_with_everything_the_portal_has_and_is_paid_for(store: TestStore) {
    let gateway = gateway(store).await;
    let v1 = V1::of(&gateway).await;
    for product in Product::ALL {
        let person = person(&gateway, product);
        let id = v1.create(product.as_str(), &person, "good").await;
        let task = v1.finish(&gateway, &id, &person).await;
        assert_eq!((&task["status"], &task["code"]), (&json!("done"), &json!(40001)), "{task}");
        assert_eq!((&task["paid"], &task["price"]), (&json!(true), &json!("3.00")));
        assert_eq!((&task["failure"], &task["missing"]), (&Value::Null, &json!([])));

        let report = v1.get(&format!("/v1/tasks/{id}/report")).await.ok(200);
        assert_eq!(report["task"], id);
        assert_eq!(report["area"], CITY);
        assert_eq!(report["missing"], json!([]));
        let sections = report["records"].as_object().unwrap();
        let names: Vec<_> = task["sections"].as_array().unwrap().iter().collect();
        let names: Vec<_> = names.iter().map(|section| text(&section["name"])).collect();
        assert_eq!(sections.keys().cloned().collect::<Vec<_>>(), names);
        let base = &report["records"]["base"];
        assert_eq!(base["id_card"], person["login"]["id_card"], "{base}");
        let rows = if product == Product::Fund { "bills" } else { "pension" };
        let row = &report["records"][rows][0];
        let amount = if product == Product::Fund { "balance" } else { "amount" };
        let (yuan, fen) = row[amount].as_str().unwrap().split_once('.').unwrap();
        assert!(yuan.parse::<i64>().is_ok() && fen.len() == 2, "{row}");
    }
    let wallet = v1.get("/v1/wallet").await.ok(200);
    let free = fiveone_model::ledger::yuan(MONEY - 600);
    let paid_in = fiveone_model::ledger::yuan(MONEY);
    let expected = json!({ "free": free, "held": "0.00", "spent": "6.00", "paid_in": paid_in });
    assert_eq!(wallet, expected);
    gateway.assert_nothing_is_left().await;
}

async fn a_question_is_answered_and_a_wrong_code_is_asked_anew(store: TestStore) {
    let gateway = gateway(store).await;
    let v1 = V1::of(&gateway).await;
    let person = person(&gateway, Product::Fund);
    let id = v1.create("fund", &person, "sms").await;
    let answers = format!("/v1/tasks/{id}/answers");
    let mut task = v1.due(&id).await;
    while task["question"]["kind"] != "sms" {
        let code = v1.reading(&gateway, &task["question"], &person).await;
        let answer = json!({ "question": task["question"]["id"], "code": code });
        v1.post(&answers, &answer).await.ok(202);
        task = v1.due(&id).await;
    }
    let first = &task["question"];
    assert_eq!((&first["attempt"], &first["pictures"]), (&json!(1), &json!([])));
    assert_eq!((&task["status"], &task["code"]), (&json!("asking"), &json!(10003)));
    let answer = |question: &Value, code: &str| json!({ "question": question["id"], "code": code });
    let long = "1".repeat(33);
    for code in ["", &long, "12\n34"] {
        let refused = v1.post(&answers, &answer(first, code)).await;
        assert_eq!(refused.problem(), (422, "invalid_parameter".to_owned()), "{code:?}");
    }
    v1.post(&answers, &answer(first, "000000")).await.ok(202);
    // The question that was answered takes no second answer, nor does it take one for the next.
    let again = v1.post(&answers, &answer(first, "111111")).await;
    assert_eq!(again.problem(), (409, "no_open_question".to_owned()));
    let task = v1.due(&id).await;
    assert_eq!(task["question"]["attempt"], 2, "{task}");
    let late = v1.post(&answers, &answer(first, "111111")).await;
    assert_eq!(late.problem(), (409, "no_open_question".to_owned()));
    let task = v1.finish(&gateway, &id, &person).await;
    assert_eq!(task["status"], "done", "{task}");
    let late = v1.post(&answers, &answer(&task["id"], "111111")).await;
    assert_eq!(late.problem().0, 422, "a question is a number");
    gateway.assert_nothing_is_left().await;
}

async fn what_could_not_be_read_is_named(store: TestStore) {
    let gateway = gateway(store).await;
    let v1 = V1::of(&gateway).await;
    let person = person(&gateway, Product::Insurance);
    let id = v1.create("insurance", &person, "partial").await;
    let task = v1.finish(&gateway, &id, &person).await;
    assert_eq!((&task["status"], &task["code"]), (&json!("done"), &json!(40002)), "{task}");
    let missing = task["missing"].as_array().unwrap();
    assert!(!missing.is_empty());
    let report = v1.get(&format!("/v1/tasks/{id}/report")).await.ok(200);
    assert_eq!(report["missing"], task["missing"]);
    for section in missing {
        assert_eq!(report["records"].get(text(section)), None, "{report}");
    }
    gateway.assert_nothing_is_left().await;
}

async fn a_wrong_password_fails_and_costs_nothing(store: TestStore) {
    let gateway = gateway(store).await;
    let v1 = V1::of(&gateway).await;
    let person = person(&gateway, Product::Fund);
    let id = v1.create("fund", &person, "wrong").await;
    let task = v1.finish(&gateway, &id, &person).await;
    assert_eq!((&task["status"], &task["code"]), (&json!("failed"), &json!(50004)), "{task}");
    assert_eq!(task["failure"]["kind"], "wrong_credentials");
    assert!(!text(&task["failure"]["reason"]).is_empty());
    assert_eq!(task["paid"], false);
    let report = v1.get(&format!("/v1/tasks/{id}/report")).await;
    assert_eq!(report.problem(), (409, "no_report".to_owned()));
    let cancelled = v1.send(v1.request("POST", &format!("/v1/tasks/{id}/cancel"))).await;
    assert_eq!(cancelled.problem(), (409, "task_ended".to_owned()));
    gateway.assert_nothing_is_left().await;
}

async fn a_stream_tells_each_change_and_ends_with_the_task(store: TestStore) {
    let gateway = gateway(store).await;
    let v1 = V1::of(&gateway).await;
    let person = person(&gateway, Product::Insurance);
    let id = v1.create("insurance", &person, "captcha").await;
    let path = format!("/v1/tasks/{id}/answers");
    let mut answered = 0;
    let told = v1
        .follow(&id, async |task: &Value| {
            if task["question"].is_null() {
                return;
            }
            answered += 1;
            let code = v1.reading(&gateway, &task["question"], &person).await;
            let answer = json!({ "question": task["question"]["id"], "code": code });
            v1.post(&path, &answer).await.ok(202);
        })
        .await;
    assert!(answered > 0, "{told:?}");
    let last = told.last().unwrap();
    assert_eq!((&last["status"], &last["paid"]), (&json!("done"), &json!(true)));
    assert_eq!(*last, v1.get(&format!("/v1/tasks/{id}")).await.ok(200));
    assert!(told.windows(2).all(|two| two[0] != two[1]), "each event is a change");
    // Whoever comes later sees the end at once, and the stream ends.
    assert_eq!(v1.follow(&id, async |_| {}).await, std::slice::from_ref(last));
    gateway.assert_nothing_is_left().await;
}

async fn a_poll_waits_for_news(store: TestStore) {
    let gateway = gateway(store).await;
    let v1 = V1::of(&gateway).await;
    let person = person(&gateway, Product::Fund);
    let id = v1.create("fund", &person, "captcha").await;
    let task = v1.due(&id).await;
    let path = format!("/v1/tasks/{id}");
    let first = v1.get(&path).await;
    assert_eq!(first.ok(200), task);
    let tag = first.header("etag").to_owned();
    let known = |path: &str| v1.request("GET", path).header("if-none-match", &tag);
    let same = v1.send(known(&path)).await;
    assert_eq!((same.status, same.body.as_str(), same.header("etag")), (304, "", tag.as_str()));
    // The answer comes while the poll waits.
    let waiting = tokio::spawn({
        let (v1, request) = (v1.clone(), known(&format!("{path}?wait=99999999999999999999")));
        async move { v1.send(request).await }
    });
    let code = v1.reading(&gateway, &task["question"], &person).await;
    let answer = json!({ "question": task["question"]["id"], "code": code });
    v1.post(&format!("{path}/answers"), &answer).await.ok(202);
    let news = waiting.await.unwrap();
    assert_ne!(news.ok(200), task);
    assert_ne!(news.header("etag"), tag);
    v1.finish(&gateway, &id, &person).await;
    gateway.assert_nothing_is_left().await;
}

async fn a_task_of_another_node_is_followed_answered_and_cancelled(store: TestStore) {
    let gateway = gateway(store).await;
    let first = V1::of(&gateway).await;
    let second = gateway.second_node().await;
    let second = first.at(TestGateway::router_of(&second).await.host());
    let people = gateway.people(Product::Insurance, CITY, 2);
    let id = first.create("insurance", &people[0], "captcha").await;
    let path = format!("/v1/tasks/{id}/answers");
    let told = second
        .follow(&id, async |task: &Value| {
            if task["question"].is_null() {
                return;
            }
            let code = second.reading(&gateway, &task["question"], &people[0]).await;
            let answer = json!({ "question": task["question"]["id"], "code": code });
            second.post(&path, &answer).await.ok(202);
        })
        .await;
    assert_eq!(told.last().unwrap()["status"], "done", "{told:?}");

    let id = first.create("insurance", &people[1], "captcha").await;
    second.due(&id).await;
    let path = format!("/v1/tasks/{id}/cancel");
    let task = second.send(second.request("POST", &path)).await.ok(200);
    assert_eq!(task["failure"]["kind"], "cancelled");
    assert_eq!(first.due(&id).await, task);
    gateway.assert_nothing_is_left().await;
}

async fn a_task_that_asks_is_cancelled_and_costs_nothing(store: TestStore) {
    let gateway = gateway(store).await;
    let v1 = V1::of(&gateway).await;
    let person = person(&gateway, Product::Fund);
    let id = v1.create("fund", &person, "captcha").await;
    let asking = v1.due(&id).await;
    let cancel = async || v1.send(v1.request("POST", &format!("/v1/tasks/{id}/cancel"))).await;
    let task = cancel().await.ok(200);
    assert_eq!((&task["status"], &task["code"]), (&json!("failed"), &json!(50002)));
    assert_eq!((&task["failure"]["kind"], &task["paid"]), (&json!("cancelled"), &json!(false)));
    assert_eq!(task["question"], Value::Null);
    assert_eq!(cancel().await.ok(200), task, "cancelled twice");
    let answer = json!({ "question": asking["question"]["id"], "code": "1234" });
    let late = v1.post(&format!("/v1/tasks/{id}/answers"), &answer).await;
    assert_eq!(late.problem(), (409, "no_open_question".to_owned()));
    // The node has let go of it: the same person may try anew.
    let again = v1.create("fund", &person, "good").await;
    assert_ne!(again, id);
    assert_eq!(v1.finish(&gateway, &again, &person).await["status"], "done");
    let late = v1.send(v1.request("POST", &format!("/v1/tasks/{again}/cancel"))).await;
    assert_eq!(late.problem(), (409, "task_ended".to_owned()));
    gateway.assert_nothing_is_left().await;
}

async fn cancelling_races_with_the_end_and_one_of_them_wins(store: TestStore) {
    let gateway = gateway(store).await;
    let v1 = V1::of(&gateway).await;
    let people = gateway.people(Product::Insurance, CITY, 8);
    let mut racing = tokio::task::JoinSet::new();
    for (number, person) in people.into_iter().enumerate() {
        let (v1, changes) = (v1.clone(), gateway.engine.changes());
        racing.spawn(async move {
            let id = v1.create("insurance", &person, "good").await;
            let mut changes = changes;
            for _ in 0..number {
                let moved = changes.changed();
                drop(tokio::time::timeout(std::time::Duration::from_secs(2), moved).await);
            }
            let cancelled = v1.send(v1.request("POST", &format!("/v1/tasks/{id}/cancel"))).await;
            (id, cancelled, person)
        });
    }
    while let Some(raced) = racing.join_next().await {
        let (id, cancelled, person) = raced.unwrap();
        let task = v1.finish(&gateway, &id, &person).await;
        let outcome = match cancelled.status {
            200 => "cancelled".to_owned(),
            _ => cancelled.problem().1,
        };
        let is_cancelled = task["failure"]["kind"] == "cancelled";
        assert_eq!(is_cancelled, outcome == "cancelled", "{outcome}: {task}");
        if !is_cancelled {
            assert!(["task_ended", "too_late_to_cancel"].contains(&outcome.as_str()), "{outcome}");
            assert_eq!((&task["status"], &task["paid"]), (&json!("done"), &json!(true)), "{task}");
        }
    }
    gateway.assert_nothing_is_left().await;
}

async fn an_erased_report_is_gone_and_has_a_receipt(store: TestStore) {
    let gateway = gateway(store).await;
    let v1 = V1::of(&gateway).await;
    let person = person(&gateway, Product::Fund);
    let id = v1.create("fund", &person, "good").await;
    v1.finish(&gateway, &id, &person).await;
    let path = format!("/v1/tasks/{id}/report");
    v1.get(&path).await.ok(200);
    let receipt = v1.delete(&path).await.ok(200);
    assert_eq!((&receipt["erased"], &receipt["pending"]), (&json!(true), &json!(false)));
    assert!(text(&receipt["receipt"]).starts_with("erasure_"));
    assert_eq!(v1.get(&path).await.problem(), (410, "report_erased".to_owned()));
    let task = v1.get(&format!("/v1/tasks/{id}")).await.ok(200);
    assert_eq!((&task["erased"], &task["sections"]), (&json!(true), &json!([])));
    assert_eq!(v1.delete(&path).await.ok(200)["erased"], false, "nothing is left to erase");

    // One that is under way is erased when it ends.
    let other = gateway.people(Product::Fund, CITY, 2).remove(1);
    let id = v1.create("fund", &other, "captcha").await;
    v1.due(&id).await;
    let path = format!("/v1/tasks/{id}/report");
    assert_eq!(v1.get(&path).await.problem(), (409, "report_not_ready".to_owned()));
    assert_eq!(v1.delete(&path).await.ok(200)["pending"], true);
    v1.finish(&gateway, &id, &other).await;
    gateway.assert_nothing_is_left().await;
}

async fn a_create_is_exact_with_an_idempotency_key(store: TestStore) {
    let gateway = gateway(store).await;
    let v1 = V1::of(&gateway).await;
    let people = gateway.people(Product::Fund, CITY, 2);
    let create = async |person: &Value, password: &str, key: &str| {
        let request = v1.request("POST", "/v1/tasks").header("idempotency-key", key);
        let request = request.header("content-type", "application/json");
        v1.send(request.body(new_task("fund", person, password).to_string())).await
    };
    let id = text(&create(&people[0], "good", "k1").await.ok(201)["id"]);
    v1.finish(&gateway, &id, &people[0]).await;
    assert_eq!(text(&create(&people[0], "good", "k1").await.ok(201)["id"]), id, "it has ended");
    let other = create(&people[1], "good", "k1").await;
    assert_eq!(other.problem(), (422, "idempotency_key_reused".to_owned()));
    for key in ["", "schlüssel", &"k".repeat(256)] {
        let refused = create(&people[1], "good", key).await;
        assert_eq!(refused.problem(), (422, "invalid_parameter".to_owned()), "{key}");
    }
    let again = text(&create(&people[0], "good", "k2").await.ok(201)["id"]);
    assert_ne!(again, id);
    v1.finish(&gateway, &again, &people[0]).await;
    gateway.assert_nothing_is_left().await;
}
