//! The keys of a mapping: those of the file, of its dictionary, and of the shared labels.

use std::collections::BTreeMap;

use fiveone_model::report::Table;

use super::keying::Keying;
use crate::{
    connector::{Connector, map_of},
    definition::{Dictionary, Map, Ordered, ReportField, Source, Target, Targets},
};

/// The dictionary of the documents' own labels and their spellings, which every reader of HTML knows.
pub(super) const LABELS: &str = "labels";

/// A key of the portal and what it is.
pub(super) struct Entry<'a> {
    pub(super) key: &'a str,
    /// Under which name its values stand; worked out once, because every row is asked for it.
    pub(super) name: String,
    pub(super) role: Role<'a>,
}

impl<'a> Entry<'a> {
    pub(super) fn new(key: &'a str, role: Role<'a>, keying: Keying) -> Self {
        Self { key, name: keying.name_of(key), role }
    }
}

impl Entry<'_> {
    /// Whether its key may bring a field.
    pub(super) fn fills(&self, field: &str) -> bool {
        matches!(&self.role, Role::Field { target, .. } if target.field == field)
    }
}

/// What a key is.
pub(super) enum Role<'a> {
    /// It fills a field.
    Field { target: &'a Target, expectation: Expectation },
    /// It is known, and fills no field.
    Known,
}

/// How sure it is that the portal has a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expectation {
    /// The file says so.
    Expected,
    /// Some portals of the family have it.
    Possible,
    /// The shared labels know it; no file says anything.
    Shared,
}

/// The keys by which a portal's records name a person, with the field each fills: those of its base
/// record.
pub(crate) fn person_keys<'a>(
    sources: impl Iterator<Item = &'a Source>,
    table: Table,
    dictionaries: &'a BTreeMap<String, Dictionary>,
) -> BTreeMap<String, String> {
    let fields = &["idCard", "idcard", "employeeName", "name"];
    keys_of_fields(sources, table, dictionaries, fields).collect()
}

/// The keys by which a portal's records name an account.
pub(crate) fn account_keys<'a>(
    sources: impl Iterator<Item = &'a Source>,
    table: Table,
    dictionaries: &'a BTreeMap<String, Dictionary>,
) -> Vec<String> {
    keys_of_fields(sources, table, dictionaries, &["houseFundAccount"])
        .map(|(key, _)| key)
        .collect()
}

fn keys_of_fields<'a>(
    sources: impl Iterator<Item = &'a Source>,
    table: Table,
    dictionaries: &'a BTreeMap<String, Dictionary>,
    fields: &'a [&'a str],
) -> impl Iterator<Item = (String, String)> {
    let maps = sources.flat_map(move |source| {
        let named = source.dictionary.as_deref().into_iter().chain([LABELS]);
        let shared = named.filter_map(|name| dictionaries.get(name));
        std::iter::once(&source.map).chain(shared.map(move |shared| map_of(shared, table)))
    });
    maps.flat_map(Ordered::iter).flat_map(move |(key, targets)| {
        let fits = targets.0.iter().filter(|target| fields.contains(&target.field.as_str()));
        fits.map(move |target| (key.to_owned(), target.field.clone()))
    })
}

/// The entries of a map, then those of a dictionary that the map does not have. Where `fields` says
/// what this portal gives, the rest of the dictionary is only possible.
pub(super) fn entries<'a>(
    keying: Keying,
    map: &'a Map,
    dictionary: Option<&str>,
    fields: &'a [ReportField],
    table: Table,
    connector: &'a Connector,
) -> Vec<Entry<'a>> {
    let of_target = |is_optional: bool| {
        if is_optional { Expectation::Possible } else { Expectation::Expected }
    };
    let mut entries = Vec::new();
    for (key, targets) in map.iter() {
        push(&mut entries, (key, keying), targets, |target| of_target(target.is_optional));
    }
    let shared = dictionary.and_then(|name| connector.dictionary(name, table));
    let shared = shared.into_iter().flat_map(Ordered::iter);
    for (key, targets) in shared.filter(|(key, _)| map.get(key).is_none()) {
        push(&mut entries, (key, keying), targets, |target| {
            let named = fields.iter().find(|field| field.name() == target.field);
            named.map_or(Expectation::Possible, |field| of_target(field.is_optional()))
        });
    }
    entries
}

/// Adds a key with everything it fills.
pub(super) fn push<'a>(
    entries: &mut Vec<Entry<'a>>,
    (key, keying): (&'a str, Keying),
    targets: &'a Targets,
    expectation: impl Fn(&Target) -> Expectation,
) {
    if targets.0.is_empty() {
        entries.push(Entry::new(key, Role::Known, keying));
    }
    for target in &targets.0 {
        let expectation = expectation(target);
        entries.push(Entry::new(key, Role::Field { target, expectation }, keying));
    }
}
