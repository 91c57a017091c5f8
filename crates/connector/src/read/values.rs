//! From a raw text to a value of its field.

use std::collections::BTreeMap;

use fiveone_model::{
    finding::{Finding, FindingKind},
    report::{Field, Kind, Record, Table, Value},
};
use minijinja::Value as TemplateValue;

use super::{Raw, entries::Entry, raw::NESTED};
use crate::{
    clean::{Cleaned, clean},
    definition::{Otherwise, Target},
    template::Scope,
    unexpected::UnexpectedPage,
};

/// The text of a key: the n-th where the file says so; several must say the same.
pub(super) fn pick<'r>(
    raw: &'r Raw,
    entry: &Entry<'_>,
    target: &Target,
) -> Result<Option<&'r str>, UnexpectedPage> {
    let (key, values) = (entry.key, raw.of_entry(entry));
    if values.iter().any(|value| value == NESTED) {
        return Err(UnexpectedPage::portal(format!("`{key}` is no longer a plain value")));
    }
    match (values, target.detail.nth) {
        ([], _) => Ok(None),
        (_, Some(nth)) => Ok(values.get(nth - 1).map(String::as_str)),
        ([first, rest @ ..], None) => {
            let other = rest.iter().any(|value| value != first && !value.is_empty());
            if other && !first.is_empty() {
                return Err(UnexpectedPage::portal(format!("`{key}` stands for different values")));
            }
            let filled = values.iter().find(|value| !value.is_empty()).unwrap_or(first);
            Ok(Some(filled))
        }
    }
}

/// Puts a text into a record as its field's kind of value; `unreadable` says what becomes of one that is
/// not of it.
pub(super) fn set(
    record: &mut Record,
    field: &'static Field,
    text: &str,
    format: Option<&str>,
    unreadable: Otherwise,
    findings: &mut Vec<Finding>,
) -> Result<(), UnexpectedPage> {
    if text.contains(NESTED) {
        let reason = format!("what stands for {} is no plain value", field.name);
        return Err(UnexpectedPage::portal(reason));
    }
    if is_wordy(field.name) && is_amount_or_day(text) {
        findings.push(Finding::of_field(FindingKind::Unreadable, field.name));
        return Ok(());
    }
    if matches!(field.name, "idCard" | "idcard") && is_no_identity(text) {
        findings.push(Finding::of_field(FindingKind::Unreadable, field.name));
        return Ok(());
    }
    let text =
        if matches!(field.name, "gender" | "sex") { text.trim_end_matches('性') } else { text };
    let is_set = match clean(field.kind, text, format) {
        Cleaned::Value(value) if is_before_its_time(field, &value) => {
            findings.push(Finding::of_field(FindingKind::ImpossibleDate, field.name));
            true
        }
        Cleaned::Value(value) => set_value(record, field, value),
        Cleaned::Nothing => true,
        Cleaned::Impossible => {
            findings.push(Finding::of_field(FindingKind::ImpossibleDate, field.name));
            true
        }
        // A text that was cut or escaped is the right one, and not worth the section.
        Cleaned::Refused if field.kind == Kind::Text => {
            findings.push(Finding::of_field(FindingKind::Unreadable, field.name));
            true
        }
        Cleaned::Refused => false,
    };
    if is_set {
        return Ok(());
    }
    match unreadable {
        Otherwise::Blank => Ok(()),
        Otherwise::LeaveOut => {
            findings.push(Finding::of_field(FindingKind::Unreadable, field.name));
            Ok(())
        }
        Otherwise::Keep | Otherwise::Fail => {
            let reason = format!("what stands for {} is not of its kind", field.name);
            Err(UnexpectedPage::portal(reason))
        }
    }
}

/// Whether a field of texts holds words: a name, a place, an address. Numbers and rates are texts too.
fn is_wordy(field: &str) -> bool {
    matches!(
        field,
        "employeeName"
            | "name"
            | "loanName"
            | "repayname"
            | "gender"
            | "sex"
            | "nation"
            | "companyName"
            | "company"
            | "corporationName"
            | "bankName"
            | "depositManageDept"
            | "belongOffice"
            | "homeAddress"
            | "address"
            | "houseAddress"
            | "hukouAddress"
            | "residenceAddress"
            | "houseFundStatus"
            | "payStatus"
            | "loanStatus"
    )
}

/// Whether a text is too short for the number of any document of a person: the code of its kind stood
/// there.
fn is_no_identity(text: &str) -> bool {
    const LEAST: usize = 5;
    let text = text.trim();
    !text.is_empty() && text.chars().count() < LEAST
}

/// Whether a day is one on which nobody had an account yet: the first fund was founded in 1991, and the
/// epoch's first day is what a blank date becomes.
fn is_before_its_time(field: &Field, value: &Value) -> bool {
    const FIRST: i16 = 1991;
    field.name == "openAccountDate" && matches!(value, Value::Day(day) if day.year() < FIRST)
}

/// Whether a text is what no words are: an amount with its two places, or a whole day. It stood in another
/// cell, and a cell between was lost.
fn is_amount_or_day(text: &str) -> bool {
    let text = text.trim();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let has_places = text.trim_end_matches('元').rfind('.')
        == Some(text.trim_end_matches('元').len().wrapping_sub(3));
    (has_places && matches!(clean(Kind::Money, text, None), Cleaned::Value(_)))
        || (digits == 8 && matches!(clean(Kind::Date, text, None), Cleaned::Value(Value::Day(_))))
}

/// Whether no app decides by a field, so that it is not worth the section: ratios, and the dates of a
/// base record but the one that says until when was paid.
pub(super) fn is_aside(table: Table, field: &Field) -> bool {
    let is_base = matches!(table, Table::FundBase | Table::InsuranceBase);
    match field.kind {
        Kind::FundRatio | Kind::InsuranceRatio => true,
        Kind::Date | Kind::Month | Kind::Count => is_base && field.name != "payUntilDate",
        Kind::Text | Kind::Money | Kind::MoneyText => false,
    }
}

fn set_value(record: &mut Record, field: &'static Field, value: Value) -> bool {
    record.set(field.name, value)
}

/// Names inside a row: `row`, `it`, then everything outside.
pub(crate) struct RowScope<'a> {
    pub(crate) raw: &'a Raw,
    pub(crate) it: Option<&'a str>,
    pub(crate) outer: &'a dyn Scope,
}

impl Scope for RowScope<'_> {
    fn get(&self, name: &str) -> Option<TemplateValue> {
        match name {
            "row" => {
                let row: BTreeMap<String, TemplateValue> = self
                    .raw
                    .iter()
                    // What is no plain value is not there for templates.
                    .filter(|(_, value)| *value != NESTED)
                    .map(|(key, value)| (key.to_owned(), TemplateValue::from(value)))
                    .collect();
                Some(TemplateValue::from(row))
            }
            "it" => self.it.map(TemplateValue::from),
            _ => self.outer.get(name),
        }
    }
}
