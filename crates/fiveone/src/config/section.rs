//! The sections of a configuration: what the file and the environment give, asked for key by key.
//!
//! What nobody asked for is unknown, so an option cannot be read and forgotten in a list of names,
//! nor be in such a list and never be read.

use std::collections::btree_map::{self, BTreeMap};
use std::ops::RangeInclusive;

use fiveone_model::suggest::did_you_mean;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::duration;
use super::mistake::{Mistake, Mistakes, Place};
use super::{RESERVED_VARIABLES, TEST_VARIABLES};

/// A value as given.
#[derive(Debug, Clone)]
enum Given {
    Text(String),
    Integer(i64),
    Flag(bool),
    Texts(Vec<String>),
    /// From a variable: text whose kind the option decides.
    Raw(String),
    /// Something no option takes, by its kind's name.
    Other(&'static str),
}

#[derive(Debug)]
struct Entry {
    given: Given,
    at: Place,
    is_asked: bool,
}

/// Every value of the file and the environment by its path, e.g. `server.listen`, and all mistakes.
pub(super) struct Document {
    entries: BTreeMap<String, Entry>,
    /// Section headers by name, to complain of unknown ones.
    headers: BTreeMap<String, Place>,
    asked: Vec<String>,
    mistakes: Vec<Mistake>,
}

impl Document {
    /// Reads a file's text and the variables; a variable overrides the file.
    pub(super) fn read(text: &str, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut document = Self {
            entries: BTreeMap::new(),
            headers: BTreeMap::new(),
            asked: Vec::new(),
            mistakes: Vec::new(),
        };
        let line_of = |offset: usize| {
            let before = text.as_bytes().iter().take(offset);
            Place::Line(before.filter(|byte| **byte == b'\n').count() + 1)
        };
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let at = error.span().map_or(Place::Missing, |span| line_of(span.start));
            document.mistakes.push(Mistake { at, text: error.message().to_owned() });
        }
        document.take_table("", table.get_ref(), &line_of);
        for (name, value) in variables {
            document.take_variable(name, value);
        }
        document
    }

    fn take_table(&mut self, path: &str, table: &DeTable<'_>, line_of: &dyn Fn(usize) -> Place) {
        for (key, value) in table {
            let at = line_of(key.span().start);
            let dot = if path.is_empty() { "" } else { "." };
            let path = format!("{path}{dot}{}", key.get_ref());
            if let DeValue::Table(inner) = value.get_ref() {
                self.headers.insert(path.clone(), at);
                self.take_table(&path, inner, line_of);
            } else {
                let entry = Entry { given: Given::of(value), at, is_asked: false };
                self.entries.insert(path, entry);
            }
        }
    }

    /// `FIVEONE_SERVER_LISTEN` is `server.listen`; `FIVEONE_PORTALS_FUND_210300` is
    /// `portals.fund/210300`.
    fn take_variable(&mut self, name: String, value: String) {
        let Some(rest) = name.strip_prefix("FIVEONE_") else { return };
        if name.starts_with(TEST_VARIABLES) {
            return;
        }
        let (section, key) = rest.split_once('_').unwrap_or((rest, ""));
        let section = section.to_ascii_lowercase();
        let areas = ["FUND_", "INSURANCE_"].into_iter().find_map(|product| {
            let area = key.strip_prefix(product).filter(|_| section == "portals")?;
            Some(format!("{}/{area}", product.trim_end_matches('_').to_ascii_lowercase()))
        });
        let key = areas.unwrap_or_else(|| key.to_ascii_lowercase());
        let entry = Entry { given: Given::Raw(value), at: Place::Variable(name), is_asked: false };
        self.entries.insert(format!("{section}.{key}"), entry);
    }

    /// The section of that name.
    pub(super) fn section(&mut self, name: &'static str) -> Section<'_> {
        self.headers.remove(name);
        Section { document: self, name }
    }

    /// Complains of everything nobody asked for, but for the command line's own variables and the
    /// one that holds the deployment key.
    pub(super) fn refuse_unknown(&mut self, key_variable: &str) {
        let entries = std::mem::take(&mut self.entries);
        let mut sections: Vec<&str> =
            self.asked.iter().filter_map(|path| Some(path.split_once('.')?.0)).collect();
        sections.dedup();
        for (path, entry) in entries.iter().filter(|(_, entry)| !entry.is_asked) {
            if let Place::Variable(name) = &entry.at
                && (RESERVED_VARIABLES.contains(&name.as_str()) || name == key_variable)
            {
                continue;
            }
            let section = path.split('.').next().unwrap_or_default();
            let is_section_known = sections.contains(&section);
            if !is_section_known && self.headers.contains_key(section) {
                continue;
            }
            let known = self.asked.iter().map(String::as_str);
            let shown = path.trim_end_matches('.');
            let text = format!("unknown option {shown}{}", did_you_mean(path, known));
            self.mistakes.push(Mistake { at: entry.at.clone(), text });
        }
        for (name, at) in &self.headers {
            let text =
                format!("unknown section [{name}]{}", did_you_mean(name, sections.iter().copied()));
            self.mistakes.push(Mistake { at: at.clone(), text });
        }
    }

    /// All mistakes, if there are any.
    pub(super) fn into_mistakes(self) -> Option<Mistakes> {
        Mistakes::of(self.mistakes)
    }

    /// Every option that was asked for, in order, for the test of the default file.
    #[cfg(test)]
    pub(super) fn asked(&self) -> &[String] {
        &self.asked
    }

    /// Every option the file gives, for the same test.
    #[cfg(test)]
    pub(super) fn given(&self) -> Vec<String> {
        self.entries.keys().cloned().collect()
    }
}

impl Given {
    fn of(value: &Spanned<DeValue<'_>>) -> Self {
        match value.get_ref() {
            DeValue::String(text) => Self::Text(text.to_string()),
            DeValue::Boolean(flag) => Self::Flag(*flag),
            DeValue::Integer(digits) => i64::from_str_radix(digits.as_str(), digits.radix())
                .map_or(Self::Other("a number out of range"), Self::Integer),
            DeValue::Array(items) => {
                let texts = items.iter().map(|item| match item.get_ref() {
                    DeValue::String(text) => Some(text.to_string()),
                    _ => None,
                });
                texts
                    .collect::<Option<_>>()
                    .map_or(Self::Other("a list of other things"), Self::Texts)
            }
            DeValue::Float(_) => Self::Other("a fraction"),
            DeValue::Datetime(_) => Self::Other("a date"),
            DeValue::Table(_) => Self::Other("a table"),
        }
    }

    /// `, and is …` where the option cannot have meant it.
    fn and_is(&self) -> String {
        match self {
            Self::Flag(flag) => format!(", and is {flag}"),
            Self::Other(kind) => format!(", and is {kind}"),
            Self::Text(_) | Self::Raw(_) | Self::Integer(_) | Self::Texts(_) => String::new(),
        }
    }
}

/// One section; each option is asked for once, with its default.
pub(super) struct Section<'a> {
    document: &'a mut Document,
    name: &'static str,
}

impl Section<'_> {
    /// Takes an option under the name it had in an earlier build. Both at once are a mistake.
    pub(super) fn formerly(&mut self, old: &str, key: &str) {
        let [old, key] = [old, key].map(|key| format!("{}.{key}", self.name));
        let Some(entry) = self.document.entries.remove(&old) else { return };
        match self.document.entries.entry(key) {
            btree_map::Entry::Vacant(place) => drop(place.insert(entry)),
            btree_map::Entry::Occupied(place) => {
                let text = format!("{old} is the former name of {}: give one of them", place.key());
                self.document.mistakes.push(Mistake { at: entry.at, text });
            }
        }
    }

    /// An option read by `read`; what it says when it fails follows "must be".
    fn ask<T>(
        &mut self,
        key: &str,
        default: T,
        must_be: &str,
        read: impl FnOnce(&Given) -> Option<T>,
    ) -> T {
        let path = format!("{}.{key}", self.name);
        self.document.asked.push(path.clone());
        let Some(entry) = self.document.entries.get_mut(&path) else { return default };
        entry.is_asked = true;
        read(&entry.given).unwrap_or_else(|| {
            let text = format!("{path} must be {must_be}{}", entry.given.and_is());
            let at = entry.at.clone();
            // A line that is broken already has its mistake.
            if !self.document.mistakes.iter().any(|mistake| mistake.at == at) {
                self.document.mistakes.push(Mistake { at, text });
            }
            default
        })
    }

    /// A text that `read` understands.
    pub(super) fn parsed<T>(
        &mut self,
        key: &str,
        default: T,
        must_be: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> T {
        self.ask(key, default, must_be, |given| match given {
            Given::Text(text) | Given::Raw(text) => read(text.trim()),
            _ => None,
        })
    }

    /// Any text.
    pub(super) fn text(&mut self, key: &str, default: &str) -> String {
        self.parsed(key, default.to_owned(), "a text", |text| Some(text.to_owned()))
    }

    /// A whole number within a range.
    pub(super) fn number<T: TryFrom<i64>>(
        &mut self,
        key: &str,
        default: T,
        range: RangeInclusive<i64>,
    ) -> T {
        let must_be = format!("a whole number from {} to {}", range.start(), range.end());
        self.ask(key, default, &must_be, |given| {
            let number = match given {
                Given::Integer(number) => *number,
                Given::Raw(text) => text.trim().parse().ok()?,
                _ => return None,
            };
            range.contains(&number).then(|| T::try_from(number).ok()).flatten()
        })
    }

    /// A duration within a range, in milliseconds.
    pub(super) fn duration_ms(
        &mut self,
        key: &str,
        default_ms: i64,
        range_ms: RangeInclusive<i64>,
    ) -> i64 {
        let [from, to] = [*range_ms.start(), *range_ms.end()].map(duration::to_text);
        let must_be = format!("a duration such as \"90s\", from {from} to {to}");
        self.parsed(key, default_ms, &must_be, |text| {
            duration::parse_ms(text).filter(|ms| range_ms.contains(ms))
        })
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, key: &str, default: bool) -> bool {
        self.ask(key, default, "true or false", |given| match given {
            Given::Flag(flag) => Some(*flag),
            Given::Raw(text) => text.trim().parse().ok(),
            _ => None,
        })
    }

    /// A list of texts that `read` understands; by variable, separated by commas. None by default.
    pub(super) fn list<T>(
        &mut self,
        key: &str,
        must_be: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        self.ask(key, Vec::new(), must_be, |given| match given {
            Given::Texts(texts) => texts.iter().map(|text| read(text.trim())).collect(),
            Given::Raw(text) => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                items.map(&read).collect()
            }
            _ => None,
        })
    }

    /// Every key that `is_row` takes: names of the operator's own, and texts that `read` understands.
    pub(super) fn rows<T>(
        &mut self,
        is_row: impl Fn(&str) -> bool,
        must_be: &str,
        read: impl Fn(&str, &str) -> Option<T>,
    ) -> Vec<T> {
        let prefix = format!("{}.", self.name);
        let mut rows = Vec::new();
        for (path, entry) in &mut self.document.entries {
            let Some(name) = path.strip_prefix(&prefix).filter(|name| is_row(name)) else {
                continue;
            };
            entry.is_asked = true;
            let row = match &entry.given {
                Given::Text(text) | Given::Raw(text) => read(name, text.trim()),
                _ => None,
            };
            if row.is_none() {
                let text = format!("{path} must be {must_be}");
                self.document.mistakes.push(Mistake { at: entry.at.clone(), text });
            }
            rows.extend(row);
        }
        rows
    }

    /// Complains of an option that is well formed but makes no sense with the others.
    pub(super) fn complain(&mut self, key: &str, text: &str) {
        let path = format!("{}.{key}", self.name);
        let entry = self.document.entries.get(&path);
        let at = entry.map_or(Place::Missing, |entry| entry.at.clone());
        self.document.mistakes.push(Mistake { at, text: format!("{path} {text}") });
    }
}
