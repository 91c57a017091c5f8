//! Results of a link that become the app's.

use fiveone_model::app::Grant;
use fiveone_model::link::{Exit, ExitStage, LinkEvent};
use fiveone_model::product::Product;
use fiveone_model::task::Stage;
use fiveone_store::{HandingOver, LinkPart, LinkRow, NewCallback, PartState};

use crate::Fault;
use crate::link_events::{PartEnd, Told, link_event};
use crate::link_pages::LinkPages;
use crate::links::Link;
use crate::settle::final_callback;

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

impl LinkPages {
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
