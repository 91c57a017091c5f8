//! /v1/sandbox: what a test key may make the model city do. A live key has none of it, and no task that
//! costs money is touched.

use fiveone_engine::Forced;
use fiveone_model::api_key::KeyMode;
use fiveone_model::sandbox::{Sandbox, codes_ahead, codes_at_once};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::callbacks::of_callback;
use super::code::Code;
use super::problem::Problem;
use super::task::Task;
use super::{Outcome, body, json};

/// What the app's test tasks come to.
#[derive(Serialize, JsonSchema)]
pub(super) struct SandboxState {
    /// The code that the next test task comes to; null when its password decides.
    next: Option<u32>,
    portal: PortalState,
}

/// Whether the model city answers this app.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum PortalState {
    /// It does.
    Up,
    /// Each login ends in 50007.
    Down,
}

impl SandboxState {
    const fn of(sandbox: Sandbox) -> Self {
        let portal = if sandbox.is_down { PortalState::Down } else { PortalState::Up };
        Self { next: sandbox.next, portal }
    }
}

/// What POST /v1/sandbox/next is sent.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = serde_json::json!({ "code": 50002 }))]
pub(super) struct NewWish {
    /// 10003 and 10004 ask for an SMS code and for a second picture; 40001, 40002 and 50001 to 50009 (but
    /// 50003 and 50008) are how the task ends. Null takes the wish back.
    code: Option<u32>,
}

/// What POST /v1/sandbox/portal is sent.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = serde_json::json!({ "state": "up" }))]
pub(super) struct NewPortalState {
    state: PortalState,
}

/// What POST /v1/sandbox/tasks/{id}/fail is sent.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = serde_json::json!({ "code": 50007 }))]
pub(super) struct NewFailure {
    /// 50001 to 50009, but 50003.
    code: u32,
}

/// What POST /v1/sandbox/callbacks is sent.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = serde_json::json!({ "task": "00000000000000000000000000000000", "code": 40001 }))]
pub(super) struct NewEvent {
    /// A test task of the app.
    task: String,
    /// Any state code.
    code: u32,
}

/// Lets test keys alone go on.
fn of_test(call: &Call<'_>) -> Result<(), Problem> {
    if call.mode == KeyMode::Test { Ok(()) } else { Err(Code::TestKeyNeeded.into()) }
}

async fn state(call: &Call<'_>) -> Outcome {
    let sandbox = call.front.api.engine.sandbox(&call.app.app.id).await?;
    json(StatusCode::OK, &SandboxState::of(sandbox))
}

/// GET /v1/sandbox
pub(super) async fn show(call: Call<'_>) -> Outcome {
    of_test(&call)?;
    state(&call).await
}

/// POST /v1/sandbox/next
pub(super) async fn next(call: Call<'_>) -> Outcome {
    of_test(&call)?;
    let wish: NewWish = body::parse(&call.body)?;
    if !call.front.api.engine.wish_next(&call.app.app.id, wish.code).await? {
        return Err(no_such_code(codes_ahead()));
    }
    state(&call).await
}

/// POST /v1/sandbox/portal
pub(super) async fn portal(call: Call<'_>) -> Outcome {
    of_test(&call)?;
    let new: NewPortalState = body::parse(&call.body)?;
    let is_down = matches!(new.state, PortalState::Down);
    call.front.api.engine.take_down(&call.app.app.id, is_down).await?;
    state(&call).await
}

/// POST /v1/sandbox/tasks/{id}/fail
pub(super) async fn fail(call: Call<'_>) -> Outcome {
    of_test(&call)?;
    let new: NewFailure = body::parse(&call.body)?;
    let engine = &call.front.api.engine;
    call.own_task().await?;
    done(engine.fail_test(&call.app.app.id, &call.id, new.code).await?)?;
    let own = call.own_task().await?;
    json(StatusCode::OK, &Task::of(&own))
}

/// POST /v1/sandbox/callbacks
pub(super) async fn callback(call: Call<'_>) -> Outcome {
    of_test(&call)?;
    let new: NewEvent = body::parse(&call.body)?;
    let (engine, app) = (&call.front.api.engine, &call.app.app.id);
    let id = done(engine.fire_callback(app, &new.task, new.code).await?)?;
    let callback = engine.own_callback(app, &id).await?.ok_or(Code::CallbackNotFound)?;
    json(StatusCode::ACCEPTED, &of_callback(&callback))
}

fn done(forced: Forced) -> Result<String, Problem> {
    match forced {
        Forced::Done(id) => Ok(id),
        Forced::Unknown => Err(Code::TaskNotFound.into()),
        Forced::NoTest => Err(Code::TaskNoTest.into()),
        Forced::Ended => Err(Code::TaskEnded.into()),
        Forced::NoSuchCode => Err(no_such_code(codes_at_once())),
        Forced::NoAddress => Err(Code::NoCallbackAddress.into()),
    }
}

fn no_such_code(codes: impl Iterator<Item = u32>) -> Problem {
    let codes: Vec<_> = codes.map(|code| code.to_string()).collect();
    Problem::parameter(format!("code must be one of {}", codes.join(", ")))
}
