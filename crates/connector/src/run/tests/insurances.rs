//! Insurances of one portal: lists that are told apart, and those that only seem to be.

use fiveone_model::{failure::FailureKind, product::Product, report::Section};
use serde_json::{Value as Json, json};

use super::scripted::{Route, Visit, connector_of, get};

const CITY: &str = r#"
area: "210300"
with: { base: "http://h.test/app" }
login:
  - type: 1
    name: 身份证号
    fields: [account, password]
    steps: [{ post: enter, form: { id: "{{ account }}", pw: "{{ password }}" }, expect: { text: 安全退出 } }]
sections:
  oldageInsuranceInfos:  { like: paid, with: { kind: "1" } }
  medicalInsuranceInfos: { like: paid, with: { kind: "3" } }
blocks:
  paid:
    steps: [{ get: paid, query: { kind: "${kind}" } }]
    rows: { json: "$.rows", map: { m: payMonthly, b: salary, a: "payPerson?" } }
outcomes:
  - { text: 没有该险种的缴费, as: no_data }
"#;

/// What the pensions and the medical payments end in.
async fn read(pension: Json, medical: Json) -> [Result<Json, FailureKind>; 2] {
    let of = |with, answer: Json| Route { with, ..get("/app/paid", answer) };
    let routes = vec![of(&["kind=1"], pension), of(&["kind=3"], medical)];
    let mut visit = Visit::of(connector_of(Product::Insurance, CITY), routes);
    let pension = visit.try_read(Section::Oldage).await;
    let medical = visit.try_read(Section::Medical).await;
    [pension, medical].map(|read| read.map(|(rows, _)| rows))
}

#[tokio::test]
async fn one_list_for_two_insurances_is_not_believed() {
    let list = |paid: u32| json!({ "rows": [{ "m": "201801", "b": "1000", "a": paid }] });
    let rows =
        |paid: u32| json!([{ "payMonthly": "2018-01", "salary": "1000", "payPerson": paid }]);
    let [pension, medical] = read(list(80), list(20)).await;
    assert_eq!((pension, medical), (Ok(rows(80)), Ok(rows(20))));
    let [pension, medical] = read(list(80), list(80)).await;
    assert_eq!((pension, medical), (Ok(rows(80)), Err(FailureKind::PortalChanged)));
    // Where no shares are told, the same months and wages are no wonder.
    let bare = json!({ "rows": [{ "m": "201801", "b": "1000" }] });
    let told = json!([{ "payMonthly": "2018-01", "salary": "1000" }]);
    assert_eq!(read(bare.clone(), bare).await, [Ok(told.clone()), Ok(told)]);
    let none = json!({ "rows": [] });
    assert_eq!(read(none.clone(), none).await, [Ok(json!([])), Ok(json!([]))]);
}

#[tokio::test]
async fn the_vendors_words_for_none_may_come_without_success() {
    let none = |msg: &str| json!({ "success": false, "msg": msg });
    let own = none("没有该险种的缴费记录");
    let changed = || Err(FailureKind::PortalChanged);
    assert_eq!(read(own, none("暂无数据")).await, [Ok(json!([])), changed()]);
    let both = json!({ "success": false, "msg": "没有该险种的缴费", "info": "查询失败" });
    assert_eq!(read(both, none("")).await, [changed(), changed()]);
}
