//! A step: a request, a question to the person, or values set. Exactly one of `get`, `post`, `ask`
//! alone, or `set` alone; an `ask` may carry the request that brings its picture or sends its SMS.

use std::borrow::Cow;

use fiveone_model::challenge::ChallengeKind;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value as Json;

use super::{Capture, Charset, Condition, JsonTemplate, OneOrMany, Ordered, Rule, Test, Unwrap};
use crate::template::Template;

/// A step of a login or of a section.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Step {
    /// A name others may go back to (`again`), and what logs call it.
    pub(crate) id: Option<String>,
    /// Only when all of these hold; else the step is left out.
    pub(crate) when: OneOrMany<Condition>,

    /// A GET request: the address, or several of which the next is tried on 404.
    pub(crate) get: OneOrMany<Template>,
    /// A POST request: the address, or several of which the next is tried on 404.
    pub(crate) post: OneOrMany<Template>,
    /// Query parameters.
    pub(crate) query: Ordered<Piece>,
    /// Form fields.
    pub(crate) form: Ordered<Piece>,
    /// A map captured with `inputs:` that is sent as the form; `form` adds and replaces.
    pub(crate) form_from: Option<String>,
    /// A JSON body.
    pub(crate) json: Option<JsonTemplate>,
    /// A body sent as it is, or `{ xml: … }`.
    pub(crate) body: Option<Piece>,
    /// The content type of `body`; `text/plain` unless told.
    pub(crate) content_type: Option<String>,
    /// Headers of this request alone.
    pub(crate) headers: Ordered<Template>,
    /// The Referer, as an address like that of `get`.
    pub(crate) referer: Option<Template>,
    /// Sends `X-Requested-With: XMLHttpRequest`.
    pub(crate) ajax: bool,
    /// Charset of this request.
    pub(crate) charset: Option<Charset>,
    /// Charset of the answer, whatever it claims.
    pub(crate) answer_charset: Option<Charset>,
    /// `false`: a redirect is the answer, and its `Location` can be captured as a header.
    pub(crate) follow: Option<bool>,
    /// Statuses that count as an answer besides 200–399.
    pub(crate) accept: Vec<u16>,
    /// A POST that changes nothing and may be sent again when the connection breaks.
    pub(crate) repeatable: Option<bool>,
    /// What is peeled off the answer before anything is looked for in it.
    pub(crate) unwrap: OneOrMany<Unwrap>,
    /// Values for later steps.
    pub(crate) capture: Ordered<Capture>,
    /// What a refusal looks like; the first that holds decides, then the shared texts.
    pub(crate) fail: Vec<Rule>,
    /// `false`: the shared texts are not looked for, because codes tell all; the file's `outcomes` are.
    pub(crate) texts: Option<bool>,
    /// What success looks like: one of them must hold, or the portal has changed.
    pub(crate) expect: OneOrMany<Test>,

    /// Asks the person.
    pub(crate) ask: Option<Ask>,
    /// Where the picture is, when it is not the answer itself: data, base64, or an address. Several
    /// are joined side by side.
    pub(crate) picture: OneOrMany<Capture>,
    /// The name the answer gets; `captcha` or `sms` unless told.
    pub(crate) to: Option<String>,
    /// What the person is told beside the question.
    pub(crate) hint: Option<String>,
    /// The step to go back to when the code was wrong; this one unless told.
    pub(crate) again: Option<String>,
    /// `false`: a wrong SMS code is asked for again without sending another SMS.
    pub(crate) resend: Option<bool>,

    /// Sets values, in order; each may use those before it.
    pub(crate) set: Ordered<Template>,
}

impl Step {
    /// Whether it sends something.
    pub(crate) fn is_request(&self) -> bool {
        !self.get.is_empty() || !self.post.is_empty()
    }
}

/// What the person is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Ask {
    /// A picture to read.
    Captcha,
    /// A code sent to the person's phone.
    Sms,
}

impl Ask {
    pub(crate) const fn kind(self) -> ChallengeKind {
        match self {
            Self::Captcha => ChallengeKind::Captcha,
            Self::Sms => ChallengeKind::Sms,
        }
    }

    pub(crate) const fn as_str(self) -> &'static str {
        self.kind().as_str()
    }
}

/// The value of a form field or query parameter, or a raw body.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    /// Text with placeholders.
    Text(Template),
    /// The same name sent several times.
    Many(Vec<Template>),
    /// XML text: placeholders are escaped for XML first, then for where it stands.
    Xml(Template),
    /// JSON text, then escaped for where it stands.
    Json(JsonTemplate),
    /// Not sent, e.g. to take away what `form_from` or a family gives.
    Nothing,
}

impl Piece {
    pub(crate) fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Text(one) | Self::Xml(one) => vec![one],
            Self::Many(many) => many.iter().collect(),
            Self::Json(json) => json.templates(),
            Self::Nothing => Vec::new(),
        }
    }
}

impl<'de> Deserialize<'de> for Piece {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        let piece = match json {
            Json::Null => Ok(Self::Nothing),
            Json::Array(items) => items
                .into_iter()
                .map(Template::deserialize)
                .collect::<Result<_, _>>()
                .map(Self::Many),
            Json::Object(mut map) => match (map.remove("xml"), map.remove("json")) {
                (Some(xml), None) => Template::deserialize(xml).map(Self::Xml),
                (None, Some(json)) => JsonTemplate::deserialize(json).map(Self::Json),
                _ => Err(de::Error::custom("either `xml` or `json`")),
            },
            text => Template::deserialize(text).map(Self::Text),
        };
        piece.map_err(de::Error::custom)
    }
}

impl JsonSchema for Piece {
    fn schema_name() -> Cow<'static, str> {
        "Piece".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let template = generator.subschema_for::<Template>();
        let json = generator.subschema_for::<JsonTemplate>();
        json_schema!({ "anyOf": [
            template,
            { "type": "array", "items": template },
            { "type": "object", "additionalProperties": false, "properties": { "xml": template, "json": json } },
            { "type": "null" }
        ] })
    }
}
