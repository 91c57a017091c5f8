//! How the values of a record or row are keyed.

use crate::page::normal;

/// How raw values are keyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keying {
    /// As JSON writes its keys.
    Json,
    /// As labels are compared.
    Labels,
}

impl Keying {
    /// The name under which the values of a key stand.
    pub(super) fn name_of(self, key: &str) -> String {
        match self {
            Self::Json => key.to_owned(),
            Self::Labels => normal(key),
        }
    }
}
