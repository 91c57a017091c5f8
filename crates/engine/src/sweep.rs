//! Sweeping: what nobody else will end. Any node sweeps for all; each step is a compare-and-set, so
//! two sweepers do nothing twice.

use std::sync::Arc;

use fiveone_model::clock::Millis;
use fiveone_model::failure::{Failure, FailureKind};
use fiveone_model::retention::{BATCH_ROWS, EVIDENCE_KEPT_FOR_MS};
use fiveone_model::task::Stage;
use fiveone_store::{Error, Settlement, Store, TaskRow};

use crate::Fault;
use crate::node::Node;
use crate::open_tasks::OpenTasks;
use crate::settle::Settler;
use crate::signals::Signals;
use crate::time::Time;

/// Tasks ended in one step of the sweeper.
const TASKS_MAX: i64 = 200;

/// Says that the node lives, and sweeps.
pub(crate) struct Sweeper {
    pub(crate) store: Store,
    pub(crate) node: Arc<Node>,
    pub(crate) settler: Arc<Settler>,
    pub(crate) open_tasks: Arc<OpenTasks>,
    pub(crate) signals: Arc<Signals>,
    pub(crate) time: Arc<dyn Time>,
    /// How long a node may be silent.
    pub(crate) lease_for_ms: Millis,
    /// How often it looks.
    pub(crate) tick_every_ms: Millis,
}

impl Sweeper {
    /// Heartbeats and sweeps at every tick, until the node has stopped.
    pub(crate) async fn run(self: Arc<Self>) {
        loop {
            self.time.until(self.time.now() + self.tick_every_ms).await;
            if self.node.abandon.is_cancelled() {
                return;
            }
            if let Err(fault) = self.tick().await {
                tracing::error!(error = &fault as &dyn std::error::Error, "sweep failed");
            }
        }
    }

    /// One heartbeat and one sweep.
    ///
    /// # Errors
    /// The store failed; the next tick tries again. When the others declared this node dead it is
    /// lost.
    pub(crate) async fn tick(&self) -> Result<(), Fault> {
        self.heartbeat().await?;
        for task in self.store.read.answered(&self.node.id).await? {
            self.signals.answered(&task);
        }
        self.sweep().await?;
        self.open_tasks.set(self.store.read.open_tasks().await?);
        Ok(())
    }

    async fn heartbeat(&self) -> Result<(), Fault> {
        let beat = self.store.write.heartbeat(&self.node.id, self.time.now()).await;
        if let Err(Error::Stale { .. }) = beat {
            tracing::error!(node = self.node.id, "the other nodes declared this one dead");
            self.node.lost.cancel();
        }
        Ok(beat?)
    }

    async fn sweep(&self) -> Result<(), Fault> {
        let now = self.time.now();
        self.release_overdue_holds(now).await?;
        let read = &self.store.read;
        let lost = read.lost_with_credentials(now - self.lease_for_ms, TASKS_MAX).await?;
        self.fail_all(&lost, FailureKind::NodeLost).await?;
        let overdue = read.overdue(now, TASKS_MAX).await?;
        self.fail_all(&overdue, FailureKind::DeadlinePassed).await?;
        for task in self.store.write.wipe_over(now, BATCH_ROWS).await? {
            tracing::info!(tid = %task, "result wiped");
        }
        self.store.write.forget_keys(now, BATCH_ROWS).await?;
        self.store.write.forget_evidence(now - EVIDENCE_KEPT_FOR_MS).await?;
        Ok(())
    }

    /// The last resort: a hold past its own deadline is released and its task fails, whatever its
    /// row says; no callback is made of a row that nobody could read. Runs first, because such a
    /// row would stop the steps that read it.
    async fn release_overdue_holds(&self, now: Millis) -> Result<(), Fault> {
        for (task, fence) in self.store.read.overdue_holds(now, TASKS_MAX).await? {
            tracing::error!(tid = %task, "hold outlived its task's deadline");
            let end = Settlement {
                task,
                fence,
                stage: Stage::Failed(Failure::of(FailureKind::DeadlinePassed)),
                now,
                wipe_after: now + self.settler.report_for_ms,
                callback: None,
            };
            match self.store.write.settle(&end).await {
                Ok(_) | Err(Error::Stale { .. }) => self.signals.changed(),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn fail_all(&self, tasks: &[TaskRow], kind: FailureKind) -> Result<(), Fault> {
        for task in tasks {
            self.settler.settle(task, Stage::Failed(Failure::of(kind))).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use fiveone_model::ledger::Balance;
    use fiveone_testkit::{TestStore, build};

    use super::*;
    use crate::Options;
    use crate::wiring::tests::{admit_for_another_node, wiring};

    #[tokio::test]
    async fn a_task_whose_node_is_gone_fails_and_its_money_is_free() {
        let store = TestStore::sqlite().await;
        let wiring = wiring(&store, Options::default()).await;
        admit_for_another_node(&wiring, 1).await;
        wiring.sweeper(wiring.settler()).tick().await.unwrap();
        let task = store.read.task(&build::task_id(1)).await.unwrap().unwrap();
        assert_eq!(task.stage, Stage::Failed(Failure::of(FailureKind::NodeLost)));
        let balance = store.read.balance(&build::app_id("a")).await.unwrap();
        let expected = Balance { free_fen: 1_000, funding_fen: 1_000, ..Balance::default() };
        assert_eq!(balance, Some(expected));
        assert!(!wiring.node.is_shutting_down());
    }

    #[tokio::test]
    async fn a_node_that_was_declared_dead_is_lost() {
        let store = TestStore::sqlite().await;
        let wiring = wiring(&store, Options::default()).await;
        let sweeper = wiring.sweeper(wiring.settler());
        sweeper.tick().await.unwrap();
        store.write.stop_node(&wiring.node.id, wiring.time.now()).await.unwrap();
        assert!(sweeper.tick().await.is_err());
        assert!(wiring.node.lost.is_cancelled());
    }
}
