//! Real HTTP, for a whole process: one client, one rate limit a host, and limits on everything.

use std::{error::Error as _, num::NonZeroU32, sync::Arc, time::Duration};

use async_trait::async_trait;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tracing::Instrument as _;

use super::{Answer, Portal, Request, TransportError, coding};

/// What one process may ask of portals.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Requests a second to one host; `None` means no limit (the lab).
    pub requests_per_second: Option<NonZeroU32>,
    /// How many may come at once after a pause.
    pub burst: NonZeroU32,
    /// Seconds to wait for a connection.
    pub connect_secs: u64,
    /// The most seconds one request may take, whatever its connector allows.
    pub request_secs: u64,
}

/// Certificates that this process trusts besides the usual authorities: intermediates that portals
/// forget to send. Nothing else about a certificate is overlooked for them.
#[derive(Debug, Clone, Default)]
pub struct ExtraCertificates(Vec<reqwest::Certificate>);

impl ExtraCertificates {
    /// The certificates of a PEM file.
    ///
    /// # Errors
    /// When the text holds none, or one that is none.
    pub fn from_pem(pem: &[u8]) -> Result<Self, String> {
        let certificates =
            reqwest::Certificate::from_pem_bundle(pem).map_err(|error| error.to_string())?;
        if certificates.is_empty() {
            return Err("there is no certificate in it".to_owned());
        }
        Ok(Self(certificates))
    }
}

impl Default for Limits {
    fn default() -> Self {
        const BURST: NonZeroU32 = NonZeroU32::new(20).expect("not zero");
        const RATE: NonZeroU32 = NonZeroU32::new(10).expect("not zero");
        Self { requests_per_second: Some(RATE), burst: BURST, connect_secs: 10, request_secs: 60 }
    }
}

struct Live {
    client: reqwest::Client,
    time_max: Duration,
    pace: Option<DefaultKeyedRateLimiter<String>>,
}

/// The portal of a process that talks to real ones. Make it once.
///
/// # Errors
/// When the TLS library cannot be set up.
pub fn live(limits: Limits, extra: ExtraCertificates) -> Result<Arc<dyn Portal>, String> {
    // A second installation by another part of the process is no harm.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .tls_certs_merge(extra.0)
        .user_agent(concat!("fiveone/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(limits.connect_secs))
        .pool_idle_timeout(Duration::from_secs(30))
        .pool_max_idle_per_host(8)
        .no_proxy()
        // Old portals send headers that are none; browsers do not mind either.
        .http1_ignore_invalid_headers_in_responses(true)
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http1_allow_spaces_after_header_name_in_responses(true)
        .build()
        .map_err(|error| error.to_string())?;
    let pace = limits
        .requests_per_second
        .map(|rate| RateLimiter::keyed(Quota::per_second(rate).allow_burst(limits.burst)));
    let time_max = Duration::from_secs(limits.request_secs);
    Ok(Arc::new(Live { client, time_max, pace }))
}

fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(v4)) => v4.is_loopback(),
        Some(url::Host::Ipv6(v6)) => v6.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[async_trait]
impl Portal for Live {
    async fn send(&self, request: Request) -> Result<Answer, TransportError> {
        // The host alone: a path may name a person, and a query does.
        let span = tracing::info_span!(
            "portal_request",
            method = request.method,
            address = request.url.authority(),
            http_status = tracing::field::Empty
        );
        let answer = self.ask(request).instrument(span.clone()).await;
        if let Ok(answer) = &answer {
            span.record("http_status", answer.status);
        }
        answer
    }

    async fn pause(&self, time: Duration) {
        #[expect(clippy::disallowed_methods, reason = "the back-off of retries is a real pause")]
        tokio::time::sleep(time).await;
    }
}

impl Live {
    async fn ask(&self, request: Request) -> Result<Answer, TransportError> {
        // A portal on this very machine is the operator's own, and needs no politeness.
        if let Some(pace) = self.pace.as_ref().filter(|_| !is_loopback(&request.url)) {
            pace.until_key_ready(&request.url.authority().to_owned()).await;
        }
        let mut builder = match request.method {
            "POST" => self.client.post(request.url),
            _ => self.client.get(request.url),
        };
        for (name, value) in &request.headers {
            if let Ok(value) = reqwest::header::HeaderValue::from_bytes(value) {
                builder = builder.header(name.as_str(), value);
            }
        }
        if request.method == "POST" {
            builder = builder.body(request.body);
        }
        builder = builder.header(reqwest::header::ACCEPT_ENCODING, coding::ACCEPTED);
        let time_max = request.time_max.min(self.time_max);
        let response = builder.timeout(time_max).send().await.map_err(|e| transport_error(&e))?;
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
            .collect();
        // Browsers follow at once; servers cut the body of a redirect as they like.
        let is_redirect = response.status().is_redirection()
            && response.headers().contains_key(reqwest::header::LOCATION);
        if is_redirect {
            return Ok(Answer { status, headers, body: Vec::new() });
        }
        let codings = response
            .headers()
            .get_all(reqwest::header::CONTENT_ENCODING)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect::<Vec<_>>()
            .join(",");
        let body = read(response, request.answer_bytes_max).await?;
        let body = coding::decode(&codings, body, request.answer_bytes_max)?;
        Ok(Answer { status, headers, body })
    }
}

async fn read(mut response: reqwest::Response, most: usize) -> Result<Vec<u8>, TransportError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| transport_error(&error))? {
        if body.len() + chunk.len() > most {
            return Err(TransportError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn transport_error(error: &reqwest::Error) -> TransportError {
    if let Some(cause) = tls_cause(error) {
        return TransportError::Tls(cause);
    }
    if error.is_connect() {
        return TransportError::Connect;
    }
    if error.is_timeout() {
        return TransportError::Timeout;
    }
    TransportError::Broken
}

/// What TLS failed of, in the words of the TLS library; `None` when it was something else.
fn tls_cause(error: &reqwest::Error) -> Option<String> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = error.source();
    while let Some(error) = cause {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Some(explained(tls));
        }
        // An io::Error hides what it wraps from `source`.
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        cause = wrapped.map(|inner| inner as _).or_else(|| error.source());
    }
    None
}

/// What an operator can do about it stands beside the cause.
fn explained(error: &rustls::Error) -> String {
    use rustls::{CertificateError, Error};
    let hint = match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "; the portal may not send its intermediate certificate: give it in \
             [portals] extra_certificates"
        }
        Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        ) => "; the portal's certificate has expired, and only the portal can renew it",
        Error::AlertReceived(_) | Error::PeerIncompatible(_) => {
            "; the portal speaks only protocols or ciphers that are no longer safe"
        }
        _ => "",
    };
    format!("{error}{hint}")
}
