//! From raw values to a record: which of the texts fills a field, and what it means.

use fiveone_model::{
    finding::{Finding, FindingKind},
    report::{Field, Record, Value},
};
use jiff::civil::Date;

use super::{
    Mapping, Raw,
    codes::{Wanted, meaning, misfit},
    entries::{Expectation, Role},
    values::{RowScope, is_aside, pick, set},
};
use crate::{
    clean::{Cleaned, clean},
    definition::{CodeTable, Otherwise, Target},
    template::Scope,
    unexpected::UnexpectedPage,
};

impl Mapping<'_> {
    /// Makes the record of raw values.
    pub(crate) fn record(
        &self,
        raw: &Raw,
        scope: &dyn Scope,
        findings: &mut Vec<Finding>,
    ) -> Result<Record, UnexpectedPage> {
        let mut record = Record::new(self.table);
        let mut by_shared: Vec<&str> = Vec::new();
        let mut doubtful: Vec<&str> = Vec::new();
        let mut second_sides: Vec<&str> = Vec::new();
        for entry in self.entries_in(raw) {
            let Role::Field { target, expectation } = &entry.role else { continue };
            let Some(field) = self.table.field(&target.field) else { continue };
            let is_shared = *expectation == Expectation::Shared;
            if let Some(known) = record.get(field.name) {
                let other = raw.of_entry(entry).first().map_or("", String::as_str);
                let Cleaned::Value(other) = clean(field.kind, other, None) else { continue };
                if is_zero_side(field, known) {
                    // An income or expense of zero is none; the portal has another column for it.
                    if is_zero_side(field, &other) {
                        continue;
                    }
                    record.remove(field.name);
                    second_sides.push(field.name);
                } else {
                    let is_by_shared = is_shared && by_shared.contains(&field.name);
                    if is_by_shared && are_different(known, &other) {
                        doubtful.push(field.name);
                    }
                    continue;
                }
            }
            let Some(text) = pick(raw, entry, target)? else { continue };
            let Some(text) = self.translate(text, target, raw, scope, findings)? else { continue };
            let format = target.detail.format.as_deref();
            let is_essential = self.essential.iter().flatten().any(|one| *one == field.name);
            // What no file promises is not worth the section.
            let is_unspoken = *expectation != Expectation::Expected && !is_essential;
            let unreadable = match target.detail.otherwise {
                Some(Otherwise::Blank) => Otherwise::Blank,
                Some(Otherwise::LeaveOut) => Otherwise::LeaveOut,
                Some(Otherwise::Keep | Otherwise::Fail) => Otherwise::Fail,
                // Until when was paid is what apps decide by, promised or not.
                None if field.name == "payUntilDate" && !is_shared => Otherwise::Fail,
                None if is_unspoken || is_aside(self.table, field) => Otherwise::LeaveOut,
                None => Otherwise::Fail,
            };
            set(&mut record, field, &text, format, unreadable, findings)?;
            if is_shared {
                by_shared.push(field.name);
            }
        }
        // A column beside the sides (interest) is a side of a row that has none, and not of a withdrawal.
        if second_sides.iter().any(|side| has_other_side(&record, side)) {
            for side in second_sides {
                record.remove(side);
                findings.push(Finding::of_field(FindingKind::Unreadable, side));
            }
        }
        leave_out_days_to_come(&mut record, scope, findings);
        // Two labels that the file does not speak of, for one field and with different values: which
        // of them it is, nothing tells.
        for name in doubtful {
            record.remove(name);
            findings.push(Finding::of_field(FindingKind::Unreadable, name));
        }
        for (name, template) in self.values.iter() {
            let Some(field) = self.table.field(name) else { continue };
            if record.get(field.name).is_some() {
                continue;
            }
            // What is no plain value is not there for templates, and they may do without.
            if raw.nested_keys().any(|key| template.mentions(key)) {
                findings.push(Finding::of_field(FindingKind::Unreadable, field.name));
                continue;
            }
            let scope = RowScope { raw, it: None, outer: scope };
            match template.render(&scope) {
                Ok(text) => set(&mut record, field, &text, None, Otherwise::Fail, findings)?,
                // What it is made of is not there: so is the field.
                Err(_) => findings.push(
                    Finding::of_field(FindingKind::Absent, field.name).with_key(template.source()),
                ),
            }
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
        findings: &mut Vec<Finding>,
    ) -> Result<Option<String>, UnexpectedPage> {
        let mut text = text.to_owned();
        if text.is_empty() || text == "null" {
            return Ok(None);
        }
        if let Some(pattern) = &target.detail.matching {
            let kept = match pattern.0.captures(&text) {
                None => misfit(text, target, Wanted::Pattern, findings)?,
                Some(found) if found.len() > 1 => found.get(1).map(|kept| kept.as_str().to_owned()),
                Some(found) => found.get(0).map(|kept| kept.as_str().to_owned()),
            };
            let Some(kept) = kept.filter(|kept| !kept.is_empty()) else { return Ok(None) };
            text = kept;
        }
        if let Some(table) = &target.detail.codes {
            let table = match table {
                CodeTable::Here(table) => Some(table),
                CodeTable::Named(name) => self.connector.codes(name),
            };
            let meaning = match table.and_then(|table| meaning(table, &text)) {
                Some(meaning) => Some(meaning.clone()),
                None => misfit(text, target, Wanted::Code, findings)?,
            };
            let Some(meaning) = meaning else { return Ok(None) };
            text = meaning;
        }
        if let Some(template) = &target.detail.value {
            let scope = RowScope { raw, it: Some(&text), outer: scope };
            text = template.render(&scope).map_err(|error| UnexpectedPage::definition(error.0))?;
        }
        Ok(Some(text))
    }
}

/// Whether two values of one field cannot both be right; a text may be written shorter elsewhere.
fn are_different(known: &Value, other: &Value) -> bool {
    match (known, other) {
        (Value::Text(known), Value::Text(other)) => {
            !known.contains(other.as_str()) && !other.contains(known.as_str())
        }
        _ => known != other,
    }
}

/// Leaves out days on which something was done that has not come yet: what portals keep for "no date".
fn leave_out_days_to_come(record: &mut Record, scope: &dyn Scope, findings: &mut Vec<Finding>) {
    let today = scope.get("today").and_then(|today| today.as_str()?.parse::<Date>().ok());
    let Some(today) = today else { return };
    for field in ["openAccountDate", "birthday", "workDate", "firstInsuredDate"] {
        if matches!(record.get(field), Some(Value::Day(day)) if *day > today) {
            record.remove(field);
            findings.push(Finding::of_field(FindingKind::ImpossibleDate, field));
        }
    }
}

/// Whether a bill has an amount on the side that this one is not.
fn has_other_side(record: &Record, side: &str) -> bool {
    let other = if side == "inAmount" { "outAmount" } else { "inAmount" };
    matches!(record.get(other), Some(Value::Amount(amount)) if !amount.is_zero())
}

/// Whether a field is a side of a bill, and zero.
fn is_zero_side(field: &Field, value: &Value) -> bool {
    matches!(field.name, "inAmount" | "outAmount")
        && matches!(value, Value::Amount(amount) if amount.is_zero())
}
