//! Odd records and rows: what is left out with a finding, and what fails the section.

use super::*;

/// What a definition reads, with its findings: `JSON | findings`, or why nothing is read.
fn read_odd(page: &str, definition: &serde_json::Value, table: Table) -> String {
    match read_with_findings(page, definition, table) {
        Ok((read, findings)) => {
            let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
            format!("{read} | {}", told.join("; "))
        }
        Err(unread) => told(&unread),
    }
}

#[test]
fn tables_of_one_header_are_one_list_where_their_dates_say_so() {
    let rows = json!({ "rows": { "table": "table",
        "map": { "缴费年月": "payMonthly", "个人": "payPerson" } } });
    let table = |rows: &[(&str, u32)]| {
        let cells = rows.iter().map(|(month, paid)| format!("<tr><td>{month}<td>{paid}</tr>"));
        format!("<table><tr><th>缴费年月<th>个人</tr>{}</table>", cells.collect::<String>())
    };
    let read = |tables: &[&[(&str, u32)]]| {
        let page: String = tables.iter().map(|rows| table(rows)).collect();
        read_odd(&page, &rows, Table::InsuranceRow)
    };
    let expect = |rows: &[(&str, u32)]| {
        let rows: Vec<String> = rows
            .iter()
            .map(|(month, paid)| format!(r#"{{"payMonthly":"{month}","payPerson":{paid}}}"#))
            .collect();
        format!("[{}] | ", rows.join(","))
    };
    // They touch at the month at which the rate changed.
    assert_eq!(
        read(&[&[("201801", 1), ("201802", 2)], &[("201802", 3), ("201803", 4)]]),
        expect(&[("2018-01", 1), ("2018-02", 2), ("2018-02", 3), ("2018-03", 4)])
    );
    assert_eq!(
        read(&[&[("201802", 3)], &[("201801", 1), ("201802", 2)]]),
        expect(&[("2018-02", 3), ("2018-01", 1), ("2018-02", 2)])
    );
    let two = "! 2 tables have this header";
    assert_eq!(read(&[&[("201801", 1), ("201803", 2)], &[("201802", 3), ("201803", 4)]]), two);
    assert_eq!(read(&[&[("201801", 1)], &[("201801", 2)]]), two, "nothing tells them apart");
    // The head stays while the rows scroll.
    let apart = |body: &str| {
        let page = format!("{}<table>{body}</table>", table(&[]));
        read_odd(&page, &rows, Table::InsuranceRow)
    };
    let line = "<tr><td>201801<td>1</tr>";
    assert_eq!(apart(line), expect(&[("2018-01", 1)]));
    assert_eq!(apart(&format!("{line}<tr><td>合计<td>1</tr>")), expect(&[("2018-01", 1)]));
    let above = "! a header without rows stands above a table";
    assert_eq!(apart(&format!("{line}<tr><td>张三<td>1</tr>")), above);
}

#[test]
fn two_shared_labels_with_different_values_are_no_value() {
    let record = json!({ "record": { "labels": "body", "map": { "姓名": "employeeName" } } });
    let check = |page: &str, expect: &str| {
        let page = format!("<table><tr><td>姓名<td>张三</tr>{page}</table>");
        assert_eq!(read_odd(&page, &record, Table::FundBase), expect, "{page}");
    };
    let both = |own: &str, other: &str| {
        format!("<tr><td>余额<td>{own}</tr><tr><td>本息余额<td>{other}</tr>")
    };
    let one = r#"{"employeeName":"张三","houseFundBalance":100} | "#;
    check(&both("100", ""), one);
    check(&both("", "100"), one);
    check(&both("100.00", "100元"), one);
    check(&both("100", "200"), r#"{"employeeName":"张三"} | unreadable houseFundBalance"#);
    check(&both("100", "见存折"), one);
    // What the file says goes before what is shared.
    let said = json!({ "record": { "labels": "body",
        "map": { "姓名": "employeeName", "余额": "houseFundBalance" } } });
    let page = format!("<table><tr><td>姓名<td>张三</tr>{}</table>", both("100", "200"));
    assert_eq!(read_odd(&page, &said, Table::FundBase), one);
}

#[test]
fn what_no_app_decides_by_is_not_worth_the_section() {
    let check = |field: &str, table: Table, expect: &str| {
        let (record, page) = match table {
            Table::FundBase => ("record", json!({ "n": "张三", "x": "见存折" })),
            _ => ("rows", json!([{ "n": "2018-01-01", "m": "5", "x": "见存折" }])),
        };
        let name = match table {
            Table::FundBase => json!("employeeName"),
            Table::InsuranceRow => json!("payDate"),
            _ => json!("payArriveDate"),
        };
        let mut map = json!({ "n": name, "x": field });
        match table {
            Table::FundBase => {}
            Table::InsuranceRow => map["m"] = json!("payPerson"),
            _ => map["m"] = json!("inAmount"),
        }
        let definition = json!({ record: { "json": "$", "map": map } });
        let read = read_odd(&page.to_string(), &definition, table);
        assert_eq!(read, expect, "{field}");
    };
    let kind = |field: &str| format!("! what stands for {field} is not of its kind");
    for field in ["openAccountDate", "depositRatioPersonal"] {
        let expect = format!(r#"{{"employeeName":"张三"}} | unreadable {field}"#);
        check(field, Table::FundBase, &expect);
    }
    check("payUntilDate", Table::FundBase, &kind("payUntilDate"));
    check("houseFundBalance", Table::FundBase, &kind("houseFundBalance"));
    check("payMonth", Table::FundBill, &kind("payMonth"));
    check("balance", Table::FundBill, &kind("balance"));
    let paid = r#"[{"payDate":"2018-01-01","payPerson":5}] | unreadable payPersonScale"#;
    check("payPersonScale", Table::InsuranceRow, paid);
    check("payMonthly", Table::InsuranceRow, &kind("payMonthly"));
}

#[test]
fn a_rename_fails_only_where_the_names_are_alike() {
    let check = |key: &str, value: &str, expect: &str| {
        let rows = json!({ "rows": { "json": "$",
            "map": { "rq": "payArriveDate", "fse": "inAmount", "yue": "balance" } } });
        let mut row = json!({ "rq": "2018-01-01", "fse": "5" });
        row[key] = json!(value);
        let read = read_odd(&json!([row]).to_string(), &rows, Table::FundBill);
        assert_eq!(read, expect, "{key}");
    };
    let bill = r#"[{"payArriveDate":"2018-01-01","inAmount":5}]"#;
    let fails = |key: &str| format!("! renamed balance `yue` (`{key}` may be it)");
    check("yuex", "9.00", &fails("yuex"));
    check("yu", "9.00", &fails("yu"));
    check("zhyue", "9.00", &fails("zhyue"));
    // The only one of its kind, of another name.
    let only =
        format!("{bill} | unmapped `jine` (money); renamed balance `yue` (`jine` may be it)");
    check("jine", "9.00", &only);
    // Of another kind.
    check("yuex", "汇缴", &format!("{bill} | unmapped `yuex` (text); absent balance `yue`"));
    // Some portals key their values by accounts, which are told to nobody.
    let hidden =
        format!("{bill} | unmapped `k***` (money); renamed balance `yue` (`k***` may be it)");
    check("k62220001234", "9.00", &hidden);
    check("k12345", "汇缴", &format!("{bill} | unmapped `k12345` (text); absent balance `yue`"));
}

#[test]
fn what_only_some_portals_have_is_not_missing() {
    let rows = json!({ "rows": { "json": "$",
        "map": { "rq": "payArriveDate", "fse": "inAmount", "yue": "balance?", "zy": "note?" } } });
    let check = |row: serde_json::Value, expect: &str| {
        let expect = format!(r#"[{{"payArriveDate":"2018-01-01","inAmount":5}}] | {expect}"#);
        assert_eq!(read_odd(&json!([row]).to_string(), &rows, Table::FundBill), expect, "{row}");
    };
    let neither = "not_offered balance `yue`; not_offered note `zy`";
    check(json!({ "rq": "2018-01-01", "fse": "5" }), neither);
    let renamed =
        "unmapped `yuex` (money); renamed balance `yue` (`yuex` may be it); not_offered note `zy`";
    check(json!({ "rq": "2018-01-01", "fse": "5", "yuex": "9.00" }), renamed);
    let unknown = format!("unmapped `q` (text); {neither}");
    check(json!({ "rq": "2018-01-01", "fse": "5", "q": "汇缴" }), &unknown);
}

#[test]
fn a_row_that_moves_nothing_is_one() {
    let rows = json!({ "rows": { "json": "$",
        "map": { "d": "payArriveDate", "z": "note", "s": "inAmount", "f": "outAmount" } } });
    let check = |row: serde_json::Value, expect: &str| {
        let other = json!({ "d": "2018-01-02", "z": "汇缴", "s": "5", "f": "" });
        let page = json!([row, other]).to_string();
        let expect =
            expect.replace("OTHER", r#"{"note":"汇缴","payArriveDate":"2018-01-02","inAmount":5}"#);
        assert_eq!(read_odd(&page, &rows, Table::FundBill), expect, "{row}");
    };
    let blank = json!({ "d": "2018-01-01", "z": "基数调整", "s": "", "f": "" });
    check(blank, r#"[{"note":"基数调整","payArriveDate":"2018-01-01"},OTHER] | "#);
    let left_out =
        "[OTHER] | not_a_row `payArriveDate or payMonth, and inAmount or outAmount or balance`";
    check(json!({ "d": "", "z": "基数调整", "s": "", "f": "" }), left_out);
    check(json!({ "d": "2018-01-01", "z": "", "s": "", "f": "" }), left_out);
    check(json!({ "d": "2018-01-01", "z": "基数调整" }), left_out);
    // Its amount may stand under another key.
    let changed = "! a row has other keys than the others";
    check(json!({ "d": "2018-01-01", "z": "提取", "s": "", "g": "5" }), changed);
}
