//! Sweeping: what nobody else will end. The node that leads sweeps for all; each step is a
//! compare-and-set, so two sweepers do nothing twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use fiveone_model::clock::Millis;
use fiveone_model::failure::{Failure, FailureKind};
use fiveone_model::retention::{BATCH_ROWS, EVIDENCE_KEPT_FOR_MS, LINK_KEPT_FOR_MS};
use fiveone_model::task::Stage;
use fiveone_store::{Found, Store, TaskRow};
use futures_util::future::join_all;

use crate::link_ends::LinkEnds;
use crate::node::Node;
use crate::open_tasks::OpenTasks;
use crate::operators::Operators;
use crate::persist::Passing as _;
use crate::settle::Settler;
use crate::signals::Signals;
use crate::time::Time;
use crate::{Fault, causes};

/// Tasks ended in one step of the sweeper.
const TASKS_MAX: usize = 200;
/// The same for the store.
const LIMIT: i64 = TASKS_MAX as i64;
/// How often the books are signed.
const CHECKPOINT_EVERY_MS: Millis = 3_600_000;
/// How soon what was wiped is not in SQLite's log any more.
const LOG_EMPTIED_AFTER_MS: Millis = 60_000;
/// A node that does not lead sweeps at every so many ticks.
const STAND_IN_EVERY: u64 = 30;

/// Sweeps.
pub(crate) struct Sweeper {
    pub(crate) links: LinkEnds,
    pub(crate) operators: Operators,
    pub(crate) store: Store,
    pub(crate) node: Arc<Node>,
    pub(crate) settler: Arc<Settler>,
    pub(crate) open_tasks: Arc<OpenTasks>,
    pub(crate) signals: Arc<Signals>,
    pub(crate) time: Arc<dyn Time>,
    /// How often it looks.
    pub(crate) tick_every_ms: Millis,
    /// How often it has looked.
    pub(crate) ticks: AtomicU64,
    /// When it signs the books again.
    pub(crate) checkpoint_at: AtomicI64,
    /// When it empties SQLite's log of what was wiped; 0 when nothing was.
    pub(crate) empty_log_at: AtomicI64,
}

impl Sweeper {
    /// Sweeps at every tick, and at once when a step left some over, until the node has stopped.
    pub(crate) async fn run(self: Arc<Self>) {
        let mut has_more = false;
        loop {
            if !has_more {
                self.time.until(self.time.now() + self.tick_every_ms).await;
            }
            if self.node.abandon.is_cancelled() {
                return;
            }
            has_more = self.tick().await.unwrap_or_else(|fault| {
                tracing::error!(error = causes(&fault), "sweep failed");
                false
            });
        }
    }

    /// One sweep: for all nodes when this one leads, and now and then when it does not, in case that
    /// the one that leads beats and does nothing else. Whether a step was full, so that there is more
    /// to end.
    ///
    /// # Errors
    /// The store failed; the next tick tries again.
    pub(crate) async fn tick(&self) -> Result<bool, Fault> {
        for task in self.store.read.answered(&self.node.id).await? {
            self.signals.answered(&task);
        }
        let ticks = self.ticks.fetch_add(1, Ordering::Relaxed);
        let mut has_more = false;
        if self.node.leads() || ticks % STAND_IN_EVERY == STAND_IN_EVERY - 1 {
            has_more = self.sweep().await?;
        }
        self.open_tasks.set(self.store.read.open_tasks().await?);
        Ok(has_more)
    }

    /// Each step by itself: what one cannot do keeps no other from its own.
    async fn sweep(&self) -> Result<bool, Fault> {
        let now = self.time.now();
        let steps = [
            self.release_overdue_holds(now).await,
            self.fail_lost().await,
            self.fail_overdue(now).await,
            self.end_links(now).await,
            self.forget(now).await.map(|()| 0),
            self.sign_books(now).await.map(|()| 0),
        ];
        let ended: Vec<usize> = steps.into_iter().collect::<Result<_, _>>()?;
        Ok(ended.contains(&TASKS_MAX))
    }

    /// The last resort: a hold past its own deadline is released and its task fails, whatever its
    /// row says; no callback is made of a row that nobody could read.
    async fn release_overdue_holds(&self, now: Millis) -> Result<usize, Fault> {
        let holds = self.store.read.overdue_holds(now, LIMIT).await?;
        let count = holds.len();
        for (task, fence) in holds {
            tracing::error!(tid = %task, "hold outlived its task's deadline");
            self.settler.fail_unread(task, fence, FailureKind::DeadlinePassed).await?;
        }
        Ok(count)
    }

    /// Fails tasks whose login fields went with their node; returns how many it found.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) async fn fail_lost(&self) -> Result<usize, Fault> {
        let lost = self.store.read.lost_with_credentials(LIMIT).await?;
        self.fail_all(lost, FailureKind::NodeLost).await
    }

    async fn fail_overdue(&self, now: Millis) -> Result<usize, Fault> {
        let overdue = self.store.read.overdue(now, LIMIT).await?;
        self.fail_all(overdue, FailureKind::DeadlinePassed).await
    }

    /// Ends links whose time is over, and what is under way for a page that nobody can come back to.
    async fn end_links(&self, now: Millis) -> Result<usize, Fault> {
        for link in self.store.read.overdue_links(now, LIMIT).await? {
            self.links.expire(&link).await?;
        }
        let unwanted = self.store.read.unwanted_tasks(now, LIMIT).await?;
        self.fail_all(unwanted, FailureKind::Cancelled).await
    }

    async fn forget(&self, now: Millis) -> Result<(), Fault> {
        let wiped = self.store.write.wipe_over(now, BATCH_ROWS).await?;
        for task in &wiped {
            tracing::info!(tid = %task, "result wiped");
        }
        self.empty_log(now, !wiped.is_empty()).await?;
        self.store.write.forget_keys(now, BATCH_ROWS).await?;
        self.store.write.forget_links(now - LINK_KEPT_FOR_MS, BATCH_ROWS).await?;
        self.store.write.forget_former_tokens(now).await?;
        self.operators.forget_sessions().await?;
        self.store.write.forget_evidence(now - EVIDENCE_KEPT_FOR_MS).await?;
        self.store.write.forget_wrong_results(now - EVIDENCE_KEPT_FOR_MS).await?;
        Ok(())
    }

    /// What was wiped is soon not in SQLite's log either; not at every wipe, since it writes all of it.
    async fn empty_log(&self, now: Millis, has_wiped: bool) -> Result<(), Fault> {
        if has_wiped && self.empty_log_at.load(Ordering::Relaxed) == 0 {
            self.empty_log_at.store(now + LOG_EMPTIED_AFTER_MS, Ordering::Relaxed);
        }
        let due_at = self.empty_log_at.load(Ordering::Relaxed);
        if due_at == 0 || now < due_at {
            return Ok(());
        }
        // While somebody reads it stays full, and is tried again at the next tick.
        if self.store.write.empty_log().await? != Some(false) {
            self.empty_log_at.store(0, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Signs the books once an hour, whichever node did it last.
    async fn sign_books(&self, now: Millis) -> Result<(), Fault> {
        if now < self.checkpoint_at.load(Ordering::Relaxed) {
            return Ok(());
        }
        let last = self.store.read.newest_checkpoint_at().await?;
        let due_at = match last.map(|last| last + CHECKPOINT_EVERY_MS) {
            // One of a clock that is far ahead keeps nobody from the next.
            Some(due_at) if now < due_at && due_at <= now + CHECKPOINT_EVERY_MS => due_at,
            _ => self.store.write.checkpoint(now).await?.at + CHECKPOINT_EVERY_MS,
        };
        self.checkpoint_at.store(due_at, Ordering::Relaxed);
        Ok(())
    }

    /// Ends all at once, so that their ends are written together; returns how many. One that cannot be
    /// ended is set aside, or it would be found first at every tick.
    async fn fail_all(&self, found: Found<TaskRow>, kind: FailureKind) -> Result<usize, Fault> {
        let count = found.rows.len() + found.unreadable.len();
        self.settler.end_unreadable(&found.unreadable).await;
        let ends = found.rows.iter().map(|task| async move {
            match self.settler.settle(task, Stage::Failed(Failure::of(kind))).await {
                Err(fault) if !fault.passes() => {
                    self.settler.set_aside(task.id.as_str(), &fault).await
                }
                other => other,
            }
        });
        join_all(ends).await.into_iter().collect::<Result<(), _>>()?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use fiveone_model::ledger::Balance;
    use fiveone_testkit::{TestStore, build};

    use super::*;
    use crate::Options;
    use crate::time::tests::ByHand;
    use crate::wiring::tests::{NOW, admit_for_another_node, wiring, wiring_at};

    #[tokio::test]
    async fn a_task_whose_node_is_gone_fails_and_its_money_is_free() {
        let store = TestStore::sqlite().await;
        let wiring = wiring(&store, Options::default()).await;
        admit_for_another_node(&wiring, 1).await;
        let settler = wiring.settler();
        wiring.pulse(Arc::clone(&settler)).beat().await.unwrap();
        wiring.sweeper(settler).tick().await.unwrap();
        let task = store.read.task(&build::task_id(1)).await.unwrap().unwrap();
        assert_eq!(task.stage, Stage::Failed(Failure::of(FailureKind::NodeLost)));
        let balance = store.read.balance(&build::app_id("a")).await.unwrap();
        let expected = Balance { free_fen: 1_000, funding_fen: 1_000, ..Balance::default() };
        assert_eq!(balance, Some(expected));
        assert!(!wiring.node.is_shutting_down());
    }

    #[tokio::test]
    async fn more_than_fit_into_a_step_do_not_wait_for_the_next_tick() {
        let store = TestStore::sqlite().await;
        let time = ByHand::at(NOW);
        let wiring = wiring_at(&store, Options::default(), Arc::new(time.clone())).await;
        let count = u32::try_from(2 * TASKS_MAX).unwrap() + 1;
        wiring.accounts.topup(&build::app_id("a"), 1_000_000, "").await.unwrap();
        for number in 1..=count {
            admit_for_another_node(&wiring, number).await;
        }
        wiring.pulse(wiring.settler()).beat().await.unwrap();
        let sweeper = wiring.sweeper(wiring.settler());
        let sweeping = tokio::spawn(Arc::clone(&sweeper).run());
        // It waits for its first tick now.
        tokio::task::yield_now().await;
        time.advance(sweeper.tick_every_ms);
        while store.read.leftovers().await.unwrap().open > 0 {
            tokio::task::yield_now().await;
        }
        sweeping.abort();
        assert_eq!(sweeper.ticks.load(Ordering::Relaxed), 3, "all of one tick");
    }

    #[tokio::test]
    async fn what_can_be_neither_read_nor_ended_is_set_aside_and_stops_nobody() {
        let store = TestStore::sqlite().await;
        let wiring = wiring(&store, Options::default()).await;
        for number in 1..=3 {
            admit_for_another_node(&wiring, number).await;
        }
        let [unreadable, without_hold, healthy] = [1, 2, 3].map(build::task_id);
        store.execute(&format!("update task set area = '?' where id = '{unreadable}'")).await;
        store.execute(&format!("delete from hold where task_id = '{without_hold}'")).await;
        wiring.pulse(wiring.settler()).beat().await.unwrap();
        wiring.sweeper(wiring.settler()).tick().await.unwrap();
        let why = format!("ledger rule: hold of task {without_hold} is already resolved");
        let aside = store.read.set_aside(9).await.unwrap();
        assert_eq!(aside, [(without_hold.to_string(), why)]);
        let left = store.read.leftovers().await.unwrap();
        assert_eq!((left.open, left.holds), (1, 0), "the unreadable one failed, too");
        let task = store.read.task(&healthy).await.unwrap().unwrap();
        assert_eq!(task.stage, Stage::Failed(Failure::of(FailureKind::NodeLost)));
    }

    #[tokio::test]
    async fn an_app_whose_token_does_not_open_stops_no_end_and_loses_no_callback() {
        let store = TestStore::sqlite().await;
        let wiring = wiring(&store, Options::default()).await;
        admit_for_another_node(&wiring, 1).await;
        store.execute("update app set token_sealed = x'00', fund_callback = 'http://a/'").await;
        wiring.pulse(wiring.settler()).beat().await.unwrap();
        wiring.sweeper(wiring.settler()).tick().await.unwrap();
        let callbacks = store.read.callbacks_of(&build::task_id(1)).await.unwrap();
        assert_eq!(callbacks, [("pending".to_owned(), 0)]);
        assert_eq!(store.read.leftovers().await.unwrap().open, 0);
    }

    #[tokio::test]
    async fn the_books_are_signed_once_an_hour() {
        let store = TestStore::sqlite().await;
        let time = ByHand::at(NOW);
        let wiring = wiring_at(&store, Options::default(), Arc::new(time.clone())).await;
        wiring.pulse(wiring.settler()).beat().await.unwrap();
        let (one, other) = (wiring.sweeper(wiring.settler()), wiring.sweeper(wiring.settler()));
        let mut counts = Vec::new();
        for minutes in [0, 59, 1, 30, 30] {
            time.advance(minutes * 60_000);
            for sweeper in [&one, &other] {
                sweeper.tick().await.unwrap();
            }
            counts.push(store.read.dump("select number from checkpoint").await.unwrap().len());
        }
        assert_eq!(counts, [2, 2, 3, 3, 4], "and the one of the beginning");
    }

    #[tokio::test]
    async fn only_the_node_with_the_lowest_slot_sweeps() {
        let store = TestStore::sqlite().await;
        let first = wiring(&store, Options::default()).await;
        admit_for_another_node(&first, 1).await;
        let second = first.another_node().await;
        for wiring in [&second, &first] {
            wiring.pulse(wiring.settler()).beat().await.unwrap();
        }
        second.sweeper(second.settler()).tick().await.unwrap();
        assert_eq!(store.read.leftovers().await.unwrap().open, 1);
        first.sweeper(first.settler()).tick().await.unwrap();
        assert_eq!(store.read.leftovers().await.unwrap().open, 0);
    }
}
