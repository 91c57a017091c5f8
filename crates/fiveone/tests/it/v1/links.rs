//! Links as an app makes and follows them.

use std::sync::Arc;

use fiveone_model::api_key::KeyMode;
use fiveone_model::app::CallbackAddress;
use fiveone_model::callback::{RETRY_AFTER_MS, webhook_secret};
use fiveone_model::product::Product;
use fiveone_testkit::{ManualClock, TestStore};
use serde_json::{Value, json};

use super::client::{V1, gateway, gateway_with};
use crate::gateway::{APP, Plan, TOKEN, TestGateway, text};

/// What a person's browser sends to a page of the gateway.
async fn visit(base: &str, path: &str, what: &str) -> u16 {
    let request = reqwest::Client::new().post(format!("{base}{path}/{what}"));
    let response = request.header("hx-request", "true").send().await.unwrap();
    response.status().as_u16()
}

pub(super) async fn a_link_is_made_followed_and_nobody_elses(store: TestStore) {
    let gateway = gateway(store).await;
    let v1 = V1::of(&gateway).await;
    let new = json!({ "product": "fund", "purpose": "贷款审核", "state": "s-51", "seconds": 600 });
    let made = v1.post("/v1/links", &new).await.ok(201);
    assert_eq!((&made["status"], &made["state"]), (&json!("waiting"), &json!("s-51")), "{made}");
    let id = text(&made["id"]);
    assert!(!text(&made["path"]).contains(&id), "the id opens nothing");
    let status = async |id: &str| v1.get(&format!("/v1/links/{id}")).await.ok(200);
    assert_eq!(visit(&gateway.address, &text(&made["path"]), "consent").await, 200);
    let agreed = status(&id).await;
    assert_eq!(agreed["status"], "agreed");
    assert!(agreed["agreed_at"].is_string() && agreed["agreed_to"].is_string(), "{agreed}");
    assert_eq!(visit(&gateway.address, &text(&made["path"]), "decline").await, 403, "no cookie");

    let other = v1.post("/v1/links", &new).await.ok(201);
    assert_eq!(visit(&gateway.address, &text(&other["path"]), "decline").await, 200);
    let declined = status(&text(&other["id"])).await;
    assert_eq!((&declined["status"], &declined["task"]), (&json!("declined"), &Value::Null));
    let exit = (&declined["exit"]["stage"], &declined["exit"]["reason"]);
    assert_eq!(exit, (&json!("consent"), &json!("declined")), "{declined}");
    assert_eq!((&agreed["exit"], &made["exit"]), (&Value::Null, &Value::Null));

    gateway.second_app("app2", "TOKEN002").await;
    let stranger = V1::of_app(&gateway, "app2", KeyMode::Test).await;
    let unknown = (404, "link_not_found".to_owned());
    assert_eq!(stranger.get(&format!("/v1/links/{id}")).await.problem(), unknown);
    assert_eq!(v1.get("/v1/links/nothing").await.problem(), unknown);
    let test = V1::of_app(&gateway, APP, KeyMode::Test).await;
    for (client, member, value, problem) in [
        (&v1, "return_url", json!("https://evil.example/"), (422, "invalid_parameter")),
        (&v1, "seconds", json!(5), (422, "invalid_parameter")),
        (&test, "area", json!("210300"), (403, "wrong_mode")),
        (&v1, "area", json!("nowhere!"), (422, "area_unknown")),
        (&v1, "accent", json!("red"), (422, "invalid_parameter")),
        (&v1, "accent", json!("#ffffff"), (422, "invalid_parameter")),
        (&v1, "theme", json!("blue"), (422, "invalid_parameter")),
        (&v1, "prefill", json!({ "password": "x" }), (422, "invalid_parameter")),
        (&v1, "prefill", json!({ "everything": "x" }), (422, "invalid_parameter")),
        (&test, "prefill", json!({ "sub_area": "1" }), (422, "invalid_parameter")),
    ] {
        let mut wrong = new.clone();
        wrong[member] = value;
        let refused = client.post("/v1/links", &wrong).await;
        assert_eq!(refused.problem(), (problem.0, problem.1.to_owned()), "{member}");
    }
}

pub(super) async fn a_link_of_both_products_is_made_and_told_of(store: TestStore) {
    let gateway = gateway(store).await;
    hear_of_links(&gateway, "").await;
    let v1 = V1::of(&gateway).await;
    let new = json!({ "products": ["insurance", "fund"], "area": "990000", "state": "s" });
    let made = v1.post("/v1/links", &new).await.ok(201);
    let pending = |product: &str| json!({ "product": product, "status": "pending", "task": null, "exit": null });
    assert_eq!(made["parts"], json!([pending("insurance"), pending("fund")]), "in their order");
    let one = v1.post("/v1/links", &json!({ "product": "fund" })).await.ok(201);
    assert_eq!(one["parts"], json!([pending("fund")]));
    let (id, path) = (text(&made["id"]), text(&made["path"]));
    assert_eq!(visit(&gateway.address, &path, "decline").await, 200);
    let left = v1.get(&format!("/v1/links/{id}")).await.ok(200);
    let exit = json!({ "stage": "consent", "reason": "declined" });
    for part in left["parts"].as_array().unwrap() {
        assert_eq!((&part["status"], &part["exit"]), (&json!("not_given"), &exit), "{left}");
    }
    callbacks(&v1, 1, "delivered").await;
    let told = told(&gateway, true).await;
    let ended =
        |product: &str| json!({ "product": product, "stage": "consent", "reason": "declined" });
    let data = json!({
        "link": id, "products": ["insurance", "fund"], "state": "s", "test": false,
        "stage": "consent", "reason": "declined", "parts": [ended("insurance"), ended("fund")],
    });
    assert_eq!((told.len(), &told[0].1["data"]), (1, &data), "{told:?}");

    let test = V1::of_app(&gateway, APP, KeyMode::Test).await;
    test.post("/v1/links", &json!({ "products": ["fund", "insurance"] })).await.ok(201);
    for (wrong, problem) in [
        (json!({}), (422, "invalid_parameter")),
        (json!({ "product": "fund", "products": ["fund"] }), (422, "invalid_parameter")),
        (json!({ "product": null, "products": ["fund"] }), (422, "invalid_parameter")),
        (json!({ "products": [] }), (422, "invalid_parameter")),
        (json!({ "products": ["fund", "fund"] }), (422, "invalid_parameter")),
        (json!({ "products": ["fund", "everything"] }), (422, "invalid_parameter")),
        (json!({ "products": "fund" }), (422, "invalid_parameter")),
    ] {
        let refused = v1.post("/v1/links", &wrong).await;
        assert_eq!(refused.problem(), (problem.0, problem.1.to_owned()), "{wrong}");
    }
    gateway.change_app(|app| *app.grants.get_mut(Product::Insurance) = None).await;
    let refused = v1.post("/v1/links", &new).await;
    assert_eq!(refused.problem(), (403, "product_not_granted".to_owned()));
}

/// The app's callbacks, once there are so many and each is in a state.
async fn callbacks(v1: &V1, count: usize, state: &str) -> Vec<Value> {
    callbacks_when(v1, |all| all.len() == count && all.iter().all(|one| one["state"] == state))
        .await
}

async fn callbacks_when(v1: &V1, are_so: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let mut every = tokio::time::interval(std::time::Duration::from_millis(10));
    let mut last = Value::Null;
    for _ in 0..1_000 {
        every.tick().await;
        last = v1.get("/v1/callbacks").await.ok(200);
        let all = last["data"].as_array().unwrap();
        if are_so(all) {
            return all.clone();
        }
    }
    panic!("callbacks are {last}");
}

/// What the lab's box of links got: `webhook-id` and body. Signatures of `now` are looked at, as a receiver
/// does, which takes none of another time.
async fn told(gateway: &TestGateway, is_now: bool) -> Vec<(String, Value)> {
    let url = format!("{}/callbacks/links", gateway.lab.base());
    let letters = reqwest::get(url).await.unwrap().text().await.unwrap();
    let letters: Vec<Value> = serde_json::from_str(&letters).unwrap();
    let receiver = standardwebhooks::Webhook::new(&webhook_secret(TOKEN)).unwrap();
    let told = letters.iter().map(|letter| {
        let mut headers = http::HeaderMap::new();
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            headers.insert(name, text(&letter["headers"][name]).parse().unwrap());
        }
        let body = text(&letter["body"]);
        let verified = receiver.verify(body.as_bytes(), &headers);
        assert!(!is_now || verified.is_ok(), "{verified:?}");
        assert_eq!(letter["headers"]["content-type"], "application/json;charset=UTF-8");
        (text(&letter["headers"]["webhook-id"]), serde_json::from_str(&body).unwrap())
    });
    told.collect()
}

async fn hear_of_links(gateway: &TestGateway, query: &str) {
    let url = format!("{}/callbacks/links{query}", gateway.lab.base());
    gateway.change_app(|app| app.link_events = Some(CallbackAddress { url })).await;
}

pub(super) async fn an_app_hears_that_a_link_was_opened_and_left(store: TestStore) {
    let gateway = gateway(store).await;
    let v1 = V1::of(&gateway).await;
    let new = json!({ "product": "fund", "purpose": "贷款审核", "state": "s-51" });
    let events = async |path: &str| {
        let url = format!("{}{path}/events", gateway.address);
        let stream = reqwest::get(url).await.unwrap();
        assert_eq!(stream.status(), 200);
    };
    // Who has no address for it hears nothing.
    let silent = v1.post("/v1/links", &new).await.ok(201);
    events(&text(&silent["path"])).await;
    assert_eq!(visit(&gateway.address, &text(&silent["path"]), "decline").await, 200);
    assert_eq!(callbacks(&v1, 0, "").await, [Value::Null; 0]);

    hear_of_links(&gateway, "").await;
    let made = v1.post("/v1/links", &new).await.ok(201);
    let (id, path) = (text(&made["id"]), text(&made["path"]));
    let link = async || v1.get(&format!("/v1/links/{id}")).await.ok(200);
    reqwest::get(format!("{}{path}", gateway.address)).await.unwrap();
    assert_eq!(link().await["opened_at"], Value::Null, "a messenger has looked at it");
    for _ in 0..2 {
        events(&path).await;
    }
    callbacks(&v1, 1, "delivered").await;
    assert!(link().await["opened_at"].is_string());
    assert_eq!(visit(&gateway.address, &path, "decline").await, 200);
    let listed = callbacks(&v1, 2, "delivered").await;
    let shown = ["link", "event", "task", "code"].map(|member| listed[0][member].clone());
    assert_eq!(shown, [json!(id), json!("link.exited"), Value::Null, Value::Null]);

    let told = told(&gateway, true).await;
    let opened = json!({ "link": id, "product": "fund", "state": "s-51", "test": false });
    let mut exited = opened.clone();
    (exited["stage"], exited["reason"]) = (json!("consent"), json!("declined"));
    let expected = [("link.opened", opened), ("link.exited", exited)];
    assert_eq!(told.len(), 2, "{told:?}");
    for ((_, body), (event, data)) in told.iter().zip(expected) {
        assert_eq!((&body["type"], &body["data"]), (&json!(event), &data), "{body}");
        assert!(text(&body["timestamp"]).ends_with('Z'), "{body}");
    }
}

pub(super) async fn an_event_that_nobody_took_is_replayed(store: TestStore) {
    let time = ManualClock::default();
    let mut plan = Plan { time: Arc::new(time.clone()), ..Plan::default() };
    plan.options.tick_every_ms = i64::MAX / 4;
    let gateway = gateway_with(store, plan).await;
    hear_of_links(&gateway, "?answer=500&times=8").await;
    let v1 = V1::of(&gateway).await;
    let made = v1.post("/v1/links", &json!({ "product": "fund" })).await.ok(201);
    assert_eq!(visit(&gateway.address, &text(&made["path"]), "decline").await, 200);
    callbacks(&v1, 1, "pending").await;
    for (made, wait) in (1_u64..).zip(RETRY_AFTER_MS) {
        callbacks_when(&v1, |all| all[0]["attempts"] == made).await;
        time.advance(wait);
        gateway.engine.send_due_callbacks().await.unwrap();
    }
    let listed = callbacks(&v1, 1, "exhausted").await;
    assert_eq!((&listed[0]["attempts"], &listed[0]["event"]), (&json!(8), &json!("link.exited")));
    let replay = format!("/v1/callbacks/{}/replay", text(&listed[0]["id"]));
    assert_eq!(v1.post(&replay, &json!({})).await.ok(202)["state"], "pending");
    callbacks(&v1, 1, "delivered").await;
    let told = told(&gateway, false).await;
    assert_eq!(told.len(), 9);
    assert!(told.iter().all(|one| *one == told[0]), "one id and one body for all: {told:?}");
}
