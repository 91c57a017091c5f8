//! What a run did, for the operator: names and numbers, never values.

use crate::definition::Step;

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
    pub(super) fn of(step: &Step) -> Self {
        Self { step: step.name(), ..Self::default() }
    }
}
