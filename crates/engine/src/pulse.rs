//! The pulse of a node: it says that it lives, sees who else does, and takes up what it has a lease
//! on and does not run. Nothing else is done in this loop, so that nothing else can delay it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use fiveone_model::clock::Millis;
use fiveone_model::failure::{Failure, FailureKind};
use fiveone_model::task::Stage;
use fiveone_store::{Error, Leased, Store};

use crate::neighbours::Neighbours;
use crate::node::Node;
use crate::runs::Runs;
use crate::settle::Settler;
use crate::signals::Signals;
use crate::time::Time;
use crate::twins::TwinKeys;
use crate::{Fault, causes};

/// Beats for a node.
pub(crate) struct Pulse {
    pub(crate) store: Store,
    pub(crate) node: Arc<Node>,
    pub(crate) settler: Arc<Settler>,
    pub(crate) runs: Arc<Runs>,
    pub(crate) signals: Arc<Signals>,
    pub(crate) time: Arc<dyn Time>,
    /// How long a node may be silent.
    pub(crate) lease_for_ms: Millis,
    pub(crate) tick_every_ms: Millis,
    pub(crate) neighbours: Mutex<Neighbours>,
    pub(crate) strays: Mutex<Strays>,
    pub(crate) twin_keys: TwinKeys,
}

/// Tasks that have a lease of this node and no run, as seen at the last look.
#[derive(Default)]
pub(crate) struct Strays {
    look_at: Millis,
    seen: HashSet<(String, i64)>,
}

impl Pulse {
    /// Beats at every tick, until the node has stopped.
    pub(crate) async fn run(self: Arc<Self>) {
        loop {
            self.time.until(self.time.now() + self.tick_every_ms).await;
            if self.node.abandon.is_cancelled() {
                return;
            }
            if let Err(fault) = self.beat().await {
                tracing::error!(error = causes(&fault), "no heartbeat");
            }
        }
    }

    /// One heartbeat, and a look at the others.
    ///
    /// # Errors
    /// The store failed; the next tick tries again. When the others declared this node dead it is
    /// lost.
    pub(crate) async fn beat(&self) -> Result<(), Fault> {
        let beat = self.store.write.heartbeat(&self.node.id, self.time.now()).await;
        self.node.heart.beat(beat.is_ok(), self.time.steady());
        if let Err(Error::Stale { .. }) = beat {
            tracing::error!(node = self.node.id, "the other nodes declared this one dead");
            self.node.lost.cancel();
        }
        beat?;
        self.look_at_others().await?;
        self.take_up_strays().await
    }

    /// Whoever was silent for a lease is declared dead; of the living, the one with the lowest slot
    /// sweeps for all.
    async fn look_at_others(&self) -> Result<(), Fault> {
        let mut living = self.store.read.living_nodes().await?;
        let silent = self
            .neighbours
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .look(&living, self.time.steady());
        for node in silent {
            if self.store.write.declare_dead(&node.id, node.beats, self.time.now()).await? {
                tracing::warn!(node = node.id, "silent for a lease; declared dead");
                living.retain(|other| other.id != node.id);
                self.signals.work.notify_one();
            }
        }
        self.node.set_leads(living.first().is_none_or(|first| first.id == self.node.id));
        self.twin_keys.pass_on(&living).await
    }

    /// A task whose claim was written while its answer was lost, or whose run ended without a word,
    /// has a lease and nobody who works on it. Seen twice, a lease apart, it is nobody's.
    async fn take_up_strays(&self) -> Result<(), Fault> {
        let now = self.time.steady();
        if now < self.strays.lock().unwrap_or_else(PoisonError::into_inner).look_at {
            return Ok(());
        }
        let leased = self.store.read.leased_to(&self.node.id).await?;
        let strays: Vec<_> =
            leased.into_iter().filter(|leased| !self.runs.has(&leased.id)).collect();
        let key = |leased: &Leased| (leased.id.to_string(), leased.fence);
        let seen = std::mem::replace(
            &mut *self.strays.lock().unwrap_or_else(PoisonError::into_inner),
            Strays { look_at: now + self.lease_for_ms, seen: strays.iter().map(key).collect() },
        );
        for stray in strays.iter().filter(|stray| seen.seen.contains(&key(stray))) {
            self.take_up(stray).await?;
        }
        Ok(())
    }

    async fn take_up(&self, stray: &Leased) -> Result<(), Fault> {
        tracing::warn!(tid = %stray.id, "leased and not run; taken up again");
        if stray.is_resumable {
            match self.store.write.give_back(&stray.id, stray.fence, self.time.now()).await {
                Ok(()) | Err(Error::Stale { .. }) => self.signals.work.notify_one(),
                Err(error) => return Err(error.into()),
            }
        } else if let Some(task) = self.store.read.task(&stray.id).await?
            && task.fence == stray.fence
        {
            self.settler.settle(&task, Stage::Failed(Failure::of(FailureKind::NodeLost))).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use fiveone_model::product::Product;
    use fiveone_model::task::StageName;
    use fiveone_store::{NewTask, TaskRow};
    use fiveone_testkit::{TestStore, build, on_both};

    use super::*;
    use crate::Options;
    use crate::time::tests::ByHand;
    use crate::wiring::Wiring;
    use crate::wiring::tests::{NOW, wiring, wiring_at};

    on_both!(
        a_lease_without_a_run_is_taken_up_again,
        a_clock_that_steps_takes_no_lease_from_anybody,
    );

    /// Admits a task to a node and brings it to a stage.
    async fn task_at(wiring: &Wiring, number: u32, stage: StageName) -> TaskRow {
        let node_id = wiring.node.id.clone();
        let new = NewTask { node_id, ..build::new_task("a", number) };
        let (area, write) = (new.area.clone(), &wiring.store.write);
        write.admit(&[new], NOW).await.unwrap();
        let portal = (Product::Fund, &area);
        let claimed = write.claim_queued(&wiring.node.id, portal, 99, 1, NOW).await.unwrap();
        let task = claimed.rows.into_iter().next().unwrap().task;
        if stage == StageName::LoggedIn {
            let step = (StageName::LoggingIn, stage);
            write.move_stage(&task.id, task.fence, step, Some(b"session"), NOW).await.unwrap();
        }
        task
    }

    async fn a_lease_without_a_run_is_taken_up_again(store: TestStore) {
        let time = ByHand::at(NOW);
        let wiring = wiring_at(&store, Options::default(), Arc::new(time.clone())).await;
        let logging_in = task_at(&wiring, 1, StageName::LoggingIn).await;
        let past_login = task_at(&wiring, 2, StageName::LoggedIn).await;
        let run = task_at(&wiring, 3, StageName::LoggedIn).await;
        wiring.runs.spawn(run.id.clone(), pending());
        let pulse = wiring.pulse(wiring.settler());
        pulse.beat().await.unwrap();
        time.advance(9_999);
        pulse.beat().await.unwrap();
        assert_eq!(store.read.leased_to(&wiring.node.id).await.unwrap().len(), 3);
        time.advance(1);
        pulse.beat().await.unwrap();
        let leased = store.read.leased_to(&wiring.node.id).await.unwrap();
        assert_eq!(leased.iter().map(|one| &one.id).collect::<Vec<_>>(), [&run.id]);
        let ended = store.read.task(&logging_in.id).await.unwrap().unwrap();
        assert_eq!(ended.stage, Stage::Failed(Failure::of(FailureKind::NodeLost)));
        let mut claimed = store.write.claim_resumable(&wiring.node.id, 9, NOW).await.unwrap().rows;
        let claimed = claimed.pop().unwrap();
        assert_eq!((claimed.task.id, claimed.crashes), (past_login.id, 0), "nobody died of it");
    }

    /// The clocks of two nodes differ by 12 s, and one of them steps by an hour, to and fro.
    async fn a_clock_that_steps_takes_no_lease_from_anybody(store: TestStore) {
        let time = ByHand::at(NOW);
        let first = wiring_at(&store, Options::default(), Arc::new(time.clone())).await;
        let run = task_at(&first, 1, StageName::LoggedIn).await;
        first.runs.spawn(run.id, pending());
        let mut second = first.another_node().await;
        let other = ByHand::beside(&time, NOW + 12_000);
        second.time = Arc::new(other.clone());
        let pulses = [first.pulse(first.settler()), second.pulse(second.settler())];
        for step in [0, 3_600_000, -3_600_000, 0, 0, 0, 0, 0, 0, 0, 0, 0] {
            other.step(step);
            time.advance(1_000);
            for pulse in &pulses {
                pulse.beat().await.unwrap();
            }
            let taken = store.write.claim_resumable(&second.node.id, 9, NOW).await.unwrap();
            assert!(taken.rows.is_empty());
        }
        assert_eq!(store.read.living_nodes().await.unwrap().len(), 2);
        assert!(first.node.leads() && !second.node.leads());
        // The first falls silent.
        for _ in 0..10 {
            time.advance(1_000);
            pulses[1].beat().await.unwrap();
        }
        let taken = store.write.claim_resumable(&second.node.id, 9, NOW).await.unwrap();
        assert_eq!((taken.rows.len(), second.node.leads()), (1, true));
    }

    #[tokio::test]
    async fn a_node_that_was_declared_dead_is_lost() {
        let store = TestStore::sqlite().await;
        let wiring = wiring(&store, Options::default()).await;
        let pulse = wiring.pulse(wiring.settler());
        pulse.beat().await.unwrap();
        store.write.stop_node(&wiring.node.id, wiring.time.now()).await.unwrap();
        assert!(pulse.beat().await.is_err());
        assert!(wiring.node.lost.is_cancelled());
    }

    #[tokio::test]
    async fn a_heart_that_missed_its_last_beat_or_beat_long_ago_does_not_beat() {
        let store = TestStore::sqlite().await;
        let wiring = wiring(&store, Options::default()).await;
        let heart = &wiring.node.heart;
        let since = wiring.time.steady();
        assert!(heart.beats(since + 10_000, 10_000) && !heart.beats(since + 10_001, 10_000));
        store.execute("alter table node rename to node_away").await;
        assert!(wiring.pulse(wiring.settler()).beat().await.is_err());
        assert!(!heart.beats(since, 10_000), "reads go on, and nothing can be written");
        store.execute("alter table node_away rename to node").await;
        wiring.pulse(wiring.settler()).beat().await.unwrap();
        assert!(heart.beats(since, 10_000));
    }
}
