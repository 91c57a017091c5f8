//! Exit codes that mean something.

use std::process::ExitCode;

/// Why a command did not do what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Something failed.
    Failed = 1,
    /// What was asked for cannot be asked for.
    Usage = 2,
    /// A configuration or connector has mistakes.
    Mistakes = 3,
    /// A task ended without a report.
    NoReport = 4,
    /// The gateway refused.
    Refused = 5,
    /// Nothing answers at the gateway's address.
    Unreachable = 6,
    /// A report came with parts missing.
    Partial = 7,
    /// Somebody interrupted it, as shells tell it.
    Interrupted = 130,
}

/// An error with its exit code.
#[derive(Debug)]
pub(crate) struct Failed {
    reason: Reason,
    error: Option<anyhow::Error>,
}

impl Failed {
    /// Something failed.
    pub(crate) fn new(error: anyhow::Error) -> Self {
        Self { reason: Reason::Failed, error: Some(error) }
    }

    /// A message with a reason of its own.
    pub(crate) fn message(reason: Reason, message: impl std::fmt::Display) -> Self {
        Self { reason, error: Some(anyhow::anyhow!("{message}")) }
    }

    /// A reason of which everything has been printed already.
    pub(crate) const fn said(reason: Reason) -> Self {
        Self { reason, error: None }
    }

    /// The error's message alone.
    pub(crate) fn message_only(self) -> String {
        self.error.map(|error| format!("{error:#}")).unwrap_or_default()
    }

    /// Prints the error and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        if let Some(error) = &self.error {
            crate::output::complain(&format!("fiveone: {error:#}"));
        }
        ExitCode::from(self.reason as u8)
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self::new(error.into())
    }
}
