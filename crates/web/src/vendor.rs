//! The ten interfaces of the two vendor documents, bit for bit (protocol §1 to §7).
//!
//! Whatever comes in under `/identity/`, the answer is HTTP 200 and the envelope (P-02), panics
//! included. What the interfaces mean is the engine's.

mod areas;
mod body;
mod call;
mod code;
mod create;
mod dispatch;
mod envelope;
mod logins;
mod params;
mod refusal;
mod report;
mod report_cache;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::response::Response;
use axum::{Router, routing::any};
use bytes::Bytes;
use fiveone_model::product::Interface;
use futures_util::FutureExt;
use tracing::Instrument;

use self::refusal::{Refusal, Status};
use crate::metrics::{CALL_SECONDS, CALLS};
use crate::state::ApiState;

/// The `data` of a call, or why there is none.
type Outcome = Result<Bytes, Refusal>;

/// The state of this front.
struct Front {
    api: Arc<ApiState>,
    reports: report_cache::ReportCache,
}

/// The routes under `/identity`.
pub(crate) fn router(api: Arc<ApiState>) -> Router {
    let reports = report_cache::ReportCache::new(&api.options);
    let front = Arc::new(Front { api, reports });
    Router::new()
        .route("/identity", any(handle))
        .route("/identity/", any(handle))
        .route("/identity/{*name}", any(handle))
        .with_state(front)
}

/// Answers one call, whatever it is.
async fn handle(State(front): State<Arc<Front>>, request: Request) -> Response {
    let started_at = Instant::now();
    let seq_num = front.api.engine.next_seq_num();
    let interface = interface_of(&request);
    let name = interface.map_or("unknown", |interface| interface.name);

    let span = tracing::info_span!("call", seq_num = %seq_num, interface = name);
    let outcome = async {
        let outcome = guarded(dispatch::answer(&front, interface, request)).await;
        log(&outcome);
        outcome
    }
    .instrument(span)
    .await;

    let status = outcome.as_ref().map_or_else(|refusal| refusal.status, |_| Status::Success);
    metrics::counter!(CALLS, "interface" => name, "status" => status.number()).increment(1);
    metrics::histogram!(CALL_SECONDS, "interface" => name).record(started_at.elapsed());
    envelope::respond(&seq_num, outcome)
}

/// A panic ends one call, as our fault; the panic's own message is in the log already.
async fn guarded(answering: impl Future<Output = Outcome>) -> Outcome {
    let unwound = AssertUnwindSafe(answering).catch_unwind().await;
    unwound.unwrap_or_else(|_| Err(Refusal::from(Status::Fault)))
}

/// The interface a request is for; `None` for a wrong method or an unknown name (status 6).
fn interface_of(request: &Request) -> Option<Interface> {
    let name = request.uri().path().strip_prefix("/identity/")?;
    Interface::parse(name).filter(|_| request.method() == http::Method::POST)
}

/// One line a call for whoever looks closely; refusals never tell what was sent.
fn log(outcome: &Outcome) {
    match outcome {
        Ok(data) => tracing::debug!(data_bytes = data.len(), "answered"),
        Err(refusal) => {
            let detail = refusal.detail.as_deref().unwrap_or_default();
            tracing::info!(status = refusal.status.number(), detail, "refused");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn p_02_a_panic_is_status_1() {
        let refusal = guarded(async { panic!("a bug") }).await.expect_err("no data");
        assert_eq!(refusal, Refusal::from(Status::Fault));
        assert_eq!(guarded(async { Ok(Bytes::new()) }).await, Ok(Bytes::new()));
    }
}
