//! What portals of other hands showed, and readers told wrong or lost.

use fiveone_model::{finding::FindingKind, report::Table};
use serde_json::json;

use super::super::{Mapping, Rows, SeenKeys, Whose};
use super::{connector, read, read_with_findings, reader};
use crate::page::Page;

#[test]
fn a_column_beside_the_sides_is_none_of_a_withdrawal() {
    let rows = json!({ "rows": { "json": "$", "map": {
        "d": "payArriveDate", "SR": "inAmount", "ZC": "outAmount", "LX": "inAmount" } } });
    let check = |row: serde_json::Value, expect: &str| {
        assert_eq!(read(&json!([row]).to_string(), rows.clone(), Table::FundBill), expect);
    };
    check(
        json!({ "d": "2018-01-01", "SR": "0.00", "ZC": "0.00", "LX": "1.11" }),
        r#"[{"payArriveDate":"2018-01-01","inAmount":1.11,"outAmount":0}]"#,
    );
    check(
        json!({ "d": "2018-01-01", "SR": "0.00", "ZC": "9.00", "LX": "1.11" }),
        r#"[{"payArriveDate":"2018-01-01","outAmount":9}]"#,
    );
    check(
        json!({ "d": "2018-01-01", "SR": "9.00", "ZC": "0.00", "LX": "1.11" }),
        r#"[{"payArriveDate":"2018-01-01","inAmount":9,"outAmount":0}]"#,
    );
}

#[test]
fn a_table_that_is_the_beginning_of_another_is_not_read_twice() {
    let rows = json!({ "rows": { "table": "table", "map": { "日期": "payArriveDate", "收入": "inAmount" } } });
    let table = |days: &[u8]| {
        let lines = days.iter().map(|day| format!("<tr><td>2018-01-0{day}<td>5</tr>"));
        format!("<table><tr><th>日期<th>收入</tr>{}</table>", lines.collect::<String>())
    };
    let whole = read(&table(&[4, 3, 2, 1]), rows.clone(), Table::FundBill);
    for latest in [vec![4, 3], vec![4], vec![4, 3, 2, 1]] {
        let page = table(&latest) + &table(&[4, 3, 2, 1]);
        assert_eq!(read(&page, rows.clone(), Table::FundBill), whole, "{latest:?}");
    }
    let other = table(&[4, 2]) + &table(&[4, 3, 2, 1]);
    assert_eq!(read(&other, rows, Table::FundBill), "! 2 tables have this header");
}

#[test]
fn what_cannot_be_the_value_of_its_field_is_left_out() {
    let record = json!({ "record": { "json": "$", "map": {
        "n": "employeeName", "i": "idCard", "o": "openAccountDate" } } });
    let check = |value: serde_json::Value, expect: &str, told: &[FindingKind]| {
        let read = read_with_findings(&value.to_string(), &record, Table::FundBase);
        let (read, findings) = read.unwrap();
        let kinds: Vec<FindingKind> = findings.iter().map(|finding| finding.kind).collect();
        assert_eq!((read.as_str(), kinds.as_slice()), (expect, told), "{value}");
    };
    check(
        json!({ "n": "张三", "i": "E00000001", "o": "1992-01-01" }),
        r#"{"employeeName":"张三","openAccountDate":"1992-01-01","idCard":"E00000001"}"#,
        &[],
    );
    check(
        json!({ "n": "张三", "o": "2020-06-30" }),
        r#"{"employeeName":"张三","openAccountDate":"2020-06-30"}"#,
        &[FindingKind::Absent],
    );
    check(
        json!({ "n": "张三", "i": "", "o": "2099-01-01" }),
        r#"{"employeeName":"张三"}"#,
        &[FindingKind::ImpossibleDate],
    );
    // The code of the document stands where its number should, and the epoch for no date.
    check(
        json!({ "n": "张三", "i": "01", "o": "1970-01-01" }),
        r#"{"employeeName":"张三"}"#,
        &[FindingKind::Unreadable, FindingKind::ImpossibleDate],
    );
}

#[test]
fn what_was_carried_over_is_counted_and_no_sum() {
    let connector = connector();
    let (mut findings, whose) = (Vec::new(), Whose::default());
    let mut reader = reader(&connector, &whose, &mut findings);
    let rows: Rows = serde_json::from_value(
        json!({ "json": "$", "map": { "d": "payArriveDate", "w": "note", "a": "inAmount" } }),
    )
    .unwrap();
    let mapping = Mapping::of_rows(&rows, Table::FundBill, &connector);
    let page = json!([
        { "d": "2018-01-01", "w": "上年结转", "a": 100 },
        { "d": "2018-02-01", "w": "汇缴", "a": 5 },
        { "d": "", "w": "合计", "a": 5 },
    ]);
    let found = rows.from.find(&Page::of(&page.to_string()), &mapping, false).unwrap();
    let read = reader.rows(found.rows, &rows, &mapping, &mut SeenKeys::default()).unwrap();
    assert_eq!((read.len(), reader.left_out, reader.sums.len()), (1, 2, 1));
}
