//! What `/v1` refuses, and how: each as a problem that has its page.

use std::sync::Arc;

use fiveone_model::api_key::KeyMode;
use fiveone_model::app::Grant;
use fiveone_model::networks::Networks;
use fiveone_model::product::Product;
use fiveone_testkit::{ManualClock, TestStore, on_both};
use serde_json::{Value, json};

use super::client::{CITY, V1, gateway, gateway_with, new_task};
use crate::gateway::{APP, Plan, login_fields, text};
use crate::vendor_client::DOCUMENTED;

on_both!(
    another_apps_tasks_do_not_exist,
    keys_are_refused_when_they_are_unknown_revoked_or_of_the_other_mode,
    a_test_key_sees_no_task_of_a_real_portal,
    a_stream_ends_with_what_it_was_let_in_by,
    an_app_may_do_what_it_is_granted_and_no_more,
    retry_after_is_how_long_it_takes,
);

async fn another_apps_tasks_do_not_exist(store: TestStore) {
    let gateway = gateway(store).await;
    let v1 = V1::of(&gateway).await;
    gateway.second_app("other", "TOKEN002").await;
    let other = V1::of_app(&gateway, "other", KeyMode::Live).await;
    let person = gateway.people(Product::Fund, CITY, 1).remove(0);
    let id = v1.create("fund", &person, "captcha").await;
    let question = v1.due(&id).await["question"]["id"].clone();
    for tid in [id.as_str(), "00000000000000000000000000000000", "x", "%F0%9F%98%80", "..%2f"] {
        let path = format!("/v1/tasks/{tid}");
        let answer = json!({ "question": question, "code": "1234" });
        for refused in [
            other.get(&path).await,
            other.get(&format!("{path}?wait=30")).await,
            other.get(&format!("{path}/events")).await,
            other.get(&format!("{path}/report")).await,
            other.delete(&format!("{path}/report")).await,
            other.post(&format!("{path}/answers"), &answer).await,
            other.send(other.request("POST", &format!("{path}/cancel"))).await,
        ] {
            assert_eq!(refused.problem(), (404, "task_not_found".to_owned()), "{refused:?}");
        }
    }
    assert_eq!(other.get("/v1/tasks").await.ok(200), json!({ "data": [], "next": null }));
    let broke = other.post("/v1/tasks", &new_task("fund", &person, "good")).await;
    assert_eq!(broke.problem(), (402, "insufficient_balance".to_owned()));
    let not_text = v1.get("/v1/tasks/%ff").await;
    assert_eq!(not_text.problem(), (404, "not_found".to_owned()));
    for path in ["/v1/tasks/%00", "/v1/links/%00", "/v1/links/a%00b"] {
        assert_eq!(v1.get(path).await.problem(), (404, "not_found".to_owned()), "{path}");
    }
    let replay = v1.send(v1.request("POST", "/v1/callbacks/%00/replay")).await;
    assert_eq!(replay.problem(), (404, "not_found".to_owned()));
    v1.finish(&gateway, &id, &person).await;
    gateway.assert_nothing_is_left().await;
}

async fn keys_are_refused_when_they_are_unknown_revoked_or_of_the_other_mode(store: TestStore) {
    // As a deployment with real portals: live keys do not reach the model city.
    let gateway = crate::gateway::TestGateway::build(store, Plan::default()).await;
    let live = V1::of(&gateway).await;
    let test = V1::of_app(&gateway, crate::gateway::APP, KeyMode::Test).await;
    let person = gateway.people(Product::Fund, CITY, 1).remove(0);
    let task = new_task("fund", &person, "good");
    let refused = live.post("/v1/tasks", &task).await;
    assert_eq!(refused.problem(), (403, "wrong_mode".to_owned()));
    let mut elsewhere = task.clone();
    elsewhere["area"] = json!("210300");
    let refused = test.post("/v1/tasks", &elsewhere).await;
    assert_eq!(refused.problem(), (403, "wrong_mode".to_owned()));
    let id = test.create("fund", &person, "good").await;
    assert_eq!(test.finish(&gateway, &id, &person).await["status"], "done");

    let app = fiveone_model::app::AppId::parse(crate::gateway::APP).unwrap();
    let keys = gateway.engine.api_keys();
    let all = keys.all(&app).await.unwrap();
    assert!(keys.revoke(&all[0].id).await.unwrap());
    gateway.engine.forget_apps();
    let refused = live.get("/v1/wallet").await;
    assert_eq!(refused.problem(), (401, "key_revoked".to_owned()));
    test.get("/v1/wallet").await.ok(200);

    let unknown = format!("fo_live_{}", "0".repeat(64));
    let mut outcomes = std::collections::BTreeMap::new();
    for _ in 0..25 {
        let refused = live.with_key(&unknown).get("/v1/wallet").await;
        *outcomes.entry(refused.problem()).or_insert(0) += 1;
        match refused.status {
            401 => assert!(refused.header("www-authenticate").starts_with("Bearer")),
            _ => assert!(refused.header("retry-after").parse::<u32>().unwrap() > 0),
        }
    }
    let expected =
        [((401, "unauthorized".to_owned()), 21), ((429, "too_many_wrong_keys".to_owned()), 4)];
    assert_eq!(outcomes.into_iter().collect::<Vec<_>>(), expected);
    // Who has a key is not kept out by who has none, from wherever they come.
    test.get("/v1/wallet").await.ok(200);
    for key in ["", "TOKEN001", "fo_live_", &unknown.to_uppercase()] {
        let refused = live.with_key(key).get("/v1/wallet").await;
        assert_eq!(refused.problem(), (401, "unauthorized".to_owned()), "{key}");
    }
    gateway.assert_nothing_is_left().await;
}

async fn a_test_key_sees_no_task_of_a_real_portal(store: TestStore) {
    let gateway = crate::gateway::TestGateway::build(store, Plan::default()).await;
    let live = V1::of(&gateway).await;
    let test = V1::of_app(&gateway, APP, KeyMode::Test).await;
    let person = gateway.people(Product::Fund, "210300", 1).remove(0);
    let mut task = new_task("fund", &person, "good");
    task["area"] = json!("210300");
    let id = text(&live.post("/v1/tasks", &task).await.ok(201)["id"]);
    let path = format!("/v1/tasks/{id}");
    for refused in [
        test.get(&path).await,
        test.get(&format!("{path}?wait=30")).await,
        test.get(&format!("{path}/events")).await,
        test.get(&format!("{path}/report")).await,
        test.delete(&format!("{path}/report")).await,
        test.send(test.request("POST", &format!("{path}/cancel"))).await,
        test.post(&format!("{path}/answers"), &json!({ "question": 1, "code": "1234" })).await,
        test.post(&format!("{path}/refresh"), &json!({ "question": 1 })).await,
    ] {
        assert_eq!(refused.problem(), (404, "task_not_found".to_owned()), "{refused:?}");
    }
    let own =
        test.create("fund", &gateway.people(Product::Fund, CITY, 1).remove(0), "captcha").await;
    let listed = test.get("/v1/tasks").await.ok(200);
    let ids: Vec<_> =
        listed["data"].as_array().unwrap().iter().map(|task| text(&task["id"])).collect();
    assert_eq!(ids, std::slice::from_ref(&own));
    let elsewhere = test.get("/v1/tasks?area=210300").await;
    assert_eq!(elsewhere.problem(), (403, "wrong_mode".to_owned()));
    assert_eq!(live.get("/v1/tasks?area=210300").await.ok(200)["data"][0]["id"], id);
    test.send(test.request("POST", &format!("/v1/tasks/{own}/cancel"))).await.ok(200);
    assert_eq!(live.finish(&gateway, &id, &person).await["status"], "done");
    gateway.assert_nothing_is_left().await;
}

async fn a_stream_ends_with_what_it_was_let_in_by(store: TestStore) {
    let gateway = gateway(store).await;
    let v1 = V1::of(&gateway).await;
    let person = gateway.people(Product::Fund, CITY, 1).remove(0);
    let id = v1.create("fund", &person, "captcha").await;
    let waits = v1.due(&id).await;
    let told = v1
        .follow(&id, async |_| {
            gateway.change_app(|app| app.grants.fund = Some(Grant::Paused)).await
        })
        .await;
    assert_eq!(told, std::slice::from_ref(&waits), "it waits, and nobody hears more of it");
    gateway.change_app(|app| app.grants.fund = Some(Grant::Active)).await;
    let told = v1
        .follow(&id, async |_| {
            let app = fiveone_model::app::AppId::parse(APP).unwrap();
            let keys = gateway.engine.api_keys();
            let all = keys.all(&app).await.unwrap();
            assert!(keys.revoke(&all[0].id).await.unwrap());
            gateway.engine.forget_apps();
        })
        .await;
    assert_eq!(told, [waits]);
    let other = V1::of(&gateway).await;
    other.finish(&gateway, &id, &person).await;
    gateway.assert_nothing_is_left().await;
}

async fn an_app_may_do_what_it_is_granted_and_no_more(store: TestStore) {
    let gateway = gateway(store).await;
    let v1 = V1::of(&gateway).await;
    let person = gateway.people(Product::Fund, CITY, 1).remove(0);
    let task = new_task("fund", &person, "good");
    gateway.change_app(|app| app.grants.fund = Some(Grant::Paused)).await;
    let refused = v1.post("/v1/tasks", &task).await;
    assert_eq!(refused.problem(), (403, "product_paused".to_owned()));
    gateway.change_app(|app| app.grants.fund = None).await;
    let refused = v1.post("/v1/tasks", &task).await;
    assert_eq!(refused.problem(), (403, "product_not_granted".to_owned()));
    gateway.change_app(|app| app.allowed_networks = Networks::parse("203.0.113.7").unwrap()).await;
    assert_eq!(v1.get("/v1/areas").await.problem(), (403, "address_not_allowed".to_owned()));
    gateway
        .change_app(|app| {
            app.allowed_networks = Networks::default();
            app.calls_per_second = 2;
        })
        .await;
    let mut refused = None;
    for _ in 0..50 {
        let answer = v1.get("/v1/wallet").await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("the third call within a second");
    assert_eq!(refused.problem(), (429, "rate_limited".to_owned()));
    assert_eq!(refused.header("retry-after"), "1");
}

#[tokio::test]
async fn what_cannot_be_read_is_told_with_its_place() {
    let gateway = gateway(TestStore::sqlite().await).await;
    let v1 = V1::of(&gateway).await;
    let person = gateway.people(Product::Fund, CITY, 1).remove(0);
    let good = new_task("fund", &person, "good");
    let check = async |body: &str, code: (u16, &str), detail: &str| {
        let request = v1.request("POST", "/v1/tasks").header("content-type", "application/json");
        let refused = v1.send(request.body(body.to_owned())).await;
        assert_eq!(refused.problem(), (code.0, code.1.to_owned()), "{body}");
        assert!(text(&refused.json()["detail"]).contains(detail), "{body}: {refused:?}");
        assert!(!refused.body.contains("geheim"), "{refused:?}");
    };
    let invalid = (422, "invalid_parameter");
    let changed = |name: &str, value: Value| {
        let mut task = good.clone();
        task[name] = value;
        task.to_string()
    };
    check("{\"product\":", (400, "malformed_json"), "line 1, column 11").await;
    check("", (400, "malformed_json"), "line 1").await;
    check("[1]", invalid, "must be an object").await;
    check("\"geheim\"", invalid, "expected struct NewTask").await;
    check(&changed("nosuch", json!(1)), invalid, "unknown field `nosuch`").await;
    check(&changed("product", json!("geheim")), invalid, "expected `fund` or").await;
    check(&changed("login", json!("geheim")), invalid, "expected u32").await;
    check(&changed("login", json!(99)), invalid, "login_type").await;
    check(&changed("fields", json!({ "nosuch": "geheim" })), invalid, "expected one of `account`")
        .await;
    check(&changed("fields", json!({ "password": 7 })), invalid, "expected a string").await;
    check(&changed("fields", json!({})), invalid, "缺少必填参数").await;
    let unknown = (422, "area_unknown");
    for area in ["000000", "", "沈阳", "' or 1=1"] {
        check(&changed("area", json!(area)), unknown, "").await;
    }
    let large = format!("{{\"product\":\"{}\"}}", "x".repeat(100_000));
    check(&large, (413, "body_too_large"), "65536").await;
    for kind in ["text/plain", "application/x-www-form-urlencoded"] {
        let request = v1.request("POST", "/v1/tasks").header("content-type", kind);
        let refused = v1.send(request.body(good.to_string())).await;
        assert_eq!(refused.problem(), (415, "unsupported_media_type".to_owned()));
    }
    for query in [
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=x",
        "cursor=x",
        "cursor=!",
        "nosuch=1",
        "product=x",
        "ended=1",
        "area=%00",
        "limit=1&limit=2",
        "product=%ff",
    ] {
        let refused = v1.get(&format!("/v1/tasks?{query}")).await;
        assert_eq!(refused.problem(), (invalid.0, invalid.1.to_owned()), "{query}");
    }
}

#[tokio::test]
async fn whatever_is_under_v1_is_refused_as_a_problem_whose_page_is_served() {
    let gateway = gateway(TestStore::sqlite().await).await;
    let v1 = V1::of(&gateway).await;
    for path in ["/v1", "/v1/", "/v1/nothing", "/v1/tasks/", "/v1/errors/nothing", "/v1/x/y/z"] {
        assert_eq!(v1.get(path).await.problem(), (404, "not_found".to_owned()), "{path}");
    }
    for (method, path, allowed) in [
        ("DELETE", "/v1/tasks", "POST, GET, HEAD"),
        ("PUT", "/v1/tasks/x/report", "GET, HEAD, DELETE"),
        ("POST", "/v1/wallet", "GET, HEAD"),
        ("PATCH", "/v1/openapi.json", "GET, HEAD"),
    ] {
        let refused = v1.send(v1.request(method, path)).await;
        assert_eq!(refused.problem(), (405, "method_not_allowed".to_owned()), "{method} {path}");
        assert_eq!(refused.header("allow"), allowed);
    }
    let refused = v1.with_key("").get("/v1/wallet").await;
    let page = v1.get(&text(&refused.json()["type"])).await;
    assert_eq!(page.status, 200);
    assert!(page.body.starts_with("# unauthorized: "), "{page:?}");
    let served = v1.with_key("").get("/v1/openapi.json").await;
    assert_eq!(served.json(), fiveone_web::openapi_document());
    // The other interfaces are as they were.
    let others = v1.request("GET", "/nothing").send().await.unwrap();
    assert_eq!(others.status(), 200);
    assert!(others.text().await.unwrap().starts_with("{\"status\":6,"));
}

async fn retry_after_is_how_long_it_takes(store: TestStore) {
    const HOUR: i64 = 3_600_000;
    let time = ManualClock::default();
    let mut plan = Plan { time: Arc::new(time.clone()), ..Plan::default() };
    // The node itself only ticks when a test says so.
    plan.options.tick_every_ms = i64::MAX / 4;
    plan.options.wrong_logins_max = 1;
    plan.options.wrong_logins_for_ms = 2 * HOUR;
    let gateway = gateway_with(store, plan).await;
    let v1 = V1::of(&gateway).await;
    let people = gateway.people(Product::Fund, CITY, 2);
    let id = v1.create("fund", &people[0], "wrong").await;
    v1.finish(&gateway, &id, &people[0]).await;

    let told = async |person: &Value| {
        let refused = v1.post("/v1/tasks", &new_task("fund", person, "good")).await;
        let (status, code) = refused.problem();
        format!("{status} {code} {}", refused.header("retry-after"))
    };
    assert_eq!(told(&people[0]).await, "429 too_many_refused_logins 7200");
    gateway.change_app(|app| app.unpaid_per_hour_max = 1).await;
    assert_eq!(told(&people[1]).await, "503 busy 3600");
    let fields = login_fields(&people[1], "good");
    let fields: Vec<_> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let fields = [&[("area_code", CITY), ("login_type", "1")][..], &fields].concat();
    let key = gateway.client.token_key(&format!("{DOCUMENTED}createFundSearchTaskB"), &fields);
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.append_pair("appId", APP).append_pair("tokenKey", &key).extend_pairs(&fields);
    let request = gateway.client.request("POST", "/identity/createFundSearchTaskB");
    let form = request.header("content-type", "application/x-www-form-urlencoded");
    let answer = form.body(body.finish()).send().await.unwrap();
    assert_eq!(answer.headers()["retry-after"], "3600");
    assert!(answer.text().await.unwrap().starts_with("{\"status\":10,"));
    time.advance(HOUR - 1_500);
    assert_eq!(told(&people[1]).await, "503 busy 2");
    time.advance(1_500);
    let admitted = v1.post("/v1/tasks", &new_task("fund", &people[1], "good")).await;
    assert_eq!(admitted.status, 201, "{admitted:?}");
    assert_eq!(told(&people[0]).await, "429 too_many_refused_logins 3600");
}

#[tokio::test]
async fn creates_and_polls_have_rates_of_their_own() {
    let mut plan = Plan::default();
    plan.web.rates = fiveone_web::KindRates { creates: 1, polls: 1_000, others: 1_000 };
    let gateway = gateway_with(TestStore::sqlite().await, plan).await;
    let v1 = V1::of(&gateway).await;
    let person = gateway.people(Product::Fund, CITY, 1).remove(0);
    let task = new_task("fund", &person, "captcha");
    let mut refused = None;
    let mut id = None;
    for _ in 0..50 {
        let answer = v1.post("/v1/tasks", &task).await;
        match answer.status {
            429 => refused = Some(answer),
            _ => id = Some(text(&answer.ok(201)["id"])),
        }
        if refused.is_some() {
            break;
        }
    }
    let refused = refused.expect("the second create within a second");
    assert_eq!(refused.problem(), (429, "rate_limited".to_owned()));
    assert_eq!(refused.header("retry-after"), "1");
    let path = format!("/v1/tasks/{}", id.expect("the first was admitted"));
    for _ in 0..20 {
        v1.get(&path).await.ok(200);
    }
    v1.get("/v1/wallet").await.ok(200);
}

#[tokio::test]
async fn a_node_with_too_much_under_way_says_so() {
    let mut plan = Plan::default();
    plan.web.calls_at_once_max = 0;
    let gateway = gateway_with(TestStore::sqlite().await, plan).await;
    let v1 = V1::of(&gateway).await;
    let refused = v1.get("/v1/wallet").await;
    assert_eq!(refused.problem(), (503, "busy".to_owned()));
    assert_eq!(refused.header("retry-after"), "1");
}
