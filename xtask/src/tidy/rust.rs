//! Rules for Rust files.

use std::path::Path;

use super::{Finding, tokens};

/// Production lines of a file; one that must be longer says why in its head.
const LINES_MAX: usize = 400;
const SAYS_WHY: &str = "It is long because ";
/// Characters of a line; a longer one that cannot be broken is a text or an address.
const CHARS_MAX: usize = 120;
const NAMES: [&str; 8] =
    ["mod", "util", "utils", "common", "helper", "helpers", "manager", "service"];

pub(super) fn check(path: &Path, text: &str, is_test: bool, findings: &mut Vec<Finding>) {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    if NAMES.contains(&stem) {
        findings.push(Finding::new(path, None, format!("a file called {stem} says nothing")));
    }
    let head: Vec<_> = text.lines().take_while(|line| line.starts_with("//!")).collect();
    if !is_test && head.first().is_none_or(|line| line.len() < 8) {
        findings.push(Finding::new(path, Some(1), "does not open with what it is for (//!)"));
    }
    let production = tokens::production_lines(text);
    let head: Vec<_> = head.iter().map(|line| line.trim_start_matches("//!").trim()).collect();
    let says_why = head.join(" ").contains(SAYS_WHY);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        let mut findings = Vec::new();
        check(Path::new("crates/web/src/a.rs"), text, false, &mut findings);
        findings.len()
    }

    #[test]
    fn a_long_file_says_why_in_so_many_words() {
        let lines = |head: &str, count: usize| format!("{head}\n{}", "a();\n".repeat(count));
        assert_eq!(found(&lines("//! What it is for.", 399)), 0);
        assert_eq!(found(&lines("//! What it is for.", 400)), 1);
        assert_eq!(found(&lines("//! Along the way, for long.", 400)), 1);
        assert_eq!(found(&lines("//! A table. It is long\n//! because it is a table.", 500)), 0);
    }

    #[test]
    fn lines_behind_an_item_of_tests_count() {
        let text = format!("//! What it is for.\n#[cfg(test)]\nuse a;\n{}", "a();\n".repeat(400));
        assert_eq!(found(&text), 1);
        let text = format!(
            "//! What it is for.\n#[cfg(test)]\nmod tests {{\n{}}}\n",
            "a();\n".repeat(400)
        );
        assert_eq!(found(&text), 0);
    }
}
