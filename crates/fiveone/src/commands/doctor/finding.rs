//! What was looked at, how it is, and what mends it.

use std::fmt;

use serde_json::{Value, json};

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// As it should be.
    Good,
    /// A gateway runs with it, and somebody should look.
    Doubtful,
    /// A gateway does not run with it, or not rightly.
    Bad,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::commands) struct Finding {
    /// What.
    pub(super) name: &'static str,
    /// How it is.
    pub(super) state: State,
    /// The same in words.
    pub(super) told: String,
    /// The command that mends it.
    pub(super) fix: Option<String>,
}

impl Finding {
    pub(super) fn good(name: &'static str, told: impl Into<String>) -> Self {
        Self { name, state: State::Good, told: told.into(), fix: None }
    }

    pub(super) fn doubtful(
        name: &'static str,
        told: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { name, state: State::Doubtful, told: told.into(), fix: Some(fix.into()) }
    }

    pub(super) fn bad(name: &'static str, told: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, state: State::Bad, told: told.into(), fix: Some(fix.into()) }
    }

    pub(in crate::commands) fn is_bad(&self) -> bool {
        self.state == State::Bad
    }

    pub(super) fn to_json(&self) -> Value {
        let state = match self.state {
            State::Good => "good",
            State::Doubtful => "doubtful",
            State::Bad => "bad",
        };
        json!({ "name": self.name, "state": state, "detail": self.told, "fix": self.fix })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.state {
            State::Good => '✓',
            State::Doubtful => '!',
            State::Bad => '✗',
        };
        write!(f, "{mark} {}: {}", self.name, self.told)?;
        self.fix.as_ref().map_or(Ok(()), |fix| write!(f, "\n    {fix}"))
    }
}
