//! The ends of links: something is handed over, or nothing is, by their persons or because their time is over.

use std::sync::Arc;

use fiveone_model::link::{Exit, ExitReason, ExitStage, LinkEvent};
use fiveone_model::product::Product;
use fiveone_model::task::{Stage, TaskId};
use fiveone_store::{LinkEnd, LinkOutcome, LinkPart, LinkRow, PartState, Store};

use crate::Fault;
use crate::app_tasks::AppTasks;
use crate::apps::Apps;
use crate::link_events::{PartEnd, Told, link_event};
use crate::signals::Signals;
use crate::time::Time;

/// Ends links.
pub(crate) struct LinkEnds {
    pub(crate) store: Store,
    pub(crate) apps: Arc<Apps>,
    pub(crate) tasks: Arc<AppTasks>,
    pub(crate) signals: Arc<Signals>,
    pub(crate) time: Arc<dyn Time>,
}

/// How a link that ends with nothing handed over does, whole and by product.
pub(crate) struct Exits {
    /// Of the link.
    pub(crate) whole: Exit,
    /// Of each product.
    pub(crate) parts: Vec<(Product, Exit)>,
}

impl LinkEnds {
    /// Where the person of a link is with a product.
    pub(crate) async fn stage_of(
        &self,
        link: &LinkRow,
        part: &LinkPart,
    ) -> Result<ExitStage, Fault> {
        if link.consent.is_none() {
            return Ok(ExitStage::Consent);
        }
        let Some(task) = &part.task else { return Ok(ExitStage::Login) };
        let stage = self.store.read.task(task).await?.map(|task| task.stage);
        Ok(match stage {
            None => ExitStage::Login,
            Some(Stage::Asking(_)) => ExitStage::Question,
            Some(Stage::Done { .. }) => ExitStage::Result,
            Some(Stage::Failed(_)) => ExitStage::Failed,
            Some(_) => ExitStage::Reading,
        })
    }

    /// The exits of a link, whose person has left it for a reason of its own at each product.
    pub(crate) async fn exits(&self, link: &LinkRow, is_expired: bool) -> Result<Exits, Fault> {
        let mut parts = Vec::new();
        for part in &link.parts {
            let exit = match (part.state, part.exit) {
                (PartState::Skipped, Some(exit)) => exit,
                _ => {
                    let stage = self.stage_of(link, part).await?;
                    let reason = match is_expired {
                        true => ExitReason::Expired,
                        false => self.reason_at(link, part.product, stage).await?,
                    };
                    Exit { stage, reason }
                }
            };
            parts.push((part.product, exit));
        }
        // Where the person is now; when all is decided about, what was read is what was left.
        let at = link.turn().or(link.parts.iter().find(|part| part.state == PartState::Accepted));
        let at = at.or(link.parts.last()).map(|part| part.product);
        let whole = parts.iter().find(|(product, _)| Some(*product) == at);
        let whole = whole.ok_or_else(|| Fault::Impossible("a link has no product".to_owned()))?.1;
        Ok(Exits { whole, parts })
    }

    /// Why a person gives nothing of a product, who is at a stage of it.
    pub(crate) async fn reason_at(
        &self,
        link: &LinkRow,
        product: Product,
        stage: ExitStage,
    ) -> Result<ExitReason, Fault> {
        Ok(match stage {
            ExitStage::Result
                if !self.store.read.said_wrong(&link.made.id, product).await?.is_empty() =>
            {
                ExitReason::WrongResult
            }
            ExitStage::Consent | ExitStage::Result => ExitReason::Declined,
            _ => ExitReason::Stopped,
        })
    }

    /// Ends a link, once; its app is told.
    pub(crate) async fn end(
        &self,
        link: &LinkRow,
        outcome: LinkOutcome,
        exits: &Exits,
    ) -> Result<bool, Fault> {
        let (now, exit) = (self.time.now(), exits.whole);
        let parts = exits.parts.iter().map(|(product, exit)| (*product, PartEnd::Left(*exit)));
        let parts: Vec<_> = parts.collect();
        let told = Told { exit: Some(exit), parts: &parts };
        let told = link_event(&self.apps, link, LinkEvent::Exited, Some(told), now).await?;
        let end = LinkEnd {
            id: &link.made.id,
            outcome,
            exit,
            parts: &exits.parts,
            callback: told.as_ref(),
            now,
        };
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
        let exits = self.exits(link, true).await?;
        self.end(link, LinkOutcome::Expired, &exits).await?;
        self.signals.changed();
        Ok(())
    }

    /// Has nothing left of what came of a link, or of one of its products, but for what was handed over.
    pub(crate) async fn give_up(&self, link: &LinkRow, only: Option<Product>) -> Result<(), Fault> {
        let id = &link.made.id;
        let given = self.store.read.link(id).await?;
        let is_given = |task: &TaskId| {
            given.as_ref().is_some_and(|link| link.handed_over().any(|(_, given)| given == task))
        };
        let mut receipts = Vec::new();
        for (task, product) in self.store.read.tasks_of_link(id).await? {
            if only.is_some_and(|only| only != product) || is_given(&task) {
                continue;
            }
            if let Some(receipt) = self.tasks.give_up(&link.made.app_id, &task).await? {
                receipts.retain(|(of, _)| *of != product);
                receipts.push((product, receipt));
            }
        }
        for (product, receipt) in receipts {
            self.store.write.keep_link_receipt((id, product), &receipt.receipt).await?;
        }
        Ok(())
    }
}
