//! The sandbox: test apps and test keys reach the model city and nothing else, at no price, and make it do
//! what they want; live ones have none of it.

use fiveone_model::api_key::KeyMode;
use fiveone_model::app::{App, AppId};
use fiveone_model::product::Product;
use fiveone_testkit::{TestStore, on_both};
use serde_json::{Value, json};

use super::client::{V1, gateway, new_task};
use crate::gateway::{APP, Plan, TestGateway, text};
use crate::vendor_client::{Client, FUND};

on_both!(
    p_55_a_test_app_reaches_the_model_city_and_nothing_else,
    p_55_a_live_app_reaches_no_sandbox,
    a_test_costs_nothing_and_moves_no_money,
    a_wish_leads_the_next_test_to_its_code,
    a_portal_is_down_for_one_app_alone,
    a_test_under_way_fails_at_once,
    a_callback_of_any_code_is_signed_as_all_others,
    a_live_key_has_no_sandbox_and_no_live_task_is_touched,
);

/// A deployment whose model city is the sandbox's.
async fn sandboxed(store: TestStore) -> TestGateway {
    let mut plan = Plan::default();
    plan.options.live_in_model_city = false;
    TestGateway::build(store, plan).await
}

/// A test app without money.
async fn test_app(gateway: &TestGateway) -> Client {
    let id = AppId::parse("tests").unwrap();
    let mut app = App::new(id, "测试").with_all_grants();
    app.is_test = true;
    gateway.engine.accounts().create(app, "TOKEN-T").await.unwrap();
    Client::new(&gateway.address, "tests", "TOKEN-T")
}

fn person(gateway: &TestGateway) -> Value {
    gateway.people(Product::Fund, "990000", 1).remove(0)
}

const FIELDS: [(&str, &str); 2] = [("id_card", "991300199305020000"), ("password", "good")];

async fn p_55_a_test_app_reaches_the_model_city_and_nothing_else(store: TestStore) {
    let gateway = sandboxed(store).await;
    let tests = test_app(&gateway).await;
    // The ten interfaces.
    let refused = tests.create(FUND, "210300", "1", &FIELDS).await;
    assert_eq!((&refused["success"], &refused["status"]), (&json!(false), &json!(-2)));
    let taken = tests.create(FUND, "990000", "1", &FIELDS).await;
    assert_eq!(taken["success"], true, "{taken}");
    // `/v1`, with whatever key.
    for mode in [KeyMode::Live, KeyMode::Test] {
        let v1 = V1::of_app(&gateway, "tests", mode).await;
        let mut body = new_task("fund", &person(&gateway), "good");
        body["area"] = json!("210300");
        let refused = v1.post("/v1/tasks", &body).await.problem();
        assert_eq!(refused, (403, "wrong_mode".to_owned()));
        let link = json!({ "product": "fund", "area": "210300" });
        let refused = v1.post("/v1/links", &link).await.problem();
        assert_eq!(refused, (403, "wrong_mode".to_owned()));
        // Without an area a link is one of the model city.
        let made = v1.post("/v1/links", &json!({ "product": "fund" })).await.ok(201);
        let row = gateway.store.read.link(&text(&made["id"])).await.unwrap().unwrap();
        assert_eq!(row.made.area.unwrap().as_str(), "990000");
        assert!(row.made.is_test);
    }
    // A test key of a live app is one, too.
    let v1 = V1::of_app(&gateway, APP, KeyMode::Test).await;
    v1.create("fund", &person(&gateway), "good").await;
}

async fn p_55_a_live_app_reaches_no_sandbox(store: TestStore) {
    let gateway = sandboxed(store).await;
    let refused = gateway.client.create(FUND, "990000", "1", &FIELDS).await;
    assert_eq!((&refused["success"], &refused["status"]), (&json!(false), &json!(-2)));
    assert!(text(&refused["message"]).contains("测试应用"), "{refused}");
    let v1 = V1::of(&gateway).await;
    let body = new_task("fund", &person(&gateway), "good");
    assert_eq!(v1.post("/v1/tasks", &body).await.problem().1, "wrong_mode");
    let link = json!({ "product": "fund", "area": "990000" });
    assert_eq!(v1.post("/v1/links", &link).await.problem().1, "wrong_mode");
    gateway.assert_nothing_is_left().await;
}

async fn a_test_costs_nothing_and_moves_no_money(store: TestStore) {
    let gateway = sandboxed(store).await;
    let person = person(&gateway);
    let before = V1::of(&gateway).await.get("/v1/wallet").await.ok(200);
    // An app without money, and one whose wallet is live.
    test_app(&gateway).await;
    for app in ["tests", APP] {
        let v1 = V1::of_app(&gateway, app, KeyMode::Test).await;
        let id = v1.create("fund", &person, "good").await;
        let task = v1.finish(&gateway, &id, &person).await;
        assert_eq!(task["code"], 40001, "{task}");
        let entries = v1.get("/v1/wallet/entries").await.ok(200);
        let of_task = entries["data"].as_array().unwrap().iter();
        let amounts: Vec<_> =
            of_task.filter(|entry| entry["task"] == *id).map(|entry| &entry["amount"]).collect();
        assert_eq!(amounts, ["0.00", "0.00"], "{entries}");
    }
    assert_eq!(V1::of(&gateway).await.get("/v1/wallet").await.ok(200), before);
    gateway.assert_nothing_is_left().await;
}

async fn a_wish_leads_the_next_test_to_its_code(store: TestStore) {
    let gateway = sandboxed(store).await;
    test_app(&gateway).await;
    let v1 = V1::of_app(&gateway, "tests", KeyMode::Test).await;
    let person = person(&gateway);
    assert_eq!(v1.get("/v1/sandbox").await.ok(200), json!({ "next": null, "portal": "up" }));
    for code in [40002, 50001, 50002, 50004, 50005, 50007, 50009] {
        let set = v1.post("/v1/sandbox/next", &json!({ "code": code })).await.ok(200);
        assert_eq!(set["next"], code);
        let id = v1.create("fund", &person, "good").await;
        assert_eq!(v1.get("/v1/sandbox").await.ok(200)["next"], Value::Null, "it is used up");
        assert_eq!(v1.finish(&gateway, &id, &person).await["code"], code);
    }
    v1.post("/v1/sandbox/next", &json!({ "code": 10003 })).await.ok(200);
    let id = v1.create("fund", &person, "good").await;
    let mut kinds = Vec::new();
    loop {
        let task = v1.due(&id).await;
        if !task["ended_at"].is_null() {
            break;
        }
        kinds.push(text(&task["question"]["kind"]));
        let read = v1.reading(&gateway, &task["question"], &person).await;
        let answer = json!({ "question": task["question"]["id"], "code": read });
        v1.post(&format!("/v1/tasks/{id}/answers"), &answer).await.ok(202);
    }
    assert_eq!(kinds, ["captcha", "sms"]);
    // A wish is taken back, and nonsense is none.
    v1.post("/v1/sandbox/next", &json!({ "code": 50004 })).await.ok(200);
    let none = v1.post("/v1/sandbox/next", &json!({ "code": null })).await.ok(200);
    assert_eq!(none["next"], Value::Null);
    for code in [json!(50008), json!(50003), json!(7), json!("40001"), json!(-1)] {
        let refused = v1.post("/v1/sandbox/next", &json!({ "code": code })).await.problem();
        assert_eq!(refused, (422, "invalid_parameter".to_owned()), "{code}");
    }
    gateway.assert_nothing_is_left().await;
}

async fn a_portal_is_down_for_one_app_alone(store: TestStore) {
    let gateway = sandboxed(store).await;
    test_app(&gateway).await;
    let person = person(&gateway);
    let v1 = V1::of_app(&gateway, "tests", KeyMode::Test).await;
    let other = V1::of_app(&gateway, APP, KeyMode::Test).await;
    v1.post("/v1/sandbox/portal", &json!({ "state": "down" })).await.ok(200);
    let id = v1.create("fund", &person, "good").await;
    assert_eq!(v1.finish(&gateway, &id, &person).await["code"], 50007);
    let id = other.create("fund", &person, "good").await;
    assert_eq!(other.finish(&gateway, &id, &person).await["code"], 40001);
    v1.post("/v1/sandbox/portal", &json!({ "state": "up" })).await.ok(200);
    let id = v1.create("fund", &person, "good").await;
    assert_eq!(v1.finish(&gateway, &id, &person).await["code"], 40001);
    gateway.assert_nothing_is_left().await;
}

async fn a_test_under_way_fails_at_once(store: TestStore) {
    let gateway = sandboxed(store).await;
    let person = person(&gateway);
    let v1 = V1::of_app(&gateway, APP, KeyMode::Test).await;
    for code in [50001, 50008] {
        let id = v1.create("fund", &person, "good").await;
        v1.due(&id).await;
        let fail = format!("/v1/sandbox/tasks/{id}/fail");
        let task = v1.post(&fail, &json!({ "code": code })).await.ok(200);
        assert_eq!((&task["status"], &task["code"]), (&json!("failed"), &json!(code)));
        let other = v1.post(&fail, &json!({ "code": 50004 })).await.problem();
        assert_eq!(other, (409, "task_ended".to_owned()), "a final code never changes");
        assert_eq!(v1.post(&fail, &json!({ "code": 40001 })).await.problem().0, 422);
    }
    gateway.assert_nothing_is_left().await;
}

async fn a_callback_of_any_code_is_signed_as_all_others(store: TestStore) {
    let gateway = sandboxed(store).await;
    let person = person(&gateway);
    let v1 = V1::of_app(&gateway, APP, KeyMode::Test).await;
    let id = v1.create("fund", &person, "wrong").await;
    let event = json!({ "task": id, "code": 40002 });
    let refused = v1.post("/v1/sandbox/callbacks", &event).await.problem();
    assert_eq!(refused, (409, "no_callback_address".to_owned()));
    let address = format!("{}/callbacks/sandbox", gateway.lab.base());
    gateway
        .change_app(|app| {
            app.callbacks.fund = Some(fiveone_model::app::CallbackAddress { url: address.clone() });
        })
        .await;
    let fired = v1.post("/v1/sandbox/callbacks", &event).await.ok(202);
    assert_eq!((&fired["task"], &fired["code"]), (&json!(id), &json!(40002)));
    for _ in 0..200 {
        let all = v1.get("/v1/callbacks?state=delivered").await.ok(200);
        if all["data"].as_array().unwrap().iter().any(|one| one["id"] == fired["id"]) {
            break;
        }
        drop(v1.get(&format!("/v1/tasks/{id}?wait=1")).await);
    }
    let got = reqwest::get(&address).await.unwrap().text().await.unwrap();
    let got: Value = serde_json::from_str(&got).unwrap();
    let first = got.as_array().unwrap()[0].to_string();
    assert!(first.contains(&id) && first.contains("40002"), "{first}");
    assert!(first.contains("tokenKey") && first.contains("webhook-signature"), "{first}");
    let bad = v1.post("/v1/sandbox/callbacks", &json!({ "task": id, "code": 7 })).await;
    assert_eq!(bad.problem().0, 422);
    let bad = v1.post("/v1/sandbox/callbacks", &json!({ "task": "x", "code": 40001 })).await;
    assert_eq!(bad.problem().1, "task_not_found");
    v1.finish(&gateway, &id, &person).await;
}

async fn a_live_key_has_no_sandbox_and_no_live_task_is_touched(store: TestStore) {
    let gateway = gateway(store).await;
    let person = person(&gateway);
    let live = V1::of(&gateway).await;
    let test = V1::of_app(&gateway, APP, KeyMode::Test).await;
    let id = live.create("fund", &person, "good").await;
    live.due(&id).await;
    let fail = format!("/v1/sandbox/tasks/{id}/fail");
    let event = json!({ "task": id, "code": 40001 });
    for (path, body) in [
        ("/v1/sandbox/next", json!({ "code": 40001 })),
        ("/v1/sandbox/portal", json!({ "state": "down" })),
        (fail.as_str(), json!({ "code": 50001 })),
        ("/v1/sandbox/callbacks", event.clone()),
    ] {
        assert_eq!(live.post(path, &body).await.problem().1, "test_key_needed", "{path}");
    }
    assert_eq!(live.get("/v1/sandbox").await.problem().1, "test_key_needed");
    // A test key of the same app.
    let touched = test.post(&fail, &json!({ "code": 50001 })).await.problem();
    assert_eq!(touched, (409, "task_no_test".to_owned()));
    let touched = test.post("/v1/sandbox/callbacks", &event).await.problem();
    assert_eq!(touched, (409, "task_no_test".to_owned()));
    // The same person as a test is no twin of the live one.
    assert_ne!(test.create("fund", &person, "good").await, id);
    // What a test set up does nothing to live ones.
    test.post("/v1/sandbox/portal", &json!({ "state": "down" })).await.ok(200);
    assert_eq!(live.finish(&gateway, &id, &person).await["code"], 40001);
    assert_eq!(gateway.is_captured(&id).await, Some(true));
}

#[test]
fn the_codes_that_can_be_wished_for_are_those_of_the_labs_passwords() {
    let world = fiveone_lab::Options::default().world();
    for code in fiveone_model::sandbox::codes_ahead() {
        let password = fiveone_model::sandbox::password_for(code).unwrap();
        let end = fiveone_lab::ending_code(&world, "fund", "990000", password).unwrap();
        let end_meant = if code < 40_000 { 40_001 } else { code };
        assert_eq!(end, end_meant, "{password}");
    }
}

/// The table of the sandbox's document is the lab's own list; `FIVEONE_WRITE_SANDBOX=1` writes it.
#[test]
fn the_documents_table_of_passwords_is_the_labs() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/SANDBOX.md");
    let document = std::fs::read_to_string(path).unwrap();
    let head = "| password | what the portal does | code |\n|---|---|---|\n";
    let (before, rest) = document.split_once(head).unwrap();
    let (table, after) = rest.split_once("\n\n").unwrap();
    let rows = fiveone_lab::behaviours("fund", "990000");
    let rows = rows.iter().map(|row| {
        let [password, about, code] = ["password", "about", "code"].map(|name| text(&row[name]));
        format!("| `{password}` | {about} | {code} |")
    });
    let expected = rows.collect::<Vec<_>>().join("\n");
    if std::env::var_os("FIVEONE_WRITE_SANDBOX").is_some() {
        std::fs::write(path, format!("{before}{head}{expected}\n\n{after}")).unwrap();
        return;
    }
    assert_eq!(table, expected);
}
