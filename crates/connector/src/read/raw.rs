//! Raw values: what stands on a page, keyed by the vendor's own words.

use std::{
    collections::{BTreeMap, HashSet},
    sync::LazyLock,
};

use regex::Regex;
use serde_json::{Map, Value as Json};

use super::entries::Entry;
use crate::{
    page::{clean_text, normal},
    unexpected::UnexpectedPage,
};

/// Tags in a value that was made for a grid.
static MARKUP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)</?(?:font|span|b|i|em|strong|a|div|p|br|label|nobr)(?:\s[^<>]*)?/?>")
        .expect("the pattern is a constant")
});

/// Stands for an inner object or list, which is no value: an amount, a date or a code is never this, and
/// no text may hold it.
pub(super) const NESTED: &str = "\u{fffc}";

/// The raw values of one record or row. Of HTML, keys are labels as [`normal`] makes them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Raw {
    values: BTreeMap<String, Vec<String>>,
    is_json: bool,
    /// Of a JSON object what is no plain value, for lists inside it.
    pub(crate) json: Option<Json>,
}

impl Raw {
    /// The values of a key; none when the key is not there.
    pub(crate) fn get(&self, key: &str) -> &[String] {
        let found = if self.is_json { self.values.get(key) } else { self.values.get(&normal(key)) };
        found.map_or(&[], Vec::as_slice)
    }

    /// The names under which values stand.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// The first value of each of these names, also where it stands behind another and a low line: some
    /// portals put the name of a row set in front of every key.
    pub(super) fn named<'s>(
        &'s self,
        names: &'s HashSet<String>,
    ) -> impl Iterator<Item = (&'s str, &'s str)> {
        let ends = |name: &'s str| {
            let behind = name.match_indices('_').map(move |(at, line)| &name[at + line.len()..]);
            std::iter::once(name).chain(behind)
        };
        self.iter().flat_map(move |(name, value)| {
            let named = ends(name).filter(|end| names.contains(*end));
            named.map(move |end| (end, value.trim())).filter(|(_, value)| !value.is_empty())
        })
    }

    /// The values of an entry's key.
    pub(super) fn of_entry(&self, entry: &Entry<'_>) -> &[String] {
        self.values.get(&entry.name).map_or(&[], Vec::as_slice)
    }

    /// The first value of a key that is not blank, or a blank text.
    pub(crate) fn first(&self, key: &str) -> &str {
        first_filled(self.get(key))
    }

    /// The same under a name that [`Self::key`] has told, for lists of rows.
    pub(crate) fn first_at(&self, name: &str) -> &str {
        first_filled(self.values.get(name).map_or(&[], Vec::as_slice))
    }

    /// Every key with its first value.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values
            .iter()
            .filter_map(|(key, values)| Some((key.as_str(), values.first()?.as_str())))
    }

    /// The keys of inner objects and lists.
    pub(super) fn nested_keys(&self) -> impl Iterator<Item = &str> {
        self.iter().filter(|(_, value)| *value == NESTED).map(|(key, _)| key)
    }

    /// Every value.
    pub(crate) fn values(&self) -> impl Iterator<Item = &str> {
        self.values.values().flatten().map(String::as_str)
    }

    /// What several records say alike.
    pub(super) fn common(records: &[Self]) -> Self {
        let Some((first, rest)) = records.split_first() else { return Self::default() };
        let mut common = Self { json: None, ..first.clone() };
        common
            .values
            .retain(|key, values| rest.iter().all(|other| other.values.get(key) == Some(values)));
        common
    }

    /// The key as this raw record writes it.
    pub(crate) fn key(&self, key: &str) -> String {
        if self.is_json { key.to_owned() } else { normal(key) }
    }

    /// Whether every value is the same.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.values == other.values && self.json == other.json
    }

    /// Whether every value is the same but for those of some keys.
    pub(crate) fn is_same_but_for(&self, other: &Self, keys: &[&str]) -> bool {
        let rest = |raw: &Self| -> Vec<(String, Vec<String>)> {
            let own = raw.values.iter().filter(|(key, _)| !keys.contains(&key.as_str()));
            own.map(|(key, values)| (key.clone(), values.clone())).collect()
        };
        if keys.is_empty() { self.is_same(other) } else { rest(self) == rest(other) }
    }

    pub(crate) fn is_blank(&self) -> bool {
        self.values().all(|value| value.is_empty() || value == "null")
    }

    pub(super) fn push(&mut self, key: String, value: String) {
        self.values.entry(key).or_default().push(value);
    }

    pub(crate) fn of_object(json: &Json) -> Result<Self, UnexpectedPage> {
        let Json::Object(map) = json else {
            return Err(UnexpectedPage::portal("a row is not an object"));
        };
        let mut raw = Self { is_json: true, ..Self::default() };
        let mut inner = Map::new();
        for (key, value) in map {
            let text = match value {
                Json::Null => String::new(),
                Json::String(text) if text.contains('<') => {
                    clean_text(&MARKUP.replace_all(text, " "))
                }
                Json::String(text) => clean_text(text),
                Json::Bool(_) | Json::Number(_) => value.to_string(),
                // Libraries write a date as an object; whoever reads a date knows it.
                Json::Object(date) if date.contains_key("time") => value.to_string(),
                Json::Array(_) | Json::Object(_) => {
                    inner.insert(key.clone(), value.clone());
                    NESTED.to_owned()
                }
            };
            raw.push(key.clone(), text);
        }
        raw.json = Some(Json::Object(inner));
        Ok(raw)
    }
}

fn first_filled(values: &[String]) -> &str {
    values.iter().map(|value| value.trim()).find(|value| !value.is_empty()).unwrap_or("")
}
