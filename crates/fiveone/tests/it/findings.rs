//! Findings reach people: apps that want them, and the operator; and nobody else (P-47).

use std::process::Output;

use fiveone_model::product::Product;
use fiveone_testkit::TestStore;
use serde_json::{Value, json};

use crate::gateway::{APP, Plan, TestGateway, login_fields, read_picture, text};
use crate::process::{Deployment, Gateway};
use crate::vendor_client::{DOCUMENTED, FUND, code};

/// A person of the model city one of whose rows has a date that no calendar has.
fn person_of_an_impossible_day(people: Vec<Value>) -> Value {
    let mut people = people.into_iter();
    people.find(|person| person["quirk"] == "ImpossibleDay").expect("one in sixteen")
}

/// The bytes of a poll, but for the number of the call.
async fn poll(gateway: &TestGateway, tid: &str) -> String {
    let key = gateway.client.token_key(&format!("{DOCUMENTED}getFundB"), &[("tid", tid)]);
    let request = gateway.client.request("POST", "/identity/getFundB");
    let request = request
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("tid={tid}&appId={APP}&tokenKey={key}"));
    let body = request.send().await.expect("an answer").text().await.expect("a body");
    let envelope: Value = serde_json::from_str(&body).expect("JSON");
    body.replace(envelope["seqNum"].as_str().expect("a number"), "…")
}

async fn only_an_app_that_wants_findings_gets_them(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let person = person_of_an_impossible_day(gateway.people(Product::Fund, "990000", 16));
    let tid = gateway.create(Product::Fund, "990000", &person, "good").await;
    let data = gateway.finish(Product::Fund, &tid, &text(&person["id_card"])).await;
    assert_eq!(data["code"], "40001");
    let before = poll(&gateway, &tid).await;
    assert!(!before.contains("finding"), "{before}");

    gateway.change_app(|app| app.wants_findings = true).await;
    let (start, end) = before.rsplit_once("}}").expect("data is last");
    let findings = r#"[{"section":"billInfos","kind":"impossible_date","field":"payArriveDate"}]"#;
    let expected = format!(r#"{start},"findings":{findings}}}}}{end}"#);
    assert_eq!(poll(&gateway, &tid).await, expected, "nothing else changes");

    gateway.change_app(|app| app.wants_findings = false).await;
    assert_eq!(poll(&gateway, &tid).await, before);

    assert!(gateway.engine.erase(&TestGateway::id(&tid)).await.unwrap());
    gateway.change_app(|app| app.wants_findings = true).await;
    let fresh = TestGateway::router_of(&gateway.engine).await;
    let answer = fresh.call("getFundB", &[("tid", &tid)]).await;
    assert_eq!((answer.status, answer.data), (3, None), "they are gone with the report");
    gateway.assert_nothing_is_left().await;
}

#[tokio::test]
async fn p_47_only_an_app_that_wants_findings_gets_them_on_sqlite() {
    only_an_app_that_wants_findings_gets_them(TestStore::sqlite().await).await;
}

#[tokio::test]
async fn p_47_only_an_app_that_wants_findings_gets_them_on_postgres() {
    only_an_app_that_wants_findings_gets_them(TestStore::postgres().await).await;
}

/// Brings a task of the model city to its end as the person would; its tid.
pub(crate) async fn finished_task(gateway: &Gateway, person: &Value, password: &str) -> String {
    let fields = login_fields(person, password);
    let fields: Vec<_> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let created = gateway.client.create(FUND, "990000", "1", &fields).await;
    assert_eq!(created["success"], true, "{created}");
    let tid = text(&created["tid"]);
    let is_asked = |data: &Value| code(data) == 10004 || code(data) >= 40001;
    let data = gateway.client.wait_for(FUND, &tid, is_asked).await;
    let picture = read_picture(&text(&data["base64_image_bytes"]));
    assert_eq!(gateway.client.user_code(FUND, &tid, &picture).await, 0);
    gateway.client.wait_for_end(FUND, &tid).await;
    tid
}

/// Every instant of a JSON value as `…`, so that the rest can be compared whole.
fn without_instants(value: &mut Value) {
    match value {
        Value::String(text) if text.len() == 19 && text.starts_with("20") => "…".clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(without_instants),
        Value::Object(members) => members.values_mut().for_each(without_instants),
        _ => {}
    }
}

pub(crate) fn told(output: &Output) -> (Option<i32>, String) {
    let all = [output.stdout.clone(), output.stderr.clone()].concat();
    (output.status.code(), String::from_utf8(all).expect("text"))
}

/// Takes what was done at the portal out of a task: something for the login and each section.
fn requests_of(shown: &mut Value) -> Value {
    let requests = shown.as_object_mut().and_then(|shown| shown.remove("requests"));
    let requests = requests.expect("what was done at the portal");
    let parts: Vec<_> = requests
        .as_array()
        .into_iter()
        .flatten()
        .map(|part| (part["section"].as_str(), part["steps"].as_array().map_or(0, Vec::len)))
        .collect();
    let names = [None, Some("baseInfo"), Some("billInfos"), Some("loanInfos")];
    assert_eq!(parts.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names);
    assert!(parts.iter().all(|(_, steps)| *steps > 0), "{requests}");
    requests
}

async fn an_operator_sees_a_task_and_no_value_of_its_person(store: TestStore) {
    let deployment = Deployment::new(store, "").await;
    let gateway = deployment.gateway().await;
    let people = fiveone_lab::people(&deployment.lab.world(), "fund", "990000", 16);
    let person = person_of_an_impossible_day(people);
    let tid = finished_task(&gateway, &person, "good").await;
    deployment.settle().await;

    let mut shown = deployment.command(&["task", "show", &tid, "--json"]).await;
    without_instants(&mut shown);
    let requests = requests_of(&mut shown);
    let id_card = text(&person["id_card"]);
    let world = deployment.lab.world();
    let truth = fiveone_lab::truth(&world, "fund", "990000", &id_card, "good").expect("a report");
    let section = |name: &str, findings: Value| {
        let rows = truth[name].as_array().map_or(1, Vec::len);
        json!({ "section": name, "rows": rows, "stored": "…", "findings": findings })
    };
    let odd = json!([{ "kind": "impossible_date", "field": "payArriveDate" }]);
    let expected = json!({
        "tid": tid,
        "app": "app1",
        "product": "fund",
        "area": "990000",
        "login": 1,
        "stage": "done",
        "code": 40001,
        "msg": "爬取结束",
        "failure": null,
        "missing": [],
        "money": { "price": "3.00", "state": "captured", "resolved": "…" },
        "times": {
            "created": "…", "due": "…", "leased": null, "updated": "…", "crawled": "…",
            "finished": "…", "keptUntil": "…", "wiped": null,
        },
        "questions": [{ "kind": "captcha", "asked": "…", "answered": "…", "closed": "…" }],
        "sections": [
            section("baseInfo", json!([])),
            section("billInfos", odd),
            section("loanInfos", json!([])),
        ],
        "callbacks": [{ "state": "delivered", "attempts": 1 }],
    });
    assert_eq!(shown, expected);
    let (exit, text) = told(&deployment.run(&["task", "show", &tid]).await);
    assert_eq!(exit, Some(0), "{text}");
    let lines = "\n    impossible_date payArriveDate\n  loanInfos, rows: 1";
    assert!(text.contains(&format!("{lines}\nrequests to the portal\n  login\n")), "{text}");
    let base = truth["baseInfo"].as_object().expect("a record");
    let long = base.values().filter_map(Value::as_str).filter(|value| value.len() >= 6);
    let values: Vec<_> = long.chain([id_card.as_str(), "good"]).collect();
    assert!(values.len() > 10, "{values:?}");
    for place in [&text, &shown.to_string(), &requests.to_string()] {
        let told: Vec<_> = values.iter().filter(|value| place.contains(**value)).collect();
        assert!(told.is_empty(), "{told:?} in {place}");
    }

    let metrics = gateway.client.request("GET", "/metrics").send().await.expect("an answer");
    let metrics = metrics.text().await.expect("a body");
    let counted: Vec<_> =
        metrics.lines().filter(|line| line.starts_with("fiveone_findings_total{")).collect();
    let [line] = counted.as_slice() else { panic!("{metrics}") };
    let (start, rest) = line.split_once(r#"version=""#).expect("a version");
    let (version, end) = rest.split_once('"').expect("its end");
    assert!(!version.is_empty());
    assert_eq!(
        format!("{start}…{end}"),
        r#"fiveone_findings_total{product="fund",area="990000",…,kind="impossible_date"} 1"#
    );

    let unknown = "0".repeat(32);
    let (exit, text) = told(&deployment.run(&["task", "show", &unknown]).await);
    let expected = format!(
        "fiveone: there is no task {unknown} in this database; --config and --data say which one, \
         and `fiveone app show` lists an app's newest tasks\n"
    );
    assert_eq!((exit, text), (Some(2), expected));
    let (exit, text) = told(&deployment.run(&["task", "show", "9E8F"]).await);
    assert_eq!(exit, Some(2));
    assert!(text.contains("a tid is 32 digits of 0-9 and a-f"), "{text}");
    gateway.stop().await;
}

#[tokio::test]
async fn an_operator_sees_a_task_on_sqlite() {
    an_operator_sees_a_task_and_no_value_of_its_person(TestStore::sqlite().await).await;
}

#[tokio::test]
async fn an_operator_sees_a_task_on_postgres() {
    an_operator_sees_a_task_and_no_value_of_its_person(TestStore::postgres().await).await;
}
