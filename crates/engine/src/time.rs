//! Waiting for an instant of the clock. Of the program proper only this file and the pacing of
//! requests to a portal sleep.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use fiveone_model::clock::{Clock, Millis};

/// A wait.
pub type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A clock one can wait on. Tests hold one whose waits end when they move it.
pub trait Time: Clock {
    /// Ends when the clock shows `at` or later.
    fn until(&self, at: Millis) -> Wait;
}

/// The system's time.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemTime;

impl Clock for SystemTime {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that all others ask")]
    fn now(&self) -> Millis {
        let since = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
    }
}

impl Time for SystemTime {
    #[expect(clippy::disallowed_methods, reason = "this is the wait that all others use")]
    fn until(&self, at: Millis) -> Wait {
        let wait = Duration::from_millis(u64::try_from(at - self.now()).unwrap_or(0));
        Box::pin(tokio::time::sleep(wait))
    }
}

/// A clock that stands at one instant, for the tests of this crate; waits for later ones never end.
#[cfg(test)]
pub(crate) struct Standing(pub(crate) Millis);

#[cfg(test)]
impl Clock for Standing {
    fn now(&self) -> Millis {
        self.0
    }
}

#[cfg(test)]
impl Time for Standing {
    fn until(&self, at: Millis) -> Wait {
        if at <= self.0 {
            Box::pin(std::future::ready(()))
        } else {
            Box::pin(std::future::pending())
        }
    }
}
