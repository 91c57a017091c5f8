//! `/v1`: the same engine for new clients, with JSON, bearer keys, and problems as RFC 9457 writes them.
//!
//! Every route stands in one table ([`routes`]), of which the router and the OpenAPI document are made.
//! Whatever comes in under `/v1`, a refusal is a problem, panics and unknown paths included.

mod areas;
mod body;
mod call;
mod callbacks;
mod code;
mod events;
mod exit_words;
mod link_parts;
mod links;
mod money;
mod openapi;
mod problem;
mod query;
mod question;
mod report;
mod route;
mod routes;
mod sandbox;
mod task;
mod tasks;
mod viewer;
mod waits;
mod words;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request};
use axum::response::Response;
use axum::routing::{MethodFilter, any, on};
use futures_util::FutureExt as _;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use serde::Serialize;
use tracing::Instrument as _;

use self::call::Call;
use self::code::Code;
use self::problem::Problem;
use self::query::Query;
use self::route::{Route, Run};
use self::routes::ROUTES;
use crate::metrics::{V1_CALL_SECONDS, V1_CALLS};
use crate::state::ApiState;

/// The OpenAPI document of `/v1`.
#[must_use]
pub fn openapi_document() -> serde_json::Value {
    openapi::document(ROUTES)
}

/// Every code of a problem with the address of its page in the viewer.
pub(crate) fn error_pages() -> Vec<(&'static str, String)> {
    code::Code::ALL.iter().map(|code| (code.as_str(), viewer::address_of(*code))).collect()
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Answers are about persons: nobody in between keeps them.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// An answer, or why there is none.
type Outcome = Result<Response, Problem>;

/// The variable parts of a path.
type PathParams = Result<RawPathParams, RawPathParamsRejection>;

/// The state of this front.
pub(crate) struct Front {
    api: Arc<ApiState>,
    waits: Arc<waits::Waits>,
}

/// Every route under `/v1`, and problems for whatever is none.
pub(crate) fn router<S: Clone + Send + Sync + 'static>(api: Arc<ApiState>) -> Router<S> {
    let front = Arc::new(Front { api, waits: Arc::default() });
    let mut router = Router::new();
    for route in ROUTES {
        let front = Arc::clone(&front);
        let answer = move |params: PathParams, request: Request| {
            // A part that is no text is no id of ours.
            let route = params.is_ok().then_some(route);
            let id = params.ok().and_then(|params| Some(params.iter().next()?.1.to_owned()));
            handle(Arc::clone(&front), route, id.unwrap_or_default(), request)
        };
        let filter = MethodFilter::try_from(route.method()).unwrap_or(MethodFilter::GET);
        router = router.route(route.path, on(filter, answer));
    }
    let refuse = move |request: Request| handle(Arc::clone(&front), None, String::new(), request);
    router
        .method_not_allowed_fallback(refuse.clone())
        .route("/v1", any(refuse.clone()))
        .route("/v1/", any(refuse.clone()))
        .route("/v1/{*rest}", any(refuse))
}

/// Answers one call, whatever it is.
async fn handle(
    front: Arc<Front>,
    route: Option<&'static Route>,
    id: String,
    request: Request,
) -> Response {
    let started_at = Instant::now();
    let request_id = front.api.engine.next_seq_num();
    let name = route.map_or("unknown", |route| route.operation);
    let span = tracing::info_span!("call", seq_num = %request_id, interface = name);
    let outcome = async {
        let answering = AssertUnwindSafe(answer(&front, route, id, request)).catch_unwind();
        let outcome = answering.await.unwrap_or_else(|_| Err(Code::Internal.into()));
        log(&front.api, &outcome);
        outcome
    }
    .instrument(span)
    .await;
    let mut response = outcome.unwrap_or_else(|problem| problem.respond(&request_id));
    let status = response.status().as_u16().to_string();
    metrics::counter!(V1_CALLS, "operation" => name, "status" => status).increment(1);
    metrics::histogram!(V1_CALL_SECONDS, "operation" => name).record(started_at.elapsed());
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(NO_STORE);
    // Digits only, so it is always a header value.
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        headers.insert(REQUEST_ID, value);
    }
    response
}

async fn answer(
    front: &Arc<Front>,
    route: Option<&'static Route>,
    id: String,
    request: Request,
) -> Outcome {
    // No id of ours holds a NUL, and no database takes one for a text.
    let route = route.filter(|_| !id.contains('\0'));
    let Some(route) = route else { return Err(refuse(request.method(), request.uri().path())) };
    match route.run {
        Run::Open(run) => run(&id, &Query::read(request.uri(), &route.query_names())?),
        Run::Keyed(run) => run(Call::check(front, &route.needs(), id, request).await?).await,
    }
}

/// Why a path or its method is refused.
fn refuse(method: &Method, path: &str) -> Problem {
    let methods = routes::methods_of(path);
    // A known method of a known path that came here has a part that is no text.
    if methods.is_empty() || methods.contains(&method.as_str()) {
        return Code::NotFound.into();
    }
    let allowed = HeaderValue::from_str(&methods.join(", "));
    let problem = Problem::from(Code::MethodNotAllowed);
    allowed.map_or_else(|_| Code::NotFound.into(), |allowed| problem.with(header::ALLOW, allowed))
}

/// One line a call for whoever looks closely; refusals never tell what was sent.
fn log(api: &ApiState, outcome: &Outcome) {
    match outcome {
        Ok(response) => tracing::debug!(status = response.status().as_u16(), "answered"),
        Err(problem) => {
            let Some(left_out) = api.refusals_said.take(api.engine.now()) else { return };
            let detail = problem.detail.as_deref().unwrap_or_default();
            tracing::info!(code = problem.code.as_str(), detail, left_out, "refused");
        }
    }
}

/// A JSON answer.
fn json(status: StatusCode, value: &impl Serialize) -> Outcome {
    let text = serde_json::to_vec(value).map_err(|error| {
        fiveone_engine::Fault::Impossible(format!("an answer is no JSON: {error}"))
    })?;
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    Ok(response)
}
