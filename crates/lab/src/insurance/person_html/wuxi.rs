//! The pages of 无锡: lists of labels beside lists of values, and one `dl` a column, whose pages end
//! when the columns are absent. Medical is a yearly account.

use std::fmt::Write as _;

use serde_json::Value;

use super::person_facts;
use crate::behaviour::Behaviour;
use crate::html;
use crate::insurance::history::{Kind, Pay, Record};
use crate::lines::{Arranging, Line};
use crate::money::Cents;
use crate::notation::Notation;
use crate::people::Person;
use crate::session::Session;
use crate::shown::{Fact, Shown, aside, fact, text, told};
use crate::vary::{Dimension, Vary};
use crate::visit::{Page, Visit};
use crate::window;

const YEARS_A_PAGE: usize = 5;

pub(super) fn answer(
    visit: &Visit<'_>,
    session: &Session,
    (person, record): (&Person, &Record),
    name: &str,
) -> Page {
    match name {
        "personInfo.html" | "personBaseInfo.html" => base(visit, session, person, record),
        "personCBInfo.html" => insured(visit, person, record),
        "personMedCountInfo.html" => medical(visit, session, record),
        "monthFeeInfo.html" => months(visit, session, person, record),
        _ => Page::missing(),
    }
}

pub(super) fn base_facts(person: &Person, record: &Record) -> Vec<Fact> {
    let mut facts = person_facts(person, record);
    for fact in &mut facts {
        fact.label = match fact.label {
            "姓 名" => "姓　　名",
            "性 别" => "性　　别",
            "民 族" => "民　　族",
            other => other,
        };
    }
    facts.insert(0, fact("个人编码", "personalNo", text(&person.employee_no)).essential());
    facts.push(fact("联系地址", "residenceAddress", Shown::Maybe(person.address.clone())));
    facts.push(fact("邮政编码", "residenceZipcode", text(&person.zipcode)));
    facts
}

fn base(visit: &Visit<'_>, session: &Session, person: &Person, record: &Record) -> Page {
    let is_changed = session.is(Behaviour::Changed);
    let notation = Notation::html(&visit.vary);
    let arranging = Arranging { vary: &visit.vary, notation, is_changed };
    let lines = arranging.lines(&base_facts(person, record));
    // A real page has its facts in three pairs of lists.
    let blocks = if visit.vary.has(Dimension::RecordPlace) { 3 } else { 1 };
    let mut body = String::from("<div class=\"info\">");
    for part in lines.chunks(lines.len().div_ceil(blocks).max(1)) {
        let (mut labels, mut values) = (String::new(), String::new());
        for line in part {
            let _ = write!(labels, "<li>{}</li>", arranging.label_cell(line));
            let _ = write!(values, "<li>{}</li>", html::escape(&line.text));
        }
        let _ = write!(
            body,
            "<ul class=\"left\">{labels}</ul>\r\n<ul class=\"right\">{values}</ul>\r\n"
        );
    }
    Page::html(html::page("个人基本信息", "UTF-8", &(body + "</div>"))).data(&["baseInfo"])
}

/// One `dl` a column: the title in `dt`, then a `dd` a row.
fn columns(arranging: &Arranging<'_>, class: &str, head: &[Line], rows: &[Vec<Line>]) -> String {
    let mut list = format!("<div class=\"{class}\">");
    for (column, title) in head.iter().enumerate() {
        let _ = write!(list, "<dl><dt>{}</dt>", html::escape(&arranging.label(title)));
        for row in rows {
            let value = row.get(column).map_or("", |line| line.text.as_str());
            let _ = write!(list, "<dd>{}</dd>", html::escape(value));
        }
        list.push_str("</dl>\r\n");
    }
    list + "</div>"
}

/// The list of insurances a person is in; no section of the document stands for it.
fn insured(visit: &Visit<'_>, person: &Person, record: &Record) -> Page {
    let facts = |kind: Kind| {
        vec![
            aside("个人编码", text(&person.employee_no)).essential(),
            aside("险种类型", text(kind.word())),
            aside("参保状态", text(record.state)),
            aside("首次参保年月", Shown::Month(Some(record.first_insured))),
        ]
    };
    let notation = Notation::html(&visit.vary);
    let arranging = Arranging { vary: &visit.vary, notation, is_changed: false };
    let rows: Vec<Vec<Line>> =
        Kind::ALL.iter().map(|kind| arranging.lines(&facts(*kind))).collect();
    let body = if visit.number("pageNo").unwrap_or(1) > 1 {
        columns(&arranging, "listinfo", &[], &[])
    } else {
        columns(&arranging, "listinfo", &rows[0], &rows)
    };
    Page::html(html::page("参保信息", "UTF-8", &body))
}

/// What went into the medical account in each year, oldest first.
pub(super) fn years(record: &Record) -> Vec<(i16, Cents)> {
    let mut years: Vec<(i16, Cents)> = Vec::new();
    for pay in record.rows(Kind::Medical) {
        let cents = pay.own + pay.unit / 4;
        match years.last_mut() {
            Some(last) if last.0 == pay.month.year => last.1 += cents,
            _ => years.push((pay.month.year, cents)),
        }
    }
    years
}

/// The account in one of the years.
pub(super) fn year_facts(years: &[(i16, Cents)], place: usize) -> Vec<Fact> {
    let before: Cents = years[..place].iter().map(|year| year.1).sum();
    let (year, cents) = years[place];
    vec![
        fact("年度", "describe", text(year.to_string())).essential(),
        aside("上年结转", Shown::Money(before)),
        fact("本年划入", "amount", Shown::Money(cents)).essential(),
        aside("本年支出", Shown::Money(0)),
        aside("账户余额", Shown::Money(before + cents)),
    ]
}

fn medical(visit: &Visit<'_>, session: &Session, record: &Record) -> Page {
    let vary = &visit.vary;
    let years = years(record);
    let places = window::ordered(vary, (0..years.len()).collect::<Vec<_>>());
    let asked = visit.number("pageNo").unwrap_or(1);
    let shown = window::page(vary, &places, asked, YEARS_A_PAGE);
    let is_changed = session.is(Behaviour::ChangedRows);
    let arranging = Arranging { vary, notation: Notation::html(vary), is_changed };
    let class = if is_changed { "grid2" } else { "listinfo" };
    let rows: Vec<Vec<Line>> =
        shown.rows.iter().map(|place| arranging.lines(&year_facts(&years, *place))).collect();
    let body = match rows.first() {
        Some(head) => columns(&arranging, class, head, &rows),
        None if asked == 1 && vary.has(Dimension::Empty) => {
            // A sibling's list without rows has one blank cell a column.
            let head = arranging.lines(&year_facts(&[(0, 0)], 0));
            columns(&arranging, class, &head, &[Vec::new()])
        }
        None => columns(&arranging, class, &[], &[]),
    };
    Page::html(html::page("医疗账户信息", "UTF-8", &body)).data(&["medicalInsuranceInfos"])
}

/// The insurances that a month's payment is split into, in the order of the columns.
const SPLIT: [Kind; 5] =
    [Kind::Pension, Kind::Medical, Kind::Unemployment, Kind::Injury, Kind::Birth];

/// The months of the monthly payments: a row for all insurances together.
fn month_rows(record: &Record) -> Vec<[&Pay; 5]> {
    let of = |kind: Kind, lead: &Pay| {
        let rows = record.rows(kind).iter();
        rows.clone().find(|pay| pay.month == lead.month && pay.unit.signum() == lead.unit.signum())
    };
    let lead = record.rows(Kind::Injury).iter();
    let row = |lead| {
        let split = SPLIT.map(|kind| of(kind, lead));
        Some([split[0]?, split[1]?, split[2]?, split[3]?, split[4]?])
    };
    let mut rows: Vec<[&Pay; 5]> = lead.filter_map(row).collect();
    rows.dedup_by_key(|row| (row[0].month, row[0].unit.signum()));
    rows
}

fn month_facts(person: &Person, row: &[&Pay; 5]) -> Vec<Fact> {
    let pay = row[0];
    let sum = |place: usize| Shown::Money(row[place].own + row[place].unit);
    vec![
        aside("个人编码", text(&person.employee_no)).essential(),
        aside("单位名称", text(&pay.company)).essential(),
        aside("缴费年月", Shown::Month(Some(pay.month))).essential(),
        aside("缴费基数", Shown::Money(pay.base)).essential(),
        aside("养老保险", sum(0)).essential(),
        aside("医疗保险", sum(1)).essential(),
        aside("失业保险", sum(2)).essential(),
        aside("工伤保险", sum(3)).essential(),
        aside("生育保险", sum(4)).essential(),
        aside("缴费类型", text(pay.describe)),
        aside("缴费标志", text(pay.state)),
    ]
}

/// One `dl` a column, eleven of them, for all insurances together.
fn months(visit: &Visit<'_>, session: &Session, person: &Person, record: &Record) -> Page {
    let vary = &visit.vary;
    let rows = window::ordered(vary, month_rows(record));
    let asked = visit.number("pageNo").unwrap_or(1);
    let shown = window::page(vary, &rows, asked, visit.city.page_rows);
    let is_changed = session.is(Behaviour::ChangedRows);
    let notation = Notation::html(vary).compact_months();
    let arranging = Arranging { vary, notation, is_changed };
    let lines: Vec<Vec<Line>> =
        shown.rows.iter().map(|row| arranging.lines(&month_facts(person, row))).collect();
    let head = lines.first().map(Vec::as_slice).unwrap_or_default();
    let (page, pages) = (shown.page, shown.pages);
    let plain = format!("{page}/{pages}页");
    let pager = window::pager(vary, page, pages, shown.total, &plain);
    let body = columns(&arranging, "listinfo", head, &lines)
        + &format!("<div class=\"page_num\">{pager}</div>");
    Page::html(html::page("月缴费信息", "UTF-8", &body))
}

/// What a reader may make of the monthly payments. The sources do not tell whose money a column is.
pub(super) fn month_truth(vary: &Vary, record: &Record, kind: Kind) -> Vec<Value> {
    let Some(place) = SPLIT.iter().position(|one| *one == kind) else { return Vec::new() };
    let row = |row: &[&Pay; 5]| {
        let (pay, sum) = (row[place], row[place].own + row[place].unit);
        let facts = [
            fact("缴费年月", "payMonthly", Shown::Month(Some(pay.month))).essential(),
            fact("单位名称", "company", text(&pay.company)).open(),
            fact("缴费基数", "salary", Shown::MoneyText(pay.base)).open(),
            fact("合计", "amount", Shown::Money(sum)).open(),
            fact("个人", "payPerson", Shown::Money(sum)).open(),
            fact("单位", "payCompany", Shown::Money(sum)).open(),
            fact("缴费类型", "describe", text(pay.describe)).open(),
            fact("缴费标志", "status", text(pay.state)).open(),
        ];
        told(vary, &facts).value()
    };
    month_rows(record).iter().map(row).collect()
}
