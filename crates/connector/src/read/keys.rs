//! Which keys a section had, and what follows from it: what is absent, what nobody knows, what may
//! have been renamed.

use std::collections::BTreeMap;

use fiveone_model::{
    finding::{Finding, FindingKind},
    report::{Kind, Record, Table, Value},
};

use super::{
    Mapping, Raw,
    entries::{Entry, Expectation, Role},
};
use crate::{
    clean::{Cleaned, clean},
    unexpected::UnexpectedPage,
};

/// How many rows are looked at to tell what an unknown key holds.
const ROWS_LOOKED_AT: usize = 50;

/// The word for what a text looks like.
pub(crate) fn look_of(text: &str) -> &'static str {
    Look::of(text).as_str()
}

/// What the values of a key look like. Never a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Blank,
    Day,
    Month,
    Money,
    Ratio,
    Number,
    Text,
}

impl Look {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Blank => "blank",
            Self::Day => "day",
            Self::Month => "month",
            Self::Money => "money",
            Self::Ratio => "ratio",
            Self::Number => "number",
            Self::Text => "text",
        }
    }

    fn of(text: &str) -> Self {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if let Some(number) = text.strip_suffix(['%', '％'])
            && matches!(clean(Kind::Money, number, None), Cleaned::Value(_))
        {
            return Self::Ratio;
        }
        match clean(Kind::Date, text, None) {
            Cleaned::Nothing => return Self::Blank,
            Cleaned::Value(Value::Day(_)) => return Self::Day,
            Cleaned::Value(Value::Month { .. }) => return Self::Month,
            Cleaned::Value(_) | Cleaned::Impossible | Cleaned::Refused => {}
        }
        if is_number(text) {
            return Self::Number;
        }
        match clean(Kind::Money, text, None) {
            Cleaned::Value(_) => Self::Money,
            Cleaned::Nothing | Cleaned::Impossible | Cleaned::Refused => Self::Text,
        }
    }

    /// What several values of one key look like together.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Blank, one) | (one, Self::Blank) => one,
            (a, b) if a == b => a,
            (Self::Number, Self::Money) | (Self::Money, Self::Number) => Self::Money,
            _ => Self::Text,
        }
    }

    /// Whether a field of this kind may hold such values.
    fn fits(self, kind: Kind) -> bool {
        match kind {
            Kind::Money | Kind::MoneyText => matches!(self, Self::Money | Self::Number),
            Kind::Count => self == Self::Number,
            Kind::Date | Kind::Month => matches!(self, Self::Day | Self::Month),
            Kind::FundRatio | Kind::InsuranceRatio => {
                matches!(self, Self::Ratio | Self::Number | Self::Money)
            }
            Kind::Text => matches!(self, Self::Text | Self::Ratio | Self::Number),
        }
    }
}

/// The keys of all rows of a section.
#[derive(Debug, Default)]
pub(crate) struct SeenKeys {
    looks: BTreeMap<String, Look>,
    rows: usize,
}

impl SeenKeys {
    /// Takes note of a row.
    pub(crate) fn add(&mut self, raw: &Raw, mapping: &Mapping<'_>) {
        self.rows += 1;
        let is_looked_at = self.rows <= ROWS_LOOKED_AT;
        for (key, value) in raw.iter() {
            match self.looks.get_mut(key) {
                // Of a known key only this is asked: whether anything stands there.
                Some(look) if *look != Look::Blank && mapping.knows(key) => {}
                Some(look) if is_looked_at && *look != Look::Text => {
                    *look = look.and(Look::of(value));
                }
                Some(_) => {}
                None => {
                    self.looks.insert(key.to_owned(), Look::of(value));
                }
            }
        }
    }

    /// What is odd about the keys of a section that has rows.
    ///
    /// # Errors
    /// A field by which apps decide seems to have another name now.
    pub(crate) fn findings(&self, mapping: &Mapping<'_>) -> Result<Vec<Finding>, UnexpectedPage> {
        if self.rows == 0 {
            return Ok(Vec::new());
        }
        for keys in mapping.needed() {
            if !keys.iter().any(|key| self.looks.contains_key(&mapping.name_of(key))) {
                let reason = format!("`{}` is not there", keys.join("` or `"));
                return Err(UnexpectedPage::portal(reason));
            }
        }
        let unmapped: Vec<(&str, Look)> = self
            .looks
            .iter()
            .filter(|(key, _)| !mapping.knows(key))
            .map(|(key, look)| (key.as_str(), *look))
            .collect();
        let absent = self.absent(mapping);
        let mut findings: Vec<Finding> = unmapped
            .iter()
            .map(|(key, look)| {
                Finding::of_key(FindingKind::Unmapped, &without_numbers(key))
                    .with_detail(look.as_str())
            })
            .collect();
        for missing in &absent {
            let finding = missing.finding(&absent, &unmapped);
            let is_sure =
                missing.similar(&unmapped).is_some() || missing.is_only_amount(&absent, &unmapped);
            if is_sure && missing.decides(mapping.table) {
                return Err(UnexpectedPage::portal(format!("{finding}")));
            }
            findings.push(finding);
        }
        Ok(findings)
    }

    /// The fields of which no key is there.
    fn absent<'m>(&self, mapping: &Mapping<'m>) -> Vec<AbsentField<'m>> {
        let mut fields: Vec<AbsentField<'m>> = Vec::new();
        for Entry { key, name, role } in &mapping.entries {
            let Role::Field { target, expectation } = role else { continue };
            if *expectation == Expectation::Shared {
                continue;
            }
            let Some(field) = mapping.table.field(&target.field) else { continue };
            let look = self.looks.get(name);
            let (is_there, is_filled) =
                (look.is_some(), look.is_some_and(|look| *look != Look::Blank));
            match fields.iter_mut().find(|one| one.field == field.name) {
                Some(known) => {
                    known.keys.push(*key);
                    known.is_there &= is_there;
                    known.is_filled |= is_filled;
                    known.is_expected |= *expectation == Expectation::Expected;
                }
                None => fields.push(AbsentField {
                    field: field.name,
                    kind: field.kind,
                    keys: vec![*key],
                    is_there,
                    is_filled,
                    is_expected: *expectation == Expectation::Expected,
                }),
            }
        }
        // Of several keys a blank one does not tell that the others were blank, too.
        fields.retain(|field| !field.is_there && !field.is_filled);
        fields
    }
}

/// A key without numbers of six and more digits: some portals key their objects by accounts, and what
/// names a person is told to nobody.
fn without_numbers(key: &str) -> String {
    let mut plain = String::new();
    let mut rest = key;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let digits = rest[at..].bytes().take_while(u8::is_ascii_digit).count();
        plain.push_str(&rest[..at]);
        plain.push_str(if digits < 6 { &rest[at..at + digits] } else { "***" });
        rest = &rest[at + digits..];
    }
    plain + rest
}

/// A field without a value, of which not all keys were seen.
struct AbsentField<'a> {
    field: &'static str,
    kind: Kind,
    keys: Vec<&'a str>,
    /// Whether all of them are there.
    is_there: bool,
    /// Whether one of them has a value in some row.
    is_filled: bool,
    is_expected: bool,
}

impl AbsentField<'_> {
    /// Absent, or renamed when an unknown key of the same kind looks like one of its keys, or is the
    /// only one that can be it.
    fn finding(&self, absent: &[Self], unmapped: &[(&str, Look)]) -> Finding {
        let of_kind: Vec<&str> = self.candidates(unmapped).collect();
        let rivals = absent.iter().filter(|one| one.is_expected && one.kind == self.kind).count();
        let only = match of_kind.as_slice() {
            [only] if self.is_expected && rivals == 1 && self.kind != Kind::Text => Some(*only),
            _ => None,
        };
        let key = self.keys.first().copied().unwrap_or_default();
        match self.similar(unmapped).or(only) {
            Some(candidate) => Finding::of_field(FindingKind::Renamed, self.field)
                .with_key(key)
                .with_detail(format!("`{}` may be it", without_numbers(candidate))),
            // What only some portals have is not missing at the others.
            None if !self.is_expected => {
                Finding::of_field(FindingKind::NotOffered, self.field).with_key(key)
            }
            None => Finding::of_field(FindingKind::Absent, self.field).with_key(key),
        }
    }

    /// An unknown key of the same kind whose name is like one of its keys.
    fn similar<'k>(&self, unmapped: &[(&'k str, Look)]) -> Option<&'k str> {
        let mut keys = self.candidates(unmapped);
        keys.find(|key| self.keys.iter().any(|own| are_similar(own, key)))
    }

    /// The unknown keys whose values may be its own; what numbers a person or a firm is no amount.
    fn candidates<'k>(&self, unmapped: &[(&'k str, Look)]) -> impl Iterator<Item = &'k str> {
        unmapped
            .iter()
            .filter(|(key, look)| {
                look.fits(self.kind) && (self.kind == Kind::Text || !is_number_of_somebody(key))
            })
            .map(|(key, _)| *key)
    }

    /// Whether a list of bills lacks a side, and the only unknown key that holds amounts stands there, or
    /// lacks both: movements without what moved are no report.
    fn is_only_amount(&self, absent: &[Self], unmapped: &[(&str, Look)]) -> bool {
        let is_amount =
            |one: &Self| one.is_expected && matches!(one.field, "inAmount" | "outAmount");
        let amounts = unmapped.iter().filter(|(_, look)| *look == Look::Money).count();
        let sides = absent.iter().filter(|one| is_amount(one)).count();
        is_amount(self) && ((sides == 1 && amounts == 1) || (sides == 2 && amounts > 0))
    }

    /// Whether apps decide by it: amounts, dates of rows, balances, the state of an account.
    fn decides(&self, table: Table) -> bool {
        let is_row = !matches!(table, Table::FundBase | Table::InsuranceBase);
        self.is_expected
            && match self.kind {
                Kind::Money | Kind::MoneyText => true,
                Kind::Date | Kind::Month => is_row || self.field == "payUntilDate",
                Kind::Count | Kind::FundRatio | Kind::InsuranceRatio => false,
                Kind::Text => matches!(self.field, "houseFundStatus" | "payStatus" | "loanStatus"),
            }
    }
}

/// Whether a label is the one of a number that names somebody: 个人编号, 单位代码.
fn is_number_of_somebody(key: &str) -> bool {
    let key = crate::page::normal(key);
    ["编号", "编码", "代码", "账号", "号码", "序号", "工号"].iter().any(|word| key.ends_with(word))
}

/// Whether two keys look alike: most characters of labels, nearly all letters of ASCII keys.
fn are_similar(own: &str, other: &str) -> bool {
    let (own, other) = (crate::page::normal(own), crate::page::normal(other));
    if own.is_ascii() || other.is_ascii() {
        let (own, other) = (own.to_lowercase(), other.to_lowercase());
        let allowed = usize::from(own.len() >= 3) + usize::from(own.len() >= 6);
        let (short, long) = if own.len() < other.len() { (&own, &other) } else { (&other, &own) };
        let is_part = short.len() >= 2
            && short.len() * 2 >= long.len()
            && (long.starts_with(short.as_str()) || long.ends_with(short.as_str()));
        return is_part || strsim::osa_distance(&own, &other) <= allowed;
    }
    let shared = own.chars().filter(|c| other.contains(*c)).count();
    let longest = own.chars().count().max(other.chars().count());
    shared * 2 >= longest && longest > 1
}

/// What a source that is not there should have brought, where no other source did.
pub(super) fn findings_of_missing(mapping: &Mapping<'_>, record: &Record) -> Vec<Finding> {
    SeenKeys::default()
        .absent(mapping)
        .into_iter()
        .filter(|one| one.is_expected && record.get(one.field).is_none())
        .map(|one| one.finding(&[], &[]))
        .collect()
}

/// Whether a source of a record has no key of any field that apps decide by, and no other source brought
/// one; `None` when it should have none.
pub(super) fn lacks_all_deciding(
    raw: &Raw,
    mapping: &Mapping<'_>,
    record: &Record,
) -> Option<bool> {
    let mut seen = SeenKeys::default();
    seen.add(raw, mapping);
    let absent = seen.absent(mapping);
    let all = SeenKeys::default().absent(mapping);
    let mut deciding = all.iter().filter(|one| one.decides(mapping.table)).peekable();
    deciding.peek()?;
    Some(deciding.all(|one| {
        record.get(one.field).is_none() && absent.iter().any(|other| other.field == one.field)
    }))
}

/// The findings of one record, which are those of a list of one.
pub(super) fn findings_of_record(
    raw: &Raw,
    mapping: &Mapping<'_>,
    record: &Record,
) -> Result<Vec<Finding>, UnexpectedPage> {
    let mut seen = SeenKeys::default();
    seen.add(raw, mapping);
    let findings = seen.findings(mapping)?;
    let is_strange = !raw.is_blank() && raw.iter().all(|(key, _)| !mapping.knows(key));
    let lacks_deciding = seen
        .absent(mapping)
        .iter()
        .any(|one| one.decides(mapping.table) && record.get(one.field).is_none());
    // Whatever else is known of the person is not the record that should stand here.
    if is_strange && lacks_deciding {
        return Err(UnexpectedPage::portal("the record has none of the keys that it should have"));
    }
    // What another source of the record has brought is not absent.
    Ok(findings
        .into_iter()
        .filter(|finding| finding.field.as_deref().is_none_or(|field| record.get(field).is_none()))
        .collect())
}
