//! Recorded exchanges: kept while a run goes on, and answered from later.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::{Answer, Portal, Request, TransportError};

/// One request and what came back. Bodies of requests are not kept: they hold what a person typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// `GET` or `POST`.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The answer.
    pub answer: Answer,
}

impl Exchange {
    /// The answer's body as the readers see it, in whatever charset it is.
    #[must_use]
    pub fn text(&self) -> String {
        let Answer { headers, body, .. } = &self.answer;
        let kind = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let kind = kind.map(|(_, value)| String::from_utf8_lossy(value).into_owned());
        crate::page::decode(body, kind.as_deref(), None, None)
    }
}

fn path_of(request: &Request) -> String {
    match request.url.query() {
        Some(query) => format!("{}?{query}", request.url.path()),
        None => request.url.path().to_owned(),
    }
}

/// Answers from recorded exchanges: each request takes the next one of its method and path, first
/// with the same query, then whatever the query (dates and random numbers differ from day to day).
pub struct Replay(Mutex<Vec<Exchange>>);

impl Replay {
    /// A portal that knows just these answers, each once.
    #[must_use]
    pub const fn new(exchanges: Vec<Exchange>) -> Self {
        Self(Mutex::new(exchanges))
    }
}

#[async_trait]
impl Portal for Replay {
    async fn send(&self, request: Request) -> Result<Answer, TransportError> {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = path_of(&request);
        let is_same =
            |exchange: &Exchange| exchange.method == request.method && exchange.path == whole;
        let is_like = |exchange: &Exchange| {
            exchange.method == request.method
                && exchange.path.split('?').next() == Some(request.url.path())
        };
        let at = left.iter().position(is_same).or_else(|| left.iter().position(is_like));
        at.map(|at| left.remove(at).answer).ok_or(TransportError::NotRecorded)
    }
}

/// Passes everything on and keeps what came back.
pub struct Recording {
    inner: Arc<dyn Portal>,
    kept: Mutex<Vec<Exchange>>,
}

impl Recording {
    /// Records what `inner` answers.
    #[must_use]
    pub const fn new(inner: Arc<dyn Portal>) -> Self {
        Self { inner, kept: Mutex::new(Vec::new()) }
    }

    /// What was answered so far.
    #[must_use]
    pub fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Portal for Recording {
    async fn send(&self, request: Request) -> Result<Answer, TransportError> {
        let (method, path) = (request.method.to_owned(), path_of(&request));
        let answer = self.inner.send(request).await?;
        let exchange = Exchange { method, path, answer: answer.clone() };
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
        Ok(answer)
    }

    async fn pause(&self, time: std::time::Duration) {
        self.inner.pause(time).await;
    }
}
