//! The person's phone and eyes, for tests and for whoever tries the lab: what was asked last, and an
//! address that scans and confirms.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::response::Html;
use moka::sync::Cache;
use serde::Deserialize;

use crate::session::random_hex;

const REQUESTS_MAX: u64 = 10_000;

/// What somebody did with their phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    /// Nothing yet.
    Waits,
    /// Scanned or confirmed by the person of an identity number.
    Done(String),
    /// Refused, or of a person whom the portal does not know.
    Refused,
    /// The code was thrown away before its time.
    Expired,
}

/// All phones of the lab.
#[derive(Debug, Clone)]
pub(crate) struct Handsets {
    requests: Cache<String, Act>,
    last: Arc<Mutex<Option<String>>>,
}

impl Handsets {
    /// Requests to a phone live for so long.
    pub(crate) fn new(lives_for: Duration) -> Self {
        let requests = Cache::builder().max_capacity(REQUESTS_MAX).time_to_live(lives_for).build();
        Self { requests, last: Arc::default() }
    }

    /// Asks the phone for something, and returns how it is called.
    pub(crate) fn ask(&self) -> String {
        let id = random_hex();
        self.requests.insert(id.clone(), Act::Waits);
        id
    }

    /// What became of a request; [`Act::Expired`] when its time is over.
    pub(crate) fn act(&self, id: &str) -> Act {
        self.requests.get(id).unwrap_or(Act::Expired)
    }

    /// Does something with a request; `false` when it is over.
    pub(crate) fn put(&self, id: &str, act: Act) -> bool {
        let is_open = self.act(id) == Act::Waits;
        if is_open {
            self.requests.insert(id.to_owned(), act);
        }
        is_open
    }

    /// Notes what a person sees in the question that was asked last.
    pub(crate) fn show(&self, answer: &str) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some(answer.to_owned());
    }

    /// What a person sees in the question that was asked last.
    pub(crate) fn last(&self) -> Option<String> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What is done with the phone.
#[derive(Debug, Deserialize)]
pub(crate) struct Tap {
    /// Whose phone it is; the person that the portal waits for when not told.
    #[serde(default)]
    id_card: String,
    /// `ok`, `no` or `expire`; only looked at when blank.
    #[serde(default)]
    act: String,
}

/// `GET /phone/{id}`: what a QR code of the lab leads to.
pub(crate) async fn tap(
    State(handsets): State<Handsets>,
    Path(id): Path<String>,
    Query(tap): Query<Tap>,
) -> Html<String> {
    let act = match tap.act.as_str() {
        "ok" => Act::Done(tap.id_card),
        "no" => Act::Refused,
        "expire" => Act::Expired,
        _ => {
            let form = "<form><p>身份证号 <input name=\"id_card\"></p>\
                        <button name=\"act\" value=\"ok\">确认 · yes</button> \
                        <button name=\"act\" value=\"no\">拒绝 · no</button></form>";
            return Html(crate::html::page("示范市 · 手机", "UTF-8", form));
        }
    };
    let is_done = handsets.put(&id, act);
    let said = if is_done { "好了 · done" } else { "已失效 · over" };
    Html(crate::html::page("示范市 · 手机", "UTF-8", said))
}
