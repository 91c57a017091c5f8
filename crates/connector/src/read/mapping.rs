//! Which key is which field, what must be there, and how a text becomes a value.

use std::collections::{BTreeMap, BTreeSet};

use fiveone_model::report::{Field, Record, Table, Value};
use minijinja::Value as TemplateValue;

use super::{Changed, Finding, Raw, raw::NESTED};
use crate::{
    clean::{Cleaned, clean},
    connector::Connector,
    definition::{CodeTable, Map, Ordered, Otherwise, ReportField, Rows, Source, Target, Targets},
    page::normal,
    template::{Scope, Template},
};

/// The keys of a record or of rows, worked out from `map`, `dictionary`, `fields` and `sides`.
pub(crate) struct Mapping<'a> {
    table: Table,
    entries: Vec<(&'a str, Entry<'a>)>,
    values: &'a Ordered<Template>,
    connector: &'a Connector,
}

enum Entry<'a> {
    /// Fills a field.
    Field { target: &'a Target, is_optional: bool },
    /// Must be there, for something else than a field.
    Needed,
    /// One of the keys of this group must be there.
    OneOf(&'a [String]),
    /// Known and left out.
    Ignored,
}

impl<'a> Mapping<'a> {
    pub(crate) fn of_source(source: &'a Source, table: Table, connector: &'a Connector) -> Self {
        let dictionary = source.dictionary.as_deref();
        let entries = entries(&source.map, dictionary, &source.fields, table, connector);
        Self { table, entries, values: &source.values, connector }
    }

    pub(crate) fn of_rows(rows: &'a Rows, table: Table, connector: &'a Connector) -> Self {
        let dictionary = rows.dictionary.as_deref();
        let mut entries = entries(&rows.map, dictionary, &rows.fields, table, connector);
        if let Some(sides) = &rows.sides {
            entries.push((&sides.amount, Entry::Needed));
            entries.push((&sides.by, Entry::Needed));
        }
        entries.extend(rows.keep.iter().map(|(_, key)| (key.as_str(), Entry::Needed)));
        Self { table, entries, values: &rows.values, connector }
    }

    /// Makes one of these keys necessary.
    pub(crate) fn require(&mut self, keys: &'a [String]) {
        self.entries.extend(keys.iter().map(|key| (key.as_str(), Entry::OneOf(keys))));
    }

    /// Every key, mapped or known.
    pub(crate) fn keys(&self) -> Vec<&'a str> {
        let mut keys: Vec<&str> = self.entries.iter().map(|(key, _)| *key).collect();
        keys.dedup();
        keys
    }

    /// Fields that must be there, each with the keys that may bring it.
    fn wanted(&self) -> Vec<Vec<&'a str>> {
        let mut wanted: Vec<(Option<&str>, Vec<&'a str>, bool)> = Vec::new();
        for (key, entry) in &self.entries {
            match entry {
                Entry::Field { target, is_optional } => {
                    let field = Some(target.field.as_str());
                    match wanted.iter_mut().find(|(known, _, _)| *known == field) {
                        Some((_, keys, optional)) => {
                            keys.push(*key);
                            *optional |= *is_optional;
                        }
                        None => wanted.push((field, vec![*key], *is_optional)),
                    }
                }
                Entry::Needed => wanted.push((None, vec![*key], false)),
                Entry::OneOf(keys) => {
                    wanted.push((None, keys.iter().map(String::as_str).collect(), false));
                }
                Entry::Ignored => {}
            }
        }
        wanted.into_iter().filter(|(_, _, optional)| !optional).map(|(_, keys, _)| keys).collect()
    }

    /// Whether header texts hold every required column, and at least one mapped one.
    pub(crate) fn is_satisfied_by(&self, headers: &[String]) -> bool {
        let has = |key: &str| headers.contains(&normal(key));
        self.entries.iter().any(|(key, entry)| !matches!(entry, Entry::Ignored) && has(key))
            && self.wanted().iter().all(|keys| keys.iter().any(|key| has(key)))
    }

    /// Checks that what is required is there, and in a closed record nothing else.
    pub(crate) fn check(&self, raw: &Raw, closed: bool) -> Result<(), Changed> {
        for keys in self.wanted() {
            if keys.iter().all(|key| raw.get(key).is_empty()) {
                return Err(Changed::because(format!("`{}` is not there", keys.join("` or `"))));
            }
        }
        if closed {
            let known: BTreeSet<String> =
                self.keys().iter().flat_map(|key| [(*key).to_owned(), normal(key)]).collect();
            if let Some((key, _)) = raw.iter().find(|(key, _)| !known.contains(*key)) {
                return Err(Changed::because(format!("`{key}` is new")));
            }
        }
        Ok(())
    }

    /// Makes the record of raw values.
    pub(crate) fn record(
        &self,
        raw: &Raw,
        scope: &dyn Scope,
        findings: &mut Vec<Finding>,
    ) -> Result<Record, Changed> {
        let mut record = Record::new(self.table);
        for (key, entry) in &self.entries {
            let Entry::Field { target, .. } = entry else { continue };
            let Some(field) = self.table.field(&target.field) else { continue };
            if record.get(field.name).is_some() {
                continue;
            }
            let Some(text) = pick(raw, key, target)? else { continue };
            let text = self.translate(text, target, raw, scope)?;
            set(&mut record, field, &text, target.detail.format.as_deref(), findings)?;
        }
        for (name, template) in self.values.iter() {
            let Some(field) = self.table.field(name.trim_end_matches('?')) else { continue };
            if record.get(field.name).is_some() {
                continue;
            }
            let scope = RowScope { raw, it: None, outer: scope };
            let text = match template.render(&scope) {
                Ok(text) => text,
                Err(_) if name.ends_with('?') => continue,
                Err(error) => return Err(Changed(error.0)),
            };
            set(&mut record, field, &text, None, findings)?;
        }
        Ok(record)
    }

    /// Codes and templates of a target.
    fn translate(
        &self,
        text: &str,
        target: &Target,
        raw: &Raw,
        scope: &dyn Scope,
    ) -> Result<String, Changed> {
        let mut text = text.to_owned();
        if text.is_empty() || text == "null" {
            return Ok(String::new());
        }
        if let Some(pattern) = &target.detail.matching {
            let found = pattern.0.captures(&text).ok_or_else(|| {
                Changed::because(format!("what stands for {} does not match", target.field))
            })?;
            let kept = if found.len() > 1 { found.get(1) } else { found.get(0) };
            text = kept.map_or("", |kept| kept.as_str()).to_owned();
            if text.is_empty() {
                return Ok(text);
            }
        }
        if let Some(table) = &target.detail.codes {
            let table = match table {
                CodeTable::Here(table) => Some(table),
                CodeTable::Named(name) => self.connector.codes(name),
            };
            let meaning = table.and_then(|table| table.get(&text));
            text = match (meaning, target.detail.otherwise) {
                (Some(meaning), _) => meaning.clone(),
                (None, Some(Otherwise::Keep)) => text,
                (None, Some(Otherwise::Blank)) => String::new(),
                (None, None) => {
                    return Err(Changed::because(format!("unknown code for {}", target.field)));
                }
            };
        }
        if let Some(template) = &target.detail.value {
            let scope = RowScope { raw, it: Some(&text), outer: scope };
            text = template.render(&scope).map_err(|error| Changed(error.0))?;
        }
        Ok(text)
    }
}

/// The entries of a map, then those of a dictionary that the map does not have.
fn entries<'a>(
    map: &'a Map,
    dictionary: Option<&str>,
    fields: &'a [ReportField],
    table: Table,
    connector: &'a Connector,
) -> Vec<(&'a str, Entry<'a>)> {
    let mut entries = Vec::new();
    let mut push = |key: &'a str, targets: &'a Targets, optional: Option<bool>| {
        if targets.0.is_empty() {
            entries.push((key, Entry::Ignored));
        }
        for target in &targets.0 {
            let is_optional = optional.unwrap_or(target.is_optional);
            entries.push((key, Entry::Field { target, is_optional }));
        }
    };
    map.iter().for_each(|(key, targets)| push(key, targets, None));
    let Some(shared) = dictionary.and_then(|name| connector.dictionary(name, table)) else {
        return entries;
    };
    for (key, targets) in shared.iter().filter(|(key, _)| map.get(key).is_none()) {
        let named =
            |field: &ReportField| targets.0.iter().any(|target| target.field == field.name());
        match fields.iter().find(|field| named(field)) {
            Some(field) => push(key, targets, Some(field.is_optional())),
            None if fields.is_empty() => push(key, targets, Some(true)),
            None => {}
        }
    }
    entries
}

/// The text of a key: the n-th where the file says so; several must say the same.
fn pick<'r>(raw: &'r Raw, key: &str, target: &Target) -> Result<Option<&'r str>, Changed> {
    let values = raw.get(key);
    if values.iter().any(|value| value == NESTED) {
        return Err(Changed::because(format!("`{key}` is no longer a plain value")));
    }
    match (values, target.detail.nth) {
        ([], _) => Ok(None),
        (_, Some(nth)) => match values.get(nth - 1) {
            Some(value) => Ok(Some(value)),
            None if target.is_optional => Ok(None),
            None => Err(Changed::because(format!("`{key}` is there {} times only", values.len()))),
        },
        ([first, rest @ ..], None) => {
            let other = rest.iter().any(|value| value != first && !value.is_empty());
            if other && !first.is_empty() {
                return Err(Changed::because(format!("`{key}` stands for different values")));
            }
            let filled = values.iter().find(|value| !value.is_empty()).unwrap_or(first);
            Ok(Some(filled))
        }
    }
}

fn set(
    record: &mut Record,
    field: &'static Field,
    text: &str,
    format: Option<&str>,
    findings: &mut Vec<Finding>,
) -> Result<(), Changed> {
    match clean(field.kind, text, format) {
        Cleaned::Value(value) => set_value(record, field, value),
        Cleaned::Nothing => Ok(()),
        Cleaned::Impossible => {
            findings.push(Finding { field: field.name, what: "impossible date" });
            Ok(())
        }
        Cleaned::Refused => {
            Err(Changed::because(format!("what stands for {} is not of its kind", field.name)))
        }
    }
}

fn set_value(record: &mut Record, field: &'static Field, value: Value) -> Result<(), Changed> {
    if record.set(field.name, value) {
        return Ok(());
    }
    Err(Changed::because(format!("what stands for {} is not of its kind", field.name)))
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
                    .map(|(key, value)| (key.to_owned(), TemplateValue::from(value)))
                    .collect();
                Some(TemplateValue::from(row))
            }
            "it" => self.it.map(TemplateValue::from),
            _ => self.outer.get(name),
        }
    }
}
