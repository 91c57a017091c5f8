//! Loops that are not over pages: which turns there are, and what each asks for.

use jiff::{ToSpan, civil::Date};
use serde_json::{Value as Json, json};

use super::{Run, Vars, request::json_of};
use crate::{
    definition::{ItemList, Loop},
    template::{Template, first_of_month, last_of_month},
    unexpected::UnexpectedPage,
};

/// The furthest a loop of years looks back.
const YEARS_MAX: i64 = 60;

/// One turn of all outer loops together.
#[derive(Debug, Clone, Default)]
pub(super) struct Turn {
    /// The values its steps may use.
    pub(super) locals: Vars,
    /// The days that are asked for, first and last, when a loop says so.
    pub(super) asked: Option<(Date, Date)>,
    /// The item that is asked for, as text: an account, a year of the portal's own list.
    pub(super) item: Option<String>,
    /// The parameter that tells this turn from the others, for findings.
    pub(super) parameter: Option<String>,
}

impl Turn {
    /// Whether its item is a year or some, out of a portal's list: `2024-2025`, `当前年度`.
    pub(super) fn is_of_years(&self) -> bool {
        let is_year = |part: &str| part.len() == 4 && part.bytes().all(|b| b.is_ascii_digit());
        let is_of = |item: &String| item.contains('年') || item.split('-').all(is_year);
        self.item.as_ref().is_some_and(is_of)
    }

    /// The days of the year it asks for, where that is one of a fund: `2024-2025` begins in July.
    pub(super) fn fund_year(&self) -> Option<(Date, Date)> {
        let (from, to) = self.item.as_deref()?.split_once('-')?;
        let (from, to): (i16, i16) = (from.parse().ok()?, to.parse().ok()?);
        (to == from + 1).then_some(())?;
        Some((Date::new(from, 7, 1).ok()?, Date::new(to, 6, 30).ok()?))
    }

    /// The days it asks for, be it by an item that is a year.
    pub(super) fn span(&self) -> Option<(Date, Date)> {
        let year = || {
            let item = self.item.as_deref().filter(|item| item.len() == 4)?;
            let year: i16 = item.parse().ok()?;
            Some((Date::new(year, 1, 1).ok()?, Date::new(year, 12, 31).ok()?))
        };
        self.asked.or_else(|| self.fund_year()).or_else(year)
    }

    fn with(&self, pairs: Vec<(&str, Json)>) -> Self {
        let mut turn = self.clone();
        turn.parameter = pairs.first().map(|(name, _)| (*name).to_owned());
        turn.locals.extend(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)));
        turn
    }

    /// A turn that asks for the days of a span.
    fn within(mut self, (start, end): (Date, Date)) -> Self {
        self.asked = Some((start, end));
        self
    }
}

impl Run {
    /// The turns of all loops but the one over pages, the outer one slowest.
    pub(super) fn turns(&self, each: &[Loop], outer: &Vars) -> Result<Vec<Turn>, UnexpectedPage> {
        let mut turns = vec![Turn { locals: outer.clone(), ..Turn::default() }];
        for each in each.iter().filter(|each| !matches!(each, Loop::Page(_))) {
            let mut longer = Vec::new();
            for turn in &turns {
                longer.extend(self.turns_of(each, turn)?);
            }
            turns = longer;
        }
        if turns.is_empty() {
            return Err(UnexpectedPage::portal("there is nothing to go through"));
        }
        Ok(turns)
    }

    /// The turn of so many years ago, where years alone are gone through; `None` elsewhere, and before
    /// there were funds.
    pub(super) fn turn_back(
        &self,
        each: &[Loop],
        back: usize,
        outer: &Vars,
    ) -> Result<Option<Turn>, UnexpectedPage> {
        let outer = Turn { locals: outer.clone(), ..Turn::default() };
        let back = i64::try_from(back).unwrap_or(YEARS_MAX);
        let ([years] | [years, Loop::Page(_)]) = each else { return Ok(None) };
        if back >= YEARS_MAX {
            return Ok(None);
        }
        match years {
            Loop::Year(_) => year(self.today(), back, &outer).map(Some),
            Loop::FiscalYear(years) => {
                fiscal_year(self.today(), years.starts.unwrap_or(7), back, &outer).map(Some)
            }
            Loop::Month(_) | Loop::Window(_) | Loop::Item(_) | Loop::Page(_) => Ok(None),
        }
    }

    /// The turns of one loop inside a turn of those around it.
    fn turns_of(&self, each: &Loop, outer: &Turn) -> Result<Vec<Turn>, UnexpectedPage> {
        let today = self.today();
        match each {
            Loop::Year(years) => {
                let last = self.count(&years.last, outer)?.min(YEARS_MAX);
                (0..last).map(|back| year(today, back, outer)).collect()
            }
            Loop::FiscalYear(years) => {
                let last = self.count(&years.last, outer)?.min(YEARS_MAX);
                let starts = years.starts.unwrap_or(7);
                (0..last).map(|back| fiscal_year(today, starts, back, outer)).collect()
            }
            Loop::Month(months) => {
                let last = self.count(&months.last, outer)?;
                (0..last).map(|back| month(today, back, outer)).collect()
            }
            Loop::Window(windows) => {
                let months = self.count(&windows.months, outer)?;
                let last = self.count(&windows.last, outer)?;
                (0..last).map(|back| window(today, months, back, outer)).collect()
            }
            Loop::Item(items) => {
                let values = self.items(&items.list, outer)?.into_iter();
                Ok(values
                    .map(|value| {
                        let item = crate::page::json_text(&value);
                        Turn { item: Some(item), ..outer.with(vec![(&items.name, value)]) }
                    })
                    .collect())
            }
            Loop::Page(_) => Ok(vec![outer.clone()]),
        }
    }

    fn items(&self, list: &ItemList, outer: &Turn) -> Result<Vec<Json>, UnexpectedPage> {
        let list = match list {
            ItemList::Of(name) => self
                .find_var(name, &outer.locals)
                .cloned()
                .ok_or_else(|| UnexpectedPage::portal(format!("`{name}` was not captured")))?,
            ItemList::In(list) => json_of(list, &self.scope(None, &outer.locals))
                .map_err(|error| UnexpectedPage::definition(error.0))?,
        };
        Ok(match list {
            Json::Array(items) => items,
            Json::Object(map) => {
                map.into_iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
            }
            single => vec![single],
        })
    }

    /// A number that a file gives as a template.
    fn count(&self, template: &Template, outer: &Turn) -> Result<i64, UnexpectedPage> {
        let scope = self.scope(None, &outer.locals);
        let text = template.render(&scope).map_err(|error| UnexpectedPage::definition(error.0))?;
        let number = text.trim().parse::<i64>().ok().filter(|n| (1..=YEARS_MAX * 12).contains(n));
        number.ok_or_else(|| {
            UnexpectedPage::definition(format!("`{}` is no number of turns", template.source()))
        })
    }
}

/// Dates far outside of the calendar: a file or a clock is wrong.
fn no_such_day(_: jiff::Error) -> UnexpectedPage {
    UnexpectedPage::definition("a loop leaves the calendar")
}

fn year(today: Date, back: i64, outer: &Turn) -> Result<Turn, UnexpectedPage> {
    let year = today.year() - i16::try_from(back).unwrap_or(i16::MAX);
    let start = Date::new(year, 1, 1).map_err(no_such_day)?;
    let end = Date::new(year, 12, 31).map_err(no_such_day)?;
    Ok(outer.with(vec![("year", json!(year))]).within((start, end)))
}

fn month(today: Date, back: i64, outer: &Turn) -> Result<Turn, UnexpectedPage> {
    let start = first_of_month(today.checked_sub(back.months()).map_err(no_such_day)?);
    let turn = outer.with(vec![("month", json!(start.to_string()))]);
    Ok(turn.within((start, last_of_month(start))))
}

fn fiscal_year(today: Date, starts: i8, back: i64, outer: &Turn) -> Result<Turn, UnexpectedPage> {
    let running = if today.month() >= starts { today.year() } else { today.year() - 1 };
    let year = running - i16::try_from(back).unwrap_or(i16::MAX);
    let start = Date::new(year, starts, 1).map_err(no_such_day)?;
    let end = last_of_month(start.checked_add(11.months()).map_err(no_such_day)?);
    let name = format!("{}-{}", start.year(), end.year());
    let pairs = vec![
        ("fiscal_year", json!(name)),
        ("start", json!(start.to_string())),
        ("end", json!(end.to_string())),
    ];
    Ok(outer.with(pairs).within((start, end)))
}

fn window(today: Date, months: i64, back: i64, outer: &Turn) -> Result<Turn, UnexpectedPage> {
    let end = today.checked_sub((back * months).months()).map_err(no_such_day)?;
    let start = today
        .checked_sub(((back + 1) * months).months())
        .and_then(|day| day.checked_add(1.days()))
        .map_err(no_such_day)?;
    let pairs = vec![("start", json!(start.to_string())), ("end", json!(end.to_string()))];
    Ok(outer.with(pairs).within((start, end)))
}
