//! What the person of a link decides about each of several products, before the link ends: to keep its result
//! for the end, to go on without it, or neither yet.

use fiveone_model::link::{Exit, ExitReason, ExitStage};
use fiveone_model::product::Product;
use fiveone_model::task::{Stage, TaskId};

use crate::Fault;
use crate::link_pages::LinkPages;
use crate::links::Link;

impl LinkPages {
    /// Keeps the result of the product whose turn it is for the link's end, and goes on with the next; nothing
    /// when the result is another than the one that the person looked at.
    ///
    /// # Errors
    /// The store failed.
    pub async fn accept(&self, link: &Link, shown: &str) -> Result<(), Fault> {
        let Some((product, Some(task))) = turn_of_several(link) else { return Ok(()) };
        if task.as_str() != shown {
            return Ok(());
        }
        let row = self.store.read.task(task).await?;
        if !row.is_some_and(|row| matches!(row.stage, Stage::Done { .. })) {
            return Ok(());
        }
        let part = (link.row.made.id.as_str(), product);
        if self.store.write.accept_part(part, task, self.time.now()).await? {
            self.signals.changed();
        }
        Ok(())
    }

    /// Goes on without the product whose turn it is: what is under way for it is cancelled, and what was read
    /// of it is erased.
    ///
    /// # Errors
    /// The store failed.
    pub async fn skip(&self, link: &Link, reason: ExitReason) -> Result<(), Fault> {
        let Some((product, _)) = turn_of_several(link) else { return Ok(()) };
        let (row, now) = (&link.row, self.time.now());
        let Some(part) = row.part(product) else { return Ok(()) };
        let stage = self.ends.stage_of(row, part).await?;
        let is_wrong = stage == ExitStage::Result
            && !self.store.read.said_wrong(&row.made.id, product).await?.is_empty();
        let reason = if is_wrong { ExitReason::WrongResult } else { reason };
        if stage == ExitStage::Consent {
            return Ok(());
        }
        let part = (row.made.id.as_str(), product);
        if self.store.write.skip_part(part, Exit { stage, reason }, now).await? {
            self.ends.give_up(row, Some(product)).await?;
            self.signals.changed();
        }
        Ok(())
    }

    /// Lets the person decide about a product anew, once all are decided about.
    ///
    /// # Errors
    /// The store failed.
    pub async fn reopen(&self, link: &Link, product: Product) -> Result<(), Fault> {
        let (row, now) = (&link.row, self.time.now());
        if !row.has_several() || row.turn().is_some() {
            return Ok(());
        }
        if self.store.write.reopen_part((&row.made.id, product), now).await? {
            self.signals.changed();
        }
        Ok(())
    }
}

/// The product of a link of several whose turn it is, and its newest task.
fn turn_of_several(link: &Link) -> Option<(Product, Option<&TaskId>)> {
    let turn = link.row.turn().filter(|_| link.row.has_several())?;
    Some((turn.product, turn.task.as_ref()))
}
