//! What an app may see and do with what is its own: tasks, wallet, callbacks. Another app's is nothing.

use fiveone_model::app::AppId;
use fiveone_model::ledger::Entry;
use fiveone_model::product::Product;
use fiveone_model::task::TaskId;
use fiveone_store::{
    CallbackChoice, CallbackState, KeptCallback, Mark, TaskChoice, TaskLine, Viewer,
};

use crate::{AppEntry, Cancelling, Engine, Fault, OwnTask, Receipt, Refreshing, ReportOf, Tried};

impl Engine {
    /// A task of an app; another app's is none.
    ///
    /// # Errors
    /// The store could not be asked, or a row cannot be decoded.
    pub async fn own_task(&self, app: &AppId, tid: &str) -> Result<Option<OwnTask>, Fault> {
        self.0.own.show(app, tid).await
    }

    /// A text that is another one whenever a task of an app is not as it was.
    ///
    /// # Errors
    /// The store could not be asked.
    pub async fn own_task_version(&self, app: &AppId, tid: &str) -> Result<Option<String>, Fault> {
        self.0.own.version(app, tid).await
    }

    /// Up to `limit` tasks of an app, the newest first, from after a mark.
    ///
    /// # Errors
    /// The store could not be asked, or a row cannot be decoded.
    pub async fn own_tasks(
        &self,
        app: &AppId,
        choice: &TaskChoice,
        after: Option<&Mark>,
        limit: i64,
    ) -> Result<Vec<TaskLine>, Fault> {
        self.0.own.list(app, choice, after, limit).await
    }

    /// The report of an app's task.
    ///
    /// # Errors
    /// The store could not be asked, or a section does not open.
    pub async fn own_report(&self, app: &AppId, tid: &str) -> Result<ReportOf, Fault> {
        self.0.own.report(app, tid).await
    }

    /// Ends a task of an app of which nothing was read yet.
    ///
    /// # Errors
    /// The store failed.
    pub async fn cancel(&self, app: &AppId, tid: &str) -> Result<Cancelling, Fault> {
        match TaskId::parse(tid) {
            Some(id) => self.0.own.cancel(Viewer::App, app, &id).await,
            None => Ok(Cancelling::Unknown),
        }
    }

    /// Asks for another picture, or another SMS, in place of the question that is open on an app's task;
    /// `None` when it has no such task.
    ///
    /// # Errors
    /// The store failed, or what it has does not open.
    pub async fn refresh(
        &self,
        app: &AppId,
        tid: &str,
        question: i64,
    ) -> Result<Option<Refreshing>, Fault> {
        let Some(id) = TaskId::parse(tid) else { return Ok(None) };
        let line = self.0.wiring.store.read.task_of(Viewer::App, app, &id).await?;
        let Some(line) = line else { return Ok(None) };
        self.0.answers.refresh(&line.task, question).await.map(Some)
    }

    /// Posts a callback that tells of no task to an app's address, once and at once; `None` when the app
    /// has none.
    ///
    /// # Errors
    /// The store failed, or the system gives no random bytes.
    pub async fn try_callback(
        &self,
        entry: &AppEntry,
        product: Product,
    ) -> Result<Option<Tried>, Fault> {
        match entry.app.callback(product) {
            Some(address) => {
                self.0.notifier.try_address(&entry.app.id, &address.url).await.map(Some)
            }
            None => Ok(None),
        }
    }

    /// Erases what was read for a task of an app, now or as soon as it ends.
    ///
    /// # Errors
    /// The store failed.
    pub async fn erase_own(&self, app: &AppId, tid: &str) -> Result<Option<Receipt>, Fault> {
        self.0.own.erase(app, tid).await
    }

    /// Up to `limit` entries of an app's wallet, the newest first, from before a number.
    ///
    /// # Errors
    /// The store failed.
    pub async fn own_entries(
        &self,
        app: &AppId,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Entry>, Fault> {
        Ok(self.0.wiring.store.read.entries_before(app, before, limit).await?)
    }

    /// Up to `limit` callbacks of an app, the newest first, from after a mark.
    ///
    /// # Errors
    /// The store failed.
    pub async fn own_callbacks(
        &self,
        app: &AppId,
        state: Option<CallbackState>,
        after: Option<&Mark>,
        limit: i64,
    ) -> Result<Vec<KeptCallback>, Fault> {
        Ok(self.0.wiring.store.read.callbacks_to(app, state, after, limit).await?)
    }

    /// One callback of an app.
    ///
    /// # Errors
    /// The store failed.
    pub async fn own_callback(&self, app: &AppId, id: &str) -> Result<Option<KeptCallback>, Fault> {
        Ok(self.0.wiring.store.read.callback_to(app, id).await?)
    }

    /// Begins a callback of an app anew whose tries are used up; `false` when it is not one.
    ///
    /// # Errors
    /// The store failed.
    pub async fn replay_own(&self, app: &AppId, id: &str) -> Result<bool, Fault> {
        let choice = CallbackChoice { id: Some(id), app: Some(app), ..CallbackChoice::default() };
        let begun = self.0.wiring.store.write.replay_callbacks(choice, self.now()).await?;
        self.0.wiring.signals.callbacks.notify_one();
        Ok(begun == 1)
    }
}
