//! `[store]`: which database.

use super::section::Section;

/// The database.
#[derive(Clone)]
pub(crate) struct Store {
    /// `sqlite:PATH` or `postgres://…`; may hold a password.
    pub(crate) url: String,
    /// Connections at once.
    pub(crate) connections_max: u32,
}

impl Store {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let must_be = "\"sqlite:PATH\" or \"postgres://USER:PASSWORD@HOST/DATABASE\"";
        let is_known = |text: &str| {
            let rest = ["sqlite:", "postgres://", "postgresql://"]
                .into_iter()
                .find_map(|scheme| text.strip_prefix(scheme));
            rest.filter(|rest| !rest.is_empty()).map(|_| text.to_owned())
        };
        Self {
            url: section.parsed("url", "sqlite:fiveone.db".to_owned(), must_be, is_known),
            connections_max: section.number("connections_max", 16, 2..=1_000),
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = self.url.split(':').next().unwrap_or_default();
        write!(f, "Store({scheme}:…, {})", self.connections_max)
    }
}
