//! Which key is which field, and what makes a record one.

use std::collections::HashMap;

use fiveone_model::report::{Record, Table, Value};

use super::{
    Raw,
    entries::{Entry, Expectation, LABELS, Role, entries, push},
    essentials::{dates, essentials},
    keying::Keying,
    totals::Amounts,
    whose::PersonKeys,
};
use crate::{
    clean::{Cleaned, clean},
    connector::Connector,
    definition::{Ordered, Owner, RecordPlace, ReportField, Rows, RowsPlace, Sides, Source},
    template::Template,
};

/// The keys of a record or of rows, worked out from `map`, `dictionary`, `fields`, `sides` and the
/// shared labels.
pub(crate) struct Mapping<'a> {
    pub(super) table: Table,
    keying: Keying,
    pub(super) entries: Vec<Entry<'a>>,
    /// Where in the entries the keys of a name are.
    by_name: HashMap<String, Vec<usize>>,
    person_keys: PersonKeys,
    pub(super) values: &'a Ordered<Template>,
    sides: Option<&'a Sides>,
    owner: Option<&'a Owner>,
    pub(super) essential: Vec<Vec<&'a str>>,
    /// Groups of keys of which one must be there, for something else than a field.
    needed: Vec<Vec<&'a str>>,
    pub(super) connector: &'a Connector,
}

impl<'a> Mapping<'a> {
    pub(crate) fn of_source(source: &'a Source, table: Table, connector: &'a Connector) -> Self {
        let (is_labelled, keying) = match &source.from {
            Some(RecordPlace::Labels(_) | RecordPlace::Pairs(_) | RecordPlace::Table(_)) => {
                (true, Keying::Labels)
            }
            Some(RecordPlace::Ids(_)) | None => (false, Keying::Labels),
            Some(RecordPlace::Json(_)) => (false, Keying::Json),
        };
        let dictionary = source.dictionary.as_deref();
        let own = entries(keying, &source.map, dictionary, &source.fields, table, connector);
        let essential = Self::essentials_of(table);
        let mut mapping = Self::new(table, keying, own, essential, &source.values, connector);
        mapping.add_labels(is_labelled);
        if let Some(choose) = &source.choose {
            let keys = choose.prefer.iter().map(|(key, _)| key);
            mapping.add_known(keys.chain(choose.newest.iter().map(String::as_str)));
        }
        mapping.find_person_keys();
        mapping
    }

    pub(crate) fn of_rows(rows: &'a Rows, table: Table, connector: &'a Connector) -> Self {
        let (is_labelled, keying) = match &rows.from {
            RowsPlace::Table(_) | RowsPlace::Flat(_) | RowsPlace::Lists(_) => {
                (true, Keying::Labels)
            }
            RowsPlace::Json(_) => (false, Keying::Json),
        };
        let dictionary = rows.dictionary.as_deref();
        let essential = if rows.essential.is_empty() {
            Self::essentials_of(table)
        } else {
            rows.essential
                .iter()
                .map(|group| group.iter().map(ReportField::name).collect())
                .collect()
        };
        let own = entries(keying, &rows.map, dictionary, &rows.fields, table, connector);
        let mut mapping = Self {
            sides: rows.sides.as_ref(),
            owner: Some(&rows.whose),
            ..Self::new(table, keying, own, essential, &rows.values, connector)
        };
        mapping.add_labels(is_labelled);
        if let Some(sides) = &rows.sides {
            // Others than the first are there where a portal has them.
            if let Some(amount) = sides.amount.first() {
                mapping.require(vec![amount]);
            }
            mapping.require(vec![&sides.by]);
        }
        mapping.add_known(rows.keep.iter().map(|(_, key)| key.as_str()));
        let Owner { name, identity, account } = &rows.whose;
        mapping.add_known(
            name.iter().chain(identity.iter()).chain(account.iter()).map(String::as_str),
        );
        mapping.find_person_keys();
        mapping
    }

    fn new(
        table: Table,
        keying: Keying,
        own: Vec<Entry<'a>>,
        essential: Vec<Vec<&'a str>>,
        values: &'a Ordered<Template>,
        connector: &'a Connector,
    ) -> Self {
        let mut mapping = Self {
            table,
            keying,
            entries: Vec::new(),
            by_name: HashMap::new(),
            person_keys: PersonKeys::default(),
            values,
            sides: None,
            owner: None,
            essential,
            needed: Vec::new(),
            connector,
        };
        mapping.add(own);
        mapping
    }

    fn add(&mut self, entries: impl IntoIterator<Item = Entry<'a>>) {
        for entry in entries {
            let at = self.by_name.entry(entry.name.clone()).or_default();
            at.push(self.entries.len());
            self.entries.push(entry);
        }
    }

    /// What makes a record of a table one.
    pub(crate) fn essentials_of(table: Table) -> Vec<Vec<&'static str>> {
        essentials(table).iter().map(|group| group.to_vec()).collect()
    }

    /// Makes one of these keys necessary.
    pub(crate) fn require(&mut self, keys: Vec<&'a str>) {
        self.add_known(keys.iter().copied());
        self.needed.push(keys);
    }

    fn add_known(&mut self, keys: impl Iterator<Item = &'a str>) {
        let keying = self.keying;
        self.add(keys.map(|key| Entry::new(key, Role::Known, keying)));
    }

    /// Adds the shared labels that the file does not speak of.
    fn add_labels(&mut self, is_labelled: bool) {
        let shared = self.connector.dictionary(LABELS, self.table).filter(|_| is_labelled);
        let mut entries = Vec::new();
        for (key, targets) in shared.into_iter().flat_map(Ordered::iter) {
            push(&mut entries, (key, self.keying), targets, |_| Expectation::Shared);
        }
        entries.retain(|entry| !self.knows(&entry.name));
        self.add(entries);
    }

    /// Whether values of this name are those of a key, mapped or known.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// The name under which the values of a key stand.
    pub(super) fn name_of(&self, key: &str) -> String {
        self.keying.name_of(key)
    }

    /// The entries of a name.
    fn entries_at(&self, name: &str) -> impl Iterator<Item = &Entry<'a>> {
        self.by_name.get(name).into_iter().flatten().map(|at| &self.entries[*at])
    }

    /// The entries of which a raw record has the key, in their order.
    pub(super) fn entries_in(&self, raw: &Raw) -> Vec<&Entry<'a>> {
        let found = raw.names().filter_map(|name| self.by_name.get(name));
        let mut found: Vec<usize> = found.flatten().copied().collect();
        found.sort_unstable();
        found.into_iter().map(|at| &self.entries[at]).collect()
    }

    /// The table of its fields.
    pub(super) const fn table(&self) -> Table {
        self.table
    }

    /// Groups of keys of which one must be there, for something else than a field.
    pub(super) fn needed(&self) -> &[Vec<&'a str>] {
        &self.needed
    }

    /// Every key, mapped or known.
    pub(crate) fn keys(&self) -> Vec<&'a str> {
        let mut keys: Vec<&str> = self.entries.iter().map(|entry| entry.key).collect();
        keys.dedup();
        keys
    }

    /// The keys that may bring a field.
    pub(super) fn keys_of<'s>(&'s self, field: &'s str) -> impl Iterator<Item = &'a str> + 's {
        self.entries_of(field).map(|entry| entry.key)
    }

    /// The entries that may bring a field.
    fn entries_of<'s>(&'s self, field: &'s str) -> impl Iterator<Item = &'s Entry<'a>> + 's {
        self.entries.iter().filter(move |entry| entry.fills(field))
    }

    /// The keys that must bring a field, by what the file says.
    pub(super) fn expected_keys_of<'s>(
        &'s self,
        field: &'s str,
    ) -> impl Iterator<Item = &'a str> + 's {
        self.entries.iter().filter_map(move |entry| match &entry.role {
            Role::Field { target, expectation: Expectation::Expected } if target.field == field => {
                Some(entry.key)
            }
            Role::Field { .. } | Role::Known => None,
        })
    }

    /// Whether a field is made of other values.
    fn is_made(&self, field: &str) -> bool {
        let is_value = self.values.get(field).is_some();
        is_value || (self.sides.is_some() && matches!(field, "inAmount" | "outAmount"))
    }

    /// Whether header texts are the header of this table: what makes a row one is among them, and
    /// whatever else is needed.
    pub(crate) fn is_header(&self, headers: &[String]) -> bool {
        let mapped: Vec<&Entry<'_>> =
            headers.iter().flat_map(|header| self.entries_at(header)).collect();
        let brings =
            |field: &&str| self.is_made(field) || mapped.iter().any(|entry| entry.fills(field));
        let has = |key: &&str| headers.contains(&self.name_of(key));
        !mapped.is_empty()
            && self.essential.iter().all(|group| group.iter().any(brings))
            && self.needed.iter().all(|keys| keys.iter().any(has))
    }

    /// How many of these headers are known.
    pub(crate) fn headers_known(&self, headers: &[String]) -> usize {
        headers.iter().filter(|header| self.knows(header)).count()
    }

    /// Whether a row is one. A date that no calendar has is a date all the same.
    pub(crate) fn is_whole(&self, record: &Record, raw: &Raw) -> bool {
        let has_impossible_date =
            || self.date_text(raw).chars().filter(char::is_ascii_digit).count() >= 4;
        self.essential.iter().all(|group| {
            group.iter().any(|field| record.get(field).is_some())
                || (group.iter().any(|field| dates(self.table).contains(field))
                    && has_impossible_date())
        })
    }

    /// The essentials, for the operator.
    pub(crate) fn essentials_text(&self) -> String {
        let groups: Vec<String> = self.essential.iter().map(|group| group.join(" or ")).collect();
        groups.join(", and ")
    }

    /// The text of the first date that a raw row has, to tell tables and turns apart.
    pub(crate) fn date_text<'r>(&self, raw: &'r Raw) -> &'r str {
        let entries = dates(self.table).iter().flat_map(|field| self.entries_of(field));
        let mut texts = entries.map(|entry| raw.first_at(&entry.name));
        texts.find(|text| !text.is_empty()).unwrap_or("")
    }

    /// Whether a row has a key for its date, with or without one in it.
    pub(crate) fn has_date_key(&self, raw: &Raw) -> bool {
        let mut entries = dates(self.table).iter().flat_map(|field| self.entries_of(field));
        entries.any(|entry| !raw.of_entry(entry).is_empty())
    }

    /// The amounts of a line that moved something, were it a row.
    pub(super) fn amounts(&self, raw: &Raw) -> Amounts {
        let amount = |entry: &Entry<'_>| {
            let Role::Field { target, .. } = &entry.role else { return None };
            let field = self.table.field(&target.field)?;
            let text = raw.of_entry(entry).first()?;
            match clean(field.kind, text, None) {
                Cleaned::Value(Value::Amount(amount)) if field.name != "balance" => {
                    Some((field.name, amount))
                }
                _ => None,
            }
        };
        self.entries_in(raw).into_iter().filter_map(amount).collect()
    }

    /// The keys that name a person.
    pub(crate) const fn person_keys(&self) -> &PersonKeys {
        &self.person_keys
    }

    /// Looks for them, by what they are in this table or in the table of the base record.
    fn find_person_keys(&mut self) {
        // Others may repay a loan, and their names stand in it.
        let is_of_one_person = matches!(
            self.table,
            Table::FundBase | Table::FundBill | Table::InsuranceBase | Table::InsuranceRow
        );
        if !is_of_one_person {
            return;
        }
        let mut keys = PersonKeys::default();
        for entry in &self.entries {
            if let Role::Field { target, .. } = &entry.role {
                match target.field.as_str() {
                    "idCard" | "idcard" => keys.identity.insert(entry.name.clone()),
                    "employeeName" | "name" => keys.name.insert(entry.name.clone()),
                    _ => false,
                };
            }
        }
        if let Some(owner) = self.owner {
            keys.name.extend(owner.name.iter().map(|key| self.name_of(key)));
            keys.identity.extend(owner.identity.iter().map(|key| self.name_of(key)));
        }
        for (key, field) in &self.connector.person_keys {
            let name = self.name_of(key);
            match field.as_str() {
                "idCard" | "idcard" => keys.identity.insert(name),
                _ => keys.name.insert(name),
            };
        }
        self.person_keys = keys;
    }
}
