//! What a run did, for the operator: names and numbers, never values.

use std::sync::{Arc, Mutex, PoisonError};

/// One request or question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StepNote {
    /// The step's id, or what it does.
    pub step: String,
    /// `GET`, `POST`, or `ASK`.
    pub method: &'static str,
    /// The path without its query.
    pub path: String,
    /// The HTTP status of the last answer.
    pub status: Option<u16>,
    /// How long it took.
    pub ms: u64,
    /// The names of captured values.
    pub captured: Vec<String>,
    /// What it ended in, and what was not as it should be.
    pub outcome: String,
}

impl StepNote {
    /// A note that knows only which step it is about.
    pub(super) fn of(step: String) -> Self {
        Self { step, ..Self::default() }
    }
}

/// What a run has done so far. Clones are of the same log, so that it outlives a run that is
/// broken off.
#[derive(Debug, Clone, Default)]
pub struct RunLog(Arc<Mutex<Vec<StepNote>>>);

impl RunLog {
    /// What was done since the last call.
    pub fn take(&self) -> Vec<StepNote> {
        self.with(std::mem::take)
    }

    pub(super) fn push(&self, note: StepNote) {
        self.with(|notes| notes.push(note));
    }

    /// Adds to the newest note, if there is one.
    pub(super) fn amend(&self, amend: impl FnOnce(&mut StepNote)) {
        self.with(|notes| notes.last_mut().map_or((), amend));
    }

    /// Notes the end of what was noted last.
    pub(super) fn end(&self, outcome: String) {
        self.amend(|note| note.outcome = outcome);
    }

    pub(super) fn last(&self) -> StepNote {
        self.with(|notes| notes.last().cloned().unwrap_or_default())
    }

    fn with<T>(&self, look: impl FnOnce(&mut Vec<StepNote>) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
