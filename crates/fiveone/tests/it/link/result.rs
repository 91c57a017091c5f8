//! What a person sees of a result and may do about it, before its app has it.

use fiveone_engine::WrongCount;
use fiveone_model::app::Grant;
use fiveone_model::area::AreaCode;
use fiveone_model::link::{ExitReason, WrongReason};
use fiveone_model::product::Product;
use fiveone_model::report::Section;
use fiveone_testkit::{TestStore, on_both};
use reqwest::StatusCode;

use super::browser::Browser;
use super::{called_back, link, only_task};
use crate::gateway::{MONEY, Plan, TestGateway, text};

on_both!(
    what_is_wrong_is_counted_and_given_to_nobody,
    what_is_wrong_may_be_handed_over_all_the_same,
    a_paused_app_is_given_nothing_and_the_person_is_told,
    a_person_sees_whose_it_is_and_nobody_else_does,
);

async fn read(gateway: &TestGateway) -> (Browser, serde_json::Value) {
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let mut browser = link(gateway, 600_000).await;
    browser.read(&person).await;
    (browser, person)
}

/// What operators see of the model city: section, reason, how many.
async fn counted(gateway: &TestGateway) -> Vec<(Section, WrongReason, i64)> {
    let area = AreaCode::parse("990000").unwrap();
    let counts = gateway.engine.console().wrong_results(Product::Fund, &area).await.unwrap();
    let told = |one: WrongCount| (one.section, one.reason, one.count);
    counts.into_iter().map(told).collect()
}

async fn what_is_wrong_is_counted_and_given_to_nobody(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let (mut browser, _) = read(&gateway).await;
    let amounts = [("section", "billInfos"), ("reason", "amounts")];
    let (_, page) = browser.post("wrong", &amounts).await;
    assert!(page.contains("已记下") && page.contains("金额不对"), "{page}");
    // Said again of the same section it is another word, and not another person.
    browser.post("wrong", &[("section", "billInfos"), ("reason", "incomplete")]).await;
    assert_eq!(counted(&gateway).await, [(Section::Bills, WrongReason::Incomplete, 1)]);
    assert_eq!(called_back(&gateway).await, 0);
    for odd in [
        [("section", "billInfos"), ("reason", "my name is 张三")],
        [("section", "everything"), ("reason", "other")],
    ] {
        assert_eq!(browser.post("wrong", &odd).await.0, StatusCode::BAD_REQUEST, "{odd:?}");
    }
    let other = [("section", "oldageInsuranceInfos"), ("reason", "other")];
    assert_eq!(browser.post("wrong", &other).await.0, StatusCode::OK);
    assert_eq!(counted(&gateway).await.len(), 1, "another product's section is none of this");

    let (_, page) = browser.post("decline", &[]).await;
    assert!(page.contains("已删除") && page.contains("erasure_"), "{page}");
    let token = browser.address.rsplit('/').next().unwrap();
    let row = gateway.engine.links().of_token(token).await.unwrap().unwrap();
    assert_eq!(row.exit.map(|exit| exit.reason), Some(ExitReason::WrongResult));
    let balance = gateway.store.read.balance(&super::app_id()).await.unwrap().unwrap();
    assert_eq!(balance.free_fen, MONEY);
    browser.post("wrong", &amounts).await;
    assert_eq!(counted(&gateway).await.len(), 1, "it is over");
}

async fn what_is_wrong_may_be_handed_over_all_the_same(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let (mut browser, _) = read(&gateway).await;
    browser.post("wrong", &[("section", "baseInfo"), ("reason", "outdated")]).await;
    let (_, page) = browser.post("hand-over", &[]).await;
    assert!(page.contains("已移交"), "{page}");
    assert_eq!(gateway.is_captured(&only_task(&gateway).await).await, Some(true));
    assert_eq!(counted(&gateway).await, [(Section::Base, WrongReason::Outdated, 1)]);
}

async fn a_paused_app_is_given_nothing_and_the_person_is_told(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let (mut browser, _) = read(&gateway).await;
    let grant = async |grant| {
        gateway.change_app(|app| *app.grants.get_mut(Product::Fund) = Some(grant)).await;
    };
    grant(Grant::Paused).await;
    let (_, page) = browser.post("hand-over", &[]).await;
    assert!(page.contains("还没有交出") && !page.contains("已移交"), "{page}");
    grant(Grant::Active).await;
    let (_, page) = browser.post("hand-over", &[]).await;
    assert!(page.contains("已移交"), "{page}");
}

async fn a_person_sees_whose_it_is_and_nobody_else_does(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let (browser, person) = read(&gateway).await;
    let (_, page) = browser.get("").await;
    let number = text(&person["login"]["id_card"]);
    let masked = format!("{}*************{}", &number[..3], &number[16..]);
    assert!(page.contains(&masked) && !page.contains(&number), "{masked}: {page}");
    let year = &number[6..10];
    assert!(page.contains(&format!("{year}-**-**")), "{page}");
    let truth = format!("{}{}", gateway.lab.base(), text(&person["truth"]));
    let truth = reqwest::get(truth).await.unwrap().text().await.unwrap();
    let truth: serde_json::Value = serde_json::from_str(&truth).unwrap();
    let name: Vec<char> = text(&truth["baseInfo"]["employeeName"]).chars().collect();
    assert!(name.len() > 1, "{truth}");
    assert!(!page.contains(&name.iter().collect::<String>()), "{page}");
    assert!(page.contains(&format!("{}*", name[0])), "{page}");
}
