//! Every limit of the surfaces, with its default. Reading a configuration file is the binary's.

use std::time::Duration;

use fiveone_model::networks::Networks;

pub use crate::rate::KindRates;

/// The limits of the surfaces.
#[derive(Debug, Clone)]
pub struct Options {
    /// The addresses clients may sign beside the documented ones, up to the interface's name (P-10).
    pub public_bases: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Networks,
    /// The largest body that is read, in bytes.
    pub body_bytes_max: usize,
    /// How much of a larger body is read and thrown away, so that its sender can read our answer;
    /// a still larger one loses its connection.
    pub body_bytes_drained_max: usize,
    /// How long a body may take to arrive; then the call is refused.
    pub body_for: Duration,
    /// How many parameters a body may have.
    pub params_max: usize,
    /// Calls under way at once, whatever their app; above it a call gets status 10.
    pub calls_at_once_max: usize,
    /// Calls of each kind that an app may make a second.
    pub rates: KindRates,
    /// How many bytes of finished reports are kept in memory for the next poll.
    pub report_cache_bytes: u64,
    /// How long one is kept; erasing a task shows after this at the latest.
    pub report_cache_for: Duration,
    /// Whether live keys of `/v1` reach the model city 990000, too: where all portals are simulated.
    pub live_keys_in_model_city: bool,
    /// The operator's pages.
    pub console: ConsoleOptions,
}

/// The operator's pages.
#[derive(Debug, Clone)]
pub struct ConsoleOptions {
    /// Whether there are any.
    pub is_enabled: bool,
    /// From where they may be opened; elsewhere they are not there.
    pub allowed_networks: Networks,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            public_bases: Vec::new(),
            trusted_proxies: Networks::default(),
            body_bytes_max: 64 * 1024,
            body_bytes_drained_max: 8 * 1024 * 1024,
            body_for: Duration::from_secs(15),
            params_max: 64,
            calls_at_once_max: 4096,
            rates: KindRates::default(),
            report_cache_bytes: 64 * 1024 * 1024,
            report_cache_for: Duration::from_secs(30),
            live_keys_in_model_city: false,
            console: ConsoleOptions { is_enabled: true, allowed_networks: Networks::default() },
        }
    }
}
