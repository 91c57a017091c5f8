//! From a page to records of the report.
//!
//! Raw values keyed by the vendor's own words come first ([`raw`]), then a mapping makes fields of
//! them ([`mapping`]). Nothing here waits for anything.

mod mapping;
mod raw;
mod sides;
mod split;

use fiveone_model::report::{Record, Table};
use serde_json::Value as Json;

use crate::{
    connector::Connector,
    definition::{Rows, Source, Test},
    page::{Page, Prober},
    template::Scope,
};

pub(crate) use mapping::Mapping;
pub(crate) use raw::{Raw, has_place};
pub(crate) use split::share_out;

/// The portal does not look as the file says; for the operator, without any value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changed(pub(crate) String);

impl Changed {
    pub(crate) fn because(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// Something odd that does not make a value wrong: data quality, never the value itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The field of the report.
    pub field: &'static str,
    /// What is odd about it.
    pub what: &'static str,
}

/// One row that was read: its record, and its raw values for splitting and for inner lists.
#[derive(Debug, Clone)]
pub(crate) struct ReadRow {
    pub(crate) record: Record,
    pub(crate) raw: Raw,
}

impl ReadRow {
    /// Whether the whole row is the same, unmapped values included.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.raw.is_same(&other.raw)
    }
}

/// What reading needs to know besides the page.
pub(crate) struct Reader<'a> {
    pub(crate) connector: &'a Connector,
    pub(crate) scope: &'a dyn Scope,
    pub(crate) findings: &'a mut Vec<Finding>,
}

impl Reader<'_> {
    /// Reads one record from its sources; the first value of a field wins.
    pub(crate) fn record(
        &mut self,
        page: &Page,
        sources: &[Source],
        table: Table,
    ) -> Result<Record, Changed> {
        let mut record = Record::new(table);
        for source in sources {
            let mapping = Mapping::of_source(source, table, self.connector);
            let Some(raw) = raw::of_source(page, source, &mapping)? else {
                if source.optional {
                    continue;
                }
                return Err(Changed::because("the record is not there"));
            };
            mapping.check(&raw, source.closed)?;
            let part = mapping.record(&raw, self.scope, self.findings)?;
            for (field, value) in part.iter() {
                if record.get(field.name).is_none() && !record.set(field.name, value.clone()) {
                    return Err(Changed::because(format!("{} does not fit", field.name)));
                }
            }
        }
        if record.is_empty() {
            return Err(Changed::because("the record has no value at all"));
        }
        Ok(record)
    }

    /// Reads the rows of a page; filler rows are left out.
    pub(crate) fn rows(
        &mut self,
        page: &Page,
        rows: &Rows,
        mapping: &Mapping<'_>,
    ) -> Result<Vec<ReadRow>, Changed> {
        let raws = raw::of_rows(page, rows, mapping)?;
        self.read_rows(raws, rows, mapping)
    }

    /// Reads rows that stand inside a JSON value.
    pub(crate) fn rows_of_json(
        &mut self,
        json: &Json,
        rows: &Rows,
        table: Table,
    ) -> Result<Option<Vec<ReadRow>>, Changed> {
        let mapping = Mapping::of_rows(rows, table, self.connector);
        let Some(path) = &rows.json else {
            return Err(Changed::because("inner rows need a JSON path"));
        };
        let Some(raws) = raw::json_rows(json, path)? else { return Ok(None) };
        self.read_rows(raws, rows, &mapping).map(Some)
    }

    fn read_rows(
        &mut self,
        raws: Vec<Raw>,
        rows: &Rows,
        mapping: &Mapping,
    ) -> Result<Vec<ReadRow>, Changed> {
        let mut read = Vec::new();
        for raw in raws {
            if raw.is_blank() || raw.is_dropped(&rows.drop) {
                continue;
            }
            mapping.check(&raw, rows.closed)?;
            let mut record = mapping.record(&raw, self.scope, self.findings)?;
            if let Some(sides) = &rows.sides {
                sides::set(&mut record, sides, &raw)?;
            }
            if record.is_empty() {
                continue;
            }
            read.push(ReadRow { record, raw });
        }
        Ok(read)
    }
}

/// Whether one of the witnesses proves that a page without rows has none to give.
pub(crate) fn is_proved_empty(
    prober: &Prober<'_>,
    witnesses: &[Test],
    rows: Option<(&Rows, &Mapping)>,
) -> bool {
    witnesses.iter().any(|witness| {
        if witness.header_only {
            let header =
                rows.is_some_and(|(rows, mapping)| raw::has_header(prober.page, rows, mapping));
            return header && witness.and.iter().all(|more| prober.test(more));
        }
        prober.test(witness)
    })
}

#[cfg(test)]
mod tests;
