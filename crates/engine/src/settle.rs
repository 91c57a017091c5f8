//! Settlement: a task's end, its money and its callback in one transaction (§6, §8).

use fiveone_model::task::{CrawlProgress, Stage};
use fiveone_store::{NewCallback, Settlement, TaskRow};

use crate::seal::random;
use crate::{Engine, Fault};

impl Engine {
    /// Ends a task. A task that somebody else has ended or taken meanwhile stays as it is.
    ///
    /// # Errors
    /// The store failed; the sweeper will end the task when its time is over.
    pub(crate) async fn settle(&self, task: &TaskRow, stage: Stage) -> Result<(), Fault> {
        let now = self.now();
        let callback = self.final_callback(task, &stage).await?;
        let end = Settlement {
            task: task.id.clone(),
            fence: task.fence,
            stage,
            now,
            wipe_after: now + self.0.options.report_for_ms,
            callback,
        };
        let resolved = match self.0.store.write.settle(&end).await {
            Ok(resolved) => resolved,
            Err(fiveone_store::Error::Stale { .. }) => {
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
        self.0.open_tasks.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
        self.0.signals.forget(&task.id);
        self.0.signals.changed();
        self.0.signals.callbacks.notify_one();
        self.note_health(task, &end.stage).await;
        Ok(())
    }

    /// [`Engine::settle`] for those who can do no more than log when it fails.
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
        let entry = self.app(&task.app_id).await?;
        let address = entry.as_ref().and_then(|entry| entry.app.callback(task.product));
        address.map(|address| self.new_callback(task, &address.url, stage)).transpose()
    }

    pub(crate) fn new_callback(
        &self,
        task: &TaskRow,
        url: &str,
        stage: &Stage,
    ) -> Result<NewCallback, Fault> {
        Ok(NewCallback {
            id: format!("msg_{}", hex::encode(random::<16>()?)),
            task: task.id.clone(),
            app_id: task.app_id.clone(),
            url: url.to_owned(),
            code: stage.code(CrawlProgress::SomeSections).number(),
            msg: stage.msg(CrawlProgress::SomeSections),
            now: self.now(),
        })
    }
}
