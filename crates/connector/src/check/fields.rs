//! Where records and rows are, and whether what they map to are fields of their table.

use fiveone_model::report::Table;

use super::{Path, shape::Shapes};
use crate::{
    complaint::did_you_mean,
    connector::map_of,
    definition::{CodeTable, Map, Ordered, ReportField, Rows, Source, Targets},
    template::Template,
};

impl Shapes<'_> {
    pub(super) fn source(&mut self, source: &Source, table: Table, path: &Path) {
        let places = [
            source.json.is_some(),
            source.labels.is_some(),
            source.ids.is_some(),
            source.pairs.is_some(),
            source.table.is_some(),
        ];
        let count = places.iter().filter(|place| **place).count();
        if count > 1 || (count == 0 && source.values.is_empty()) {
            self.complain(
                path,
                "a source has one place: `json`, `labels`, `ids`, `pairs` or `table`",
            );
        }
        if count == 1 && source.map.is_empty() && source.dictionary.is_none() {
            self.complain(path, "nothing is mapped: `map` or `dictionary` is missing");
        }
        if let Some(pairs) = &source.pairs
            && (pairs.labels.is_some() != pairs.values.is_some()
                || pairs.labels.is_some() == pairs.lists.is_some())
        {
            self.complain(&path.then("pairs"), "either `labels` and `values`, or `lists`");
        }
        self.fields(&source.map, &source.values, table, path);
        self.dictionary(source.dictionary.as_deref(), &source.fields, table, path);
    }

    pub(super) fn rows(&mut self, rows: &Rows, table: Table, path: &Path) {
        let places =
            [rows.json.is_some(), rows.table.is_some(), rows.flat.is_some(), rows.lists.is_some()];
        if places.iter().filter(|place| **place).count() != 1 {
            self.complain(path, "rows have one place: `json`, `table`, `flat` or `lists`");
        }
        if rows.map.is_empty() && rows.dictionary.is_none() {
            self.complain(path, "nothing is mapped: `map` or `dictionary` is missing");
        }
        self.fields(&rows.map, &rows.values, table, path);
        self.dictionary(rows.dictionary.as_deref(), &rows.fields, table, path);
        if rows.sides.is_some() && table != Table::FundBill {
            self.complain(&path.then("sides"), "only `billInfos` has two sides");
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
                if let Some(CodeTable::Named(name)) = &target.detail.codes
                    && !self.has_codes(name)
                {
                    self.complain(&path, format!("no code table `{name}`"));
                }
            }
        }
        for (name, _) in values.iter() {
            if table.field(name.trim_end_matches('?')).is_none() {
                let near = did_you_mean(name, known());
                self.complain(
                    &path.then("values").then(name),
                    format!("this table has no field `{name}`{near}"),
                );
            }
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
            let near = did_you_mean(name, dictionaries.keys().map(String::as_str));
            self.complain(&path.then("dictionary"), format!("no dictionary `{name}`{near}"));
            return;
        };
        let map = map_of(dictionary, table);
        if map.is_empty() {
            self.complain(&path.then("dictionary"), format!("`{name}` maps nothing of this table"));
            return;
        }
        if fields.is_empty() {
            let message = "without `fields` a changed key goes unseen; list what this portal gives";
            self.subject.warn(self.complaints, &path.then("dictionary"), message);
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
