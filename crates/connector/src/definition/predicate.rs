//! What can be true of an answer or of captured values: one language for what a refusal looks like,
//! what success looks like, and when a step is done.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Css, Flag, JsonPath, OneOrMany, Pattern, TextScope};
use crate::{outcome::Outcome, template::Template};

/// Something that can be true: one thing that is looked at, and what it is compared with.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub(crate) struct Predicate {
    #[serde(flatten)]
    pub(crate) subject: Subject,
    /// With `text` and `exact`: where the text is looked for. A selector, a JSON path, or `alert`,
    /// `message`, `page`, `title`, `body` (all, scripts included). Without it: in the messages of the
    /// answer (alerts, error elements, JSON messages) first, then in all that can be seen.
    #[serde(default)]
    pub(crate) at: Option<TextScope>,
    #[serde(flatten)]
    pub(crate) comparison: Option<Comparison>,
    /// These must hold too.
    #[serde(default)]
    pub(crate) and: Vec<Predicate>,
    /// Turned round: it must not hold.
    #[serde(default)]
    pub(crate) not: bool,
}

impl Predicate {
    /// Whether it is one of texts, and these words hold it; wherever it would be looked for.
    pub(crate) fn says(&self, words: &str) -> bool {
        let plain = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        let words = plain(words);
        let is_plain = !self.not && self.and.is_empty();
        matches!(&self.subject, Subject::Text(texts) if texts.iter().any(|text| words.contains(&plain(text))))
            && is_plain
    }
}

/// What is looked at.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Subject {
    /// One of these texts is there; blanks do not count.
    Text(OneOrMany<String>),
    /// One of these texts is all there is at that place.
    Exact(OneOrMany<String>),
    /// Elements: that there are some, or the value of the first.
    Css(Css),
    /// The value at a JSON path.
    Json(JsonPath),
    /// The value of the input or select of that name or id.
    Input(String),
    /// The value of a cookie of the session.
    Cookie(String),
    /// This is a part of the address that the answer came from.
    Url(String),
    /// The HTTP status is this.
    Status(u16),
    /// The value of a name in an inline script.
    Script(String),
    /// A value made of captured values.
    Value(Template),
    /// This was captured and is not blank.
    Has(String),
    /// This was not captured, or is blank.
    Lacks(String),
    /// One of these holds.
    Any(Vec<Predicate>),
}

/// What a value is compared with; without a comparison the value must be there and not blank.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Comparison {
    /// It is this.
    Equals(Template),
    /// It is there and not this.
    Differs(Template),
    /// It holds this text.
    Contains(String),
    /// It matches.
    Matches(Pattern),
    /// It is one of these.
    OneOf(Vec<String>),
    /// `true`: there and blank, null, or an empty list or object. `false`: there and not blank.
    Blank(bool),
    /// It is not there at all.
    Missing(Flag),
}

/// A predicate of an answer and what it means when it holds.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub(crate) struct Rule {
    #[serde(flatten)]
    pub(crate) predicate: Predicate,
    /// What it means.
    #[serde(rename = "as")]
    pub(crate) outcome: Outcome,
    /// What the person is told instead of the portal's own words.
    #[serde(default)]
    pub(crate) reason: Option<String>,
}

impl Subject {
    /// Whether it looks at captured values only, so that it can be asked without an answer.
    pub(crate) fn needs_no_answer(&self) -> bool {
        match self {
            Self::Value(_) | Self::Has(_) | Self::Lacks(_) => true,
            Self::Any(inner) => inner.iter().all(|one| one.subject.needs_no_answer()),
            Self::Text(_)
            | Self::Exact(_)
            | Self::Css(_)
            | Self::Json(_)
            | Self::Input(_)
            | Self::Cookie(_)
            | Self::Url(_)
            | Self::Status(_)
            | Self::Script(_) => false,
        }
    }

    /// Whether `at` says where it is looked for.
    pub(crate) const fn is_text(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Exact(_))
    }

    /// Whether it is a value that can be compared.
    pub(crate) const fn has_value(&self) -> bool {
        matches!(
            self,
            Self::Css(_)
                | Self::Json(_)
                | Self::Input(_)
                | Self::Cookie(_)
                | Self::Script(_)
                | Self::Value(_)
        )
    }
}
