//! Lists at the level of a section: what proves none, whose rows they are, how their pages end.

use fiveone_model::{failure::FailureKind, product::Product, report::Section};
use serde_json::{Value as Json, json};

use super::scripted::{Route, Visit, connector_of, get};

/// The rows of a section with its findings, or what it ended in.
pub(super) type Read = Result<(Json, String), FailureKind>;

pub(super) const CHANGED: Read = Err(FailureKind::PortalChanged);
const OTHER: Read = Err(FailureKind::OtherPerson);

/// Reads the bills, or an insurance's payments, after the base record.
pub(super) async fn read(product: Product, base: &str, rows: &str, routes: Vec<Route>) -> Read {
    let (name, section, field) = match product {
        Product::Fund => ("billInfos", Section::Bills, "employeeName"),
        Product::Insurance => ("oldageInsuranceInfos", Section::Oldage, "name"),
    };
    let account = if product == Product::Fund { "houseFundAccount" } else { "personalNo" };
    let city = format!(
        r#"
area: "210300"
with: {{ base: "http://h.test/app" }}
login:
  - type: 1
    name: 身份证号
    fields: [account, password]
    steps: [{{ post: enter, form: {{ id: "{{{{ account }}}}", pw: "{{{{ password }}}}" }}, expect: {{ text: 安全退出 }} }}]
sections:
  baseInfo:
    steps: [{{ get: base, capture: {{ accounts: {{ json: "$.all[*]", all: true, optional: true }} }} }}]
    record: {{ json: "$", map: {{ xm: {field}, grzh: "{account}?", all: ~ }} }}
  {name}:
{rows}
"#
    );
    let mut routes = routes;
    routes.push(get("/app/base", base));
    let mut visit = Visit::of(connector_of(product, &city), routes);
    visit.try_read(Section::Base).await?;
    visit.try_read(section).await
}

pub(super) fn rows(rows: Json, findings: &str) -> Read {
    Ok((rows, findings.to_owned()))
}

/// Bills of one answer.
pub(super) async fn bills(rows: &str, answer: &str) -> Read {
    read(Product::Fund, r#"{"xm":"张三"}"#, rows, vec![get("/app/bills", answer)]).await
}

#[tokio::test]
async fn the_typed_account_is_held_against_the_base_record_and_then_forgotten() {
    let city = r#"
area: "210300"
with: { base: "http://h.test/app" }
login:
  - type: 1
    name: 个人账号
    fields: [{ field: account, label: 个人账号 }, password]
    steps: [{ post: enter, form: { id: "{{ account }}", pw: "{{ password }}" }, expect: { text: 安全退出 } }]
sections:
  baseInfo:
    steps: [{ get: base }]
    record: { json: "$", map: { xm: employeeName, no: employeeAccountNum } }
"#;
    let read = async |number: &str| {
        let base = json!({ "xm": "张三", "no": number });
        let enter = Route { method: "POST", ..get("/app/enter", "安全退出") };
        let routes = vec![enter, get("/app/base", base)];
        let mut visit = Visit::of(connector_of(Product::Fund, city), routes);
        visit.enter().await.unwrap();
        assert!(visit.kept().contains("62220001"), "it is not compared yet");
        let read = visit.try_read(Section::Base).await.map(drop);
        (read, visit.kept().contains("62220001"))
    };
    assert_eq!(read("62220002").await.0, Err(FailureKind::OtherPerson));
    // The portal's own number may be another form; what was typed is not kept longer than that takes.
    assert_eq!(read("330062220009").await, (Ok(()), false));
}

const TABLE: &str = "
    steps: [{ get: bills }]
    rows: { table: table, map: { 日期: payArriveDate, 收入: inAmount } }
";
pub(super) const HEADER: &str = "<tr><th>日期<th>收入</tr>";

const JSON: &str = "
    steps: [{ get: bills }]
    rows: { json: \"$.rows\", map: { d: payArriveDate, a: inAmount } }
    empty: { json: \"$.state\", equals: none }
";

#[tokio::test]
async fn words_for_none_about_another_list_prove_nothing() {
    let other =
        "<table><tr><th>发放年月<th>金额</tr><tr><td colspan=2>没有查询到相关数据</tr></table>";
    assert_eq!(bills(TABLE, &format!("{other}<div>加载失败</div>")).await, CHANGED);
    assert_eq!(bills(TABLE, other).await, CHANGED);
    assert_eq!(
        bills(TABLE, "<table><tr><td>没有查询到相关数据</tr></table>").await,
        rows(json!([]), "")
    );
    let inbox = "<ul><li>暂无数据</li></ul><div id=list></div>";
    assert_eq!(bills(TABLE, inbox).await, rows(json!([]), ""));
    for script in ["$('#list').load('list2.do')", "$.ajax({url:'a'})", "fetch('a')", "$.get('a')"] {
        let page = format!("{inbox}<script>{script}</script>");
        assert_eq!(bills(TABLE, &page).await, CHANGED, "{script}");
    }
    let ready = format!("{inbox}<script>$(document).ready(f);map.get(key)</script>");
    assert_eq!(bills(TABLE, &ready).await, rows(json!([]), ""));
}

#[tokio::test]
async fn a_header_over_nothing_is_no_proof_beside_a_refusal() {
    let check = async |page: &str, expect: Read| {
        let page = page.replace("TABLE", &format!("<table>{HEADER}</table>"));
        assert_eq!(bills(TABLE, &page).await, expect, "{page}");
    };
    let none = || rows(json!([]), "");
    check("TABLE", none()).await;
    check("TABLE<script>alert('查询失败')</script>", CHANGED).await;
    check("TABLE<p class=error>查询失败</p>", CHANGED).await;
    check("TABLE<p class=error>会话超时</p>", Err(FailureKind::SessionLost)).await;
    check("TABLE<p class=tips>会话超时</p>", Err(FailureKind::SessionLost)).await;
    // What says that there is none, what is blank or hidden, and tips are no refusal.
    check("TABLE<script>alert('暂无数据')</script>", none()).await;
    check("TABLE<p class=error></p><p class=error style='display:none'>查询失败</p>", none()).await;
    check("TABLE<p class=tips>数据每月更新</p>", none()).await;
    check("TABLE<script>function f(){ alert('查询失败') }</script>", none()).await;
}

#[tokio::test]
async fn words_for_none_stand_in_place_of_the_table() {
    let check = async |page: &str, expect: Read| {
        assert_eq!(bills(TABLE, page).await, expect, "{page}");
    };
    let none = || rows(json!([]), "");
    check("<h1>明细</h1><p>暂无数据</p>", none()).await;
    check("<h1>明细</h1><p>暂无数据</p><table><tr><td>年份<td>2018</tr></table>", none()).await;
    check("<table><tr><td>暂无数据</tr></table>", none()).await;
    // Lines that look like data, a remark that speaks of more than that, and silence prove nothing.
    let stray = "<p>暂无数据</p><table><tr><td>2018-01-01<td>汇缴<td>100.00</tr></table>";
    check(stray, CHANGED).await;
    let narrow =
        "<p>暂无数据</p><table><tr><th>时间<th>金额</tr><tr><td>2018-01-01<td>5.00</tr></table>";
    check(narrow, CHANGED).await;
    let advice =
        "如果页面显示暂无数据，请核对您选择的年份、单位和个人账号，或者到柜台查询您的缴存情况";
    check(&format!("<h1>明细</h1><p>{advice}</p>"), CHANGED).await;
    check("<h1>明细</h1>", CHANGED).await;
    check("<p>暂无数据</p><p class=error>查询失败</p>", CHANGED).await;
    // Rows may stand in blocks, too.
    let block = "<div><span>2018-01-01</span><span>汇缴</span><span>100.00</span></div>";
    check(&format!("<p>暂无数据</p>{block}"), CHANGED).await;
    check("<p>暂无数据</p><ul><li>201801<li>汇缴<li>1,100.00</ul>", CHANGED).await;
    check("<p>今天是2018年1月31日</p><p>暂无数据</p><p>余额 100.00</p>", none()).await;
    check("<p>2018.01 暂无数据</p>", none()).await;
}

/// Unknown labels are told to the operator: they are the portal's words, and what greets the person is not.
#[tokio::test]
async fn a_label_that_names_the_person_is_told_to_nobody() {
    let table = |label: &str| {
        let row = "<tr><td>20240105<td>100.00<td>好</tr>";
        format!("<table><tr><th>日期<th>收入<th>{label}</tr>{row}</table>")
    };
    let read =
        |findings: &str| rows(json!([{"payArriveDate": "2024-01-05", "inAmount": 100}]), findings);
    assert_eq!(bills(TABLE, &table("送达方式")).await, read("unmapped `送达方式` (text)"));
    assert_eq!(bills(TABLE, &table("尊敬的张三")).await, read(""));
}

#[tokio::test]
async fn json_that_failed_proves_nothing() {
    let check = async |answer: Json, expect: Read| {
        assert_eq!(bills(JSON, &answer.to_string()).await, expect, "{answer}");
    };
    let none = || rows(json!([]), "");
    check(json!({ "rows": [] }), none()).await;
    check(json!({ "state": "none" }), none()).await;
    check(json!({ "success": true, "rows": null }), none()).await;
    check(json!({ "rows": null }), CHANGED).await;
    check(json!({ "success": false, "rows": null }), CHANGED).await;
    check(json!({ "success": true }), CHANGED).await;
    check(json!({ "success": true, "rows": null, "msg": "查询失败" }), CHANGED).await;
    // The file's own witness neither.
    check(json!({ "success": false, "state": "none" }), CHANGED).await;
    check(json!({ "success": false, "rows": [] }), CHANGED).await;
    check(json!({ "success": false, "rows": [{ "d": "2018-01-01", "a": "5" }] }), CHANGED).await;
    check(
        json!({ "success": false, "state": "none", "msg": "会话超时" }),
        Err(FailureKind::SessionLost),
    )
    .await;
}

#[tokio::test]
async fn rows_of_another_insurance_are_left_out() {
    let check = async |answer: Json, expect: Read| {
        let rows = "
    each: { page: { single: true, total: { json: \"$.total\" } } }
    steps: [{ get: paid }]
    rows: { json: \"$.rows\", map: { m: payMonthly, a: payPerson, 险种: ~ } }
";
        let routes = vec![get("/app/paid", answer.clone())];
        let read = read(Product::Insurance, r#"{"xm":"张三"}"#, rows, routes).await;
        assert_eq!(read, expect, "{answer}");
    };
    let row = |month: &str, kind: &str| json!({ "m": month, "a": "8", "险种": kind });
    let own = || json!([{ "payMonthly": "2018-01", "payPerson": 8 }]);
    let (old, none) = (row("201801", "企业职工基本养老保险"), row("201802", "失业保险"));
    let ignored = "ignored_parameter `险种`";
    check(json!({ "rows": [old, none] }), rows(own(), ignored)).await;
    check(json!({ "rows": [row("201801", "110"), row("201802", "210")] }), rows(own(), ignored))
        .await;
    check(json!({ "rows": [row("201801", "某个档次"), none] }), rows(own(), ignored)).await;
    // Whoever counted the rows may have counted them too.
    check(json!({ "total": 2, "rows": [old, none] }), rows(own(), ignored)).await;
    check(json!({ "total": 1, "rows": [old, none] }), rows(own(), ignored)).await;
    check(json!({ "total": 3, "rows": [old, none] }), CHANGED).await;
    // A portal that has answered with another insurance alone has not answered.
    check(json!({ "rows": [none] }), CHANGED).await;
}

#[tokio::test]
async fn a_page_of_another_insurance_alone_is_one_page_of_the_list() {
    let paged = "
    each: { page: { size: 2, until: short } }
    steps: [{ get: paid, query: { page: \"{{ page }}\" } }]
    rows: { json: \"$.rows\", map: { m: payMonthly, a: payPerson, 险种: ~ } }
";
    let row = |month: &str, kind: &str| json!({ "m": month, "a": "8", "险种": kind });
    let check = async |pages: [Json; 2], expect: Read| {
        let [first, second] = pages.map(|rows| json!({ "rows": rows }));
        let of = |with, page: Json| Route { with, ..get("/app/paid", page) };
        let routes = vec![of(&["page=1"], first), of(&["page=2"], second)];
        let read = read(Product::Insurance, r#"{"xm":"张三"}"#, paged, routes).await;
        assert_eq!(read, expect);
    };
    let others = json!([row("201801", "失业保险"), row("201802", "失业保险")]);
    let own = json!([{ "payMonthly": "2018-03", "payPerson": 8 }]);
    let ignored = rows(own, "ignored_parameter `险种`");
    check([others.clone(), json!([row("201803", "养老保险")])], ignored).await;
    check([others, json!([row("201803", "失业保险")])], CHANGED).await;
}

#[tokio::test]
async fn a_total_may_count_lines_that_are_no_rows_and_changed_rows_are_missing() {
    let check = async |line: Json, total: usize, expect: Read| {
        let rows = "
    each: { page: { single: true, total: { json: \"$.total\" } } }
    steps: [{ get: bills }]
    rows: { json: \"$.rows\", map: { d: payArriveDate, a: inAmount } }
";
        let list = json!([{ "d": "2018-01-01", "a": "5" }, line]);
        let answer = json!({ "total": total, "rows": list }).to_string();
        assert_eq!(bills(rows, &answer).await, expect, "{answer}");
    };
    let bill = json!([{ "payArriveDate": "2018-01-01", "inAmount": 5 }]);
    let line = "not_a_row `payArriveDate or payMonth, and inAmount or outAmount or balance`";
    for total in [1, 2] {
        check(json!({ "d": "", "a": "9" }), total, rows(bill.clone(), line)).await;
        check(json!({ "d": "合计", "a": "5" }), total, rows(bill.clone(), "")).await;
    }
    check(json!({ "d": "", "a": "9" }), 3, CHANGED).await;
    // A sum of more than is there: the total may count it, or a row that is missing.
    check(json!({ "d": "合计", "a": "9" }), 1, rows(bill.clone(), "")).await;
    check(json!({ "d": "合计", "a": "9" }), 2, CHANGED).await;
    check(json!({ "d": "合计", "a": "" }), 2, CHANGED).await;
    // Its date stands under another key.
    for total in [1, 2] {
        check(json!({ "date": "2018-01-02", "a": "9" }), total, CHANGED).await;
    }
}

#[tokio::test]
async fn rows_that_name_another_or_several_are_nobodys() {
    let check = async |base: &str, names: &[&str], expect: Read| {
        let rows = "
    steps: [{ get: bills }]
    rows: { json: \"$.rows\", map: { d: payArriveDate, a: inAmount }, whose: { name: who, identity: number } }
";
        let list: Vec<Json> = names
            .iter()
            .map(|who| json!({ "d": "2018-01-01", "a": 5, "who": who, "number": "" }))
            .collect();
        let routes = vec![get("/app/bills", json!({ "rows": list }))];
        assert_eq!(read(Product::Fund, base, rows, routes).await, expect, "{base} {names:?}");
    };
    let bill = json!({ "payArriveDate": "2018-01-01", "inAmount": 5 });
    let own = |count: usize| rows(json!(vec![bill.clone(); count]), "");
    let base = r#"{"xm":"张三"}"#;
    check(base, &["张三", "张*", "", "张三（退休）"], own(4)).await;
    check(base, &["张三", "李四"], OTHER).await;
    check(base, &["*四"], OTHER).await;
    // Where nobody knows the person's name, the rows have to agree.
    let nobody = r#"{"xm":"","grzh":"A1"}"#;
    check(nobody, &["李四", "李*"], own(2)).await;
    check(nobody, &["李四", "王五"], OTHER).await;
    check(nobody, &["*三", "张三", "李三"], OTHER).await;
    check(nobody, &["张𬭛", "张？"], own(2)).await;
}

#[tokio::test]
async fn rows_of_several_numbers_are_nobodys() {
    let check = async |numbers: &[&str], expect: Read| {
        let rows = "
    steps: [{ get: bills }]
    rows: { json: \"$.rows\", map: { d: payArriveDate, a: inAmount }, whose: { identity: [number] } }
";
        let list: Vec<Json> =
            numbers.iter().map(|one| json!({ "d": "2018-01-01", "a": 5, "number": one })).collect();
        let routes = vec![get("/app/bills", json!({ "rows": list }))];
        let read = read(Product::Fund, r#"{"xm":"张三"}"#, rows, routes).await;
        assert_eq!(read, expect, "{numbers:?}");
    };
    let bill = json!({ "payArriveDate": "2018-01-01", "inAmount": 5 });
    let both = || rows(json!([bill, bill]), "");
    check(&["990102199001011237", "9901**********1237"], both()).await;
    check(&["9901**********1237", "990102900101123"], both()).await;
    check(&["E00000001", "990102199001011237"], both()).await;
    check(&["990102199001011237", "990102199001011245"], OTHER).await;
    check(&["9901**********1237", "990102199001011245"], OTHER).await;
    check(&["9901**********1237", "9901**********1245"], OTHER).await;
}

#[tokio::test]
async fn rows_of_other_accounts_count_in_the_total() {
    let rows_of = "
    each: [{ item: { of: accounts, as: account } }, { page: { size: 2, until: empty, total: { json: \"$.total\" } } }]
    steps: [{ get: bills, query: { who: \"{{ account }}\", page: \"{{ page }}\" } }]
    rows: { json: \"$.rows\", map: { d: payArriveDate, a: inAmount, grzh: ~ } }
";
    let row = |day: &str, account: &str| json!({ "d": day, "a": 5, "grzh": account });
    let page = |with, a: &str, rows: Json| Route {
        with,
        ..get("/app/bills", json!({ "total": a.parse::<i64>().unwrap(), "rows": rows }))
    };
    let base = r#"{"xm":"张三","grzh":"A1","all":["A1","A2"]}"#;
    let routes = |total: &str, last: &str| {
        vec![
            page(&["page=1"], total, json!([row("2018-01-01", "A1"), row("2018-01-02", "A2")])),
            page(&["page=2"], total, json!([row("2018-01-03", "A1"), row("2018-01-04", last)])),
        ]
    };
    let bill = |day: &str| json!({ "payArriveDate": day, "inAmount": 5 });
    let all = ["2018-01-04", "2018-01-03", "2018-01-02", "2018-01-01"].map(bill);
    let told = read(Product::Fund, base, rows_of, routes("4", "A2")).await;
    assert_eq!(told, rows(json!(all), "ignored_parameter `grzh`"));
    assert_eq!(read(Product::Fund, base, rows_of, routes("4", "A3")).await, OTHER);
    assert_eq!(read(Product::Fund, base, rows_of, routes("5", "A2")).await, CHANGED);
}

#[tokio::test]
async fn accounts_beside_the_persons_own_are_nobodys_without_a_loop() {
    let check = async |accounts: &[&str], expect: Read| {
        let list = "
    steps: [{ get: bills }]
    rows: { json: \"$.rows\", map: { d: payArriveDate, a: inAmount, grzh: ~ } }
";
        let rows: Vec<Json> = accounts
            .iter()
            .map(|account| json!({ "d": "2018-01-01", "a": 5, "grzh": account }))
            .collect();
        let routes = vec![get("/app/bills", json!({ "rows": rows }))];
        let base = r#"{"xm":"张三","grzh":"62220001"}"#;
        assert_eq!(read(Product::Fund, base, list, routes).await, expect, "{accounts:?}");
    };
    let bill = json!({ "payArriveDate": "2018-01-01", "inAmount": 5 });
    let own = |count: usize| rows(json!(vec![bill.clone(); count]), "");
    check(&["62220001", "62**0001", ""], own(3)).await;
    check(&["62220001", "62220002"], OTHER).await;
    // Another number alone may be the portal's own way to write the person's.
    check(&["A-1", "A-1"], own(2)).await;
}
