//! From a page to records of the report.
//!
//! Raw values keyed by the vendor's own words come first ([`raw`], [`place`], [`record_place`]), then a
//! mapping makes fields of them ([`mapping`]). `docs/READING.md` is the promise. Nothing here waits
//! for anything.

mod balances;
mod codes;
mod entries;
mod essentials;
mod fields;
mod insurance;
mod keying;
mod keys;
mod mapping;
mod order;
mod place;
mod raw;
mod record_place;
mod sides;
mod split;
mod totals;
mod values;
mod whose;
mod witness;
mod words;

use fiveone_model::{
    finding::{Finding, FindingKind},
    report::{Record, Section, Table},
};
use rust_decimal::Decimal;
use serde_json::Value as Json;

use crate::{
    connector::Connector,
    definition::{ReportField, Rows, RowsPlace, Source},
    page::Page,
    template::Scope,
    unexpected::UnexpectedPage,
};

pub(crate) use balances::{decide_sides, moves_untold};
pub(crate) use entries::{account_keys, person_keys};
pub(crate) use essentials::essentials;
pub(crate) use keys::{SeenKeys, look_of};
pub(crate) use mapping::Mapping;
pub(crate) use order::{days_of, newest_first};
pub(crate) use place::FoundRows;
pub(crate) use raw::Raw;
pub(crate) use sides::{Undecided, mend_columns};
pub(crate) use split::partition;
pub(crate) use totals::{Amounts, is_sum_of};
pub(crate) use whose::{Whose, are_of_other_accounts, are_of_several};
pub(crate) use witness::proves_no_rows;

/// Whether a row without a date is a movement all the same: it says what it was, and is not the sum of
/// the rows above it.
fn is_undated_movement(record: &Record, above: &[ReadRow]) -> bool {
    let sum = |field: &str| {
        above.iter().map(|row| sides::amount_or_zero(&row.record, field)).sum::<Decimal>()
    };
    let moved = ["inAmount", "outAmount"];
    let moves = moved.iter().any(|field| !sides::amount_or_zero(record, field).is_zero());
    let is_sum =
        !above.is_empty() && moved.iter().all(|one| sides::amount_or_zero(record, one) == sum(one));
    record.table() == Table::FundBill && record.get("note").is_some() && moves && !is_sum
}

/// Whether a row moves nothing: a day, words for what was done, and amounts that are left blank, as
/// portals write zero.
fn is_movement_of_nothing(record: &Record, raw: &Raw, mapping: &Mapping<'_>) -> bool {
    let has = |field: &str| record.get(field).is_some();
    // A key that is not there, where others are, may have taken its amount with it.
    let is_blank = |field: &&str| {
        let mut told = mapping.keys_of(field).flat_map(|key| raw.get(key)).peekable();
        told.peek().is_some() && told.all(String::is_empty)
    };
    let mapped = ["inAmount", "outAmount"].into_iter();
    let mut mapped = mapped.filter(|field| mapping.keys_of(field).next().is_some()).peekable();
    record.table() == Table::FundBill
        && has("payArriveDate")
        && has("note")
        && mapped.peek().is_some()
        && mapped.all(|field| is_blank(&field))
}

/// Why there is nothing to take from a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is not as the file says.
    Unexpected(UnexpectedPage),
    /// It holds the records of somebody else.
    OtherPerson,
}

impl From<UnexpectedPage> for Unread {
    fn from(page: UnexpectedPage) -> Self {
        Self::Unexpected(page)
    }
}

/// One row that was read: its record, and its raw values for splitting and for inner lists.
#[derive(Debug, Clone)]
pub(crate) struct ReadRow {
    pub(crate) record: Record,
    pub(crate) raw: Raw,
    /// Whether it is a row of another insurance, which counts while pages are read and is then left out.
    pub(crate) is_of_another: bool,
    /// Its amount, where its words do not tell the side.
    pub(crate) undecided: Option<Undecided>,
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
    pub(crate) whose: &'a Whose,
    /// The insurance whose rows are read, where it is one.
    pub(crate) insurance: Option<Section>,
    pub(crate) findings: &'a mut Vec<Finding>,
    /// The amounts of the lines that are sums.
    pub(crate) sums: Vec<Amounts>,
    /// How many lines were no rows of this list, though whoever counted it may have counted them.
    pub(crate) left_out: usize,
}

impl Reader<'_> {
    /// Reads one record from its sources; the first value of a field wins.
    pub(crate) fn record(
        &mut self,
        page: &Page,
        sources: &[Source],
        table: Table,
    ) -> Result<Record, Unread> {
        let mut record = Record::new(table);
        let (mut seen, mut missing) = (Vec::new(), Vec::new());
        for source in sources {
            let mapping = Mapping::of_source(source, table, self.connector);
            let raw = match record_place::find(page, source, &mapping) {
                Ok(Some(raw)) => raw,
                Ok(None) | Err(_) if source.optional => {
                    missing.push(mapping);
                    continue;
                }
                Ok(None) => {
                    return Err(UnexpectedPage::portal("the record is not there").into());
                }
                Err(page) => return Err(page.into()),
            };
            if self.whose.is_other(&raw, mapping.person_keys()) {
                return Err(Unread::OtherPerson);
            }
            let part = mapping.record(&raw, self.scope, self.findings)?;
            for (field, value) in part.iter() {
                if record.get(field.name).is_none() && !record.set(field.name, value.clone()) {
                    let reason = format!("{} does not fit", field.name);
                    return Err(UnexpectedPage::definition(reason).into());
                }
            }
            if source.from.is_some() {
                seen.push((raw, mapping));
            }
        }
        let named = sources.iter().flat_map(|source| &source.essential);
        let named: Vec<Vec<&str>> =
            named.map(|group| group.iter().map(ReportField::name).collect()).collect();
        let essentials = if named.is_empty() { Mapping::essentials_of(table) } else { named };
        if !essentials::has_all(&record, &essentials) {
            return Err(UnexpectedPage::portal("nothing says whose record this is").into());
        }
        for (raw, mapping) in &seen {
            self.findings.extend(keys::findings_of_record(raw, mapping, &record)?);
        }
        // A source that is not there is named by what it should have brought.
        let nothing = Raw::default();
        for mapping in &missing {
            self.findings.extend(keys::findings_of_missing(mapping, &record));
        }
        let there = seen.iter().map(|(raw, mapping)| (raw, mapping));
        let all = there.chain(missing.iter().map(|mapping| (&nothing, mapping)));
        let mut lacks = all
            .filter_map(|(raw, mapping)| keys::lacks_all_deciding(raw, mapping, &record))
            .peekable();
        if !missing.is_empty() && lacks.peek().is_some() && lacks.all(|lacks| lacks) {
            let reason = "the record has nothing of what apps decide by";
            return Err(UnexpectedPage::portal(reason).into());
        }
        Ok(record)
    }

    /// Makes rows of what was found; sums, fillers and lines that are no rows are left out.
    pub(crate) fn rows(
        &mut self,
        raws: Vec<Raw>,
        rows: &Rows,
        mapping: &Mapping<'_>,
        seen: &mut SeenKeys,
    ) -> Result<Vec<ReadRow>, Unread> {
        let person_keys = mapping.person_keys();
        let mut read = Vec::new();
        let (mut lines_left_out, mut carried) = (0_usize, 0_usize);
        let mut odd: Vec<Raw> = Vec::new();
        for raw in raws {
            if raw.is_blank() {
                continue;
            }
            if totals::is_total(&raw, &rows.drop) {
                if totals::is_carried(&raw) {
                    carried += 1;
                } else {
                    self.sums.push(mapping.amounts(&raw));
                }
                continue;
            }
            if self.whose.is_other(&raw, person_keys) {
                return Err(Unread::OtherPerson);
            }
            if let Some(key) = self.insurance.and_then(|own| insurance::tells_another(&raw, own)) {
                // The portal did not look at which one was asked for.
                self.findings.push(Finding::of_key(FindingKind::IgnoredParameter, key));
                let record = Record::new(mapping.table());
                read.push(ReadRow { record, raw, is_of_another: true, undecided: None });
                continue;
            }
            let mut record = mapping.record(&raw, self.scope, self.findings)?;
            let undecided = match &rows.sides {
                Some(sides) => sides::set(&mut record, sides, &raw)?,
                None => None,
            };
            // A debit that failed has paid nothing back.
            let has_failed = mapping.table() == Table::LoanRepay
                && raw.iter().any(|(_, value)| is_failure(value));
            let is_row = !has_failed
                && (mapping.is_whole(&record, &raw)
                    || undecided.as_ref().is_some_and(Undecided::moves)
                    || (is_undated_movement(&record, &read) && mapping.has_date_key(&raw))
                    || is_movement_of_nothing(&record, &raw, mapping));
            if !is_row {
                lines_left_out += 1;
                odd.push(raw);
                continue;
            }
            seen.add(&raw, mapping);
            read.push(ReadRow { record, raw, is_of_another: false, undecided });
        }
        self.left_out = lines_left_out + carried + self.sums.len();
        let own = || read.iter().filter(|row| !row.is_of_another);
        let has_rows = own().next().is_some();
        // A line that lacks what makes a row one, and has a key of its own, is a row that was renamed.
        let is_renamed = |line: &Raw| {
            line.iter().any(|(key, value)| {
                !value.is_empty() && own().all(|row: &ReadRow| row.raw.get(key).is_empty())
            })
        };
        if has_rows && odd.iter().any(is_renamed) {
            return Err(UnexpectedPage::portal("a row has other keys than the others").into());
        }
        if lines_left_out > 0 && !has_rows {
            let reason = format!("no row has {}", mapping.essentials_text());
            return Err(UnexpectedPage::portal(reason).into());
        }
        if lines_left_out > 0 {
            let finding = Finding::of_key(FindingKind::NotARow, &mapping.essentials_text());
            self.findings.push(finding);
        }
        Ok(read)
    }

    /// Reads rows that stand inside a JSON value; `None` when their list is not there.
    pub(crate) fn rows_of_json(
        &mut self,
        json: &Json,
        rows: &Rows,
        table: Table,
    ) -> Result<Option<Vec<ReadRow>>, Unread> {
        let mapping = Mapping::of_rows(rows, table, self.connector);
        let RowsPlace::Json(paths) = &rows.from else {
            return Err(UnexpectedPage::definition("inner rows need a JSON path").into());
        };
        let Some(raws) = place::json_rows(json, paths)? else { return Ok(None) };
        let mut seen = SeenKeys::default();
        let mut read = self.rows(raws, rows, &mapping, &mut seen)?;
        decide_sides(&mut read, rows.sides.as_ref(), self.findings)?;
        Ok(Some(read))
    }
}

/// Whether a cell says that a debit did not come about.
fn is_failure(cell: &str) -> bool {
    ["失败", "扣款失败", "还款失败", "扣款不成功", "未成功"].contains(&cell.trim())
}

#[cfg(test)]
mod tests;
