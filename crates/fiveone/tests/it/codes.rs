//! Every top-level code 0–11, every `data.code` and every `data.status`, by name, through the
//! documents' interfaces (P-04, P-40 to P-44, P-50, P-51).

use std::pin::pin;

use fiveone_model::app::Grant;
use fiveone_model::product::Product;
use fiveone_testkit::{TestStore, on_both};
use futures_util::future::{Either, select};
use serde_json::Value;

use crate::gateway::{APP, MONEY, Plan, TOKEN, TestGateway, login_fields, text};
use crate::vendor_client::{Client, FUND, INSURANCE};

async fn status(client: &Client, interface: &str, params: &[(&str, &str)]) -> i64 {
    client.call(interface, params).await.status
}

#[tokio::test]
async fn p_04_codes_0_2_4_5_6_7_8_of_a_call() {
    let gateway = TestGateway::sqlite().await;
    let client = &gateway.client;
    assert_eq!(status(client, "getFundCitysB", &[]).await, 0);
    assert_eq!(client.post("getFundCitysB", "application/json", "{").await.status, 2);
    assert_eq!(
        status(&Client::new(&gateway.address, "nobody", TOKEN), "getFundCitysB", &[]).await,
        4
    );
    assert_eq!(status(&Client::new(&gateway.address, APP, "WRONG"), "getFundCitysB", &[]).await, 5);
    assert_eq!(status(client, "getFundCitiesB", &[]).await, 6);
    gateway.change_app(|app| app.grants.fund = None).await;
    assert_eq!(status(client, "getFundCitysB", &[]).await, 7);
    gateway.change_app(|app| app.grants.fund = Some(Grant::Paused)).await;
    assert_eq!(status(client, "getFundCitysB", &[]).await, 8);
    assert_eq!(status(client, "getInsuranceCitysB", &[]).await, 0, "the other product goes on");
    gateway.assert_nothing_is_left().await;
}

#[tokio::test]
async fn p_04_code_1_is_our_fault() {
    let gateway = TestGateway::sqlite().await;
    gateway.store.close().await;
    gateway.engine.forget_apps();
    let answer = gateway.client.call("getFundCitysB", &[]).await;
    assert_eq!((answer.status, answer.message.as_str(), answer.data), (1, "系统错误", None));
}

#[tokio::test]
async fn p_04_code_3_is_a_result_that_is_gone_or_cannot_be_opened() {
    let gateway = TestGateway::sqlite().await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let tid = gateway.create(Product::Fund, "990000", &person, "good").await;
    let mut every = tokio::time::interval(std::time::Duration::from_millis(20));
    // Not through `finish`: its last poll would be kept in memory.
    loop {
        every.tick().await;
        let task = gateway.store.read.task(&TestGateway::id(&tid)).await.unwrap().unwrap();
        match task.stage.name() {
            name if name.is_final() => break,
            fiveone_model::task::StageName::Asking => {
                let data = gateway.client.result(FUND, &tid).await;
                let picture = text(&data["base64_image_bytes"]);
                if !picture.is_empty() && picture != "null" {
                    let code = crate::gateway::read_picture(&picture);
                    gateway.client.user_code(FUND, &tid, &code).await;
                }
            }
            _ => {}
        }
    }
    assert!(gateway.engine.erase(&TestGateway::id(&tid)).await.unwrap());
    assert_eq!(status(&gateway.client, "getFundB", &[("tid", &tid)]).await, 3);
    gateway.assert_nothing_is_left().await;
}

#[tokio::test]
async fn p_33_code_9_is_too_little_free_balance() {
    let gateway = TestGateway::sqlite().await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let id = fiveone_model::app::AppId::parse(APP).unwrap();
    let price =
        fiveone_model::tariff::Tariff { price_fen: MONEY + 1, ..fiveone_testkit::build::tariff() };
    gateway.engine.accounts().set_tariff(Some(&id), Product::Fund, price).await.unwrap();
    gateway.engine.forget_apps();
    let fields = login_fields(&person, "good");
    let mut params = vec![("area_code", "990000"), ("login_type", "1")];
    params.extend(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    assert_eq!(status(&gateway.client, "createFundSearchTaskB", &params).await, 9);
    gateway.assert_nothing_is_left().await;
}

#[tokio::test]
async fn p_04_code_10_is_too_many_calls() {
    let gateway = TestGateway::sqlite().await;
    gateway.change_app(|app| app.calls_per_second = 1).await;
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(status(&gateway.client, "getFundCitysB", &[]).await);
    }
    assert_eq!(statuses[0], 0);
    assert!(statuses.contains(&10), "{statuses:?}");
}

#[tokio::test]
async fn p_04_code_11_is_an_identical_create_at_this_moment_and_p_32_its_twin_later() {
    let gateway = TestGateway::sqlite().await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let fields = login_fields(&person, "good");
    let mut params = vec![("area_code", "990000"), ("login_type", "1")];
    params.extend(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    // The writer is busy, so the first create stays on its way.
    let file = gateway.store.url().strip_prefix("sqlite:").unwrap().to_owned();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let blocker = pool.begin_with("begin immediate").await.unwrap();
    // Whichever of the two is second is told at once that the first is on its way.
    let one = pin!(gateway.client.call("createFundSearchTaskB", &params));
    let other = pin!(gateway.client.call("createFundSearchTaskB", &params));
    let (told, on_its_way) = match select(one, other).await {
        Either::Left((told, rest)) => (told, Either::Left(rest)),
        Either::Right((told, rest)) => (told, Either::Right(rest)),
    };
    assert_eq!((told.status, told.message.as_str()), (11, "数据处理中，请稍候再查询"));
    blocker.rollback().await.unwrap();
    let first = on_its_way.await.data();
    assert_eq!(first["success"], true, "{first}");
    let again = gateway.client.call("createFundSearchTaskB", &params).await.data();
    assert_eq!(again["tid"], first["tid"], "the twin's tid");
    let tid = text(&first["tid"]);
    gateway.finish(Product::Fund, &tid, &text(&person["id_card"])).await;
    gateway.assert_nothing_is_left().await;
}

#[tokio::test]
async fn p_30_refused_creates_are_minus_2_and_take_no_money() {
    let gateway = TestGateway::sqlite().await;
    type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)]);
    let cases: [Case; 7] = [
        ("000000", "1", &[("id_card", "x"), ("password", "p")]),
        ("110000", "1", &[("id_card", "x"), ("password", "p")]),
        ("990000", "77", &[("id_card", "x"), ("password", "p")]),
        ("990000", "abc", &[("id_card", "x"), ("password", "p")]),
        ("990000", "1", &[("password", "p")]),
        ("990000", "1", &[("id_card", "99000019000101001"), ("password", "p")]),
        ("990000", "2", &[("account", "1"), ("password", "p"), ("sub_area", "nowhere")]),
    ];
    for (area, login_type, fields) in cases {
        let data = gateway.client.create(FUND, area, login_type, fields).await;
        assert_eq!(
            (&data["success"], &data["status"]),
            (&Value::from(false), &Value::from(-2)),
            "{data}"
        );
        assert!(!text(&data["message"]).is_empty());
    }
    gateway.assert_nothing_is_left().await;
}

#[tokio::test]
async fn p_43_strange_tids_are_minus_2_and_minus_9() {
    let gateway = TestGateway::sqlite().await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let tid = gateway.create(Product::Fund, "990000", &person, "wrong").await;
    gateway.finish(Product::Fund, &tid, &text(&person["id_card"])).await;
    let code = async |client: &Client, document, tid: &str| {
        text(&client.result(document, tid).await["code"])
    };
    assert_eq!(code(&gateway.client, FUND, "00000000000000000000000000000000").await, "-2");
    assert_eq!(code(&gateway.client, FUND, "'; drop table task; --").await, "-2");
    assert_eq!(code(&gateway.client, INSURANCE, &tid).await, "-2", "the other product's");
    let other = gateway.second_app("app2", "TOKEN002").await;
    assert_eq!(code(&other, FUND, &tid).await, "-9");
    assert_eq!(other.user_code(FUND, &tid, "1234").await, -9);
    assert_eq!(gateway.client.user_code(FUND, &tid, "1234").await, -2, "it has ended");
    assert_eq!(gateway.client.user_code(INSURANCE, &tid, "1234").await, -2);
}

#[tokio::test]
async fn p_43_our_fault_at_a_poll_or_a_code_is_minus_1() {
    let gateway = TestGateway::sqlite().await;
    assert_eq!(gateway.client.call("getFundCitysB", &[]).await.status, 0, "the app is looked up");
    gateway.store.close().await;
    let tid = "00000000000000000000000000000000";
    assert_eq!(text(&gateway.client.result(FUND, tid).await["code"]), "-1");
    assert_eq!(gateway.client.user_code(FUND, tid, "1234").await, -1);
    let fields = [("id_card", "990000190001010016"), ("password", "good")];
    let data = gateway.client.create(FUND, "990000", "1", &fields).await;
    assert_eq!(
        (&data["success"], &data["status"]),
        (&Value::from(false), &Value::from(-1)),
        "{data}"
    );
}

/// A city whose login is an employer's; its portal does not exist.
const EMPLOYERS_CITY: &str = r#"
area: "110000"
with: { base: "http://127.0.0.1:1/" }
login:
  - type: 1
    name: 单位账号
    fields: [corp_account, password]
    steps:
      - post: login
        form: { user: "{{ corp_account }}", password: "{{ password }}" }
        expect: [{ text: 欢迎 }]
sections:
  baseInfo:
    steps: [{ get: base }]
    record: { labels: "table", map: { 姓名: employeeName } }
"#;

#[tokio::test]
async fn p_23_an_employers_login_needs_a_grant_of_its_own() {
    let city = ("cities/fund/110000-beijing.yaml", EMPLOYERS_CITY);
    let plan = Plan { more_connectors: vec![city], ..Plan::default() };
    let gateway = TestGateway::build(TestStore::sqlite().await, plan).await;
    let fields =
        [("area_code", "110000"), ("login_type", "1"), ("corp_account", "c"), ("password", "p")];
    assert_eq!(status(&gateway.client, "createFundSearchTaskB", &fields).await, 7);
    gateway.change_app(|app| app.has_employer_grant = true).await;
    let data = gateway.client.call("createFundSearchTaskB", &fields).await.data();
    assert_eq!(data["success"], true, "{data}");
    let tid = text(&data["tid"]);
    let data = gateway.finish(Product::Fund, &tid, "").await;
    assert_eq!(data["code"], "50007", "{data}");
    gateway.assert_nothing_is_left().await;
}

#[tokio::test]
async fn p_21_an_operator_and_a_portals_health_close_an_area_and_open_it_again() {
    let mut plan = Plan::default();
    plan.options.unhealthy_after_failures = 2;
    plan.options.unhealthy_for_ms = i64::MAX / 4;
    let gateway = TestGateway::build(TestStore::sqlite().await, plan).await;
    let area_status = async || {
        let cities = gateway.client.cities(FUND).await;
        let rows = cities.as_array().unwrap();
        rows.iter().find(|row| row["area_code"] == "990000").unwrap()["area_status"].clone()
    };
    let (product, area) = (Product::Fund, fiveone_model::area::AreaCode::parse("990000").unwrap());
    assert_eq!(area_status().await, 0);
    let note = "升级".to_owned();
    let switch = fiveone_store::AreaSwitch {
        product,
        area: area.clone(),
        closed_by: fiveone_store::ClosedBy::Operator,
        note,
        until_at: None,
    };
    gateway.store.write.close_area(&switch).await.unwrap();
    gateway.engine.forget_apps();
    assert_eq!(area_status().await, 1);
    let fields = [("id_card", "990000190001010016"), ("password", "good")];
    let data = gateway.client.create(FUND, "990000", "1", &fields).await;
    assert_eq!(
        (&data["success"], &data["status"]),
        (&Value::from(false), &Value::from(-2)),
        "{data}"
    );
    gateway.store.write.open_area(product, &area).await.unwrap();
    gateway.engine.forget_apps();
    assert_eq!(area_status().await, 0);

    let people = gateway.people(product, "990000", 3);
    for (person, password) in people.iter().zip(["maintenance", "wrong", "maintenance"]) {
        let tid = gateway.create(product, "990000", person, password).await;
        gateway.finish(product, &tid, "").await;
    }
    assert_eq!(area_status().await, 0, "a wrong password says that the portal works");
    for _ in 0..3 {
        let tid = gateway.create(product, "990000", &people[2], "maintenance").await;
        gateway.finish(product, &tid, "").await;
    }
    gateway.engine.forget_apps();
    assert_eq!(area_status().await, 0, "a person who tries again and again is one");
    let tid = gateway.create(product, "990000", &people[0], "maintenance").await;
    gateway.finish(product, &tid, "").await;
    gateway.engine.forget_apps();
    assert_eq!(area_status().await, 1, "it failed for two people in a row");
    gateway.assert_nothing_is_left().await;
}

on_both!(p_32_an_idempotency_key_stands_for_its_create_on_every_node_even_when_it_has_ended);

async fn p_32_an_idempotency_key_stands_for_its_create_on_every_node_even_when_it_has_ended(
    store: TestStore,
) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let other_node = TestGateway::router_of(&gateway.second_node().await).await;
    let people = gateway.people(Product::Fund, "990000", 2);
    let create_at = async |client: &Client, person: &Value, key: &str| {
        let fields = login_fields(person, "wrong");
        let mut params = vec![("area_code", "990000"), ("login_type", "1")];
        params.extend(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let url = "http://api.tcredit.com/identity/createFundSearchTaskB";
        let token_key = client.token_key(url, &params);
        params.extend([("appId", APP), ("tokenKey", token_key.as_str())]);
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&params).finish();
        let request = client
            .request("POST", "/identity/createFundSearchTaskB")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("idempotency-key", key)
            .body(body);
        client.send(request).await.data()
    };
    let create = async |person: &Value, key: &str| create_at(&gateway.client, person, key).await;
    let first = create(&people[0], "k1").await;
    let tid = text(&first["tid"]);
    gateway.finish(Product::Fund, &tid, &text(&people[0]["id_card"])).await;
    assert_eq!(create(&people[0], "k1").await["tid"], first["tid"], "though it has ended");
    assert_eq!(create_at(&other_node, &people[0], "k1").await["tid"], first["tid"]);
    for client in [&gateway.client, &other_node] {
        let others = create_at(client, &people[1], "k1").await;
        assert_eq!(
            (&others["success"], &others["status"], others.get("tid")),
            (&Value::from(false), &Value::from(-2), None),
            "another person never gets the first one's report: {others}"
        );
    }
    let other = create(&people[0], "k2").await;
    assert_ne!(other["tid"], first["tid"]);
    gateway.finish(Product::Fund, &text(&other["tid"]), &text(&people[0]["id_card"])).await;
    gateway.assert_nothing_is_left().await;
}
