//! Rules for Rust files.

use std::path::Path;

use super::Finding;

/// Production lines of a file; one that must be longer says why in its head with the word "long".
const LINES_MAX: usize = 400;
/// Characters of a line; a longer one that cannot be broken is a text or an address.
const CHARS_MAX: usize = 120;
const NAMES: [&str; 8] =
    ["mod", "util", "utils", "common", "helper", "helpers", "manager", "service"];

pub(super) fn check(path: &Path, text: &str, findings: &mut Vec<Finding>) {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    if NAMES.contains(&stem) {
        findings.push(Finding::new(path, None, format!("a file called {stem} says nothing")));
    }
    let is_test = path.components().any(|part| part.as_os_str() == "tests") || stem == "tests";
    let head: Vec<_> = text.lines().take_while(|line| line.starts_with("//!")).collect();
    if !is_test && head.first().is_none_or(|line| line.len() < 8) {
        findings.push(Finding::new(path, Some(1), "does not open with what it is for (//!)"));
    }
    let production = text.lines().take_while(|line| line.trim() != "#[cfg(test)]").count();
    let says_why = head.iter().any(|line| line.contains("long"));
    if production > LINES_MAX && !is_test && !says_why {
        let message = format!("{production} production lines; {LINES_MAX} are enough for one file");
        findings.push(Finding::new(path, None, message));
    }
    let is_in_engine = path.starts_with("crates/engine/src");
    for (index, line) in text.lines().enumerate() {
        let at = |message: &str| Finding::new(path, Some(index + 1), message);
        if line.chars().count() > CHARS_MAX && !line.contains("http") && !line.contains('"') {
            findings.push(at("a line of more than 120 characters"));
        }
        // Split, so that this file does not find itself.
        for word in [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")] {
            if line.contains(word) && !line.contains('#') {
                findings.push(at("a note to oneself without an issue's number"));
            }
        }
        if line.trim_start().starts_with(concat!("#[", "ignore")) {
            findings.push(at("a test that does not run"));
        }
        if line.contains(concat!("select", "! {")) && is_in_engine && !is_ordered(text, index) {
            findings
                .push(at("draws between branches that are ready at once; begin with `biased;`"));
        }
        if line.contains(concat!("thread::", "sleep")) {
            findings.push(at("sleeps; wait on the clock or on a signal"));
        }
    }
}

/// Whether a `select!` asks its branches in their order: what chance decides no simulation repeats.
fn is_ordered(text: &str, index: usize) -> bool {
    let mut inside = text.lines().skip(index + 1).map(str::trim);
    inside.find(|line| !line.starts_with("//")).is_some_and(|line| line == "biased;")
}
