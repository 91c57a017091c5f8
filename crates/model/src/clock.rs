//! Time as an argument: instants are milliseconds since 1970 in UTC.

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

/// The civil date of the instant in Asia/Shanghai, where every portal lives.
#[must_use]
pub fn shanghai_date(at: Millis) -> jiff::civil::Date {
    let stamp = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    stamp.to_zoned(shanghai()).date()
}

/// China has had one zone without summer time since 1991; earlier dates are never converted.
fn shanghai() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(8))
}
