//! Tasks: created, shown, listed, answered, cancelled.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::response::Response;
use fiveone_engine::{AdmitError, Answered, Cancelling, CreateRequest, Refreshing, TaskChoice};
use fiveone_model::api_key::{KeyMode, MODEL_CITY};
use fiveone_model::area::{AreaCode, AreaStatus};
use fiveone_model::challenge::ANSWER_CHARS_MAX;
use fiveone_model::idempotency::IdempotencyKey;
use fiveone_model::login::{Credentials, FieldName};
use fiveone_model::product::Product;
use fiveone_model::question::AnswerForm;
use http::{HeaderValue, StatusCode, header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::code::Code;
use super::events::Watch;
use super::problem::Problem;
use super::query::{cursor, page};
use super::task::{Task, TaskSummary};
use super::{Outcome, body, json};
use crate::auth::seconds;

/// The longest that a poll waits, in seconds.
pub(super) const WAIT_S_MAX: u64 = 30;

/// What kind of records: the housing fund, or the five social insurances.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum ProductChoice {
    Fund,
    Insurance,
}

impl From<ProductChoice> for Product {
    fn from(choice: ProductChoice) -> Self {
        match choice {
            ProductChoice::Fund => Self::Fund,
            ProductChoice::Insurance => Self::Insurance,
        }
    }
}

impl From<Product> for ProductChoice {
    fn from(product: Product) -> Self {
        match product {
            Product::Fund => Self::Fund,
            Product::Insurance => Self::Insurance,
        }
    }
}

/// What POST /v1/tasks is sent.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = example())]
pub(super) struct NewTask {
    product: ProductChoice,
    /// The area's code; GET /v1/areas lists them.
    area: String,
    /// Which of the area's logins.
    login: u32,
    #[schemars(with = "LoginFields")]
    #[serde(deserialize_with = "body::each_once")]
    fields: BTreeMap<FieldName, Option<String>>,
}

/// A person of the model city; nobody has a number of region 99.
fn example() -> serde_json::Value {
    serde_json::json!({
        "product": "fund",
        "area": MODEL_CITY,
        "login": 1,
        "fields": { "id_card": "991300199305020000", "password": "good" },
    })
}

/// What the person typed; GET /v1/areas tells which of them a login takes.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "it is a schema alone")]
struct LoginFields {
    account: Option<String>,
    id_card: Option<String>,
    real_name: Option<String>,
    password: Option<String>,
    sub_area: Option<String>,
    corp_account: Option<String>,
    corp_name: Option<String>,
    mobile: Option<String>,
}

/// What POST …/answers is sent.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = serde_json::json!({ "question": 1, "code": "8k2m" }))]
pub(super) struct NewAnswer {
    /// `question.id` of the task, so that an answer never goes to another question.
    question: i64,
    /// What the person read or was sent.
    code: String,
}

/// What POST …/refresh is sent.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = serde_json::json!({ "question": 1 }))]
pub(super) struct NewRefresh {
    /// `question.id` of the task, so that never another question is asked anew.
    question: i64,
}

/// A page of tasks, the newest first.
#[derive(Serialize, JsonSchema)]
pub(super) struct TaskPage {
    data: Vec<TaskSummary>,
    /// The `cursor` of the next page; null at the end.
    next: Option<String>,
}

/// POST /v1/tasks
pub(super) async fn create(call: Call<'_>) -> Outcome {
    let idempotency_key = idempotency_key(&call)?;
    let new: NewTask = body::parse(&call.body)?;
    let product = Product::from(new.product);
    let mut credentials = Credentials::default();
    for (name, value) in new.fields {
        // As sent: a password may begin or end with a blank.
        credentials.set(name, value.unwrap_or_default());
    }
    call.allow(product)?;
    usable_area(&call, product, &new.area).await?;
    let request = CreateRequest {
        product,
        area: new.area,
        login_type: new.login.to_string(),
        credentials,
        idempotency_key,
        withheld: None,
        mode: call.mode,
    };
    let engine = &call.front.api.engine;
    let id = engine.admit(&call.app, request).await.map_err(refused)?;
    tracing::info!(tid = id.as_str(), "admitted");
    let own = engine.own_task(&call.app.app.id, id.as_str()).await?.ok_or(Code::TaskNotFound)?;
    let mut response = json(StatusCode::CREATED, &Task::of(&own))?;
    if let Ok(place) = HeaderValue::from_str(&format!("/v1/tasks/{id}")) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

fn idempotency_key(call: &Call<'_>) -> Result<Option<IdempotencyKey>, Problem> {
    let Some(text) = call.header("idempotency-key")? else { return Ok(None) };
    let key = IdempotencyKey::parse(text);
    let must_be = "header idempotency-key must be 1 to 255 printable ASCII characters";
    key.map(Some).ok_or_else(|| Problem::parameter(must_be))
}

/// The area of a code, when it can be used now, with this key.
pub(super) async fn usable_area(
    call: &Call<'_>,
    product: Product,
    sent: &str,
) -> Result<AreaCode, Problem> {
    let code = AreaCode::parse(sent).ok_or(Code::AreaUnknown)?;
    let areas = call.front.api.engine.areas(product).await?;
    let area = areas.iter().find(|area| area.code == code).ok_or(Code::AreaUnknown)?;
    let is_model_city = code.as_str() == MODEL_CITY;
    let reaches = match call.mode {
        KeyMode::Test => is_model_city,
        KeyMode::Live => !is_model_city || call.reaches_model_city(),
    };
    if !reaches {
        return Err(Code::WrongMode.into());
    }
    match area.status {
        AreaStatus::Usable => Ok(code),
        AreaStatus::Maintenance => Err(Code::AreaClosed.into()),
        AreaStatus::InDevelopment => Err(Code::AreaNotDeveloped.into()),
    }
}

fn refused(error: AdmitError) -> Problem {
    match error {
        AdmitError::Parameter(complaint) => Problem::parameter(complaint),
        AdmitError::WrongMode => Code::WrongMode.into(),
        AdmitError::KeyReused => Code::IdempotencyKeyReused.into(),
        AdmitError::EmployerLogin => Code::EmployerLoginNotGranted.into(),
        AdmitError::NoBalance => Code::InsufficientBalance.into(),
        AdmitError::InProgress => Code::RequestInProgress.into(),
        AdmitError::Busy { wait_ms } => Problem::later(Code::Busy, seconds(wait_ms)),
        AdmitError::Braked { wait_ms } => {
            Problem::later(Code::TooManyRefusedLogins, seconds(wait_ms))
        }
        AdmitError::Fault(fault) => fault.into(),
    }
}

/// GET /v1/tasks/{id}, at once or when there is something new.
pub(super) async fn show(mut call: Call<'_>) -> Outcome {
    let seconds = |text: &str| {
        let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_digits.then(|| text.parse().unwrap_or(u64::MAX).min(WAIT_S_MAX))
    };
    let wait = call.query.parsed("wait", "a whole number of seconds", seconds)?.unwrap_or(0);
    let known = call.header("if-none-match")?.map(str::to_owned);
    let own = call.own_task().await?;
    call.allow(own.line.task.product)?;
    let mut watch = Watch::begin(&call, own.line.task.product);
    let _waiting = if wait > 0 { Some(call.wait()?) } else { None };
    let over = tokio::time::Instant::now() + Duration::from_secs(wait);
    loop {
        let look = watch.look().await?;
        let tag = look.tag();
        let is_news = known.as_ref().map_or(look.is_due, |known| *known != tag);
        let is_over = tokio::time::Instant::now() >= over;
        if is_news || is_over {
            let is_known = known.as_ref() == Some(&tag);
            return tagged(is_known, look.text, &tag);
        }
        if let Ok(Err(problem)) = tokio::time::timeout_at(over, watch.changed()).await {
            return Err(problem);
        }
    }
}

fn tagged(is_known: bool, text: String, tag: &str) -> Outcome {
    let mut response = Response::new(if is_known { String::new() } else { text }.into());
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        headers.insert(header::CONTENT_TYPE, super::JSON);
    }
    Ok(response)
}

/// GET /v1/tasks
pub(super) async fn list(call: Call<'_>) -> Outcome {
    let (query, limit) = (&call.query, call.query.limit()?);
    let area = query.parsed("area", "an area's code", AreaCode::parse)?;
    if area.as_ref().is_some_and(|area| !call.sees(area)) {
        return Err(Code::WrongMode.into());
    }
    let choice = TaskChoice {
        product: query.product()?,
        area: area.or_else(|| call.area_seen()),
        has_ended: query.parsed("ended", "true or false", |text| text.parse().ok())?,
    };
    let after = query.mark()?;
    let engine = &call.front.api.engine;
    let tasks = engine.own_tasks(&call.app.app.id, &choice, after.as_ref(), limit + 1).await?;
    let (tasks, has_more) = page(tasks, limit);
    let last = tasks.last().filter(|_| has_more);
    let next = last.map(|line| cursor(&format!("{}.{}", line.task.created_at, line.task.id)));
    json(StatusCode::OK, &TaskPage { data: tasks.iter().map(TaskSummary::of).collect(), next })
}

/// POST /v1/tasks/{id}/refresh
pub(super) async fn refresh(call: Call<'_>) -> Outcome {
    let new: NewRefresh = body::parse(&call.body)?;
    let own = call.own_task().await?;
    call.allow(own.line.task.product)?;
    let engine = &call.front.api.engine;
    match engine.refresh(&call.app.app.id, &call.id, new.question).await? {
        Some(Refreshing::Asked) => json(StatusCode::ACCEPTED, &Task::of(&call.own_task().await?)),
        Some(Refreshing::NotWaiting) => Err(Code::NoOpenQuestion.into()),
        Some(Refreshing::CannotRefresh) => Err(Code::QuestionStays.into()),
        Some(Refreshing::TooSoon(seconds)) => Err(Problem::later(Code::RefreshTooSoon, seconds)),
        None => Err(Code::TaskNotFound.into()),
    }
}

/// POST /v1/tasks/{id}/answers
pub(super) async fn answer(call: Call<'_>) -> Outcome {
    let new: NewAnswer = body::parse(&call.body)?;
    let own = call.own_task().await?;
    call.allow(own.line.task.product)?;
    let engine = &call.front.api.engine;
    let answer = fiveone_engine::Code {
        text: &new.code,
        form: AnswerForm::Structured,
        question: Some(new.question),
    };
    match engine.answer(&call.app, own.line.task.product, &call.id, answer).await? {
        Answered::Accepted => {
            let own = call.own_task().await?;
            json(StatusCode::ACCEPTED, &Task::of(&own))
        }
        Answered::NotWaiting => Err(Code::NoOpenQuestion.into()),
        Answered::Malformed => Err(Problem::parameter(format!(
            "code must be 1 to {ANSWER_CHARS_MAX} characters without control characters"
        ))),
        Answered::Unknown | Answered::NotYours => Err(Code::TaskNotFound.into()),
    }
}

/// POST /v1/tasks/{id}/cancel
pub(super) async fn cancel(call: Call<'_>) -> Outcome {
    call.own_task().await?;
    match call.front.api.engine.cancel(&call.app.app.id, &call.id).await? {
        Cancelling::Cancelled => {
            let own = call.own_task().await?;
            json(StatusCode::OK, &Task::of(&own))
        }
        Cancelling::Ended => Err(Code::TaskEnded.into()),
        Cancelling::TooLate => Err(Code::TooLateToCancel.into()),
        Cancelling::Unknown => Err(Code::TaskNotFound.into()),
    }
}
