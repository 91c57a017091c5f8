//! Refusals as RFC 9457 writes them: `application/problem+json`.

use std::borrow::Cow;

use axum::body::Body;
use axum::response::Response;
use fiveone_engine::Fault;
use http::{HeaderName, HeaderValue, header};
use schemars::JsonSchema;
use serde::Serialize;

use super::code::Code;
use crate::auth::Denied;
use crate::state::log_fault;

/// A place among the calls under way is free in a moment, and a create that is on its way is done.
const RETRY_AFTER_S: i64 = 1;
const TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// A call that is refused.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(super) code: Code,
    /// What is wrong this time. It never holds a value that was sent.
    pub(super) detail: Option<Cow<'static, str>>,
    /// The one header that belongs to it.
    header: Option<(HeaderName, HeaderValue)>,
}

/// A problem as it is sent.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(super) struct ProblemBody<'a> {
    /// The address of the page about it.
    r#type: String,
    /// What it means, the same each time.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// Which of the closed set of codes.
    code: &'a str,
    /// What is wrong this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    /// How it comes to it.
    cause: &'a str,
    /// What to tell the person, in Chinese.
    person: &'a str,
    /// What the app should do.
    app: &'a str,
    /// The call, as the gateway's log knows it.
    request_id: &'a str,
}

impl Problem {
    /// A problem with what is wrong this time.
    pub(super) fn because(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: Some(detail.into()), ..Self::from(code) }
    }

    /// What is wrong with a member, parameter or header.
    pub(super) fn parameter(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::because(Code::InvalidParameter, detail)
    }

    /// The same with a header.
    pub(super) fn with(self, name: HeaderName, value: HeaderValue) -> Self {
        Self { header: Some((name, value)), ..self }
    }

    /// A problem that is over after so many seconds.
    pub(super) fn later(code: Code, seconds: i64) -> Self {
        Self::from(code).with(header::RETRY_AFTER, seconds.into())
    }

    /// The answer.
    pub(super) fn respond(self, request_id: &str) -> Response {
        let code = self.code;
        let body = ProblemBody {
            r#type: code.address(),
            title: code.title(),
            status: code.status().as_u16(),
            code: code.as_str(),
            detail: self.detail.as_deref(),
            cause: code.cause(),
            person: code.person(),
            app: code.app(),
            request_id,
        };
        let text = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = Response::new(Body::from(text));
        *response.status_mut() = code.status();
        response.headers_mut().extend(self.header);
        response.headers_mut().insert(header::CONTENT_TYPE, TYPE);
        response
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        let header = match code {
            Code::Unauthorized | Code::KeyRevoked => {
                let challenge = HeaderValue::from_static("Bearer realm=\"fiveone\"");
                Some((header::WWW_AUTHENTICATE, challenge))
            }
            Code::Busy | Code::RequestInProgress => {
                Some((header::RETRY_AFTER, RETRY_AFTER_S.into()))
            }
            _ => None,
        };
        Self { code, detail: None, header }
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NoGrant => Code::ProductNotGranted.into(),
            Denied::Paused => Code::ProductPaused.into(),
            Denied::Elsewhere => Code::AddressNotAllowed.into(),
            Denied::TooOften { wait_s } => Self::later(Code::RateLimited, wait_s),
            Denied::Busy => Code::Busy.into(),
            Denied::Guessing { wait_s } => Self::later(Code::TooManyWrongKeys, wait_s),
        }
    }
}

impl From<Fault> for Problem {
    /// Logs the fault with its chain; the client sees nothing of it.
    fn from(fault: Fault) -> Self {
        log_fault(&fault);
        Code::Internal.into()
    }
}
