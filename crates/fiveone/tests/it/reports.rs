//! What polls show of a task under way, and of its report (P-41, P-45, P-46).

use fiveone_model::product::Product;
use serde_json::Value;

use crate::gateway::{TestGateway, read_picture, text};
use crate::vendor_client::FUND;

#[tokio::test]
async fn p_41_a_slow_task_shows_its_stages_and_never_goes_back() {
    let gateway = TestGateway::sqlite().await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let tid = gateway.create(Product::Fund, "990000", &person, "slow").await;
    let mut seen = Vec::new();
    let mut changes = gateway.engine.changes();
    let data = loop {
        let data = gateway.client.result(FUND, &tid).await;
        let code = text(&data["code"]);
        if seen.last() != Some(&code) {
            seen.push(code.clone());
        }
        if code == "10004" {
            let picture = read_picture(&text(&data["base64_image_bytes"]));
            gateway.client.user_code(FUND, &tid, &picture).await;
        }
        if code == "20005" {
            assert!(data.get("baseInfo").is_some(), "what is stored is in the answer: {data}");
            assert!(data["createTime"].is_string(), "and since when: {data}");
        }
        if code.starts_with(['4', '5']) {
            break data;
        }
        changes.changed().await.unwrap();
    };
    assert_eq!(data["code"], "40001", "{data}");
    let order = ["10001", "10004", "10001", "10002", "20001", "20005", "30001", "40001"];
    let mut rest = order.iter();
    assert!(seen.iter().all(|code| rest.any(|one| one == code)), "{seen:?}");
    assert!(seen.contains(&"20005".to_owned()), "{seen:?}");
    for _ in 0..3 {
        assert_eq!(
            gateway.client.result(FUND, &tid).await,
            data,
            "a terminal answer never changes"
        );
    }
    gateway.assert_nothing_is_left().await;
}

/// Every number of a report, and every text that looks like a date.
fn leaves(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| leaves(item, found)),
        Value::Object(fields) => fields.values().for_each(|item| leaves(item, found)),
        other => found.push(other.to_string()),
    }
}

#[tokio::test]
async fn p_45_days_that_do_not_exist_are_left_out_and_money_has_two_places() {
    let gateway = TestGateway::sqlite().await;
    let people = gateway.people(Product::Fund, "990000", 16);
    let person = people.iter().find(|person| person["quirk"] == "ImpossibleDay").unwrap();
    let tid = gateway.create(Product::Fund, "990000", person, "good").await;
    let data = gateway.finish(Product::Fund, &tid, &text(&person["id_card"])).await;
    assert_eq!(data["code"], "40001", "{}", data["msg"]);
    let bills = data["billInfos"].as_array().unwrap();
    let base = data["baseInfo"].as_object().unwrap();
    let has_gap = bills.iter().any(|row| row.get("payArriveDate").is_none())
        || ["birthday", "openAccountDate"].iter().any(|name| !base.contains_key(*name));
    assert!(has_gap, "somewhere the portal showed an impossible day");
    let mut found = Vec::new();
    leaves(&data["baseInfo"], &mut found);
    leaves(&data["billInfos"], &mut found);
    leaves(&data["loanInfos"], &mut found);
    for leaf in found {
        let places = leaf.split_once('.').map_or(0, |(_, places)| places.len());
        assert!(leaf.starts_with('"') || places <= 2, "{leaf}");
        assert!(!leaf.contains("-02-30") && !leaf.contains("-02-31"), "{leaf}");
    }
    gateway.assert_nothing_is_left().await;
}

#[tokio::test]
async fn p_46_rows_come_newest_first() {
    let gateway = TestGateway::sqlite().await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let tid = gateway.create(Product::Fund, "990000", &person, "good").await;
    let data = gateway.finish(Product::Fund, &tid, &text(&person["id_card"])).await;
    let rows = data["billInfos"].as_array().unwrap_or_else(|| panic!("{data}"));
    let days: Vec<_> = rows.iter().map(|row| text(&row["payArriveDate"])).collect();
    assert!(days.len() > 2 && days.is_sorted_by(|newer, older| newer >= older), "{days:?}");
}
