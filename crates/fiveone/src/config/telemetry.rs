//! `[telemetry]`: where traces go.

use url::Url;

use super::section::Section;

/// What is sent about the node itself, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Telemetry {
    /// Where traces are posted to; nothing is traced without it.
    pub(crate) traces: Option<Url>,
}

impl Telemetry {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let must_be = "an http or https address without query, such as \"http://127.0.0.1:4318\"";
        Self { traces: section.parsed("otlp_endpoint", None, must_be, endpoint) }
    }
}

/// `/v1/traces` below the address, as the protocol wants it; blank is none.
fn endpoint(text: &str) -> Option<Option<Url>> {
    if text.is_empty() {
        return Some(None);
    }
    let url = Url::parse(&format!("{}/v1/traces", text.trim_end_matches('/'))).ok()?;
    let is_plain = matches!(url.scheme(), "http" | "https") && url.query().is_none();
    (is_plain && url.has_host() && url.fragment().is_none()).then_some(Some(url))
}
