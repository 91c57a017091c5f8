//! A page that is not as the connector knows it, and whose fault that is.

use std::fmt;

/// Whose fault it is that a page could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The portal answers otherwise than the file says.
    Portal,
    /// The file says something that cannot be worked out.
    Definition,
    /// A limit of ours ended it: turns, rows, bytes, redirects, steps.
    Limit,
}

/// Why a page could not be read; for the operator, without any value of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnexpectedPage {
    /// Whose fault it is.
    pub(crate) cause: Cause,
    /// What is not as it should be.
    pub(crate) reason: String,
}

impl UnexpectedPage {
    pub(crate) fn new(cause: Cause, reason: impl Into<String>) -> Self {
        Self { cause, reason: reason.into() }
    }

    /// The portal answers otherwise than the file says.
    pub(crate) fn portal(reason: impl Into<String>) -> Self {
        Self::new(Cause::Portal, reason)
    }

    /// The file says something that cannot be worked out.
    pub(crate) fn definition(reason: impl Into<String>) -> Self {
        Self::new(Cause::Definition, reason)
    }

    /// A limit of ours ended it.
    pub(crate) fn limit(reason: impl Into<String>) -> Self {
        Self::new(Cause::Limit, reason)
    }
}

impl fmt::Display for UnexpectedPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = match self.cause {
            Cause::Portal => "unexpected page",
            Cause::Definition => "definition",
            Cause::Limit => "limit",
        };
        write!(f, "{whose}: {}", self.reason)
    }
}
