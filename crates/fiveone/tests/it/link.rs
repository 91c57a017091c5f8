//! The person's page as a browser uses it, over HTTP, on both databases; the browser itself is tested in
//! `browser/`.

mod again;
mod browser;
mod ends;
mod look;
mod refresh;
mod result;
mod several;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fiveone_engine::seal::seal_as_page;
use fiveone_engine::{LinkRefusal, LinkRequest, Look};
use fiveone_model::app::{AppId, CallbackAddress, Grant};
use fiveone_model::area::AreaCode;
use fiveone_model::login::Credentials;
use fiveone_model::product::Product;
use fiveone_model::retention::LINK_KEPT_FOR_MS;
use fiveone_testkit::{ManualClock, TestStore, on_both};
use reqwest::StatusCode;

use self::browser::{Browser, seal_answer};
use crate::gateway::{APP, Plan, TestGateway, text};
use crate::vendor_client::FUND;

on_both!(
    a_result_is_its_persons_until_it_is_handed_over,
    what_is_declined_is_erased_and_never_shown,
    what_nobody_hands_over_goes_with_its_link,
    whichever_node_gets_it_opens_what_a_page_sealed,
    a_wrong_password_costs_the_app_nothing_and_is_tried_again,
    two_presses_are_one_task,
    the_same_login_on_two_links_is_two_tasks,
    stopping_in_the_middle_costs_nothing_and_opens_nothing,
    a_late_answer_goes_to_no_other_question,
    a_link_that_nobody_agreed_to_is_told_of_for_a_day,
);

fn request(for_ms: i64) -> LinkRequest {
    LinkRequest {
        products: vec![Product::Fund],
        area: AreaCode::parse("990000"),
        purpose: "贷款审核".to_owned(),
        state: "s".to_owned(),
        return_url: None,
        for_ms,
        mode: fiveone_model::api_key::KeyMode::Live,
        look: Look::default(),
        prefill: Credentials::default(),
    }
}

async fn link(gateway: &TestGateway, for_ms: i64) -> Browser {
    let entry = gateway.engine.accounts().find(&app_id()).await.unwrap().unwrap();
    let made = gateway.engine.links().create(&entry, request(for_ms)).await.unwrap();
    Browser::open(&gateway.address, &made.unwrap())
}

/// A browser whose person has agreed and sent the login fields; and who that is.
async fn begun(gateway: &TestGateway, for_ms: i64, password: &str) -> (Browser, serde_json::Value) {
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let mut browser = link(gateway, for_ms).await;
    browser.consent().await;
    browser.log_in(&person, password).await;
    (browser, person)
}

fn app_id() -> AppId {
    AppId::parse(APP).unwrap()
}

/// The tid of the only task of the gateway.
async fn only_task(gateway: &TestGateway) -> String {
    let tids = gateway.store.read.dump("select id from task").await.unwrap();
    assert_eq!(tids.len(), 1, "{tids:?}");
    tids[0].clone()
}

async fn called_back(gateway: &TestGateway) -> usize {
    let sql = "select id from callback";
    gateway.store.read.dump(sql).await.unwrap().len()
}

/// What a poll says of a task that is not there for an app.
async fn assert_is_not_there(gateway: &TestGateway, tid: &str) {
    let answer = gateway.client.call("getFundB", &[("tid", tid)]).await.data();
    assert_eq!(answer["code"], "-2", "{answer}");
}

async fn a_result_is_its_persons_until_it_is_handed_over(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let url = format!("{}/callbacks/link", gateway.lab.base());
    gateway.change_app(|app| app.callbacks.fund = Some(CallbackAddress { url })).await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let mut browser = link(&gateway, 600_000).await;
    browser.read(&person).await;

    let tid = only_task(&gateway).await;
    assert_is_not_there(&gateway, &tid).await;
    assert_eq!(gateway.client.user_code(FUND, &tid, "1").await, -2);
    assert_eq!(called_back(&gateway).await, 0);

    let (_, page) = browser.post("hand-over", &[]).await;
    assert!(page.contains("已移交") && page.contains(&tid), "{page}");
    let data = gateway.client.result(FUND, &tid).await;
    assert_eq!(data["code"], "40001");
    assert_eq!(called_back(&gateway).await, 1);
    let (_, page) = browser.post("decline", &[]).await;
    assert!(page.contains("已移交"), "what is handed over cannot be taken back here");
    assert_eq!(gateway.is_captured(&tid).await, Some(true));
}

async fn what_is_declined_is_erased_and_never_shown(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let mut browser = link(&gateway, 600_000).await;
    browser.read(&person).await;
    let (_, page) = browser.post("decline", &[]).await;
    assert!(page.contains("已删除"), "{page}");
    assert_is_not_there(&gateway, &only_task(&gateway).await).await;
    assert_eq!(gateway.store.read.dump("select name from section").await.unwrap().len(), 0);
    let (_, page) = browser.post("hand-over", &[]).await;
    assert!(page.contains("已删除"), "{page}");
}

async fn what_nobody_hands_over_goes_with_its_link(store: TestStore) {
    let time = ManualClock::default();
    let plan = Plan { time: Arc::new(time.clone()), ..Plan::default() };
    let gateway = TestGateway::build(store, plan).await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let mut browser = link(&gateway, 60_000).await;
    browser.read(&person).await;
    time.advance(60_000);
    let (_, page) = browser.get("").await;
    assert!(page.contains("链接已过期"), "{page}");
    let (_, page) = browser.post("hand-over", &[]).await;
    assert!(page.contains("链接已过期"), "{page}");
    // The gateway's own sweep may be at it, and ours passes over what that one has locked.
    let left = async || gateway.store.read.dump("select name from section").await.unwrap().len();
    for _ in 0..200 {
        if left().await == 0 {
            break;
        }
        gateway.engine.tick().await.unwrap();
    }
    assert_eq!(left().await, 0);
    assert_is_not_there(&gateway, &only_task(&gateway).await).await;
}

async fn whichever_node_gets_it_opens_what_a_page_sealed(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let other = gateway.second_node().await;
    let (mine, its) = (gateway.engine.link_pages().key(), other.link_pages().key());
    assert_ne!(mine, its, "it has not been handed the key yet");
    for engine in [&gateway.engine, &other, &gateway.engine] {
        engine.tick().await.unwrap();
    }
    other.tick().await.unwrap();
    assert_eq!(gateway.engine.link_pages().key(), other.link_pages().key());

    // A page that sealed to a key that is no more gets the new one.
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let mut browser = link(&gateway, 600_000).await;
    browser.consent().await;
    let stale = STANDARD.encode(seal_as_page(&its, b"x\0y\0", "link:x").unwrap());
    let fields = [("area", "990000"), ("way", "1"), ("sealed", stale.as_str())];
    let (status, _) = browser.post("begin", &fields).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let there = TestGateway::router_of(&other).await;
    browser.address = browser.address.replace(&gateway.address, there.host());
    browser.log_in(&person, "good").await;
    browser.answer_captcha().await;
    browser.wait_for(&["这是读到的内容"]).await;
    other.stop().await;
}

async fn a_wrong_password_costs_the_app_nothing_and_is_tried_again(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let (mut browser, person) = begun(&gateway, 600_000, "wrong").await;
    browser.answer_captcha().await;
    browser.wait_for(&["role=\"alert\""]).await;
    assert_eq!(gateway.is_captured(&only_task(&gateway).await).await, Some(false));
    browser.log_in(&person, "good").await;
    browser.answer_captcha().await;
    browser.wait_for(&["这是读到的内容"]).await;
    gateway.assert_nothing_is_left().await;
}

async fn two_presses_are_one_task(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let mut browser = link(&gateway, 600_000).await;
    browser.consent().await;
    let mut tab = browser.clone();
    // Both forms are filled before either is sent: behind the first there is no form any more.
    let typed = browser.type_login(&person, "good").await;
    let typed_too = tab.type_login(&person, "good").await;
    tokio::join!(browser.send_login("begin", &typed), tab.send_login("begin", &typed_too));
    browser.answer_captcha().await;
    tab.wait_for(&["这是读到的内容"]).await;
    let (_, page) = tab.post("hand-over", &[]).await;
    assert!(page.contains(&only_task(&gateway).await), "{page}");
}

async fn the_same_login_on_two_links_is_two_tasks(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let (mut victim, mut thief) = (link(&gateway, 600_000).await, link(&gateway, 600_000).await);
    for browser in [&mut victim, &mut thief] {
        browser.consent().await;
        browser.log_in(&person, "good").await;
    }
    let tids = gateway.store.read.dump("select id from task").await.unwrap();
    assert_eq!(tids.len(), 2, "{tids:?}");
    victim.answer_captcha().await;
    victim.wait_for(&["这是读到的内容"]).await;
    let (_, page) = thief.get("").await;
    assert!(page.contains("请输入图中的验证码"), "it has a question of its own: {page}");
    let (_, page) = thief.post("decline", &[]).await;
    assert!(page.contains("已删除"), "{page}");
    let (_, page) = victim.post("hand-over", &[]).await;
    assert!(page.contains("已移交"), "{page}");
}

async fn stopping_in_the_middle_costs_nothing_and_opens_nothing(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let (mut browser, _) = begun(&gateway, 600_000, "good").await;
    browser.wait_for(&["data:image/png;base64,"]).await;
    let (_, page) = browser.get("").await;
    browser.post("decline", &[]).await;
    assert_eq!(gateway.is_captured(&only_task(&gateway).await).await, Some(false));
    let (_, said) = browser.post("answer", &[("sealed", &seal_answer(&page, "abcd"))]).await;
    assert!(said.contains("已删除"), "{said}");
    gateway.assert_nothing_is_left().await;
}

async fn a_late_answer_goes_to_no_other_question(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let (mut browser, person) = begun(&gateway, 600_000, "both").await;
    browser.wait_for(&["data:image/png;base64,"]).await;
    let (_, before) = browser.get("").await;
    browser.answer_captcha().await;
    browser.wait_for(&["请输入短信验证码"]).await;
    let late = seal_answer(&before, "9999");
    let (_, page) = browser.post("answer", &[("sealed", &late)]).await;
    assert!(page.contains("请输入短信验证码") && !page.contains("上一次不对"), "{page}");
    let sms = gateway.last_sms(&text(&person["login"]["id_card"])).await;
    browser.post("answer", &[("sealed", &seal_answer(&page, &sms))]).await;
    browser.wait_for(&["这是读到的内容"]).await;
}

async fn a_link_that_nobody_agreed_to_is_told_of_for_a_day(store: TestStore) {
    let time = ManualClock::default();
    let plan = Plan { time: Arc::new(time.clone()), ..Plan::default() };
    let gateway = TestGateway::build(store, plan).await;
    let browser = link(&gateway, 60_000).await;
    time.advance(60_000);
    gateway.engine.tick().await.unwrap();
    assert!(browser.get("").await.1.contains("链接已过期"));
    time.advance(LINK_KEPT_FOR_MS + 1);
    gateway.engine.tick().await.unwrap();
    assert_eq!(browser.get("").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_no_page_sends_is_answered_by_ours() {
    let gateway = TestGateway::sqlite().await;
    let browser = link(&gateway, 600_000).await;
    let http = reqwest::Client::new();
    for (method, what, status) in [
        ("GET", "?way=abc", StatusCode::BAD_REQUEST),
        ("GET", "?lang=en&lang=zh", StatusCode::BAD_REQUEST),
        ("GET", "/consent", StatusCode::METHOD_NOT_ALLOWED),
        ("PUT", "", StatusCode::METHOD_NOT_ALLOWED),
        ("POST", "/begin", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("GET", "/nothing", StatusCode::NOT_FOUND),
    ] {
        let url = format!("{}{what}", browser.address);
        let request = http.request(method.parse().unwrap(), url).header("hx-request", "true");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{method} {what}");
        assert!(response.headers().contains_key("content-security-policy"), "{method} {what}");
        assert_eq!(response.headers()["cache-control"], "no-store", "{method} {what}");
    }
}

#[tokio::test]
async fn an_app_that_is_paused_gets_nothing_by_an_old_link() {
    let gateway = TestGateway::sqlite().await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let mut browser = link(&gateway, 600_000).await;
    browser.consent().await;
    gateway.change_app(|app| *app.grants.get_mut(Product::Fund) = Some(Grant::Paused)).await;
    let page = browser.log_in(&person, "good").await;
    assert!(page.contains("应用暂时无法使用本服务"), "{page}");
    assert_eq!(gateway.store.read.dump("select id from task").await.unwrap().len(), 0);
}

#[tokio::test]
async fn whoever_has_the_address_alone_is_told_nothing_of_the_end() {
    let gateway = TestGateway::sqlite().await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let entry = gateway.engine.accounts().find(&app_id()).await.unwrap().unwrap();
    let back = "https://app.example/back";
    gateway.engine.links().set_return_url(&app_id(), back, true).await.unwrap();
    let wanted = LinkRequest {
        return_url: Some(back.to_owned()),
        state: "S-secret".to_owned(),
        ..request(600_000)
    };
    let made = gateway.engine.links().create(&entry, wanted).await.unwrap().unwrap();
    let mut browser = Browser::open(&gateway.address, &made);
    let stranger = Browser::open(&gateway.address, &made);
    let is_told = |page: &str| page.contains("S-secret") || page.contains("app.example");
    browser.read(&person).await;
    let (_, page) = stranger.get("").await;
    assert!(page.contains("已在别处打开") && !is_told(&page), "{page}");

    // Who hands it over pays for it: until then nobody gives the money back.
    let tid = only_task(&gateway).await;
    let id = fiveone_model::task::TaskId::parse(&tid).unwrap();
    assert!(!gateway.store.write.refund(&id, "early", 0).await.unwrap());
    let (_, page) = browser.post("hand-over", &[]).await;
    assert!(page.contains("已移交") && is_told(&page), "{page}");
    assert_eq!(gateway.is_captured(&tid).await, Some(true));
    assert!(gateway.store.write.refund(&id, "late", 0).await.unwrap());
    let (_, page) = stranger.get("").await;
    assert!(page.contains("已在别处打开") && !is_told(&page) && !page.contains(&tid), "{page}");
}

#[tokio::test]
async fn who_may_not_is_refused() {
    let gateway = TestGateway::sqlite().await;
    let mut browser = link(&gateway, 600_000).await;
    browser.consent().await;
    let mut stranger = Browser {
        http: reqwest::Client::new(),
        address: browser.address.clone(),
        cookie: "fiveone_link=abc".to_owned(),
    };
    let (_, page) = stranger.get("").await;
    assert!(page.contains("已在别处打开"), "{page}");
    for what in ["consent", "begin", "answer", "hand-over", "decline"] {
        let (status, _) = stranger.post(what, &[("sealed", "x")]).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{what}");
    }
    let plain = reqwest::Client::new().post(format!("{}/decline", browser.address));
    let foreign = plain.header("cookie", &browser.cookie).send().await.unwrap();
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN, "a form of another site");
    let entry = gateway.engine.accounts().find(&app_id()).await.unwrap().unwrap();
    let refused = async |request: LinkRequest| {
        gateway.engine.links().create(&entry, request).await.unwrap().err()
    };
    let elsewhere = Some("https://evil.example/".to_owned());
    let request = || request(600_000);
    for (made, why) in [
        (LinkRequest { return_url: elsewhere, ..request() }, LinkRefusal::ReturnUrl),
        (LinkRequest { for_ms: 1, ..request() }, LinkRefusal::Lasts),
        (LinkRequest { state: "x".repeat(201), ..request() }, LinkRefusal::Words),
        (LinkRequest { purpose: "a\nb".to_owned(), ..request() }, LinkRefusal::Words),
        (LinkRequest { purpose: "a\u{202e}b".to_owned(), ..request() }, LinkRefusal::Words),
        (LinkRequest { state: "a\u{2028}b".to_owned(), ..request() }, LinkRefusal::Words),
    ] {
        assert_eq!(refused(made).await, Some(why));
    }
}
