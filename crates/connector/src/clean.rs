//! A portal's text as a value of the report's own kinds.
//!
//! Blank is nothing; what is left over after cleaning is a failure, never a guess. An impossible date
//! is told apart from a text that is no date: the first is left out and reported, the second means
//! that the column is not what it was.

mod date;
mod money;
mod ratio;

use std::{borrow::Cow, sync::LazyLock};

use fiveone_model::report::{Kind, Value};

use crate::page::{has_no_width, is_blank_char, without_ellipsis};
use regex::Regex;

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
    let text = without_markup(text);
    let text = squeeze_blanks(&text);
    let text = text.trim();
    if is_nothing(text) {
        return Cleaned::Nothing;
    }
    match kind {
        // What was cut for display is not what is written there.
        Kind::Text if without_ellipsis(text).is_some() => Cleaned::Refused,
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
    let seen: String = text.chars().filter(|c| !has_no_width(*c)).collect();
    Cow::Owned(seen.split(is_blank).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
}

/// Markup that stands in a value as text: some servers send the HTML that a page will put there. Tags
/// that only dress a text go, and blanks that are written as entities are blanks. Other entities stay:
/// whether `A&amp;B` was escaped once too often or is a name that somebody typed so, nothing tells.
fn without_markup(text: &str) -> Cow<'_, str> {
    static DRESS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)</?(?:font|span|b|i|u|em|strong|a|p|div|nobr|label|br)(?:\s[^<>]*)?/?>")
            .expect("the pattern is a constant")
    });
    static BLANK: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)&(?:nbsp|ensp|emsp|thinsp|#160|#xa0);").expect("the pattern is a constant")
    });
    if !text.contains(['<', '&']) {
        return Cow::Borrowed(text);
    }
    let bare = DRESS.replace_all(text, " ");
    Cow::Owned(BLANK.replace_all(&bare, " ").into_owned())
}

fn is_nothing(text: &str) -> bool {
    text.chars().all(|c| matches!(c, '-' | '—' | '－' | '/' | '\\' | '*' | '.'))
        || matches!(text, "null" | "NULL" | "undefined" | "None" | "NaN")
        || matches!(
            text,
            "无" | "暂无" | "未知" | "不详" | "未登记" | "未填写" | "暂无数据" | "无数据"
        )
}

#[cfg(test)]
mod tests;
