//! Loops. Every loop is bounded, and at most two stand inside each other.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Capture, JsonTemplate, Test};
use crate::template::Template;

/// One loop; exactly one key.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Each {
    /// Calendar years, newest first: `year`.
    pub(crate) year: Option<Years>,
    /// Fund years, newest first: `fiscal_year` (2016-2017), `start`, `end`.
    pub(crate) fiscal_year: Option<FiscalYears>,
    /// Months, newest first: `month`, the first day of each.
    pub(crate) month: Option<Months>,
    /// Spans of days, newest first: `start`, `end`.
    pub(crate) window: Option<Windows>,
    /// Pages: `page`, `size`, `offset` (rows before this page).
    pub(crate) page: Option<Pages>,
    /// A list captured before, or one written here.
    pub(crate) item: Option<Items>,
}

/// Years.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Years {
    /// How many, this year included.
    pub(crate) last: Template,
    /// Another name for `year`.
    #[serde(rename = "as")]
    pub(crate) name: Option<String>,
}

/// Fund years.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FiscalYears {
    /// How many, the running one included.
    pub(crate) last: Template,
    /// The month they begin with; 7 unless told.
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

/// Pages.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Pages {
    /// Rows on a full page, when the file decides it: `size` in templates.
    pub(crate) size: Option<u32>,
    /// The number of the first page; 1 unless told.
    pub(crate) first: Option<i64>,
    /// How many rows there are in all; rows are counted against it at the end.
    pub(crate) total: Option<Capture>,
    /// How many pages there are: a number, or a text such as `1/3页` or `共3页`.
    pub(crate) pages: Option<Capture>,
    /// Goes on until a page is empty (an `empty` witness must say so) or not full.
    pub(crate) until: Option<Until>,
    /// Goes on while this holds of the answer.
    #[serde(rename = "while")]
    pub(crate) while_: Option<Test>,
    /// The address of the next page; later pages are fetched by GET from there.
    pub(crate) next: Option<Capture>,
}

/// When a page loop that knows no total ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Until {
    /// A page without rows.
    Empty,
    /// A page with fewer rows than `size`.
    Short,
}

/// A list.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Items {
    /// The name of a captured list.
    pub(crate) of: Option<String>,
    /// The list itself; a map gives `name.key` and `name.value`.
    #[serde(rename = "in")]
    pub(crate) list: Option<JsonTemplate>,
    /// What one of them is called.
    #[serde(rename = "as")]
    pub(crate) name: String,
}
