//! Readers on small pages: what is read, and what makes them refuse.

use std::{collections::BTreeMap, sync::Arc};

use fiveone_model::{
    area::AreaCode,
    product::Product,
    report::{Content, Dialect, Table},
};
use serde_json::json;

mod odd;
mod strange;

use super::*;
use crate::{library::Library, page::Page, template::Scope};

/// A scope that knows the day, and nothing else.
struct Nothing;

impl Scope for Nothing {
    fn get(&self, name: &str) -> Option<minijinja::Value> {
        (name == "today").then(|| minijinja::Value::from("2020-06-30"))
    }
}

fn connector() -> Arc<Connector> {
    let library = Library::part(&["wt-web-jcr", "210300"]);
    let area = AreaCode::parse("210300").unwrap();
    library.connector(Product::Fund, &area).unwrap().clone()
}

/// What a definition reads from a page: JSON of the document's table, or why not.
fn read(page: &str, definition: serde_json::Value, table: Table) -> String {
    match read_with_findings(page, &definition, table) {
        Ok((read, _)) => read,
        Err(unread) => told(&unread),
    }
}

/// What a definition reads from a page, and what was odd about it.
fn read_with_findings(
    page: &str,
    definition: &serde_json::Value,
    table: Table,
) -> Result<(String, Vec<Finding>), Unread> {
    let connector = connector();
    let (mut findings, whose) = (Vec::new(), Whose::default());
    let mut reader = reader(&connector, &whose, &mut findings);
    let page = Page::of(page);
    if let Some(source) = definition.get("record") {
        let source: Source = serde_json::from_value(source.clone()).unwrap();
        let record = reader.record(&page, &[source], table)?;
        return Ok((json!(record.render(Dialect::Table)).to_string(), findings));
    }
    let rows: Rows = serde_json::from_value(definition["rows"].clone()).unwrap();
    let mapping = Mapping::of_rows(&rows, table, &connector);
    let found = rows.from.find(&page, &mapping, false)?;
    if !found.has_place {
        return Err(UnexpectedPage::portal("no place").into());
    }
    let mut seen = SeenKeys::default();
    let mut read = reader.rows(found.rows, &rows, &mapping, &mut seen)?;
    decide_sides(&mut read, rows.sides.as_ref(), &mut findings)?;
    findings.extend(seen.findings(&mapping)?);
    let rows = read.into_iter().map(|row| row.record).collect();
    Ok((Content::Rows(rows).render(Dialect::Table).to_string(), findings))
}

/// A reader of nobody's pages in particular.
fn reader<'a>(
    connector: &'a Connector,
    whose: &'a Whose,
    findings: &'a mut Vec<Finding>,
) -> Reader<'a> {
    Reader {
        connector,
        scope: &Nothing,
        whose,
        insurance: None,
        findings,
        sums: Vec::new(),
        left_out: 0,
    }
}

fn told(unread: &Unread) -> String {
    match unread {
        Unread::Unexpected(page) => format!("! {}", page.reason),
        Unread::OtherPerson => "! other person".to_owned(),
    }
}

const GRID: &str = "<table class=grid><tr><th>缴费年月</th><th>缴费 基数</th><th>个人</th></tr>\
    <tr><td>201801</td><td>1,000.00</td><td>80</td></tr>\
    <tr><td>&nbsp;</td><td></td><td>&nbsp;</td></tr>\
    <tr><td>缴费年月</td><td>缴费基数</td><td>个人</td></tr>\
    <tr><td>201802</td><td>1000</td><td>80.5</td></tr>\
    <tr><td>合计</td><td></td><td>160.5</td></tr>\
    <tr><td colspan=3>共 2 条 1/1页</td></tr></table>";

#[test]
fn tables_are_read_by_their_headers() {
    let rows = || {
        json!({ "rows": { "table": "table.grid", "drop": ["合计"],
            "map": { "缴费年月": "payMonthly", "缴费基数": "salary", "个人": "payPerson", "单位": "payCompany?" } } })
    };
    let check = |page: &str, expect: &str| {
        assert_eq!(read(page, rows(), Table::InsuranceRow), expect, "{page}");
    };
    let good = r#"[{"payMonthly":"2018-01","salary":"1000.00","payPerson":80},{"payMonthly":"2018-02","salary":"1000","payPerson":80.5}]"#;
    check(GRID, good);
    // Moved columns move with their headers.
    let moved =
        GRID.replace("<th>缴费年月</th><th>缴费 基数</th>", "<th>缴费 基数</th><th>缴费年月</th>");
    check(&moved, "! what stands for payMonthly is not of its kind");
    // A second header that differs is no row, and no header either.
    check(&GRID.replace("缴费 基数", "工资"), "! what stands for payMonthly is not of its kind");
    check(
        &GRID.replace("缴费 基数", "工资").replace("缴费基数", "工资"),
        r#"[{"payMonthly":"2018-01","payPerson":80},{"payMonthly":"2018-02","payPerson":80.5}]"#,
    );
    check(&GRID.replace("<td>80</td>", ""), "! a row of 2 cells under 3 headers");
    check(&GRID.replace("1,000.00", "张三"), "! what stands for salary is not of its kind");
    check(&GRID.replace("合计", "总计"), good);
    check(&GRID.replace("合计", "张三"), "! what stands for payMonthly is not of its kind");
    // The same rows twice are one table; other rows of the same months are another list.
    check(&format!("{GRID}{GRID}"), good);
    let other = GRID.replace("1,000.00", "900.00");
    check(&format!("{GRID}{other}"), "! 2 tables have this header");
    // A table a year.
    let earlier = other.replace("2018", "2017");
    check(
        &format!("{GRID}{earlier}"),
        r#"[{"payMonthly":"2018-01","salary":"1000.00","payPerson":80},{"payMonthly":"2018-02","salary":"1000","payPerson":80.5},{"payMonthly":"2017-01","salary":"900.00","payPerson":80},{"payMonthly":"2017-02","salary":"1000","payPerson":80.5}]"#,
    );
    check(&format!("<table><tr><td>{GRID}</td></tr></table>"), good);
}

#[test]
fn flat_cells_are_cut_by_their_headers() {
    let rows = || {
        json!({ "rows": { "flat": { "header": "th", "cells": "input", "without": ["序号"] },
            "map": { "年月": "payMonthly", "基数": "salary" } } })
    };
    let page = "<table><tr><th>序号<th>年月<th>基数</tr></table>\
        <input value=201801><input value=10><input value=201802><input value=20>";
    let check = |page: &str, expect: &str| {
        assert_eq!(read(page, rows(), Table::InsuranceRow), expect, "{page}");
    };
    check(
        page,
        r#"[{"payMonthly":"2018-01","salary":"10"},{"payMonthly":"2018-02","salary":"20"}]"#,
    );
    check(&page.replacen("<input value=10>", "", 1), "! 3 cells under 2 headers");
    check(&page.replace("基数", "金额"), "! the headers are not there");
    check(
        &page.replace("<th>序号<th>年月<th>基数", "<th>序号<th>基数<th>年月"),
        "! what stands for payMonthly is not of its kind",
    );
}

#[test]
fn columns_that_are_lists_must_be_of_one_length() {
    let rows = || json!({ "rows": { "lists": ".listinfo dl", "map": { "年度": "payMonthly", "金额": "amount" } } });
    let page = "<div class=listinfo><dl><dt>年度<dd>201801<dd>201802</dl><dl><dt>金额<dd>1<dd>2</dl></div>";
    let check = |page: &str, expect: &str| {
        assert_eq!(read(page, rows(), Table::InsuranceRow), expect, "{page}");
    };
    check(page, r#"[{"payMonthly":"2018-01","amount":1},{"payMonthly":"2018-02","amount":2}]"#);
    check(&page.replace("<dd>2</dl>", "</dl>"), "! the columns are not of one length");
    check("<div class=listinfo><dl><dt>年度<dd></dl><dl><dt>金额<dd></dl></div>", "[]");
}

#[test]
fn records_take_every_shape_of_the_sheets() {
    let check = |page: &str, record: serde_json::Value, expect: &str| {
        let definition = json!({ "record": record });
        assert_eq!(read(page, definition, Table::FundBase), expect, "{page}");
    };
    let cells = "<table id=t><tr><td id=XM>张三<td id=bkname>工行<td id=bkname>3500</tr></table>";
    let map = json!({ "ids": "#t", "map": { "xm": "employeeName",
        "bkname": [{ "to": "bankName", "nth": 1 }, { "to": "monthPayBaseAmount", "nth": 2 }] } });
    check(
        cells,
        map.clone(),
        r#"{"employeeName":"张三","monthPayBaseAmount":3500,"bankName":"工行"}"#,
    );
    check(
        &cells.replace("<td id=bkname>3500", ""),
        map,
        r#"{"employeeName":"张三","bankName":"工行"}"#,
    );
    let pairs = json!({ "pairs": { "lists": "ul" }, "map": { "姓名": "employeeName", "余额": "houseFundBalance" } });
    let page = "<ul><li>首页</ul><ul><li>姓 名：<li>余额</ul><ul><li>张三<li>1.5元</ul>";
    check(page, pairs.clone(), r#"{"employeeName":"张三","houseFundBalance":1.5}"#);
    check(&page.replace("<li>1.5元", ""), pairs, "! 2 labels beside 1 values");
    let object = json!({ "json": "$.data", "map": { "xm": "employeeName", "zt": { "to": "houseFundStatus", "codes": { "0": "正常" } },
        "jcbl": { "to": "depositRatioPersonal", "value": "{{ it }}%" } } });
    check(
        r#"{"data":{"xm":"张三","zt":0,"jcbl":12}}"#,
        object.clone(),
        r#"{"employeeName":"张三","houseFundStatus":"正常","depositRatioPersonal":"12.00"}"#,
    );
    check(
        r#"{"data":[{"xm":"张三","zt":"0","jcbl":null}]}"#,
        object.clone(),
        r#"{"employeeName":"张三","houseFundStatus":"正常"}"#,
    );
    check(
        r#"{"data":{"xm":"张三","zt":"7","jcbl":12}}"#,
        object.clone(),
        r#"{"employeeName":"张三","depositRatioPersonal":"12.00"}"#,
    );
    check(
        r#"{"data":{"xm":"张三","zt":{},"jcbl":12}}"#,
        object.clone(),
        "! `zt` is no longer a plain value",
    );
    check(
        r#"{"data":{"xm":"张三","zu":"0","jcbl":12}}"#,
        object.clone(),
        r#"{"employeeName":"张三","depositRatioPersonal":"12.00"}"#,
    );
    check(r#"{"data":[{"xm":"张三"},{"xm":"李四"}]}"#, object, "! 2 records where one was due");
    let chosen = json!({ "json": "$.data", "choose": { "prefer": { "zt": ["01", "02"] }, "newest": "rq" },
        "map": { "xm": "employeeName", "ye": "houseFundBalance" } });
    let two = r#"{"data":[{"xm":"张三","zt":"05","rq":"2019-01-01","ye":1},{"xm":"张三","zt":"01","rq":"2010-01-01","ye":2}]}"#;
    check(two, chosen.clone(), r#"{"employeeName":"张三","houseFundBalance":2}"#);
    let newest = r#"{"employeeName":"张三","houseFundBalance":1}"#;
    check(&two.replace("\"05\"", "\"01\""), chosen.clone(), newest);
    let undecided = two.replace("\"05\"", "\"01\"").replace("2019", "2010");
    check(&undecided, chosen.clone(), r#"{"employeeName":"张三"}"#);
    let strangers = undecided.replacen("张三", "李四", 1);
    check(&strangers, chosen, "! nothing says whose record this is");
    let computed = json!({ "json": "$", "map": { "n": "employeeName", "y": null, "m": null },
        "values": { "payUntilDate": "{{ row.y }}-{{ row['m'] }}" } });
    check(
        r#"{"n":"张三","y":"2018","m":"1"}"#,
        computed,
        r#"{"employeeName":"张三","payUntilDate":"2018-01"}"#,
    );
}

#[test]
fn one_amount_goes_to_its_side() {
    let rows = json!({ "rows": { "json": "$", "map": { "d": "payArriveDate" },
        "sides": { "amount": "a", "by": "w", "in": ["汇缴", "结息", "销户结息"], "out": ["提取", "销户"] } } });
    let check = |words: &str, expect: &str| {
        let page = json!([{ "d": "2018-01-01", "a": "5", "w": words }]).to_string();
        assert_eq!(read(&page, rows.clone(), Table::FundBill), expect, "{words}");
    };
    check("2018年汇缴", r#"[{"payArriveDate":"2018-01-01","inAmount":5}]"#);
    check("购房提取", r#"[{"payArriveDate":"2018-01-01","outAmount":5}]"#);
    check("销户结息", r#"[{"payArriveDate":"2018-01-01","inAmount":5}]"#);
    check("调整", "! `w` tells no side of the amount");
    check("汇缴提取", "! `w` tells no side of the amount");
}

#[test]
fn rows_are_shared_out_by_their_words() {
    let split = || {
        serde_json::from_value(json!({ "by": "k", "ignore": ["380"],
            "into": { "oldageInsuranceInfos": ["110", "养老"], "medicalInsuranceInfos": ["310", "医疗"] } }))
        .unwrap()
    };
    let count = |codes: &[&str]| {
        let connector = connector();
        let rows: Rows =
            serde_json::from_value(json!({ "json": "$", "map": { "m": "payMonthly", "k": null },
                "essential": [["payMonthly"]] }))
            .unwrap();
        let page: Vec<_> = codes.iter().map(|code| json!({ "m": "201801", "k": code })).collect();
        let (mut findings, whose) = (Vec::new(), Whose::default());
        let mut reader = reader(&connector, &whose, &mut findings);
        let page = Page::of(&json!(page).to_string());
        let split: crate::definition::Split = split();
        let mut mapping = Mapping::of_rows(&rows, Table::InsuranceRow, &connector);
        mapping.require(split.by.iter().map(String::as_str).collect());
        let found = rows.from.find(&page, &mapping, false).unwrap();
        let mut seen = SeenKeys::default();
        let read = reader.rows(found.rows, &rows, &mapping, &mut seen).unwrap();
        partition(read, &split).map(|shares| {
            shares
                .into_iter()
                .map(|(name, rows)| (name.as_str(), rows.len()))
                .collect::<BTreeMap<_, _>>()
        })
    };
    let one_each = BTreeMap::from([("oldageInsuranceInfos", 1), ("medicalInsuranceInfos", 1)]);
    assert_eq!(count(&["110", "310", "380"]), Ok(one_each.clone()));
    assert_eq!(count(&["职工基本养老保险", "基本医疗"]), Ok(one_each));
    for unknown in [["110", "410"], ["110", "1100"], ["110", ""]] {
        let told = Err(UnexpectedPage::portal("`k` names no known insurance"));
        assert_eq!(count(&unknown), told, "{unknown:?}");
    }
    assert_eq!(count(&["养老和医疗"]), Err(UnexpectedPage::portal("`k` names two insurances")));
}

#[test]
fn a_text_that_does_not_fit_becomes_what_else_says() {
    let check = |target: serde_json::Value, text: &str, expect: &str| {
        let target = |otherwise: Option<&str>| {
            let mut target = target.clone();
            if let Some(word) = otherwise {
                target["else"] = json!(word);
            }
            target
        };
        let outcomes: Vec<String> =
            [None, Some("keep"), Some("blank"), Some("leave_out"), Some("fail")]
                .into_iter()
                .map(|otherwise| {
                    let definition = json!({ "record": { "json": "$",
                        "map": { "n": "employeeName", "x": target(otherwise) } } });
                    let page = json!({ "n": "张三", "x": text }).to_string();
                    match read_with_findings(&page, &definition, Table::FundBase) {
                        Ok((read, findings)) => {
                            let mut shown: serde_json::Value = serde_json::from_str(&read).unwrap();
                            shown.as_object_mut().unwrap().remove("employeeName");
                            let odd: Vec<_> =
                                findings.iter().map(|one| one.kind.as_str()).collect();
                            format!("{shown}{}", odd.join(" "))
                        }
                        Err(unread) => told(&unread),
                    }
                })
                .collect();
        assert_eq!(outcomes.join(" | "), expect, "{text}");
    };
    let codes = json!({ "to": "houseFundStatus", "codes": { "0": "正常" } });
    let good = r#"{"houseFundStatus":"正常"}"#;
    check(codes.clone(), "0", &[good; 5].join(" | "));
    check(codes.clone(), "00", &[good; 5].join(" | "));
    // Words may stand where codes do; a code that no table knows is kept by nobody.
    check(
        codes.clone(),
        "托管",
        r#"{}unreadable | {"houseFundStatus":"托管"} | {} | {}unreadable | ! what stands for houseFundStatus fits no code"#,
    );
    check(
        codes,
        "7",
        r#"{}unreadable | {}unreadable | {} | {}unreadable | ! what stands for houseFundStatus fits no code"#,
    );
    check(
        json!({ "to": "bankName", "matching": "^\\D+$" }),
        "工行1",
        r#"{}unreadable | {"bankName":"工行1"} | {} | {}unreadable | ! what stands for bankName fits no pattern"#,
    );
    let kind = "! what stands for houseFundBalance is not of its kind";
    check(
        json!({ "to": "houseFundBalance" }),
        "一元",
        &format!("{kind} | {kind} | {{}} | {{}}unreadable | {kind}"),
    );
}
