//! The HTTP surfaces of a node: the ten interfaces, `/v1`, the person's page, the console and the
//! probes; and a demonstration's first page.
//!
//! Handlers parse, call the engine and render; no rule of the trade is decided here, and nothing is
//! written but through the engine. Binding a socket and TLS are the binary's work.

mod assets;
mod auth;
mod calls_at_once;
mod client_address;
mod console;
mod guesses;
mod html;
mod language;
mod link;
mod log_budget;
mod metrics;
mod options;
mod probes;
mod rate;
mod state;
mod v1;
mod vendor;
mod welcome;

#[doc(hidden)]
pub mod fuzzing {
    //! What a fuzzer needs and nobody else does.

    pub use crate::vendor::read_body;
}

use std::sync::Arc;

use axum::Router;
use fiveone_engine::Engine;

pub use options::{ConsoleOptions, KindRates, Options};
pub use probes::RenderMetrics;
pub use v1::openapi_document;
pub use welcome::{Welcome, WelcomePassword, WelcomePerson, welcome};

/// Everything a node serves.
pub fn router(engine: Engine, options: Options, render_metrics: RenderMetrics) -> Router {
    metrics::describe();
    let api = Arc::new(state::ApiState::new(engine.clone(), options));
    let others = probes::router(engine, render_metrics)
        .merge(link::router(Arc::clone(&api)))
        .merge(console::router(Arc::clone(&api)))
        .merge(v1::router(Arc::clone(&api)));
    vendor::router(others, api)
}
