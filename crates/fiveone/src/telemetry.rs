//! Logs, metrics, and being asked to stop: what every running gateway has.

use std::sync::Arc;
use std::time::Duration;

use fiveone_web::RenderMetrics;
use metrics_exporter_prometheus::PrometheusBuilder;
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

/// Ends on Ctrl-C or SIGTERM.
pub(crate) async fn asked_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    let Ok(mut terminate) =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
    else {
        drop(interrupt.await);
        return;
    };
    tokio::select! {
        _ = interrupt => {}
        _ = terminate.recv() => {}
    }
}
