//! `[server]`: where the node listens, TLS, and the limits of its interfaces.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use fiveone_model::networks::Networks;
use url::Url;

use super::section::Section;
use crate::connections::ConnectionLimits;

/// The port of the documents' examples in this project.
const PORT: u16 = 8051;
/// With more public bases, the digests of a call would be used up before all are tried.
const PUBLIC_BASES_MAX: usize = 10;

/// The files TLS needs, both in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tls {
    /// The certificate chain.
    pub(crate) cert: PathBuf,
    /// The private key.
    pub(crate) key: PathBuf,
}

/// How the node is reached.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// Without it, plain HTTP.
    pub(crate) tls: Option<Tls>,
    /// How many connections there may be.
    pub(crate) connections: ConnectionLimits,
    /// The limits of the interfaces.
    pub(crate) web: fiveone_web::Options,
    /// Whether it has simulated portals of its own for test apps.
    pub(crate) has_model_city: bool,
}

impl Server {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let default = fiveone_web::Options::default();
        let listen = section.parsed(
            "listen",
            SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)),
            "an IP address and a port, such as \"0.0.0.0:8051\"",
            |text| text.parse().ok(),
        );
        let tls = tls(section);
        let must_be = "a list of http or https addresses without query";
        let public_bases = section.list("public_bases", must_be, public_base);
        if public_bases.len() > PUBLIC_BASES_MAX {
            section
                .complain("public_bases", &format!("has more than {PUBLIC_BASES_MAX} addresses"));
        }
        let trusted_proxies = section.parsed(
            "trusted_proxies",
            Networks::default(),
            "addresses and networks separated by commas, such as \"10.0.0.0/8\"",
            Networks::parse,
        );
        let body_for = milliseconds(default.body_for);
        let report_cache_for = milliseconds(default.report_cache_for);
        let web = fiveone_web::Options {
            public_bases,
            trusted_proxies,
            body_bytes_max: section.number(
                "body_bytes_max",
                default.body_bytes_max,
                1_024..=1 << 20,
            ),
            body_for: duration(section.duration_ms("body_for", body_for, 100..=600_000)),
            params_max: section.number("params_max", default.params_max, 16..=10_000),
            calls_at_once_max: section.number(
                "calls_at_once_max",
                default.calls_at_once_max,
                1..=1_000_000,
            ),
            rates: fiveone_web::KindRates {
                creates: section.number("creates_per_second", 0, 0..=1_000_000),
                polls: section.number("polls_per_second", 0, 0..=1_000_000),
                others: section.number("other_calls_per_second", 0, 0..=1_000_000),
            },
            report_cache_bytes: section.number(
                "report_cache_bytes",
                default.report_cache_bytes,
                0..=1 << 40,
            ),
            report_cache_for: duration(section.duration_ms(
                "report_cache_for",
                report_cache_for,
                0..=3_600_000,
            )),
            live_keys_in_model_city: section
                .flag("live_keys_in_model_city", default.live_keys_in_model_city),
            ..default
        };
        let has_model_city = section.flag("model_city", true);
        Self { listen, tls, connections: connections(section), web, has_model_city }
    }
}

fn connections(section: &mut Section<'_>) -> ConnectionLimits {
    ConnectionLimits {
        max: section.number("connections_max", 8_192, 1..=1_000_000),
        per_address_max: section.number("connections_per_address_max", 1_024, 1..=1_000_000),
        idle_for: duration(section.duration_ms("idle_for", 60_000, 1_000..=600_000)),
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn duration(duration_ms: i64) -> Duration {
    Duration::from_millis(duration_ms.unsigned_abs())
}

/// Both files or neither.
fn tls(section: &mut Section<'_>) -> Option<Tls> {
    let cert = section.text("tls_cert", "");
    let key = section.text("tls_key", "");
    match (cert.is_empty(), key.is_empty()) {
        (true, true) => None,
        (false, false) => Some(Tls { cert: cert.into(), key: key.into() }),
        (true, false) => {
            section.complain("tls_key", "needs server.tls_cert beside it");
            None
        }
        (false, true) => {
            section.complain("tls_cert", "needs server.tls_key beside it");
            None
        }
    }
}

/// An address with its last slash; one without a path is that of the host, whose interfaces are
/// under `/identity/`.
fn public_base(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.query().is_none()
        && url.fragment().is_none();
    // What apps sign is this text and not its normal form, so nothing else of it is changed.
    let text = text.trim_end_matches('/');
    let path = if url.path() == "/" { "/identity/" } else { "/" };
    is_plain.then(|| format!("{text}{path}"))
}
