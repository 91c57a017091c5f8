//! Sweeping: what nobody else will end. Any node sweeps for all; each step is a compare-and-set, so
//! two sweepers do nothing twice.

use std::sync::atomic::Ordering;

use fiveone_model::clock::Millis;
use fiveone_model::failure::{Failure, FailureKind};
use fiveone_model::retention::BATCH_ROWS;
use fiveone_model::task::Stage;
use fiveone_store::{Settlement, TaskRow};

use crate::{Engine, Fault};

/// Tasks ended in one step of the sweeper.
const TASKS_MAX: i64 = 200;

impl Engine {
    /// Heartbeats and sweeps at every tick, until the node has stopped.
    pub(crate) async fn tick_loop(self) {
        loop {
            self.0.time.until(self.now() + self.0.options.tick_every_ms).await;
            if self.0.abandon.is_cancelled() {
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
    /// The store failed; the next tick tries again. When others took this node for dead it is
    /// lost: see [`Engine::lost`].
    pub async fn tick(&self) -> Result<(), Fault> {
        self.heartbeat().await?;
        for task in self.0.store.read.answered(&self.0.node_id).await? {
            self.0.signals.answered(&task);
        }
        self.sweep().await?;
        let open = self.0.store.read.open_tasks().await?;
        self.0.open_tasks.store(open, Ordering::Relaxed);
        metrics::gauge!(crate::metric::TASKS_OPEN)
            .set(f64::from(i32::try_from(open).unwrap_or(i32::MAX)));
        Ok(())
    }

    async fn heartbeat(&self) -> Result<(), Fault> {
        let now = self.now();
        let beat = self.0.store.write.heartbeat(&self.0.node_id, now).await;
        if let Err(fiveone_store::Error::Stale { .. }) = beat {
            tracing::error!(node = self.0.node_id, "others took this node for dead");
            self.0.lost.cancel();
        }
        Ok(beat?)
    }

    async fn sweep(&self) -> Result<(), Fault> {
        let now = self.now();
        self.release_overdue_holds(now).await?;
        let read = &self.0.store.read;
        let dead_before = now - self.0.options.lease_for_ms;
        let lost = read.lost_with_credentials(dead_before, TASKS_MAX).await?;
        self.fail_all(&lost, FailureKind::NodeLost).await?;
        let overdue = read.overdue(now, TASKS_MAX).await?;
        self.fail_all(&overdue, FailureKind::DeadlinePassed).await?;
        for task in self.0.store.write.wipe_over(now, BATCH_ROWS).await? {
            tracing::info!(tid = %task, "result wiped");
        }
        self.0.store.write.forget_keys(now, BATCH_ROWS).await?;
        Ok(())
    }

    /// The last resort: a hold past its own deadline is released and its task fails, whatever its
    /// row says; no callback is made of a row that nobody could read. Runs first, because such a
    /// row would stop the steps that read it.
    async fn release_overdue_holds(&self, now: Millis) -> Result<(), Fault> {
        for (task, fence) in self.0.store.read.overdue_holds(now, TASKS_MAX).await? {
            tracing::error!(tid = %task, "hold outlived its task's deadline");
            let end = Settlement {
                task,
                fence,
                stage: Stage::Failed(Failure::of(FailureKind::DeadlinePassed)),
                now,
                wipe_after: now + self.0.options.report_for_ms,
                callback: None,
            };
            match self.0.store.write.settle(&end).await {
                Ok(_) | Err(fiveone_store::Error::Stale { .. }) => self.0.signals.changed(),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn fail_all(&self, tasks: &[TaskRow], kind: FailureKind) -> Result<(), Fault> {
        for task in tasks {
            self.settle(task, Stage::Failed(Failure::of(kind))).await?;
        }
        Ok(())
    }
}
