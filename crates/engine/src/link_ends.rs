//! The ends of links of which nothing is handed over: by their persons, or because their time is over.

use std::sync::Arc;

use fiveone_model::link::{Exit, ExitReason, ExitStage, LinkEvent};
use fiveone_model::task::Stage;
use fiveone_store::{LinkEnd, LinkOutcome, LinkRow, Store};

use crate::app_tasks::AppTasks;
use crate::apps::Apps;
use crate::link_events::link_event;
use crate::signals::Signals;
use crate::time::Time;
use crate::{Fault, Receipt};

/// Ends links.
pub(crate) struct LinkEnds {
    pub(crate) store: Store,
    pub(crate) apps: Arc<Apps>,
    pub(crate) tasks: Arc<AppTasks>,
    pub(crate) signals: Arc<Signals>,
    pub(crate) time: Arc<dyn Time>,
}

impl LinkEnds {
    /// Where the person of a link is.
    pub(crate) async fn stage_of(&self, link: &LinkRow) -> Result<ExitStage, Fault> {
        if link.consent.is_none() {
            return Ok(ExitStage::Consent);
        }
        let Some(task) = &link.task else { return Ok(ExitStage::Login) };
        let stage = self.store.read.task(task).await?.map(|task| task.stage);
        Ok(match stage {
            None => ExitStage::Login,
            Some(Stage::Asking(_)) => ExitStage::Question,
            Some(Stage::Done { .. }) => ExitStage::Result,
            Some(Stage::Failed(_)) => ExitStage::Failed,
            Some(_) => ExitStage::Reading,
        })
    }

    /// Ends a link, once; its app is told.
    pub(crate) async fn end(
        &self,
        link: &LinkRow,
        outcome: LinkOutcome,
        exit: Exit,
    ) -> Result<bool, Fault> {
        let now = self.time.now();
        let told = link_event(&self.apps, link, LinkEvent::Exited, Some(exit), now).await?;
        let end = LinkEnd { id: &link.made.id, outcome, exit, callback: told.as_ref(), now };
        let is_done = self.store.write.end_link(&end).await?;
        if is_done {
            self.signals.callbacks.notify_one();
            let (stage, reason) = (exit.stage.as_str(), exit.reason.as_str());
            tracing::info!(app = %link.made.app_id, stage, reason, "link ended");
        }
        Ok(is_done)
    }

    /// Ends a link whose time is over; what is under way for it is found by the sweep.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) async fn expire(&self, link: &LinkRow) -> Result<(), Fault> {
        let exit = Exit { stage: self.stage_of(link).await?, reason: ExitReason::Expired };
        self.end(link, LinkOutcome::Expired, exit).await?;
        self.signals.changed();
        Ok(())
    }

    /// Has nothing left of what came of a link.
    pub(crate) async fn give_up(&self, link: &LinkRow) -> Result<(), Fault> {
        let mut last: Option<Receipt> = None;
        for task in self.store.read.tasks_of_link(&link.made.id).await? {
            last = self.tasks.give_up(&link.made.app_id, &task).await?.or(last);
        }
        if let Some(receipt) = last {
            self.store.write.keep_link_receipt(&link.made.id, &receipt.receipt).await?;
        }
        Ok(())
    }
}
