//! Loops. Every loop is bounded, and at most two stand inside each other.

use schemars::JsonSchema;
use serde::Deserialize;

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
    Page(Box<Pager>),
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

/// Pages. What the portal tells about their end is believed in this order: the total, the number of
/// pages, the next link, `while`; only when it tells nothing, `until` decides.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Pager {
    /// Rows on a full page, when the file decides it: `size` in templates.
    pub(crate) size: Option<u32>,
    /// The number of the first page; default: 1.
    pub(crate) first: Option<i64>,
    /// There is one page; a total is still held against its rows.
    pub(crate) single: Option<Flag>,
    /// How many rows there are in all; rows are counted against it at the end. Of several the first
    /// that is there.
    pub(crate) total: OneOrMany<Capture>,
    /// How many pages there are: a number, or a text such as `1/3页` or `共3页`. Of several the first
    /// that is there.
    pub(crate) pages: OneOrMany<Capture>,
    /// The address of the next page; later pages are fetched by GET from there.
    pub(crate) next: OneOrMany<Capture>,
    /// Goes on while this holds of the answer.
    #[serde(rename = "while")]
    pub(crate) while_: Option<Predicate>,
    /// Goes on until a page is empty or not full.
    pub(crate) until: Option<Until>,
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
