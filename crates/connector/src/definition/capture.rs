//! Looking into an answer: values taken out of it, tests of it, outcomes told by it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Css, JsonPath, OneOrMany, Pattern, Spot};
use crate::{outcome::Outcome, template::Template};

/// A value taken from an answer. Exactly one source, and missing means the portal has changed,
/// unless `optional` or `default` is given.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Capture {
    /// A JSON path; strings and numbers as text, objects and lists as they are.
    pub(crate) json: Option<JsonPath>,
    /// A selector: the element's text, or its value when it is an input or select.
    pub(crate) css: Option<Css>,
    /// With `css`: this attribute instead of the text.
    pub(crate) attr: Option<String>,
    /// The value of the input of that name or id.
    pub(crate) input: Option<String>,
    /// All inputs of the form: hidden ones, texts, chosen options; as a map for `form_from`.
    pub(crate) inputs: Option<Css>,
    /// The chosen option of the select of that name or id.
    pub(crate) selected: Option<String>,
    /// The options of selects, as a list.
    pub(crate) options: Option<CaptureOptions>,
    /// A cookie of the session.
    pub(crate) cookie: Option<String>,
    /// A header of the answer.
    pub(crate) header: Option<String>,
    /// `true`: the address the answer came from, redirects followed.
    pub(crate) url: bool,
    /// A value of an inline script: `name = '…'`, `name: "…"`, `"name":"…"`, `name = {…}`.
    pub(crate) script: Option<String>,
    /// The text between two texts.
    pub(crate) between: Option<(String, String)>,
    /// The first group of a regular expression, or all it matched.
    pub(crate) regex: Option<Pattern>,
    /// `true`: the whole answer as text.
    pub(crate) body: bool,
    /// Captured (as `yes`) when this text can be seen on the page; never missing.
    pub(crate) says: Option<String>,
    /// Captured (as `yes`) when this element can be seen on the page; never missing.
    pub(crate) shows: Option<Css>,
    /// Made of earlier values.
    pub(crate) value: Option<Template>,

    /// All that are found, as a list, instead of the first.
    pub(crate) all: bool,
    /// Only values that match; a group in it is what is kept.
    pub(crate) matching: Option<Pattern>,
    /// The value is JSON text: this is taken from it.
    pub(crate) then: Option<JsonPath>,
    /// May be missing; later steps ask with `when: { has: … }` or `default(…)`.
    pub(crate) optional: bool,
    /// Its value when it is missing.
    pub(crate) default: Option<String>,
}

/// The options of selects.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaptureOptions {
    /// Which select; all of the page unless told.
    pub(crate) of: Option<Css>,
    /// `true`: the values sent instead of the texts shown.
    #[serde(default)]
    pub(crate) values: bool,
    /// `true`: a map of the values sent to the texts shown, for `{{ kinds[code] }}`.
    #[serde(default)]
    pub(crate) map: bool,
}

/// Something that can be true of an answer.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Test {
    /// One of these texts is there. Where: `at`; without it, first in the messages of the answer
    /// (alerts, error elements, JSON messages), then in all that can be seen.
    pub(crate) text: OneOrMany<String>,
    /// Where `text` is looked for: a selector, a JSON path, or `alert`, `message`, `page`, `title`,
    /// `body` (all, scripts included).
    pub(crate) at: Option<Spot>,
    /// `text` must be all there is, not a part.
    pub(crate) exact: bool,
    /// A JSON path.
    pub(crate) json: Option<JsonPath>,
    /// A selector that finds something.
    pub(crate) css: Option<Css>,
    /// The value of the input of that name or id.
    pub(crate) input: Option<String>,
    /// A cookie of the session.
    pub(crate) cookie: Option<String>,
    /// A part of the address the answer came from.
    pub(crate) url: Option<String>,
    /// The HTTP status.
    pub(crate) status: Option<u16>,
    /// Made of captured values.
    pub(crate) value: Option<Template>,
    /// A value of an inline script.
    pub(crate) script: Option<String>,

    /// The value is this.
    pub(crate) equals: Option<String>,
    /// The value holds this text.
    pub(crate) contains: Option<String>,
    /// The value matches.
    pub(crate) matches: Option<Pattern>,
    /// The value is one of these.
    pub(crate) one_of: Vec<String>,
    /// `true`: there and blank, null, or an empty list or object. `false`: there and not blank.
    pub(crate) blank: Option<bool>,
    /// `true`: not there at all. `false`: there.
    pub(crate) missing: Option<bool>,
    /// Only in `empty:`: the table is there with the header it must have, and holds no rows.
    pub(crate) header_only: bool,
    /// These must hold too.
    pub(crate) and: Vec<Test>,
    /// Turned round: it must not hold.
    pub(crate) not: bool,
}

/// A test and what it means.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    /// One of these texts is there; see `at`.
    #[serde(default)]
    pub(crate) text: OneOrMany<String>,
    /// Where `text` is looked for; as in a test.
    pub(crate) at: Option<Spot>,
    /// `text` must be all there is, not a part.
    #[serde(default)]
    pub(crate) exact: bool,
    /// Any other test; all of several must hold.
    #[serde(default, rename = "if")]
    pub(crate) tests: OneOrMany<Test>,
    /// What it means.
    #[serde(rename = "as")]
    pub(crate) outcome: Outcome,
    /// What the person is told instead of the portal's own words.
    pub(crate) reason: Option<String>,
}

/// A condition on values that earlier steps captured.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Condition {
    /// It was captured and is not blank.
    pub(crate) has: Option<String>,
    /// It was not captured, or is blank.
    pub(crate) lacks: Option<String>,
    /// Compared by the keys below.
    pub(crate) value: Option<Template>,
    /// `value` is this.
    pub(crate) equals: Option<Template>,
    /// `value` is not this.
    pub(crate) differs: Option<Template>,
    /// `value` holds this text.
    pub(crate) contains: Option<String>,
    /// `value` matches.
    pub(crate) matches: Option<Pattern>,
    /// `value` is one of these.
    pub(crate) one_of: Vec<String>,
}

/// What is peeled off an answer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Unwrap {
    /// `callback( … )`.
    Jsonp,
    /// The whole answer is a JSON string; or, after another unwrapping, what was found is one.
    JsonString,
    /// HTML comments are opened, so that what is in them is part of the page.
    Comments,
    /// What stands before the first `<`, `{` or `[` is dropped.
    Prefix,
    /// `&lt;` and its kin are turned into characters once.
    Entities,
    /// The string (or object) at a JSON path.
    Json(JsonPath),
    /// The text of an element, or the value of an input.
    Css(Css),
    /// The first group of a regular expression.
    Regex(Pattern),
}
