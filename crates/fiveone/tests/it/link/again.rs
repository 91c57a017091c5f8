//! Reading the rest of what was read in part: by the same link, and paid once.

use fiveone_model::product::Product;
use fiveone_testkit::{TestStore, on_both};
use serde_json::Value;

use super::browser::Browser;
use super::ends::{free, kinds};
use super::link;
use crate::gateway::{MONEY, Plan, TestGateway, text};
use crate::vendor_client::FUND;

on_both!(
    what_is_missing_is_read_again_and_paid_once,
    a_second_login_that_fails_leaves_what_was_read,
    another_persons_login_gets_nothing_of_the_first,
    stopping_while_the_rest_is_read_leaves_nothing,
    a_link_begins_only_so_many_tasks,
);

/// A link whose person has read a part.
async fn part(gateway: &TestGateway) -> (Browser, Vec<Value>) {
    let people = gateway.people(Product::Fund, "990000", 2);
    let mut browser = link(gateway, 600_000).await;
    browser.consent().await;
    browser.log_in(&people[0], "partial").await;
    browser.answer_captcha().await;
    browser.wait_for(&["读到了一部分"]).await;
    (browser, people)
}

async fn again(browser: &mut Browser, person: &Value, password: &str) {
    let (_, form) = browser.get("/form?again=1").await;
    assert!(form.contains("只重读没有读到的部分") && form.contains("贷款信息"), "{form}");
    assert!(form.contains("name=\"again\""), "{form}");
    browser.log_in_again(person, password, &form).await;
}

async fn a_link_begins_only_so_many_tasks(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let (mut browser, people) = part(&gateway).await;
    let tasks = async || gateway.store.read.dump("select id from task").await.unwrap().len();
    for number in 2..=10 {
        again(&mut browser, &people[0], "partial").await;
        assert_eq!(tasks().await, number);
        browser.answer_captcha().await;
        browser.wait_for(&["读到了一部分"]).await;
    }
    again(&mut browser, &people[0], "partial").await;
    assert_eq!(tasks().await, 10);
    let (_, page) = browser.post("hand-over", &[]).await;
    assert!(page.contains("已移交"), "what was read is still there: {page}");
}

/// The sections of all tasks: which, and when they were read.
async fn sections(gateway: &TestGateway) -> Vec<String> {
    let sql = "select name || ' ' || stored_at from section order by name";
    gateway.store.read.dump(sql).await.unwrap()
}

async fn what_is_missing_is_read_again_and_paid_once(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let (mut browser, people) = part(&gateway).await;
    let before = sections(&gateway).await;
    assert_eq!(before.len(), 2, "{before:?}");
    again(&mut browser, &people[0], "good").await;
    browser.answer_captcha().await;
    browser.wait_for(&["这是读到的内容"]).await;
    let (_, page) = browser.post("hand-over", &[]).await;
    let tid = page.split("<code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let data = gateway.client.result(FUND, &tid).await;
    assert_eq!(data["code"], "40001", "{data}");
    assert!(data["loanInfos"].is_array() && data["createTime"].is_string(), "{data}");
    let after = sections(&gateway).await;
    assert_eq!(after.len(), 3, "the first task is erased: {after:?}");
    for kept in before {
        assert!(after.contains(&kept), "{kept} was read again: {after:?}");
    }
    assert_eq!(kinds(&gateway).await, ["hold", "capture", "hold", "capture", "refund"]);
    assert_eq!(free(&gateway).await, MONEY - 300);
}

async fn a_second_login_that_fails_leaves_what_was_read(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let (mut browser, people) = part(&gateway).await;
    again(&mut browser, &people[0], "wrong").await;
    browser.answer_captcha().await;
    browser.wait_for(&["role=\"alert\""]).await;
    let (_, page) = browser.get("").await;
    assert!(page.contains("回到已读到的内容"), "{page}");
    for _ in 0..2 {
        let (_, page) = browser.post("keep", &[]).await;
        assert!(page.contains("读到了一部分"), "{page}");
    }
    let (_, page) = browser.post("hand-over", &[]).await;
    assert!(page.contains("已移交"), "{page}");
    assert_eq!(kinds(&gateway).await, ["hold", "capture", "hold", "release"]);
    assert_eq!(sections(&gateway).await.len(), 2);
}

async fn another_persons_login_gets_nothing_of_the_first(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let (mut browser, people) = part(&gateway).await;
    again(&mut browser, &people[1], "good").await;
    let queued = sections(&gateway).await;
    assert_eq!(queued.len(), 2, "nothing was copied: {queued:?}");
    browser.answer_captcha().await;
    browser.wait_for(&["这是读到的内容"]).await;
    let (_, page) = browser.get("").await;
    let number = text(&people[1]["login"]["id_card"]);
    let birthday = format!("{}-**-**", &number[6..10]);
    assert!(page.contains(&birthday), "{birthday}: {page}");
    assert_eq!(sections(&gateway).await.len(), 5);
    browser.post("hand-over", &[]).await;
    assert_eq!(sections(&gateway).await.len(), 3);
    assert_eq!(free(&gateway).await, MONEY - 300);
}

async fn stopping_while_the_rest_is_read_leaves_nothing(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let (mut browser, people) = part(&gateway).await;
    again(&mut browser, &people[0], "good").await;
    browser.wait_for(&["data:image/png;base64,"]).await;
    let (_, page) = browser.post("decline", &[]).await;
    assert!(page.contains("已删除"), "{page}");
    assert_eq!((sections(&gateway).await.len(), free(&gateway).await), (0, MONEY));
    gateway.assert_nothing_is_left().await;
}
