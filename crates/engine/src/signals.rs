//! Wake-ups: work is there, a task moved, an answer came; in this process, and from other nodes where
//! the database carries them. They only hurry; every
//! waiter also looks at the store by itself, so a lost signal costs a tick and nothing else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use fiveone_model::clock::Millis;
use fiveone_model::task::TaskId;
use fiveone_store::{Wakeup, Wakeups};
use tokio::sync::{Notify, watch};

use crate::causes;
use crate::node::Node;
use crate::time::Time;

/// How long it waits before it listens again when the database is away.
const LISTEN_AGAIN_MS: Millis = 500;

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

    /// Hands on what other nodes say, until this one has ended.
    pub(crate) async fn listen(
        self: Arc<Self>,
        mut wakeups: Wakeups,
        node: Arc<Node>,
        time: Arc<dyn Time>,
    ) {
        loop {
            let told = tokio::select! {
                biased;
                told = wakeups.next() => told,
                () = node.abandon.cancelled() => return,
            };
            match told {
                Ok(Wakeup::Answered(task)) => self.answered(&task),
                Ok(Wakeup::Work) => self.work.notify_one(),
                Err(error) => {
                    tracing::warn!(error = causes(&error), "nothing is heard");
                    time.until(time.now() + LISTEN_AGAIN_MS).await;
                }
            }
        }
    }

    /// An answer to a task's question is in the store.
    pub(crate) fn answered(&self, task: &TaskId) {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(notify) = answers.get(task) {
            notify.notify_one();
        }
    }
}
