//! A section that was read, set beside the section of the truth.

use std::collections::BTreeMap;

use fiveone_model::report::{Content, Dialect, Loan, Record};
use serde_json::{Map, Value as Json};

/// A section of the truth, due or such that it may be offered.
pub(crate) fn section_of<'t>(truth: &'t Json, name: &str) -> &'t Json {
    truth.get(name).unwrap_or(&truth[format!("?{name}")])
}

/// What is first seen to differ.
pub(crate) fn difference(read: &Json, truth: &Json) -> Option<String> {
    let truth = &fiveone_lab::settled(truth, read);
    if sorted(read) == sorted(truth) {
        return None;
    }
    let (Some(read), Some(truth)) = (read.as_array(), truth.as_array()) else {
        return Some(format!("\n      read  {read}\n      truth {truth}"));
    };
    let first = |of: &[Json], from: &[Json]| {
        of.iter().find(|row| !from.iter().any(|other| sorted(other) == sorted(row))).cloned()
    };
    Some(format!(
        "{} rows instead of {}\n      only read  {}\n      only truth {}",
        read.len(),
        truth.len(),
        first(read, truth).unwrap_or_default(),
        first(truth, read).unwrap_or_default()
    ))
}

/// JSON in which lists are multisets and numbers are numbers, however they are written.
fn sorted(json: &Json) -> String {
    match json {
        Json::Array(items) => {
            let mut items: Vec<String> = items.iter().map(sorted).collect();
            items.sort_unstable();
            format!("[{}]", items.join(","))
        }
        Json::Object(map) => {
            let pairs: BTreeMap<&String, String> =
                map.iter().map(|(key, value)| (key, sorted(value))).collect();
            format!("{pairs:?}")
        }
        Json::Number(number) => {
            let text = number.to_string();
            match text.split_once('.') {
                Some((whole, part)) => match part.trim_end_matches('0') {
                    "" => whole.to_owned(),
                    part => format!("{whole}.{part}"),
                },
                None => text,
            }
        }
        other => other.to_string(),
    }
}

/// A section as the interfaces show it.
pub(crate) fn shown(content: &Content) -> Json {
    let record = |record: &Record| Json::Object(record.render(Dialect::Table));
    let rows = |rows: &[Record]| Json::Array(rows.iter().map(record).collect());
    let loan = |loan: &Loan| {
        let mut map = Map::new();
        map.insert("detailInfo".to_owned(), record(&loan.detail));
        map.insert("loanRepayerInfos".to_owned(), rows(&loan.repayers));
        map.insert("loanRepayInfos".to_owned(), rows(&loan.repays));
        map.insert("loanOverdueInfos".to_owned(), rows(&loan.overdues));
        Json::Object(map)
    };
    match content {
        Content::Record(one) => record(one),
        Content::Rows(many) => rows(many),
        Content::Loans(loans) => Json::Array(loans.iter().map(loan).collect()),
        Content::NotOffered => Json::Null,
    }
}
