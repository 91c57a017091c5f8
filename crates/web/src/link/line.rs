//! What a summary is made of.

/// A line of the summary.
pub(crate) struct Line {
    pub(crate) label: String,
    pub(crate) value: String,
}
