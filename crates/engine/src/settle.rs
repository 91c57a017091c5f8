//! Settlement: a task's end, its money and its callback in one transaction (§6, §8).

use std::sync::Arc;

use fiveone_model::clock::Millis;
use fiveone_model::task::{CrawlProgress, Stage};
use fiveone_store::{Error, NewCallback, Settlement, TaskRow, Writer};

use crate::Fault;
use crate::apps::Apps;
use crate::health::Health;
use crate::open_tasks::OpenTasks;
use crate::seal::random;
use crate::signals::Signals;
use crate::time::Time;

/// Ends tasks, for whoever found out that one has ended.
pub(crate) struct Settler {
    pub(crate) write: Writer,
    pub(crate) apps: Arc<Apps>,
    pub(crate) health: Health,
    pub(crate) open_tasks: Arc<OpenTasks>,
    pub(crate) signals: Arc<Signals>,
    pub(crate) time: Arc<dyn Time>,
    /// How long a result is kept.
    pub(crate) report_for_ms: Millis,
}

impl Settler {
    /// Ends a task. A task that somebody else has ended or taken meanwhile stays as it is.
    ///
    /// # Errors
    /// The store failed, or the task cannot end like this; the sweeper will end it when its time
    /// is over.
    pub(crate) async fn settle(&self, task: &TaskRow, stage: Stage) -> Result<(), Fault> {
        let now = self.time.now();
        let callback = self.final_callback(task, &stage).await?;
        let end = Settlement {
            task: task.id.clone(),
            fence: task.fence,
            stage,
            now,
            wipe_after: now + self.report_for_ms,
            callback,
        };
        // Before anybody can see the end: whoever sees it sees what came of it for the area, too. What
        // was seen of the portal is true even when another node ends the task.
        self.health.note(task, &end.stage).await;
        let resolved = match self.write.settle(&end).await {
            Ok(resolved) => resolved,
            Err(Error::Stale { .. }) => {
                tracing::warn!(tid = %task.id, "ended by somebody else");
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let code = end.stage.code(CrawlProgress::SomeSections).number();
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
        self.open_tasks.one_less();
        self.signals.forget(&task.id);
        self.signals.changed();
        self.signals.callbacks.notify_one();
        Ok(())
    }

    /// [`Settler::settle`] for those who can do no more than log when it fails.
    pub(crate) async fn settle_or_leave(&self, task: &TaskRow, stage: Stage) {
        if let Err(fault) = self.settle(task, stage).await {
            tracing::error!(tid = %task.id, error = &fault as &dyn std::error::Error, "not settled");
        }
    }

    async fn final_callback(
        &self,
        task: &TaskRow,
        stage: &Stage,
    ) -> Result<Option<NewCallback>, Fault> {
        let entry = self.apps.find(&task.app_id).await?;
        let Some(app) = entry.as_ref().map(|entry| &entry.app) else { return Ok(None) };
        let Some(address) = app.callback(task.product) else { return Ok(None) };
        let mut callback = new_callback(task, &address.url, stage, self.time.now())?;
        // It says what the app's poll says.
        let code = stage.code(CrawlProgress::SomeSections);
        (callback.code, callback.msg) = app.dialect.state(code, callback.msg);
        Ok(Some(callback))
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
        task: task.id.clone(),
        app_id: task.app_id.clone(),
        url: url.to_owned(),
        code: stage.code(CrawlProgress::SomeSections).number(),
        msg: stage.msg(CrawlProgress::SomeSections),
        now,
    })
}
