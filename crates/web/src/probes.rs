//! `/healthz`, `/readyz` and `/metrics`, for whoever runs the node; they tell nothing of a person.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::{Router, routing::get};
use fiveone_engine::Engine;

/// Renders all metrics in the Prometheus text format.
pub type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

/// The media type of the Prometheus text format.
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(crate) fn router<S: Clone + Send + Sync + 'static>(
    engine: Engine,
    render_metrics: RenderMetrics,
) -> Router<S> {
    let metrics = get(|State(render): State<RenderMetrics>| async move {
        ([(header::CONTENT_TYPE, METRICS_TYPE)], render())
    });
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready).with_state(engine))
        .route("/metrics", metrics.with_state(render_metrics))
}

/// 200 while the node can take calls, 503 while it cannot.
async fn ready(State(engine): State<Engine>) -> impl IntoResponse {
    if engine.ready().await {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
    }
}
