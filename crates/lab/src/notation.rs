//! How a portal writes amounts, ratios, days, months and nothing at all.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::calendar::{Day, Month};
use crate::money::{Cents, grouped, plain};
use crate::shown::{Fact, Shown};
use crate::vary::{Dimension, Vary};

/// The habits of one portal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Notation {
    /// The way of writing amounts; 0 is `1234.50`, 1 `1,234.50`.
    money: usize,
    minus: Option<usize>,
    ratio: Option<usize>,
    day: Option<usize>,
    /// The way of writing months; 0 is `201703`, 1 `2017-03`.
    month: usize,
    /// What stands for a day that is none.
    no_day: &'static str,
    /// What stands for no value.
    nothing: &'static str,
    /// Whether keys without a value are left out of JSON, or null.
    leaves_out: bool,
    is_json: bool,
    is_blank_for_zero: bool,
}

impl Notation {
    /// The habits of HTML portals, unless the stranger has others.
    pub(crate) fn html(vary: &Vary) -> Self {
        Self { money: vary.variant(Dimension::Money).unwrap_or(1), ..Self::json(vary) }.as_html()
    }

    /// The habits of JSON portals.
    pub(crate) fn json(vary: &Vary) -> Self {
        let no_day = ["", "--", "无", "1900-01-01"];
        let nothing = ["", "   ", "null"];
        let other = vary.variant(Dimension::Nothing);
        Self {
            money: vary.variant(Dimension::Money).unwrap_or(0),
            minus: vary.variant(Dimension::Minus),
            ratio: vary.variant(Dimension::Ratio),
            day: vary.variant(Dimension::Day),
            month: vary.variant(Dimension::Month).map_or(1, |variant| variant + 2),
            no_day: vary.variant(Dimension::NoDay).map_or(Day::NONE_TEXT, |place| no_day[place]),
            nothing: other.map_or("null", |place| nothing[place]),
            leaves_out: other == Some(0),
            is_json: true,
            is_blank_for_zero: vary.has(Dimension::ZeroBlank),
        }
    }

    fn as_html(self) -> Self {
        Self { is_json: false, ..self }
    }

    /// Writes plain months as `201703`.
    pub(crate) fn compact_months(self) -> Self {
        Self { month: if self.month == 1 { 0 } else { self.month }, ..self }
    }

    /// Writes plain amounts without commas.
    pub(crate) fn plain_money(self, vary: &Vary) -> Self {
        Self { money: vary.variant(Dimension::Money).unwrap_or(0), ..self }
    }

    /// Writes plain days as milliseconds.
    pub(crate) fn epoch_days(self) -> Self {
        Self { day: self.day.or(Some(9)), ..self }
    }

    /// Prints this for texts that are none.
    pub(crate) fn nothing(self, nothing: &'static str) -> Self {
        if self.nothing == "null" { Self { nothing, ..self } } else { self }
    }

    /// A value as the portal prints it.
    pub(crate) fn text(&self, shown: &Shown) -> String {
        match shown {
            Shown::Text(text) => text.clone(),
            Shown::Maybe(text) => text.clone().unwrap_or_else(|| self.nothing.into()),
            Shown::Code(code, _) => (*code).into(),
            Shown::Yuan(0) | Shown::Money(0) | Shown::MoneyText(0) if self.is_blank_for_zero => {
                String::new()
            }
            Shown::Yuan(cents) if self.money == 1 => format!("{}元", self.money(*cents)),
            Shown::Yuan(cents) | Shown::Money(cents) | Shown::MoneyText(cents) => {
                self.money(*cents)
            }
            Shown::Ratio(percent) => self.ratio(*percent),
            Shown::Ratios(own, unit) => format!("{}/{}", self.ratio(*own), self.ratio(*unit)),
            Shown::Day(None) => self.no_day.into(),
            Shown::Day(Some(day)) => self.day(*day),
            Shown::Month(None) => String::new(),
            Shown::Month(Some(month)) => self.month(*month),
            Shown::BirthMonth(month) if self.month > 7 => month.dashed(),
            Shown::BirthMonth(month) => self.month(*month),
        }
    }

    /// The same as a JSON value; nothing when the key is left out.
    pub(crate) fn value(&self, fact: &Fact) -> Option<Value> {
        let text = self.text(&fact.value);
        let epoch_ms = self.day == Some(9);
        match &fact.value {
            Shown::Maybe(None) | Shown::Month(None) if self.leaves_out => None,
            Shown::Maybe(None) if self.nothing == "null" => Some(Value::Null),
            Shown::Month(None) => Some(Value::Null),
            Shown::Day(Some(_)) if epoch_ms => {
                Some(text.parse::<i64>().map_or(text.into(), Value::from))
            }
            _ => Some(text.into()),
        }
    }

    fn money(&self, cents: Cents) -> String {
        if cents < 0
            && let Some(minus) = self.minus
        {
            let amount = self.amount(-cents);
            return match minus {
                0 => format!("－{amount}"),
                1 => format!("−{amount}"),
                2 => format!("({amount})"),
                _ => format!("-{amount}"),
            };
        }
        // Portals that print a sign print it on both sides.
        let sign = if self.minus == Some(3) && cents > 0 { "+" } else { "" };
        format!("{sign}{}", self.amount(cents))
    }

    fn amount(&self, cents: Cents) -> String {
        match self.money {
            0 => plain(cents),
            1 => grouped(cents),
            2 => format!("{}元", grouped(cents)),
            3 => format!("￥{}", grouped(cents)),
            4 => format!("¥{} 元", plain(cents)),
            _ => {
                // Numbers that went through a format without end zeros.
                let text = plain(cents);
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            }
        }
    }

    fn ratio(&self, percent: i64) -> String {
        match self.ratio {
            None => format!("{percent}.00%"),
            Some(0) => percent.to_string(),
            Some(1) => format!("{percent}%"),
            Some(2) => format!("{percent}.00"),
            Some(3) => format!("0.{percent:02}"),
            Some(_) => format!("{percent}％"),
        }
    }

    fn day(&self, day: Day) -> String {
        // Days that the calendar does not have stand in text columns.
        let Ok(date) = Date::new(day.year, day.month, day.day) else { return day.dashed() };
        let Day { year, month, day: of_month } = day;
        match self.day.filter(|way| self.is_json || *way <= 7) {
            None => day.dashed(),
            Some(0) => format!("{year}年{month:02}月{of_month:02}日"),
            Some(1) => format!("{year}年{month}月{of_month}日"),
            Some(2) => format!("{year}.{month:02}.{of_month:02}"),
            Some(3) => format!("{year}/{month}/{of_month}"),
            Some(4) => day.compact(),
            Some(5) => format!("{} 00:00:00.0", day.dashed()),
            Some(6) => shanghai(date, "%a %b %d 00:00:00 %Z %Y"),
            Some(7) => format!("{year}－{month:02}－{of_month:02}"),
            Some(8) => shanghai(date, "%b %-d, %Y 12:00:00 AM"),
            Some(9) => epoch_ms(date).to_string(),
            Some(10) => format!("/Date({}+0800)/", epoch_ms(date)),
            // Early days have too few digits to be told from dates written in digits.
            Some(_) if day.year > 2001 => (epoch_ms(date) / 1_000).to_string(),
            Some(_) => day.dashed(),
        }
    }

    fn month(&self, month: Month) -> String {
        let (year, number) = (month.year, month.month);
        match self.month {
            0 => month.compact(),
            1 => month.dashed(),
            2 => format!("{year}.{number:02}"),
            3 => format!("{year}年{number:02}月"),
            4 => format!("{year}年{number}月"),
            5 => format!("{year}/{number:02}"),
            6 => format!("{year}.{number}"),
            7 => month.compact(),
            _ => month.on(1).dashed(),
        }
    }
}

/// Midnight in Shanghai, whose summer time of 1986 to 1991 a JVM knows.
fn midnight(date: Date) -> Option<jiff::Zoned> {
    date.to_zoned(TimeZone::get("Asia/Shanghai").ok()?).ok()
}

fn shanghai(date: Date, format: &str) -> String {
    midnight(date).map_or_else(|| date.to_string(), |zoned| zoned.strftime(format).to_string())
}

fn epoch_ms(date: Date) -> i64 {
    midnight(date).map_or(0, |zoned| zoned.timestamp().as_millisecond())
}
