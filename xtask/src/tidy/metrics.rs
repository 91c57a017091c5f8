//! Metrics: each name is a constant, is described, and stands in docs/OPERATING.md.

use std::collections::BTreeSet;
use std::path::Path;

use super::Finding;

/// Where the names are.
const NAMES: [&str; 2] = ["crates/engine/src/metric.rs", "crates/web/src/metrics.rs"];
/// Connections are counted before anything else is there, and described there.
const CONNECTIONS: &str = "crates/fiveone/src/connections.rs";
const DOCUMENT: &str = "docs/OPERATING.md";
const DESCRIPTIONS: &str = "crates/web/src/metrics.rs";

pub(super) fn check(findings: &mut Vec<Finding>) {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let (document, descriptions) = (read(DOCUMENT), read(DESCRIPTIONS));
    let described = descriptions.split("fn describe").nth(1).unwrap_or_default();
    for path in NAMES {
        for (constant, name) in constants(&read(path)) {
            if !document.contains(&name) {
                let message = format!("the metric {name} is not in {DOCUMENT}");
                findings.push(Finding::new(Path::new(path), None, message));
            }
            if !described.contains(&constant) {
                let message = format!("the metric {name} is not described in {DESCRIPTIONS}");
                findings.push(Finding::new(Path::new(path), None, message));
            }
        }
    }
}

/// The name of every metric.
pub(super) fn names() -> BTreeSet<String> {
    let files = NAMES.into_iter().chain([CONNECTIONS]);
    let texts = files.map(|path| std::fs::read_to_string(path).unwrap_or_default());
    texts.flat_map(|text| constants(&text)).map(|(_, name)| name).collect()
}

/// A name that is written where something is counted.
pub(super) fn check_file(path: &Path, text: &str, findings: &mut Vec<Finding>) {
    if path.starts_with("xtask") {
        return;
    }
    for (index, line) in text.lines().enumerate() {
        for kind in ["counter!(\"", "gauge!(\"", "histogram!(\""] {
            if line.contains(kind) {
                let message = "a metric's name is a constant of metrics.rs";
                findings.push(Finding::new(path, Some(index + 1), message));
            }
        }
    }
}

/// The `const NAME: &str = "fiveone_…";` of a file.
fn constants(text: &str) -> Vec<(String, String)> {
    let declarations =
        text.lines().filter_map(|line| line.split_once("const ")?.1.split_once(": &str = \""));
    declarations
        .filter_map(|(constant, rest)| Some((constant, rest.strip_suffix("\";")?)))
        .filter(|(_, name)| name.starts_with("fiveone_"))
        .map(|(constant, name)| (constant.to_owned(), name.to_owned()))
        .collect()
}
