//! What was read beside the truth: equal by value and as a multiset of rows, and if not, in what way.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::Value;

/// How a section that was read stands beside the truth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    Equal,
    /// Fields are missing, and findings name each of them.
    Named(Vec<String>),
    /// Everything that the portal has was read, and nothing tells of keys that it lacks.
    Unnamed(Vec<String>),
    /// Everything is there, and fields beside that the truth does not know.
    Extras(Vec<String>),
    /// Something differs and nothing tells so; what is first seen.
    Wrong(String),
}

/// What stands for a line of a list among the names of fields.
pub(super) const A_LINE: &str = "a line";

/// Compares a section with the truth; `absent` are fields for which the portal has no key, and
/// `is_named` tells whether a finding names a field.
pub(super) fn compare(
    read: &Value,
    truth: &Value,
    absent: &BTreeSet<String>,
    is_named: &dyn Fn(&str) -> bool,
) -> Standing {
    let (read_whole, truth_whole) = (read, fiveone_lab::settled(truth, read));
    let (Some(read), Some(truth)) = (rows_of(read), rows_of(&truth_whole)) else {
        return Standing::Wrong("the portal has no such section".into());
    };
    let known = fields(&read);
    let due = fields(&truth);
    let missing: Vec<String> = due.difference(&known).cloned().collect();
    let extra: Vec<String> = known.difference(&due).cloned().collect();
    let is_seen = !read.is_empty() && !truth.is_empty();
    let (missing, extra) = if is_seen { (missing, extra) } else { (Vec::new(), Vec::new()) };
    let (mut left, mut right) = (without(read, &extra), without(truth, &missing));
    left.sort();
    right.sort();
    if left != right {
        // A line that was left out and told of is named like a field.
        let is_told = is_named(A_LINE) && first_missing(&left, &right).is_none();
        return if is_told {
            Standing::Named(vec![A_LINE.to_owned()])
        } else if let Some(fields) = left_out_here_and_there("", read_whole, &truth_whole, is_named)
        {
            Standing::Named(fields.into_iter().collect())
        } else {
            Standing::Wrong(difference(&left, &right))
        };
    }
    let unnamed: Vec<&str> =
        missing.iter().map(String::as_str).filter(|field| !is_named(field)).collect();
    if !unnamed.is_empty() {
        return Standing::Wrong(format!("no finding names the missing {}", unnamed.join(", ")));
    }
    let (told, untold): (Vec<String>, Vec<String>) =
        absent.iter().cloned().partition(|field| is_named(field));
    if !untold.is_empty() {
        return Standing::Unnamed(untold);
    }
    let missing: Vec<String> = missing.into_iter().chain(told).collect();
    match (missing.is_empty(), extra.is_empty()) {
        (false, _) => Standing::Named(missing),
        (true, false) => Standing::Extras(extra),
        (true, true) => Standing::Equal,
    }
}

/// A record or a row as fields and canonical values.
type Row = BTreeMap<String, String>;

/// The rows of a list, or the one record.
fn rows_of(section: &Value) -> Option<Vec<Row>> {
    match section {
        Value::Array(rows) => Some(rows.iter().map(row).collect()),
        Value::Object(_) => Some(vec![row(section)]),
        _ => None,
    }
}

fn row(value: &Value) -> Row {
    let fields = value.as_object().into_iter().flatten();
    fields
        .map(|(name, value)| (name.clone(), canonical(name, value)))
        // A side of zero says nothing that its absence does not.
        .filter(|(name, value)| value != "0" || !matches!(name.as_str(), "inAmount" | "outAmount"))
        .collect()
}

/// A value as it is compared: lists as multisets, numbers and ratios by value.
fn canonical(name: &str, value: &Value) -> String {
    match value {
        Value::Number(number) => decimal(&number.to_string()),
        Value::String(text) if is_amount_in_text(name) => decimal(text),
        Value::String(text) if is_ratio(name) => decimal(text.trim_end_matches(['%', '％'])),
        Value::Array(items) => {
            let mut items: Vec<String> = items.iter().map(|item| canonical("", item)).collect();
            items.sort();
            format!("[{}]", items.join(","))
        }
        Value::Object(map) => {
            let map: BTreeMap<&String, String> =
                map.iter().map(|(name, value)| (name, canonical(name, value))).collect();
            format!("{map:?}")
        }
        other => other.to_string(),
    }
}

fn decimal(text: &str) -> String {
    text.trim().parse::<Decimal>().map_or_else(|_| text.to_owned(), |d| d.normalize().to_string())
}

/// Amounts that the documents type as text: `3961` and `3961.00` are the same.
fn is_amount_in_text(name: &str) -> bool {
    matches!(name, "salary" | "inYearTranerin" | "medicalBankBalance" | "paymentAmount")
}

fn is_ratio(name: &str) -> bool {
    name.starts_with("depositRatio") || name.ends_with("Scale")
}

fn fields(rows: &[Row]) -> BTreeSet<String> {
    rows.iter().flat_map(Row::keys).cloned().collect()
}

fn without(rows: Vec<Row>, names: &[String]) -> Vec<Row> {
    let keep = |mut row: Row| {
        row.retain(|name, _| !names.contains(name));
        row
    };
    rows.into_iter().map(keep).collect()
}

/// The first difference of two sorted lists of rows.
fn difference(read: &[Row], truth: &[Row]) -> String {
    let only_read = first_missing(read, truth);
    let only_truth = first_missing(truth, read);
    if let (Some(read), Some(truth), 1) = (only_read, only_truth, truth.len()) {
        let names: BTreeSet<&String> = read.keys().chain(truth.keys()).collect();
        let differs = names.into_iter().find(|name| read.get(*name) != truth.get(*name));
        if let Some(name) = differs {
            let value = |row: &Row| row.get(name).cloned().unwrap_or_else(|| "nothing".into());
            return format!("{name}: read {}, truth {}", value(read), value(truth));
        }
    }
    let row = |row: Option<&Row>| {
        let fields = row.into_iter().flatten().map(|(name, value)| format!("{name}={value}"));
        let fields: Vec<String> = fields.collect();
        if fields.is_empty() { "none".into() } else { fields.join(" ") }
    };
    format!(
        "read {} rows, truth {}; only read {}; only truth {}",
        read.len(),
        truth.len(),
        row(only_read),
        row(only_truth)
    )
}

/// The first row of a sorted list that the other has not, or has fewer of.
fn first_missing<'a>(of: &'a [Row], other: &[Row]) -> Option<&'a Row> {
    let mut others = other.iter().peekable();
    for row in of {
        while others.next_if(|other| *other < row).is_some() {}
        if others.next_if(|other| *other == row).is_none() {
            return Some(row);
        }
    }
    None
}

/// The fields that some rows lack and findings name, where the rows are the same but for them; `None`
/// where they differ otherwise.
fn left_out_here_and_there(
    name: &str,
    read: &Value,
    truth: &Value,
    is_named: &dyn Fn(&str) -> bool,
) -> Option<BTreeSet<String>> {
    match (read, truth) {
        (Value::Object(read), Value::Object(truth)) => {
            if read.keys().any(|name| !truth.contains_key(name)) {
                return None;
            }
            let mut left_out = BTreeSet::new();
            for (name, truth) in truth {
                match read.get(name) {
                    Some(read) => {
                        left_out.extend(left_out_here_and_there(name, read, truth, is_named)?);
                    }
                    None if is_named(name) => drop(left_out.insert(name.clone())),
                    None => return None,
                }
            }
            Some(left_out)
        }
        (Value::Array(read), Value::Array(truth)) if read.len() == truth.len() => {
            let mut truth: Vec<&Value> = truth.iter().collect();
            // Whole rows first: one that lacks a field may look like several.
            let mut read: Vec<&Value> = read.iter().collect();
            read.sort_by_key(|row| {
                std::cmp::Reverse(row.as_object().map_or(0, serde_json::Map::len))
            });
            let mut all = BTreeSet::new();
            for row in read {
                let fits = truth.iter().enumerate().filter_map(|(at, of)| {
                    Some((at, left_out_here_and_there("", row, of, is_named)?))
                });
                let (at, left_out) = fits.min_by_key(|(_, left_out)| left_out.len())?;
                truth.swap_remove(at);
                all.extend(left_out);
            }
            Some(all)
        }
        _ => (canonical(name, read) == canonical(name, truth)).then(BTreeSet::new),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn order_and_writing_do_not_matter_and_rows_are_counted() {
        let truth = json!([{"inAmount": 10, "outAmount": 0}, {"inAmount": 5.5}, {"inAmount": 5.5}]);
        let read = json!([{"inAmount": 5.50}, {"inAmount": 10.0}, {"inAmount": 5.5}]);
        assert_eq!(compare(&read, &truth, &BTreeSet::new(), &|_| false), Standing::Equal);
        let twice = json!([{"inAmount": 5.5}, {"inAmount": 10}, {"inAmount": 10}]);
        assert!(matches!(
            compare(&twice, &truth, &BTreeSet::new(), &|_| false),
            Standing::Wrong(_)
        ));
        assert!(matches!(
            compare(&json!([]), &truth, &BTreeSet::new(), &|_| false),
            Standing::Wrong(_)
        ));
        assert!(matches!(
            compare(&read, &json!(null), &BTreeSet::new(), &|_| false),
            Standing::Wrong(_)
        ));
    }

    #[test]
    fn an_open_field_may_be_left_and_must_be_right_when_taken() {
        let truth = json!([{"inAmount": 1, "?payMonth": "2017-01"}, {"inAmount": 2}]);
        let left = json!([{"inAmount": 1}, {"inAmount": 2}]);
        assert_eq!(compare(&left, &truth, &BTreeSet::new(), &|_| false), Standing::Equal);
        let taken = json!([{"inAmount": 1, "payMonth": "2017-01"}, {"inAmount": 2}]);
        assert_eq!(compare(&taken, &truth, &BTreeSet::new(), &|_| false), Standing::Equal);
        let wrong = json!([{"inAmount": 1, "payMonth": "2017-02"}, {"inAmount": 2}]);
        assert!(matches!(
            compare(&wrong, &truth, &BTreeSet::new(), &|_| false),
            Standing::Wrong(_)
        ));
    }

    #[test]
    fn a_ratio_is_compared_by_value_and_a_silent_absence_is_wrong() {
        let truth = json!({"depositRatioPersonal": "12.00%", "employeeName": "测试甲"});
        let read = json!({"depositRatioPersonal": "12", "employeeName": "测试甲"});
        assert_eq!(compare(&read, &truth, &BTreeSet::new(), &|_| false), Standing::Equal);
        let read = json!({"employeeName": "测试甲"});
        let words = "no finding names the missing depositRatioPersonal".to_owned();
        assert_eq!(compare(&read, &truth, &BTreeSet::new(), &|_| false), Standing::Wrong(words));
        let read = json!({"depositRatioPersonal": "0.12", "employeeName": "测试甲"});
        let words = "depositRatioPersonal: read 0.12, truth 12".to_owned();
        assert_eq!(compare(&read, &truth, &BTreeSet::new(), &|_| false), Standing::Wrong(words));
        let read = json!({"depositRatioPersonal": "12", "employeeName": "测试甲", "gender": "男"});
        assert_eq!(
            compare(&read, &truth, &BTreeSet::new(), &|_| false),
            Standing::Extras(vec!["gender".into()])
        );
    }

    #[test]
    fn a_key_that_the_portal_lacks_must_be_told() {
        let record = json!({"employeeName": "测试甲"});
        let absent = BTreeSet::from(["gender".to_owned()]);
        let standing = compare(&record, &record, &absent, &|_| false);
        assert_eq!(standing, Standing::Unnamed(vec!["gender".into()]));
        let standing = compare(&record, &record, &absent, &|field| field == "gender");
        assert_eq!(standing, Standing::Named(vec!["gender".into()]));
    }

    #[test]
    fn a_field_that_some_rows_lack_is_named_or_wrong() {
        let truth = json!([{"inAmount": 1, "companyName": "甲"}, {"inAmount": 1, "companyName": "A&amp;B"}]);
        let read = json!([{"inAmount": 1}, {"inAmount": 1, "companyName": "甲"}]);
        let of = |read: &Value, is_named: bool| {
            compare(read, &truth, &BTreeSet::new(), &|field| is_named && field == "companyName")
        };
        assert_eq!(of(&read, true), Standing::Named(vec!["companyName".into()]));
        assert!(matches!(of(&read, false), Standing::Wrong(_)));
        let other = json!([{"inAmount": 1}, {"inAmount": 1, "companyName": "乙"}]);
        assert!(matches!(of(&other, true), Standing::Wrong(_)));
        let one = json!([{"inAmount": 1}]);
        assert!(matches!(of(&one, true), Standing::Wrong(_)));
        let nested = |inner: Value| json!([{"repayers": [inner, {"companyName": "甲"}]}]);
        let of = |is_named: bool| {
            let truth = nested(json!({"companyName": "A&amp;B", "phone": "1"}));
            let is_named = |field: &str| is_named && field == "companyName";
            compare(&nested(json!({"phone": "1"})), &truth, &BTreeSet::new(), &is_named)
        };
        assert_eq!(of(true), Standing::Named(vec!["companyName".into()]));
        assert!(matches!(of(false), Standing::Wrong(_)));
    }
}
