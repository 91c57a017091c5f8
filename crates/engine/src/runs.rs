//! The runs of this node: which tasks it works on now.
//!
//! Reading what a portal sends takes the processor and not the wire, now and then for long. A run
//! therefore gives its worker's other tasks to another thread before it goes on: no page can keep
//! heartbeats, calls or other runs waiting.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use fiveone_model::task::TaskId;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;
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

/// Goes on while the worker's other tasks are with another thread.
struct Aside<F>(Pin<Box<F>>);

impl<F: Future> Future for Aside<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // A runtime of one thread has no other.
        if Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread {
            return self.0.as_mut().poll(context);
        }
        block_in_place(|| self.0.as_mut().poll(context))
    }
}

impl Runs {
    /// Begins a run.
    pub(crate) fn spawn(&self, task: TaskId, run: impl Future<Output = ()> + Send + 'static) {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).insert(task.clone());
        let entry = Entry(Arc::clone(&self.tasks), task);
        self.tracker.spawn(async move {
            let _entry = entry;
            Aside(Box::pin(run)).await;
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_run_that_reads_for_long_keeps_nobody_waiting() {
        let runs = Runs::default();
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (go_on, may_go_on) = mpsc::channel();
        let task = TaskId::from_random([1; 16]);
        // It has the only worker, and ends when another task of the runtime says so.
        runs.spawn(task.clone(), async move {
            begun.send(()).unwrap();
            may_go_on.recv().unwrap();
        });
        let other = tokio::spawn(async move {
            has_begun.await.unwrap();
            go_on.send(()).unwrap();
        });
        other.await.unwrap();
        runs.ended().await;
        assert!(!runs.has(&task));
    }
}
