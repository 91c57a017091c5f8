//! Sections that only some portals of a family have.

use fiveone_model::{failure::FailureKind, product::Product, report::Section};
use serde_json::{Value as Json, json};

use super::scripted::{Body, Route, Visit, connector_of, get};

const CITY: &str = r#"
area: "210300"
with: { base: "http://h.test/app" }
login:
  - type: 1
    name: 身份证号
    fields: [account, password]
    steps: [{ post: enter, form: { id: "{{ account }}", pw: "{{ password }}" }, expect: { text: 安全退出 } }]
sections:
  baseInfo:
    steps: [{ get: base }]
    record: { json: "$", map: { xm: employeeName } }
  loanInfos:
    steps:
      - { id: page, get: loans, capture: { loans: { script: loanData, optional: true } } }
      - { id: list, when: { has: loans }, get: loans, peel: [{ script: loanData }] }
    rows: { json: "$", map: { no: loanNum, sum: loanAmount } }
    empty: { text: 您当前无贷款信息 }
    parts:
      loanRepayInfos:
        steps: [{ get: repays }]
        rows: { json: "$.rows", map: { d: date, a: principal } }
    not_offered:
      - { status: 404 }
      - { text: 贷款, at: body, not: true }
"#;

/// What is read of loans where their page is this, or is not there.
async fn loans(page: Option<&str>) -> Result<(Json, String), FailureKind> {
    loans_with(page, get("/app/repays", r#"{"rows":[]}"#)).await
}

/// The same, with the answer to who asks for repayments.
async fn loans_with(page: Option<&str>, repays: Route) -> Result<(Json, String), FailureKind> {
    let mut routes = vec![get("/app/base", r#"{"xm":"张三"}"#), repays];
    routes.push(match page {
        Some(page) => get("/app/loans", page),
        None => Route { answer: Body::Status(404, "Not Found".into()), ..get("/app/loans", "") },
    });
    let mut visit = Visit::of(connector_of(Product::Fund, CITY), routes);
    visit.try_read(Section::Base).await?;
    visit.try_read(Section::Loans).await
}

#[tokio::test]
async fn a_part_that_the_portal_does_not_have_is_left_out_and_said_so() {
    let not_offered = Ok((Json::Null, "not_offered `贷款信息`".to_owned()));
    assert_eq!(loans(None).await, not_offered);
    assert_eq!(loans(Some("<p>欢迎您</p><a href=base>公积金</a>")).await, not_offered);
}

#[tokio::test]
async fn a_part_that_is_there_is_read_or_fails() {
    let detail = json!({ "loanNum": "D1", "loanAmount": 5 });
    let loan = json!([{
        "detailInfo": detail, "loanRepayerInfos": [], "loanRepayInfos": [], "loanOverdueInfos": [],
    }]);
    let read = Ok((loan, String::new()));
    let quoted = r#"<h3>贷款</h3><script>var loanData = '[{"no":"D1","sum":"5.00"}]';</script>"#;
    assert_eq!(loans(Some(quoted)).await, read);
    let literal = r#"<h3>贷款</h3><script>var loanData = [{"no":"D1","sum":"5.00"}];</script>"#;
    assert_eq!(loans(Some(literal)).await, read);
    let none = Ok((json!([]), String::new()));
    assert_eq!(loans(Some("<h3>贷款</h3>对不起,您当前无贷款信息")).await, none);
    // The page is that of loans, and tells neither some nor none.
    assert_eq!(
        loans(Some("<h3>贷款</h3><div id=grid></div>")).await,
        Err(FailureKind::PortalChanged)
    );
    // What is there and lacks one of its pages is not a part that is not there.
    let away = Route { answer: Body::Status(404, "Not Found".into()), ..get("/app/repays", "") };
    assert_eq!(loans_with(Some(quoted), away).await, Err(FailureKind::PortalChanged));
    // Whoever lost the session sees no loans either.
    let login = "<form><input name=id><input type=password name=pw></form>";
    assert_eq!(loans(Some(login)).await, Err(FailureKind::SessionLost));
    let lost = loans(Some("<script>alert('会话超时')</script>")).await;
    assert_eq!(lost, Err(FailureKind::SessionLost));
}

#[tokio::test]
async fn loans_that_share_their_repayments_are_not_told_apart() {
    let page = |numbers: [&str; 2]| {
        let loan = |number: &str| format!(r#"{{"no":"{number}","sum":"5.00"}}"#);
        let loans = numbers.map(loan).join(",");
        format!("<h3>贷款</h3><script>var loanData = [{loans}];</script>")
    };
    let check = async |numbers: [&str; 2], repays: &str, expect: Result<usize, FailureKind>| {
        let read = loans_with(Some(&page(numbers)), get("/app/repays", repays)).await;
        let read = read.map(|(loans, _)| loans.as_array().map_or(0, Vec::len));
        assert_eq!(read, expect, "{numbers:?} {repays}");
    };
    let paid = r#"{"rows":[{"d":"2018-01-20","a":"5.00"}]}"#;
    check(["D1", "D2"], paid, Err(FailureKind::PortalChanged)).await;
    check(["D1", "D2"], r#"{"rows":[]}"#, Ok(2)).await;
    // One loan that is listed twice, for two who owe it.
    check(["D1", "D1"], paid, Ok(2)).await;
    // A debit that failed has paid nothing.
    let failed = r#"{"rows":[{"d":"2018-01-20","a":"5.00","state":"扣款失败"},{"d":"2018-02-20","a":"7.00","state":"成功"}]}"#;
    let read = loans_with(Some(&page(["D1", "D1"])), get("/app/repays", failed)).await.unwrap();
    let repays = &read.0[0]["loanRepayInfos"];
    assert_eq!(*repays, json!([{ "date": "2018-02-20", "principal": 7 }]));
    assert!(read.1.contains("not_a_row"), "{}", read.1);
}
