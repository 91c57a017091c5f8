//! Where records and rows are, and whether what they map to are fields of their table.

use fiveone_model::report::Table;

use super::{Path, shape::Shapes};
use crate::{
    complaint::did_you_mean,
    connector::map_of,
    definition::{
        CodeTable, Map, Ordered, RecordPlace, ReportField, Rows, RowsPlace, Source, Targets,
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
        for (at, field) in rows
            .essential
            .iter()
            .enumerate()
            .flat_map(|(at, group)| group.iter().map(move |field| (at, field.name())))
        {
            if table.field(field).is_none() {
                let message = format!("this table has no field `{field}`");
                self.complain(&path.then("essential").then(at), message);
            }
        }
        self.essentials(rows, table, path);
    }

    /// A row that could never be one.
    fn essentials(&mut self, rows: &Rows, table: Table, path: &Path) {
        let reaches = |field: &str| {
            let in_map = |map: &Map| {
                map.iter().any(|(_, targets)| targets.0.iter().any(|one| one.field == field))
            };
            let named = rows
                .dictionary
                .as_deref()
                .into_iter()
                .chain((!matches!(rows.from, RowsPlace::Json(_))).then_some("labels"));
            let mut dictionaries =
                named.filter_map(|name| self.subject.files.dictionaries.get(name));
            in_map(&rows.map)
                || dictionaries.any(|dictionary| in_map(map_of(dictionary, table)))
                || rows.values.iter().any(|(name, _)| name.trim_end_matches('?') == field)
                || (rows.sides.is_some() && matches!(field, "inAmount" | "outAmount"))
        };
        let groups: Vec<Vec<&str>> = if rows.essential.is_empty() {
            essentials(table).iter().map(|group| group.to_vec()).collect()
        } else {
            rows.essential.iter().map(|g| g.iter().map(ReportField::name).collect()).collect()
        };
        let missing = groups.iter().find(|group| !group.iter().any(|field| reaches(field)));
        if let Some(group) = missing {
            let message = format!(
                "nothing brings what makes a row one: {}; map it, or say `essential`",
                group.join(" or ")
            );
            self.complain(path, message);
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
