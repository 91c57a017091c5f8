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
mod drawn;
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

pub use self::body::read_body;
pub(crate) use self::call::explain;
pub(crate) use self::params::{Collector, Params};
use self::refusal::{Refusal, Status};
use crate::metrics::{CALL_SECONDS, CALLS};
use crate::state::ApiState;

/// The `data` of a call, or why there is none.
type Outcome = Result<Bytes, Refusal>;

/// The state of this front.
pub(crate) struct Front {
    api: Arc<ApiState>,
    reports: report_cache::ReportCache,
    drawer: drawn::Drawer,
}

/// The ten interfaces beside other paths, and the answer to whatever is neither, wrong methods of
/// those paths included: status 6 in the envelope.
pub(crate) fn router(others: Router<Arc<Front>>, api: Arc<ApiState>) -> Router {
    let reports = report_cache::ReportCache::new(&api.options);
    others.method_not_allowed_fallback(handle).fallback(any(handle)).with_state(Arc::new(Front {
        api,
        reports,
        drawer: drawn::Drawer::new(),
    }))
}

/// Answers one call, whatever it is.
async fn handle(State(front): State<Arc<Front>>, request: Request) -> Response {
    let started_at = Instant::now();
    let seq_num = front.api.engine.next_seq_num();
    let interface = interface_of(&request, &front.api.options.public_bases);
    let name = interface.map_or("unknown", |interface| interface.name);

    let span = tracing::info_span!("call", seq_num = %seq_num, interface = name);
    let outcome = async {
        let outcome = guarded(dispatch::answer(&front, interface, request)).await;
        log(&front.api, &outcome);
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
fn interface_of(request: &Request, public_bases: &[String]) -> Option<Interface> {
    let name = name_of(request.uri().path(), public_bases)?;
    Interface::parse(&name).filter(|_| request.method() == http::Method::POST)
}

/// The interface's name in a path, as clients and their proxies write it: slashes doubled or at the
/// end, a `;jsessionid` behind, below the path of a public base.
fn name_of(path: &str, public_bases: &[String]) -> Option<String> {
    let words = |path: &str| -> Vec<String> {
        let words = path.split('/').map(|word| word.split(';').next().unwrap_or_default());
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let mut path = words(path);
    let name = path.pop()?;
    let is_base = |base: &String| {
        let (_, rest) = base.split_once("://").unwrap_or(("", base));
        words(rest.split_once('/').map_or("", |(_, path)| path)) == path
    };
    (path == ["identity"] || public_bases.iter().any(is_base)).then_some(name)
}

/// One line a call for whoever looks closely; refusals never tell what was sent.
fn log(api: &ApiState, outcome: &Outcome) {
    match outcome {
        Ok(data) => tracing::debug!(data_bytes = data.len(), "answered"),
        Err(refusal) => {
            let Some(left_out) = api.refusals_said.take(api.engine.now()) else { return };
            let detail = refusal.detail.as_deref().unwrap_or_default();
            tracing::info!(status = refusal.status.number(), detail, left_out, "refused");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_01_an_interface_is_found_as_clients_write_it() {
        let bases = ["https://gw.example/fiveone/identity/".to_owned()];
        for path in [
            "/identity/getFundB",
            "//identity/getFundB",
            "/identity//getFundB/",
            "/identity/getFundB;jsessionid=A1!-2",
            "/fiveone/identity/getFundB",
        ] {
            assert_eq!(name_of(path, &bases).as_deref(), Some("getFundB"), "{path}");
        }
        for path in ["/", "/getFundB", "/other/identity/getFundB", "/identity/x/getFundB"] {
            assert_eq!(name_of(path, &bases), None, "{path}");
        }
    }

    #[tokio::test]
    async fn p_02_a_panic_is_status_1() {
        let refusal = guarded(async { panic!("a bug") }).await.expect_err("no data");
        assert_eq!(refusal, Refusal::from(Status::Fault));
        assert_eq!(guarded(async { Ok(Bytes::new()) }).await, Ok(Bytes::new()));
    }
}
