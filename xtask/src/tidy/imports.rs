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

/// Where an import stands.
type Place = (PathBuf, usize);

/// Who imports whom among the modules of each parent, and where first.
type Edges = BTreeMap<Vec<String>, BTreeMap<(String, String), Place>>;

pub(super) fn check(
    modules: &Modules,
    read: impl Fn(&Path) -> String,
    findings: &mut Vec<Finding>,
) {
    for (_, files) in modules.crates() {
        let texts: Vec<_> = files
            .iter()
            .map(|(path, file)| (path.to_vec(), (*file).to_owned(), read(file)))
            .collect();
        for edges in edges(&scope(&texts)).values() {
            tell(edges, findings);
        }
    }
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

/// Tells of circles.
fn tell(edges: &BTreeMap<(String, String), Place>, findings: &mut Vec<Finding>) {
    for circle in circles(edges) {
        for ((one, other), (file, line)) in edges {
            if circle.contains(one) && circle.contains(other) {
                let all: Vec<_> = circle.iter().map(String::as_str).collect();
                let message =
                    format!("{one} imports {other}, which leads back: {}", all.join(", "));
                findings.push(Finding::new(file, Some(*line), message));
            }
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

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let texts: Vec<_> = files
            .iter()
            .map(|(path, text)| {
                let names = path.split('/').filter(|name| !name.is_empty()).map(str::to_owned);
                (names.collect(), PathBuf::from(path), (*text).to_owned())
            })
            .collect();
        let mut findings = Vec::new();
        for edges in edges(&scope(&texts)).values() {
            tell(edges, &mut findings);
        }
        findings.into_iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn a_circle_is_found_and_a_line_is_none() {
        let line =
            [("", "mod a; mod b;"), ("a", "use crate::b::{self, C};"), ("b", "use std::fmt;")];
        assert_eq!(found(&line), [""; 0]);
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
        assert_eq!(found(&circle), expected);
    }

    #[test]
    fn what_is_passed_on_is_followed_and_ones_own_parts_are_none() {
        let passed = [
            ("", "mod a; mod b; pub use b::B; pub use self::a::*;"),
            ("a", "use crate::B; pub struct A;"),
            ("b", "use crate::A;"),
        ];
        assert_eq!(found(&passed).len(), 2);
        let own =
            [("", "mod a;"), ("a", "mod b; use b::B; pub struct A;"), ("a/b", "use super::A;")];
        assert_eq!(found(&own), [""; 0]);
        let below = [
            ("", "mod a;"),
            ("a", "mod b; mod c;"),
            ("a/b", "use super::c; fn f() { c::g() }"),
            ("a/c", "mod d { use super::super::b::B; }\n#[cfg(test)] mod tests { use crate::e; }"),
        ];
        assert_eq!(found(&below).len(), 2);
    }

    #[test]
    fn tests_may_know_whom_they_like() {
        let tests = [
            ("", "mod a; mod b;"),
            ("a", "use crate::b;"),
            ("b", "#[cfg(test)] mod tests { use crate::a; }\n#[cfg(test)] use crate::a::A;"),
        ];
        assert_eq!(found(&tests), [""; 0]);
    }
}
