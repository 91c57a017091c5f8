//! One link for several products: each in its turn, decided about by itself, and handed over at once.

use std::sync::Arc;

use fiveone_engine::{LinkRefusal, LinkRequest, LinkRow, PartState};
use fiveone_model::app::{CallbackAddress, Grant};
use fiveone_model::link::{Exit, ExitReason, ExitStage};
use fiveone_model::product::Product;
use fiveone_testkit::{ManualClock, TestStore, on_both};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::browser::{Browser, attribute, seal_answer, seal_login};
use super::ends::{free, kinds};
use super::{app_id, assert_is_not_there, request};
use crate::gateway::{MONEY, Plan, TestGateway};
use crate::vendor_client::{FUND, INSURANCE};

on_both!(
    both_are_read_in_turn_and_handed_over_at_once,
    one_is_skipped_and_the_app_is_told_why_and_pays_for_the_other,
    what_is_skipped_at_its_result_is_erased_and_may_be_read_after_all,
    what_is_not_ticked_is_erased_and_paid_back,
    declining_in_the_middle_leaves_nothing_of_either,
    a_link_whose_time_is_over_gives_nothing_of_what_was_accepted,
    a_page_of_one_product_does_nothing_to_the_other,
    nothing_is_handed_over_that_was_not_shown_and_accepted,
    nothing_is_decided_after_the_end,
    a_paused_product_keeps_nothing_else_from_its_app,
    all_products_share_the_tasks_of_a_link,
);

const BOTH: [Product; 2] = Product::ALL;

/// A link of both products; `of_any_city` lets the person choose.
async fn both(gateway: &TestGateway, for_ms: i64, of_any_city: bool) -> Browser {
    let entry = gateway.engine.accounts().find(&app_id()).await.unwrap().unwrap();
    let mut wanted = LinkRequest { products: BOTH.to_vec(), ..request(for_ms) };
    if of_any_city {
        wanted.area = None;
    }
    let made = gateway.engine.links().create(&entry, wanted).await.unwrap().unwrap();
    Browser::open(&gateway.address, &made)
}

async fn row(gateway: &TestGateway, browser: &Browser) -> LinkRow {
    let token = browser.address.rsplit('/').next().unwrap();
    gateway.engine.links().of_token(token).await.unwrap().unwrap()
}

fn person(gateway: &TestGateway, product: Product) -> Value {
    gateway.people(product, "990000", 1).remove(0)
}

/// Logs in for a product, up to its result; its tid.
async fn read(gateway: &TestGateway, browser: &mut Browser, product: Product) -> String {
    read_with(gateway, browser, product, "good").await
}

async fn read_with(
    gateway: &TestGateway,
    browser: &mut Browser,
    product: Product,
    password: &str,
) -> String {
    let who = person(gateway, product);
    browser.log_in_by(&format!("begin?of={product}"), &who, password).await;
    browser.answer_captcha_by(&format!("answer?of={product}")).await;
    browser.wait_for(&["这是读到的内容", "读到了一部分"]).await;
    let (_, page) = browser.get("").await;
    page.split("name=\"task\" value=\"").nth(1).expect(&page).split('"').next().unwrap().to_owned()
}

async fn accept(browser: &mut Browser, product: Product, tid: &str) -> String {
    browser.post(&format!("accept?of={product}"), &[("task", tid)]).await.1
}

async fn skip(browser: &mut Browser, product: Product, reason: &str) -> String {
    browser.post(&format!("skip?of={product}"), &[("reason", reason)]).await.1
}

/// The tids of both, read and accepted.
async fn read_both(gateway: &TestGateway, browser: &mut Browser) -> [String; 2] {
    browser.consent().await;
    let fund = read(gateway, browser, Product::Fund).await;
    accept(browser, Product::Fund, &fund).await;
    let insurance = read(gateway, browser, Product::Insurance).await;
    accept(browser, Product::Insurance, &insurance).await;
    [fund, insurance]
}

fn given(tids: &[String; 2]) -> [(&'static str, &str); 2] {
    [("fund", &tids[0]), ("insurance", &tids[1])]
}

/// Where the app's callbacks of everything go; what the lab's box of links got.
async fn hear(gateway: &TestGateway) {
    let url = |name: &str| {
        Some(CallbackAddress { url: format!("{}/callbacks/{name}", gateway.lab.base()) })
    };
    gateway
        .change_app(|app| {
            app.link_events = url("links");
            (app.callbacks.fund, app.callbacks.insurance) = (url("fund"), url("insurance"));
        })
        .await;
}

/// The body of each event of links that the app is to hear, in order.
async fn events(gateway: &TestGateway) -> Vec<Value> {
    let sql = "select msg from callback where link_id is not null order by seq";
    let told = gateway.store.read.dump(sql).await.unwrap();
    told.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

/// Money that is held for something that is under way.
async fn open_holds(gateway: &TestGateway) -> usize {
    let sql = "select task_id from hold where state = 'open'";
    gateway.store.read.dump(sql).await.unwrap().len()
}

async fn sections(gateway: &TestGateway) -> usize {
    gateway.store.read.dump("select name from section").await.unwrap().len()
}

async fn both_are_read_in_turn_and_handed_over_at_once(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    hear(&gateway).await;
    let back = "https://app.example/back";
    gateway.engine.links().set_return_url(&app_id(), back, true).await.unwrap();
    let entry = gateway.engine.accounts().find(&app_id()).await.unwrap().unwrap();
    let wanted = LinkRequest {
        products: BOTH.to_vec(),
        area: None,
        return_url: Some(back.to_owned()),
        ..request(600_000)
    };
    let made = gateway.engine.links().create(&entry, wanted).await.unwrap().unwrap();
    let mut browser = Browser::open(&gateway.address, &made);
    let (_, page) = browser.get("").await;
    assert!(page.contains("<strong>住房公积金和社会保险</strong>"), "{page}");
    assert!(page.contains("<dd>住房公积金和社会保险："), "one consent names both: {page}");
    let (_, page) = browser.post("consent", &[]).await;
    assert!(page.contains("您在哪个城市缴存") && page.contains("第 1 / 2 项"), "{page}");
    let consent = row(&gateway, &browser).await.consent.unwrap();
    assert_eq!(consent.text, "2026-11-29", "another text than that of one product");
    let (_, form) = browser.get("/form?of=fund&area=990000").await;
    let sealed = seal_login(&form, &person(&gateway, Product::Fund), "good");
    let fields = [("area", "990000"), ("way", "1"), ("sealed", sealed.as_str())];
    browser.post("begin?of=fund", &fields).await;
    browser.answer_captcha_by("answer?of=fund").await;
    browser.wait_for(&["这是读到的内容"]).await;
    let (_, page) = browser.get("").await;
    let fund = attribute(page.split("name=\"task\"").nth(1).unwrap(), "value").to_owned();
    assert!(!page.contains("/hand-over"), "not before the end: {page}");

    // The city of the first is proposed for the second, and another may be chosen.
    let page = accept(&mut browser, Product::Fund, &fund).await;
    assert!(page.contains("第 2 / 2 项") && page.contains("社会保险"), "{page}");
    assert!(page.contains("示范市：登录") && page.contains("换一个城市"), "{page}");
    let insurance = read(&gateway, &mut browser, Product::Insurance).await;
    for tid in [&fund, &insurance] {
        assert_is_not_there(&gateway, tid).await;
    }
    let page = accept(&mut browser, Product::Insurance, &insurance).await;
    assert!(page.contains("核对后交出") && page.contains(&fund) && page.contains(&insurance));
    assert!(page.contains("示范市"), "{page}");
    assert_eq!(events(&gateway).await.len(), 1, "the page was opened, and no more");

    let tids = [fund, insurance];
    let (_, page) = browser.post("hand-over", &given(&tids)).await;
    let codes: Vec<_> = page.split("<code>").skip(1).collect();
    assert!(page.contains("已移交") && codes.len() == 2, "{page}");
    let query =
        format!("outcome=handed_over&#38;fund_tid={}&#38;insurance_tid={}", tids[0], tids[1]);
    assert!(page.contains(&query), "{query}: {page}");
    for (document, tid) in [(FUND, &tids[0]), (INSURANCE, &tids[1])] {
        assert_eq!(gateway.client.result(document, tid).await["code"], "40001");
        assert!(page.contains(tid.as_str()));
    }
    let told = "select task_id from callback where task_id is not null order by task_id";
    assert_eq!(gateway.store.read.dump(told).await.unwrap().len(), 2);
    assert_eq!(events(&gateway).await.len(), 1, "nothing is left: {:?}", events(&gateway).await);
    assert_eq!(kinds(&gateway).await, ["hold", "capture", "hold", "capture"]);
    assert_eq!(free(&gateway).await, MONEY - 600);
}

async fn one_is_skipped_and_the_app_is_told_why_and_pays_for_the_other(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    hear(&gateway).await;
    let mut browser = both(&gateway, 600_000, false).await;
    browser.consent().await;
    // In the middle of a login: it is cancelled.
    let who = person(&gateway, Product::Fund);
    browser.log_in_by("begin?of=fund", &who, "good").await;
    browser.wait_for(&["data:image/png;base64,"]).await;
    let page = skip(&mut browser, Product::Fund, "no_account").await;
    assert!(page.contains("第 2 / 2 项"), "{page}");
    assert_eq!(kinds(&gateway).await, ["hold", "release"]);
    let insurance = read(&gateway, &mut browser, Product::Insurance).await;
    let page = accept(&mut browser, Product::Insurance, &insurance).await;
    assert!(page.contains("您说没有这一项") && page.contains(&insurance), "{page}");
    let (_, page) = browser.post("hand-over", &[("insurance", &insurance)]).await;
    assert!(page.contains("已移交") && page.contains(&insurance), "{page}");

    let link = row(&gateway, &browser).await;
    assert_eq!(link.exit, None);
    let exit = Exit { stage: ExitStage::Question, reason: ExitReason::NoAccount };
    let ends: Vec<_> = link.parts.iter().map(|part| (part.state, part.exit)).collect();
    assert_eq!(ends, [(PartState::Skipped, Some(exit)), (PartState::HandedOver, None)]);
    let events = events(&gateway).await;
    assert_eq!(events[0]["data"]["products"], json!(["fund", "insurance"]), "{events:?}");
    let parts = json!([
        { "product": "fund", "stage": "question", "reason": "no_account" },
        { "product": "insurance", "task": insurance },
    ]);
    assert_eq!((&events[1]["type"], &events[1]["data"]["parts"]), (&json!("link.exited"), &parts));
    assert_eq!(events.len(), 2);
    assert_eq!(free(&gateway).await, MONEY - 300);
    assert_eq!(open_holds(&gateway).await, 0);
}

async fn what_is_skipped_at_its_result_is_erased_and_may_be_read_after_all(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let mut browser = both(&gateway, 600_000, false).await;
    browser.consent().await;
    let first = read(&gateway, &mut browser, Product::Fund).await;
    browser.post("wrong?of=fund", &[("section", "baseInfo"), ("reason", "amounts")]).await;
    skip(&mut browser, Product::Fund, "not_now").await;
    assert_eq!(sections(&gateway).await, 0, "nothing of it is kept");
    let exit = row(&gateway, &browser).await.parts[0].exit;
    let wrong = Exit { stage: ExitStage::Result, reason: ExitReason::WrongResult };
    assert_eq!(exit, Some(wrong));
    // What is said of one is not said of the other, though both have such a section.
    let insurance = read(&gateway, &mut browser, Product::Insurance).await;
    assert!(!browser.get("").await.1.contains("已记下"));
    let page = accept(&mut browser, Product::Insurance, &insurance).await;
    assert!(page.contains("您说内容不对"), "{page}");

    let (_, page) = browser.post("reopen?product=fund", &[]).await;
    assert!(page.contains("第 1 / 2 项") && page.contains("data-field=\"id_card\""), "{page}");
    let again = read(&gateway, &mut browser, Product::Fund).await;
    assert_ne!(first, again);
    accept(&mut browser, Product::Fund, &again).await;
    let tids = [again, insurance];
    let (_, page) = browser.post("hand-over", &given(&tids)).await;
    assert!(page.contains("已移交") && !page.contains(&first), "{page}");
    assert_is_not_there(&gateway, &first).await;
    assert_eq!(
        free(&gateway).await,
        MONEY - 600,
        "the first is paid back: {:?}",
        kinds(&gateway).await
    );
}

async fn what_is_not_ticked_is_erased_and_paid_back(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    hear(&gateway).await;
    let mut browser = both(&gateway, 600_000, false).await;
    let [fund, insurance] = read_both(&gateway, &mut browser).await;
    let (_, page) = browser.post("hand-over", &[]).await;
    assert!(page.contains("请至少勾选一项"), "{page}");
    let (_, page) = browser.post("hand-over", &[("fund", &fund)]).await;
    assert!(page.contains("已移交") && page.contains(&fund) && page.contains("erasure_"), "{page}");
    assert_eq!(gateway.client.result(FUND, &fund).await["code"], "40001");
    assert_is_not_there(&gateway, &insurance).await;
    assert_eq!(sections(&gateway).await, 3, "those of the fund alone");
    assert_eq!(kinds(&gateway).await, ["hold", "capture", "hold", "capture", "refund"]);
    assert_eq!(free(&gateway).await, MONEY - 300);
    let events = events(&gateway).await;
    let left = json!({ "product": "insurance", "stage": "result", "reason": "declined" });
    assert_eq!(events.last().unwrap()["data"]["parts"][1], left, "{events:?}");
}

async fn declining_in_the_middle_leaves_nothing_of_either(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    hear(&gateway).await;
    let mut browser = both(&gateway, 600_000, false).await;
    browser.consent().await;
    let fund = read(&gateway, &mut browser, Product::Fund).await;
    accept(&mut browser, Product::Fund, &fund).await;
    let who = person(&gateway, Product::Insurance);
    browser.log_in_by("begin?of=insurance", &who, "good").await;
    browser.wait_for(&["data:image/png;base64,"]).await;
    let (_, page) = browser.post("decline", &[]).await;
    assert!(page.contains("已删除") && page.contains("住房公积金 · 已删除"), "{page}");
    assert_eq!((sections(&gateway).await, free(&gateway).await), (0, MONEY));
    assert_eq!(kinds(&gateway).await, ["hold", "capture", "hold", "refund", "release"]);
    let link = row(&gateway, &browser).await;
    let exit = |stage, reason| Some(Exit { stage, reason });
    assert_eq!(link.exit, exit(ExitStage::Question, ExitReason::Stopped));
    assert_eq!(link.parts[0].exit, exit(ExitStage::Result, ExitReason::Declined));
    assert_eq!(link.parts[1].exit, link.exit);
    let data = &events(&gateway).await[1]["data"];
    assert_eq!((&data["stage"], &data["reason"]), (&json!("question"), &json!("stopped")));
    assert_eq!(data["parts"][0]["reason"], "declined", "{data}");
    assert_eq!(open_holds(&gateway).await, 0);
}

async fn a_link_whose_time_is_over_gives_nothing_of_what_was_accepted(store: TestStore) {
    let time = ManualClock::default();
    let plan = Plan { time: Arc::new(time.clone()), ..Plan::default() };
    let gateway = TestGateway::build(store, plan).await;
    let mut browser = both(&gateway, 60_000, false).await;
    browser.consent().await;
    let fund = read(&gateway, &mut browser, Product::Fund).await;
    accept(&mut browser, Product::Fund, &fund).await;
    time.advance(60_000);
    let (_, page) = browser.post("hand-over", &[("fund", &fund)]).await;
    assert!(page.contains("链接已过期"), "{page}");
    super::ends::sweep(&gateway.engine, async || free(&gateway).await == MONEY).await;
    assert_is_not_there(&gateway, &fund).await;
    let link = row(&gateway, &browser).await;
    let exit = |stage| Some(Exit { stage, reason: ExitReason::Expired });
    let exits: Vec<_> = link.parts.iter().map(|part| part.exit).collect();
    assert_eq!(exits, [exit(ExitStage::Result), exit(ExitStage::Login)]);
}

async fn a_page_of_one_product_does_nothing_to_the_other(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let mut browser = both(&gateway, 600_000, false).await;
    browser.consent().await;
    let tasks = async || gateway.store.read.dump("select product from task").await.unwrap();
    // A form of the product whose turn it is not, or of none, begins nothing.
    let who = person(&gateway, Product::Insurance);
    for what in ["begin?of=insurance", "begin?of=everything", "begin"] {
        let page = browser.log_in_by(what, &who, "good").await;
        assert!(page.contains("第 1 / 2 项"), "{what}: {page}");
    }
    assert_eq!(tasks().await, [""; 0]);
    let fund_person = person(&gateway, Product::Fund);
    browser.log_in_by("begin?of=fund", &fund_person, "good").await;
    browser.wait_for(&["data:image/png;base64,"]).await;
    let (_, question) = browser.get("").await;
    browser.answer_captcha_by("answer?of=fund").await;
    browser.wait_for(&["这是读到的内容"]).await;
    let (_, page) = browser.get("").await;
    let fund = attribute(page.split("name=\"task\"").nth(1).unwrap(), "value").to_owned();
    accept(&mut browser, Product::Fund, &fund).await;
    browser.log_in_by("begin?of=insurance", &who, "good").await;
    browser.wait_for(&["data:image/png;base64,"]).await;
    // A late answer to the fund's question, whose number is the same; and what else its page has.
    let late = seal_answer(&question, "0000000");
    for (what, fields) in [
        ("answer?of=fund", vec![("sealed", late.as_str())]),
        ("answer", vec![("sealed", late.as_str())]),
        ("skip?of=fund", vec![("reason", "not_now")]),
        ("accept?of=fund", vec![("task", fund.as_str())]),
        ("accept?of=insurance", vec![("task", fund.as_str())]),
        ("keep?of=fund", vec![]),
        ("refresh?of=fund&question=1", vec![]),
        ("wrong?of=fund", vec![("section", "baseInfo"), ("reason", "other")]),
        ("reopen?product=fund", vec![]),
    ] {
        let (status, page) = browser.post(what, &fields).await;
        assert_eq!(status, StatusCode::OK, "{what}");
        let is_asked = page.contains("请输入图中的验证码") && !page.contains("上一次不对");
        assert!(is_asked && page.contains("第 2 / 2 项"), "{what}: {page}");
    }
    let states: Vec<_> =
        row(&gateway, &browser).await.parts.iter().map(|part| part.state).collect();
    assert_eq!(states, [PartState::Accepted, PartState::Open]);
    assert_eq!(
        browser.post("skip?of=insurance", &[("reason", "张三")]).await.0,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        browser.post("skip?of=insurance", &[("reason", "expired")]).await.0,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(browser.post("reopen?product=all", &[]).await.0, StatusCode::BAD_REQUEST);
    let mut stranger = Browser { cookie: "fiveone_link=abc".to_owned(), ..browser.clone() };
    for what in ["skip?of=insurance", "accept?of=insurance", "reopen?product=fund"] {
        let fields = [("reason", "not_now"), ("task", fund.as_str())];
        assert_eq!(stranger.post(what, &fields).await.0, StatusCode::FORBIDDEN, "{what}");
    }
    browser.answer_captcha_by("answer?of=insurance").await;
    browser.wait_for(&["这是读到的内容"]).await;
}

async fn nothing_is_handed_over_that_was_not_shown_and_accepted(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let mut browser = both(&gateway, 600_000, false).await;
    browser.consent().await;
    let first = read_with(&gateway, &mut browser, Product::Fund, "partial").await;
    // Read, and not looked through to the end.
    let (_, page) = browser.post("hand-over", &[("fund", &first)]).await;
    assert!(page.contains("读到了一部分"), "{page}");
    // Another tab reads it again: the first tab's page is of another result.
    let mut tab = browser.clone();
    let (_, form) = tab.get("/form?of=fund&again=1").await;
    let sealed = seal_login(&form, &person(&gateway, Product::Fund), "good");
    let fields = [("area", "990000"), ("way", "1"), ("again", "1"), ("sealed", sealed.as_str())];
    tab.post("begin?of=fund", &fields).await;
    tab.answer_captcha_by("answer?of=fund").await;
    tab.wait_for(&["这是读到的内容"]).await;
    let page = accept(&mut browser, Product::Fund, &first).await;
    assert!(page.contains("这是读到的内容") && page.contains("第 1 / 2 项"), "{page}");
    let second = attribute(page.split("name=\"task\"").nth(1).unwrap(), "value").to_owned();
    accept(&mut browser, Product::Fund, &second).await;
    // The other product is not decided about.
    let (_, page) = browser.post("hand-over", &[("fund", &second)]).await;
    assert!(page.contains("第 2 / 2 项"), "{page}");
    skip(&mut browser, Product::Insurance, "not_now").await;
    let foreign = gateway
        .create(Product::Insurance, "990000", &person(&gateway, Product::Insurance), "good")
        .await;
    for odd in [
        vec![("fund", first.as_str())],
        vec![("fund", second.as_str()), ("insurance", first.as_str())],
        vec![("fund", second.as_str()), ("insurance", foreign.as_str())],
        vec![("fund", second.as_str()), ("insurance", second.as_str())],
        vec![("insurance", foreign.as_str())],
        vec![("fund", "")],
    ] {
        let (_, page) = browser.post("hand-over", &odd).await;
        assert!(page.contains("核对后交出"), "{odd:?}: {page}");
    }
    assert_is_not_there(&gateway, &second).await;
    // By the name of the other product it is the same task all the same.
    let (_, page) = browser.post("hand-over", &[("insurance", &second)]).await;
    assert!(page.contains("已移交") && page.contains(&second), "{page}");
    assert_is_not_there(&gateway, &first).await;
}

async fn nothing_is_decided_after_the_end(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let mut browser = both(&gateway, 600_000, false).await;
    let tids = read_both(&gateway, &mut browser).await;
    let mut tab = browser.clone();
    let (one, other) = (given(&tids), given(&tids));
    let _ = tokio::join!(browser.post("hand-over", &one), tab.post("hand-over", &other));
    let before = row(&gateway, &browser).await;
    for (what, fields) in [
        ("hand-over", given(&tids).to_vec()),
        ("hand-over", vec![("fund", tids[0].as_str())]),
        ("skip?of=fund", vec![("reason", "not_now")]),
        ("skip?of=insurance", vec![("reason", "no_account")]),
        ("accept?of=fund", vec![("task", tids[0].as_str())]),
        ("reopen?product=fund", vec![]),
        ("decline", vec![]),
    ] {
        let (_, page) = browser.post(what, &fields).await;
        assert!(page.contains("已移交"), "{what}: {page}");
    }
    assert_eq!(row(&gateway, &browser).await, before);
    assert_eq!(kinds(&gateway).await, ["hold", "capture", "hold", "capture"]);
    for (document, tid) in [(FUND, &tids[0]), (INSURANCE, &tids[1])] {
        assert_eq!(gateway.client.result(document, tid).await["code"], "40001");
    }
}

async fn a_paused_product_keeps_nothing_else_from_its_app(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let mut browser = both(&gateway, 600_000, false).await;
    let tids = read_both(&gateway, &mut browser).await;
    let grant = async |grant| {
        gateway.change_app(|app| *app.grants.get_mut(Product::Insurance) = grant).await;
    };
    grant(Some(Grant::Paused)).await;
    let (_, page) = browser.post("hand-over", &given(&tids)).await;
    assert!(page.contains("还没有交出") && !page.contains("已移交"), "{page}");
    assert_is_not_there(&gateway, &tids[0]).await;
    let (_, page) = browser.post("hand-over", &[("fund", &tids[0])]).await;
    assert!(page.contains("已移交"), "{page}");
    // A link is made only for what is granted, each once.
    let entry = gateway.engine.accounts().find(&app_id()).await.unwrap().unwrap();
    for (products, why) in [
        (BOTH.to_vec(), LinkRefusal::NoGrant),
        (vec![Product::Fund, Product::Fund], LinkRefusal::Products),
        (vec![], LinkRefusal::Products),
    ] {
        let wanted = LinkRequest { products, ..request(600_000) };
        let refused = gateway.engine.links().create(&entry, wanted).await.unwrap().err();
        assert_eq!(refused, Some(why));
    }
}

async fn all_products_share_the_tasks_of_a_link(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let mut browser = both(&gateway, 600_000, false).await;
    browser.consent().await;
    let tasks = async || gateway.store.read.dump("select id from task").await.unwrap().len();
    let who = person(&gateway, Product::Fund);
    let log_in = async |browser: &mut Browser, product: Product, person: &Value| {
        let (_, form) = browser.get(&format!("/form?of={product}&area=990000&way=1")).await;
        let sealed = seal_login(&form, person, "maintenance");
        let fields = [("area", "990000"), ("way", "1"), ("sealed", sealed.as_str())];
        browser.post(&format!("begin?of={product}"), &fields).await.1
    };
    for number in 1..=9 {
        log_in(&mut browser, Product::Fund, &who).await;
        assert_eq!(tasks().await, number);
        browser.answer_captcha_by("answer?of=fund").await;
        browser.wait_for(&["没有成功"]).await;
    }
    skip(&mut browser, Product::Fund, "not_now").await;
    let insured = person(&gateway, Product::Insurance);
    log_in(&mut browser, Product::Insurance, &insured).await;
    browser.answer_captcha_by("answer?of=insurance").await;
    browser.wait_for(&["没有成功"]).await;
    let page = log_in(&mut browser, Product::Insurance, &insured).await;
    assert!(page.contains("已登录过太多次"), "{page}");
    assert_eq!(tasks().await, 10);
    // Nothing was read: the person ends it, and the app hears of the last.
    skip(&mut browser, Product::Insurance, "no_account").await;
    let (_, page) = browser.get("").await;
    assert!(page.contains("没有可以交出的内容"), "{page}");
    let (_, page) = browser.post("decline", &[]).await;
    assert!(page.contains("已删除"), "{page}");
    let exit = Exit { stage: ExitStage::Failed, reason: ExitReason::NoAccount };
    assert_eq!(row(&gateway, &browser).await.exit, Some(exit));
}
