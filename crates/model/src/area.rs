//! Areas: an opaque code per product, and whether the area can be used now (P-20, P-21).

use serde::{Deserialize, Serialize};

/// The key of an area within a product: six digits of GB/T 2260, with `S` for a province's own
/// office. It is opaque: nothing may be concluded from its digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AreaCode(String);

impl AreaCode {
    /// The longest code accepted, in bytes.
    pub const BYTES_MAX: usize = 16;

    /// Takes a code of ASCII letters and digits; anything else is `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=Self::BYTES_MAX).contains(&text.len());
        (fits && text.bytes().all(|b| b.is_ascii_alphanumeric())).then(|| Self(text.to_owned()))
    }

    /// The code as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for AreaCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether an area can be used, as `area_status` tells it (P-21).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AreaStatus {
    /// 0: tasks are accepted.
    Usable,
    /// 1: the portal is closed, or an operator closed the area.
    Maintenance,
    /// 2: there is no connector.
    InDevelopment,
}

impl AreaStatus {
    /// The number of the documents.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Usable => 0,
            Self::Maintenance => 1,
            Self::InDevelopment => 2,
        }
    }
}

/// One row of the list of areas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Area {
    /// Its key.
    pub code: AreaCode,
    /// Its Chinese name, e.g. `鞍山`.
    pub name: String,
    /// What the person should know before logging in; may be empty.
    pub tips: String,
    /// The portal's own address for people, when known.
    pub url: Option<String>,
    /// Whether it can be used now.
    pub status: AreaStatus,
}
