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
use fiveone_model::product::Product;
use futures_util::{Stream, stream};
use tokio::sync::watch;

use super::call::{Call, Standing};
use super::code::Code;
use super::problem::Problem;
use super::task::Task;
use super::waits::Waiting;
use super::{Front, Outcome};

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
    standing: Standing,
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
    pub(super) fn begin(call: &Call<'_>, product: Product) -> Self {
        let front = Arc::clone(call.front);
        let changes = front.api.engine.changes();
        let (app, id, standing) =
            (call.app.app.id.clone(), call.id.clone(), call.standing(product));
        Self { front, app, id, standing, changes, version: None }
    }

    /// The task as it is now, when whoever follows it still may.
    pub(super) async fn look(&mut self) -> Result<Look, Problem> {
        self.standing.check().await?;
        self.changes.mark_unchanged();
        // Before the task itself: what changes between the two is looked at again.
        self.version = self.version().await?;
        let own = self.front.api.engine.own_task(&self.app, &self.id).await?;
        Ok(Look::of(&own.ok_or(Code::TaskNotFound)?)?)
    }

    /// Waits until it has changed since the last look.
    pub(super) async fn changed(&mut self) -> Result<(), Problem> {
        loop {
            drop(tokio::time::timeout(LOOK_EVERY, self.changes.changed()).await);
            self.changes.mark_unchanged();
            self.standing.check().await?;
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
    let task = call.own_task().await?;
    call.allow(task.line.task.product)?;
    let waiting = call.wait()?;
    let watch = Watch::begin(&call, task.line.task.product);
    let keep_alive = KeepAlive::new().interval(HEARTBEAT).text("waiting");
    Ok(Sse::new(events(watch, waiting)).keep_alive(keep_alive).into_response())
}

fn events(watch: Watch, waiting: Waiting) -> impl Stream<Item = Result<Event, Infallible>> {
    let begin = Some((watch, waiting, String::new()));
    stream::unfold(begin, |state| async {
        let (mut watch, waiting, told) = state?;
        loop {
            match watch.look().await {
                Ok(look) if look.text != told => {
                    let event = Event::default().event("task").retry(RETRY).data(&look.text);
                    let next = (!look.is_final).then_some((watch, waiting, look.text));
                    return Some((Ok(event), next));
                }
                Ok(_) => {}
                // The client comes back and is told, and perhaps the store is back with it.
                Err(_) => return None,
            }
            if watch.changed().await.is_err() {
                return None;
            }
        }
    })
}
