//! The receiver of callbacks: it refuses some first tries and lets some hang, and keeps what came.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fiveone_model::clock::Millis;

use crate::chance::{Chance, Trace};
use crate::clock::World;

/// The receiver.
#[derive(Clone)]
pub(crate) struct Post {
    world: World,
    chance: Chance,
    trace: Trace,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    tries: HashMap<String, u32>,
    /// The codes that were acknowledged, by task.
    acknowledged: BTreeMap<String, Vec<String>>,
    lost: u64,
}

impl Post {
    pub(crate) fn new(world: World, chance: Chance, trace: Trace) -> Self {
        Self { world, chance, trace, state: Arc::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a callback, or not; the second try succeeds, because the third is made minutes later.
    pub(crate) async fn take(&self, id: &str, body: &str, limit: Millis) -> Result<u16, String> {
        let tries = {
            let mut state = self.lock();
            let tries = state.tries.entry(id.to_owned()).or_default();
            *tries += 1;
            *tries
        };
        self.trace.add(|| format!("{} a callback is tried, {tries}", self.world.now()));
        self.world.until(self.world.now() + self.chance.between(1, 200)).await;
        if tries == 1 && self.chance.in_thousand(150) {
            self.lock().lost += 1;
            return Ok(500);
        }
        if tries == 1 && self.chance.in_thousand(80) {
            self.lock().lost += 1;
            self.world.until(self.world.now() + limit).await;
            return Err("timed out".to_owned());
        }
        let field = |wanted: &str| {
            let pair = body.split('&').filter_map(|pair| pair.split_once('='));
            pair.into_iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.to_owned())
        };
        let (tid, status) = (field("tid").unwrap_or_default(), field("status").unwrap_or_default());
        self.lock().acknowledged.entry(tid).or_default().push(status);
        Ok(200)
    }

    /// The codes that were acknowledged for a task.
    pub(crate) fn acknowledged(&self, tid: &str) -> Vec<String> {
        self.lock().acknowledged.get(tid).cloned().unwrap_or_default()
    }

    /// Tries that were lost.
    pub(crate) fn lost(&self) -> u64 {
        self.lock().lost
    }
}
