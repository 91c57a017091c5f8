//! Where lists end: pages that are counted, shown, or not looked at.

use fiveone_model::{failure::FailureKind, product::Product};
use serde_json::json;

use super::{
    lists::{CHANGED, HEADER, Read, bills, read, rows},
    scripted::{Route, get},
};

#[tokio::test]
async fn a_page_count_that_the_file_does_not_know_is_not_its_constant() {
    let pager = "
    each: { page: { pages: [{ input: totalpages }, { value: \"1\" }] } }
    steps: [{ get: bills, query: { page: \"{{ page }}\" } }]
    rows: { table: table, map: { 日期: payArriveDate, 收入: inAmount } }
";
    let table = format!("<table>{HEADER}<tr><td>2018-01-01<td>5</tr></table>");
    let one = || rows(json!([{ "payArriveDate": "2018-01-01", "inAmount": 5 }]), "");
    for (beside, expect) in [
        ("", one()),
        ("<p>网页设计</p>", one()),
        ("<input name=totalpages value=1><p>共 3 页</p>", one()),
        ("<p>共 3 页</p>", CHANGED),
        ("<p>第1页 / 总3页</p>", CHANGED),
        ("<p>1/3页</p>", CHANGED),
        ("<a>下一页</a>", CHANGED),
    ] {
        assert_eq!(bills(pager, &format!("{table}{beside}")).await, expect, "{beside}");
    }
}

#[tokio::test]
async fn a_page_that_speaks_of_no_pages_and_comes_again_is_all() {
    let pager = "
    each: { page: { until: empty } }
    steps: [{ get: bills, query: { page: \"{{ page }}\" } }]
    rows: { table: table, map: { 日期: payArriveDate, 收入: inAmount } }
";
    let table = format!("<table>{HEADER}<tr><td>2018-01-01<td>5</tr></table>");
    let one = json!([{ "payArriveDate": "2018-01-01", "inAmount": 5 }]);
    assert_eq!(bills(pager, &table).await, rows(one, "repeated_rows `page`"));
    for pages in ["<p>第 1 页</p>", "<a>下一页</a>", "<div id=pager></div>"] {
        assert_eq!(bills(pager, &format!("{table}{pages}")).await, CHANGED, "{pages}");
    }
}

#[tokio::test]
async fn pages_that_are_only_shown_are_read_all_the_same() {
    let pager = "
    each: { page: { size: 100, until: short } }
    steps: [{ get: bills, query: { page: \"{{ page }}\" } }]
    rows: { table: table, map: { 日期: payArriveDate, 收入: inAmount } }
";
    let page = |day: &str| {
        let table = format!("<table>{HEADER}<tr><td>{day}<td>5</tr></table>");
        format!("{table}<p>共 2 页</p>")
    };
    let of = |with, day: &str| Route { with, ..get("/app/bills", page(day).as_str()) };
    let bill = |day: &str| json!({ "payArriveDate": day, "inAmount": 5 });
    let base = r#"{"xm":"张三"}"#;
    let routes = vec![of(&["page=1"], "2018-02-01"), of(&["page=2"], "2018-01-01")];
    let both = rows(json!([bill("2018-02-01"), bill("2018-01-01")]), "");
    assert_eq!(read(Product::Fund, base, pager, routes).await, both);
    // The second page is the first again, and was told to be another.
    assert_eq!(bills(pager, &page("2018-01-01")).await, CHANGED);
    let one = page("2018-01-01").replace("共 2 页", "共 1 页");
    assert_eq!(bills(pager, &one).await, rows(json!([bill("2018-01-01")]), ""));
}

#[tokio::test]
async fn rows_that_are_the_same_at_one_border_of_several_may_be_two() {
    let pager = "
    each: { page: { size: 4, until: short } }
    steps: [{ get: bills, query: { page: \"{{ page }}\" } }]
    rows: { json: \"$.rows\", map: { d: payArriveDate, a: inAmount } }
";
    let check = async |pages: [&[u8]; 3], expect: Option<usize>| {
        let row = |day: &u8| json!({ "d": format!("2018-01-{day:02}"), "a": 5 });
        let asked: [&[&str]; 3] = [&["page=1"], &["page=2"], &["page=3"]];
        let route = |(with, page): (&'static [&str], &[u8])| Route {
            with,
            ..get("/app/bills", json!({ "rows": page.iter().map(row).collect::<Vec<_>>() }))
        };
        let routes = asked.into_iter().zip(pages).map(route).collect();
        let read = read(Product::Fund, r#"{"xm":"张三"}"#, pager, routes).await;
        let rows = read.map(|(rows, _)| rows.as_array().map_or(0, Vec::len));
        assert_eq!(rows, expect.ok_or(FailureKind::PortalChanged), "{pages:?}");
    };
    check([&[12, 11, 10, 9], &[8, 7, 6, 5], &[4, 3]], Some(10)).await;
    check([&[12, 11, 10, 9], &[9, 8, 7, 6], &[6, 5]], Some(8)).await;
    check([&[12, 11, 10, 9], &[9, 8, 7, 6], &[5, 4]], None).await;
}

#[tokio::test]
async fn a_page_to_log_in_at_behind_records_is_a_lost_session() {
    let list = "
    steps: [{ get: bills }]
    rows: { json: \"$.rows\", map: { d: payArriveDate, a: inAmount } }
";
    let entry = "<form><input name=id><input type=password name=pwd></form>";
    assert_eq!(bills(list, entry).await, Err(FailureKind::SessionLost));
    assert_eq!(bills(list, "<p>您好</p>").await, CHANGED);
}

#[tokio::test]
async fn years_that_all_bring_the_same_one_are_not_all_there_is() {
    let check = async |years: &[&str], days: [&str; 2], expect: Read| {
        let list = "
    each: { item: { of: accounts, as: year } }
    steps: [{ get: bills, query: { year: \"{{ year }}\" } }]
    rows: { json: \"$.rows\", map: { d: payArriveDate, a: inAmount } }
";
        let rows = days.map(|day| json!({ "d": day, "a": 5 }));
        let routes = vec![get("/app/bills", json!({ "rows": rows }))];
        let base = json!({ "xm": "张三", "all": years }).to_string();
        assert_eq!(read(Product::Fund, &base, list, routes).await, expect, "{years:?} {days:?}");
    };
    let both = |days: [&str; 2]| {
        let bills = days.map(|day| json!({ "payArriveDate": day, "inAmount": 5 }));
        rows(json!(bills), "ignored_parameter `year`")
    };
    for years in [&["2018", "2017", "2016"], &["2017-2018", "2016-2017", "2015-2016"]] {
        check(years, ["2018-02-01", "2018-01-01"], CHANGED).await;
        check(years, ["2018-02-01", "2016-01-01"], both(["2018-02-01", "2016-01-01"])).await;
    }
    // With two, the running year may be offered under its name as well; another year may not be it.
    let days = ["2018-02-01", "2018-01-01"];
    check(&["当前年度", "2017-2018"], days, both(days)).await;
    check(&["当前年度", "2011-2012"], days, CHANGED).await;
    let kinds = &["甲", "乙", "丙"];
    check(kinds, ["2018-02-01", "2018-01-01"], both(["2018-02-01", "2018-01-01"])).await;
}
