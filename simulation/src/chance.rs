//! The one source of chance of a simulation, and what happened, line by line.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// Chance that everybody draws from, in the order in which they run.
#[derive(Clone)]
pub(crate) struct Chance(Arc<Mutex<StdRng>>);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    fn lock(&self) -> MutexGuard<'_, StdRng> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number from `low` to `high`.
    pub(crate) fn between(&self, low: i64, high: i64) -> i64 {
        self.lock().random_range(low..=high)
    }

    /// A place in a list of this length.
    pub(crate) fn place(&self, length: usize) -> usize {
        self.lock().random_range(0..length)
    }

    /// Whether it happens that happens so many times in a thousand.
    pub(crate) fn in_thousand(&self, times: u32) -> bool {
        self.lock().random_range(0..1_000) < times
    }
}

/// What happened, in order: a digest of all of it, and the lines when somebody wants to read them.
#[derive(Clone)]
pub(crate) struct Trace(Arc<Mutex<Lines>>);

struct Lines {
    digest: u64,
    kept: Option<Vec<String>>,
}

impl Trace {
    pub(crate) fn new(is_kept: bool) -> Self {
        let lines = Lines { digest: 0xcbf2_9ce4_8422_2325, kept: is_kept.then(Vec::new) };
        Self(Arc::new(Mutex::new(lines)))
    }

    pub(crate) fn add(&self, line: impl FnOnce() -> String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = line();
        for byte in line.bytes() {
            lines.digest = (lines.digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        if let Some(kept) = &mut lines.kept {
            kept.push(line);
        }
    }

    /// The same for the same lines.
    pub(crate) fn digest(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).digest
    }

    /// The lines, when they are kept.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).kept.clone().unwrap_or_default()
    }
}
