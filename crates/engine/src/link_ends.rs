//! The ends of links of which nothing is handed over: by their persons, or because their time is over.

use std::sync::Arc;

use fiveone_model::link::{Exit, ExitReason, ExitStage, LinkEvent};
use fiveone_model::task::Stage;
use fiveone_store::{LinkEnd, LinkOutcome, LinkRow, Store};

use crate::Fault;
use crate::app_tasks::AppTasks;
use crate::apps::Apps;
use crate::link_events::link_event;
use crate::links::Link;
use crate::signals::Signals;
use crate::time::Time;
use crate::{LinkPages, Receipt};

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
    async fn stage_of(&self, link: &LinkRow) -> Result<ExitStage, Fault> {
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

    async fn end(&self, link: &LinkRow, outcome: LinkOutcome, exit: Exit) -> Result<bool, Fault> {
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
    async fn give_up(&self, link: &LinkRow) -> Result<(), Fault> {
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

impl LinkPages {
    /// Notes that the page runs in a browser; its app hears of the first time.
    ///
    /// # Errors
    /// The store failed.
    pub async fn opened(&self, link: &Link) -> Result<(), Fault> {
        let row = &link.row;
        if row.opened_at.is_some() || row.end.is_some() || link.is_expired {
            return Ok(());
        }
        let now = self.time.now();
        let told = link_event(&self.apps, row, LinkEvent::Opened, None, now).await?;
        if self.store.write.open_link(&row.made.id, told.as_ref(), now).await? {
            self.signals.callbacks.notify_one();
        }
        Ok(())
    }

    /// Ends the link without giving anything to its app, which pays nothing: what is under way is cancelled,
    /// and what was read is erased.
    ///
    /// # Errors
    /// The store failed.
    pub async fn decline(&self, link: &Link) -> Result<(), Fault> {
        let (row, ends) = (&link.row, &self.ends);
        let stage = ends.stage_of(row).await?;
        let is_wrong = !self.store.read.said_wrong(&row.made.id).await?.is_empty();
        let reason = match stage {
            ExitStage::Result if is_wrong => ExitReason::WrongResult,
            ExitStage::Consent | ExitStage::Result => ExitReason::Declined,
            _ => ExitReason::Stopped,
        };
        if ends.end(row, LinkOutcome::Declined, Exit { stage, reason }).await? {
            ends.give_up(row).await?;
        }
        self.signals.changed();
        Ok(())
    }
}
