//! Time as an argument: instants are milliseconds since 1970 in UTC.

use std::sync::LazyLock;

use jiff::{Timestamp, tz::TimeZone};

/// Milliseconds since 1970-01-01 00:00 UTC.
pub type Millis = i64;

/// Whoever can tell the time. The real one reads the system; tests hold one they move by hand.
pub trait Clock: Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> Millis;
}

/// The instant as the documents print it: `yyyy-MM-dd HH:mm:ss` in Asia/Shanghai (P-44).
#[must_use]
pub fn shanghai_text(at: Millis) -> String {
    let stamp = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    stamp.to_zoned(shanghai()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// The instant as RFC 3339 writes it, in UTC, to the millisecond.
///
/// ```
/// let at = fiveone_model::clock::rfc3339(1_795_305_600_007);
/// assert_eq!(at, "2026-11-22T00:00:00.007Z");
/// ```
#[must_use]
pub fn rfc3339(at: Millis) -> String {
    let stamp = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{stamp:.3}")
}

/// The civil date of the instant in Asia/Shanghai, where every portal lives.
#[must_use]
pub fn shanghai_date(at: Millis) -> jiff::civil::Date {
    let stamp = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    stamp.to_zoned(shanghai()).date()
}

/// The instant at which the day of another one began in Asia/Shanghai.
#[must_use]
pub fn shanghai_day_began(at: Millis) -> Millis {
    shanghai_date(at).to_zoned(shanghai()).map_or(at, |began| began.timestamp().as_millisecond())
}

/// The instant of a date and time without seconds as browsers send it, `yyyy-MM-ddTHH:mm`, in
/// Asia/Shanghai; `None` when it is none.
#[must_use]
pub fn shanghai_instant(text: &str) -> Option<Millis> {
    let local: jiff::civil::DateTime = text.parse().ok()?;
    Some(local.to_zoned(shanghai()).ok()?.timestamp().as_millisecond())
}

/// The instants at which a month, `yyyy-MM`, begins and ends in Asia/Shanghai; `None` when it is none.
#[must_use]
pub fn shanghai_month(text: &str) -> Option<(Millis, Millis)> {
    let (year, month) = text.split_once('-').filter(|(year, month)| {
        let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        year.len() == 4 && month.len() == 2 && is_number(year) && is_number(month)
    })?;
    let first = jiff::civil::Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()?;
    let next = first.checked_add(jiff::Span::new().months(1)).ok()?;
    let begins = |date: jiff::civil::Date| {
        Some(date.to_zoned(shanghai()).ok()?.timestamp().as_millisecond())
    };
    Some((begins(first)?, begins(next)?))
}

/// The zone every portal lives in: UTC+8, and summer time from 1986 to 1991, which dates of birth
/// sent as instants may fall into.
#[must_use]
pub fn shanghai() -> TimeZone {
    static ZONE: LazyLock<TimeZone> = LazyLock::new(|| {
        let fixed = TimeZone::fixed(jiff::tz::offset(8));
        TimeZone::get("Asia/Shanghai").unwrap_or(fixed)
    });
    ZONE.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_and_ends_at_midnight_in_shanghai() {
        let texts = |month| {
            let (begins, ends) = shanghai_month(month)?;
            Some((shanghai_text(begins), shanghai_text(ends)))
        };
        let midnights =
            |one: &str, other: &str| Some((format!("{one} 00:00:00"), format!("{other} 00:00:00")));
        assert_eq!(texts("2026-11"), midnights("2026-11-01", "2026-12-01"));
        assert_eq!(texts("2026-12"), midnights("2026-12-01", "2027-01-01"));
        for text in ["2026-13", "2026-00", "2026-1", "26-11", "2026", "2026-11-01", "", "+026-11"] {
            assert_eq!(shanghai_month(text), None, "{text}");
        }
    }

    #[test]
    fn an_instant_is_shown_as_it_is_in_shanghai() {
        assert_eq!(shanghai_text(1_506_830_400_000), "2017-10-01 12:00:00");
        assert_eq!(shanghai_date(1_506_787_199_999).to_string(), "2017-09-30");
        assert_eq!(shanghai_text(1_506_787_200_000), "2017-10-01 00:00:00");
        // Summer time: 1988-07-01 00:00 was 15:00 UTC of the day before.
        assert_eq!(shanghai_date(583_686_000_000).to_string(), "1988-07-01");
    }
}
