//! The OpenAPI document as a page to read, and each error code's page beside it. What they tell is the
//! document and the table of codes themselves, so there is nothing to keep in step.

mod fields;

use std::sync::OnceLock;

use askama::Template;
use bytes::Bytes;
use fiveone_engine::Fault;
use http::StatusCode;
use serde_json::{Map, Value};

use self::fields::{Body, Field, of_parameter, text};
use super::Outcome;
use super::code::Code;
use super::openapi;
use super::problem::Problem;
use super::query::Query;
use super::route::Route;
use crate::assets::VERSION;
use crate::html::html;
use crate::language::Language;

/// The document, read once.
fn document(routes: &[Route]) -> &'static Document {
    static DOCUMENT: OnceLock<Document> = OnceLock::new();
    DOCUMENT.get_or_init(|| Document::of(&openapi::document(routes)))
}

/// Where the page of a code is.
pub(super) fn address_of(code: Code) -> String {
    format!("/v1/docs/errors/{}", code.as_str())
}

/// GET /v1/docs
pub(super) fn page(routes: &[Route], query: &Query) -> Outcome {
    // A page is the same each time, so each language's is kept.
    static CHINESE: OnceLock<Option<Bytes>> = OnceLock::new();
    static ENGLISH: OnceLock<Option<Bytes>> = OnceLock::new();
    let language = language_of(query)?;
    let kept = match language {
        Language::Chinese => &CHINESE,
        Language::English => &ENGLISH,
    };
    let page = kept.get_or_init(|| whole_page(routes, language)).as_ref();
    let page = page.ok_or_else(|| Fault::Impossible("the document is no page".to_owned()))?;
    Ok(html(StatusCode::OK, page.clone()))
}

/// GET /v1/docs/errors/{code}
pub(super) fn error_page(routes: &[Route], word: &str, query: &Query) -> Outcome {
    let frame = Frame::new(language_of(query)?, word.to_owned());
    let code = Code::parse(word).ok_or_else(|| Problem::from(Code::NotFound))?;
    let all = document(routes).tags.iter().flat_map(|tag| &tag.operations);
    let operations = all.filter(|one| one.refusals.iter().any(|(_, codes)| codes.contains(&code)));
    let page = ErrorPage { frame, code, operations: operations.collect() };
    let text = page.render().map_err(|error| Fault::Impossible(format!("a page: {error}")))?;
    Ok(html(StatusCode::OK, text))
}

fn language_of(query: &Query) -> Result<Language, Problem> {
    let known = |word: &str| ["zh", "en"].contains(&word).then(|| Language::of(Some(word)));
    Ok(query.parsed("lang", "zh or en", known)?.unwrap_or_default())
}

fn whole_page(routes: &[Route], language: Language) -> Option<Bytes> {
    let frame = Frame::new(language, String::new());
    let page = DocumentPage { frame, document: document(routes), codes: Code::ALL };
    let rendered = page.render().inspect_err(|error| tracing::error!(%error, "the document"));
    Some(rendered.ok()?.into())
}

/// What the pages share.
struct Frame {
    language: Language,
    /// The same page in the other language.
    other: String,
}

impl Frame {
    fn new(language: Language, word: String) -> Self {
        let path = if word.is_empty() { word } else { format!("/errors/{word}") };
        let other = match language {
            Language::Chinese => Language::English,
            Language::English => Language::Chinese,
        };
        Self { language, other: format!("/v1/docs{path}?{}", other.query()) }
    }

    const fn say<'a>(&self, chinese: &'a str, english: &'a str) -> &'a str {
        self.language.say(chinese, english)
    }

    const fn version(&self) -> &'static str {
        VERSION
    }

    fn code(&self, code: &Code) -> String {
        format!("{}?{}", address_of(*code), self.language.query())
    }
}

#[derive(Template)]
#[template(path = "viewer/document.html")]
struct DocumentPage<'a> {
    frame: Frame,
    document: &'a Document,
    codes: &'a [Code],
}

#[derive(Template)]
#[template(path = "viewer/error.html")]
struct ErrorPage<'a> {
    frame: Frame,
    code: Code,
    operations: Vec<&'a Operation>,
}

/// The document as the page tells it.
struct Document {
    version: String,
    about: String,
    tags: Vec<Tag>,
    /// What every refusal is.
    problem: Option<Body>,
}

struct Tag {
    name: String,
    about: String,
    operations: Vec<Operation>,
}

struct Operation {
    id: String,
    method: String,
    path: String,
    summary: String,
    is_keyed: bool,
    /// Each with its place.
    parameters: Vec<(String, Field)>,
    body: Option<Body>,
    answers: Vec<Answer>,
    /// By status.
    refusals: Vec<(String, Vec<Code>)>,
    curl: Option<String>,
}

struct Answer {
    status: String,
    about: String,
    body: Option<Body>,
}

impl Document {
    fn of(document: &Value) -> Self {
        let nothing = Map::new();
        let members = |value: &'_ Value| value.as_object().cloned().unwrap_or_default();
        let paths = document["paths"].as_object().unwrap_or(&nothing);
        let all = paths.iter().flat_map(|(path, methods)| {
            let methods = members(methods).into_iter();
            methods.map(|(method, operation)| {
                (text(&operation["tags"][0]), Operation::of(document, path, &method, &operation))
            })
        });
        let mut all: Vec<_> = all.collect();
        let tags = document["tags"].as_array().into_iter().flatten().map(|tag| {
            let name = text(&tag["name"]);
            let of_tag = all.extract_if(.., |(own, _)| *own == name);
            let operations = of_tag.map(|(_, operation)| operation).collect();
            Tag { about: text(&tag["description"]), operations, name }
        });
        let tags = tags.collect();
        let mut responses = paths
            .values()
            .flat_map(members)
            .flat_map(|(_, operation)| members(&operation["responses"]));
        let problem = responses.find(|(_, response)| response["x-codes"].is_array());
        Self {
            version: text(&document["info"]["version"]),
            about: text(&document["info"]["description"]),
            tags,
            problem: problem.and_then(|(_, response)| Body::of(document, &response["content"])),
        }
    }
}

impl Operation {
    fn of(document: &Value, path: &str, method: &str, operation: &Value) -> Self {
        let nothing = Map::new();
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let parameters =
            parameters.map(|one| (text(&one["in"]), of_parameter(document, one))).collect();
        let responses = operation["responses"].as_object().unwrap_or(&nothing);
        let (mut answers, mut refusals) = (Vec::new(), Vec::new());
        for (status, response) in responses {
            if let Some(codes) = response["x-codes"].as_array() {
                let codes = codes.iter().filter_map(|code| Code::parse(code.as_str()?));
                refusals.push((status.clone(), codes.collect()));
            } else {
                answers.push(Answer {
                    status: status.clone(),
                    about: text(&response["description"]),
                    body: Body::of(document, &response["content"]),
                });
            }
        }
        let body = Body::of(document, &operation["requestBody"]["content"]);
        let is_keyed = operation["security"].as_array().is_some_and(|all| !all.is_empty());
        let method = method.to_ascii_uppercase();
        Self {
            id: text(&operation["operationId"]),
            path: path.to_owned(),
            summary: text(&operation["summary"]),
            is_keyed,
            parameters,
            answers,
            refusals,
            curl: curl(&method, path, is_keyed, body.as_ref()),
            method,
            body,
        }
    }
}

/// A request to copy; none where a body is taken and the document has no example of it.
fn curl(method: &str, path: &str, is_keyed: bool, body: Option<&Body>) -> Option<String> {
    let mut line = "curl -s".to_owned();
    if method != "GET" {
        line.push_str(&format!(" -X {method}"));
    }
    if is_keyed {
        line.push_str(" -H \"Authorization: Bearer $FIVEONE_KEY\"");
    }
    if let Some(body) = body {
        let example = body.example.as_ref()?.to_string().replace('\'', r"'\''");
        line.push_str(&format!(" -H \"Content-Type: {}\" -d '{example}'", body.media));
    }
    let words = path.split('/').map(|word| {
        let name = word.strip_prefix('{').and_then(|word| word.strip_suffix('}'));
        name.map_or_else(|| word.to_owned(), |name| format!("${}", name.to_ascii_uppercase()))
    });
    let path = words.collect::<Vec<_>>().join("/");
    Some(format!("{line} \"$FIVEONE_URL{path}\""))
}

/// A text of the document in pieces: what stands between backticks is code.
fn pieces(text: &str) -> impl Iterator<Item = (bool, &str)> {
    text.split('`').enumerate().map(|(index, piece)| (index % 2 == 1, piece))
}
