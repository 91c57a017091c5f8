//! A request about a link: who may make it, and how it is answered when it may not be.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fiveone_engine::{Fault, Link};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::OwnedSemaphorePermit;
use zeroize::Zeroizing;

use super::fragment::{Chosen, Fragment};
use super::page;
use super::templates::Frame;
use crate::assets;
use crate::html::html;
use crate::language::Language;
use crate::rate::CallKind;
use crate::state::{ApiState, log_fault};

/// The cookie of the browser in which the person agreed.
pub(super) const COOKIE: &str = "fiveone_link";
/// Tells the page which stage an answer holds.
const STAGE: HeaderName = HeaderName::from_static("x-stage");
/// Set by the page's own requests, and by none that another site can make a browser send.
const OWN_REQUEST: HeaderName = HeaderName::from_static("hx-request");

/// Tells the page where an answer stands.
const RETARGET: HeaderName = HeaderName::from_static("hx-retarget");

/// What stands behind `?`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    pub(super) lang: Option<String>,
    pub(super) q: Option<String>,
    pub(super) area: Option<String>,
    pub(super) way: Option<u32>,
    pub(super) again: Option<String>,
    pub(super) question: Option<i64>,
    /// Of which of several products the page is that asks.
    pub(super) of: Option<String>,
    /// Which product is to be decided about anew.
    pub(super) product: Option<String>,
}

/// Why a page is not shown.
pub(super) enum Trouble {
    /// No such link.
    Unknown(Language),
    /// Not by this browser, or not by a page of ours.
    Forbidden,
    /// What was sent is not what a page of ours sends.
    Odd(StatusCode),
    /// By a page of a product whose turn it is not any more: the page of the one whose it is.
    Late(Box<Response>),
    /// Too much is under way.
    Busy,
    /// Ours.
    Fault(Fault),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

#[derive(Template)]
#[template(path = "link/unknown.html")]
struct UnknownLink {
    language: Language,
    version: &'static str,
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        match self {
            Self::Unknown(language) => {
                let page = UnknownLink { language, version: assets::VERSION }.render();
                html(StatusCode::NOT_FOUND, page.unwrap_or_default())
            }
            Self::Forbidden => html(StatusCode::FORBIDDEN, "不能这样打开 / not allowed".to_owned()),
            Self::Odd(status) => html(status, "请回到应用，重新打开链接 / not a page's".to_owned()),
            Self::Late(page) => *page,
            Self::Busy => {
                let page = html(StatusCode::SERVICE_UNAVAILABLE, "请稍后再试 / busy".to_owned());
                ([(header::RETRY_AFTER, "2")], page).into_response()
            }
            Self::Fault(fault) => {
                log_fault(&fault);
                let text = "系统错误，请稍后再试 / try again later";
                html(StatusCode::INTERNAL_SERVER_ERROR, text.to_owned())
            }
        }
    }
}

pub(super) fn stage_of(fragment: Fragment) -> Response {
    let mut response = html(StatusCode::OK, fragment.html);
    if let Ok(key) = fragment.key.parse() {
        response.headers_mut().insert(STAGE, key);
    }
    response
}

/// A request about a link that is there.
pub(super) struct Visit {
    pub(super) token: String,
    pub(super) asked: Asked,
    pub(super) language: Language,
    pub(super) link: Link,
    pub(super) cookie: Option<Zeroizing<String>>,
    /// Counts it as under way until it is answered.
    call: Option<OwnedSemaphorePermit>,
}

impl FromRequestParts<Arc<ApiState>> for Visit {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<ApiState>) -> Result<Self, Trouble> {
        let odd = Trouble::Odd(StatusCode::BAD_REQUEST);
        let Ok(Path(token)) = Path::<String>::from_request_parts(parts, api).await else {
            return Err(odd);
        };
        let Ok(Query(asked)) = Query::<Asked>::from_request_parts(parts, api).await else {
            return Err(odd);
        };
        // What a person sends to begin is a create as any other.
        let is_begin = parts.uri.path().ends_with("/begin");
        let kind = if is_begin { CallKind::Create } else { CallKind::Other };
        let call = Some(api.calls_at_once.enter_owned(kind).ok_or(Trouble::Busy)?);
        let language = Language::of(asked.lang.as_deref());
        let link = api.engine.link_pages().find(&token).await?.ok_or(Trouble::Unknown(language))?;
        Ok(Self { token, asked, language, link, cookie: cookie_of(&parts.headers), call })
    }
}

/// The same for what changes something or shows what the person chose: from our own page, in the browser
/// that may go on.
pub(super) struct Acting(pub(super) Visit);

impl FromRequestParts<Arc<ApiState>> for Acting {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<ApiState>) -> Result<Self, Trouble> {
        if !parts.headers.contains_key(OWN_REQUEST) {
            return Err(Trouble::Forbidden);
        }
        let visit = Visit::from_request_parts(parts, api).await?;
        if visit.is_ours() { Ok(Self(visit)) } else { Err(Trouble::Forbidden) }
    }
}

/// The same for what is about the product whose turn it is: of several, by a page of that one.
pub(super) struct Turn(pub(super) Visit);

impl FromRequestParts<Arc<ApiState>> for Turn {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<ApiState>) -> Result<Self, Trouble> {
        let Acting(visit) = Acting::from_request_parts(parts, api).await?;
        if visit.is_of_the_turn() {
            return Ok(Self(visit));
        }
        let mut page = super::now(api, visit).await?;
        // Wherever its answer was to stand.
        page.headers_mut().insert(RETARGET, HeaderValue::from_static("#stage"));
        Err(Trouble::Late(Box::new(page)))
    }
}

/// Login fields, or an answer, as the page sealed them.
#[derive(Deserialize)]
pub(super) struct Sealed {
    #[serde(default)]
    pub(super) area: String,
    #[serde(default)]
    pub(super) way: String,
    #[serde(default)]
    pub(super) again: String,
    sealed: String,
}

/// A form as a page of ours sends it.
pub(super) struct Sent<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<ApiState>> for Sent<T> {
    type Rejection = Trouble;

    async fn from_request(request: Request, api: &Arc<ApiState>) -> Result<Self, Trouble> {
        let form = Form::<T>::from_request(request, api).await;
        form.map(|Form(sent)| Self(sent)).map_err(|rejection| Trouble::Odd(rejection.status()))
    }
}

impl Sealed {
    pub(super) fn bytes(&self) -> Vec<u8> {
        STANDARD.decode(&self.sealed).unwrap_or_default()
    }
}

impl Visit {
    /// Goes on as one that waits, and is not under way any more.
    pub(super) fn wait(&mut self) {
        self.call = None;
    }

    /// Looks at the link again.
    pub(super) async fn look(&mut self, api: &ApiState) -> Result<(), Trouble> {
        let unknown = Trouble::Unknown(self.language);
        self.link = api.engine.link_pages().find(&self.token).await?.ok_or(unknown)?;
        Ok(())
    }

    pub(super) fn is_ours(&self) -> bool {
        self.link.is_open_to(self.cookie.as_ref().map(|cookie| cookie.as_str()))
    }

    /// Whether the page that asks is one of the product whose turn it is.
    fn is_of_the_turn(&self) -> bool {
        let row = &self.link.row;
        let turn = row.turn().map(|turn| turn.product.as_str());
        !row.has_several() || (turn.is_some() && turn == self.asked.of.as_deref())
    }

    pub(super) fn frame(&self) -> Frame<'_> {
        Frame { token: &self.token, language: self.language, link: &self.link }
    }

    /// The stage as it is now, after something was done.
    pub(super) async fn stage(
        &mut self,
        api: &ApiState,
        chosen: &Chosen,
    ) -> Result<Fragment, Trouble> {
        self.look(api).await?;
        if !self.is_ours() {
            return Ok(self.elsewhere()?);
        }
        Ok(page::stage(api, self.frame(), chosen).await?)
    }

    fn elsewhere(&self) -> Result<Fragment, Fault> {
        let say = |chinese, english| self.language.say(chinese, english);
        let title = say("已在别处打开", "Opened elsewhere");
        let text = say(
            "这个链接已在另一个浏览器或设备上使用。请在那里继续，或回到应用重新发起。",
            "This link is in use in another browser or on another device. Go on there, or begin again.",
        );
        page::closed(self.frame(), title, text)
    }
}

fn cookie_of(headers: &HeaderMap) -> Option<Zeroizing<String>> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim() == COOKIE)?;
    Some(Zeroizing::new(value.trim().to_owned()))
}
