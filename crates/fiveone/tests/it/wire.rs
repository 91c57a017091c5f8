//! The wire itself, rule by rule: bodies, envelope, order of checks, signatures, cities and their
//! login parameters (P-01 to P-12, P-20 to P-22).

use fiveone_model::app::Grant;
use serde_json::{Value, json};

use crate::gateway::{APP, Plan, TOKEN, TestGateway};
use crate::vendor_client::{Client, DOCUMENTED, FUND, INSURANCE};
use fiveone_testkit::TestStore;

const FORM: &str = "application/x-www-form-urlencoded";

/// A form body; values are taken as they are.
fn form(params: &[(&str, &str)]) -> String {
    params.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// The key over an interface's documented address.
fn key(client: &Client, interface: &str, params: &[(&str, &str)]) -> String {
    client.token_key(&format!("{DOCUMENTED}{interface}"), params)
}

#[tokio::test]
async fn p_01_all_kinds_of_body_are_answered_alike() {
    let TestGateway { client, .. } = &TestGateway::sqlite().await;
    let name = "getFundCityParamB";
    let params = [("area_code", "990000"), ("login_type", "1"), ("real_name", "张三")];
    let own = [("appId", APP), ("tokenKey", &key(client, name, &params))];
    let all: Vec<_> = params.iter().chain(&own).copied().collect();
    let utf_8 = client.post(name, FORM, form(&all)).await.data();
    assert!(utf_8.as_array().is_some_and(|methods| !methods.is_empty()), "{utf_8}");

    let gbk = form(&all).replace("张三", "%D5%C5%C8%FD");
    assert_eq!(client.post(name, &format!("{FORM};charset=GBK"), gbk).await.data(), utf_8);

    let mut object: serde_json::Map<_, _> =
        all.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    object["login_type"] = json!(1);
    let object = Value::Object(object).to_string();
    assert_eq!(client.post(name, "application/json", object).await.data(), utf_8);

    let part = |(name, value): &(&str, &str)| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let parts = all.iter().map(part).collect::<String>() + "--b--\r\n";
    assert_eq!(client.post(name, "multipart/form-data; boundary=b", parts).await.data(), utf_8);
}

#[tokio::test]
async fn p_01_secrets_in_a_query_string_are_refused_and_strange_names_are_not() {
    let TestGateway { client, .. } = &TestGateway::sqlite().await;
    let body = form(&[("appId", APP), ("tokenKey", &key(client, "getFundCitysB", &[]))]);
    let post = async |query: &str| {
        let request = client.request("POST", &format!("/identity/getFundCitysB{query}"));
        client.send(request.header("content-type", FORM).body(body.clone())).await.status
    };
    assert_eq!(post("?password=x").await, 2);
    assert_eq!(post(&format!("?{body}")).await, 2);
    assert_eq!(post("?v=1").await, 0);
}

#[tokio::test]
async fn p_01_an_interface_is_served_as_clients_and_proxies_write_its_path() {
    let mut plan = Plan::default();
    plan.web.public_bases = vec!["https://gw.example.cn/fiveone/v1/identity/".to_owned()];
    let TestGateway { client, .. } = &TestGateway::build(TestStore::sqlite().await, plan).await;
    let body = form(&[("appId", APP), ("tokenKey", &key(client, "getFundCitysB", &[]))]);
    for (path, status) in [
        ("//identity/getFundCitysB", 0),
        ("/identity//getFundCitysB", 0),
        ("/identity/getFundCitysB/", 0),
        ("/identity/getFundCitysB;jsessionid=0A1B", 0),
        ("/identity/getFundCitysB;jsessionid=0A1B?v=1", 0),
        ("/fiveone/v1/identity/getFundCitysB", 0),
        ("/fiveone/identity/getFundCitysB", 6),
        ("/other/identity/getFundCitysB", 6),
    ] {
        let request = client.request("POST", path).header("content-type", FORM);
        assert_eq!(client.send(request.body(body.clone())).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn p_02_a_wrong_method_or_an_unknown_name_is_status_6() {
    let TestGateway { client, .. } = &TestGateway::sqlite().await;
    for (method, path) in [
        ("GET", "/identity/getFundCitysB"),
        ("PUT", "/identity/getFundB"),
        ("DELETE", "/identity/getFundB"),
        ("OPTIONS", "/identity/getFundB"),
        ("POST", "/identity/getfundcitysb"),
        ("POST", "/other/getFundCitysB"),
        ("POST", "/identity/getFundCitysB/more"),
        ("POST", "/getFundCitysB"),
        ("POST", "/identity/%67etFundCitysB"),
        ("POST", "/identity/"),
        ("POST", "/identity"),
        ("POST", "/"),
        ("GET", "/"),
        ("POST", "/healthz"),
        ("DELETE", "/readyz"),
        ("PUT", "/metrics"),
    ] {
        let answer = client.send(client.request(method, path)).await;
        assert_eq!((answer.status, answer.data), (6, None), "{method} {path}");
        assert_eq!(answer.message, "接口未定义或停止使用");
    }
}

#[tokio::test]
async fn p_03_the_first_check_that_fails_answers() {
    let gateway = &TestGateway::sqlite().await;
    let client = &gateway.client;
    let good = key(client, "getFundB", &[]);
    let status =
        async |name: &str, body: &str| client.post(name, FORM, body.to_owned()).await.status;

    assert_eq!(status("getFundC", "a=%FF").await, 6, "route before body");
    assert_eq!(status("getFundB", "appId=nobody&tokenKey=%FF").await, 2, "body before app");
    assert_eq!(status("getFundB", "appId=nobody").await, 2, "envelope before app");
    assert_eq!(status("getFundB", &format!("tokenKey={good}")).await, 2);
    assert_eq!(status("getFundB", "appId=&tokenKey=").await, 2);
    assert_eq!(status("getFundB", "appId=nobody&tokenKey=x").await, 4, "app before tokenKey");

    gateway.change_app(|app| (app.grants.fund, app.calls_per_second) = (None, 1)).await;
    assert_eq!(status("getFundB", &format!("appId={APP}&tokenKey=x")).await, 5, "key before grant");
    let signed = form(&[("appId", APP), ("tokenKey", &good)]);
    assert_eq!(status("getFundB", &signed).await, 7, "grant before rate");
    gateway.change_app(|app| app.grants.fund = Some(Grant::Paused)).await;
    assert_eq!(status("getFundB", &signed).await, 8);
    gateway.change_app(|app| app.grants.fund = Some(Grant::Active)).await;
    assert_eq!(status("getFundB", &signed).await, 0, "the tid that is missing is told in data");
    assert_eq!(status("getFundB", &signed).await, 10, "rate before business parameters");

    gateway.change_app(|app| app.calls_per_second = 1000).await;
    let poor = gateway.second_app("poor", TOKEN).await;
    let data = poor.create(FUND, "nowhere", "1", &[]).await;
    assert_eq!((&data["success"], &data["status"]), (&json!(false), &json!(-2)), "then balance");
}

#[tokio::test]
async fn p_05_a_seq_num_is_16_digits_and_never_the_same() {
    let TestGateway { client, .. } = &TestGateway::sqlite().await;
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..100 {
        let seq_num = client.call("getFundC", &[]).await.seq_num;
        assert!(seq_num.len() == 16 && seq_num.bytes().all(|b| b.is_ascii_digit()), "{seq_num}");
        assert!(seen.insert(seq_num));
    }
}

#[tokio::test]
async fn p_10_http_https_and_public_bases_are_signed_and_the_host_is_not() {
    let mut plan = Plan::default();
    plan.web.public_bases = vec!["https://gate.example.cn/identity/".to_owned()];
    let TestGateway { client, address, .. } =
        &TestGateway::build(TestStore::sqlite().await, plan).await;
    let signed_at = async |base: &str| {
        let key = client.token_key(&format!("{base}getFundCitysB"), &[]);
        client.post("getFundCitysB", FORM, form(&[("appId", APP), ("tokenKey", &key)])).await.status
    };
    assert_eq!(signed_at("http://api.tcredit.com/identity/").await, 0);
    assert_eq!(signed_at("https://api.tcredit.com/identity/").await, 0);
    assert_eq!(signed_at("https://gate.example.cn/identity/").await, 0);
    assert_eq!(signed_at(&format!("{address}/identity/")).await, 5);
}

#[tokio::test]
async fn p_11_what_is_signed_may_leave_out_blanks_or_be_trimmed() {
    let TestGateway { client, .. } = &TestGateway::sqlite().await;
    let name = "getFundCityParamB";
    let status = async |signed: &[(&str, &str)], sent: &[(&str, &str)]| {
        let key = key(client, name, signed);
        let own = [("appId", APP), ("tokenKey", key.as_str())];
        let all: Vec<_> = sent.iter().chain(&own).copied().collect();
        client.post(name, FORM, form(&all)).await.status
    };
    let area = ("area_code", "990000");
    assert_eq!(status(&[area], &[area, ("mobile", "")]).await, 0, "blanks left out");
    assert_eq!(status(&[area, ("mobile", "")], &[area, ("mobile", "")]).await, 0, "and kept");
    assert_eq!(status(&[area, ("x", "1")], &[area, ("x", "1+")]).await, 0, "trimmed at the end");
    assert_eq!(status(&[area, ("x", "1 ")], &[area, ("x", "1+")]).await, 0, "and raw");
    assert_eq!(status(&[area, ("x", "1")], &[area]).await, 5, "what is signed was sent");
    assert_eq!(status(&[area], &[area, ("x", "1")]).await, 5, "what is sent was signed");
}

#[tokio::test]
async fn p_11_json_null_is_signed_as_a_blank_may_be() {
    let TestGateway { client, .. } = &TestGateway::sqlite().await;
    let name = "getFundCityParamB";
    let area = ("area_code", "990000");
    for signed in [&[area][..], &[area, ("mobile", "")]] {
        let key = key(client, name, signed);
        let body = json!({ "area_code": "990000", "mobile": null, "appId": APP, "tokenKey": key });
        let answer = client.post(name, "application/json", body.to_string()).await;
        assert_eq!(answer.status, 0, "{signed:?}");
    }
    let key = key(client, name, &[area, ("mobile", "null")]);
    let body = json!({ "area_code": "990000", "mobile": null, "appId": APP, "tokenKey": key });
    assert_eq!(client.post(name, "application/json", body.to_string()).await.status, 5);
}

#[tokio::test]
async fn p_30_a_login_type_is_taken_as_floating_point_writes_it() {
    let gateway = &TestGateway::sqlite().await;
    let person = gateway.people(fiveone_model::product::Product::Fund, "990000", 1).remove(0);
    let fields = crate::gateway::login_fields(&person, "wrong");
    let fields: Vec<_> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let data = gateway.client.create(FUND, "990000", "1.0", &fields).await;
    assert_eq!(data["success"], true, "{data}");
    let again = gateway.client.create(FUND, "990000", "1", &fields).await;
    assert_eq!(again["tid"], data["tid"], "the same request, however it is written");
    let tid = data["tid"].as_str().expect("a tid");
    gateway.finish(fiveone_model::product::Product::Fund, tid, "").await;
    gateway.assert_nothing_is_left().await;
}

#[tokio::test]
async fn p_11_a_create_may_sign_only_what_the_city_requires() {
    let gateway = &TestGateway::sqlite().await;
    let client = &gateway.client;
    let name = FUND.create;
    let own = [("area_code", "990000"), ("login_type", "1")];
    let methods = client.city_params(FUND, "990000").await;
    let fields = methods[0]["login_params"].as_array().expect("fields").clone();
    let is_required = |field: &&Value| field["required"] == true;
    let required = fields.iter().filter(is_required).filter_map(|field| field["name"].as_str());
    // No identity number on purpose: no task comes of it.
    let signed: Vec<_> = own.into_iter().chain(required.map(|name| (name, "x"))).collect();
    let key = key(client, name, &signed);
    let more = [("nickname", "x"), ("appId", APP), ("tokenKey", key.as_str())];
    let sent: Vec<_> = signed.iter().chain(&more).copied().collect();
    let answer = client.post(name, FORM, form(&sent)).await;
    assert_eq!((answer.status, &answer.data()["status"]), (0, &json!(-2)));
    gateway.assert_nothing_is_left().await;
}

#[tokio::test]
async fn p_11_hex_is_taken_in_either_case() {
    let TestGateway { client, .. } = &TestGateway::sqlite().await;
    let key = key(client, "getFundCitysB", &[]).to_uppercase();
    let body = form(&[("appId", APP), ("tokenKey", &key)]);
    assert_eq!(client.post("getFundCitysB", FORM, body).await.status, 0);
}

#[tokio::test]
async fn p_12_the_short_signature_needs_the_switch_and_is_for_fund_user_code() {
    let gateway = &TestGateway::sqlite().await;
    let client = &gateway.client;
    let status = async |name: &str| {
        let key = key(client, name, &[]);
        let body = form(&[("tid", "1"), ("code", "2"), ("appId", APP), ("tokenKey", &key)]);
        client.post(name, FORM, body).await.status
    };
    assert_eq!(status("fundUserCode").await, 5);
    gateway.change_app(|app| app.has_legacy_code_signature = true).await;
    assert_eq!(status("fundUserCode").await, 0);
    assert_eq!(status("securityUserCode").await, 5);
    assert_eq!(status("getFundB").await, 5);
}

#[tokio::test]
async fn p_20_and_p_21_cities_are_listed_with_their_state() {
    let TestGateway { client, .. } = &TestGateway::sqlite().await;
    for document in [FUND, INSURANCE] {
        let cities = client.cities(document).await;
        let cities = cities.as_array().expect("an array");
        for city in cities {
            assert!(city["area_code"].is_string() && city["area_name"].is_string(), "{city}");
            assert!(matches!(city["area_status"].as_i64(), Some(0..=2)), "{city}");
        }
        for city in cities.iter().filter(|city| city["area_status"] != 2) {
            let url = city["area_url"].as_str();
            assert!(url.is_some_and(|url| url.starts_with("http")), "no address: {city}");
        }
        let model = cities.iter().find(|city| city["area_code"] == "990000").expect("示范市");
        assert_eq!(model["area_status"], 0);
    }
}

#[tokio::test]
async fn p_22_login_params_are_of_the_city_and_an_unknown_city_is_status_2() {
    let TestGateway { client, .. } = &TestGateway::sqlite().await;
    for document in [FUND, INSURANCE] {
        for method in client.city_params(document, "990000").await.as_array().expect("an array") {
            assert_eq!(method["area_code"], "990000");
            assert!(method["login_type"].is_i64() && method["login_name"].is_string(), "{method}");
            for field in method["login_params"].as_array().expect("an array") {
                assert!(field["required"].is_boolean() && field["label"].is_string(), "{field}");
                assert_eq!(field["list"].is_array(), field["type"] == "select", "{field}");
            }
        }
        for area in ["000000", "", "'; drop table app; --", "{{7*7}}", &"9".repeat(1000)] {
            let answer = client.call(document.city_params, &[("area_code", area)]).await;
            assert_eq!(answer.status, 2, "{area}");
        }
    }
}
