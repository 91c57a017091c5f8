//! Who may know whom. A crate exists to enforce an arrow; this file is the list of them, and
//! docs/ARCHITECTURE.md says the same.

use std::path::Path;

use anyhow::Context as _;

use super::Finding;

const DOCUMENT: &str = "docs/ARCHITECTURE.md";

/// Every crate and the crates of this workspace it may know.
const ARROWS: [(&str, &[&str]); 8] = [
    ("model", &[]),
    ("connector", &["model"]),
    ("store", &["model"]),
    ("engine", &["model", "connector", "store"]),
    ("web", &["model", "engine"]),
    ("lab", &[]),
    ("testkit", &["model", "connector", "store", "engine"]),
    ("fiveone", &["model", "connector", "store", "engine", "web", "lab"]),
];

pub(super) fn check(findings: &mut Vec<Finding>) -> anyhow::Result<()> {
    let document = std::fs::read_to_string(DOCUMENT).context(DOCUMENT)?;
    for (name, may_know) in ARROWS {
        let path = format!("crates/{name}/Cargo.toml");
        let text = std::fs::read_to_string(&path).with_context(|| path.clone())?;
        for other in known(&text) {
            if !may_know.contains(&other) {
                let message = format!("{name} may not know {other}");
                findings.push(Finding::new(Path::new(&path), None, message));
            }
        }
        let says = documented(&document, name);
        let list = if may_know.is_empty() { "nobody".to_owned() } else { may_know.join(", ") };
        if says != Some(list.as_str()) {
            let message = format!("says that {name} knows {says:?}; it knows {list}");
            findings.push(Finding::new(Path::new(DOCUMENT), None, message));
        }
    }
    Ok(())
}

/// The crates of this workspace among the dependencies of a manifest, those of tests left out.
fn known(manifest: &str) -> impl Iterator<Item = &str> {
    manifest
        .lines()
        .take_while(|line| line.trim() != "[dev-dependencies]")
        .filter_map(|line| line.strip_prefix("fiveone-"))
        .filter_map(|line| line.split(['.', ' ', '=']).next())
}

/// The last cell of a crate's row in the document's table.
fn documented<'a>(document: &'a str, name: &str) -> Option<&'a str> {
    let start = format!("| `crates/{name}` |");
    let row = document.lines().find(|line| line.starts_with(&start))?;
    row.trim_end_matches('|').rsplit('|').next().map(str::trim)
}
