//! Why a filter does not take its input.

use minijinja::{Error, ErrorKind};

/// The error of a filter, whose input may be secret: it is not repeated.
pub(super) fn refuse(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}
