//! Logs, metrics, and being asked to stop: what every running gateway has.

use std::sync::Arc;
use std::time::Duration;

use fiveone_web::RenderMetrics;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::time::SystemTime;

use crate::exit::Failed;

/// The bounds that measured times are counted in: they add up over nodes, as quantiles do not.
const SECONDS: [f64; 9] = [0.000_5, 0.002, 0.01, 0.05, 0.25, 1.0, 5.0, 30.0, 120.0];
/// How often measured times are summed up.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Logs to standard error, as text or as JSON lines; a second call changes nothing.
pub(crate) fn start_logs(filter: &str, is_json: bool) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_timer(SystemTime);
    // An error only says that logs have been started already.
    if is_json {
        drop(lines.json().flatten_event(true).try_init());
    } else {
        drop(lines.with_ansi(false).try_init());
    }
}

/// Starts counting; gives what renders the counts for `/metrics`.
///
/// # Errors
/// Somebody counts already.
pub(crate) fn metrics() -> Result<RenderMetrics, Failed> {
    let handle = PrometheusBuilder::new().set_buckets(&SECONDS)?.install_recorder()?;
    let upkeep = handle.clone();
    // Measured times are kept one by one until somebody sums them up, scraped or not.
    tokio::spawn(async move {
        let mut every = tokio::time::interval(UPKEEP_EVERY);
        loop {
            every.tick().await;
            upkeep.run_upkeep();
        }
    });
    Ok(Arc::new(move || {
        handle.run_upkeep();
        handle.render()
    }))
}

/// Ctrl-C and SIGTERM, caught from when this is made: whoever asks before anybody waits is heard all
/// the same.
pub(crate) struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignals {
    /// Catches them from now on.
    ///
    /// # Errors
    /// The system does not let them be caught.
    pub(crate) fn catch() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Ends when one of them has come.
    pub(crate) async fn asked(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
