//! Callbacks: which went where and how, what they said, and sending them again.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use fiveone_engine::{CallbackAbout, CallbackChoice, CallbackState, Mark};
use fiveone_model::app::AppId;
use fiveone_model::clock::shanghai_instant;
use fiveone_model::operator::Role;
use fiveone_model::task::TaskId;

use super::frame::{Frame, time};
use super::task::CallbackShown;
use super::tasks::{ROWS, mark, next_page};
use super::visit::{Act, Seen, Trouble, page, see_other};
use super::words;

#[derive(Template)]
#[template(path = "console/callbacks.html")]
struct Callbacks {
    frame: Frame,
    app: String,
    states: Vec<(&'static str, &'static str, bool)>,
    rows: Vec<Row>,
    next: Option<String>,
}

struct Row {
    id: String,
    created: String,
    app: String,
    task: Option<String>,
    what: String,
    state: &'static str,
    kind: &'static str,
    attempts: i64,
    error: String,
}

/// The list.
pub(super) async fn list(seen: Seen) -> Result<Response, Trouble> {
    let wrong = || seen.typed("筛选条件不对。", "A filter makes no sense.");
    let app =
        seen.caller.asked("app").map(|app| AppId::parse(app).ok_or_else(wrong)).transpose()?;
    let state = seen.caller.asked("state");
    let state = state.map(|state| CallbackState::parse(state).ok_or_else(wrong)).transpose()?;
    let console = seen.api.engine.console();
    let mut all = console.callbacks(app.as_ref(), state, mark(&seen).as_ref(), ROWS + 1).await?;
    let has_more = all.len() > usize::try_from(ROWS).unwrap_or(usize::MAX);
    all.truncate(usize::try_from(ROWS).unwrap_or(usize::MAX));
    let next = all.last().filter(|_| has_more).map(|last| {
        let last = Mark { at: last.created_at, id: last.id.clone() };
        next_page(&seen, "/console/callbacks", &last)
    });
    let language = seen.language();
    let rows = all.into_iter().map(|callback| {
        let (name, kind) = words::callback(language, callback.state);
        Row {
            created: time(callback.created_at),
            app: callback.app_id.to_string(),
            task: callback.task().map(ToString::to_string),
            what: callback.what(),
            state: name,
            kind,
            attempts: callback.attempts,
            error: callback.last_error.unwrap_or_default(),
            id: callback.id,
        }
    });
    let states = CallbackState::ALL
        .map(|one| (one.as_str(), words::callback(language, one).0, Some(one) == state));
    page(&Callbacks {
        app: app.map(|app| app.to_string()).unwrap_or_default(),
        states: states.to_vec(),
        rows: rows.collect(),
        next,
        frame: seen.frame("callbacks"),
    })
}

#[derive(Template)]
#[template(path = "console/callback.html")]
struct OneCallback {
    frame: Frame,
    shown: CallbackShown,
    app: String,
    task: Option<String>,
    link: Option<String>,
    created: String,
    payload: String,
}

/// One callback: what it says, without what is signed into it.
pub(super) async fn show(seen: Seen, Path(id): Path<String>) -> Result<Response, Trouble> {
    let console = seen.api.engine.console();
    let found = console.callback(&id).await?.ok_or_else(|| seen.missing())?;
    let (callback, message, attempts) = found;
    let mut deed = seen.deed("look_at_callback", &id)?;
    if let Some(app) = AppId::parse(&callback.app_id) {
        deed = deed.on_app(&app);
    }
    if let Some(task) = callback.task() {
        deed = deed.on_task(task);
    }
    console.note(&deed).await?;
    let payload = match &callback.about {
        Some(CallbackAbout::Task { id, code }) => serde_json::json!({
            "appId": callback.app_id.as_str(),
            "tid": id.as_str(),
            "status": code.to_string(),
            "msg": message,
            "tokenKey": "••••••••",
        }),
        Some(CallbackAbout::Link { .. }) | None => {
            serde_json::from_str(&message).unwrap_or(serde_json::Value::Null)
        }
    };
    page(&OneCallback {
        shown: CallbackShown::of(seen.language(), &callback, &attempts),
        app: callback.app_id.to_string(),
        task: callback.task().map(ToString::to_string),
        link: callback.link().map(str::to_owned),
        created: time(callback.created_at),
        payload: serde_json::to_string_pretty(&payload).unwrap_or_default(),
        frame: seen.frame("callbacks"),
    })
}

/// Sends one again.
pub(super) async fn replay(Path(id): Path<String>, act: Act) -> Result<Response, Trouble> {
    act.seen.needs(Role::Operator)?;
    let choice = CallbackChoice { id: Some(&id), ..CallbackChoice::default() };
    let deed = act.seen.deed("replay", &id)?;
    let begun = act.seen.api.engine.console().replay(deed, choice).await?;
    let said = if begun == 0 { "nothing" } else { "replayed" };
    let back = match TaskId::parse(act.field("to_task")) {
        Some(task) => format!("/console/tasks/{task}"),
        None => format!("/console/callbacks/{}", super::problems::in_address(&id)),
    };
    Ok(see_other(&format!("{back}?said={said}")))
}

/// Sends all again that nobody acknowledged, of one app or of all, since an instant.
pub(super) async fn replay_all(act: Act) -> Result<Response, Trouble> {
    act.seen.needs(Role::Operator)?;
    let wrong = || act.seen.typed("应用或时间不对。", "The app or the time makes no sense.");
    let app = match act.field("app") {
        "" => None,
        text => Some(AppId::parse(text).ok_or_else(wrong)?),
    };
    let since = match act.field("since") {
        "" => None,
        text => Some(shanghai_instant(text).ok_or_else(wrong)?),
    };
    let choice = CallbackChoice { app: app.as_ref(), since, ..CallbackChoice::default() };
    let deed = act.seen.deed("replay", &format!("all since {}", time(since)))?;
    let deed = match &app {
        Some(app) => deed.on_app(app),
        None => deed,
    };
    let begun = act.seen.api.engine.console().replay(deed, choice).await?;
    let said = if begun == 0 { "nothing" } else { "replayed" };
    Ok(see_other(&format!("/console/callbacks?said={said}")))
}
