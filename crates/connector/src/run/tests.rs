//! A tiny portal of the `wt-web-jcr` kind, and the connector against it.

mod fake;
mod families;
mod insurances;
mod lists;
mod offered;
mod pages;
mod questions;
pub(crate) mod rare;
mod scripted;
mod today;
mod verdict_places;
mod verdicts;
mod years;

use std::sync::Arc;

use fiveone_model::{
    area::AreaCode,
    failure::FailureKind,
    finding::FindingKind,
    login::{Credentials, FieldName},
    product::Product,
    report::{Dialect, Section},
};

use self::fake::{Answers, Fake, NOW_MS, PICTURE};
use super::*;
use crate::library::Library;

fn connector(area: &str) -> Arc<Connector> {
    let library = Library::part(&["wt-web-jcr", area]);
    let area = AreaCode::parse(area).unwrap();
    library.connector(Product::Fund, &area).unwrap().clone()
}

fn credentials(password: &str) -> Credentials {
    let mut credentials = Credentials::default();
    credentials.set(FieldName::IdCard, "990102199001011237".to_owned());
    credentials.set(FieldName::Password, password.to_owned());
    credentials
}

async fn log_in(
    fake: &Arc<Fake>,
    person: &mut Answers,
    password: &str,
) -> (Run, Result<(), Failure>) {
    let mut run = Run::new(connector("210300"), fake.clone(), NOW_MS);
    let ended = run.login(1, &credentials(password), person).await;
    (run, ended)
}

#[tokio::test]
async fn anshan_is_read_to_the_last_row() {
    let fake = Arc::new(Fake::default());
    let mut person = Answers::of(&["0000", "8k3f"]);
    let (mut run, ended) = log_in(&fake, &mut person, "good").await;
    assert_eq!(ended, Ok(()), "{:#?}", run.log().take());
    assert_eq!(person.asked.len(), 2, "a wrong code brings a fresh picture");
    let (question, attempt) = &person.asked[1];
    assert_eq!((&*question.pictures[0].data, *attempt), (PICTURE, 2));

    let base =
        run.read(Section::Base).await.unwrap_or_else(|f| panic!("{f:?} {:#?}", run.log().take()));
    let shown = base.content.render(Dialect::Table);
    assert_eq!(shown["employeeName"], "张三");
    assert_eq!(shown["houseFundStatus"], "正常");
    assert_eq!(shown["houseFundBalance"].to_string(), "12345.6");
    assert_eq!(shown["birthday"], "1990-01-01");
    assert!(shown.get("openAccountDate").is_none());
    let impossible = base.findings.iter().filter(|f| f.kind == FindingKind::ImpossibleDate);
    assert_eq!(impossible.count(), 1, "{:?}", base.findings);

    let saved = run.checkpoint();
    let text = String::from_utf8_lossy(&saved).into_owned();
    assert!(!text.contains("good") && !text.contains("8k3f"), "{text}");
    let mut run = Run::resume(connector("210300"), fake.clone(), NOW_MS, &saved).unwrap();
    let bills =
        run.read(Section::Bills).await.unwrap_or_else(|f| panic!("{f:?} {:#?}", run.log().take()));
    let rows = bills.content.render(Dialect::Table);
    assert_eq!(rows.as_array().map(Vec::len), Some(153), "two accounts, three pages");
    let days: Vec<&str> =
        rows.as_array().unwrap().iter().filter_map(|row| row["payArriveDate"].as_str()).collect();
    assert!(days.is_sorted_by(|a, b| a >= b), "newest first: {days:?}");
    // Of the oldest day the first rows of the portal stand last.
    let last = &rows[152];
    assert_eq!(
        (last["payArriveDate"].as_str(), last["inAmount"].to_string()),
        (Some("2018-01-01"), "100".to_owned())
    );
}

#[tokio::test]
async fn refusals_have_their_kinds() {
    let check = async |password: &str, answers: &[&str], expect: FailureKind| {
        let fake = Arc::new(Fake::default());
        let mut person = Answers::of(answers);
        let (_, ended) = log_in(&fake, &mut person, password).await;
        assert_eq!(ended.map_err(|failure| failure.kind), Err(expect), "{password}");
    };
    check("wrong", &["8k3f"], FailureKind::WrongCredentials).await;
    check("good", &["1", "2", "3", "8k3f"], FailureKind::WrongCode).await;
    check("quota", &["8k3f"], FailureKind::Quota).await;
    check("maintenance", &["8k3f"], FailureKind::Maintenance).await;
    check("changed", &["8k3f"], FailureKind::PortalChanged).await;
    check("elsewhere", &["8k3f"], FailureKind::PortalChanged).await;
    check("loop", &["8k3f"], FailureKind::PortalChanged).await;
    check("drops", &["8k3f"], FailureKind::PortalUnstable).await;
    check("blocked", &["8k3f"], FailureKind::Blocked).await;
    check("good", &[], FailureKind::NoAnswer).await;
}

#[tokio::test]
async fn a_picture_that_is_html_is_a_changed_portal() {
    let fake = Arc::new(Fake { picture: b"<html>404</html>".to_vec(), ..Fake::default() });
    let (_, ended) = log_in(&fake, &mut Answers::of(&["8k3f"]), "good").await;
    assert_eq!(ended.map_err(|failure| failure.kind), Err(FailureKind::PortalChanged));
}

#[tokio::test]
async fn a_forced_login_asks_once_more() {
    let fake = Arc::new(Fake::default());
    let mut person = Answers::of(&["8k3f", "9x9x"]);
    let (_, ended) = log_in(&fake, &mut person, "forced").await;
    assert_eq!(ended, Ok(()));
    assert!(person.asked[1].0.prompt.contains("别处"));
}

#[tokio::test]
async fn every_mutant_of_the_bills_fails_loud() {
    let mutants: [(&str, &str); 7] = [
        ("\"results\"", "\"resultz\""),
        ("\"totalcount\":51", "\"totalcount\":52"),
        ("\"jzrq\"", "\"rq\""),
        ("\"fse\"", "\"fs\""),
        ("\"gjhtqywlx\"", "\"lx\""),
        ("汇缴", "未知业务"),
        ("\"1000.00\"", "\"一千\""),
    ];
    for (from, to) in mutants {
        let fake = Arc::new(Fake { mutant: Some((from, to)), ..Fake::default() });
        let (mut run, ended) = log_in(&fake, &mut Answers::of(&["8k3f"]), "good").await;
        assert_eq!(ended, Ok(()));
        assert!(run.read(Section::Base).await.is_ok());
        let read = run.read(Section::Bills).await.map_err(|failure| failure.kind);
        assert_eq!(read.err(), Some(FailureKind::PortalChanged), "{from} → {to}");
    }
}

#[tokio::test]
async fn without_a_total_pages_are_read_to_the_empty_one() {
    let read = async |mutant| {
        let fake = Arc::new(Fake { mutant, ..Fake::default() });
        let (mut run, ended) = log_in(&fake, &mut Answers::of(&["8k3f"]), "good").await;
        assert_eq!(ended, Ok(()));
        assert!(run.read(Section::Base).await.is_ok());
        run.read(Section::Bills).await.unwrap().content.render(Dialect::Table)
    };
    let told = read(None).await;
    assert_eq!(read(Some(("\"totalcount\"", "\"total\""))).await, told);
}

#[tokio::test]
async fn a_lost_session_ends_all_that_follows() {
    let fake = Arc::new(Fake { is_lost: true, ..Fake::default() });
    let (mut run, ended) = log_in(&fake, &mut Answers::of(&["8k3f"]), "good").await;
    assert_eq!(ended, Ok(()));
    for section in [Section::Base, Section::Bills] {
        let read = run.read(section).await.map_err(|failure| failure.kind);
        assert_eq!(read.err(), Some(FailureKind::SessionLost));
    }
}

#[test]
fn a_waiting_login_is_small() {
    let fake = Arc::new(Fake::default());
    let mut run = Run::new(connector("210300"), fake, NOW_MS);
    let credentials = credentials("good");
    let mut person = Answers::of(&[]);
    let login = run.log_in(1, &credentials, &mut person);
    assert!(size_of_val(&login) < 4096, "{}", size_of_val(&login));
    drop(login);
    assert!(size_of_val(&run) < 1024, "{}", size_of_val(&run));
}

#[test]
fn a_run_may_move_between_threads() {
    fn is_send<T: Send>(_: &T) {}
    let fake = Arc::new(Fake::default());
    let mut run = Run::new(connector("210300"), fake, NOW_MS);
    let credentials = credentials("good");
    let mut person = Answers::of(&[]);
    is_send(&run.login(1, &credentials, &mut person));
    is_send(&run.read(Section::Bills));
}

#[tokio::test]
async fn a_portal_pointed_at_its_root_is_found_below_its_path() {
    let portals = std::collections::BTreeMap::from([(
        "fund/210300".to_owned(),
        "http://127.0.0.1:8052".to_owned(),
    )]);
    let library = Library::with_portals(&portals).unwrap_or_else(|told| panic!("{told}"));
    let area = AreaCode::parse("210300").unwrap();
    let connector = library.connector(Product::Fund, &area).unwrap().clone();
    let fake = Arc::new(Fake::default());
    let mut run = Run::new(connector, fake, NOW_MS);
    let mut person = Answers::of(&["8k3f"]);
    assert_eq!(run.login(1, &credentials("good"), &mut person).await, Ok(()));
    assert!(run.read(Section::Base).await.is_ok());
}

/// 盘锦's payments of one insurance: a grid with the column that tells the insurance, and a pager.
async fn panjin(kind: &str, rows: &str) -> Result<usize, FailureKind> {
    let library = Library::part(&["person-html", "211100"]);
    let area = AreaCode::parse("211100").unwrap();
    let connector = library.connector(Product::Insurance, &area).unwrap().clone();
    let body = format!(
        "<table class=grid><tr><th>{kind}</th><th>单位名称</th><th>缴费类型</th><th>缴费年月</th><th>缴费标志</th>\
         <th>基数</th><th>个人</th><th>单位</th><th>到账日期</th></tr>{rows}</table><p class=page_num>1/1页</p>"
    );
    let answer = crate::portal::Answer {
        status: 200,
        headers: vec![("Content-Type".to_owned(), b"text/html;charset=utf-8".to_vec())],
        body: body.into_bytes(),
    };
    let path = "/person/web_personYLCBJFXXCX_query.html".to_owned();
    let exchange = crate::portal::Exchange { method: "GET".to_owned(), path, answer };
    let portal = Arc::new(crate::portal::Replay::new(vec![exchange]));
    let mut run = Run::new(connector, portal, NOW_MS);
    let read = run.read(Section::Oldage).await.map_err(|failure| failure.kind)?;
    Ok(read.content.render(Dialect::Table).as_array().unwrap().len())
}

#[tokio::test]
async fn a_list_without_the_column_that_splits_it_is_not_empty() {
    let row = "<tr><td>企业基本养老保险</td><td>某公司</td><td>正常应缴</td><td>201801</td><td>已实缴</td>\
        <td>3000</td><td>240</td><td>600</td><td>2018-01-10</td></tr>";
    assert_eq!(panjin("险种", row).await, Ok(1));
    assert_eq!(panjin("险种", "").await, Ok(0), "the header row alone");
    for rows in [row, ""] {
        assert_eq!(panjin("种类", rows).await, Err(FailureKind::PortalChanged));
    }
}
