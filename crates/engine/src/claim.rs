//! Claiming: tasks sealed to this node, portal by portal as far as there are slots, then tasks
//! past login that nobody works on.

use fiveone_model::area::AreaCode;
use fiveone_model::product::Product;
use fiveone_store::Claimed;

use crate::slots::Slot;
use crate::{Engine, Fault};

/// The most tasks claimed in one transaction; a node that dies right after strands no more.
const BATCH_MAX: usize = 16;

impl Engine {
    /// Claims whenever there may be work, until the node stops.
    pub(crate) async fn claim_loop(self) {
        loop {
            let tick = self.0.time.until(self.now() + self.0.options.tick_every_ms);
            tokio::select! {
                () = self.0.stopping.cancelled() => return,
                () = self.0.signals.work.notified() => {}
                () = tick => {}
            }
            loop {
                match self.claim_round().await {
                    Ok(0) => break,
                    Ok(_) => {}
                    Err(fault) => {
                        tracing::error!(error = &fault as &dyn std::error::Error, "claim failed");
                        break;
                    }
                }
                if self.0.stopping.is_cancelled() {
                    return;
                }
            }
        }
    }

    /// Claims what there are slots for now; tells how many.
    async fn claim_round(&self) -> Result<usize, Fault> {
        let mut count = 0;
        for (product, area) in self.0.store.read.queued_portals(&self.0.node_id).await? {
            count += self.claim_portal(product, &area).await?;
        }
        Ok(count + self.claim_resumable().await?)
    }

    async fn claim_portal(&self, product: Product, area: &AreaCode) -> Result<usize, Fault> {
        let mut slots = self.slots_of(product, area, BATCH_MAX);
        if slots.is_empty() {
            return Ok(0);
        }
        let limit = i64::try_from(slots.len()).unwrap_or(i64::MAX);
        let now = self.now();
        let claimed =
            self.0.store.write.claim_queued(&self.0.node_id, (product, area), limit, now).await?;
        let count = claimed.len();
        for claimed in claimed {
            if let Some(slot) = slots.pop() {
                self.spawn_run(claimed, slot);
            }
        }
        Ok(count)
    }

    async fn claim_resumable(&self) -> Result<usize, Fault> {
        let now = self.now();
        let dead_before = now - self.0.options.lease_for_ms;
        let limit = i64::try_from(BATCH_MAX).unwrap_or(i64::MAX);
        let claimed =
            self.0.store.write.claim_resumable(&self.0.node_id, limit, now, dead_before).await?;
        let count = claimed.len();
        for claimed in claimed {
            // These are few and already hold a lease: they wait in line inside their run.
            let slot = self.waiting_slot(claimed.task.product, &claimed.task.area);
            self.spawn_run(claimed, slot);
        }
        Ok(count)
    }

    fn slots_of(&self, product: Product, area: &AreaCode, limit: usize) -> Vec<Slot> {
        self.0.slots.take((product, area.clone()), self.portal_cap(product, area), limit)
    }

    fn waiting_slot(&self, product: Product, area: &AreaCode) -> Slot {
        self.0.slots.waiting((product, area.clone()), self.portal_cap(product, area))
    }

    fn portal_cap(&self, product: Product, area: &AreaCode) -> usize {
        let own = self.0.library.connector(product, area).map_or(1, |known| known.concurrency());
        self.0.options.portal_concurrency.unwrap_or(own).max(1)
    }

    fn spawn_run(&self, claimed: Claimed, slot: Slot) {
        let engine = self.clone();
        self.0.runs.spawn(async move { engine.drive(claimed, slot).await });
    }
}
