//! A stage of the page: what it is made of, and what it becomes.

use fiveone_engine::Fault;

/// What the person chose so far.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    pub(super) area: Option<String>,
    pub(super) login_type: Option<u32>,
    /// Why what was sent was not taken.
    pub(super) complaint: Option<String>,
    /// It was to be handed over, and the app may not see anything at present.
    pub(super) is_paused: bool,
    /// The rest of what was read in part is to be read.
    pub(super) again: bool,
}

/// A stage as HTML, and what tells it from others.
pub(super) struct Fragment {
    pub(super) html: String,
    /// The same while nothing that the person has begun to fill in is out of date.
    pub(super) key: String,
}

/// A template that does not render is our fault.
pub(super) fn rendered(html: askama::Result<String>) -> Result<String, Fault> {
    html.map_err(|error| Fault::Impossible(format!("a page: {error}")))
}
