//! How many calls are under way in a node: a bound, and who is sent away before it is reached.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use crate::rate::CallKind;

/// The calls under way.
pub(crate) struct CallsAtOnce {
    places: Arc<Semaphore>,
    /// The last places, which no create takes: a loaded node sends away who begins something before
    /// anybody whose task is under way.
    kept_from_creates: usize,
}

impl CallsAtOnce {
    /// As many as there may be.
    pub(crate) fn up_to(max: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(max)), kept_from_creates: max / 4 }
    }

    /// One more, until the permit is dropped; `None` when there are too many.
    pub(crate) fn enter(&self, kind: CallKind) -> Option<SemaphorePermit<'_>> {
        let is_left = self.is_left_for(kind);
        self.places.try_acquire().ok().filter(|_| is_left)
    }

    /// The same with a permit that lives for itself.
    pub(crate) fn enter_owned(&self, kind: CallKind) -> Option<OwnedSemaphorePermit> {
        let is_left = self.is_left_for(kind);
        Arc::clone(&self.places).try_acquire_owned().ok().filter(|_| is_left)
    }

    fn is_left_for(&self, kind: CallKind) -> bool {
        kind != CallKind::Create || self.places.available_permits() > self.kept_from_creates
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creates_are_sent_away_before_polls_and_answers() {
        let calls = CallsAtOnce::up_to(8);
        let enter = |kind| std::iter::from_fn(|| calls.enter(kind)).collect::<Vec<_>>();
        let creates = enter(CallKind::Create);
        assert_eq!(creates.len(), 6, "the last two are kept");
        let answer = calls.enter_owned(CallKind::Answer);
        assert!(answer.is_some());
        let polls = enter(CallKind::Poll);
        assert_eq!(polls.len(), 1);
        assert!(calls.enter(CallKind::Answer).is_none(), "all are taken");
        drop((answer, polls));
        assert!(calls.enter(CallKind::Create).is_none(), "still the last two");
        drop(creates);
        assert_eq!(enter(CallKind::Create).len(), 6);
        assert_eq!(CallsAtOnce::up_to(1).enter(CallKind::Create).map(drop), Some(()));
    }
}
