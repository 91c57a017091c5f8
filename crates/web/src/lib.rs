//! The HTTP surfaces of a node: the ten interfaces and the probes.
//!
//! Handlers parse, call the engine and render; no rule of the trade is decided here, and nothing is
//! written but through the engine. Binding a socket and TLS are the binary's work.

mod error;
pub mod identity;
mod options;
mod probes;

use axum::Router;
use fiveone_engine::Engine;

pub use options::Options;
pub use probes::RenderMetrics;

/// Everything a node serves.
pub fn router(engine: Engine, options: Options, render_metrics: RenderMetrics) -> Router {
    probes::router(engine.clone(), render_metrics).merge(identity::router(engine, options))
}
