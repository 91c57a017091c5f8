//! The wire: one request, one answer. No cookies, no redirects, no retries; those are the run's.
//!
//! Two implementations: [`live`] talks HTTP; [`Replay`] answers from what [`Recording`] kept.

mod coding;
mod live;
mod replay;

use std::time::Duration;

use async_trait::async_trait;
use url::Url;

pub use live::{ExtraCertificates, Limits, live};
pub use replay::{Exchange, Recording, Replay};

/// What is sent.
#[derive(Clone)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Where to.
    pub url: Url,
    /// Header names in lower case and their bytes.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body; blank for none.
    pub body: Vec<u8>,
    /// The most bytes the answer may have.
    pub answer_bytes_max: usize,
    /// How long it may take in all.
    pub time_max: Duration,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}{}", self.method, self.url.authority(), self.url.path())
    }
}

/// What came back: a redirect is an answer like any other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Headers as they came, raw bytes included.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, decompressed.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No connection was made; nothing was sent.
    #[error("no connection")]
    Connect,
    /// No TLS could be had: an old protocol, a certificate that is expired, incomplete, of another
    /// name. The text says which.
    #[error("TLS: {0}")]
    Tls(String),
    /// The connection broke after something was sent.
    #[error("the connection broke")]
    Broken,
    /// It took too long.
    #[error("no answer in time")]
    Timeout,
    /// The answer is larger than it may be.
    #[error("the answer is too large")]
    TooLarge,
    /// The answer cannot be read: broken compression, broken framing.
    #[error("the answer cannot be read")]
    Garbled,
    /// The recording has no answer to this.
    #[error("not in the recording")]
    NotRecorded,
}

/// Something that answers requests.
#[async_trait]
pub trait Portal: Send + Sync {
    /// Sends one request.
    async fn send(&self, request: Request) -> Result<Answer, TransportError>;

    /// Waits before a retry; a recording does not wait.
    async fn pause(&self, _time: Duration) {}
}

#[cfg(test)]
mod tests;
