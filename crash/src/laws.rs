//! The laws: what must hold while everything breaks. The first that is broken ends the run.

use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

/// Whether a law has been broken.
#[derive(Default)]
pub(crate) struct Laws {
    first: Mutex<Option<String>>,
    told: Notify,
}

impl Laws {
    /// A law is broken; only the first is kept, the others may follow from it.
    pub(crate) fn broken(&self, law: &str, what: &str) {
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        if first.is_none() {
            *first = Some(format!("law broken: {law}: {what}"));
            self.told.notify_waiters();
        }
    }

    /// What was broken first.
    pub(crate) fn first(&self) -> Option<String> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends when a law is broken.
    pub(crate) async fn until_broken(&self) {
        let told = self.told.notified();
        if self.first().is_none() {
            told.await;
        }
    }
}
