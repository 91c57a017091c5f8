//! One request to a simulated portal, read and decoded, and the page it is answered with.
//! Families turn the one into the other without any IO.

use axum::http::{HeaderMap, Method, header};
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::behaviour::Behaviour;
use crate::city::{City, Pictures};
use crate::people::{Person, World};
use crate::session::Session;
use crate::state::LabState;
use crate::vary::{Dimension, Vary};

/// Decoded fields of a query or a form, in order.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Decodes `a=b&c=d` in the charset of the portal.
    pub(crate) fn read(text: &str, is_gbk: bool) -> Self {
        let decode = |part: &str| {
            let part = part.replace('+', " ");
            let bytes: Vec<u8> = percent_decode_str(&part).collect();
            let charset = if is_gbk { encoding_rs::GBK } else { encoding_rs::UTF_8 };
            charset.decode_without_bom_handling(&bytes).0.into_owned()
        };
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key), decode(value))
        });
        Self(pairs.collect())
    }

    /// Takes `a=b&c=d` as it stands.
    #[cfg(test)]
    pub(crate) fn plain(text: &str) -> Self {
        let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        Self(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
    }

    /// The value of a field, empty when it was not sent.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|pair| pair.0 == name).map_or("", |pair| pair.1.as_str())
    }

    /// Whether the field was sent at all.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|pair| pair.0 == name)
    }

    /// A field that must be a number.
    pub(crate) fn number(&self, name: &str) -> Option<usize> {
        self.get(name).trim().parse().ok()
    }
}

/// One request.
pub(crate) struct Visit<'a> {
    pub(crate) state: &'a LabState,
    /// The world of this request; a stranger's differs from the lab's.
    pub(crate) world: World,
    pub(crate) city: &'static City,
    pub(crate) vary: Vary,
    /// Where the portal stands: `/fund/210300`, or the same below `/vary/7`.
    pub(crate) mount: String,
    pub(crate) method: Method,
    /// The path below the mount, without a leading slash.
    pub(crate) path: &'a str,
    pub(crate) query: Fields,
    pub(crate) form: Fields,
    /// The body as it came, for portals that do not take forms.
    pub(crate) body: String,
    pub(crate) headers: HeaderMap,
}

impl Visit<'_> {
    /// The world the portal stands in.
    pub(crate) fn world(&self) -> &World {
        &self.world
    }

    /// A field from the form or, failing that, from the query.
    pub(crate) fn field(&self, name: &str) -> &str {
        if self.form.has(name) { self.form.get(name) } else { self.query.get(name) }
    }

    /// A numeric field from the form or the query.
    pub(crate) fn number(&self, name: &str) -> Option<usize> {
        self.form.number(name).or_else(|| self.query.number(name))
    }

    pub(crate) fn is_post(&self) -> bool {
        self.method == Method::POST
    }

    /// Whether the request says it comes from a script.
    pub(crate) fn is_ajax(&self) -> bool {
        self.headers.get("x-requested-with").is_some_and(|v| v == "XMLHttpRequest")
    }

    /// The person who is logged in.
    pub(crate) fn person(&self, session: &Session) -> Option<Person> {
        let index = session.person.filter(|_| session.may_read())?;
        Some(self.world().person(self.city, index))
    }

    /// Whether and how this portal asks for a picture code.
    pub(crate) fn pictures(&self) -> Pictures {
        if self.vary.has(Dimension::NoPicture) { Pictures::None } else { self.city.pictures }
    }

    /// Serves a fresh picture and remembers its answer.
    pub(crate) fn picture(&self, session: &mut Session) -> Page {
        if session.is(Behaviour::BadPicture) && session.refused > 0 {
            session.picture = None;
            return Page::html("<html><body><h1>404 Not Found</h1></body></html>");
        }
        let picture = match self.pictures() {
            Pictures::None => return Page::missing(),
            Pictures::Sum => self.state.pool.sum(),
            _ => self.state.pool.letters(),
        };
        session.picture = Some(picture.answer);
        Page { content_type: "image/png", ..Page::bytes(picture.png) }
    }
}

/// What part of a portal a page belongs to; behaviours hit data pages by their sections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Entry pages, pictures, everything without a behaviour of its own.
    Door,
    /// The answer to a login.
    Login,
    /// A page with data of these sections.
    Data(&'static [&'static str]),
}

/// The body of a page.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    /// Text, sent in the charset of the portal.
    Text(String),
    /// JSON, not yet written down.
    Json(Value),
    /// Bytes as they are.
    Bytes(Bytes),
    /// None: the connection is cut.
    Cut,
}

/// An answer of a portal.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: Body,
    pub(crate) location: Option<String>,
    /// Further cookies, as `name=value`.
    pub(crate) cookies: Vec<String>,
    pub(crate) part: Part,
}

impl Page {
    fn new(content_type: &'static str, body: Body) -> Self {
        Self {
            status: 200,
            content_type,
            body,
            location: None,
            cookies: Vec::new(),
            part: Part::Door,
        }
    }

    /// An HTML page.
    pub(crate) fn html(text: impl Into<String>) -> Self {
        Self::new("text/html", Body::Text(text.into()))
    }

    /// A short plain text.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::new("text/plain", Body::Text(text.into()))
    }

    /// A JSON answer.
    pub(crate) fn json(value: &Value) -> Self {
        Self::new("application/json", Body::Json(value.clone()))
    }

    /// Bytes of any kind.
    pub(crate) fn bytes(bytes: Bytes) -> Self {
        Self::new("application/octet-stream", Body::Bytes(bytes))
    }

    /// A redirect.
    pub(crate) fn redirect(to: impl Into<String>) -> Self {
        Self { status: 302, location: Some(to.into()), ..Self::html("") }
    }

    /// A cut connection.
    pub(crate) fn cut() -> Self {
        Self::new("text/html", Body::Cut)
    }

    /// Tomcat's page for an error status.
    pub(crate) fn tomcat(status: u16, what: &str) -> Self {
        let text = format!(
            "<html><head><title>Apache Tomcat/6.0.35 - Error report</title></head><body>\
             <h1>HTTP Status {status} - </h1><hr size=\"1\" noshade><p><b>message</b> {what}</p>\
             <h3>Apache Tomcat/6.0.35</h3></body></html>"
        );
        Self { status, ..Self::html(text) }
    }

    /// The page of an address that does not exist.
    pub(crate) fn missing() -> Self {
        Self::tomcat(404, "The requested resource is not available.")
    }

    /// Marks the page as the answer to a login.
    pub(crate) fn login(self) -> Self {
        Self { part: Part::Login, ..self }
    }

    /// Marks the page as data of these sections.
    pub(crate) fn data(self, sections: &'static [&'static str]) -> Self {
        Self { part: Part::Data(sections), ..self }
    }

    /// Adds a cookie.
    pub(crate) fn cookie(mut self, cookie: String) -> Self {
        self.cookies.push(cookie);
        self
    }
}

/// The value of a cookie.
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|pair| pair.0 == name)
        .map(|pair| pair.1.to_owned())
}
