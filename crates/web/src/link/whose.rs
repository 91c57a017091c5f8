//! Whose records were read, as far as a person needs it to recognise themselves, and no farther: whoever
//! looks over a shoulder, or holds the phone for a moment, learns no name and no number.

use fiveone_model::report::{Record, Value};

use super::line::Line;

/// The fields that tell it, in the words of both products.
const NAMES: [&str; 2] = ["employeeName", "name"];
const NUMBERS: [&str; 2] = ["idCard", "idcard"];
const BIRTHDAYS: [&str; 1] = ["birthday"];

/// Digits of an identity number that stay at its beginning and at its end.
const DIGITS: (usize, usize) = (3, 2);

/// The masked lines of a base record.
pub(super) fn lines(record: &Record) -> Vec<Line> {
    let of = |names: &[&'static str], mask: fn(&Value) -> Option<String>| {
        names.iter().find_map(|name| {
            let label = record.table().field(name)?.label.to_owned();
            Some(Line { label, value: mask(record.get(name)?)? })
        })
    };
    [of(&NAMES, name), of(&NUMBERS, number), of(&BIRTHDAYS, birthday)]
        .into_iter()
        .flatten()
        .collect()
}

/// The first character, and the last where there are more than two.
fn name(value: &Value) -> Option<String> {
    let Value::Text(text) = value else { return None };
    let chars: Vec<char> = text.trim().chars().collect();
    let last = if chars.len() > 2 { chars.last().copied() } else { None };
    let hidden = chars.len().saturating_sub(1 + usize::from(last.is_some()));
    let first = chars.first()?;
    Some(std::iter::once(*first).chain(std::iter::repeat_n('*', hidden)).chain(last).collect())
}

fn number(value: &Value) -> Option<String> {
    let Value::Text(text) = value else { return None };
    let count = text.chars().count();
    let (begin, end) = DIGITS;
    let is_long = count > 2 * (begin + end);
    let shown = |at: usize| is_long && (at < begin || at >= count - end);
    let masked = text.chars().enumerate().map(|(at, one)| if shown(at) { one } else { '*' });
    Some(masked.collect()).filter(|text: &String| !text.is_empty())
}

/// The year alone.
fn birthday(value: &Value) -> Option<String> {
    match value {
        Value::Day(day) => Some(format!("{}-**-**", day.year())),
        Value::Month { year, .. } => Some(format!("{year}-**")),
        Value::Text(_) | Value::Amount(_) | Value::Count(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_recognised_by_themselves_alone() {
        let text = |text: &str| Value::Text(text.to_owned());
        for (full, masked) in [
            ("张三", Some("张*")),
            ("王小明", Some("王*明")),
            ("欧阳小明", Some("欧**明")),
            ("张", Some("张")),
            ("", None),
        ] {
            assert_eq!(name(&text(full)).as_deref(), masked, "{full}");
        }
        for (full, masked) in [
            ("991300199305020000", Some("991*************00")),
            ("9913001993050200", Some("991***********00")),
            ("99130019", Some("********")),
            ("", None),
        ] {
            assert_eq!(number(&text(full)).as_deref(), masked, "{full}");
        }
        let month = Value::Month { year: 1993, month: 5 };
        assert_eq!(birthday(&month).as_deref(), Some("1993-**"));
        assert_eq!(birthday(&text("1993-05-02")), None);
    }
}
