//! Trying again: what the database refuses for the moment is asked again until it is done or the
//! node has ended. A fence on every write keeps what comes too late from doing harm.

use std::future::Future;
use std::sync::Arc;

use fiveone_model::clock::Millis;

use crate::Fault;
use crate::node::Node;
use crate::time::Time;

/// The first pause between two tries; each is twice the one before.
const FIRST_PAUSE_MS: Millis = 50;
/// The longest pause.
const LONGEST_PAUSE_MS: Millis = 1_000;

/// Errors of which some pass by themselves.
pub(crate) trait Passing: std::error::Error + 'static {
    /// Whether the same call may succeed later.
    fn passes(&self) -> bool;
}

impl Passing for fiveone_store::Error {
    fn passes(&self) -> bool {
        self.is_transient()
    }
}

impl Passing for Fault {
    fn passes(&self) -> bool {
        match self {
            Self::Store(error) => error.is_transient(),
            Self::Shared(error) => error.is_transient(),
            Self::Seal(_) | Self::Impossible(_) => false,
        }
    }
}

/// Who tries again, and until when.
#[derive(Clone)]
pub(crate) struct Persistence {
    pub(crate) node: Arc<Node>,
    pub(crate) time: Arc<dyn Time>,
    /// How long it goes on when the node has been told to end.
    pub(crate) last_for_ms: Millis,
}

impl Persistence {
    /// Calls until it succeeds or fails for good. What the call changes may have been done by an
    /// earlier try whose answer was lost.
    ///
    /// # Errors
    /// An error that does not pass; or any, when the node has ended.
    pub(crate) async fn persist<T, E, F, Fut>(&self, mut call: F) -> Result<T, E>
    where
        E: Passing,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let mut pause_ms = FIRST_PAUSE_MS;
        let mut give_up_at = None;
        loop {
            let error = match call().await {
                Err(error) if error.passes() => error,
                other => return other,
            };
            let now = self.time.now();
            if self.node.abandon.is_cancelled() {
                give_up_at.get_or_insert(now + self.last_for_ms);
            }
            if self.node.lost.is_cancelled() || give_up_at.is_some_and(|at| now >= at) {
                return Err(error);
            }
            if pause_ms == FIRST_PAUSE_MS {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "store away; trying again"
                );
            }
            tokio::select! {
                () = self.time.until(now + pause_ms) => {}
                () = self.node.lost.cancelled() => {}
            }
            pause_ms = (pause_ms * 2).min(LONGEST_PAUSE_MS);
        }
    }
}
