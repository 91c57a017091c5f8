//! The runs of this node: which tasks it works on now.

use std::collections::HashSet;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use fiveone_model::task::TaskId;
use tokio_util::task::TaskTracker;

/// The runs under way.
#[derive(Default)]
pub(crate) struct Runs {
    tracker: TaskTracker,
    tasks: Arc<Mutex<HashSet<TaskId>>>,
}

/// Takes its task out again, however the run ends.
struct Entry(Arc<Mutex<HashSet<TaskId>>>, TaskId);

impl Drop for Entry {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

impl Runs {
    /// Begins a run.
    pub(crate) fn spawn(&self, task: TaskId, run: impl Future<Output = ()> + Send + 'static) {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).insert(task.clone());
        let entry = Entry(Arc::clone(&self.tasks), task);
        self.tracker.spawn(async move {
            let _entry = entry;
            run.await;
        });
    }

    /// Whether a task is run here.
    pub(crate) fn has(&self, task: &TaskId) -> bool {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).contains(task)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.tracker.len()
    }

    /// Ends when all have ended.
    pub(crate) async fn ended(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }
}
