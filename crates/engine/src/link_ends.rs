//! The ends of links: something is handed over, or nothing is, by their persons or because their time is over.

use std::sync::Arc;

use fiveone_model::app::Grant;
use fiveone_model::link::{Exit, ExitReason, ExitStage, LinkEvent};
use fiveone_model::product::Product;
use fiveone_model::task::{Stage, TaskId};
use fiveone_store::{
    HandingOver, LinkEnd, LinkOutcome, LinkPart, LinkRow, NewCallback, PartState, Store,
};

use crate::Fault;
use crate::LinkPages;
use crate::app_tasks::AppTasks;
use crate::apps::Apps;
use crate::link_events::{PartEnd, Told, link_event};
use crate::links::Link;
use crate::settle::final_callback;
use crate::signals::Signals;
use crate::time::Time;

/// What became of handing results over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandOver {
    /// They are the app's.
    Done,
    /// There is none to hand over, or the link is over.
    Nothing,
    /// The app may not see anything at present: it would be told to be its own, and not be shown.
    Paused,
}

/// Ends links.
pub(crate) struct LinkEnds {
    pub(crate) store: Store,
    pub(crate) apps: Arc<Apps>,
    pub(crate) tasks: Arc<AppTasks>,
    pub(crate) signals: Arc<Signals>,
    pub(crate) time: Arc<dyn Time>,
}

/// How a link that ends with nothing handed over does, whole and by product.
struct Exits {
    whole: Exit,
    parts: Vec<(Product, Exit)>,
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
    async fn exits(&self, link: &LinkRow, is_expired: bool) -> Result<Exits, Fault> {
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
    async fn reason_at(
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

    async fn end(
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
        let exits = ends.exits(row, false).await?;
        if ends.end(row, LinkOutcome::Declined, &exits).await? {
            ends.give_up(row, None).await?;
        }
        self.signals.changed();
        Ok(())
    }

    /// Hands results over to the app, which is called back about each, and ends the link: of several products
    /// those of `chosen` tasks that the person has accepted, once each product is decided about; of one its
    /// newest.
    ///
    /// # Errors
    /// The store failed.
    pub async fn hand_over(&self, link: &Link, chosen: &[String]) -> Result<HandOver, Fault> {
        let (row, now) = (&link.row, self.time.now());
        let is_of_several = row.has_several();
        let (mut tasks, mut parts, mut left) = (Vec::new(), Vec::new(), Vec::new());
        let mut is_chosen: Vec<_> = chosen.iter().collect();
        for part in &row.parts {
            let is_ready = match is_of_several {
                true => part.state == PartState::Accepted,
                false => part.state == PartState::Open,
            };
            let given = part.task.as_ref().filter(|task| {
                let at = is_chosen.iter().position(|one| *one == task.as_str());
                is_ready && (!is_of_several || at.map(|at| is_chosen.remove(at)).is_some())
            });
            let Some(task) = given else {
                let Some(exit) = self.exit_without(row, part).await? else {
                    return Ok(HandOver::Nothing);
                };
                if part.state != PartState::Skipped {
                    left.push((part.product, exit));
                }
                parts.push((part.product, PartEnd::Left(exit)));
                continue;
            };
            let Some(done) = self.store.read.task(task).await? else {
                return Ok(HandOver::Nothing);
            };
            if !matches!(done.stage, Stage::Done { .. }) {
                return Ok(HandOver::Nothing);
            }
            let app = self.apps.app(&done.app_id).await?;
            if app.is_none_or(|app| app.grant(done.product) != Some(Grant::Active)) {
                return Ok(HandOver::Paused);
            }
            tasks.push((task.clone(), final_callback(&self.apps, &done, &done.stage, now).await?));
            parts.push((part.product, PartEnd::Given(task.clone())));
        }
        if tasks.is_empty() || (is_of_several && !is_chosen.is_empty()) {
            return Ok(HandOver::Nothing);
        }
        let callback = self.told_of_less(row, &parts, now).await?;
        let handing = HandingOver {
            id: &row.made.id,
            tasks: &tasks,
            left: &left,
            callback: callback.as_ref(),
            wipe_after: now + self.report_for_ms,
            now,
        };
        let is_done = self.store.write.hand_over(&handing).await?;
        self.signals.callbacks.notify_one();
        self.signals.changed();
        if !is_done {
            return Ok(HandOver::Nothing);
        }
        // What was read before, what was tried and what was not chosen is nobody's any more.
        self.ends.give_up(row, None).await?;
        self.signals.changed();
        Ok(HandOver::Done)
    }

    /// How a product of several ends of which nothing is handed over while something is of another; `None`
    /// while the person has not decided about it.
    async fn exit_without(&self, link: &LinkRow, part: &LinkPart) -> Result<Option<Exit>, Fault> {
        match part.state {
            PartState::Skipped => Ok(part.exit),
            PartState::Accepted => {
                let stage = ExitStage::Result;
                let reason = self.ends.reason_at(link, part.product, stage).await?;
                Ok(Some(Exit { stage, reason }))
            }
            PartState::Open | PartState::HandedOver | PartState::Left => Ok(None),
        }
    }

    /// What the app hears when it gets less than it asked for.
    async fn told_of_less(
        &self,
        link: &LinkRow,
        parts: &[(Product, PartEnd)],
        now: i64,
    ) -> Result<Option<NewCallback>, Fault> {
        if parts.iter().all(|(_, end)| matches!(end, PartEnd::Given(_))) {
            return Ok(None);
        }
        let told = Told { exit: None, parts };
        link_event(&self.apps, link, LinkEvent::Exited, Some(told), now).await
    }
}
