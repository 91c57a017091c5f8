//! How many tasks of the deployment have not ended: counted here between two looks at the store.

use std::sync::atomic::{AtomicI64, Ordering};

/// The count, and the most there may be.
pub(crate) struct OpenTasks {
    count: AtomicI64,
    max: i64,
}

impl OpenTasks {
    pub(crate) const fn new(count: i64, max: i64) -> Self {
        Self { count: AtomicI64::new(count), max }
    }

    /// Whether no more may be admitted.
    pub(crate) fn are_too_many(&self) -> bool {
        self.count.load(Ordering::Relaxed) >= self.max
    }

    /// One was admitted.
    pub(crate) fn one_more(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    /// One has ended.
    pub(crate) fn one_less(&self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }

    /// Takes over what the store counted, other nodes' tasks included.
    pub(crate) fn set(&self, count: i64) {
        self.count.store(count, Ordering::Relaxed);
        metrics::gauge!(crate::metric::TASKS_OPEN)
            .set(f64::from(i32::try_from(count).unwrap_or(i32::MAX)));
    }
}
