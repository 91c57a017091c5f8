//! How a link ends with nothing handed over: whatever is under way stops at once, and nothing is paid.

use std::sync::Arc;

use fiveone_engine::Engine;
use fiveone_model::link::{Exit, ExitReason, ExitStage};
use fiveone_model::product::Product;
use fiveone_testkit::{ManualClock, TestStore, on_both};

use super::browser::Browser;
use super::{app_id, assert_is_not_there, begun, link, only_task};
use crate::gateway::{MONEY, Plan, TestGateway};

on_both!(
    stopping_while_it_is_read_ends_it_at_once_and_costs_nothing,
    what_was_read_and_not_given_is_paid_back,
    a_link_whose_time_is_over_stops_what_is_under_way,
    a_result_that_nobody_hands_over_in_time_is_paid_back,
    leaving_at_a_failure_ends_the_link,
    of_two_logins_at_once_one_goes_on_and_holds_money,
);

/// What the books say of the gateway's tasks, and that they are clean.
pub(super) async fn kinds(gateway: &TestGateway) -> Vec<&'static str> {
    let report = gateway.store.read.verify_ledger(&[]).await.unwrap();
    assert_eq!(report.findings, []);
    let mut entries = gateway.store.read.entries(&app_id(), 100).await.unwrap();
    entries.reverse();
    entries.iter().skip(1).map(|entry| entry.kind.as_str()).collect()
}

pub(super) async fn free(gateway: &TestGateway) -> i64 {
    gateway.store.read.balance(&app_id()).await.unwrap().unwrap().free_fen
}

/// How the only link ended.
async fn exit(gateway: &TestGateway, browser: &Browser) -> Option<Exit> {
    let token = browser.address.rsplit('/').next().unwrap();
    gateway.engine.links().of_token(token).await.unwrap().unwrap().exit
}

/// Sweeps until it has swept: the gateway's own sweep may be at it, and ours passes over what that one has
/// locked.
pub(super) async fn sweep(engine: &Engine, is_swept: impl AsyncFn() -> bool) {
    for _ in 0..200 {
        if is_swept().await {
            return;
        }
        engine.tick().await.unwrap();
    }
    panic!("200 sweeps did not do it");
}

async fn stopping_while_it_is_read_ends_it_at_once_and_costs_nothing(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let (mut browser, _) = begun(&gateway, 600_000, "endless").await;
    browser.answer_captcha().await;
    browser.wait_for(&["class=\"done\""]).await;
    let (_, page) = browser.post("decline", &[]).await;
    assert!(page.contains("已删除") && page.contains("erasure_"), "{page}");
    assert_eq!((kinds(&gateway).await, free(&gateway).await), (vec!["hold", "release"], MONEY));
    gateway.assert_nothing_is_left().await;
    assert_eq!(gateway.store.read.dump("select name from section").await.unwrap().len(), 0);
    assert_is_not_there(&gateway, &only_task(&gateway).await).await;
    let expected = Exit { stage: ExitStage::Reading, reason: ExitReason::Stopped };
    assert_eq!(exit(&gateway, &browser).await, Some(expected));
}

async fn what_was_read_and_not_given_is_paid_back(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let mut browser = link(&gateway, 600_000).await;
    browser.read(&person).await;
    assert_eq!(kinds(&gateway).await, ["hold", "capture"]);
    for _ in 0..2 {
        let (_, page) = browser.post("decline", &[]).await;
        assert!(page.contains("已删除") && page.contains("erasure_"), "{page}");
        let told = (kinds(&gateway).await, free(&gateway).await);
        assert_eq!(told, (vec!["hold", "capture", "refund"], MONEY));
    }
    let expected = Exit { stage: ExitStage::Result, reason: ExitReason::Declined };
    assert_eq!(exit(&gateway, &browser).await, Some(expected));
}

async fn a_link_whose_time_is_over_stops_what_is_under_way(store: TestStore) {
    let time = ManualClock::default();
    let plan = Plan { time: Arc::new(time.clone()), ..Plan::default() };
    let gateway = TestGateway::build(store, plan).await;
    let (browser, _) = begun(&gateway, 60_000, "good").await;
    browser.wait_for(&["data:image/png;base64,"]).await;
    time.advance(60_000);
    // The picture would have waited for a minute more.
    sweep(&gateway.engine, async || free(&gateway).await == MONEY).await;
    assert_eq!(kinds(&gateway).await, ["hold", "release"]);
    gateway.assert_nothing_is_left().await;
    assert!(browser.get("").await.1.contains("链接已过期"));
    let expected = Exit { stage: ExitStage::Question, reason: ExitReason::Expired };
    assert_eq!(exit(&gateway, &browser).await, Some(expected));
}

async fn a_result_that_nobody_hands_over_in_time_is_paid_back(store: TestStore) {
    let time = ManualClock::default();
    let plan = Plan { time: Arc::new(time.clone()), ..Plan::default() };
    let gateway = TestGateway::build(store, plan).await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let mut browser = link(&gateway, 60_000).await;
    browser.read(&person).await;
    time.advance(60_000);
    sweep(&gateway.engine, async || free(&gateway).await == MONEY).await;
    assert_eq!(kinds(&gateway).await, ["hold", "capture", "refund"]);
    let expected = Exit { stage: ExitStage::Result, reason: ExitReason::Expired };
    assert_eq!(exit(&gateway, &browser).await, Some(expected));
}

async fn leaving_at_a_failure_ends_the_link(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let (mut browser, _) = begun(&gateway, 600_000, "maintenance").await;
    browser.answer_captcha().await;
    browser.wait_for(&["没有成功"]).await;
    let (_, page) = browser.post("decline", &[]).await;
    assert!(page.contains("已删除"), "{page}");
    let expected = Exit { stage: ExitStage::Failed, reason: ExitReason::Stopped };
    assert_eq!(exit(&gateway, &browser).await, Some(expected));
    assert_eq!(free(&gateway).await, MONEY);
}

async fn of_two_logins_at_once_one_goes_on_and_holds_money(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let people = gateway.people(Product::Fund, "990000", 2);
    let mut browser = link(&gateway, 600_000).await;
    browser.consent().await;
    let mut tab = browser.clone();
    tokio::join!(browser.log_in(&people[0], "good"), tab.log_in(&people[1], "good"));
    let open = "select id from hold, task where id = task_id and state = 'open'";
    assert_eq!(gateway.store.read.dump(open).await.unwrap().len(), 1, "the other is free again");
    browser.answer_captcha().await;
    tab.wait_for(&["这是读到的内容"]).await;
    let (_, page) = tab.post("hand-over", &[]).await;
    assert!(page.contains("已移交"), "{page}");
    let captures = kinds(&gateway).await.into_iter().filter(|kind| *kind == "capture").count();
    assert_eq!(captures, 1);
}
