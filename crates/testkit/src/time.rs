//! A clock that stands still until a test moves it.

use fiveone_engine::{Time, Wait};
use fiveone_model::clock::{Clock, Millis};
use tokio::sync::watch;

use crate::build::NOW;

/// Time moved by hand; every wait ends when the clock has passed its instant.
#[derive(Clone)]
pub struct ManualClock(std::sync::Arc<watch::Sender<Millis>>);

impl Default for ManualClock {
    fn default() -> Self {
        Self(std::sync::Arc::new(watch::Sender::new(NOW)))
    }
}

impl ManualClock {
    /// Moves the clock on.
    pub fn advance(&self, by: Millis) {
        self.0.send_modify(|now| *now += by);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Millis {
        *self.0.borrow()
    }
}

impl Time for ManualClock {
    fn until(&self, at: Millis) -> Wait {
        let mut seen = self.0.subscribe();
        Box::pin(async move {
            // The sender lives in every clone; were all gone, nobody could move the clock.
            if seen.wait_for(|now| *now >= at).await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}
