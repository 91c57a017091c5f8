//! In-process wake-ups: work is there, a task moved, an answer came. They only hurry; every
//! waiter also looks at the store by itself, so a lost signal costs a tick and nothing else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use fiveone_model::task::TaskId;
use tokio::sync::{Notify, watch};

/// The signals of one node.
pub(crate) struct Signals {
    /// There may be a task to claim.
    pub(crate) work: Notify,
    /// There may be a callback to send.
    pub(crate) callbacks: Notify,
    /// Counts the changes of tasks.
    changes: watch::Sender<u64>,
    answers: Mutex<HashMap<TaskId, Arc<Notify>>>,
}

impl Default for Signals {
    fn default() -> Self {
        Self {
            work: Notify::new(),
            callbacks: Notify::new(),
            changes: watch::Sender::new(0),
            answers: Mutex::default(),
        }
    }
}

impl Signals {
    /// A task has changed.
    pub(crate) fn changed(&self) {
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Sees every change from now on.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// What to wait on for answers to a task's questions.
    pub(crate) fn answers_to(&self, task: &TaskId) -> Arc<Notify> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(answers.entry(task.clone()).or_default())
    }

    /// Forgets a task that has ended.
    pub(crate) fn forget(&self, task: &TaskId) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).remove(task);
    }

    /// An answer to a task's question is in the store.
    pub(crate) fn answered(&self, task: &TaskId) {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(notify) = answers.get(task) {
            notify.notify_one();
        }
    }
}
