//! Who may know whom. A crate exists to enforce an arrow; this file is the list of them, and
//! docs/ARCHITECTURE.md says the same. What cargo says is compared with it, whatever way a manifest
//! writes it.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use serde_json::Value;

use super::Finding;

const DOCUMENT: &str = "docs/ARCHITECTURE.md";
const LIST: &str = "xtask/src/tidy/arrows.rs";

/// Every crate and the crates of this workspace it may know.
const ARROWS: [(&str, &[&str]); 13] = [
    ("crates/model", &[]),
    ("crates/connector", &["model"]),
    ("crates/store", &["model"]),
    ("crates/engine", &["model", "connector", "store"]),
    ("crates/web", &["model", "engine"]),
    ("crates/lab", &[]),
    ("crates/testkit", &["model", "store", "engine"]),
    ("crates/fiveone", &["model", "connector", "store", "engine", "web", "lab"]),
    ("xtask", &["model"]),
    ("bench", &["model", "connector", "store", "engine", "web", "lab"]),
    ("crash", &["model", "store", "engine", "lab", "fiveone", "testkit"]),
    ("simulation", &["model", "connector", "store", "engine", "testkit"]),
    ("fuzz", &["model", "connector", "web", "lab"]),
];

pub(super) fn check(findings: &mut Vec<Finding>) -> anyhow::Result<()> {
    let document = std::fs::read_to_string(DOCUMENT).context(DOCUMENT)?;
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .output()
        .context("cargo does not run")?;
    let metadata = serde_json::from_slice(&output.stdout).context("cargo metadata")?;
    compare(&crates(&metadata), &document, findings);
    Ok(())
}

/// A crate: its folder, and the crates of the workspace that its code may name without tests.
type Crate = (String, Vec<String>);

/// The crates of the workspace, as cargo understands their manifests.
fn crates(metadata: &Value) -> Vec<Crate> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let root = text(&metadata["workspace_root"]);
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let packages = list(&metadata["packages"]);
    let names: Vec<_> = packages.iter().map(|package| text(&package["name"])).collect();
    let of = |package: &Value| {
        let manifest = text(&package["manifest_path"]);
        let folder = manifest.strip_suffix("/Cargo.toml").unwrap_or(&manifest);
        let folder = folder.strip_prefix(&format!("{root}/")).unwrap_or(folder);
        let known = list(&package["dependencies"]);
        let known = known.iter().filter(|one| one["kind"] != "dev").map(|one| text(&one["name"]));
        let known = known.filter(|name| names.contains(name));
        let known = known.map(|name| name.trim_start_matches("fiveone-").to_owned());
        (folder.to_owned(), known.collect())
    };
    packages.iter().map(of).collect()
}

/// What the list, the manifests and the document say differently.
fn compare(crates: &[Crate], document: &str, findings: &mut Vec<Finding>) {
    for (folder, known) in crates {
        let manifest = format!("{folder}/Cargo.toml");
        let Some((_, may_know)) = ARROWS.iter().find(|(name, _)| name == folder) else {
            let message = format!("{folder} is not in the list of who may know whom ({LIST})");
            findings.push(Finding::new(Path::new(&manifest), None, message));
            continue;
        };
        for other in known.iter().filter(|other| !may_know.contains(&other.as_str())) {
            let message = format!("{folder} may not know {other}");
            findings.push(Finding::new(Path::new(&manifest), None, message));
        }
        for other in may_know.iter().filter(|other| !known.iter().any(|one| one == *other)) {
            let message = format!("{folder} does not know {other} any more; take it from the list");
            findings.push(Finding::new(Path::new(LIST), None, message));
        }
        let says = documented(document, folder);
        let list = if may_know.is_empty() { "nobody".to_owned() } else { may_know.join(", ") };
        if says != Some(list.as_str()) {
            let message = format!("says that {folder} knows {says:?}; it knows {list}");
            findings.push(Finding::new(Path::new(DOCUMENT), None, message));
        }
    }
    for (name, _) in ARROWS.iter().filter(|(name, _)| crates.iter().all(|(one, _)| one != name)) {
        findings.push(Finding::new(Path::new(LIST), None, format!("there is no crate {name}")));
    }
}

/// The last cell of a crate's row in the document's table.
fn documented<'a>(document: &'a str, folder: &str) -> Option<&'a str> {
    let start = format!("| `{folder}` |");
    let row = document.lines().find(|line| line.starts_with(&start))?;
    row.trim_end_matches('|').rsplit('|').next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A workspace with one crate beside those of the list.
    fn told(folder: &str, dependencies: &Value) -> Vec<String> {
        let package = |name: &str, folder: &str, dependencies: Value| {
            let manifest = format!("/r/{folder}/Cargo.toml");
            serde_json::json!({ "name": name, "manifest_path": manifest, "dependencies": dependencies })
        };
        let name = package_name(folder.trim_start_matches("crates/"));
        let mut packages = vec![package(&name, folder, dependencies.clone())];
        let mut document = String::new();
        for (name, may_know) in ARROWS {
            let list = if may_know.is_empty() { "nobody".to_owned() } else { may_know.join(", ") };
            document.push_str(&format!("| `{name}` | what | {list} |\n"));
            let known: Vec<_> = may_know
                .iter()
                .map(|one| serde_json::json!({ "name": package_name(one), "kind": null }))
                .collect();
            if name != folder {
                let of = package_name(name.trim_start_matches("crates/"));
                packages.push(package(&of, name, known.into()));
            }
        }
        let metadata = serde_json::json!({ "workspace_root": "/r", "packages": packages });
        let mut findings = Vec::new();
        compare(&crates(&metadata), &document, &mut findings);
        findings.iter().map(Finding::to_string).collect()
    }

    fn package_name(name: &str) -> String {
        let is_bare = matches!(name, "fiveone" | "xtask");
        if is_bare { name.to_owned() } else { format!("fiveone-{name}") }
    }

    #[test]
    fn a_crate_without_a_row_is_found() {
        let none = serde_json::json!([]);
        assert_eq!(told("crates/model", &none), [""; 0]);
        let sly = serde_json::json!([{ "name": "fiveone-store", "kind": null }]);
        let expected = "crates/sly/Cargo.toml: crates/sly is not in the list of who may know whom \
                        (xtask/src/tidy/arrows.rs)";
        assert_eq!(told("crates/sly", &sly), [expected]);
    }

    #[test]
    fn a_forbidden_arrow_is_found_by_any_name_and_of_tests_is_none() {
        let dependencies = serde_json::json!([
            { "name": "fiveone-model", "kind": null },
            { "name": "fiveone-engine", "kind": "dev" },
            { "name": "fiveone-store", "kind": null, "rename": "s", "target": "cfg(unix)" },
        ]);
        let expected = "crates/connector/Cargo.toml: crates/connector may not know store";
        assert_eq!(told("crates/connector", &dependencies), [expected]);
    }
}
