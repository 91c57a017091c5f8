//! Trying again: what the database refuses for the moment is asked again until it is done or the
//! node has ended. A fence on every write keeps what comes too late from doing harm.

use std::future::Future;
use std::sync::Arc;

use fiveone_model::clock::Millis;

use crate::node::Node;
use crate::time::Time;
use crate::{Fault, causes};

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
            Self::Seal(_) | Self::WrongDeploymentKey | Self::WalletFull | Self::Impossible(_) => {
                false
            }
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
                tracing::warn!(error = causes(&error), "store away; trying again");
            }
            tokio::select! {
                biased;
                () = self.time.until(now + pause_ms) => {}
                () = self.node.lost.cancelled() => {}
            }
            pause_ms = (pause_ms * 2).min(LONGEST_PAUSE_MS);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use fiveone_model::clock::Clock as _;
    use fiveone_testkit::TestStore;

    use super::*;
    use crate::Options;
    use crate::time::tests::ByHand;
    use crate::wiring::tests::{NOW, wiring_at};

    /// A store that is away, or refuses for good.
    #[derive(Debug, thiserror::Error)]
    #[error("away: {passes}")]
    struct Away {
        passes: bool,
    }

    impl Passing for Away {
        fn passes(&self) -> bool {
            self.passes
        }
    }

    async fn persistence(time: &ByHand) -> (TestStore, Persistence) {
        let store = TestStore::sqlite().await;
        let time: Arc<dyn Time> = Arc::new(time.clone());
        let node = wiring_at(&store, Options::default(), Arc::clone(&time)).await.node;
        (store, Persistence { node, time, last_for_ms: 10_000 })
    }

    /// Calls until it ends, with the clock moved on before each try; when the tries were.
    async fn try_until(
        persistence: &Persistence,
        time: &ByHand,
        outcome: impl Fn(Millis) -> Result<Millis, Away>,
    ) -> (Result<Millis, Away>, Vec<Millis>) {
        let tries = Mutex::new(Vec::new());
        let calling = persistence.persist(|| async {
            let at = time.now() - NOW;
            tries.lock().unwrap().push(at);
            // The pause before the next try begins now; its end must not be waited for here.
            let clock = time.clone();
            tokio::spawn(async move {
                tokio::task::yield_now().await;
                clock.advance(1_000);
            });
            outcome(at)
        });
        let ended = calling.await;
        (ended, tries.into_inner().unwrap())
    }

    #[tokio::test]
    async fn a_store_that_is_away_for_longer_than_a_lease_is_asked_until_it_is_back() {
        let time = ByHand::at(NOW);
        let (_store, persistence) = persistence(&time).await;
        let back = |at| if at >= 15_000 { Ok(at) } else { Err(Away { passes: true }) };
        let (ended, tries) = try_until(&persistence, &time, back).await;
        assert_eq!((ended.unwrap(), tries.len()), (15_000, 16));
    }

    #[tokio::test]
    async fn what_does_not_pass_and_a_node_that_is_lost_end_at_once() {
        let time = ByHand::at(NOW);
        let (_store, persistence) = persistence(&time).await;
        let (ended, tries) = try_until(&persistence, &time, |_| Err(Away { passes: false })).await;
        assert!(ended.is_err() && tries.len() == 1);
        persistence.node.lost.cancel();
        let (ended, tries) = try_until(&persistence, &time, |_| Err(Away { passes: true })).await;
        assert!(ended.is_err() && tries.len() == 1);
    }

    #[tokio::test]
    async fn a_node_told_to_end_goes_on_for_a_lease() {
        let time = ByHand::at(NOW);
        let (_store, persistence) = persistence(&time).await;
        persistence.node.abandon.cancel();
        let (ended, tries) = try_until(&persistence, &time, |_| Err(Away { passes: true })).await;
        assert!(ended.is_err());
        assert_eq!(tries.last(), Some(&10_000));
    }
}
