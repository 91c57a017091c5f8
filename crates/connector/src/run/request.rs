//! Building requests: addresses, queries, bodies, each value escaped for its place.

use std::{borrow::Cow, time::Duration};

use encoding_rs::{Encoding, UTF_8};
use fiveone_model::failure::Failure;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde_json::{Map, Value as Json};
use url::Url;

use super::{Run, Vars, changed, scope::RunScope};
use crate::{
    definition::{JsonTemplate, Piece, Step},
    portal::Request,
    template::{Template, Unrendered},
};

/// Bytes of one answer, and seconds for one request, when no file lowers them.
const ANSWER_BYTES_MAX: usize = 8 << 20;
const REQUEST_SECS_MAX: u32 = 30;

/// What a browser leaves as it is in a form.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_');

/// What stands for itself in a path.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A request for one of a step's addresses.
pub(super) struct Built {
    pub(super) request: Request,
    /// Whether it may be sent again after something went wrong on the way.
    pub(super) is_repeatable: bool,
}

impl Run {
    /// The address relative ones start from.
    pub(super) fn base_url(&self) -> &Url {
        &self.connector.bases[self.base.min(self.connector.bases.len() - 1)]
    }

    /// Makes an address of a template.
    pub(super) fn address(
        &self,
        template: &Template,
        scope: &RunScope<'_>,
    ) -> Result<Url, Unrendered> {
        let is_whole = template.source().trim_start().starts_with("{{");
        let text = template.render_with(scope, |text| {
            if is_whole { Cow::Borrowed(text) } else { Cow::Owned(escape(text, UTF_8, PATH)) }
        })?;
        let text = text.trim();
        let base = self.base_url();
        let url = if text.contains("://") {
            Url::parse(text)
        } else if text.starts_with('/') {
            base.join(text)
        } else {
            let dir = base.as_str().split(['?', '#']).next().unwrap_or_default();
            Url::parse(&format!("{}/{text}", dir.trim_end_matches('/')))
        };
        url.map_err(|_| Unrendered(format!("`{}`: not an address", template.source())))
    }

    /// The request of a step for one of its addresses.
    pub(super) fn build(
        &self,
        step: &Step,
        address: &Template,
        scope: &RunScope<'_>,
        in_login: bool,
    ) -> Result<Built, Unrendered> {
        let definition = &self.connector.definition;
        let charset = step.charset.or(definition.charset).map_or(UTF_8, |charset| charset.0);
        let mut url = self.address(address, scope)?;
        let query = pairs(&step.query.0, scope, charset)?;
        if !query.is_empty() {
            let whole = match url.query() {
                Some(own) if !own.is_empty() => format!("{own}&{query}"),
                _ => query,
            };
            url.set_query(Some(&whole));
        }
        let is_post = !step.post.is_empty();
        let mut headers = vec![
            header("accept", "text/html,application/json,application/xml;q=0.9,*/*;q=0.8"),
            header("accept-language", "zh-CN,zh;q=0.9"),
        ];
        let mut body = Vec::new();
        if is_post {
            let (kind, bytes) = self.body(step, scope, charset)?;
            body = bytes;
            headers.push(header("content-type", &kind));
        }
        if step.ajax {
            headers.push(header("x-requested-with", "XMLHttpRequest"));
        }
        if let Some(referer) = &step.referer {
            headers.push(header("referer", self.address(referer, scope)?.as_str()));
        }
        for (name, value) in definition.headers.iter().chain(step.headers.iter()) {
            let name = name.to_ascii_lowercase();
            let value: String = value.render(scope)?.chars().filter(|c| !c.is_control()).collect();
            headers.retain(|(own, _)| *own != name);
            headers.push((name, value.into_bytes()));
        }
        let limits = &definition.limits;
        let request = Request {
            method: if is_post { "POST" } else { "GET" },
            url,
            headers,
            body,
            answer_bytes_max: limits.answer_bytes.map_or(ANSWER_BYTES_MAX, |told| told as usize),
            time_max: Duration::from_secs(limits.request_secs.unwrap_or(REQUEST_SECS_MAX).into()),
        };
        let is_repeatable = !is_post || step.repeatable.unwrap_or(!in_login);
        Ok(Built { request, is_repeatable })
    }

    /// A bare GET of an address that stands on a page.
    pub(super) fn get(&self, url: Url) -> Built {
        let limits = &self.connector.definition.limits;
        let request = Request {
            method: "GET",
            url,
            headers: vec![header("accept", "*/*"), header("accept-language", "zh-CN,zh;q=0.9")],
            body: Vec::new(),
            answer_bytes_max: limits.answer_bytes.map_or(ANSWER_BYTES_MAX, |told| told as usize),
            time_max: Duration::from_secs(limits.request_secs.unwrap_or(REQUEST_SECS_MAX).into()),
        };
        Built { request, is_repeatable: true }
    }

    fn body(
        &self,
        step: &Step,
        scope: &RunScope<'_>,
        charset: &'static Encoding,
    ) -> Result<(String, Vec<u8>), Unrendered> {
        if let Some(json) = &step.json {
            let text = json_of(json, scope)?.to_string();
            return Ok(("application/json;charset=UTF-8".to_owned(), text.into_bytes()));
        }
        if let Some(body) = &step.body {
            let text = piece_text(body, scope)?.into_iter().next().unwrap_or_default();
            let usual = if matches!(body, Piece::Xml(_)) { "text/xml" } else { "text/plain" };
            let kind = step.content_type.clone().unwrap_or_else(|| usual.to_owned());
            return Ok((kind, charset.encode(&text).0.into_owned()));
        }
        let mut fields: Vec<(String, Piece)> = Vec::new();
        if let Some(name) = &step.form_from {
            let Some(Json::Object(map)) = self.find_var(name, scope.locals) else {
                return Err(Unrendered(format!("`{name}`: not a captured form")));
            };
            for (name, value) in map {
                let value = value.as_str().unwrap_or_default();
                if step.form.get(name).is_none() {
                    fields.push((name.clone(), Piece::Text(Template::plain(value))));
                }
            }
        }
        fields.extend(step.form.0.iter().cloned());
        let text = pairs(&fields, scope, charset)?;
        let kind = step.content_type.as_deref().unwrap_or("application/x-www-form-urlencoded");
        Ok((kind.to_owned(), text.into_bytes()))
    }

    pub(super) fn find_var<'a>(&'a self, name: &str, locals: &'a Vars) -> Option<&'a Json> {
        locals.get(name).or_else(|| self.vars.get(name))
    }
}

/// A template that could not be worked out means that something was not on the portal's pages.
pub(super) fn unrendered(_: &Unrendered) -> Failure {
    changed()
}

fn header(name: &str, value: &str) -> (String, Vec<u8>) {
    (name.to_owned(), value.as_bytes().to_vec())
}

fn escape(text: &str, charset: &'static Encoding, keep: &'static AsciiSet) -> String {
    percent_encode(&charset.encode(text).0, keep).to_string()
}

/// Names and values as a browser would write them in a form of that charset.
fn pairs(
    pieces: &[(String, Piece)],
    scope: &RunScope<'_>,
    charset: &'static Encoding,
) -> Result<String, Unrendered> {
    let form = |text: &str| escape(text, charset, FORM).replace("%20", "+");
    let mut written = Vec::new();
    for (name, piece) in pieces {
        for text in piece_text(piece, scope)? {
            written.push(format!("{}={}", form(name), form(&text)));
        }
    }
    Ok(written.join("&"))
}

fn piece_text(piece: &Piece, scope: &RunScope<'_>) -> Result<Vec<String>, Unrendered> {
    match piece {
        Piece::Text(template) => Ok(vec![template.render(scope)?]),
        Piece::Many(templates) => templates.iter().map(|one| one.render(scope)).collect(),
        Piece::Xml(template) => Ok(vec![template.render_with(scope, xml)?]),
        Piece::Json(json) => Ok(vec![json_of(json, scope)?.to_string()]),
        Piece::Nothing => Ok(Vec::new()),
    }
}

fn xml(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    Cow::Owned(text.replace('"', "&quot;").replace('\'', "&apos;"))
}

/// JSON with its templates worked out.
pub(super) fn json_of(json: &JsonTemplate, scope: &RunScope<'_>) -> Result<Json, Unrendered> {
    Ok(match json {
        JsonTemplate::Text(template) => template.json(scope)?,
        JsonTemplate::List(items) => {
            Json::Array(items.iter().map(|item| json_of(item, scope)).collect::<Result<_, _>>()?)
        }
        JsonTemplate::Map(pairs) => {
            let mut map = Map::new();
            for (key, item) in pairs {
                map.insert(key.clone(), json_of(item, scope)?);
            }
            Json::Object(map)
        }
        JsonTemplate::Plain(plain) => plain.clone(),
    })
}
