//! Dates in templates: ISO text in, ISO text out, shown in a format of `yyyy MM dd` letters.

use jiff::{ToSpan, civil::Date};
use minijinja::Error;

use super::refuse::refuse;

/// `2018-01-31`, `2018-01` or `2018`.
pub(super) fn parse(text: &str) -> Result<Date, Error> {
    let text = text.trim();
    let whole = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    whole.parse().map_err(|_| refuse("not a date"))
}

/// `yyyy`, `yy`, `MM`, `M`, `dd`, `d`; other letters stand for themselves.
pub(super) fn format(day: Date, format: &str) -> String {
    let mut text = String::new();
    let mut rest = format;
    while let Some(c) = rest.chars().next() {
        let run = rest.chars().take_while(|other| *other == c).count();
        match (c, run) {
            ('y', 4) => text.push_str(&format!("{:04}", day.year())),
            ('y', 2) => text.push_str(&format!("{:02}", day.year() % 100)),
            ('M', 2) => text.push_str(&format!("{:02}", day.month())),
            ('M', 1) => text.push_str(&day.month().to_string()),
            ('d', 2) => text.push_str(&format!("{:02}", day.day())),
            ('d', 1) => text.push_str(&day.day().to_string()),
            _ => text.extend(std::iter::repeat_n(c, run)),
        }
        rest = &rest[run * c.len_utf8()..];
    }
    text
}

pub(super) fn minus(text: &str, years: i64, months: i64, days: i64) -> Result<String, Error> {
    let span = years
        .try_years()
        .and_then(|span| span.try_months(months))
        .and_then(|span| span.try_days(days))
        .map_err(|_| refuse("too far back"))?;
    let day = parse(text)?.checked_sub(span).map_err(|_| refuse("too far back"))?;
    Ok(day.to_string())
}

pub(crate) fn first_of_month(day: Date) -> Date {
    day.first_of_month()
}

pub(crate) fn last_of_month(day: Date) -> Date {
    day.last_of_month()
}

pub(super) fn edge_of_year(text: &str, month: i8, day: i8) -> Result<String, Error> {
    let year = parse(text)?.year();
    Date::new(year, month, day).map(|date| date.to_string()).map_err(|_| refuse("not a date"))
}

trait TrySpan {
    fn try_years(self) -> Result<jiff::Span, jiff::Error>;
}

impl TrySpan for i64 {
    fn try_years(self) -> Result<jiff::Span, jiff::Error> {
        0.days().try_years(self)
    }
}
