//! `fiveone callback`: callbacks that nobody acknowledged, and sending them anew.

use std::sync::Arc;

use clap::{Args, Subcommand, ValueEnum};
use fiveone_engine::{KeptCallbacks, SystemTime};
use fiveone_model::app::AppId;
use fiveone_model::clock::shanghai_text;
use fiveone_model::task::TaskId;
use fiveone_store::{CallbackAbout, CallbackChoice, CallbackState, KeptCallback};
use serde_json::{Value, json};

use super::app::app_id;
use super::store_access::StoreAccess;
use super::task::task_id;
use crate::exit::{Failed, Reason};
use crate::output;

/// Lists callbacks that nobody acknowledged, and sends them anew
#[derive(Debug, Args)]
pub(crate) struct Callback {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    access: StoreAccess,
    /// Prints one JSON object
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Lists callbacks, newest first: those whose tries are used up, or those in another state
    ///
    /// Example: fiveone callback list --app loans
    List {
        #[command(flatten)]
        choice: Choice,
        /// Which
        #[arg(long, default_value = "exhausted")]
        state: StateArg,
        /// How many at most
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..))]
        limit: i64,
    },
    /// Begins callbacks anew whose tries are used up; a running node sends them within seconds
    ///
    /// Example: fiveone callback replay --app loans
    Replay {
        #[command(flatten)]
        choice: Choice,
        /// All of them, of every app
        #[arg(long, conflicts_with_all = ["id", "app", "tid"])]
        all: bool,
    },
}

/// Which callbacks.
#[derive(Debug, Args)]
struct Choice {
    /// The callback's id, which its receiver sees as webhook-id
    id: Option<String>,
    /// Those to an app
    #[arg(long, value_parser = app_id, value_name = "APP")]
    app: Option<AppId>,
    /// Those of a task
    #[arg(long, value_parser = task_id)]
    tid: Option<TaskId>,
}

impl Choice {
    const fn is_given(&self) -> bool {
        self.id.is_some() || self.app.is_some() || self.tid.is_some()
    }

    fn chosen(&self) -> CallbackChoice<'_> {
        CallbackChoice {
            id: self.id.as_deref(),
            app: self.app.as_ref(),
            task: self.tid.as_ref(),
            since: None,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum StateArg {
    Pending,
    Delivered,
    Exhausted,
    Superseded,
}

impl From<StateArg> for CallbackState {
    fn from(state: StateArg) -> Self {
        match state {
            StateArg::Pending => Self::Pending,
            StateArg::Delivered => Self::Delivered,
            StateArg::Exhausted => Self::Exhausted,
            StateArg::Superseded => Self::Superseded,
        }
    }
}

impl Callback {
    pub(crate) async fn run(self) -> Result<(), Failed> {
        let callbacks = KeptCallbacks::new(self.access.store().await?, Arc::new(SystemTime));
        match &self.action {
            Action::List { choice, state, limit } => {
                let state = CallbackState::from(*state);
                let rows = callbacks.list(state, choice.chosen(), *limit).await?;
                if self.json {
                    let rows: Vec<_> = rows.iter().map(shown).collect();
                    output::say_json(&json!({ "callbacks": rows }), false);
                } else if rows.is_empty() {
                    output::say(&format!("no callback is {}", state.as_str()));
                } else {
                    let lines: Vec<_> = rows.iter().map(line).collect();
                    output::say(&lines.join("\n"));
                }
            }
            Action::Replay { choice, all } => {
                if !all && !choice.is_given() {
                    let message = "which? an id, --app, --tid, or --all";
                    return Err(Failed::message(Reason::Usage, message.to_owned()));
                }
                let count = callbacks.replay(choice.chosen()).await?;
                if self.json {
                    output::say_json(&json!({ "replayed": count }), false);
                } else {
                    output::say(&format!("{count} begun anew"));
                }
            }
        }
        Ok(())
    }
}

fn shown(callback: &KeptCallback) -> Value {
    let (status, event) = match &callback.about {
        None => (None, None),
        Some(CallbackAbout::Task { code, .. }) => (Some(*code), None),
        Some(CallbackAbout::Link { event, .. }) => (None, Some(event.as_str())),
    };
    json!({
        "id": callback.id,
        "app": callback.app_id,
        "tid": callback.task().map(TaskId::as_str),
        "link": callback.link(),
        "status": status,
        "event": event,
        "url": callback.url,
        "state": callback.state.as_str(),
        "attempts": callback.attempts,
        "error": callback.last_error,
        "createdAt": shanghai_text(callback.created_at),
        "nextAt": callback.next_at.map(shanghai_text),
    })
}

fn line(callback: &KeptCallback) -> String {
    let error = callback.last_error.as_deref().unwrap_or("-");
    format!(
        "{}  {}  {}  {}  {}  {} attempts  {error}  {}",
        shanghai_text(callback.created_at),
        callback.id,
        callback.app_id,
        callback.task().map_or_else(|| callback.link().unwrap_or("-"), TaskId::as_str),
        callback.what(),
        callback.attempts,
        callback.url
    )
}
