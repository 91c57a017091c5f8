//! Questions of today through both faces of the wire: as a picture that text answers (P-52), and as
//! data (P-53).

use std::sync::Arc;
use std::time::Duration;

use fiveone_model::product::Product;
use fiveone_testkit::{ManualClock, TestStore, on_both};
use serde_json::{Value, json};

use crate::gateway::{Plan, TestGateway, document, read_picture, text};
use crate::vendor_client::FUND;

on_both!(
    p_52_a_slide_is_answered_by_the_number_under_its_gap,
    p_52_words_are_answered_by_cells_of_a_grid,
    p_52_a_choice_is_answered_by_its_number,
    p_52_a_scan_goes_on_when_the_portal_says_so,
    p_52_a_scan_that_expires_is_shown_anew_three_times_in_all,
    p_52_a_confirmation_ends_on_the_phone,
    p_53_a_question_is_answered_as_data,
    p_42_a_question_is_open_no_longer_than_its_portal_waits,
    p_32_logins_without_fields_are_never_twins,
    a_question_whose_node_ends_fails_with_50002,
);

const AREA: &str = "990000";

async fn begin_as(gateway: &TestGateway, product: Product, way: &str, person: &Value) -> String {
    let [id_card, password] = [text(&person["id_card"]), "good".to_owned()];
    let fields: &[(&str, &str)] = match way {
        "6" => &[],
        _ => &[("id_card", &id_card), ("password", &password)],
    };
    let data = gateway.client.create(document(product), AREA, way, fields).await;
    assert_eq!(data["success"], true, "{data}");
    text(&data["tid"])
}

async fn begin(gateway: &TestGateway, way: &str) -> String {
    let person = gateway.people(Product::Fund, AREA, 1).remove(0);
    begin_as(gateway, Product::Fund, way, &person).await
}

fn id_card(gateway: &TestGateway) -> String {
    text(&gateway.people(Product::Fund, AREA, 1)[0]["id_card"])
}

/// Waits until `msg` ends like this.
async fn said(gateway: &TestGateway, tid: &str, end: &str) -> Value {
    let mut changes = gateway.engine.changes();
    loop {
        changes.mark_unchanged();
        let data = gateway.client.result(FUND, tid).await;
        if text(&data["msg"]).ends_with(end) {
            return data;
        }
        let moved = tokio::time::timeout(Duration::from_secs(60), changes.changed()).await;
        assert!(moved.is_ok(), "nothing moves; the task is at {data}");
    }
}

async fn answers(gateway: &TestGateway, tid: &str, code: &str) -> i64 {
    gateway.client.user_code(FUND, tid, code).await
}

async fn ends_well(gateway: &TestGateway, tid: &str) {
    let data = gateway.wait_for(Product::Fund, tid, &["4", "5"]).await;
    assert_eq!(data["code"], "40001", "{data}");
    assert_eq!(gateway.is_captured(tid).await, Some(true));
    gateway.assert_nothing_is_left().await;
}

async fn p_52_a_slide_is_answered_by_the_number_under_its_gap(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let tid = begin(&gateway, "4").await;
    let data = said(&gateway, &tid, "：请输入缺口左边缘下方的数字").await;
    assert_eq!((&data["code"], data.get("challenge")), (&json!("10004"), None));
    assert!(text(&data["base64_image_bytes"]).starts_with("iVBORw0KGgo"));
    for bad in ["", "abc", "264", "-4", "12,3", "B3"] {
        assert_eq!(answers(&gateway, &tid, bad).await, -2, "{bad:?}");
    }
    assert_eq!(answers(&gateway, &tid, "10").await, 0, "accepted, and wrong");
    said(&gateway, &tid, "位置不符，请输入缺口左边缘下方的数字（第2次）").await;
    let gap = gateway.lab.last_puzzle().unwrap();
    assert_eq!(answers(&gateway, &tid, &gap).await, 0);
    ends_well(&gateway, &tid).await;
    // Three wrong ones.
    let tid = begin(&gateway, "4").await;
    for end in ["数字", "（第2次）", "（第3次）"] {
        said(&gateway, &tid, end).await;
        assert_eq!(answers(&gateway, &tid, "10").await, 0);
    }
    gateway.wait_for(Product::Fund, &tid, &["50009"]).await;
    gateway.assert_nothing_is_left().await;
}

async fn p_52_words_are_answered_by_cells_of_a_grid(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let tid = begin(&gateway, "5").await;
    said(&gateway, &tid, "请按顺序输入各字所在的格子，如 B3 F1").await;
    let cells = || -> String {
        let points = gateway.lab.last_puzzle().unwrap();
        let cell = |point: &str| {
            let (x, y) = point.split_once(',').unwrap();
            let [x, y] = [x, y].map(|at| at.parse::<u32>().unwrap() / 25);
            format!("{}{}", char::from_u32(u32::from('A') + x).unwrap(), y + 1)
        };
        points.split(';').map(cell).collect::<Vec<_>>().join(" ")
    };
    for bad in ["A1", "A1 B2 C3 D4", "A9 A1 A1", "Z1 A1 A1", "1 2 3"] {
        assert_eq!(answers(&gateway, &tid, bad).await, -2, "{bad:?}");
    }
    assert_eq!(answers(&gateway, &tid, "M7 M7 M7").await, 0, "accepted, and wrong");
    said(&gateway, &tid, "（第2次）").await;
    assert_eq!(answers(&gateway, &tid, &cells()).await, 0);
    ends_well(&gateway, &tid).await;
}

async fn p_52_a_choice_is_answered_by_its_number(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let tid = begin(&gateway, "7").await;
    said(&gateway, &tid, "：请输入所选项的序号").await;
    for bad in ["0", "3", "x"] {
        assert_eq!(answers(&gateway, &tid, bad).await, -2, "{bad:?}");
    }
    assert_eq!(answers(&gateway, &tid, "1").await, 0, "a closed account");
    said(&gateway, &tid, "选择无效，请输入所选项的序号（第2次）").await;
    assert_eq!(answers(&gateway, &tid, "２").await, 0);
    ends_well(&gateway, &tid).await;
}

async fn gateway(store: TestStore) -> (TestGateway, ManualClock) {
    let time = ManualClock::default();
    let mut plan = Plan { time: Arc::new(time.clone()), ..Plan::default() };
    plan.options.tick_every_ms = i64::MAX / 4;
    (TestGateway::build(store, plan).await, time)
}

/// Moves the clock by one look of a poll after another until `msg` ends like this.
async fn looked(gateway: &TestGateway, time: &ManualClock, tid: &str, end: &str) -> Value {
    let mut changes = gateway.engine.changes();
    for _ in 0..200 {
        changes.mark_unchanged();
        let data = gateway.client.result(FUND, tid).await;
        if text(&data["msg"]).contains(end) {
            return data;
        }
        time.advance(1_000);
        // Nothing changes at most looks.
        drop(tokio::time::timeout(Duration::from_millis(30), changes.changed()).await);
    }
    panic!("never {end}: {}", gateway.client.result(FUND, tid).await);
}

const SCAN: &str = "请用示范通扫描图中的二维码";

async fn p_52_a_scan_goes_on_when_the_portal_says_so(store: TestStore) {
    let (gateway, time) = gateway(store).await;
    let tid = begin(&gateway, "6").await;
    said(&gateway, &tid, SCAN).await;
    assert_eq!(answers(&gateway, &tid, "已扫描").await, 0, "changes nothing");
    assert_eq!(gateway.client.result(FUND, &tid).await["code"], "10004");
    assert!(gateway.lab.tap(&id_card(&gateway), "ok"));
    looked(&gateway, &time, &tid, "爬取结束").await;
    assert_eq!(answers(&gateway, &tid, "已扫描").await, -2, "late");
    ends_well(&gateway, &tid).await;
    // Refused on the phone, and scanned by somebody whom the portal does not know.
    for (who, act, code) in [("x", "no", "50001"), ("990102199001010007", "ok", "50004")] {
        let tid = begin(&gateway, "6").await;
        said(&gateway, &tid, SCAN).await;
        assert!(gateway.lab.tap(who, act));
        let data = looked(&gateway, &time, &tid, "登录失败").await;
        assert_eq!(data["code"], code, "{data}");
    }
    gateway.assert_nothing_is_left().await;
}

async fn p_52_a_scan_that_expires_is_shown_anew_three_times_in_all(store: TestStore) {
    let (gateway, time) = gateway(store).await;
    let again = |n| format!("二维码已失效，{SCAN}（第{n}次）");
    // The portal throws each code away.
    let tid = begin(&gateway, "6").await;
    let first = said(&gateway, &tid, SCAN).await;
    assert!(gateway.lab.tap("", "expire"));
    let second = looked(&gateway, &time, &tid, &again(2)).await;
    assert_ne!(first["base64_image_bytes"], second["base64_image_bytes"]);
    assert!(gateway.lab.tap("", "expire"));
    looked(&gateway, &time, &tid, &again(3)).await;
    assert!(gateway.lab.tap("", "expire"));
    let data = looked(&gateway, &time, &tid, "登录失败").await;
    assert_eq!(data["code"], "50009", "{data}");
    // Nobody ever scans.
    let tid = begin(&gateway, "6").await;
    said(&gateway, &tid, SCAN).await;
    for n in [2, 3] {
        time.advance(110_000);
        said(&gateway, &tid, &again(n)).await;
    }
    time.advance(110_000);
    gateway.wait_for(Product::Fund, &tid, &["50008"]).await;
    gateway.assert_nothing_is_left().await;
}

async fn p_52_a_confirmation_ends_on_the_phone(store: TestStore) {
    let (gateway, time) = gateway(store).await;
    let asked = "：请在示范通中确认";
    for (act, end, code) in [("ok", "爬取结束", "40001"), ("no", "登录失败", "50001")] {
        let tid = begin(&gateway, "8").await;
        let data = said(&gateway, &tid, asked).await;
        assert!(text(&data["base64_image_bytes"]).starts_with("iVBORw0KGgo"));
        assert!(gateway.lab.tap(&id_card(&gateway), act));
        let data = looked(&gateway, &time, &tid, end).await;
        assert_eq!(data["code"], code, "{data}");
    }
    let tid = begin(&gateway, "8").await;
    said(&gateway, &tid, asked).await;
    time.advance(110_000);
    gateway.wait_for(Product::Fund, &tid, &["50008"]).await;
    gateway.assert_nothing_is_left().await;
}

async fn p_53_a_question_is_answered_as_data(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    gateway.change_app(|app| app.wants_challenges = true).await;
    let seen = |data: &Value| {
        let picture = &data["challenge"]["pictures"][0];
        assert_eq!((&picture["role"], &picture["width"]), (&json!("background"), &json!(310)));
        read_picture(&text(&picture["data"]))
    };
    for (way, kind, shape) in [("4", "slide", "x"), ("5", "click", "points")] {
        let tid = begin(&gateway, way).await;
        let data = gateway.wait_for(Product::Fund, &tid, &["10004"]).await;
        let challenge = &data["challenge"];
        assert_eq!(
            (&challenge["kind"], &challenge["answer"]["type"]),
            (&json!(kind), &json!(shape))
        );
        assert_eq!(answers(&gateway, &tid, "B3 F1 C2").await, -2, "it is no person");
        assert_eq!(answers(&gateway, &tid, &seen(&data)).await, 0);
        ends_well(&gateway, &tid).await;
    }
    let tid = begin(&gateway, "7").await;
    let data = gateway.wait_for(Product::Fund, &tid, &["10004"]).await;
    let value = text(&data["challenge"]["choices"][1]["value"]);
    assert_eq!(value, gateway.lab.last_puzzle().unwrap());
    assert_eq!(answers(&gateway, &tid, &value).await, 0);
    ends_well(&gateway, &tid).await;
    // A captcha and an SMS code stay what they are.
    let person = gateway.people(Product::Fund, AREA, 1).remove(0);
    let tid = gateway.create(Product::Fund, AREA, &person, "both").await;
    let data = gateway.wait_for(Product::Fund, &tid, &["10004"]).await;
    assert_eq!(data["challenge"]["answer"], json!({"type": "text", "max": 32}), "{data}");
    gateway.finish(Product::Fund, &tid, &text(&person["id_card"])).await;
    ends_well(&gateway, &tid).await;
}

async fn p_42_a_question_is_open_no_longer_than_its_portal_waits(store: TestStore) {
    let (gateway, time) = gateway(store).await;
    let tid = begin(&gateway, "4").await;
    said(&gateway, &tid, "数字").await;
    time.advance(100_000 - 1);
    assert_eq!(gateway.client.result(FUND, &tid).await["code"], "10004");
    time.advance(1);
    gateway.wait_for(Product::Fund, &tid, &["50008"]).await;
    assert_eq!(answers(&gateway, &tid, "100").await, -2, "late");
    gateway.assert_nothing_is_left().await;
}

async fn p_32_logins_without_fields_are_never_twins(store: TestStore) {
    let (gateway, time) = gateway(store).await;
    let one = begin(&gateway, "6").await;
    said(&gateway, &one, SCAN).await;
    let other = begin(&gateway, "6").await;
    assert_ne!(one, other, "two people may scan at once");
    said(&gateway, &other, SCAN).await;
    assert!(gateway.lab.tap(&id_card(&gateway), "ok"));
    looked(&gateway, &time, &other, "爬取结束").await;
    assert_eq!(gateway.client.result(FUND, &one).await["code"], "10004", "nobody scanned that");
}

async fn a_question_whose_node_ends_fails_with_50002(store: TestStore) {
    let mut plan = Plan::default();
    plan.options.shutdown_for_ms = 100;
    let gateway = TestGateway::build(store, plan).await;
    let tids = [begin(&gateway, "4").await, begin(&gateway, "6").await];
    for tid in &tids {
        gateway.wait_for(Product::Fund, tid, &["10004"]).await;
    }
    let other = gateway.second_node().await;
    gateway.engine.stop().await;
    let client = TestGateway::router_of(&other).await;
    for tid in &tids {
        let data = client.wait_for_end(FUND, tid).await;
        assert_eq!(data["code"], "50002", "{data}");
    }
}
