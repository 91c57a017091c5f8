//! GET /v1/callbacks: what was sent to the app and how it went, and sending it anew.

use fiveone_engine::{CallbackAbout, CallbackState, KeptCallback};
use fiveone_model::clock::rfc3339;
use fiveone_model::link::LinkEvent;
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::code::Code;
use super::query::{cursor, page};
use super::tasks::ProductChoice;
use super::{Outcome, body, json};

/// A page of callbacks, the newest first.
#[derive(Serialize, JsonSchema)]
pub(super) struct CallbackPage {
    data: Vec<Callback>,
    /// The `cursor` of the next page; null at the end.
    next: Option<String>,
}

/// A message to the app.
#[derive(Serialize, JsonSchema)]
pub(super) struct Callback {
    /// Its id, which its receiver sees as webhook-id.
    id: String,
    /// The task it tells of.
    task: Option<String>,
    /// The link it tells of.
    link: Option<String>,
    /// What happened to the link.
    event: Option<EventWord>,
    /// Where it goes.
    url: String,
    /// The state code it tells of a task.
    code: Option<u32>,
    state: CallbackWord,
    attempts: i64,
    /// Why the last attempt did not count.
    last_error: Option<String>,
    created_at: String,
    /// When it is tried next.
    next_at: Option<String>,
}

/// What happened to a link.
#[derive(Serialize, JsonSchema)]
enum EventWord {
    /// Its page ran in a browser for the first time.
    #[serde(rename = "link.opened")]
    Opened,
    /// It ended with nothing handed over.
    #[serde(rename = "link.exited")]
    Exited,
}

/// Where a callback is.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum CallbackWord {
    /// It is tried, or tried again later.
    Pending,
    /// It was acknowledged.
    Delivered,
    /// Its tries are used up; it can be replayed.
    Exhausted,
    /// A later one of its task was sent before it was acknowledged.
    Superseded,
}

/// GET /v1/callbacks
pub(super) async fn list(call: Call<'_>) -> Outcome {
    let must_be = "pending, delivered, exhausted or superseded";
    let state = call.query.parsed("state", must_be, CallbackState::parse)?;
    let (limit, after) = (call.query.limit()?, call.query.mark()?);
    let (engine, app) = (&call.front.api.engine, &call.app.app.id);
    let callbacks = engine.own_callbacks(app, state, after.as_ref(), limit + 1).await?;
    let (callbacks, has_more) = page(callbacks, limit);
    let last = callbacks.last().filter(|_| has_more);
    let next = last.map(|last| cursor(&format!("{}.{}", last.created_at, last.id)));
    json(StatusCode::OK, &CallbackPage { data: callbacks.iter().map(of_callback).collect(), next })
}

/// POST /v1/callbacks/{id}/replay
pub(super) async fn replay(call: Call<'_>) -> Outcome {
    let (engine, app) = (&call.front.api.engine, &call.app.app.id);
    engine.own_callback(app, &call.id).await?.ok_or(Code::CallbackNotFound)?;
    if !engine.replay_own(app, &call.id).await? {
        return Err(Code::CallbackNotExhausted.into());
    }
    let callback = engine.own_callback(app, &call.id).await?.ok_or(Code::CallbackNotFound)?;
    json(StatusCode::ACCEPTED, &of_callback(&callback))
}

/// What POST /v1/callbacks/test is sent.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = serde_json::json!({ "product": "fund" }))]
pub(super) struct NewTry {
    product: ProductChoice,
}

/// What came of a callback that was tried.
#[derive(Serialize, JsonSchema)]
pub(super) struct Tried {
    /// What its receiver saw as webhook-id.
    id: String,
    /// Whether a callback like it would not be tried again.
    acknowledged: bool,
    /// What the receiver answered.
    http_status: Option<u16>,
    /// Why it would be tried again.
    error: Option<String>,
}

/// POST /v1/callbacks/test
pub(super) async fn test(call: Call<'_>) -> Outcome {
    let new: NewTry = body::parse(&call.body)?;
    let product = new.product.into();
    call.allow(product)?;
    let tried = call.front.api.engine.try_callback(&call.app, product).await?;
    let tried = tried.ok_or(Code::NoCallbackAddress)?;
    let acknowledged = tried.error.is_none();
    let (id, http_status, error) = (tried.id, tried.http_status, tried.error);
    json(StatusCode::OK, &Tried { id, acknowledged, http_status, error })
}

pub(super) fn of_callback(callback: &KeptCallback) -> Callback {
    let (code, event) = match &callback.about {
        None => (None, None),
        Some(CallbackAbout::Task { code, .. }) => (Some(*code), None),
        Some(CallbackAbout::Link { event, .. }) => {
            let word = match event {
                LinkEvent::Opened => EventWord::Opened,
                LinkEvent::Exited => EventWord::Exited,
            };
            (None, Some(word))
        }
    };
    Callback {
        id: callback.id.clone(),
        task: callback.task().map(ToString::to_string),
        link: callback.link().map(str::to_owned),
        event,
        url: callback.url.clone(),
        code,
        state: match callback.state {
            CallbackState::Pending => CallbackWord::Pending,
            CallbackState::Delivered => CallbackWord::Delivered,
            CallbackState::Exhausted => CallbackWord::Exhausted,
            CallbackState::Superseded => CallbackWord::Superseded,
        },
        attempts: callback.attempts,
        last_error: callback.last_error.clone(),
        created_at: rfc3339(callback.created_at),
        next_at: callback.next_at.map(rfc3339),
    }
}
