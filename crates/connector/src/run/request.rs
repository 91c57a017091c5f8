//! Building requests: addresses, queries, bodies, each value escaped for its place.

use std::{borrow::Cow, time::Duration};

use encoding_rs::{Encoding, UTF_8};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde_json::{Map, Value as Json};
use url::Url;

use super::{Run, Vars, template_vars::RunScope};
use crate::{
    definition::{Body, JsonTemplate, Method, Piece, Request as Definition},
    page::json_text,
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
            match self.connector.definition.roots.get(self.root).map(String::as_str) {
                Some(root) if root.starts_with('/') => base.join(&format!("{root}{text}")),
                root => {
                    let root = root.unwrap_or_default();
                    Url::parse(&format!("{}/{root}{text}", dir.trim_end_matches('/')))
                }
            }
        };
        url.map_err(|_| Unrendered(format!("`{}`: not an address", template.source())))
    }

    /// The request of a step for one of its addresses.
    pub(super) fn build(
        &self,
        definition: &Definition,
        address: &Template,
        scope: &RunScope<'_>,
        in_login: bool,
    ) -> Result<Built, Unrendered> {
        let file = &self.connector.definition;
        let charset = definition.charset.or(file.charset).map_or(UTF_8, |charset| charset.0);
        let mut url = self.address(address, scope)?;
        let query = pairs(&definition.query.0, scope, charset)?;
        if !query.is_empty() {
            let whole = match url.query() {
                Some(own) if !own.is_empty() => format!("{own}&{query}"),
                _ => query,
            };
            url.set_query(Some(&whole));
        }
        let mut headers = vec![
            header("accept", "text/html,application/json,application/xml;q=0.9,*/*;q=0.8"),
            header("accept-language", "zh-CN,zh;q=0.9"),
        ];
        let mut bytes = Vec::new();
        if let Method::Post(body) = &definition.method {
            let content_type;
            (content_type, bytes) = self.body(body, scope, charset)?;
            headers.push(header("content-type", &content_type));
        }
        if definition.ajax {
            headers.push(header("x-requested-with", "XMLHttpRequest"));
        }
        if let Some(referer) = &definition.referer {
            headers.push(header("referer", self.address(referer, scope)?.as_str()));
        }
        add_headers(&mut headers, file.headers.iter().chain(definition.headers.iter()), scope)?;
        let limits = &file.limits;
        let is_post = matches!(definition.method, Method::Post(_));
        let request = Request {
            method: if is_post { "POST" } else { "GET" },
            url,
            headers,
            body: bytes,
            answer_bytes_max: limits.answer_bytes.map_or(ANSWER_BYTES_MAX, |told| told as usize),
            time_max: Duration::from_secs(limits.request_secs.unwrap_or(REQUEST_SECS_MAX).into()),
        };
        let is_repeatable = !is_post || definition.repeatable.unwrap_or(!in_login);
        Ok(Built { request, is_repeatable })
    }

    /// A bare GET of an address that stands on a page; the file's own headers go with it.
    pub(super) fn get(&self, url: Url) -> Result<Built, Unrendered> {
        let file = &self.connector.definition;
        let limits = &file.limits;
        let mut headers =
            vec![header("accept", "*/*"), header("accept-language", "zh-CN,zh;q=0.9")];
        let locals = Vars::new();
        add_headers(&mut headers, file.headers.iter(), &self.scope(None, &locals))?;
        let request = Request {
            method: "GET",
            url,
            headers,
            body: Vec::new(),
            answer_bytes_max: limits.answer_bytes.map_or(ANSWER_BYTES_MAX, |told| told as usize),
            time_max: Duration::from_secs(limits.request_secs.unwrap_or(REQUEST_SECS_MAX).into()),
        };
        Ok(Built { request, is_repeatable: true })
    }

    fn body(
        &self,
        body: &Body,
        scope: &RunScope<'_>,
        charset: &'static Encoding,
    ) -> Result<(String, Vec<u8>), Unrendered> {
        match body {
            Body::Json(json) => {
                let text = json_of(json, scope)?.to_string();
                Ok(("application/json;charset=UTF-8".to_owned(), text.into_bytes()))
            }
            Body::Raw { piece, content_type } => {
                let text = piece_text(piece, scope)?.into_iter().next().unwrap_or_default();
                let default =
                    if matches!(piece, Piece::Xml(_)) { "text/xml" } else { "text/plain" };
                let content_type = content_type.as_deref().unwrap_or(default);
                Ok((content_type.to_owned(), charset.encode(&text).0.into_owned()))
            }
            Body::Form { from, fields, content_type } => {
                let mut all: Vec<(String, Piece)> = Vec::new();
                for name in from.iter() {
                    let Some(Json::Object(map)) = self.find_var(name, scope.locals) else {
                        return Err(Unrendered(format!("`{name}`: not a captured form")));
                    };
                    all.retain(|(own, _)| !map.contains_key(own));
                    for (name, value) in map.iter().filter(|(name, _)| fields.get(name).is_none()) {
                        let values = value.as_array().map_or(std::slice::from_ref(value), |v| v);
                        let plain = values.iter().map(|one| Template::plain(&json_text(one)));
                        all.push((name.clone(), Piece::Many(plain.collect())));
                    }
                }
                all.extend(fields.0.iter().cloned());
                let text = pairs(&all, scope, charset)?;
                let default = "application/x-www-form-urlencoded";
                let content_type = content_type.as_deref().unwrap_or(default);
                Ok((content_type.to_owned(), text.into_bytes()))
            }
        }
    }

    pub(super) fn find_var<'a>(&'a self, name: &str, locals: &'a Vars) -> Option<&'a Json> {
        locals.get(name).or_else(|| self.vars.get(name))
    }
}

fn header(name: &str, value: &str) -> (String, Vec<u8>) {
    (name.to_owned(), value.as_bytes().to_vec())
}

/// Characters that the charset does not have go as browsers send them: as references.
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

/// Adds headers of a file; a later one of a name replaces.
fn add_headers<'h>(
    headers: &mut Vec<(String, Vec<u8>)>,
    own: impl Iterator<Item = (&'h str, &'h Template)>,
    scope: &RunScope<'_>,
) -> Result<(), Unrendered> {
    for (name, value) in own {
        let name = name.to_ascii_lowercase();
        let value: String = value.render(scope)?.chars().filter(|c| !c.is_control()).collect();
        headers.retain(|(own, _)| *own != name);
        headers.push((name, value.into_bytes()));
    }
    Ok(())
}
