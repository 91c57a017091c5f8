//! Logs, metrics, and being asked to stop: what every running gateway has.

use std::sync::Arc;
use std::time::Duration;

use fiveone_web::RenderMetrics;
use metrics_exporter_prometheus::PrometheusBuilder;
use opentelemetry_sdk::trace::SdkTracer;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::time::SystemTime;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::exit::Failed;

/// The bounds that measured times are counted in: they add up over nodes, as quantiles do not.
const SECONDS: [f64; 9] = [0.000_5, 0.002, 0.01, 0.05, 0.25, 1.0, 5.0, 30.0, 120.0];
/// How often measured times are summed up.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Logs to standard error, as text or as JSON lines, and gives spans to a tracer if there is one; a
/// second call changes nothing.
pub(crate) fn start_logs(filter: &str, is_json: bool, tracer: Option<SdkTracer>) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines =
        tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_timer(SystemTime);
    let lines = if is_json {
        lines.json().flatten_event(true).with_filter(filter).boxed()
    } else {
        lines.with_ansi(false).with_filter(filter).boxed()
    };
    // Spans of ours alone: libraries put addresses into theirs. No line of the log goes with them.
    let is_ours = filter_fn(|about| about.is_span() && about.target().starts_with("fiveone"));
    let spans = tracer.map(|tracer| {
        let layer = tracing_opentelemetry::layer().with_tracer(tracer);
        layer.with_location(false).with_threads(false).with_filter(is_ours)
    });
    // An error only says that logs have been started already.
    drop(tracing_subscriber::registry().with(lines).with(spans).try_init());
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

/// SIGHUP, caught from now on.
///
/// # Errors
/// The system does not let it be caught.
pub(crate) fn hangup() -> std::io::Result<Signal> {
    signal(SignalKind::hangup())
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
