//! Signing in and out. A session is new at every sign-in, and whatever was wrong is told in the same words.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, FromRequest, FromRequestParts as _, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use fiveone_model::clock::Millis;
use fiveone_model::networks::client_network;

use super::visit::{
    Act, Caller, LANGUAGE, Trouble, cookie_name, html, is_https, is_own, see_other,
};
use crate::assets;
use crate::guesses::Trying;
use crate::language::Language;
use crate::state::ApiState;

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct SignIn<'a> {
    language: Language,
    version: &'static str,
    next: &'a str,
    name: &'a str,
    complaint: Option<&'a str>,
    has_operators: bool,
}

impl SignIn<'_> {
    fn say<'t>(&self, chinese: &'t str, english: &'t str) -> &'t str {
        self.language.say(chinese, english)
    }
}

/// Only a page of the console: whatever else is asked for leads to the first one.
fn own_page(next: &str) -> &str {
    // Browsers read `%2e` as a dot.
    let path = next.split('?').next().unwrap_or_default();
    let is_plain = next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\') && !path.contains('%');
    let is_console =
        next == "/console" || ["/console/", "/console?"].iter().any(|own| next.starts_with(own));
    let is_way = next.starts_with("/console/sign-") || next.contains("//") || next.contains("..");
    if is_plain && is_console && !is_way { next } else { "/console" }
}

async fn form(
    api: &ApiState,
    caller: &Caller,
    (status, next, name): (StatusCode, &str, &str),
    complaint: Option<&str>,
) -> Result<Response, Trouble> {
    let has_operators = !api.engine.operators().all().await?.is_empty();
    let (language, version) = (caller.language, assets::VERSION);
    let page = SignIn { language, version, next, name, complaint, has_operators };
    let text = page.render().map_err(|_| Trouble::Odd(StatusCode::INTERNAL_SERVER_ERROR))?;
    Ok(html(status, text))
}

/// The form.
pub(super) async fn show(
    State(api): State<Arc<ApiState>>,
    caller: Caller,
) -> Result<Response, Trouble> {
    let next = own_page(caller.asked("next").unwrap_or_default());
    form(&api, &caller, (StatusCode::OK, next, ""), None).await
}

/// Counts a try before it is looked at, which takes a while; how long it has to wait where it may not be.
fn begin(api: &ApiState, (from, by): (&Trying, &Trying), now: Millis) -> Option<Millis> {
    if let Some(wait_ms) = api.sign_ins_from.begin(from, now) {
        return Some(wait_ms);
    }
    let wait_ms = api.sign_ins_by.begin(by, now)?;
    api.sign_ins_from.take_back(from, now);
    Some(wait_ms)
}

/// A name, a password and perhaps a code.
pub(super) async fn sign_in(
    State(api): State<Arc<ApiState>>,
    request: Request,
) -> Result<Response, Trouble> {
    let (mut parts, body) = request.into_parts();
    let caller = Caller::from_request_parts(&mut parts, &api).await?;
    if !is_own(&parts, &api) {
        return Err(Trouble::Foreign(caller.language));
    }
    let sent =
        Form::<HashMap<String, String>>::from_request(Request::from_parts(parts, body), &api);
    let Form(sent) = sent.await.map_err(|rejection| Trouble::Odd(rejection.status()))?;
    let field = |name: &str| sent.get(name).map_or("", String::as_str);
    let (name, next) = (field("name").trim(), own_page(field("next")));
    let from = Trying::From(caller.address.map(client_network));
    let by = Trying::By(name.chars().take(64).collect());
    let now = api.engine.steady();
    if let Some(wait_ms) = begin(&api, (&from, &by), now) {
        let wait_s = (wait_ms + 999) / 1_000;
        let complaint = match caller.language {
            Language::Chinese => format!("尝试次数太多，请 {wait_s} 秒后再试。"),
            Language::English => format!("Too many tries; try again in {wait_s} s."),
        };
        let status = StatusCode::TOO_MANY_REQUESTS;
        let page = form(&api, &caller, (status, next, name), Some(&complaint)).await?;
        return Ok(([(header::RETRY_AFTER, wait_s.to_string())], page).into_response());
    }
    let (password, code) = (field("password"), field("code"));
    let operators = api.engine.operators();
    let Some(token) = operators.sign_in(name, password, code, &caller.address()).await? else {
        let complaint =
            caller.language.say("用户名、密码或动态码不对。", "Name, password or code is wrong.");
        let at = (StatusCode::UNAUTHORIZED, next, name);
        return form(&api, &caller, at, Some(complaint)).await;
    };
    // Of the network only this try is forgiven: who has one name may not clear the way for another.
    api.sign_ins_from.take_back(&from, now);
    api.sign_ins_by.right(&by);
    // One that was there before is worth nothing any more.
    if let Some(former) = &caller.token {
        operators.sign_out(former).await?;
    }
    let (name, rest) = (cookie_name(&api), cookie_rest(&api));
    with_cookie(see_other(next), &format!("{name}={}{rest}", *token))
}

/// Ends the session.
pub(super) async fn sign_out(act: Act) -> Result<Response, Trouble> {
    let api = &act.seen.api;
    if let Some(token) = &act.seen.caller.token {
        api.engine.operators().sign_out(token).await?;
    }
    let (name, rest) = (cookie_name(api), cookie_rest(api));
    with_cookie(see_other("/console/sign-in"), &format!("{name}={rest}; Max-Age=0"))
}

/// What a cookie of ours may be used for: by pages of this host alone, and by no script.
fn cookie_rest(api: &ApiState) -> &'static str {
    if is_https(api) {
        "; Path=/; HttpOnly; SameSite=Strict; Secure"
    } else {
        "; Path=/; HttpOnly; SameSite=Strict"
    }
}

fn with_cookie(mut response: Response, line: &str) -> Result<Response, Trouble> {
    let odd = |_| Trouble::Odd(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().append(header::SET_COOKIE, line.parse().map_err(odd)?);
    Ok(response)
}

/// Keeps a language that was chosen, for all pages of the console.
pub(super) async fn keep_language(request: Request, next: axum::middleware::Next) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let chosen = query.split('&').find_map(|pair| match pair {
        "lang=en" => Some("en"),
        "lang=zh" => Some("zh"),
        _ => None,
    });
    let response = next.run(request).await;
    match chosen {
        None => response,
        Some(tag) => {
            let line =
                format!("{LANGUAGE}={tag}; Path=/console; SameSite=Strict; Max-Age=31536000");
            with_cookie(response, &line).unwrap_or_else(IntoResponse::into_response)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_on_within_the_console_alone() {
        for own in ["/console", "/console/tasks?app=a&state=failed", "/console?lang=en"] {
            assert_eq!(own_page(own), own);
        }
        for other in [
            "",
            "/",
            "https://evil.example/",
            "//evil.example",
            "/console//evil.example",
            "/\\evil.example",
            "/console/../link",
            "/consolex",
            "/console/sign-out",
            "javascript:alert(1)",
            "/console/\r\nSet-Cookie: a=b",
        ] {
            assert_eq!(own_page(other), "/console", "{other}");
        }
    }
}
