//! P-42: every time has an end. The clock is moved by hand.

use std::sync::Arc;

use fiveone_model::product::Product;
use fiveone_testkit::{ManualClock, TestStore, on_both};

use crate::gateway::{Plan, TestGateway, text};
use crate::vendor_client::FUND;

on_both!(
    p_42_a_captcha_nobody_answers_ends_in_50008,
    p_42_an_sms_code_nobody_types_ends_in_50008,
    p_42_a_result_is_gone_after_seven_days_with_status_3,
    p_42_a_task_ends_at_its_deadline,
    a_task_that_cannot_be_read_fails_at_its_deadline_and_releases,
    a_task_whose_node_is_silent_fails_with_50002_and_releases,
);

const MINUTE: i64 = 60_000;

async fn gateway(store: TestStore) -> (TestGateway, ManualClock) {
    let time = ManualClock::default();
    let mut plan = Plan { time: Arc::new(time.clone()), ..Plan::default() };
    // The node itself only ticks when a test says so.
    plan.options.tick_every_ms = i64::MAX / 4;
    (TestGateway::build(store, plan).await, time)
}

async fn asked(gateway: &TestGateway, password: &str, code: &str) -> String {
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let tid = gateway.create(Product::Fund, "990000", &person, password).await;
    if code == "10003" {
        let data = gateway.wait_for(Product::Fund, &tid, &["10003", "10004"]).await;
        if data["code"] == "10004" {
            let picture = crate::gateway::read_picture(&text(&data["base64_image_bytes"]));
            assert_eq!(gateway.client.user_code(FUND, &tid, &picture).await, 0);
        }
    }
    gateway.wait_for(Product::Fund, &tid, &[code]).await;
    tid
}

async fn p_42_a_captcha_nobody_answers_ends_in_50008(store: TestStore) {
    let (gateway, time) = gateway(store).await;
    let tid = asked(&gateway, "good", "10004").await;
    time.advance(2 * MINUTE - 1);
    assert_eq!(gateway.client.result(FUND, &tid).await["code"], "10004");
    time.advance(1);
    let data = gateway.wait_for(Product::Fund, &tid, &["50008"]).await;
    assert_eq!(data["msg"], "登录失败,等待用户输入超时：未在规定时间内输入验证码");
    assert_eq!(gateway.client.user_code(FUND, &tid, "late").await, -2);
    assert_eq!(gateway.is_captured(&tid).await, Some(false));
    gateway.assert_nothing_is_left().await;
}

async fn p_42_an_sms_code_nobody_types_ends_in_50008(store: TestStore) {
    let (gateway, time) = gateway(store).await;
    let tid = asked(&gateway, "sms", "10003").await;
    time.advance(3 * MINUTE - 1);
    assert_eq!(gateway.client.result(FUND, &tid).await["code"], "10003");
    time.advance(1);
    gateway.wait_for(Product::Fund, &tid, &["50008"]).await;
    gateway.assert_nothing_is_left().await;
}

async fn p_42_a_result_is_gone_after_seven_days_with_status_3(store: TestStore) {
    let (gateway, time) = gateway(store).await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let tid = gateway.create(Product::Fund, "990000", &person, "good").await;
    let data = gateway.finish(Product::Fund, &tid, &text(&person["id_card"])).await;
    assert_eq!(data["code"], "40001", "{data}");
    time.advance(7 * 24 * 60 * MINUTE);
    gateway.engine.tick().await.unwrap();
    // Another poll of the same node may still be answered from memory for a moment; another node
    // has nothing.
    let other = TestGateway::router_of(&gateway.engine).await;
    let answer = other.call("getFundB", &[("tid", &tid)]).await;
    assert_eq!((answer.status, answer.data), (3, None));
    gateway.assert_nothing_is_left().await;
}

async fn p_42_a_task_ends_at_its_deadline(store: TestStore) {
    let time = ManualClock::default();
    let mut plan = Plan { time: Arc::new(time.clone()), ..Plan::default() };
    plan.options.tick_every_ms = i64::MAX / 4;
    // Nothing is ever claimed, so nothing but the deadline can end it.
    plan.options.running_max = 0;
    let gateway = TestGateway::build(store, plan).await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let tid = gateway.create(Product::Fund, "990000", &person, "good").await;
    time.advance(15 * MINUTE - 1);
    gateway.engine.tick().await.unwrap();
    assert_eq!(gateway.client.result(FUND, &tid).await["code"], "10001");
    time.advance(1);
    gateway.engine.tick().await.unwrap();
    let data = gateway.client.result(FUND, &tid).await;
    assert_eq!(
        (&data["code"], &data["msg"]),
        (&"50002".into(), &"爬取失败：任务超过最长处理时间".into())
    );
    assert_eq!(gateway.is_captured(&tid).await, Some(false));
    gateway.assert_nothing_is_left().await;
}

async fn a_task_whose_node_is_silent_fails_with_50002_and_releases(store: TestStore) {
    let (gateway, time) = gateway(store).await;
    let tid = asked(&gateway, "good", "10004").await;
    let second = gateway.second_node().await;
    // The second node looks on while the first is silent for a lease.
    for _ in 0..2 {
        time.advance(5_000);
        second.tick().await.unwrap();
    }
    let data = gateway.wait_for(Product::Fund, &tid, &["50002"]).await;
    assert_eq!(data["msg"], "爬取失败：处理节点已停止，登录信息未被保存，请重新提交");
    assert_eq!(gateway.is_captured(&tid).await, Some(false));
    gateway.assert_nothing_is_left().await;
}

async fn a_task_that_cannot_be_read_fails_at_its_deadline_and_releases(store: TestStore) {
    let time = ManualClock::default();
    let mut plan = Plan { time: Arc::new(time.clone()), ..Plan::default() };
    plan.options.tick_every_ms = i64::MAX / 4;
    plan.options.running_max = 0;
    let gateway = TestGateway::build(store, plan).await;
    let people = gateway.people(Product::Fund, "990000", 2);
    let bad = gateway.create(Product::Fund, "990000", &people[0], "good").await;
    let good = gateway.create(Product::Fund, "990000", &people[1], "good").await;
    gateway.store.execute(&format!("update task set area = '?' where id = '{bad}'")).await;
    time.advance(15 * MINUTE);
    gateway.engine.tick().await.unwrap();
    for tid in [bad, good] {
        assert_eq!(gateway.is_captured(&tid).await, Some(false), "{tid}");
    }
    gateway.assert_nothing_is_left().await;
}
