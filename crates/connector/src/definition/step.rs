//! A step: a request, a question to the person, or values set.
//!
//! A file writes all keys of a step side by side; here they become one [`Action`], so that whoever
//! handles a step handles every kind of it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, de};

use super::{
    Ask, AskChoices, AskKind, AskShown, Capture, Charset, JsonTemplate, Layer, OneOrMany, Ordered,
    Piece, Poll, Predicate, Rule,
};
use crate::template::Template;

/// A step of a login or of a section.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// A name others may go back to (`again`), and what logs call it.
    pub(crate) id: Option<String>,
    /// Only when all of these hold; else the step is left out.
    pub(crate) when: OneOrMany<Predicate>,
    /// What it does.
    pub(crate) action: Action,
}

/// What a step does.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    /// Sends a request and judges its answer.
    Request(Request),
    /// Asks the person.
    Ask(Ask),
    /// Sets values, in order; each may use those before it.
    Set(Ordered<Template>),
}

/// A request and what its answer must be.
#[derive(Debug, Clone)]
pub(crate) struct Request {
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

impl Step {
    /// The request it sends, if any.
    pub(crate) const fn request(&self) -> Option<&Request> {
        match &self.action {
            Action::Request(request) => Some(request),
            Action::Ask(ask) => ask.request.as_ref(),
            Action::Set(_) => None,
        }
    }

    /// The question it asks, if any.
    pub(crate) const fn ask(&self) -> Option<&Ask> {
        match &self.action {
            Action::Ask(ask) => Some(ask),
            Action::Request(_) | Action::Set(_) => None,
        }
    }

    /// The values it sets.
    pub(crate) fn set(&self) -> impl Iterator<Item = (&str, &Template)> {
        match &self.action {
            Action::Set(values) => Some(values.iter()),
            Action::Request(_) | Action::Ask(_) => None,
        }
        .into_iter()
        .flatten()
    }

    /// What it is called in logs.
    pub(crate) fn name(&self) -> String {
        let of_action = || match &self.action {
            Action::Ask(ask) => format!("ask {}", ask.kind.as_str()),
            Action::Request(request) => {
                request.addresses.first().map_or("request", |one| one.source()).to_owned()
            }
            Action::Set(_) => "set".to_owned(),
        };
        self.id.clone().unwrap_or_else(of_action)
    }
}

/// A step as a file writes it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct StepKeys {
    /// A name others may go back to (`again`), and what logs call it.
    id: Option<String>,
    /// Only when all of these hold; else the step is left out.
    when: OneOrMany<Predicate>,

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

    /// Asks the person.
    ask: Option<AskKind>,
    /// Where the picture is, when it is not the answer itself: data, base64, or an address. Several
    /// are joined side by side.
    picture: OneOrMany<Capture>,
    /// The pictures of a question by their role: `background` and `piece`, or `qr`.
    pictures: Ordered<Capture>,
    /// What a QR code says, where the portal tells that and no picture.
    qr: Option<Template>,
    /// The app to scan or to confirm with.
    app: Option<Template>,
    /// The name of a captured list: what is clicked, in order.
    words: Option<String>,
    /// What is chosen from.
    choices: Option<AskChoices>,
    /// How far below the top of the background the piece is, in pixels; default: 0.
    piece_y: Option<Template>,
    /// How many seconds the portal takes an answer for.
    expires: Option<u32>,
    /// How the portal is asked whether the person has scanned or confirmed.
    poll: Option<Box<Poll>>,
    /// The name the answer gets; default: the one of its kind.
    to: Option<String>,
    /// What the person is told beside the question.
    hint: Option<String>,
    /// The step to go back to when the code was wrong; default: this one.
    again: Option<String>,
    /// `false`: a wrong SMS code is asked for again without sending another SMS.
    resend: Option<bool>,
    /// `true`: an earlier answer has sent the SMS, and so does the portal after a wrong code; the request
    /// sends another when the person wants one.
    sent: Option<bool>,

    /// Sets values, in order; each may use those before it.
    set: Ordered<Template>,
}

impl TryFrom<StepKeys> for Step {
    type Error = &'static str;

    fn try_from(mut keys: StepKeys) -> Result<Self, Self::Error> {
        let (id, when) = (keys.id.take(), std::mem::take(&mut keys.when));
        let set = std::mem::take(&mut keys.set);
        let ask = keys.ask.take();
        let sends = !keys.get.is_empty() || !keys.post.is_empty();
        if !set.is_empty() {
            if sends || ask.is_some() {
                return Err("a step does one thing: `set`, or a request or `ask`");
            }
            return Ok(Self { id, when, action: Action::Set(set) });
        }
        let Some(ask) = ask else {
            if !sends {
                return Err("a step needs `get`, `post`, `ask` or `set`");
            }
            let action = Action::Request(Request::try_from(keys)?);
            return Ok(Self { id, when, action });
        };
        let AskKind(kind) = ask;
        let ask = Ask {
            kind,
            picture: std::mem::take(&mut keys.picture),
            to: keys.to.take().unwrap_or_else(|| kind.answer_name().to_owned()),
            hint: keys.hint.take(),
            again: keys.again.take(),
            resend: keys.resend.unwrap_or(true),
            is_sent: keys.sent.unwrap_or(false),
            shown: Box::new(AskShown {
                pictures: std::mem::take(&mut keys.pictures),
                qr: keys.qr.take(),
                app: keys.app.take(),
                words: keys.words.take(),
                choices: keys.choices.take(),
                piece_y: keys.piece_y.take(),
                expires: keys.expires.take(),
                poll: keys.poll.take(),
            }),
            request: sends.then(|| Request::try_from(keys)).transpose()?,
        };
        ask.check()?;
        Ok(Self { id, when, action: Action::Ask(ask) })
    }
}

impl TryFrom<StepKeys> for Request {
    type Error = &'static str;

    fn try_from(keys: StepKeys) -> Result<Self, Self::Error> {
        let has_form = !keys.form.is_empty() || !keys.form_from.is_empty();
        let bodies = [has_form, keys.json.is_some(), keys.body.is_some()];
        let (addresses, method) = match (keys.get.is_empty(), keys.post.is_empty()) {
            (false, false) => return Err("a request is either `get` or `post`"),
            (false, true) if bodies.contains(&true) => return Err("only a `post` has a body"),
            (false, true) => (keys.get, Method::Get),
            (true, _) => {
                let body = match (keys.json, keys.body) {
                    (None, None) => Body::Form {
                        from: keys.form_from,
                        fields: keys.form,
                        content_type: keys.content_type,
                    },
                    (Some(json), None) if !has_form => Body::Json(json),
                    (None, Some(piece)) if !has_form => {
                        Body::Raw { piece, content_type: keys.content_type }
                    }
                    _ => return Err("a request has one body: `form`, `json` or `body`"),
                };
                (keys.post, Method::Post(body))
            }
        };
        Ok(Self {
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

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        StepKeys::deserialize(deserializer)?.try_into().map_err(de::Error::custom)
    }
}

impl JsonSchema for Step {
    fn schema_name() -> Cow<'static, str> {
        "Step".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = StepKeys::json_schema(generator);
        // The walk compiles a step where it stands, so that what is wrong with it has a line.
        schema.insert("format".to_owned(), "step".into());
        schema.insert(
            "anyOf".to_owned(),
            serde_json::json!([
                { "required": ["get"] },
                { "required": ["post"] },
                { "required": ["ask"] },
                { "required": ["set"] },
            ]),
        );
        schema
    }
}
