//! Dates and months in every form the portals use.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};

use fiveone_model::report::Value;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use regex::Regex;

use super::Cleaned;
use crate::page::half_width;

static SHANGHAI: LazyLock<TimeZone> = LazyLock::new(|| {
    TimeZone::get("Asia/Shanghai").unwrap_or(TimeZone::fixed(jiff::tz::offset(8)))
});

/// `2018-1-31`, `2018/01`, `2018.01.31`, `2018年1月31日`, each with or without a time and a zone.
static PARTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^(\d{4})\s*[-/.年]\s*(\d{1,2})(?:\s*[-/.月]\s*(\d{1,2})\s*日?|\s*月份?)?",
        r"(?:[ T,]*(?:星期.|周.)?\s*(?:上午|下午)?\s*(\d{1,2}:\d{1,2}(?::\d{1,2}(?:[.,]\d+)?)?)",
        r"\s*(Z|[+-]\d{2}:?\d{2}|[AaPp][Mm])?(?:\[[\w/]+\])?)?$",
    ))
    .expect("the pattern is a constant")
});

/// `Jan 31, 2018`, with or without a time.
static ENGLISH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(?:[A-Z][a-z]{2},? )?(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* (\d{1,2}),? (\d{4})(?:,? \d{1,2}:\d.*)?$",
    )
    .expect("the pattern is a constant")
});

/// `Wed Jan 31 00:00:00 CST 2018`, as Java prints a date.
static JAVA: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^[A-Z][a-z]{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{2}) (\d{2}:\d{2}:\d{2}) ([A-Z]{3,4}(?:[+-]\d{2}:\d{2})?) (\d{4})$",
    )
    .expect("the pattern is a constant")
});

/// `{"time":1517328000000,…}`, as json-lib writes a date.
static JSON_LIB: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"^\{.*"time":\s*"?(-?\d+)"?[,}]"#).expect("the pattern is a constant")
});

/// `/Date(1517328000000)/`, with or without an offset.
static MICROSOFT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^/?Date\((-?\d+)(?:[+-]\d{4})?\)/?$").expect("the pattern is a constant")
});

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// What portals write for no date.
const NONE: [(i16, i8, i8); 4] = [(1899, 12, 31), (1899, 12, 30), (1900, 1, 1), (1, 1, 1)];

pub(super) fn parse(text: &str, format: Option<&str>) -> Cleaned {
    let plain_char = |c: char| match half_width(c) {
        '—' | '–' | '−' => '-',
        c => c,
    };
    let text: String = text.chars().map(plain_char).collect();
    match format {
        // Milliseconds: without being told so, eleven digits from 13 on are no day.
        Some("ms") if text.trim_start_matches('-').len() >= 11 && is_digits(&text) => {
            return epoch(&text, 1);
        }
        Some("ms") | None => {}
        Some(format) => return told(&text, format),
    }
    if let Some(found) = MICROSOFT.captures(&text).or_else(|| JSON_LIB.captures(&text)) {
        return epoch(&found[1], 1);
    }
    let digits = text.strip_prefix('-').unwrap_or(&text);
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        return if digits.len() < text.len() { epoch(&text, 1) } else { of_digits(&text) };
    }
    if let Some(found) = PARTED.captures(&text) {
        let part = |at: usize| found.get(at).map_or("", |part| part.as_str());
        // A zone that is not Shanghai's may mean another day there.
        let zone = part(5).replace(':', "");
        let is_elsewhere = zone == "Z" || (zone.starts_with(['+', '-']) && zone != "+0800");
        if is_elsewhere && !part(3).is_empty() {
            return of_zone((part(1), part(2), part(3)), part(4), &zone);
        }
        return day(part(1), part(2), part(3));
    }
    let month_of = |name: &str| {
        let at = MONTHS.iter().position(|month| *month == name);
        at.map_or(0, |at| at + 1).to_string()
    };
    if let Some(found) = ENGLISH.captures(&text) {
        return day(&found[3], &month_of(&found[1]), &found[2]);
    }
    if let Some(found) = JAVA.captures(&text) {
        let month = month_of(&found[1]);
        return match &found[4] {
            "CST" | "CDT" | "HKT" | "GMT+08:00" => day(&found[5], &month, &found[2]),
            "UTC" | "GMT" => of_zone((&found[5], &month, &found[2]), &found[3], "Z"),
            _ => Cleaned::Refused,
        };
    }
    Cleaned::Refused
}

fn is_digits(text: &str) -> bool {
    text.strip_prefix('-').unwrap_or(text).bytes().all(|b| b.is_ascii_digit())
}

fn of_digits(text: &str) -> Cleaned {
    let looks_like_year = text.starts_with("19") || text.starts_with("20");
    match text.len() {
        6 => day(&text[..4], &text[4..], ""),
        8 => day(&text[..4], &text[4..6], &text[6..]),
        14 => day(&text[..4], &text[4..6], &text[6..8]),
        12 if looks_like_year
            && matches!(day(&text[..4], &text[4..6], &text[6..8]), Cleaned::Value(_)) =>
        {
            day(&text[..4], &text[4..6], &text[6..8])
        }
        // Eleven digits from 13 on are a mobile number sooner than a day of 1970.
        11 if matches!(text.as_bytes(), [b'1', b'3'..=b'9', ..]) => Cleaned::Refused,
        11..=13 => epoch(text, 1),
        9 | 10 if !text.starts_with('0') => epoch(text, 1_000),
        _ if text.bytes().all(|b| b == b'0') => Cleaned::Nothing,
        _ => Cleaned::Refused,
    }
}

/// Checks against the calendar; without a day it is a month.
fn day(year: &str, month: &str, day: &str) -> Cleaned {
    let (Ok(year), Ok(month)) = (year.parse::<i16>(), month.parse::<i8>()) else {
        return Cleaned::Refused;
    };
    let number = if day.is_empty() { Ok(0) } else { day.parse::<i8>() };
    let Ok(number) = number else { return Cleaned::Refused };
    let is_none = NONE
        .iter()
        .any(|none| (none.0, none.1) == (year, month) && (number == none.2 || day.is_empty()));
    if is_none || (year == 0 && month == 0) {
        return Cleaned::Nothing;
    }
    if !(1900..=2200).contains(&year) || !(1..=12).contains(&month) {
        return Cleaned::Impossible;
    }
    if day.is_empty() {
        return Cleaned::Value(Value::Month { year, month });
    }
    Date::new(year, month, number)
        .map_or(Cleaned::Impossible, |date| Cleaned::Value(Value::Day(date)))
}

/// An instant that is told in units of so many milliseconds since 1970.
fn epoch(text: &str, unit_ms: i64) -> Cleaned {
    let ms = text.parse::<i64>().ok().and_then(|units| units.checked_mul(unit_ms));
    let instant = ms.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    instant.map_or(Cleaned::Refused, in_shanghai)
}

/// A day and a time in another zone, as the day that it was in Shanghai.
fn of_zone((year, month, day): (&str, &str, &str), time: &str, zone: &str) -> Cleaned {
    let time = match time.split(':').count() {
        2 => format!("{time:0>5}:00"),
        _ => format!("{time:0>8}").replace(',', "."),
    };
    let text = format!("{year}-{month:0>2}-{day:0>2}T{time}{zone}");
    text.parse::<Timestamp>().map_or(Cleaned::Refused, in_shanghai)
}

fn in_shanghai(instant: Timestamp) -> Cleaned {
    let date = instant.to_zoned(SHANGHAI.clone()).date();
    day(&format!("{:04}", date.year()), &date.month().to_string(), &date.day().to_string())
}

/// The pattern of a format, which every row of a list is asked for: files name few.
fn compiled(pattern: String) -> Option<Regex> {
    static KNOWN: LazyLock<Mutex<HashMap<String, Option<Regex>>>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = known.get(&pattern) {
        return known.clone();
    }
    let compiled = Regex::new(&pattern).ok();
    known.insert(pattern, compiled.clone());
    compiled
}

/// A format of letters: `yyyy`, `MM`, `M`, `MMM`, `dd`, `d`; the rest must stand as it is.
fn told(text: &str, format: &str) -> Cleaned {
    let mut pattern = String::from("^");
    let mut rest = format;
    while let Some(c) = rest.chars().next() {
        let run = rest.chars().take_while(|other| *other == c).count();
        pattern.push_str(match (c, run) {
            ('y', 4) => r"(?P<y>\d{4})",
            ('M', 3) => r"(?P<m>[A-Za-z]{3})",
            ('M', 2) => r"(?P<m>\d{2})",
            ('M', 1) => r"(?P<m>\d{1,2})",
            ('d', 2) => r"(?P<d>\d{2})",
            ('d', 1) => r"(?P<d>\d{1,2})",
            _ => "",
        });
        if !matches!(c, 'y' | 'M' | 'd') {
            pattern.push_str(&regex::escape(&c.to_string().repeat(run)));
        }
        rest = &rest[run * c.len_utf8()..];
    }
    let Some(pattern) = compiled(pattern) else { return Cleaned::Refused };
    let Some(found) = pattern.captures(text) else { return Cleaned::Refused };
    let part = |name: &str| found.name(name).map_or("", |part| part.as_str());
    let month = MONTHS
        .iter()
        .position(|month| month.eq_ignore_ascii_case(part("m")))
        .map_or_else(|| part("m").to_owned(), |at| (at + 1).to_string());
    day(part("y"), &month, part("d"))
}
