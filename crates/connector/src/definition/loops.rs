//! Loops. Every loop is bounded, and at most two stand inside each other.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};

use super::{Capture, Flag, JsonTemplate, OneOrMany, Predicate};
use crate::template::Template;

/// One loop around the steps of a section, newest turn first.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Loop {
    /// Calendar years: `year`.
    Year(Years),
    /// Fund years: `fiscal_year` (2016-2017), `start`, `end`.
    FiscalYear(FiscalYears),
    /// Months: `month`, the first day of each.
    Month(Months),
    /// Spans of days: `start`, `end`.
    Window(Windows),
    /// A list captured before, or one written here.
    Item(Items),
    /// Pages: `page`, `size`, `offset` (rows before this page). Only as the inner loop.
    Page(#[schemars(with = "PagerKeys")] Box<Pager>),
}

/// Years.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Years {
    /// How many, this year included.
    pub(crate) last: Template,
}

/// Fund years.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FiscalYears {
    /// How many, the running one included.
    pub(crate) last: Template,
    /// The month they begin with; default: 7.
    #[schemars(range(min = 1, max = 12))]
    pub(crate) starts: Option<i8>,
}

/// Months.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Months {
    /// How many, this month included.
    pub(crate) last: Template,
}

/// Spans of days.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Windows {
    /// Months in one span.
    pub(crate) months: Template,
    /// How many spans; the newest ends today.
    pub(crate) last: Template,
}

/// A list.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub(crate) struct Items {
    #[serde(flatten)]
    pub(crate) list: ItemList,
    /// What one of them is called.
    #[serde(rename = "as")]
    pub(crate) name: String,
}

/// Where the items of a loop come from.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ItemList {
    /// The name of a captured list.
    Of(String),
    /// The list itself; a map gives `name.key` and `name.value`.
    In(JsonTemplate),
}

/// Pages.
#[derive(Debug, Clone)]
pub(crate) struct Pager {
    /// Rows on a full page, when the file decides it: `size` in templates.
    pub(crate) size: Option<u32>,
    /// The number of the first page.
    pub(crate) first: i64,
    /// How many rows there are in all; rows are counted against it at the end. Of several the first
    /// that is there.
    pub(crate) total: OneOrMany<Capture>,
    /// How many pages are fetched.
    pub(crate) turns: Turns,
}

/// How many pages are fetched.
#[derive(Debug, Clone)]
pub(crate) enum Turns {
    /// One.
    Single,
    /// Until they end.
    Many(Box<PagesEnd>),
}

/// What tells that pages end. What the portal tells is believed in this order: the total, the number of
/// pages, the next link, `while`; only when it tells nothing, `until` decides.
#[derive(Debug, Clone, Default)]
pub(crate) struct PagesEnd {
    /// How many there are: a number, or a text such as `1/3页` or `共3页`. Of several the first that is
    /// there.
    pub(crate) pages: OneOrMany<Capture>,
    /// The address of the next page; later pages are fetched by GET from there.
    pub(crate) next: OneOrMany<Capture>,
    /// Goes on while this holds of the answer.
    pub(crate) while_: Option<Predicate>,
    /// Goes on until a page is empty or not full.
    pub(crate) until: Option<Until>,
}

impl Pager {
    /// The pager of a section that has none.
    pub(crate) fn single() -> Self {
        Self { size: None, first: 1, total: OneOrMany::default(), turns: Turns::Single }
    }

    /// Whether anything tells that they end.
    pub(crate) fn ends(&self) -> bool {
        self.end().is_none_or(|end| {
            !self.total.is_empty()
                || !end.pages.is_empty()
                || !end.next.is_empty()
                || end.while_.is_some()
                || end.until.is_some()
        })
    }

    /// What tells that pages end; `None` where there is one.
    pub(crate) const fn end(&self) -> Option<&PagesEnd> {
        match &self.turns {
            Turns::Single => None,
            Turns::Many(end) => Some(end),
        }
    }
}

/// Pages as a file writes them. What the portal tells about their end is believed in this order: the total,
/// the number of pages, the next link, `while`; only when it tells nothing, `until` decides.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Pager", extend("format" = "pager"))]
pub(crate) struct PagerKeys {
    /// Rows on a full page, when the file decides it: `size` in templates.
    size: Option<u32>,
    /// The number of the first page; default: 1.
    first: Option<i64>,
    /// There is one page; a total is still held against its rows.
    single: Option<Flag>,
    /// How many rows there are in all; rows are counted against it at the end. Of several the first
    /// that is there.
    total: OneOrMany<Capture>,
    /// How many pages there are: a number, or a text such as `1/3页` or `共3页`. Of several the first
    /// that is there.
    pages: OneOrMany<Capture>,
    /// The address of the next page; later pages are fetched by GET from there.
    next: OneOrMany<Capture>,
    /// Goes on while this holds of the answer.
    #[serde(rename = "while")]
    while_: Option<Predicate>,
    /// Goes on until a page is empty or not full.
    until: Option<Until>,
}

impl TryFrom<PagerKeys> for Pager {
    type Error = &'static str;

    fn try_from(keys: PagerKeys) -> Result<Self, Self::Error> {
        let PagerKeys { size, first, single, total, pages, next, while_, until } = keys;
        let end = PagesEnd { pages, next, while_, until };
        let turns = match single {
            Some(Flag) if !end.pages.is_empty() || !end.next.is_empty() => {
                return Err("`single` is one page: leave `pages` and `next` out");
            }
            Some(Flag) if end.while_.is_some() || end.until.is_some() => {
                return Err("`single` is one page: leave `while` and `until` out");
            }
            Some(Flag) => Turns::Single,
            None => Turns::Many(Box::new(end)),
        };
        if until == Some(Until::Short) && size.is_none() {
            return Err("`until: short` needs `size`");
        }
        Ok(Self { size, first: first.unwrap_or(1), total, turns })
    }
}

impl<'de> Deserialize<'de> for Pager {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        PagerKeys::deserialize(deserializer)?.try_into().map_err(de::Error::custom)
    }
}

/// When a page loop that is told no end ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Until {
    /// A page without rows.
    Empty,
    /// A page with fewer rows than `size`.
    Short,
}
