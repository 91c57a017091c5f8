//! A list of labelled values that is shown as a table, told as truth and printed in the notes, so that
//! the three cannot disagree.

use std::fmt::Write as _;

use crate::calendar::{Day, Month};
use crate::facts::Facts;
use crate::html::escape;
use crate::money::{Cents, grouped};

/// A value and how it is shown.
#[derive(Debug, Clone)]
pub(crate) enum Shown {
    Text(String),
    Money(Cents),
    /// An amount whose field the documents type as text.
    MoneyText(Cents),
    Day(Option<Day>),
    Month(Option<Month>),
    Count(i64),
}

impl Shown {
    /// A text.
    pub(crate) fn text(value: &str) -> Self {
        Self::Text(value.to_owned())
    }

    /// The words on the page.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Text(text) => escape(text),
            Self::Money(cents) | Self::MoneyText(cents) => format!("￥{}元", grouped(*cents)),
            Self::Day(day) => day.map_or_else(|| Day::NONE_TEXT.into(), Day::dashed),
            Self::Month(month) => month.map(Month::dashed).unwrap_or_default(),
            Self::Count(count) => format!("{count}"),
        }
    }

    fn tell(&self, facts: Facts, field: &str) -> Facts {
        match self {
            Self::Text(text) => facts.text(field, text),
            Self::Money(cents) => facts.money(field, *cents),
            Self::MoneyText(cents) => facts.money_text(field, *cents),
            Self::Day(day) => facts.day(field, *day),
            Self::Month(month) => facts.month(field, *month),
            Self::Count(count) => facts.count(field, *count),
        }
    }
}

/// Label, field of the document, value.
pub(crate) type Line = (&'static str, &'static str, Shown);

/// The object these lines amount to.
pub(crate) fn facts(lines: &[Line]) -> Facts {
    lines.iter().fold(Facts::default(), |facts, (_, field, shown)| shown.tell(facts, field))
}

/// A table of label and value cells, two pairs a row.
pub(crate) fn label_table(id: &str, lines: &[Line], is_changed: bool) -> String {
    let mut rows = String::new();
    for (place, pair) in lines.chunks(2).enumerate() {
        rows.push_str("<tr>");
        for (side, (label, _, shown)) in pair.iter().enumerate() {
            let label =
                if is_changed { format!("项目{}", place * 2 + side) } else { spaced(label) };
            let _ = write!(rows, "<th>{label}：</th><td>&nbsp;{}&nbsp;</td>", shown.words());
        }
        rows.push_str("</tr>\r\n");
    }
    let id = if is_changed { format!("{id}_v2") } else { id.to_owned() };
    format!("<table id=\"{id}\">{rows}</table>\r\n")
}

/// Two-character labels are spread, as on printed forms.
fn spaced(label: &str) -> String {
    match label.chars().collect::<Vec<_>>()[..] {
        [first, last] => format!("{first}　{last}"),
        _ => label.to_owned(),
    }
}

/// A table with a header row and a row for each list of lines.
pub(crate) fn row_table(id: &str, titles: &[Line], rows: &[Vec<Line>], is_changed: bool) -> String {
    let mut table = String::from("<tr>");
    for (place, (title, ..)) in titles.iter().enumerate() {
        let title = if is_changed { format!("列{place}") } else { (*title).to_owned() };
        let _ = write!(table, "<th>{title}</th>");
    }
    table.push_str("</tr>\r\n");
    for row in rows {
        let cells: String =
            row.iter().map(|(_, _, shown)| format!("<td>{}</td>", shown.words())).collect();
        let _ = write!(table, "<tr>{cells}</tr>\r\n");
    }
    let id = if is_changed { format!("{id}_v2") } else { id.to_owned() };
    format!("<table id=\"{id}\">{table}</table>\r\n")
}

/// The Markdown table of labels and fields.
pub(crate) fn notes_table(title: &str, lines: &[Line]) -> String {
    let mut out = format!("### {title}\n\n| label | document field | shown as |\n|---|---|---|\n");
    for (label, field, shown) in lines {
        let kind = match shown {
            Shown::Text(_) => "text",
            Shown::Money(_) => "amount (number in the document)",
            Shown::MoneyText(_) => "amount (string in the document, `1234.50`)",
            Shown::Day(_) => "day `yyyy-MM-dd`",
            Shown::Month(_) => "month `yyyy-MM`",
            Shown::Count(_) => "whole number",
        };
        let _ = writeln!(out, "| {label} | `{field}` | {kind} |");
    }
    out.push('\n');
    out
}
