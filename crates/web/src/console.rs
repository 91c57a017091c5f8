//! `/console`: the operator's pages. What is broken, since when, for whom, and what there is to press.
//!
//! Rendered here; whatever changes something is a plain form that works without a script, bears the
//! session's token and is refused unless it comes from a page of ours. Every change, and every look at
//! what belongs to one person, is written down with who did it. No page shows a value of a report.

mod app;
mod apps;
mod areas;
mod callbacks;
mod chart;
mod connectors;
mod deeds;
mod erasure;
mod explain;
mod frame;
mod overview;
mod problems;
mod run_log;
mod sign_in;
mod statement;
mod task;
mod tasks;
mod visit;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::{any, get, post};

use self::visit::Trouble;
use crate::assets;
use crate::state::ApiState;

/// The largest form.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// The routes of the console.
pub(crate) fn router<S: Clone + Send + Sync + 'static>(api: Arc<ApiState>) -> Router<S> {
    if !api.options.console.is_enabled {
        return Router::new();
    }
    let routes = Router::new()
        .route("/console/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .route("/console/sign-out", post(sign_in::sign_out))
        .route("/console", get(overview::show))
        .route("/console/overview", get(overview::live))
        .route("/console/tasks", get(tasks::list))
        .route("/console/tasks/{tid}", get(task::show))
        .route("/console/tasks/{tid}/cancel", post(task::cancel))
        .route("/console/tasks/{tid}/refund", post(task::refund))
        .merge(apps_routes())
        .route("/console/areas", get(areas::list))
        .route("/console/areas/{product}/{area}", get(areas::show).post(areas::switch))
        .route("/console/connectors", get(connectors::list))
        .route("/console/explain", get(explain::show).post(explain::explain))
        .route("/console/erasure", get(erasure::show).post(erasure::erase))
        .route("/console/deeds", get(deeds::list))
        .route("/console/callbacks", get(callbacks::list))
        .route("/console/callbacks/replay", post(callbacks::replay_all))
        .route("/console/callbacks/{id}", get(callbacks::show))
        .route("/console/callbacks/{id}/replay", post(callbacks::replay))
        .method_not_allowed_fallback(|| async { Trouble::Odd(StatusCode::METHOD_NOT_ALLOWED) })
        .route("/console/{*rest}", any(|| async { Trouble::Odd(StatusCode::NOT_FOUND) }))
        .layer(middleware::from_fn(sign_in::keep_language));
    Router::new()
        .route("/console/assets/{version}/{name}", get(assets::serve))
        .merge(routes)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(Arc::clone(&api), visit::keep_out))
        .with_state(api)
}

/// Those of apps, their keys and their money.
fn apps_routes() -> Router<Arc<ApiState>> {
    Router::new()
        .route("/console/apps", get(apps::list).post(apps::create))
        .route("/console/prices", post(apps::set_default_price))
        .route("/console/apps/{id}", get(app::show).post(app::switch))
        .route("/console/apps/{id}/grant", post(app::grant))
        .route("/console/apps/{id}/keys", post(app::create_key))
        .route("/console/apps/{id}/keys/revoke", post(app::revoke_key))
        .route("/console/apps/{id}/token", post(app::rotate))
        .route("/console/apps/{id}/price", post(app::price))
        .route("/console/apps/{id}/top-up", post(app::top_up))
        .route("/console/apps/{id}/statement", get(statement::show))
        .route("/console/apps/{id}/statement.csv", get(statement::download))
}
