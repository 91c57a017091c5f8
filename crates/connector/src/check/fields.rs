//! Where records and rows are, and whether what they map to are fields of their table.

use std::collections::BTreeSet;

use fiveone_model::report::Table;

use super::{Path, misfit, shape::Shapes};
use crate::{
    complaint::{did_you_mean, did_you_mean_one_of},
    connector::map_of,
    definition::{
        CodeTable, Map, OneOrMany, Ordered, RecordPlace, ReportField, Rows, RowsPlace, Source,
        Target, Targets,
    },
    read::essentials,
    template::Template,
};

impl Shapes<'_> {
    pub(super) fn source(&mut self, source: &Source, table: Table, path: &Path) {
        let is_mapped = !source.map.is_empty() || source.dictionary.is_some();
        match &source.from {
            None if source.values.is_empty() => {
                let message = "a source has a place: `json`, `labels`, `ids`, `pairs` or `table`, or `values`";
                self.complain(path, message);
            }
            Some(RecordPlace::Json(_) | RecordPlace::Ids(_)) if !is_mapped => {
                self.complain(path, "nothing is mapped: `map` or `dictionary` is missing");
            }
            Some(_) | None => {}
        }
        self.fields(&source.map, &source.values, table, path);
        self.dictionary(source.dictionary.as_deref(), &source.fields, table, path);
    }

    pub(super) fn rows(&mut self, rows: &Rows, table: Table, path: &Path) {
        let is_mapped = !rows.map.is_empty() || rows.dictionary.is_some();
        if matches!(rows.from, RowsPlace::Json(_)) && !is_mapped {
            self.complain(path, "nothing is mapped: `map` or `dictionary` is missing");
        }
        self.fields(&rows.map, &rows.values, table, path);
        self.dictionary(rows.dictionary.as_deref(), &rows.fields, table, path);
        if rows.sides.is_some() && table != Table::FundBill {
            self.complain(&path.then("sides"), "only `billInfos` has two sides");
        }
        let brought = self.brought_by_rows(rows, table);
        if rows.essential.is_empty() && self.is_known(rows.dictionary.as_deref()) {
            self.own_essentials("a row", &brought, table, path);
        }
        self.essentials(&rows.essential, &brought, table, path);
    }

    /// The sources of a record together: what one does not bring another may.
    pub(super) fn record_essentials(&mut self, sources: &[Source], table: Table, path: &Path) {
        let mut brought = BTreeSet::new();
        for source in sources {
            let is_labelled = match &source.from {
                Some(RecordPlace::Labels(_) | RecordPlace::Pairs(_) | RecordPlace::Table(_)) => {
                    true
                }
                Some(RecordPlace::Json(_) | RecordPlace::Ids(_)) | None => false,
            };
            let dictionary = source.dictionary.as_deref();
            brought.extend(self.brought(&source.map, dictionary, is_labelled, table));
            brought.extend(source.values.iter().map(|(name, _)| name.to_owned()));
        }
        let mut dictionaries = sources.iter().map(|source| source.dictionary.as_deref());
        let is_known = dictionaries.all(|name| self.is_known(name));
        if is_known && sources.iter().all(|source| source.essential.is_empty()) {
            self.own_essentials("a record", &brought, table, path);
        }
        for (at, source) in sources.iter().enumerate() {
            self.essentials(&source.essential, &brought, table, &path.then(at));
        }
    }

    fn brought_by_rows(&self, rows: &Rows, table: Table) -> BTreeSet<String> {
        let is_labelled = !matches!(rows.from, RowsPlace::Json(_));
        let mut brought = self.brought(&rows.map, rows.dictionary.as_deref(), is_labelled, table);
        brought.extend(rows.values.iter().map(|(name, _)| name.to_owned()));
        if rows.sides.is_some() {
            brought.extend(["inAmount", "outAmount"].map(str::to_owned));
        }
        brought
    }

    /// Whether what dictionaries map is known; one that is not there, or has mistakes, is complained of
    /// elsewhere.
    fn is_known(&self, dictionary: Option<&str>) -> bool {
        let files = self.subject.files;
        !files.has_broken_dictionary
            && dictionary.is_none_or(|name| files.dictionaries.contains_key(name))
    }

    /// The fields that a map, its dictionary and the shared labels may fill.
    fn brought(
        &self,
        map: &Map,
        dictionary: Option<&str>,
        is_labelled: bool,
        table: Table,
    ) -> BTreeSet<String> {
        let named = dictionary.into_iter().chain(is_labelled.then_some("labels"));
        let shared = named.filter_map(|name| self.subject.files.dictionaries.get(name));
        std::iter::once(map)
            .chain(shared.map(|dictionary| map_of(dictionary, table)))
            .flat_map(|map| map.iter())
            .flat_map(|(_, targets)| targets.0.iter().map(|target| target.field.clone()))
            .collect()
    }

    /// A record or row that could never be one.
    fn own_essentials(
        &mut self,
        what: &str,
        brought: &BTreeSet<String>,
        table: Table,
        path: &Path,
    ) {
        let is_missing = |group: &&&[&str]| !group.iter().any(|field| brought.contains(*field));
        if let Some(group) = essentials(table).iter().find(is_missing) {
            let message = format!(
                "nothing brings what makes {what} one: {}; map it, or say `essential`",
                group.join(" or ")
            );
            self.complain(path, message);
        }
    }

    /// What the file says instead: fields of the table, each of which something brings.
    fn essentials(
        &mut self,
        told: &[OneOrMany<ReportField>],
        brought: &BTreeSet<String>,
        table: Table,
        path: &Path,
    ) {
        for (at, group) in told.iter().enumerate() {
            let path = path.then("essential").then(at);
            if group.is_empty() {
                self.complain(&path, "a group of `essential` names at least one field");
            }
            for (at, field) in group.iter().enumerate() {
                let path = path.then(at);
                let name = field.name();
                if field.is_optional() {
                    self.complain(&path, format!("`{name}?`: what is essential has no `?`"));
                }
                if table.field(name).is_none() {
                    let near = did_you_mean(name, table.fields().iter().map(|field| field.name));
                    self.complain(&path, format!("this table has no field `{name}`{near}"));
                } else if !brought.contains(name) && !self.subject.files.has_broken_dictionary {
                    let near = did_you_mean(name, brought.iter().map(String::as_str));
                    let hint =
                        if near.is_empty() { "; map it, or leave it out here" } else { &near };
                    self.complain(&path, format!("nothing maps `{name}`{hint}"));
                }
            }
        }
    }

    fn fields(&mut self, map: &Map, values: &Ordered<Template>, table: Table, path: &Path) {
        let known = || table.fields().iter().map(|field| field.name);
        for (key, targets) in map.iter() {
            let path = path.then("map").then(key);
            for target in &targets.0 {
                if table.field(&target.field).is_none() {
                    let near = did_you_mean(&target.field, known());
                    self.complain(
                        &path,
                        format!("this table has no field `{}`{near}", target.field),
                    );
                }
                self.detail(target, &path);
            }
        }
        for (key, _) in values.iter() {
            let path = path.then("values").then(key);
            let name = key.trim_end_matches('?');
            if name.len() < key.len() {
                let message = format!(
                    "`{key}`: leave the `?` out; what is made of something missing is left out anyway"
                );
                self.complain(&path, message);
            }
            if table.field(name).is_none() {
                let near = did_you_mean(name, known());
                self.complain(&path, format!("this table has no field `{name}`{near}"));
            }
        }
    }

    fn detail(&mut self, target: &Target, path: &Path) {
        let detail = &target.detail;
        if let Some(CodeTable::Named(name)) = &detail.codes
            && !self.has_codes(name)
        {
            let dictionaries = self.subject.files.dictionaries.values();
            let shared = dictionaries.flat_map(|dictionary| dictionary.codes.keys());
            let known = self.subject.definition.codes.keys().chain(shared);
            let near = did_you_mean_one_of(name, known.map(String::as_str));
            self.complain(path, format!("no code table `{name}`{near}"));
        }
        if let Some(message) = misfit(target) {
            self.complain(path, message);
        }
    }

    fn has_codes(&self, name: &str) -> bool {
        self.subject.definition.codes.contains_key(name)
            || self
                .subject
                .files
                .dictionaries
                .values()
                .any(|dictionary| dictionary.codes.contains_key(name))
    }

    fn dictionary(
        &mut self,
        name: Option<&str>,
        fields: &[ReportField],
        table: Table,
        path: &Path,
    ) {
        let Some(name) = name else {
            if !fields.is_empty() {
                self.complain(&path.then("fields"), "`fields` goes with `dictionary`");
            }
            return;
        };
        let dictionaries = &self.subject.files.dictionaries;
        let Some(dictionary) = dictionaries.get(name) else {
            let near = did_you_mean_one_of(name, dictionaries.keys().map(String::as_str));
            self.complain(&path.then("dictionary"), format!("no dictionary `{name}`{near}"));
            return;
        };
        let map = map_of(dictionary, table);
        if map.is_empty() {
            self.complain(&path.then("dictionary"), format!("`{name}` maps nothing of this table"));
            return;
        }
        for (at, field) in fields.iter().enumerate() {
            let maps =
                |targets: &Targets| targets.0.iter().any(|target| target.field == field.name());
            if !map.iter().any(|(_, targets)| maps(targets)) {
                self.complain(
                    &path.then("fields").then(at),
                    format!("`{name}` has no key for `{}`", field.name()),
                );
            }
        }
    }
}
