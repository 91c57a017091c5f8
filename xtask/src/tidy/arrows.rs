//! Who may know whom. A crate exists to enforce an arrow; this file is the list of them.

use std::path::Path;

use anyhow::Context as _;

use super::Finding;

/// Every crate and the crates of this workspace it may know; all may know `model`.
const ARROWS: [(&str, &[&str]); 8] = [
    ("model", &[]),
    ("connector", &["model"]),
    ("store", &["model"]),
    ("engine", &["model", "connector", "store"]),
    ("web", &["model", "engine"]),
    ("lab", &["model"]),
    ("testkit", &["model", "store", "engine", "connector"]),
    ("fiveone", &["model", "connector", "store", "engine", "web", "lab"]),
];

pub(super) fn check(findings: &mut Vec<Finding>) -> anyhow::Result<()> {
    for (name, may_know) in ARROWS {
        let path = format!("crates/{name}/Cargo.toml");
        let text = std::fs::read_to_string(&path).with_context(|| path.clone())?;
        let known = text
            .lines()
            .take_while(|line| line.trim() != "[dev-dependencies]")
            .filter_map(|line| line.strip_prefix("fiveone-"))
            .filter_map(|line| line.split(['.', ' ', '=']).next());
        for other in known {
            if !may_know.contains(&other) {
                let message = format!("{name} may not know {other}");
                findings.push(Finding::new(Path::new(&path), None, message));
            }
        }
    }
    Ok(())
}
