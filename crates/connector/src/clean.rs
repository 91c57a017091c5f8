//! A portal's text as a value of the report's own kinds.
//!
//! Blank is nothing; what is left over after cleaning is a failure, never a guess. An impossible date
//! is told apart from a text that is no date: the first is left out and reported, the second means
//! that the column is not what it was.

mod date;
mod money;
mod ratio;

use std::borrow::Cow;

use fiveone_model::report::{Kind, Value};

use crate::page::is_blank_char;

/// What became of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cleaned {
    /// A value.
    Value(Value),
    /// Nothing was written there.
    Nothing,
    /// A date that no calendar has.
    Impossible,
    /// Something else than the field holds.
    Refused,
}

/// Cleans a text for a field of a kind; `format` is what a file says of a date's order.
pub(crate) fn clean(kind: Kind, text: &str, format: Option<&str>) -> Cleaned {
    let text = squeeze_blanks(text);
    let text = text.trim();
    if is_nothing(text) || (kind != Kind::Text && text == "无") {
        return Cleaned::Nothing;
    }
    match kind {
        Kind::Text => Cleaned::Value(Value::Text(text.to_owned())),
        Kind::Money | Kind::MoneyText => money::parse(text)
            .map_or(Cleaned::Refused, |amount| Cleaned::Value(Value::Amount(amount))),
        Kind::Count => {
            money::count(text).map_or(Cleaned::Refused, |count| Cleaned::Value(Value::Count(count)))
        }
        Kind::FundRatio | Kind::InsuranceRatio => ratio::parse(kind, text),
        Kind::Date => date::parse(text, format),
        Kind::Month => match date::parse(text, format) {
            Cleaned::Value(Value::Day(day)) => {
                Cleaned::Value(Value::Month { year: day.year(), month: day.month() })
            }
            other => other,
        },
    }
}

/// Blanks of every kind made one plain blank, and characters that nobody can see left out. Text keeps
/// its full-width characters.
fn squeeze_blanks(text: &str) -> Cow<'_, str> {
    let is_blank = |c: char| is_blank_char(c) || c.is_control();
    if !text.contains(is_blank) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.split(is_blank).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
}

fn is_nothing(text: &str) -> bool {
    text.chars().all(|c| matches!(c, '-' | '—' | '－' | '/' | '\\' | '*' | '.'))
        || matches!(text, "null" | "NULL" | "undefined" | "None" | "&nbsp;" | "NaN")
}

#[cfg(test)]
mod tests;
