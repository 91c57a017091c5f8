//! No circle of imports: of two modules beside each other one may know the other, and not both. Who
//! reads one of a circle has to read them all. A module may know its own parts and they may know it,
//! so that only modules of one parent are compared, at every level; what a path is passed on through
//! (`pub use`) is followed to where it stands. Tests may know whom they like.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::Finding;
use super::modules::Modules;
use super::scope::Scope;
use super::tokens;

/// Circles that were there before this rule, each by its crate, its parent and its modules. The list
/// may only become shorter.
const CIRCLES: &[(&str, &str, &[&str])] = &[
    ("web", "link", &["page", "parts", "templates", "visit", "wrong"]),
    ("web", "link", &["summary", "whose"]),
];

/// Where an import stands.
type Place = (PathBuf, usize);

/// Who imports whom among the modules of each parent, and where first.
type Edges = BTreeMap<Vec<String>, BTreeMap<(String, String), Place>>;

pub(super) fn check(
    modules: &Modules,
    read: impl Fn(&Path) -> String,
    findings: &mut Vec<Finding>,
) {
    let mut known = CIRCLES.to_vec();
    for (root, files) in modules.crates() {
        let name = crate_name(root);
        let texts: Vec<_> = files
            .iter()
            .map(|(path, file)| (path.to_vec(), (*file).to_owned(), read(file)))
            .collect();
        for (parent, edges) in edges(&scope(&texts)) {
            let parent = parent.join("::");
            let is_here = |one: &(&str, &str, &[&str])| one.0 == name && one.1 == parent;
            let listed: Vec<_> = known.iter().filter(|one| is_here(one)).map(|one| one.2).collect();
            compare(&name, &parent, &edges, &listed, findings);
            known.retain(|one| !is_here(one));
        }
    }
    for (name, parent, _) in known {
        let message = format!("{name} has no imports in {parent:?}; shorten the list");
        findings.push(Finding::new(Path::new("xtask/src/tidy/imports.rs"), None, message));
    }
}

/// The folder of a crate, without that of all crates: `web`, `xtask`.
fn crate_name(root: &Path) -> String {
    let folder = root.ancestors().find(|folder| folder.join("Cargo.toml").exists());
    let name = folder.and_then(Path::file_name).and_then(|name| name.to_str());
    name.unwrap_or_default().to_owned()
}

/// All modules of a crate with what they import.
fn scope(texts: &[(Vec<String>, PathBuf, String)]) -> Scope {
    let mut scope = Scope::default();
    for (path, file, text) in texts {
        let tokens = tokens::production(&tokens::tokens(text));
        scope.add(path, file, &tokens);
    }
    scope
}

/// The imports between modules of one parent.
fn edges(scope: &Scope) -> Edges {
    let mut edges = Edges::new();
    for (path, module) in scope.modules() {
        for (target, line) in scope.targets(path, module) {
            let same = path.iter().zip(&target).take_while(|(one, other)| one == other).count();
            if let (Some(one), Some(other)) = (path.get(same), target.get(same)) {
                let pair = (one.clone(), other.clone());
                let place = (module.file.clone(), line);
                edges.entry(path[..same].to_vec()).or_default().entry(pair).or_insert(place);
            }
        }
    }
    edges
}

/// Tells of circles that are not listed, and of what is listed and is none any more.
fn compare(
    name: &str,
    parent: &str,
    edges: &BTreeMap<(String, String), Place>,
    listed: &[&[&str]],
    findings: &mut Vec<Finding>,
) {
    let circles = circles(edges);
    for circle in &circles {
        let is_known =
            listed.iter().any(|list| circle.iter().all(|one| list.contains(&one.as_str())));
        if is_known {
            continue;
        }
        for ((one, other), (file, line)) in edges {
            if circle.contains(one) && circle.contains(other) {
                let all: Vec<_> = circle.iter().map(String::as_str).collect();
                let message =
                    format!("{one} imports {other}, which leads back: {}", all.join(", "));
                findings.push(Finding::new(file, Some(*line), message));
            }
        }
    }
    for list in listed {
        let is_whole = circles.iter().any(|circle| list.iter().all(|one| circle.contains(*one)));
        if !is_whole {
            let message = format!(
                "{name} has no circle of {list:?} in {parent:?} any more; shorten the list"
            );
            findings.push(Finding::new(Path::new("xtask/src/tidy/imports.rs"), None, message));
        }
    }
}

/// Modules that lead to each other, together.
fn circles(edges: &BTreeMap<(String, String), Place>) -> Vec<BTreeSet<String>> {
    let mut reach: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (one, other) in edges.keys() {
        reach.entry(one).or_default().insert(other);
    }
    let mut is_more = true;
    while is_more {
        is_more = false;
        for one in reach.keys().copied().collect::<Vec<_>>() {
            let next: BTreeSet<&str> = reach[one]
                .iter()
                .flat_map(|other| reach.get(other).into_iter().flatten())
                .copied()
                .collect();
            let own = reach.entry(one).or_default();
            let before = own.len();
            own.extend(next);
            is_more |= own.len() > before;
        }
    }
    let mut circles: Vec<BTreeSet<String>> = Vec::new();
    for (one, others) in reach.iter().filter(|(one, others)| others.contains(*one)) {
        let circle: BTreeSet<String> = others
            .iter()
            .filter(|other| reach.get(*other).is_some_and(|back| back.contains(one)))
            .map(|other| (*other).to_owned())
            .collect();
        if !circles.contains(&circle) {
            circles.push(circle);
        }
    }
    circles
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)], listed: &[&[&str]]) -> Vec<String> {
        let texts: Vec<_> = files
            .iter()
            .map(|(path, text)| {
                let names = path.split('/').filter(|name| !name.is_empty()).map(str::to_owned);
                (names.collect(), PathBuf::from(path), (*text).to_owned())
            })
            .collect();
        let mut findings = Vec::new();
        for (parent, edges) in edges(&scope(&texts)) {
            compare("c", &parent.join("::"), &edges, listed, &mut findings);
        }
        findings.into_iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn a_circle_is_found_and_a_line_is_none() {
        let line =
            [("", "mod a; mod b;"), ("a", "use crate::b::{self, C};"), ("b", "use std::fmt;")];
        assert_eq!(found(&line, &[]), [""; 0]);
        let circle = [
            ("", "mod a; mod b; mod c;"),
            ("a", "use std::fmt;\nuse crate::{\n  c::D as E};"),
            ("b", "fn f() { super::a::g() }"),
            ("c", "use crate::b;"),
        ];
        let all = "leads back: a, b, c";
        let expected = [
            format!("a:2: a imports c, which {all}"),
            format!("b:1: b imports a, which {all}"),
            format!("c:1: c imports b, which {all}"),
        ];
        assert_eq!(found(&circle, &[]), expected);
        assert_eq!(found(&circle, &[&["a", "b", "c"]]), [""; 0]);
        assert_eq!(found(&line, &[&["a", "b"]]).len(), 1, "the list becomes shorter");
    }

    #[test]
    fn what_is_passed_on_is_followed_and_ones_own_parts_are_none() {
        let passed = [
            ("", "mod a; mod b; pub use b::B; pub use self::a::*;"),
            ("a", "use crate::B; pub struct A;"),
            ("b", "use crate::A;"),
        ];
        assert_eq!(found(&passed, &[]).len(), 2);
        let own =
            [("", "mod a;"), ("a", "mod b; use b::B; pub struct A;"), ("a/b", "use super::A;")];
        assert_eq!(found(&own, &[]), [""; 0]);
        let below = [
            ("", "mod a;"),
            ("a", "mod b; mod c;"),
            ("a/b", "use super::c; fn f() { c::g() }"),
            ("a/c", "mod d { use super::super::b::B; }\n#[cfg(test)] mod tests { use crate::e; }"),
        ];
        assert_eq!(found(&below, &[]).len(), 2);
    }

    #[test]
    fn tests_may_know_whom_they_like() {
        let tests = [
            ("", "mod a; mod b;"),
            ("a", "use crate::b;"),
            ("b", "#[cfg(test)] mod tests { use crate::a; }\n#[cfg(test)] use crate::a::A;"),
        ];
        assert_eq!(found(&tests, &[]), [""; 0]);
    }
}
