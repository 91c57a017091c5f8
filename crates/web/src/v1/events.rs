//! Following a task: a stream of events, and the waiting of a long poll.
//!
//! Signals hurry, and every second whoever waits looks by itself: what another node does is seen, too.

use std::convert::Infallible;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use axum::response::IntoResponse as _;
use axum::response::sse::{Event, KeepAlive, Sse};
use fiveone_engine::{Fault, OwnTask};
use fiveone_model::app::AppId;
use futures_util::{Stream, stream};
use tokio::sync::watch;

use super::call::Call;
use super::task::Task;
use super::tasks::own_task;
use super::waits::Waiting;
use super::{Front, Outcome};
use crate::state::log_fault;

/// Whoever waits looks at least this often.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A stream says something at least this often, so that nobody in between closes it.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// When a client whose stream broke comes back.
const RETRY: Duration = Duration::from_secs(1);

/// A task that is looked at again whenever it may have changed.
pub(super) struct Watch {
    front: Arc<Front>,
    app: AppId,
    id: String,
    changes: watch::Receiver<u64>,
    /// What was looked at last; thousands may wait, and each is woken by any task's change.
    version: Option<String>,
}

/// What a look shows.
pub(super) struct Look {
    /// The task as JSON.
    pub(super) text: String,
    /// Whether the app must do something: a question waits, or the task has ended.
    pub(super) is_due: bool,
    /// Whether it will never change again, but for its erasure.
    pub(super) is_final: bool,
}

impl Look {
    fn of(own: &OwnTask) -> Result<Self, Fault> {
        let text = serde_json::to_string(&Task::of(own))
            .map_err(|error| Fault::Impossible(format!("a task is no JSON: {error}")))?;
        let is_final = own.stage.name().is_final();
        Ok(Self { text, is_due: is_final || own.question.is_some(), is_final })
    }

    /// Which of the task's states it is, for `ETag`.
    pub(super) fn tag(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.text.hash(&mut hasher);
        format!("\"{:016x}\"", hasher.finish())
    }
}

impl Watch {
    /// Begins to watch: what changes from now on is seen.
    pub(super) fn begin(call: &Call<'_>) -> Self {
        let front = Arc::clone(call.front);
        let changes = front.api.engine.changes();
        Self { front, app: call.app.app.id.clone(), id: call.id.clone(), changes, version: None }
    }

    /// The task as it is now; `None` when there is none.
    pub(super) async fn look(&mut self) -> Result<Option<Look>, Fault> {
        self.changes.mark_unchanged();
        // Before the task itself: what changes between the two is looked at again.
        self.version = self.version().await?;
        let own = self.front.api.engine.own_task(&self.app, &self.id).await?;
        own.as_ref().map(Look::of).transpose()
    }

    /// Waits until it has changed since the last look.
    pub(super) async fn changed(&mut self) -> Result<(), Fault> {
        loop {
            drop(tokio::time::timeout(LOOK_EVERY, self.changes.changed()).await);
            self.changes.mark_unchanged();
            if self.version().await? != self.version {
                return Ok(());
            }
        }
    }

    async fn version(&self) -> Result<Option<String>, Fault> {
        self.front.api.engine.own_task_version(&self.app, &self.id).await
    }
}

/// GET …/events: the task at once and at each change, until it has ended.
pub(super) async fn follow(mut call: Call<'_>) -> Outcome {
    let task = own_task(&call).await?;
    call.allow(task.line.task.product)?;
    let waiting = call.wait()?;
    let watch = Watch::begin(&call);
    let keep_alive = KeepAlive::new().interval(HEARTBEAT).text("waiting");
    Ok(Sse::new(events(watch, waiting)).keep_alive(keep_alive).into_response())
}

fn events(watch: Watch, waiting: Waiting) -> impl Stream<Item = Result<Event, Infallible>> {
    let begin = Some((watch, waiting, String::new()));
    stream::unfold(begin, |state| async {
        let (mut watch, waiting, told) = state?;
        loop {
            match watch.look().await {
                Ok(Some(look)) if look.text != told => {
                    let event = Event::default().event("task").retry(RETRY).data(&look.text);
                    let next = (!look.is_final).then_some((watch, waiting, look.text));
                    return Some((Ok(event), next));
                }
                Ok(Some(_)) => {}
                Ok(None) => return None,
                // The client comes back, and perhaps the store with it.
                Err(fault) => {
                    log_fault(&fault);
                    return None;
                }
            }
            if let Err(fault) = watch.changed().await {
                log_fault(&fault);
                return None;
            }
        }
    })
}
