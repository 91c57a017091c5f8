//! The language itself: one Rust type for every shape a connector file may have.
//!
//! The JSON schema is generated from these types and every file is checked against it before serde
//! sees it, so a complaint always has a line. What a key *does* is told in `docs/CONNECTORS-REFERENCE.md` and
//! done in [`crate::run`], [`crate::read`] and [`crate::page`]; nothing here acts.

mod ask;
mod capture;
mod keys;
mod login;
mod loops;
mod piece;
mod predicate;
mod request;
mod rows;
mod scalars;
mod section;
mod step;

use std::collections::BTreeMap;

use fiveone_model::product::Product;
use schemars::JsonSchema;
use serde::Deserialize;

pub(crate) use ask::{Ask, AskChoices, AskOf, Elsewhere, Poll};
pub(crate) use capture::{Capture, CaptureFrom, CaptureOptions, Layer};
pub(crate) use login::{Field, Login};
pub(crate) use loops::{ItemList, Loop, Pager, PagesEnd, Turns, Until};
pub(crate) use piece::Piece;
pub(crate) use predicate::{Comparison, Predicate, Rule, Subject};
pub(crate) use request::{AnswerRules, Body, Method, Request};
pub(crate) use rows::{
    Choose, CodeTable, Flat, Map, Otherwise, Owner, Pairs, RecordPlace, Rows, RowsPlace, Sides,
    Source, Target, Targets,
};
pub(crate) use scalars::{
    AskKind, Charset, Css, CssValue, Flag, JsonPath, JsonTemplate, OneOrMany, Ordered, Pattern,
    ReportField, Scope, TextScope,
};
pub(crate) use section::{Content, Overlap, Part, Section, Sections, Split};
pub(crate) use step::{Action, Step};

use crate::template::Template;

/// A family file, or a city file; a city file names a family or carries everything itself.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Definition {
    /// The family's name; in a city file, the family it belongs to.
    pub(crate) family: Option<String>,
    /// Which product's records are read. Only needed in a family file.
    #[schemars(schema_with = "scalars::product_schema")]
    pub(crate) product: Option<Product>,
    /// What this portal is, for people.
    pub(crate) about: Option<String>,
    /// The parameters a city must or may give.
    pub(crate) needs: BTreeMap<String, Need>,
    /// City file: the area's code.
    pub(crate) area: Option<String>,
    /// City file: the family's parameters. `base` is the portal's address.
    pub(crate) with: BTreeMap<String, String>,
    /// City file: what the person should know before logging in.
    pub(crate) tips: Option<String>,
    /// City file: the address a person would open.
    pub(crate) url: Option<String>,
    /// Charset of requests, and of answers that do not tell theirs.
    pub(crate) charset: Option<Charset>,
    /// How many people may be served at the portal at once.
    #[schemars(range(min = 1, max = 16))]
    pub(crate) concurrency: Option<u32>,
    /// Headers sent with every request.
    pub(crate) headers: Ordered<Template>,
    /// Folders below `base` in one of which the pages stand; each is tried, the first that has an
    /// address is remembered.
    pub(crate) roots: Vec<String>,
    /// Parts of sections that `like` can name; nothing else looks at them.
    #[schemars(with = "BTreeMap<String, BTreeMap<String, serde_json::Value>>")]
    pub(crate) blocks: serde::de::IgnoredAny,
    /// The ways to log in.
    pub(crate) login: Vec<Login>,
    /// Lists read once and shared by sections.
    pub(crate) lists: BTreeMap<String, Section>,
    /// What is read, by the names of the documents.
    pub(crate) sections: Sections,
    /// Code tables: what a portal's code means.
    pub(crate) codes: BTreeMap<String, Ordered<String>>,
    /// Texts of this vendor and what they mean; looked up before the shared ones.
    pub(crate) outcomes: Vec<Rule>,
    /// Limits, which a file can only lower.
    pub(crate) limits: Limits,
}

/// A parameter of a family.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Need {
    /// What it is, for the author of a city file.
    pub(crate) about: String,
    /// Its value when the city gives none; without it the city must give one.
    pub(crate) default: Option<String>,
}

/// What a file may lower.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// Turns of all loops of one section together.
    #[schemars(range(min = 1, max = 600))]
    pub(crate) turns: Option<u32>,
    /// Rows of one section.
    #[schemars(range(min = 1, max = 20000))]
    pub(crate) rows: Option<u32>,
    /// Bytes of one answer.
    #[schemars(range(min = 1024, max = 8388608))]
    pub(crate) answer_bytes: Option<u32>,
    /// Seconds one request may take.
    #[schemars(range(min = 1, max = 30))]
    pub(crate) request_secs: Option<u32>,
}

/// `outcomes.yaml`: the shared texts of portals.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Outcomes {
    /// In order; the first that is found decides.
    pub(crate) outcomes: Vec<Rule>,
}

/// A file of `dictionaries/`: a vendor's keys and the report's fields.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Dictionary {
    /// What it is, for people.
    pub(crate) about: Option<String>,
    /// Keys of fund base records.
    #[serde(rename = "fund_base")]
    pub(crate) fund_base: Map,
    /// Keys of fund bill rows.
    #[serde(rename = "fund_bill")]
    pub(crate) fund_bill: Map,
    /// Keys of loans.
    pub(crate) loan_detail: Map,
    /// Keys of loan repayers.
    pub(crate) loan_repayer: Map,
    /// Keys of loan repayments.
    pub(crate) loan_repay: Map,
    /// Keys of overdue loan terms.
    pub(crate) loan_overdue: Map,
    /// Keys of insurance base records.
    pub(crate) insurance_base: Map,
    /// Keys of insurance rows.
    pub(crate) insurance_row: Map,
    /// Code tables that may be named by any connector that uses this dictionary.
    pub(crate) codes: BTreeMap<String, Ordered<String>>,
}
