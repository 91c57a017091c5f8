//! The connectors: their versions, which sections each covers, and what of its portal seems to have changed.

use askama::Template;
use axum::response::Response;
use fiveone_model::report::Section;

use super::frame::Frame;
use super::visit::{Seen, Trouble, page};

#[derive(Template)]
#[template(path = "console/connectors.html")]
struct Connectors {
    frame: Frame,
    rows: Vec<Row>,
}

struct Row {
    path: String,
    name: String,
    family: String,
    version: String,
    logins: usize,
    covered: usize,
    offered: usize,
    without: String,
    changed: usize,
}

/// The list.
pub(super) async fn list(seen: Seen) -> Result<Response, Trouble> {
    let mut rows = Vec::new();
    let evidence = seen.api.engine.console().evidence();
    for connector in seen.api.engine.library().connectors() {
        let (product, area) = (connector.product(), connector.area());
        let (all, covered) = (Section::of(product), connector.sections());
        let without = all.iter().filter(|section| !covered.contains(section));
        let without: Vec<_> = without.map(|section| section.as_str()).collect();
        rows.push(Row {
            path: format!("/console/areas/{}/{}", product.as_str(), area.as_str()),
            name: seen.area_name(product, area).await?,
            family: connector.family().unwrap_or("–").to_owned(),
            version: connector.version().chars().take(12).collect(),
            logins: connector.logins().len(),
            covered: covered.len(),
            offered: all.len(),
            without: without.join(", "),
            changed: evidence.of(product, area).await?.len(),
        });
    }
    page(&Connectors { rows, frame: seen.frame("connectors") })
}
