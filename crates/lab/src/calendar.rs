//! Days and months as portals show them. A day may be impossible (30 February): portals do show such
//! days, and the truth then leaves the field out.

use jiff::civil::Date;

/// A day of the calendar, possible or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day {
    /// The year.
    pub(crate) year: i16,
    /// The month, 1 to 12.
    pub(crate) month: i8,
    /// The day of the month; 30 February is allowed here.
    pub(crate) day: i8,
}

impl Day {
    /// What portals of one vendor print for "no date".
    pub(crate) const NONE_TEXT: &'static str = "1899-12-31";

    /// `2017-03-09`.
    pub(crate) fn dashed(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    /// `20170309`.
    pub(crate) fn compact(self) -> String {
        format!("{:04}{:02}{:02}", self.year, self.month, self.day)
    }

    /// The month the day lies in.
    pub(crate) fn in_month(self) -> Month {
        Month { year: self.year, month: self.month }
    }

    /// What a perfect reader reports: nothing when the day cannot exist.
    pub(crate) fn truth(self) -> Option<String> {
        Date::new(self.year, self.month, self.day).ok().map(|_| self.dashed())
    }

    /// Reads `yyyy-MM-dd`, `yyyy/MM/dd`, `yyyyMMdd`, and months, which give their first or last day.
    pub(crate) fn read(text: &str, is_end: bool) -> Option<Self> {
        let parts: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).collect();
        let parts = if let [digits] = parts[..] {
            [digits.get(0..4), digits.get(4..6), digits.get(6..8)]
        } else {
            [parts.first().copied(), parts.get(1).copied(), parts.get(2).copied()]
        };
        let year = parts[0]?.parse().ok()?;
        let month = parts[1].map_or(Some(if is_end { 12 } else { 1 }), |m| m.parse().ok())?;
        let day = parts[2].map_or(Some(if is_end { 31 } else { 1 }), |d| d.parse().ok())?;
        Some(Self { year, month, day })
    }
}

impl From<Date> for Day {
    fn from(date: Date) -> Self {
        Self { year: date.year(), month: date.month(), day: date.day() }
    }
}

/// A month of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Month {
    /// The year.
    pub(crate) year: i16,
    /// The month, 1 to 12.
    pub(crate) month: i8,
}

impl Month {
    /// `2017-03`.
    pub(crate) fn dashed(self) -> String {
        format!("{:04}-{:02}", self.year, self.month)
    }

    /// `201703`.
    pub(crate) fn compact(self) -> String {
        format!("{:04}{:02}", self.year, self.month)
    }

    /// The month so many months earlier.
    pub(crate) fn back(self, months: usize) -> Self {
        let months = i32::try_from(months).unwrap_or(0);
        let count = i32::from(self.year) * 12 + i32::from(self.month) - 1 - months;
        Self {
            year: i16::try_from(count.div_euclid(12)).unwrap_or(0),
            month: i8::try_from(count.rem_euclid(12) + 1).unwrap_or(1),
        }
    }

    /// A day in this month.
    pub(crate) fn on(self, day: i8) -> Day {
        Day { year: self.year, month: self.month, day }
    }
}

/// The fund year (July to June) a day lies in, named by its first calendar year.
pub(crate) fn fund_year(day: Day) -> i16 {
    if day.month >= 7 { day.year } else { day.year - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_days_have_no_truth() {
        assert_eq!(Day { year: 2017, month: 2, day: 30 }.truth(), None);
        assert_eq!(Day::read("2017/2/3", false).map(Day::compact).as_deref(), Some("20170203"));
        assert_eq!(Day::read("soon", false), None);
        assert_eq!(Day::read("201702", true).map(Day::dashed).as_deref(), Some("2017-02-31"));
        assert_eq!(Month { year: 2017, month: 1 }.back(13).dashed(), "2015-12");
    }
}
