//! A result in a person's words: what was found, how much of it, and what could not be read.

use std::collections::BTreeMap;

use super::line::Line;
use super::whose;
use crate::language::Language;
use fiveone_engine::TaskView;
use fiveone_model::finding::FindingKind;
use fiveone_model::product::Product;
use fiveone_model::report::{Content, Record, Section, Value};
use rust_decimal::Decimal;

/// Years in the chart.
const YEARS_MAX: usize = 8;
/// Height of the chart's tallest bar, in its own units.
const BAR_MAX: i64 = 60;

/// A bar of the chart: what came in during a year.
pub(crate) struct Bar {
    pub(crate) year: String,
    pub(crate) amount: String,
    pub(crate) x: usize,
    pub(crate) y: i64,
    pub(crate) height: i64,
}

/// All of it.
pub(crate) struct Summary {
    /// Whose it is, masked.
    pub(crate) whose: Vec<Line>,
    pub(crate) lines: Vec<Line>,
    pub(crate) bars: Vec<Bar>,
    /// Names of sections that could not be read.
    pub(crate) missing: Vec<&'static str>,
    /// Names of fields that the portal did not show as it should.
    pub(crate) absent: Vec<String>,
}

/// What stands in the record, the most asked first.
const OF_PERSON: [&str; 8] = [
    "houseFundStatus",
    "company",
    "companyName",
    "houseFundBalance",
    "monthPayAmount",
    "payStatus",
    "medicalBankBalance",
    "lastPayDate",
];

impl Summary {
    /// The summary of what was read.
    pub(crate) fn of(view: &TaskView, product: Product, language: Language) -> Self {
        let (mut whose, mut lines) = (Vec::new(), Vec::new());
        let mut years = BTreeMap::<i16, Decimal>::new();
        for (section, content) in &view.sections {
            match content {
                Content::Record(record) => {
                    whose.extend(whose::lines(record));
                    of_record(record, &mut lines);
                }
                Content::Rows(rows) => {
                    lines.push(of_rows(*section, rows, language));
                    add_years(rows, product, *section, &mut years);
                }
                Content::NotOffered => {}
                Content::Loans(loans) => lines.push(Line {
                    label: section.label().to_owned(),
                    value: match language {
                        Language::Chinese => format!("{} 笔", loans.len()),
                        Language::English => format!("{} loans", loans.len()),
                    },
                }),
            }
        }
        let findings = view.findings.iter().flatten().flat_map(|(_, findings)| findings);
        // What only some portals have is nothing that this one does not show as it should.
        let odd = findings.filter(|finding| finding.kind != FindingKind::NotOffered);
        let mut absent: Vec<_> = odd.filter_map(|finding| finding.field.clone()).collect();
        absent.dedup();
        let missing = view.fail.iter().map(|section| section.label()).collect();
        Self { whose, lines, bars: bars(&years), missing, absent }
    }
}

fn of_record(record: &Record, lines: &mut Vec<Line>) {
    for name in OF_PERSON {
        let Some(value) = record.get(name) else { continue };
        let label = record.table().field(name).map_or(name, |field| field.label);
        lines.push(Line { label: label.to_owned(), value: shown(value) });
    }
}

fn of_rows(section: Section, rows: &[Record], language: Language) -> Line {
    let months = rows.iter().filter_map(month_of).collect::<std::collections::BTreeSet<_>>();
    let span = match (months.first(), months.last()) {
        (Some((y1, m1)), Some((y2, m2))) => format!("{y1}-{m1:02} – {y2}-{m2:02}"),
        _ => String::new(),
    };
    let count = rows.len();
    let value = match language {
        _ if count == 0 => language.say("没有记录", "no records").to_owned(),
        Language::Chinese => format!("{} 个月，{count} 条记录 {span}", months.len()),
        Language::English => format!("{} months, {count} records {span}", months.len()),
    };
    Line { label: section.label().to_owned(), value: value.trim_end().to_owned() }
}

/// The month that a row is about.
fn month_of(row: &Record) -> Option<(i16, i8)> {
    ["payMonth", "payMonthly", "payArriveDate", "payDate"].iter().find_map(|name| {
        match row.get(name)? {
            Value::Day(day) => Some((day.year(), day.month())),
            Value::Month { year, month } => Some((*year, *month)),
            Value::Text(_) | Value::Amount(_) | Value::Count(_) => None,
        }
    })
}

/// What came in, by year: deposits of the fund, or what was paid for the pension.
fn add_years(
    rows: &[Record],
    product: Product,
    section: Section,
    years: &mut BTreeMap<i16, Decimal>,
) {
    let names: &[&str] = match (product, section) {
        (Product::Fund, Section::Bills) => &["inAmount"],
        (Product::Insurance, Section::Oldage) => &["payCompany", "payPerson"],
        _ => return,
    };
    for row in rows {
        let Some((year, _)) = month_of(row) else { continue };
        for name in names {
            if let Some(Value::Amount(amount)) = row.get(name) {
                *years.entry(year).or_default() += *amount;
            }
        }
    }
}

fn bars(years: &BTreeMap<i16, Decimal>) -> Vec<Bar> {
    let most = years.values().max().copied().unwrap_or_default();
    if most <= Decimal::ZERO || years.len() < 2 {
        return Vec::new();
    }
    let newest = years.iter().rev().take(YEARS_MAX).collect::<Vec<_>>();
    let height = |amount: Decimal| {
        let share = amount.max(Decimal::ZERO) * Decimal::from(BAR_MAX) / most;
        i64::try_from(share.round()).unwrap_or(0)
    };
    let bar = |(at, (year, amount)): (usize, &(&i16, &Decimal))| Bar {
        year: year.to_string(),
        amount: amount.round_dp(2).to_string(),
        x: at * 40,
        y: BAR_MAX - height(**amount),
        height: height(**amount),
    };
    newest.iter().rev().enumerate().map(bar).collect()
}

fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Amount(amount) => format!("¥{}", amount.round_dp(2)),
        Value::Count(count) => count.to_string(),
        Value::Day(day) => day.to_string(),
        Value::Month { year, month } => format!("{year}-{month:02}"),
    }
}
