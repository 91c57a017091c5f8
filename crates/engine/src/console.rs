//! What operators see and do in the console. Every use-case here is one that there is for the command line,
//! done on behalf of somebody: what is written bears their name. No section is opened here but for its
//! findings, which hold names and never values.

use std::sync::Arc;

use fiveone_model::app::AppId;
use fiveone_model::clock::{Millis, shanghai_day_began};
use fiveone_model::ledger::Entry;
use fiveone_model::operator::OperatorName;
use fiveone_model::task::TaskId;
use fiveone_store::{
    AttemptRow, CallbackChoice, CallbackState, Deed, DeedChoice, KeptCallback, Mark, Overview,
    TaskSearch, TasksFound, Viewer,
};

use crate::operators::new_deed;
use crate::{
    Accounts, AreaSwitches, Cancelling, Engine, Eraser, Fault, Operators, PortalEvidence,
    TaskRecord, Tasks,
};

/// The operators' use-cases of a running node.
pub struct Console(pub(crate) Engine);

/// All that an operator may know of a task.
#[derive(Debug)]
pub struct TaskSeen {
    /// The task, its times, its questions and what could not be read.
    pub record: TaskRecord,
    /// Its callbacks, the newest first, each with its attempts.
    pub callbacks: Vec<(KeptCallback, Vec<AttemptRow>)>,
    /// What the books say of its money, oldest first.
    pub entries: Vec<Entry>,
}

impl Engine {
    /// The operators of the console.
    #[must_use]
    pub fn operators(&self) -> &Operators {
        &self.0.wiring.operators
    }

    /// What operators see and do.
    #[must_use]
    pub fn console(&self) -> Console {
        Console(self.clone())
    }
}

impl Console {
    /// What somebody is about to do.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn deed(
        &self,
        who: &OperatorName,
        address: &str,
        action: &'static str,
        about: &str,
    ) -> Result<Deed, Fault> {
        new_deed(&*self.0.0.wiring.time, (who, address), action, about)
    }

    /// Writes down a look.
    ///
    /// # Errors
    /// The store failed; what was to be looked at must not be shown then.
    pub async fn note(&self, deed: &Deed) -> Result<(), Fault> {
        Ok(self.0.0.wiring.store.write.note_deed(deed).await?)
    }

    /// The deployment at one look; money is counted since the day began in Shanghai.
    ///
    /// # Errors
    /// The store failed.
    pub async fn overview(&self) -> Result<Overview, Fault> {
        let now = self.0.now();
        Ok(self.0.0.wiring.store.read.overview(now, shanghai_day_began(now)).await?)
    }

    /// A page of tasks of all apps.
    ///
    /// # Errors
    /// The store failed.
    pub async fn tasks(
        &self,
        search: &TaskSearch,
        after: Option<&Mark>,
        limit: i64,
    ) -> Result<TasksFound, Fault> {
        Ok(self.0.0.wiring.store.read.search_tasks(search, after, limit).await?)
    }

    /// A task; the look is written down before anything of it is shown.
    ///
    /// # Errors
    /// The store failed.
    pub async fn task(&self, deed: Deed, id: &TaskId) -> Result<Option<TaskSeen>, Fault> {
        let wiring = &self.0.0.wiring;
        let Some(record) = Tasks::new(&wiring.store, wiring.keys.clone()).show(id).await? else {
            return Ok(None);
        };
        self.note(&deed.on_task(id).on_app(&record.task.app_id)).await?;
        let read = &wiring.store.read;
        let choice = CallbackChoice { task: Some(id), ..CallbackChoice::default() };
        let mut callbacks = Vec::new();
        for state in CallbackState::ALL {
            for callback in read.kept_callbacks(state, choice, 20).await? {
                let attempts = read.attempts(&callback.id).await?;
                callbacks.push((callback, attempts));
            }
        }
        callbacks.sort_by_key(|(callback, _)| std::cmp::Reverse(callback.created_at));
        let entries = read.entries_of_task(id).await?;
        Ok(Some(TaskSeen { record, callbacks, entries }))
    }

    /// Ends a task of which nothing was read yet.
    ///
    /// # Errors
    /// The store failed.
    pub async fn cancel(&self, deed: Deed, id: &TaskId) -> Result<Cancelling, Fault> {
        let Some(task) = self.0.0.wiring.store.read.task(id).await? else {
            return Ok(Cancelling::Unknown);
        };
        // Ends are written together with others', so the deed is written before and not with it.
        self.note(&deed.on_task(id).on_app(&task.app_id)).await?;
        let viewer = if task.withheld_until.is_some() { Viewer::Person } else { Viewer::App };
        self.0.0.own.cancel(viewer, &task.app_id, id).await
    }

    /// Gives an app back what a task was paid; `false` when it was not, or was given back before.
    ///
    /// # Errors
    /// The store failed, or the books do not open.
    pub async fn refund(&self, deed: Deed, id: &TaskId, reason: &str) -> Result<bool, Fault> {
        let store = self.0.0.wiring.store.on_behalf(deed.on_task(id));
        Ok(store.write.refund(id, reason, self.0.now()).await?)
    }

    /// Callbacks of one app or of all, in one state or in any, the newest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn callbacks(
        &self,
        app: Option<&AppId>,
        state: Option<CallbackState>,
        after: Option<&Mark>,
        limit: i64,
    ) -> Result<Vec<KeptCallback>, Fault> {
        Ok(self.0.0.wiring.store.read.callback_log(app, state, after, limit).await?)
    }

    /// A callback, what it says, and its attempts.
    ///
    /// # Errors
    /// The store failed.
    pub async fn callback(
        &self,
        id: &str,
    ) -> Result<Option<(KeptCallback, String, Vec<AttemptRow>)>, Fault> {
        let read = &self.0.0.wiring.store.read;
        let Some((callback, message)) = read.callback(id).await? else { return Ok(None) };
        let attempts = read.attempts(id).await?;
        Ok(Some((callback, message, attempts)))
    }

    /// Begins the chosen exhausted callbacks anew and sends them at once; returns how many.
    ///
    /// # Errors
    /// The store failed.
    pub async fn replay(&self, deed: Deed, choice: CallbackChoice<'_>) -> Result<u64, Fault> {
        let wiring = &self.0.0.wiring;
        let begun =
            wiring.store.on_behalf(deed).write.replay_callbacks(choice, self.0.now()).await?;
        wiring.signals.callbacks.notify_one();
        Ok(begun)
    }

    /// What operators did, the newest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn deeds(
        &self,
        choice: &DeedChoice,
        after: Option<&Mark>,
        limit: i64,
    ) -> Result<Vec<Deed>, Fault> {
        Ok(self.0.0.wiring.store.read.deeds(choice, after, limit).await?)
    }

    /// Receipts of erasures as JSON, the newest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn receipts(&self, limit: i64) -> Result<Vec<String>, Fault> {
        Ok(self.0.0.wiring.store.read.receipts(limit).await?)
    }

    /// What portals changed.
    #[must_use]
    pub fn evidence(&self) -> PortalEvidence {
        PortalEvidence::new(&self.0.0.wiring.store, self.0.0.wiring.keys.clone())
    }

    /// The accounts, for one change; [`Engine::forget_apps`] afterwards shows it here at once.
    #[must_use]
    pub fn accounts(&self, deed: Deed) -> Accounts {
        let wiring = &self.0.0.wiring;
        let store = wiring.store.on_behalf(deed);
        Accounts::new(store, wiring.keys.clone(), Arc::clone(&wiring.time))
    }

    /// The switches of areas, to look at.
    #[must_use]
    pub fn areas(&self) -> AreaSwitches {
        AreaSwitches::new(self.0.0.wiring.store.clone(), Arc::clone(&self.0.0.wiring.time))
    }

    /// The switches of areas, for one change.
    #[must_use]
    pub fn switch_area(&self, deed: Deed) -> AreaSwitches {
        let wiring = &self.0.0.wiring;
        AreaSwitches::new(wiring.store.on_behalf(deed), Arc::clone(&wiring.time))
    }

    /// The eraser, for one erasure.
    #[must_use]
    pub fn eraser(&self, deed: Deed) -> Eraser {
        let wiring = &self.0.0.wiring;
        let store = wiring.store.on_behalf(deed);
        Eraser::new(store, wiring.keys.clone(), Arc::clone(&wiring.time))
    }

    /// Whether callbacks may go to addresses that are not public.
    #[must_use]
    pub fn callbacks_to_private(&self) -> bool {
        self.0.0.wiring.options.callbacks_to_private
    }

    /// How long a report is kept, in milliseconds.
    #[must_use]
    pub fn report_for_ms(&self) -> Millis {
        self.0.0.wiring.options.report_for_ms
    }
}
