//! The receiver that tests point an app's callback address at. Boxes, letters and bytes are bounded;
//! the oldest go first.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

const BOXES_MAX: usize = 1_000;
const LETTERS_MAX: usize = 1_000;
const BODY_BYTES_MAX: usize = 16 * 1024;

#[derive(Default)]
struct Letters {
    received: u64,
    kept: VecDeque<Value>,
}

/// Every callback received, by box.
#[derive(Clone, Default)]
pub(crate) struct Callbacks(Arc<Mutex<BTreeMap<String, Letters>>>);

impl Callbacks {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Letters>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How the sender wants to be answered.
#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    answer: Option<u16>,
    times: Option<u64>,
}

/// Stores a callback and answers 200, or the wished status (only the first `times` times).
pub(crate) async fn receive(
    State(callbacks): State<Callbacks>,
    Path(name): Path<String>,
    Query(wish): Query<Wish>,
    request: Request<Body>,
) -> (StatusCode, &'static str) {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        return (StatusCode::PAYLOAD_TOO_LARGE, "too large");
    };
    let headers: BTreeMap<&str, String> = parts
        .headers
        .iter()
        .map(|(name, value)| {
            (name.as_str(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let mut boxes = callbacks.lock();
    if boxes.len() >= BOXES_MAX && !boxes.contains_key(&name) {
        boxes.pop_first();
    }
    let letters = boxes.entry(name).or_default();
    letters.received += 1;
    let is_wished = wish.times.is_none_or(|times| letters.received <= times);
    let status = wish.answer.filter(|_| is_wished).unwrap_or(200);
    letters.kept.push_back(json!({
        "at": jiff::Timestamp::now().to_string(),
        "query": parts.uri.query(),
        "headers": headers,
        "body": String::from_utf8_lossy(&body),
        "answered": status,
    }));
    if letters.kept.len() > LETTERS_MAX {
        letters.kept.pop_front();
    }
    (StatusCode::from_u16(status).unwrap_or(StatusCode::OK), "success")
}

/// Lists the callbacks of a box, oldest first.
pub(crate) async fn list(
    State(callbacks): State<Callbacks>,
    Path(name): Path<String>,
) -> Json<Vec<Value>> {
    let boxes = callbacks.lock();
    Json(boxes.get(&name).map(|letters| letters.kept.iter().cloned().collect()).unwrap_or_default())
}
