//! Waiting for an instant of the clock. Of the program proper only this file and the pacing of
//! requests to a portal sleep.

use std::future::Future;
use std::pin::Pin;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use fiveone_model::clock::{Clock, Millis};

/// A wait.
pub type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A clock one can wait on. Tests hold one whose waits end when they move it.
pub trait Time: Clock {
    /// Ends when the clock shows `at` or later.
    fn until(&self, at: Millis) -> Wait;

    /// Milliseconds since some instant, of a clock that nobody sets: it goes on while
    /// [`Clock::now`] may step.
    fn steady(&self) -> Millis {
        self.now()
    }
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

    fn steady(&self) -> Millis {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        Millis::try_from(START.elapsed().as_millis()).unwrap_or(Millis::MAX)
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

#[cfg(test)]
pub(crate) mod tests {
    use tokio::sync::watch;

    use super::*;

    /// A clock moved by hand that can be set, too: its steady time goes on all the same, and can be
    /// another one's.
    #[derive(Clone)]
    pub(crate) struct ByHand {
        steady: watch::Sender<Millis>,
        offset: watch::Sender<Millis>,
    }

    impl ByHand {
        pub(crate) fn at(now: Millis) -> Self {
            Self { steady: watch::Sender::new(0), offset: watch::Sender::new(now) }
        }

        /// One that shows another time and goes on with the first.
        pub(crate) fn beside(other: &Self, now: Millis) -> Self {
            let offset = watch::Sender::new(now - other.steady());
            Self { steady: other.steady.clone(), offset }
        }

        pub(crate) fn advance(&self, by: Millis) {
            self.steady.send_modify(|steady| *steady += by);
        }

        pub(crate) fn step(&self, by: Millis) {
            self.offset.send_modify(|offset| *offset += by);
        }
    }

    impl Clock for ByHand {
        fn now(&self) -> Millis {
            self.steady() + *self.offset.borrow()
        }
    }

    impl Time for ByHand {
        fn until(&self, at: Millis) -> Wait {
            let (mut steady, for_ms) = (self.steady.subscribe(), at - self.now());
            let until = self.steady() + for_ms;
            Box::pin(async move {
                if steady.wait_for(|steady| *steady >= until).await.is_err() {
                    std::future::pending::<()>().await;
                }
            })
        }

        fn steady(&self) -> Millis {
            *self.steady.borrow()
        }
    }
}
