//! Callbacks as operators see them: which nobody acknowledged, and beginning those anew. It needs no
//! running node.

use std::sync::Arc;

use fiveone_store::{CallbackChoice, CallbackState, KeptCallback, Store};

use crate::Fault;
use crate::time::Time;

/// The callbacks of a store.
pub struct KeptCallbacks {
    store: Store,
    time: Arc<dyn Time>,
}

impl KeptCallbacks {
    /// The callbacks of a store.
    #[must_use]
    pub fn new(store: Store, time: Arc<dyn Time>) -> Self {
        Self { store, time }
    }

    /// Callbacks in a state, newest first.
    ///
    /// # Errors
    /// The store failed, or a row cannot be decoded.
    pub async fn list(
        &self,
        state: CallbackState,
        choice: CallbackChoice<'_>,
        limit: i64,
    ) -> Result<Vec<KeptCallback>, Fault> {
        Ok(self.store.read.kept_callbacks(state, choice, limit).await?)
    }

    /// Begins the chosen exhausted callbacks anew; a running node sends them within seconds. Returns
    /// how many.
    ///
    /// # Errors
    /// The store failed.
    pub async fn replay(&self, choice: CallbackChoice<'_>) -> Result<u64, Fault> {
        Ok(self.store.write.replay_callbacks(choice, self.time.now()).await?)
    }
}
