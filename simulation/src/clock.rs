//! The time of a simulation: it stands still until the scheduler moves it, and each node reads it
//! from a clock of its own, which may be wrong and may be set.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use fiveone_engine::{Time, Wait};
use fiveone_model::clock::{Clock, Millis};
use fiveone_store::Turn;
use tokio::sync::OwnedMutexGuard;

/// What all clocks are made of.
#[derive(Clone, Default)]
pub(crate) struct World {
    state: Arc<Mutex<State>>,
    /// Who writes.
    writer: Arc<tokio::sync::Mutex<()>>,
}

/// The right to write; somebody waits for its end.
struct Writing {
    _guard: OwnedMutexGuard<()>,
    world: World,
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.world.note();
    }
}

#[derive(Default)]
struct State {
    now: Millis,
    next_number: u64,
    /// By the instant they wait for, and in the order in which they began.
    waiters: BTreeMap<(Millis, u64), Waker>,
    /// Counts whatever anybody did.
    activity: u64,
    /// Transactions that had to wait for another's end.
    waited: u64,
}

impl World {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the right to write, for so long at most.
    pub(crate) async fn write(&self, patience_ms: Millis) -> Option<Turn> {
        let writer = Arc::clone(&self.writer);
        let guard = match Arc::clone(&writer).try_lock_owned() {
            Ok(guard) => guard,
            Err(_) => {
                self.lock().waited += 1;
                tokio::select! {
                    biased;
                    guard = writer.lock_owned() => guard,
                    () = self.until(self.now() + patience_ms) => return None,
                }
            }
        };
        Some(Box::new(Writing { _guard: guard, world: self.clone() }))
    }

    /// How many had to wait for it.
    pub(crate) fn waited(&self) -> u64 {
        self.lock().waited
    }

    /// Milliseconds since the beginning.
    pub(crate) fn now(&self) -> Millis {
        self.lock().now
    }

    /// Something was done.
    pub(crate) fn note(&self) {
        self.lock().activity += 1;
    }

    /// How much has been done.
    pub(crate) fn activity(&self) -> u64 {
        self.lock().activity
    }

    /// The first instant that anybody waits for.
    pub(crate) fn next(&self) -> Option<Millis> {
        self.lock().waiters.keys().next().map(|(at, _)| *at)
    }

    /// Moves on and wakes whose time has come, in order.
    pub(crate) fn advance(&self, to: Millis) {
        let mut woken = Vec::new();
        {
            let mut state = self.lock();
            state.now = state.now.max(to);
            while let Some(entry) = state.waiters.first_entry() {
                if entry.key().0 > to {
                    break;
                }
                woken.push(entry.remove());
            }
        }
        woken.into_iter().for_each(Waker::wake);
    }

    /// Ends at an instant.
    pub(crate) fn until(&self, at: Millis) -> Until {
        self.note();
        let mut state = self.lock();
        state.next_number += 1;
        Until { world: self.clone(), key: (at, state.next_number) }
    }
}

/// A wait.
pub(crate) struct Until {
    world: World,
    key: (Millis, u64),
}

impl Future for Until {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.world.lock();
        if state.now >= self.key.0 {
            return Poll::Ready(());
        }
        state.waiters.insert(self.key, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Until {
    fn drop(&mut self) {
        let waker = self.world.lock().waiters.remove(&self.key);
        drop(waker);
    }
}

/// The clock of one node.
#[derive(Clone)]
pub(crate) struct NodeClock {
    world: World,
    /// What it shows beyond the world's time.
    offset: Arc<AtomicI64>,
}

impl NodeClock {
    pub(crate) fn new(world: World, offset: Millis) -> Self {
        Self { world, offset: Arc::new(AtomicI64::new(offset)) }
    }

    /// Somebody sets it.
    pub(crate) fn step(&self, by: Millis) {
        self.offset.fetch_add(by, Ordering::Relaxed);
    }
}

impl Clock for NodeClock {
    fn now(&self) -> Millis {
        self.world.now() + self.offset.load(Ordering::Relaxed)
    }
}

impl Time for NodeClock {
    fn until(&self, at: Millis) -> Wait {
        Box::pin(self.world.until(self.world.now() + at - self.now()))
    }

    fn steady(&self) -> Millis {
        self.world.now()
    }
}
