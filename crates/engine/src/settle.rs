//! Settlement: a task's end, its money and its callback in one transaction (§6, §8).

use std::sync::Arc;

use fiveone_model::clock::Millis;
use fiveone_model::failure::{Failure, FailureKind};
use fiveone_model::task::{CrawlProgress, Stage, TaskId};
use fiveone_store::{
    CallbackAbout, Error, NewCallback, Resolved, Settlement, TaskRow, Unreadable, Writer,
};
use tokio::sync::{mpsc, oneshot};

use crate::apps::Apps;
use crate::health::Health;
use crate::open_tasks::OpenTasks;
use crate::persist::Persistence;
use crate::seal::random;
use crate::signals::Signals;
use crate::time::Time;
use crate::{Fault, causes};

/// The most tasks ended in one transaction.
const BATCH_MAX: usize = 64;
/// Ends that may wait in line; who has one more waits before the line.
const WAITING_MAX: usize = 1_024;

/// An end on its way into a transaction.
pub(crate) struct PendingEnd {
    end: Settlement,
    reply: oneshot::Sender<Result<Resolved, Fault>>,
}

/// Ends tasks, for whoever found out that one has ended.
pub(crate) struct Settler {
    pub(crate) write: Writer,
    pub(crate) ends: mpsc::Sender<PendingEnd>,
    pub(crate) persistence: Persistence,
    pub(crate) apps: Arc<Apps>,
    pub(crate) health: Health,
    pub(crate) open_tasks: Arc<OpenTasks>,
    pub(crate) signals: Arc<Signals>,
    pub(crate) time: Arc<dyn Time>,
    /// How long a result is kept.
    pub(crate) report_for_ms: Millis,
}

impl Settler {
    /// Ends a task, however long the store is away. A task that somebody else has ended or taken
    /// meanwhile stays as it is.
    ///
    /// # Errors
    /// The task cannot end like this, or the node has ended; the sweeper will end it when its time
    /// is over.
    pub(crate) async fn settle(&self, task: &TaskRow, stage: Stage) -> Result<(), Fault> {
        let now = self.time.now();
        let callback = match task.withheld_until {
            // Its app hears of it when the person hands it over.
            Some(_) => None,
            None => {
                let calling = || final_callback(&self.apps, task, &stage, now);
                self.persistence.persist(calling).await?
            }
        };
        let end = Settlement {
            task: task.id.clone(),
            fence: task.fence,
            stage,
            now,
            wipe_after: task.withheld_until.unwrap_or(now + self.report_for_ms),
            callback,
        };
        // Before anybody can see the end: whoever sees it sees what came of it for the area, too. What
        // was seen of the portal is true even when another node ends the task.
        self.health.note(task, &end.stage).await;
        let code = end.stage.code(CrawlProgress::SomeSections).number();
        let resolved = match self.write_end(end).await {
            Ok(resolved) => resolved,
            Err(Fault::Store(Error::Stale { .. })) => {
                tracing::warn!(tid = %task.id, "ended by somebody else");
                return Ok(());
            }
            Err(Fault::Store(Error::Unwanted { .. })) => {
                tracing::info!(tid = %task.id, "its link is over");
                let stage = Stage::Failed(Failure::of(FailureKind::Cancelled));
                return Box::pin(self.settle(task, stage)).await;
            }
            Err(fault) => return Err(fault),
        };
        tracing::info!(
            tid = %task.id,
            product = %task.product,
            area = %task.area,
            code,
            money = resolved.as_str(),
            ms = now - task.created_at,
            "task ended"
        );
        metrics::counter!(
            crate::metric::TASKS_ENDED,
            "product" => task.product.as_str(),
            "area" => task.area.as_str().to_owned(),
            "code" => code.to_string()
        )
        .increment(1);
        self.tell_of_end(&task.id);
        Ok(())
    }

    async fn write_end(&self, end: Settlement) -> Result<Resolved, Fault> {
        let (reply, answer) = oneshot::channel();
        let gone = || Fault::Impossible("nobody writes ends any more".to_owned());
        self.ends.send(PendingEnd { end, reply }).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    fn tell_of_end(&self, task: &TaskId) {
        self.open_tasks.one_less();
        self.signals.forget(task);
        self.signals.changed();
        self.signals.callbacks.notify_one();
        // A portal has one task less that talks to it.
        self.signals.work.notify_one();
    }

    /// Ends a task of which only id and fence could be read: it fails, with no callback. What cannot
    /// even fail is set aside.
    ///
    /// # Errors
    /// The store is away.
    pub(crate) async fn fail_unread(
        &self,
        task: TaskId,
        fence: i64,
        kind: FailureKind,
    ) -> Result<(), Fault> {
        let now = self.time.now();
        let end = Settlement {
            task: task.clone(),
            fence,
            stage: Stage::Failed(Failure::of(kind)),
            now,
            wipe_after: now + self.report_for_ms,
            callback: None,
        };
        match self.write_end(end).await {
            Ok(_) => self.tell_of_end(&task),
            Err(Fault::Store(Error::Stale { .. })) => {}
            Err(fault) => self.set_aside(task.as_str(), &fault).await?,
        }
        Ok(())
    }

    /// Ends rows that could not be read, each by itself.
    pub(crate) async fn end_unreadable(&self, rows: &[Unreadable]) {
        for row in rows {
            let why = row.error.to_string();
            tracing::error!(tid = row.task, why, "a task's row cannot be read; it fails");
            let ended = match TaskId::parse(&row.task) {
                Some(task) => self.fail_unread(task, row.fence, FailureKind::Internal).await,
                None => self.set_aside(&row.task, &row.error).await,
            };
            if let Err(fault) = ended {
                let error = causes(&fault);
                tracing::error!(tid = row.task, error, "not ended");
            }
        }
    }

    /// Sets a task aside that can be ended neither so nor so, unless it is the store that is away.
    ///
    /// # Errors
    /// The store is away.
    pub(crate) async fn set_aside(
        &self,
        task: &str,
        why: &(dyn std::error::Error + Sync),
    ) -> Result<(), Fault> {
        let why = why.source().map_or_else(|| why.to_string(), ToString::to_string);
        tracing::error!(tid = task, why, "set aside; see fiveone doctor");
        metrics::counter!(crate::metric::TASKS_SET_ASIDE).increment(1);
        Ok(self.write.set_aside(task, &why, self.time.now()).await?)
    }

    /// [`Settler::settle`] for those who can do no more than log when it fails.
    pub(crate) async fn settle_or_leave(&self, task: &TaskRow, stage: Stage) {
        if let Err(fault) = self.settle(task, stage).await {
            tracing::error!(tid = %task.id, error = causes(&fault), "not settled");
        }
    }
}

/// The callback that tells an app of the end of its task.
pub(crate) async fn final_callback(
    apps: &Apps,
    task: &TaskRow,
    stage: &Stage,
    now: Millis,
) -> Result<Option<NewCallback>, Fault> {
    // An app whose token does not open any more is told of the end all the same, later.
    let Some(app) = apps.app(&task.app_id).await? else { return Ok(None) };
    let Some(address) = app.callback(task.product) else { return Ok(None) };
    let mut callback = new_callback(task, &address.url, stage, now)?;
    // It says what the app's poll says.
    let code = stage.code(CrawlProgress::SomeSections);
    let (code, msg) = app.dialect.state(code, callback.msg);
    callback.about = CallbackAbout::Task { id: task.id.clone(), code };
    callback.msg = msg;
    Ok(Some(callback))
}

/// Writes ends as they come, all that wait in one transaction, and goes on when the store is away.
pub(crate) struct EndWriter {
    write: Writer,
    persistence: Persistence,
    pending: mpsc::Receiver<PendingEnd>,
}

impl EndWriter {
    /// A writer, and the line to it.
    pub(crate) fn new(write: Writer, persistence: Persistence) -> (Self, mpsc::Sender<PendingEnd>) {
        let (ends, pending) = mpsc::channel(WAITING_MAX);
        (Self { write, persistence, pending }, ends)
    }

    /// Writes until no [`Settler`] is left.
    pub(crate) async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        while self.pending.recv_many(&mut batch, BATCH_MAX).await > 0 {
            let (ends, replies): (Vec<_>, Vec<_>) =
                batch.drain(..).map(|one| (one.end, one.reply)).unzip();
            // Who is not there any more to hear of an end does not need to.
            match self.persistence.persist(|| self.write.settle_all(&ends)).await {
                Ok(outcomes) => {
                    for (reply, outcome) in replies.into_iter().zip(outcomes) {
                        drop(reply.send(outcome.map_err(Fault::from)));
                    }
                }
                Err(error) => {
                    let error = Arc::new(error);
                    for reply in replies {
                        drop(reply.send(Err(Fault::Shared(Arc::clone(&error)))));
                    }
                }
            }
        }
    }
}

/// The callback that tells of a stage.
pub(crate) fn new_callback(
    task: &TaskRow,
    url: &str,
    stage: &Stage,
    now: Millis,
) -> Result<NewCallback, Fault> {
    Ok(NewCallback {
        id: format!("msg_{}", hex::encode(random::<16>()?)),
        about: CallbackAbout::Task {
            id: task.id.clone(),
            code: stage.code(CrawlProgress::SomeSections).number(),
        },
        app_id: task.app_id.clone(),
        url: url.to_owned(),
        msg: stage.msg(CrawlProgress::SomeSections),
        now,
    })
}
