//! Sending: cookies, redirects, retries, the closed set of hosts.

use std::time::{Duration, Instant};

use fiveone_model::failure::{Failure, FailureKind};
use url::Url;

use super::{Run, redirect, request::Built};
use crate::{
    portal::{Answer, Request, TransportError},
    unexpected::UnexpectedPage,
};

/// The most redirects one request may make; browsers allow as many.
const REDIRECTS_MAX: usize = 20;

/// How often a request that may be repeated is sent again, and the first pause.
const RETRIES_MAX: u32 = 2;
const FIRST_PAUSE: Duration = Duration::from_millis(300);

/// An answer and where it came from.
pub(super) struct Fetched {
    pub(super) url: Url,
    pub(super) answer: Answer,
    pub(super) ms: u64,
}

impl Run {
    /// Sends a request and follows its redirects.
    pub(super) async fn fetch(&mut self, built: Built, follow: bool) -> Result<Fetched, Failure> {
        let begun = Instant::now();
        let Built { mut request, mut is_repeatable } = built;
        let first_host = request.url.host_str().map(str::to_owned);
        for hop in 0..=REDIRECTS_MAX {
            // A portal's other port is the same machine; another host is another matter.
            let is_same_machine = hop > 0 && request.url.host_str() == first_host.as_deref();
            if !self.connector.may_reach(&request.url) && !is_same_machine {
                tracing::warn!(
                    address = request.url.authority(),
                    "the portal leads to an address that its connector does not name"
                );
                let reason = "the portal leads to a host that its file does not name";
                return Err(self.unexpected(&UnexpectedPage::portal(reason)));
            }
            let answer = self.send(&request, is_repeatable).await?;
            self.keep_cookies(&answer, &request.url);
            let next =
                if follow { redirect::target(&answer, &request.url, &self.standing) } else { None };
            let Some(next) = next else {
                let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                return Ok(Fetched { url: request.url, answer, ms });
            };
            if !matches!(answer.status, 307 | 308) {
                request.method = "GET";
                request.body = Vec::new();
                request.headers.retain(|(name, _)| name != "content-type");
                is_repeatable = true;
            }
            request.url = next;
        }
        Err(self.unexpected(&UnexpectedPage::limit("more redirects than a request may have")))
    }

    async fn send(&mut self, request: &Request, is_repeatable: bool) -> Result<Answer, Failure> {
        let mut pause = FIRST_PAUSE;
        let mut tries = 0;
        loop {
            let url = request.url.clone();
            let mut request = request.clone();
            if let Some(cookie) = self.cookie_header(&request.url) {
                request.headers.push(("cookie".to_owned(), cookie));
            }
            let sent = self.portal.send(request).await;
            let may_repeat = match &sent {
                Ok(answer) => is_repeatable && answer.status >= 500,
                Err(TransportError::Connect) => true,
                Err(TransportError::Broken | TransportError::Timeout | TransportError::Garbled) => {
                    is_repeatable
                }
                Err(
                    TransportError::Tls(_) | TransportError::TooLarge | TransportError::NotRecorded,
                ) => false,
            };
            if !may_repeat || tries >= RETRIES_MAX {
                return sent.map_err(|error| self.not_answered(&url, &error));
            }
            tries += 1;
            self.portal.pause(pause).await;
            pause *= 3;
        }
    }

    /// The failure of a request that has no answer.
    fn not_answered(&mut self, url: &Url, error: &TransportError) -> Failure {
        match error {
            TransportError::TooLarge => {
                self.unexpected(&UnexpectedPage::limit("an answer is too large"))
            }
            TransportError::NotRecorded => {
                self.unexpected(&UnexpectedPage::portal("no such answer was recorded"))
            }
            // Neither waiting nor trying again helps: the operator must know the cause.
            TransportError::Tls(_) => {
                tracing::warn!(address = url.authority(), %error, "no TLS with the portal");
                Failure::of(FailureKind::PortalUnstable)
            }
            TransportError::Connect
            | TransportError::Broken
            | TransportError::Timeout
            | TransportError::Garbled => {
                tracing::info!(address = url.authority(), %error, "no answer from the portal");
                Failure::of(FailureKind::PortalUnstable)
            }
        }
    }

    /// Cookies of the session at an address, as text.
    pub(super) fn cookies(&self, url: &Url) -> Vec<(String, String)> {
        self.jar
            .get_request_values(url)
            .map(|(name, value)| (text_of(name), text_of(value)))
            .collect()
    }

    fn cookie_header(&self, url: &Url) -> Option<Vec<u8>> {
        let pairs: Vec<String> = self
            .jar
            .get_request_values(url)
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        (!pairs.is_empty()).then(|| latin1_bytes(&pairs.join("; ")))
    }

    /// Keeps cookies. Raw bytes (GBK names of people) are kept as they are, a byte a character.
    fn keep_cookies(&mut self, answer: &Answer, url: &Url) {
        let set = answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
        for (_, value) in set {
            let text: String = value.iter().map(|byte| char::from(*byte)).collect();
            // A cookie that is none is the portal's business.
            let _ = self.jar.parse(&text, url);
        }
    }
}

fn latin1_bytes(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}

/// The text of bytes kept a byte a character.
fn text_of(latin1: &str) -> String {
    let bytes = latin1_bytes(latin1);
    String::from_utf8(bytes)
        .unwrap_or_else(|error| encoding_rs::GB18030.decode(error.as_bytes()).0.into_owned())
}
