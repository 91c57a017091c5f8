//! A request to the console: who makes it, whether that one may, and how it is answered otherwise.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, FromRequest, FromRequestParts, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use fiveone_engine::Deed;
use fiveone_engine::{Fault, Session};
use fiveone_model::app::AppId;
use fiveone_model::area::AreaCode;
use fiveone_model::operator::Role;
use fiveone_model::product::Product;
use fiveone_model::task::TaskId;
use tokio::sync::OwnedSemaphorePermit;
use zeroize::Zeroizing;

use super::frame::Frame;
use super::words;
use crate::assets;
use crate::client_address::client_address;
use crate::language::Language;
use crate::rate::CallKind;
use crate::state::{ApiState, log_fault};

/// Keeps the language of who has chosen one.
pub(super) const LANGUAGE: &str = "fiveone_language";
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Why a page is not shown.
pub(super) enum Trouble {
    /// Nobody is signed in; afterwards it goes on there.
    SignIn(String),
    /// The role may not.
    Role(Language),
    /// The form is not one of this session's pages.
    Foreign(Language),
    /// There is no such thing.
    Missing(Language),
    /// What was typed makes no sense, and why.
    Typed(Language, String),
    /// Not what a page of ours sends.
    Odd(StatusCode),
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
#[template(path = "console/trouble.html")]
struct TroublePage<'a> {
    language: Language,
    version: &'static str,
    text: &'a str,
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let page = |status, language: Language, chinese, english| {
            let (version, text) = (assets::VERSION, language.say(chinese, english));
            html(status, TroublePage { language, version, text }.render().unwrap_or_default())
        };
        match self {
            Self::SignIn(next) => {
                let next = percent_encoding::utf8_percent_encode(
                    &next,
                    percent_encoding::NON_ALPHANUMERIC,
                );
                see_other(&format!("/console/sign-in?next={next}"))
            }
            Self::Role(language) => page(
                StatusCode::FORBIDDEN,
                language,
                "您的角色不能这样做。",
                "Your role may not do this.",
            ),
            Self::Foreign(language) => {
                let (chinese, english) = (
                    "这个表单不是从本页面发出的，或者已经重新登录。请返回、刷新后再试。",
                    "This form does not come from a page of this session. Go back, load it anew, try again.",
                );
                page(StatusCode::FORBIDDEN, language, chinese, english)
            }
            Self::Missing(language) => {
                page(StatusCode::NOT_FOUND, language, "没有找到。", "There is no such thing.")
            }
            Self::Typed(language, why) => page(StatusCode::BAD_REQUEST, language, &why, &why),
            Self::Odd(status) => {
                page(status, Language::default(), "请求不完整。", "Not what a page of ours sends.")
            }
            Self::Busy => {
                let (chinese, english) = ("现在请求太多，请稍后再试。", "Too many at the moment.");
                let page =
                    page(StatusCode::SERVICE_UNAVAILABLE, Language::default(), chinese, english);
                ([(header::RETRY_AFTER, "2")], page).into_response()
            }
            Self::Fault(fault) => {
                log_fault(&fault);
                let (chinese, english) =
                    ("系统错误，已写入日志。", "Our fault; the log tells more.");
                page(StatusCode::INTERNAL_SERVER_ERROR, Language::default(), chinese, english)
            }
        }
    }
}

/// Goes on elsewhere by a look.
pub(super) fn see_other(to: &str) -> Response {
    let mut response = Redirect::to(to).into_response();
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

/// A page whose forms tell our own pages where they come from, as browsers do by that.
pub(super) fn html(status: StatusCode, text: String) -> Response {
    let mut response = crate::html::html(status, text);
    let own = header::HeaderValue::from_static("same-origin");
    response.headers_mut().insert(header::REFERRER_POLICY, own);
    response
}

/// A template that does not render is our fault.
pub(super) fn page(template: &impl Template) -> Result<Response, Trouble> {
    let text = template.render();
    let text = text.map_err(|error| Fault::Impossible(format!("a page: {error}")))?;
    Ok(html(StatusCode::OK, text))
}

/// Somebody from where the console may be opened.
pub(super) struct Caller {
    pub(super) language: Language,
    /// What stands behind `?`.
    pub(super) asked: HashMap<String, String>,
    pub(super) address: Option<IpAddr>,
    /// What its cookie holds.
    pub(super) token: Option<Zeroizing<String>>,
    /// Counts it as under way until it is answered.
    _call: OwnedSemaphorePermit,
}

impl FromRequestParts<Arc<ApiState>> for Caller {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<ApiState>) -> Result<Self, Trouble> {
        let asked = Query::<HashMap<String, String>>::from_request_parts(parts, api).await;
        let Query(asked) = asked.map_err(|_| Trouble::Odd(StatusCode::BAD_REQUEST))?;
        // No text of ours holds one, and no database takes it for one.
        if parts.uri.path().contains("%00") || asked.iter().any(|(a, b)| has_nul(a) || has_nul(b)) {
            return Err(Trouble::Odd(StatusCode::BAD_REQUEST));
        }
        let kept = cookie(&parts.headers, LANGUAGE);
        let language = asked.get("lang").cloned().or(kept.map(|kept| kept.to_string()));
        let language = Language::of(language.as_deref());
        let request = Request::from_parts(parts.clone(), ());
        let address = client_address(&request, &api.options.trusted_proxies);
        let call = api.calls_at_once.enter_owned(CallKind::Other).ok_or(Trouble::Busy)?;
        let token = cookie(&parts.headers, cookie_name(api));
        Ok(Self { language, asked, address, token, _call: call })
    }
}

/// Whoever comes from elsewhere finds nothing at all: neither a page nor what pages are made of.
pub(super) async fn keep_out(
    State(api): State<Arc<ApiState>>,
    request: Request,
    next: axum::middleware::Next,
) -> Response {
    let address = client_address(&request, &api.options.trusted_proxies);
    if api.options.console.allowed_networks.allow(address) {
        next.run(request).await
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

fn has_nul(text: &str) -> bool {
    text.contains('\0')
}

impl Caller {
    /// Its address as it is written down.
    pub(super) fn address(&self) -> String {
        self.address.map_or_else(String::new, |address| address.to_string())
    }

    /// What was asked for under a name, when it is not blank.
    pub(super) fn asked(&self, name: &str) -> Option<&str> {
        self.asked.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }
}

/// The session's cookie: behind https one that no other host and no plain connection can set.
pub(super) fn cookie_name(api: &ApiState) -> &'static str {
    if is_https(api) { "__Host-fiveone_console" } else { "fiveone_console" }
}

/// Whether operators come by https, as far as the configuration tells.
pub(super) fn is_https(api: &ApiState) -> bool {
    api.options.public_bases.iter().any(|base| base.starts_with("https://"))
}

fn cookie(headers: &HeaderMap, wanted: &str) -> Option<Zeroizing<String>> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim() == wanted)?;
    Some(Zeroizing::new(value.trim().to_owned()))
}

/// Somebody who is signed in and looks.
pub(super) struct Seen {
    pub(super) api: Arc<ApiState>,
    pub(super) caller: Caller,
    pub(super) session: Session,
    path: String,
}

impl FromRequestParts<Arc<ApiState>> for Seen {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<ApiState>) -> Result<Self, Trouble> {
        let caller = Caller::from_request_parts(parts, api).await?;
        let session = match &caller.token {
            Some(token) => api.engine.operators().session(token).await?,
            None => None,
        };
        let path = parts.uri.path_and_query().map_or("/console", |path| path.as_str()).to_owned();
        // What was to be changed is not changed by the way back.
        let next = if parts.method == http::Method::GET { path.clone() } else { String::new() };
        let session = session.ok_or(Trouble::SignIn(next))?;
        Ok(Self { api: Arc::clone(api), caller, session, path })
    }
}

impl Seen {
    pub(super) fn language(&self) -> Language {
        self.caller.language
    }

    pub(super) fn say<'t>(&self, chinese: &'t str, english: &'t str) -> &'t str {
        self.caller.language.say(chinese, english)
    }

    /// What every page has; `here` is its place in the menu.
    pub(super) fn frame(&self, here: &'static str) -> Frame {
        let said =
            self.caller.asked("said").and_then(|word| super::frame::said(self.language(), word));
        Frame {
            language: self.language(),
            operator: self.session.operator.to_string(),
            role: self.session.role,
            form_token: self.session.form_token.clone(),
            here,
            other_language: other_language(&self.path, self.language()),
            now: self.api.engine.now(),
            said,
        }
    }

    /// What an area is called, with its product.
    pub(super) async fn area_name(
        &self,
        product: Product,
        code: &AreaCode,
    ) -> Result<String, Fault> {
        let areas = self.api.engine.areas(product).await?;
        let area = areas.iter().find(|area| area.code == *code);
        let name = area.map_or("", |area| area.name.as_str());
        let product = words::product(self.language(), product);
        Ok(format!("{product} {name} {code}", code = code.as_str()))
    }

    /// Lets those through whose role may.
    pub(super) fn needs(&self, role: Role) -> Result<(), Trouble> {
        if self.session.role.may(role) { Ok(()) } else { Err(Trouble::Role(self.language())) }
    }

    /// What this one does, to be written down with it.
    pub(super) fn deed(&self, action: &'static str, about: &str) -> Result<Deed, Trouble> {
        let (console, address) = (self.api.engine.console(), self.caller.address());
        Ok(console.deed(&self.session.operator, &address, action, about)?)
    }

    pub(super) fn missing(&self) -> Trouble {
        Trouble::Missing(self.language())
    }

    pub(super) fn typed(&self, chinese: &str, english: &str) -> Trouble {
        Trouble::Typed(self.language(), self.say(chinese, english).to_owned())
    }

    /// A task's id in an address.
    pub(super) fn task_id(&self, text: &str) -> Result<TaskId, Trouble> {
        TaskId::parse(text).ok_or_else(|| self.missing())
    }

    /// An app's id in an address.
    pub(super) fn app_id(&self, text: &str) -> Result<AppId, Trouble> {
        AppId::parse(text).ok_or_else(|| self.missing())
    }
}

/// The same page in the other language.
fn other_language(path: &str, language: Language) -> String {
    let other = if language == Language::Chinese { "lang=en" } else { "lang=zh" };
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let kept = query.split('&').filter(|pair| !pair.is_empty());
    let kept = kept.filter(|pair| !pair.starts_with("lang=") && !pair.starts_with("said="));
    let query: Vec<_> = kept.chain([other]).collect();
    format!("{path}?{}", query.join("&"))
}

/// A form of one of our own pages, sent by whoever is signed in.
pub(super) struct Act {
    pub(super) seen: Seen,
    fields: HashMap<String, String>,
}

impl FromRequest<Arc<ApiState>> for Act {
    type Rejection = Trouble;

    async fn from_request(request: Request, api: &Arc<ApiState>) -> Result<Self, Trouble> {
        let (mut parts, body) = request.into_parts();
        let seen = Seen::from_request_parts(&mut parts, api).await?;
        let foreign = Trouble::Foreign(seen.language());
        if !is_own(&parts, api) {
            return Err(foreign);
        }
        let request = Request::from_parts(parts, body);
        let form = Form::<HashMap<String, String>>::from_request(request, api).await;
        let Form(fields) = form.map_err(|rejection| Trouble::Odd(rejection.status()))?;
        if fields.values().any(|value| has_nul(value)) {
            return Err(Trouble::Odd(StatusCode::BAD_REQUEST));
        }
        let token = fields.get("form_token").map_or("", String::as_str);
        if !is_same(token, &seen.session.form_token) {
            return Err(foreign);
        }
        Ok(Self { seen, fields })
    }
}

impl Act {
    /// What was typed into a field, without blanks around it.
    pub(super) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |value| value.trim())
    }

    /// Whether a form had this field at all.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// Words that must be there: a reason.
    pub(super) fn words(&self, name: &str) -> Result<&str, Trouble> {
        let words = self.field(name);
        match words.chars().count() {
            1..=500 => Ok(words),
            _ => Err(self.seen.typed(
                "请写明原因（1 至 500 字）。",
                "A reason of 1 to 500 characters is needed.",
            )),
        }
    }
}

/// Compared in a time that tells nothing.
fn is_same(one: &str, other: &str) -> bool {
    use subtle::ConstantTimeEq as _;
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

/// Whether a browser says that it sends this from a page of ours.
pub(super) fn is_own(parts: &Parts, api: &ApiState) -> bool {
    let text = |name: HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
    if text(FETCH_SITE).is_some_and(|site| site != "same-origin") {
        return false;
    }
    let Some(origin) = text(header::ORIGIN).and_then(|origin| origin.parse::<Uri>().ok()) else {
        return false;
    };
    let Some(origin) = origin.authority() else { return false };
    let own = text(header::HOST).or_else(|| parts.uri.authority().map(|own| own.as_str()));
    let public = api.options.public_bases.iter().filter_map(|base| base.parse::<Uri>().ok());
    own == Some(origin.as_str()) || public.into_iter().any(|base| base.authority() == Some(origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_found_again_in_the_other_language() {
        for (path, other) in [
            ("/console", "/console?lang=en"),
            ("/console?lang=zh", "/console?lang=en"),
            (
                "/console/tasks?app=a%26b&said=done&state=failed",
                "/console/tasks?app=a%26b&state=failed&lang=en",
            ),
        ] {
            assert_eq!(other_language(path, Language::Chinese), other);
        }
        assert_eq!(other_language("/console", Language::English), "/console?lang=zh");
    }
}
