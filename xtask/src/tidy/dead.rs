//! Files that nothing reaches: Rust files that no `mod` names, SQL that is no step of the schema,
//! documents that no other links.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Finding;

pub(super) fn check(files: &[PathBuf], findings: &mut Vec<Finding>) {
    let known: BTreeSet<&Path> = files.iter().map(PathBuf::as_path).collect();
    let mut reached = BTreeSet::new();
    for file in files.iter().filter(|file| is_root(file)) {
        follow(file, &known, &mut reached);
    }
    let mut documents = String::new();
    for file in files.iter().filter(|file| ends_with(file, "md")) {
        documents.push_str(&std::fs::read_to_string(file).unwrap_or_default());
    }
    for file in files {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let message = if ends_with(file, "rs") && !reached.contains(file.as_path()) {
            "no module names this file"
        } else if ends_with(file, "sql") && !file.starts_with("crates/store/migrations") {
            "only the steps of the schema are run"
        } else if file.starts_with("docs") && ends_with(file, "md") && !documents.contains(name) {
            "no document links this one"
        } else {
            continue;
        };
        findings.push(Finding::new(file, None, message));
    }
}

fn ends_with(file: &Path, end: &str) -> bool {
    file.extension().is_some_and(|extension| extension == end)
}

/// Where a compiler begins: libraries, programs, build scripts, tests, benches and examples.
fn is_root(file: &Path) -> bool {
    let parent = file.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_rust = ends_with(file, "rs");
    is_rust
        && (matches!(name, "lib.rs" | "main.rs" | "build.rs")
            || matches!(parent, Some("examples" | "bin" | "benches")))
}

/// Marks a file and all modules it declares, wherever they may stand.
fn follow<'a>(file: &'a Path, known: &BTreeSet<&'a Path>, reached: &mut BTreeSet<&'a Path>) {
    if !reached.insert(file) {
        return;
    }
    let text = std::fs::read_to_string(file).unwrap_or_default();
    for name in declared(&text) {
        let folder = file.parent().unwrap_or(Path::new(""));
        let stem = file.file_stem().unwrap_or_default();
        let below = if is_root(file) { folder.to_owned() } else { folder.join(stem) };
        for candidate in [below.join(format!("{name}.rs")), below.join(&name).join("mod.rs")] {
            if let Some(found) = known.get(candidate.as_path()) {
                follow(found, known, reached);
            }
        }
    }
}

/// The names of `mod name;`, whatever stands before it.
fn declared(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter_map(|line| line.strip_suffix(';'));
    lines
        .filter_map(|line| {
            let (before, name) = line.rsplit_once("mod ")?;
            let is_declaration = before.is_empty() || before.starts_with("pub");
            is_declaration.then(|| name.trim().to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_declared_with_or_without_visibility() {
        let text = "mod a;\npub(crate) mod b;\n    mod c;\n// mod d;\nmod e { }\nlet mod_f = 1;\n";
        assert_eq!(declared(text), ["a", "b", "c"]);
    }
}
