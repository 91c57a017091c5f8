//! A node's way to the database: slow, cut, or the place where the node dies.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fiveone_model::clock::Millis;
use fiveone_store::{Faults, Point, Turn};

use crate::chance::{Chance, Trace};
use crate::clock::World;

/// How long a call waits on a way that is silent before it fails.
const PATIENCE_MS: Millis = 5_000;

/// What becomes of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// They pass.
    Open,
    /// They fail at once.
    Refused,
    /// They fail after a while.
    Silent,
}

/// The way of one node.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) node: u64,
    pub(crate) world: World,
    pub(crate) chance: Chance,
    pub(crate) trace: Trace,
    state: Arc<Mutex<State>>,
}

struct State {
    cut: Cut,
    /// Calls of a thousand that fail by themselves.
    failing: u32,
    /// It dies at one of its next calls, wherever that is.
    is_doomed: bool,
    is_dead: bool,
    failed: u64,
}

impl Link {
    pub(crate) fn new(node: u64, world: World, chance: Chance, trace: Trace) -> Self {
        let state =
            State { cut: Cut::Open, failing: 0, is_doomed: false, is_dead: false, failed: 0 };
        Self { node, world, chance, trace, state: Arc::new(Mutex::new(state)) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, cut: Cut) {
        self.lock().cut = cut;
    }

    pub(crate) fn fail(&self, in_thousand: u32) {
        self.lock().failing = in_thousand;
    }

    pub(crate) fn doom(&self) {
        self.lock().is_doomed = true;
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.lock().is_dead
    }

    /// Calls that failed.
    pub(crate) fn failed(&self) -> u64 {
        self.lock().failed
    }

    fn dies(&self) -> bool {
        let mut state = self.lock();
        // At any of its calls alike, so that every kind of call is died at.
        if state.is_doomed && self.chance.in_thousand(250) {
            state.is_dead = true;
        }
        state.is_dead
    }

    async fn decide(&self, point: Point) -> bool {
        if self.dies() {
            self.trace.add(|| format!("{} node {} dies, {point:?}", self.world.now(), self.node));
            std::future::pending::<()>().await;
        }
        // Within a transaction, too: others read beside it, wait for its end, or give up.
        if matches!(point, Point::Statement | Point::Commit) && self.chance.in_thousand(30) {
            let longest = if self.chance.in_thousand(100) { 2 * PATIENCE_MS } else { 30 };
            self.world.until(self.world.now() + self.chance.between(1, longest)).await;
        }
        if point == Point::Begin {
            if self.lock().cut == Cut::Silent {
                self.world.until(self.world.now() + PATIENCE_MS).await;
            } else if self.chance.in_thousand(200) {
                // A few take so long that everything else has moved on.
                let longest = if self.chance.in_thousand(100) { PATIENCE_MS } else { 30 };
                self.world.until(self.world.now() + self.chance.between(1, longest)).await;
            }
        }
        let (cut, failing) = {
            let state = self.lock();
            (state.cut, state.failing)
        };
        let passes = cut == Cut::Open && !self.chance.in_thousand(failing);
        self.lock().failed += u64::from(!passes);
        let (now, node) = (self.world.now(), self.node);
        self.trace.add(|| format!("{now} node {node} {point:?} {passes}"));
        passes
    }
}

impl Faults for Link {
    fn turn(&self) -> Pin<Box<dyn Future<Output = Option<Turn>> + Send + '_>> {
        Box::pin(self.world.write(PATIENCE_MS))
    }

    fn pass(&self, point: Point) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        self.world.note();
        Box::pin(self.decide(point))
    }
}
