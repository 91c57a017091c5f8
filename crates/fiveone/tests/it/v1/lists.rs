//! Lists of `/v1`: pages, areas, callbacks.

use std::sync::Arc;

use fiveone_model::app::CallbackAddress;
use fiveone_model::callback::RETRY_AFTER_MS;
use fiveone_model::product::Product;
use fiveone_testkit::{ManualClock, TestStore, on_both};
use serde_json::{Value, json};

use super::client::{CITY, V1, gateway, gateway_with};
use crate::callbacks::sent;
use crate::gateway::{Plan, text};

on_both!(
    pages_neither_repeat_nor_hide_a_row_while_others_are_written,
    areas_tell_what_a_login_takes,
    callbacks_are_listed_and_replayed,
);

async fn pages_neither_repeat_nor_hide_a_row_while_others_are_written(store: TestStore) {
    let gateway = gateway(store).await;
    let v1 = V1::of(&gateway).await;
    let people = gateway.people(Product::Fund, CITY, 7);
    let mut created = Vec::new();
    for person in &people[..5] {
        let id = v1.create("fund", person, "good").await;
        v1.finish(&gateway, &id, person).await;
        created.push(id);
    }
    created.reverse();
    let mut seen: Vec<String> = Vec::new();
    let mut path = "/v1/tasks?limit=2".to_owned();
    for round in 0.. {
        let page = v1.get(&path).await.ok(200);
        seen.extend(page["data"].as_array().unwrap().iter().map(|task| text(&task["id"])));
        if round < 2 {
            let id = v1.create("fund", &people[5 + round], "good").await;
            v1.finish(&gateway, &id, &people[5 + round]).await;
        }
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/tasks?limit=2&cursor={next}");
    }
    assert_eq!(seen, created);
    let count = async |query: &str| {
        let page = v1.get(&format!("/v1/tasks?limit=200&{query}")).await.ok(200);
        page["data"].as_array().unwrap().len()
    };
    assert_eq!(count("product=fund").await, 7);
    assert_eq!(count("product=insurance").await, 0);
    assert_eq!(count(&format!("area={CITY}&ended=true")).await, 7);
    assert_eq!(count("ended=false").await, 0);
    assert_eq!(count("area=310000").await, 0);

    let mut numbers = Vec::new();
    let mut path = "/v1/wallet/entries?limit=4".to_owned();
    loop {
        let page = v1.get(&path).await.ok(200);
        for entry in page["data"].as_array().unwrap() {
            numbers.push(entry["number"].as_i64().unwrap());
        }
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/wallet/entries?limit=4&cursor={next}");
    }
    assert_eq!(numbers, (1..=15).rev().collect::<Vec<i64>>(), "a top-up, 7 holds, 7 captures");
    gateway.assert_nothing_is_left().await;
}

async fn areas_tell_what_a_login_takes(store: TestStore) {
    let gateway = gateway(store).await;
    let v1 = V1::of(&gateway).await;
    let list = v1.get(&format!("/v1/areas?product=fund&area={CITY}")).await.ok(200);
    let areas = list["data"].as_array().unwrap();
    assert_eq!(areas.len(), 1, "{list}");
    let area = &areas[0];
    assert_eq!((&area["product"], &area["status"]), (&json!("fund"), &json!("usable")));
    let login = &area["logins"][0];
    assert_eq!((&login["number"], &login["employer"]), (&json!(1), &json!(false)));
    let of_password = |field: &&Value| field["name"] == "password";
    let password = login["fields"].as_array().unwrap().iter().find(of_password).unwrap();
    assert_eq!((&password["type"], &password["required"]), (&json!("password"), &json!(true)));
    let all = v1.get("/v1/areas").await.ok(200);
    let count = |product: &str| {
        let all = all["data"].as_array().unwrap().iter();
        all.filter(|area| area["product"] == product).count()
    };
    assert!(count("fund") > 100 && count("insurance") > 100);
}

async fn callbacks_are_listed_and_replayed(store: TestStore) {
    let clock = ManualClock::default();
    let mut plan = Plan { time: Arc::new(clock.clone()), ..Plan::default() };
    plan.options.tick_every_ms = i64::MAX / 4;
    plan.options.report_for_ms = i64::MAX / 4;
    let gateway = gateway_with(store, plan).await;
    let v1 = V1::of(&gateway).await;
    let url = format!("{}/callbacks/box?answer=500", gateway.lab.base());
    let address = CallbackAddress { url: url.clone() };
    gateway.change_app(|app| app.callbacks.fund = Some(address)).await;
    let person = gateway.people(Product::Fund, CITY, 1).remove(0);
    let id = v1.create("fund", &person, "wrong").await;
    v1.finish(&gateway, &id, &person).await;
    let list = async |query: &str| {
        let page = v1.get(&format!("/v1/callbacks{query}")).await.ok(200);
        page["data"].as_array().unwrap().clone()
    };
    let callback = list("").await.remove(0);
    assert_eq!((&callback["task"], &callback["code"]), (&json!(id), &json!(50004)));
    assert_eq!(callback["url"], url);
    let replay = format!("/v1/callbacks/{}/replay", text(&callback["id"]));
    let replayed = async || v1.send(v1.request("POST", &replay)).await;
    assert_eq!(replayed().await.problem(), (409, "callback_not_exhausted".to_owned()));
    sent(&gateway, &id, &[("pending", 1)]).await;
    for (attempts, wait) in (2..).zip(RETRY_AFTER_MS) {
        clock.advance(wait);
        gateway.engine.send_due_callbacks().await.unwrap();
        let state = if attempts == 8 { "exhausted" } else { "pending" };
        sent(&gateway, &id, &[(state, attempts)]).await;
    }
    let exhausted = list("?state=exhausted").await.remove(0);
    assert_eq!(exhausted["last_error"], "HTTP 500", "{exhausted}");
    assert_eq!(replayed().await.ok(202)["id"], exhausted["id"]);
    sent(&gateway, &id, &[("pending", 9)]).await;
    let unknown = v1.send(v1.request("POST", "/v1/callbacks/msg_0/replay")).await;
    assert_eq!(unknown.problem(), (404, "callback_not_found".to_owned()));
}
