//! Files that the documents of the code name are there: `crates/model/src/app.rs`, or `model/app.rs` for
//! short.

use std::path::Path;

use super::Finding;

/// The documents that lead to code.
const DOCUMENTS: [&str; 2] = ["docs/ARCHITECTURE.md", "CONTRIBUTING.md"];

pub(super) fn check(path: &Path, text: &str, findings: &mut Vec<Finding>) {
    if !DOCUMENTS.iter().any(|document| path.ends_with(document)) {
        return;
    }
    for (at, line) in text.lines().enumerate() {
        for name in named(line).filter(|name| !is_there(name)) {
            findings.push(Finding::new(path, Some(at + 1), format!("there is no file {name}")));
        }
    }
}

/// Rust files in backticks that have a folder.
fn named(line: &str) -> impl Iterator<Item = &str> {
    let quoted = line.split('`').skip(1).step_by(2);
    quoted.filter(|name| name.ends_with(".rs") && name.contains('/') && !name.contains('<'))
}

fn is_there(name: &str) -> bool {
    let short = name.split_once('/').map(|(one, rest)| format!("crates/{one}/src/{rest}"));
    Path::new(name).exists() || short.is_some_and(|short| Path::new(&short).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_in_a_line() {
        let line = "`model/app.rs` and `shown.rs`, `lab/<product>/x.rs`, `crates/web/src/lib.rs`";
        let found: Vec<_> = named(line).collect();
        assert_eq!(found, ["model/app.rs", "crates/web/src/lib.rs"]);
        assert!(!is_there("model/nothing.rs"));
    }
}
