//! The objects that a report is made of, under construction: fields in the documents' names.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::calendar::{Day, Month};
use crate::money::{self, Cents};

/// Stands before the name of a field that a reader may take or leave.
pub(crate) const OPEN: &str = "?";

/// A ratio as reports tell it: `12.00`, whatever a portal prints.
fn percent(shown: &str) -> String {
    let number = shown.trim_end_matches('%');
    let (whole, places) = number.split_once('.').unwrap_or((number, ""));
    format!("{whole}.{places:0<2}")
}

/// An object in the documents' names under construction; blank values stay out.
#[derive(Debug, Default, Clone)]
pub(crate) struct Facts(Map<String, Value>);

impl Facts {
    /// Adds a text as shown.
    pub(crate) fn text(mut self, name: &str, value: impl AsRef<str>) -> Self {
        let value = value.as_ref().trim();
        if !value.is_empty() {
            let is_ratio = name.contains("depositRatio") || name.ends_with("Scale");
            let value = if is_ratio { percent(value) } else { value.to_owned() };
            self.0.insert(name.into(), value.into());
        }
        self
    }

    /// Adds a text where there is one.
    pub(crate) fn maybe(self, name: &str, value: Option<&str>) -> Self {
        self.text(name, value.unwrap_or(""))
    }

    /// Adds an amount as a number.
    pub(crate) fn money(mut self, name: &str, cents: Cents) -> Self {
        self.0.insert(name.into(), money::number(cents));
        self
    }

    /// Adds a whole number.
    pub(crate) fn count(mut self, name: &str, count: i64) -> Self {
        self.0.insert(name.into(), count.into());
        self
    }

    /// Adds an amount in a field that the documents type as text.
    pub(crate) fn money_text(self, name: &str, cents: Cents) -> Self {
        self.text(name, money::plain(cents))
    }

    /// Adds a day, unless the calendar does not have it.
    pub(crate) fn day(self, name: &str, day: impl Into<Option<Day>>) -> Self {
        let text = day.into().and_then(Day::truth);
        self.maybe(name, text.as_deref())
    }

    /// Adds a month.
    pub(crate) fn month(self, name: &str, month: impl Into<Option<Month>>) -> Self {
        let text = month.into().map(Month::dashed);
        self.maybe(name, text.as_deref())
    }

    /// The finished object.
    pub(crate) fn value(self) -> Value {
        Value::Object(self.0)
    }
}

/// The sections by name, in the shape of the answer's `data`.
pub(crate) type Sections = Map<String, Value>;

/// Builds the sections of a report from their parts.
pub(crate) fn sections(base: Facts, rows: Vec<(&str, Vec<Value>)>) -> Sections {
    let mut map = Map::new();
    map.insert("baseInfo".into(), base.value());
    for (name, list) in rows {
        map.insert(name.into(), Value::Array(list));
    }
    map
}

/// The sections without the fields that a reader may leave.
pub(crate) fn without_open(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.into_iter()
                .filter(|(name, _)| !name.starts_with(OPEN))
                .map(|(name, value)| (name, without_open(value)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(without_open).collect()),
        other => other,
    }
}

/// The truth of a section for whoever read this: fields that may be taken or left are due when they were
/// taken, in any row.
pub(crate) fn settled(truth: &Value, read: &Value) -> Value {
    fn settle(truth: &Value, taken: &BTreeSet<String>) -> Value {
        match truth {
            Value::Object(map) => Value::Object(
                map.iter()
                    .filter_map(|(name, value)| match name.strip_prefix(OPEN) {
                        Some(open) if !taken.contains(open) => None,
                        open => Some((open.unwrap_or(name).to_owned(), settle(value, taken))),
                    })
                    .collect(),
            ),
            Value::Array(items) => items.iter().map(|item| settle(item, taken)).collect(),
            other => other.clone(),
        }
    }
    settle(truth, &fields(read))
}

/// The names of the fields in a record or in any row of a list.
pub(crate) fn fields(section: &Value) -> BTreeSet<String> {
    match section {
        Value::Object(record) => record.keys().cloned().collect(),
        Value::Array(rows) => rows.iter().flat_map(fields).collect(),
        _ => BTreeSet::new(),
    }
}
