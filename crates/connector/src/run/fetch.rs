//! Sending: cookies, redirects, retries, the closed set of hosts.

use std::time::{Duration, Instant};

use fiveone_model::failure::{Failure, FailureKind};
use percent_encoding::{AsciiSet, CONTROLS, percent_encode};
use url::Url;

use super::{Run, request::Built};
use crate::{
    portal::{Answer, Request, Trouble},
    unexpected::UnexpectedPage,
};

/// The most redirects one request may make.
const REDIRECTS_MAX: usize = 10;

/// How often a request that may be repeated is sent again, and the first pause.
const RETRIES_MAX: u32 = 2;
const FIRST_PAUSE: Duration = Duration::from_millis(300);

/// What may not stand raw in an address: raw bytes of portals' redirects.
const RAW: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>');

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
        for _ in 0..=REDIRECTS_MAX {
            if !self.connector.may_reach(&request.url) {
                tracing::warn!(host = request.url.host_str(), "portal led to a host it may not");
                let reason = "the portal leads to a host that its file does not name";
                return Err(self.unexpected(&UnexpectedPage::portal(reason)));
            }
            let answer = self.send(&request, is_repeatable).await?;
            self.keep_cookies(&answer, &request.url);
            let next = follow.then(|| location(&answer, &request.url)).flatten();
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
            let mut request = request.clone();
            if let Some(cookie) = self.cookie_header(&request.url) {
                request.headers.push(("cookie".to_owned(), cookie));
            }
            let sent = self.portal.send(request).await;
            let may_repeat = match &sent {
                Ok(answer) => is_repeatable && answer.status >= 500,
                Err(Trouble::Connect) => true,
                Err(Trouble::Broken | Trouble::Timeout | Trouble::Garbled) => is_repeatable,
                Err(Trouble::TooLarge | Trouble::NotRecorded) => false,
            };
            if !may_repeat || tries >= RETRIES_MAX {
                return sent.map_err(|trouble| match trouble {
                    Trouble::TooLarge => {
                        self.unexpected(&UnexpectedPage::limit("an answer is too large"))
                    }
                    Trouble::NotRecorded => {
                        self.unexpected(&UnexpectedPage::portal("no such answer was recorded"))
                    }
                    Trouble::Connect | Trouble::Broken | Trouble::Timeout | Trouble::Garbled => {
                        Failure::of(FailureKind::PortalUnstable)
                    }
                });
            }
            tries += 1;
            self.portal.pause(pause).await;
            pause *= 3;
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

/// Where a redirect leads; raw bytes in it are escaped as they are.
fn location(answer: &Answer, from: &Url) -> Option<Url> {
    if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let (_, raw) = answer.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("location"))?;
    let text = percent_encode(raw, RAW).to_string();
    let mut next = from.join(text.trim()).ok()?;
    next.set_fragment(None);
    Some(next)
}
