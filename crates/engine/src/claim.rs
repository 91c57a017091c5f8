//! Claiming: tasks sealed to this node, portal by portal as far as there are slots, then tasks
//! past login that nobody works on.

use std::sync::Arc;

use fiveone_connector::Library;
use fiveone_model::area::AreaCode;
use fiveone_model::clock::Millis;
use fiveone_model::failure::{Failure, FailureKind};
use fiveone_model::product::Product;
use fiveone_model::task::Stage;
use fiveone_store::{Claimed, Found, Store};

use crate::drive::Driver;
use crate::node::Node;
use crate::runs::Runs;
use crate::settle::Settler;
use crate::signals::Signals;
use crate::slots::{Slot, Slots};
use crate::time::Time;
use crate::{Fault, causes};

/// The most tasks claimed in one transaction; a node that dies right after strands no more.
const BATCH_MAX: usize = 16;
/// How many nodes may die with a task before it is taken for the cause.
const CRASHES_MAX: i64 = 2;

/// Takes tasks for a node, as many as it has slots for, and has them driven.
pub(crate) struct Claimer {
    pub(crate) store: Store,
    pub(crate) library: Arc<Library>,
    pub(crate) node: Arc<Node>,
    pub(crate) slots: Slots,
    pub(crate) driver: Arc<Driver>,
    pub(crate) signals: Arc<Signals>,
    pub(crate) time: Arc<dyn Time>,
    pub(crate) runs: Arc<Runs>,
    pub(crate) settler: Arc<Settler>,
    /// How often it looks without a signal.
    pub(crate) tick_every_ms: Millis,
    /// Tasks that talk to one portal at once, whatever its connector says.
    pub(crate) portal_concurrency: Option<usize>,
}

impl Claimer {
    /// Claims whenever there may be work, until the node stops.
    pub(crate) async fn run(self: Arc<Self>) {
        loop {
            let tick = self.time.until(self.time.now() + self.tick_every_ms);
            tokio::select! {
                biased;
                () = self.node.stopping.cancelled() => return,
                () = self.signals.work.notified() => {}
                () = tick => {}
            }
            loop {
                match self.round().await {
                    Ok(0) => break,
                    Ok(_) => {}
                    Err(fault) => {
                        tracing::error!(error = causes(&fault), "claim failed");
                        break;
                    }
                }
                if self.node.stopping.is_cancelled() {
                    return;
                }
            }
        }
    }

    /// Claims what there are slots for now; returns how many.
    async fn round(&self) -> Result<usize, Fault> {
        let mut count = 0;
        for (product, area) in self.store.read.queued_portals(&self.node.id).await? {
            count += self.of_portal(product, &area).await?;
        }
        Ok(count + self.resumable().await?)
    }

    async fn of_portal(&self, product: Product, area: &AreaCode) -> Result<usize, Fault> {
        let mut slots = self.slots_of(product, area, BATCH_MAX);
        if slots.is_empty() {
            return Ok(0);
        }
        let limit = i64::try_from(slots.len()).unwrap_or(i64::MAX);
        let at_once_max = i64::try_from(self.portal_cap(product, area)).unwrap_or(i64::MAX);
        let now = self.time.now();
        let claiming =
            self.store.write.claim_queued(&self.node.id, (product, area), at_once_max, limit, now);
        let Found { rows, unreadable } = claiming.await?;
        self.settler.end_unreadable(&unreadable).await;
        let count = rows.len();
        for claimed in rows {
            if let Some(slot) = slots.pop() {
                self.spawn_run(claimed, slot);
            }
        }
        Ok(count)
    }

    async fn resumable(&self) -> Result<usize, Fault> {
        let now = self.time.now();
        let limit = i64::try_from(BATCH_MAX).unwrap_or(i64::MAX);
        let claiming = self.store.write.claim_resumable(&self.node.id, limit, now);
        let Found { rows, unreadable } = claiming.await?;
        self.settler.end_unreadable(&unreadable).await;
        let count = rows.len();
        for claimed in rows {
            if claimed.crashes >= CRASHES_MAX {
                self.spawn_end(claimed);
                continue;
            }
            // These are few and already hold a lease: they wait in line inside their run.
            let slot = self.waiting_slot(claimed.task.product, &claimed.task.area);
            self.spawn_run(claimed, slot);
        }
        Ok(count)
    }

    fn slots_of(&self, product: Product, area: &AreaCode, limit: usize) -> Vec<Slot> {
        self.slots.take((product, area.clone()), self.portal_cap(product, area), limit)
    }

    fn waiting_slot(&self, product: Product, area: &AreaCode) -> Slot {
        self.slots.waiting((product, area.clone()), self.portal_cap(product, area))
    }

    fn portal_cap(&self, product: Product, area: &AreaCode) -> usize {
        let own = self.library.connector(product, area).map_or(1, |known| known.concurrency());
        self.portal_concurrency.unwrap_or(own).max(1)
    }

    fn spawn_run(&self, claimed: Claimed, slot: Slot) {
        let driver = Arc::clone(&self.driver);
        let id = claimed.task.id.clone();
        self.runs.spawn(id, async move { driver.drive(claimed, slot).await });
    }

    /// Two nodes died with the task at the same place: it is not given to a third.
    fn spawn_end(&self, Claimed { task, crashes, .. }: Claimed) {
        tracing::error!(tid = %task.id, crashes, "nodes died with this task; it is run no more");
        let settler = Arc::clone(&self.settler);
        self.runs.spawn(task.id.clone(), async move {
            let stage = Stage::Failed(Failure::of(FailureKind::NodesDied));
            settler.settle_or_leave(&task, stage).await;
        });
    }
}
