//! What is odd about a section that was read, told in names and never in values.
//!
//! A section may be right and still lack something. Whatever is missing is named here, so that nobody
//! takes a field that could not be read for one that the portal does not have.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One thing that is odd.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Finding {
    /// What kind of thing it is.
    pub kind: FindingKind,
    /// The field of the report that it is about, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The portal's own word: a key, a label, a header, the name of a parameter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// More about it, in words of ours or names of the portal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// The kinds of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// An expected key is nowhere in the section; the field is left out.
    Absent,
    /// An expected key is absent, and an unknown one that looks like it stands there; the field is
    /// left out.
    Renamed,
    /// A key that only some portals have is nowhere in the section; the field is left out.
    NotOffered,
    /// The portal has a key or label that nothing maps.
    Unmapped,
    /// A value is not of its field's kind; the field is left out.
    Unreadable,
    /// A date that no calendar has; the field is left out.
    ImpossibleDate,
    /// A row that moves money without telling the side: only its balance and note are there.
    NoSide,
    /// A line of a list that lacks what makes a row one; it is left out.
    NotARow,
    /// The portal does not look at a parameter; its rows were taken once.
    IgnoredParameter,
    /// Two pages brought the same rows; they were taken once.
    RepeatedRows,
}

impl FindingKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Absent,
        Self::Renamed,
        Self::NotOffered,
        Self::Unmapped,
        Self::Unreadable,
        Self::ImpossibleDate,
        Self::NoSide,
        Self::NotARow,
        Self::IgnoredParameter,
        Self::RepeatedRows,
    ];

    /// The word in reports, logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Renamed => "renamed",
            Self::NotOffered => "not_offered",
            Self::Unmapped => "unmapped",
            Self::Unreadable => "unreadable",
            Self::ImpossibleDate => "impossible_date",
            Self::NoSide => "no_side",
            Self::NotARow => "not_a_row",
            Self::IgnoredParameter => "ignored_parameter",
            Self::RepeatedRows => "repeated_rows",
        }
    }
}

impl Finding {
    /// A finding about a field of the report.
    #[must_use]
    pub fn of_field(kind: FindingKind, field: &str) -> Self {
        Self { kind, field: Some(field.to_owned()), key: None, detail: None }
    }

    /// A finding about a word of the portal.
    #[must_use]
    pub fn of_key(kind: FindingKind, key: &str) -> Self {
        Self { kind, field: None, key: Some(key.to_owned()), detail: None }
    }

    /// The same finding with the portal's word.
    #[must_use]
    pub fn with_key(self, key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    /// The same finding with more about it.
    #[must_use]
    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.as_str())?;
        if let Some(field) = &self.field {
            write!(f, " {field}")?;
        }
        if let Some(key) = &self.key {
            write!(f, " `{key}`")?;
        }
        if let Some(detail) = &self.detail {
            write!(f, " ({detail})")?;
        }
        Ok(())
    }
}
