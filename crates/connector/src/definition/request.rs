//! A request, and how its answer is taken in.

use std::borrow::Cow;
use std::sync::LazyLock;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value as Json};

use super::keys::{alternative, names_of, with_properties};
use super::{Capture, Charset, JsonTemplate, Layer, OneOrMany, Ordered, Piece, Predicate, Rule};
use crate::template::Template;

/// A request and what its answer must be.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// The name of its step, when it has one.
    pub(crate) step: Option<String>,
    /// How it is sent.
    pub(crate) method: Method,
    /// The address, or several of which the next is tried on 404.
    pub(crate) addresses: OneOrMany<Template>,
    /// Query parameters.
    pub(crate) query: Ordered<Piece>,
    /// Headers of this request alone.
    pub(crate) headers: Ordered<Template>,
    /// The Referer, as an address like that of `get`.
    pub(crate) referer: Option<Template>,
    /// Sends `X-Requested-With: XMLHttpRequest`.
    pub(crate) ajax: bool,
    /// Charset of this request.
    pub(crate) charset: Option<Charset>,
    /// Whether redirects are followed.
    pub(crate) follow: bool,
    /// Whether it may be sent again when the connection breaks; `None` for what its method says.
    pub(crate) repeatable: Option<bool>,
    /// How its answer is taken in.
    pub(crate) answer: AnswerRules,
}

impl Request {
    /// What logs call it.
    pub(crate) fn name(&self) -> String {
        let address = || self.addresses.first().map_or("request", |one| one.source()).to_owned();
        self.step.clone().unwrap_or_else(address)
    }

    /// Every name that its address and its query are made of.
    pub(crate) fn names_sent(&self) -> impl Iterator<Item = &str> {
        let query = self.query.iter().flat_map(|(_, piece)| piece.templates());
        let templates = self.addresses.iter().chain(query);
        templates.flat_map(|one| one.names().iter().chain(one.soft_names())).map(String::as_str)
    }
}

/// How a request is sent.
#[derive(Debug, Clone)]
pub(crate) enum Method {
    /// Without a body.
    Get,
    /// With a body, which may be blank.
    Post(Body),
}

/// The body of a POST.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    /// Form fields, and the captured map they are added to.
    Form {
        /// Maps captured with `inputs:` or `script:`; later ones replace.
        from: OneOrMany<String>,
        /// Fields that are added, or replace those of the map.
        fields: Ordered<Piece>,
        /// The content type when it is not the usual one of forms.
        content_type: Option<String>,
    },
    /// JSON.
    Json(JsonTemplate),
    /// A text as it is, or XML.
    Raw {
        /// The text.
        piece: Piece,
        /// Its content type; default: `text/plain`, or `text/xml` for XML.
        content_type: Option<String>,
    },
}

/// How the answer of a request is taken in.
#[derive(Debug, Clone, Default)]
pub(crate) struct AnswerRules {
    /// Charset of the answer, whatever it claims.
    pub(crate) charset: Option<Charset>,
    /// Statuses that count as an answer besides 200–399.
    pub(crate) accept: Vec<u16>,
    /// What is peeled off the answer before anything is looked for in it.
    pub(crate) layers: OneOrMany<Layer>,
    /// Values for later steps.
    pub(crate) capture: Ordered<Capture>,
    /// What success looks like: one of them must hold.
    pub(crate) expect: OneOrMany<Predicate>,
    /// What a refusal looks like; the first that holds decides, then the shared texts.
    pub(crate) fail: Vec<Rule>,
    /// Whether the shared texts are looked for; not where codes tell all.
    pub(crate) has_texts: bool,
}

/// A request as a file writes it.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RequestKeys {
    /// A GET request: the address, or several of which the next is tried on 404.
    get: OneOrMany<Template>,
    /// A POST request: the address, or several of which the next is tried on 404.
    post: OneOrMany<Template>,
    /// Query parameters.
    query: Ordered<Piece>,
    /// Form fields.
    form: Ordered<Piece>,
    /// Maps captured with `inputs:` or `script:` that are sent as the form; later ones and `form` add
    /// and replace.
    form_from: OneOrMany<String>,
    /// A JSON body.
    json: Option<JsonTemplate>,
    /// A body sent as it is, or `{ xml: … }`.
    body: Option<Piece>,
    /// The content type of `body` or of the form.
    content_type: Option<String>,
    /// Headers of this request alone.
    headers: Ordered<Template>,
    /// The Referer, as an address like that of `get`.
    referer: Option<Template>,
    /// Sends `X-Requested-With: XMLHttpRequest`.
    ajax: bool,
    /// Charset of this request.
    charset: Option<Charset>,
    /// `false`: a redirect is the answer, and its `Location` can be captured as a header.
    follow: Option<bool>,
    /// A POST that changes nothing and may be sent again when the connection breaks.
    repeatable: Option<bool>,
    /// Charset of the answer, whatever it claims.
    answer_charset: Option<Charset>,
    /// Statuses that count as an answer besides 200–399.
    accept: Vec<u16>,
    /// What is peeled off the answer before anything is looked for in it.
    peel: OneOrMany<Layer>,
    /// Values for later steps.
    capture: Ordered<Capture>,
    /// What success looks like: one of them must hold.
    expect: OneOrMany<Predicate>,
    /// What a refusal looks like; the first that holds decides, then the shared texts.
    fail: Vec<Rule>,
    /// `false`: the shared texts are not looked for, because codes tell all; the file's `outcomes` are.
    texts: Option<bool>,
}

/// Those of a request that only a `post` has.
pub(super) const BODY_KEYS: [&str; 5] = ["form", "form_from", "json", "body", "content_type"];

pub(super) static REQUEST_NAMES: LazyLock<Vec<String>> = LazyLock::new(names_of::<RequestKeys>);

impl Request {
    /// The request of a file's keys, all of which it must have a use for.
    pub(super) fn of(keys: Map<String, Json>) -> Result<Self, String> {
        let keys: RequestKeys =
            serde_json::from_value(Json::Object(keys)).map_err(|error| error.to_string())?;
        let has_form = !keys.form.is_empty() || !keys.form_from.is_empty();
        let bodies = [has_form, keys.json.is_some(), keys.body.is_some()];
        let has_type = keys.content_type.is_some();
        let (addresses, method) = match (keys.get.is_empty(), keys.post.is_empty()) {
            (false, false) => return Err("a request is either `get` or `post`".to_owned()),
            (true, true) => return Err("a request needs `get` or `post`".to_owned()),
            (false, true) if has_type || bodies.contains(&true) => {
                return Err("only a `post` has a body".to_owned());
            }
            (false, true) => (keys.get, Method::Get),
            (true, false) => {
                let body = match (keys.json, keys.body) {
                    (None, None) => Body::Form {
                        from: keys.form_from,
                        fields: keys.form,
                        content_type: keys.content_type,
                    },
                    (Some(_), None) if has_type => {
                        let always = "the `content_type` of `json` is always the one of JSON";
                        return Err(always.to_owned());
                    }
                    (Some(json), None) if !has_form => Body::Json(json),
                    (None, Some(piece)) if !has_form => {
                        Body::Raw { piece, content_type: keys.content_type }
                    }
                    _ => {
                        let one = "a request has one body: `form`, `json` or `body`";
                        return Err(one.to_owned());
                    }
                };
                (keys.post, Method::Post(body))
            }
        };
        Ok(Self {
            step: None,
            method,
            addresses,
            query: keys.query,
            headers: keys.headers,
            referer: keys.referer,
            ajax: keys.ajax,
            charset: keys.charset,
            follow: keys.follow.unwrap_or(true),
            repeatable: keys.repeatable,
            answer: AnswerRules {
                charset: keys.answer_charset,
                accept: keys.accept,
                layers: keys.peel,
                capture: keys.capture,
                expect: keys.expect,
                fail: keys.fail,
                has_texts: keys.texts.unwrap_or(true),
            },
        })
    }
}

impl<'de> Deserialize<'de> for Request {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of(Map::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl JsonSchema for Request {
    fn schema_name() -> Cow<'static, str> {
        "Request".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = schemars::json_schema!({
            "description": "A request and what its answer must be.",
            "type": "object",
            "format": "request",
            "additionalProperties": false,
            "oneOf": [
                alternative("get", BODY_KEYS.into_iter().chain(["post"])),
                alternative("post", ["get"]),
            ],
        });
        with_properties::<RequestKeys>(&mut schema, generator);
        schema
    }
}
