//! Values taken out of an answer, and what is peeled off it first.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Css, CssValue, Flag, JsonPath, Pattern};
use crate::template::Template;

/// A value taken from an answer. Missing means an unexpected page, unless `optional` or `default` is
/// given.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub(crate) struct Capture {
    #[serde(flatten)]
    pub(crate) from: CaptureFrom,
    /// All that are found, as a list, instead of the first.
    #[serde(default)]
    pub(crate) all: bool,
    /// The value is JSON text: this is taken from it.
    #[serde(default)]
    pub(crate) then: Option<JsonPath>,
    /// Only values that match; a group in it is what is kept.
    #[serde(default)]
    pub(crate) matching: Option<Pattern>,
    /// May be missing; later steps ask with `when: { has: … }` or `default(…)`.
    #[serde(default)]
    pub(crate) optional: bool,
    /// Its value when it is missing.
    #[serde(default)]
    pub(crate) default: Option<String>,
}

impl Capture {
    /// Whether finding it shows that the page is the one that was meant.
    pub(crate) const fn is_witness(&self) -> bool {
        !self.optional && self.default.is_none() && !self.from.is_always_there()
    }
}

/// Where a value is taken from.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CaptureFrom {
    /// A JSON path; strings and numbers as text, objects and lists as they are.
    Json(JsonPath),
    /// A selector: the element's text, its value when it is an input or select, or an attribute
    /// (`img#code @src`).
    Css(CssValue),
    /// The value of the input or select of that name or id.
    Input(String),
    /// All inputs of the form as a browser would send them, as a map for `form_from`.
    Inputs(Css),
    /// The options of selects, as a list.
    Options(CaptureOptions),
    /// A cookie of the session.
    Cookie(String),
    /// A header of the answer.
    Header(String),
    /// The address the answer came from, redirects followed.
    Url(Flag),
    /// A value of an inline script: `name = '…'`, `name: "…"`, `"name":"…"`, `name = {…}`.
    Script(String),
    /// The first group of a regular expression, or all it matched.
    Regex(Pattern),
    /// The whole answer as text.
    Body(Flag),
    /// `yes` when this text can be seen on the page; never missing.
    Says(String),
    /// `yes` when this element can be seen on the page; never missing.
    Shows(Css),
    /// Made of earlier values.
    Value(Template),
}

impl CaptureFrom {
    /// Whether what it finds may be blank: a field may, a text that is blank was not found.
    pub(crate) const fn may_be_blank(&self) -> bool {
        match self {
            Self::Json(_) | Self::Input(_) | Self::Says(_) | Self::Shows(_) | Self::Value(_) => {
                true
            }
            Self::Css(_)
            | Self::Inputs(_)
            | Self::Options(_)
            | Self::Cookie(_)
            | Self::Header(_)
            | Self::Url(_)
            | Self::Script(_)
            | Self::Regex(_)
            | Self::Body(_) => false,
        }
    }

    /// Whether the page tells it, and not the file.
    pub(crate) const fn is_of_page(&self) -> bool {
        !matches!(self, Self::Value(_))
    }

    /// Whether it is there whatever the answer is.
    pub(crate) const fn is_always_there(&self) -> bool {
        matches!(
            self,
            Self::Says(_) | Self::Shows(_) | Self::Value(_) | Self::Url(_) | Self::Body(_)
        )
    }

    /// Whether it is a list by its nature.
    pub(crate) const fn is_list(&self) -> bool {
        matches!(self, Self::Options(options) if !options.map)
    }

    /// Whether it is an address of the page, which is made whole.
    pub(crate) fn is_address(&self) -> bool {
        match self {
            Self::Css(CssValue((_, Some(attribute)))) => {
                matches!(attribute.as_str(), "href" | "src" | "action")
            }
            _ => false,
        }
    }
}

/// The options of selects.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaptureOptions {
    /// Which select; default: all of the page.
    pub(crate) of: Option<Css>,
    /// `true`: the values sent instead of the texts shown.
    #[serde(default)]
    pub(crate) values: bool,
    /// `true`: a map of the values sent to the texts shown, for `{{ kinds[code] }}`.
    #[serde(default)]
    pub(crate) map: bool,
}

/// A layer around the data of an answer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Layer {
    /// `callback( … )`.
    Jsonp,
    /// The whole answer is a JSON string; or, after another layer, what was found is one.
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
    /// The text, or the object, that an inline script gives to a name.
    Script(String),
}
