//! Another picture and another SMS, from the page.

use std::sync::Arc;

use fiveone_testkit::{ManualClock, TestStore, on_both};
use reqwest::StatusCode;

use super::begun;
use super::browser::{Browser, attribute, seal_answer};
use crate::gateway::{Plan, TestGateway, text};

on_both!(another_picture_is_no_other_try, another_sms_comes_after_a_while_and_no_sooner,);

/// Presses the button of the question that is shown; what the page says.
async fn refresh(browser: &mut Browser) -> String {
    let (_, page) = browser.get("").await;
    let question = attribute(&page, "data-question").to_owned();
    browser.post(&format!("refresh?question={question}"), &[]).await.1
}

async fn another_picture_is_no_other_try(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let (mut browser, _) = begun(&gateway, 600_000, "good").await;
    browser.wait_for(&["data:image/png;base64,"]).await;
    assert_eq!(browser.post("refresh", &[]).await.0, StatusCode::BAD_REQUEST);
    for _ in 0..5 {
        let (_, before) = browser.get("").await;
        assert!(before.contains("看不清？换一张"), "{before}");
        refresh(&mut browser).await;
        let question = attribute(&before, "data-question");
        let other = format!("data-question=\"{}\"", question.parse::<u64>().unwrap() + 1);
        let after = browser.wait_for(&[&other]).await;
        assert!(!after.contains("上一次不对"), "{after}");
        let picture = |page: &str| page.split("base64,").nth(1).unwrap()[..200].to_owned();
        assert_ne!(picture(&before), picture(&browser.get("").await.1));
    }
    let (_, page) = browser.get("").await;
    assert!(!page.contains("看不清？换一张"), "portals give no more: {page}");
    browser.answer_captcha().await;
    browser.wait_for(&["这是读到的内容"]).await;
}

async fn another_sms_comes_after_a_while_and_no_sooner(store: TestStore) {
    let time = ManualClock::default();
    let plan = Plan { time: Arc::new(time.clone()), ..Plan::default() };
    let gateway = TestGateway::build(store, plan).await;
    let (mut browser, person) = begun(&gateway, 600_000, "sms").await;
    let number = text(&person["login"]["id_card"]);
    browser.answer_captcha().await;
    browser.wait_for(&["请输入短信验证码"]).await;
    let first = gateway.last_sms(&number).await;
    time.advance(20_000);
    let page = refresh(&mut browser).await;
    assert!(page.contains("还要等 40 秒") && page.contains("data-answer"), "{page}");
    time.advance(40_000);
    let before = attribute(&page, "data-question").parse::<u64>().unwrap();
    refresh(&mut browser).await;
    browser.wait_for(&[&format!("data-question=\"{}\"", before + 1)]).await;
    let sms = gateway.last_sms(&number).await;
    assert_ne!(sms, first);
    let (_, page) = browser.get("").await;
    browser.post("answer", &[("sealed", &seal_answer(&page, &sms))]).await;
    browser.wait_for(&["这是读到的内容"]).await;
}
