//! The protocol's rules: every number that is cited stands in docs/PROTOCOL.md, sections too, and
//! every rule there has a test named after it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::Finding;
use super::tokens::{Token, behind_bracket};

const PROTOCOL: &str = "docs/PROTOCOL.md";

/// What the document defines and what the tree says of it.
#[derive(Default)]
pub(super) struct Rules {
    /// The numbers of the rules, and of those that are only reserved.
    rules: BTreeSet<u32>,
    reserved: BTreeSet<u32>,
    sections: BTreeSet<u32>,
    /// Where each number is cited first.
    cited: BTreeMap<u32, (PathBuf, usize)>,
    cited_sections: BTreeMap<u32, (PathBuf, usize)>,
    /// Where a rule is cited by one digit.
    short: Vec<(PathBuf, usize)>,
    tested: BTreeSet<u32>,
}

impl Rules {
    /// What a file cites, and what the protocol defines.
    pub(super) fn look(&mut self, path: &Path, text: &str) {
        if path == Path::new(PROTOCOL) {
            self.define(text);
        }
        if path.starts_with("xtask/src/tidy") {
            return;
        }
        for (index, line) in text.lines().enumerate() {
            let place = || (path.to_owned(), index + 1);
            for digits in numbers_after(line, "P-") {
                match digits.len() {
                    1 => self.short.push(place()),
                    2 => drop(
                        digits.parse().map(|number| self.cited.entry(number).or_insert_with(place)),
                    ),
                    // A curve or a key, as P-256.
                    _ => {}
                }
            }
            for digits in numbers_after(line, "§") {
                // A section with a point is one of the document that cites it.
                let behind = &line[line.find(&format!("§{digits}")).unwrap_or_default()..];
                let is_own = behind["§".len() + digits.len()..].starts_with('.')
                    && text.contains(&format!("# {}", own_section(behind)));
                if !is_own && let Ok(number) = digits.parse() {
                    self.cited_sections.entry(number).or_insert_with(place);
                }
            }
        }
    }

    /// The rules that a Rust file has tests of.
    pub(super) fn look_for_tests(&mut self, tokens: &[Token<'_>]) {
        self.tested
            .extend(tests(tokens).filter_map(|name| {
                name.strip_prefix("p_")?.split('_').next()?.parse::<u32>().ok()
            }));
    }

    fn define(&mut self, text: &str) {
        for line in text.lines() {
            let numbers =
                |mark| numbers_after(line, mark).filter_map(|digits| digits.parse::<u32>().ok());
            if line.starts_with("- **P-") {
                self.rules.extend(numbers("- **P-"));
            } else if line.contains(" is reserved") {
                self.reserved.extend(numbers("P-"));
            }
            if line.starts_with("## §") {
                self.sections.extend(numbers("## §"));
            }
        }
    }

    /// All that contradicts the document.
    pub(super) fn finish(self, findings: &mut Vec<Finding>) {
        let protocol = Path::new(PROTOCOL);
        for (path, line) in &self.short {
            findings.push(Finding::new(path, Some(*line), "a rule is cited by two digits"));
        }
        for (number, (path, line)) in &self.cited {
            if !self.rules.contains(number) && !self.reserved.contains(number) {
                let message = format!("P-{number:02} is no rule of {PROTOCOL}");
                findings.push(Finding::new(path, Some(*line), message));
            }
        }
        for (number, (path, line)) in &self.cited_sections {
            if !self.sections.contains(number) {
                let message = format!("§{number} is no section of {PROTOCOL}");
                findings.push(Finding::new(path, Some(*line), message));
            }
        }
        for number in self.tested.difference(&self.rules) {
            let message = format!("a test is named p_{number:02}, and there is no such rule");
            findings.push(Finding::new(protocol, None, message));
        }
        for number in self.rules.difference(&self.tested) {
            let message = format!("P-{number:02} has no test named p_{number:02}_…");
            findings.push(Finding::new(protocol, None, message));
        }
        if self.rules.is_empty() || self.sections.len() < 9 {
            findings.push(Finding::new(protocol, None, "defines no rules, or not all sections"));
        }
    }
}

/// The digits that follow a mark, e.g. 32 of `P-32`.
fn numbers_after<'a>(line: &'a str, mark: &'a str) -> impl Iterator<Item = &'a str> {
    line.match_indices(mark).filter_map(move |(at, _)| {
        let is_begin = !line[..at].ends_with(|before: char| before.is_ascii_alphanumeric());
        let behind = &line[at + mark.len()..];
        let end = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
        let is_end = !behind[end..].starts_with(|next: char| next.is_ascii_alphabetic());
        (is_begin && is_end && end > 0).then(|| &behind[..end])
    })
}

/// `1.1` of `§1.1) and more`.
fn own_section(cited: &str) -> &str {
    let number = cited.trim_start_matches('§');
    let end = number.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number.len());
    number[..end].trim_end_matches('.')
}

/// The names of functions that run as tests: under `#[test]` or one like it, or named to `on_both!`.
fn tests<'t>(tokens: &[Token<'t>]) -> impl Iterator<Item = &'t str> {
    let (mut names, mut at, mut is_test) = (Vec::<&Token<'t>>::new(), 0, false);
    while let Some(token) = tokens.get(at) {
        let is =
            |behind: usize, text: &str| tokens.get(at + behind).is_some_and(|next| next.is(text));
        if token.is("#") && is(1, "[") {
            let end = behind_bracket(tokens, at + 1);
            let words = tokens[at + 2..end - 1].iter().take_while(|word| !word.is("("));
            is_test |= words.last().is_some_and(|last| last.is("test"));
            at = end;
        } else if token.is("on_both") && is(1, "!") {
            let end = behind_bracket(tokens, at + 2);
            names.extend(tokens[at + 3..end - 1].iter().filter(|name| name.is_word()));
            at = end;
        } else {
            if token.is("fn") && std::mem::take(&mut is_test) {
                names.extend(tokens.get(at + 1));
            }
            at += 1;
        }
    }
    names.into_iter().map(|name| name.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(files: &[(&str, &str)]) -> Vec<String> {
        let (mut rules, mut findings) = (Rules::default(), Vec::new());
        for (path, text) in files {
            rules.look(Path::new(path), text);
            if path.ends_with(".rs") {
                rules.look_for_tests(&super::super::tokens::tokens(text));
            }
        }
        rules.finish(&mut findings);
        findings.into_iter().map(|finding| finding.to_string()).collect()
    }

    const SECTIONS: &str =
        "## §1 a\n## §2 b\n## §3 c\n## §4 d\n## §5 e\n## §6 f\n## §7 g\n## §8 h\n## §9 i\n";

    #[test]
    fn a_rule_that_is_cited_tested_or_neither() {
        let protocol = format!("{SECTIONS}- **P-01** One.\n- **P-02** Two.\nP-14 is reserved.\n");
        let code = "//! Does it (P-01, P-14).\n#[test]\nfn p_01_it_does() {}\n// P-77\n\
                    #[tokio::test(a)]\nasync fn p_78_x() {}\n";
        let all = messages(&[("docs/PROTOCOL.md", &protocol), ("a.rs", code)]);
        assert_eq!(
            all,
            [
                "a.rs:4: P-77 is no rule of docs/PROTOCOL.md",
                "docs/PROTOCOL.md: a test is named p_78, and there is no such rule",
                "docs/PROTOCOL.md: P-02 has no test named p_02_…",
            ]
        );
    }

    #[test]
    fn only_what_runs_is_a_test() {
        let protocol = format!("{SECTIONS}- **P-01** One.\n");
        let protocol = ("docs/PROTOCOL.md", protocol.as_str());
        let none = ["docs/PROTOCOL.md: P-01 has no test named p_01_…"];
        assert_eq!(messages(&[protocol, ("a.rs", "on_both!(a, p_01_b,);")]), [""; 0]);
        assert_eq!(messages(&[protocol, ("a.rs", "// #[test]\n// fn p_01_a() {}")]), none);
        assert_eq!(messages(&[protocol, ("a.rs", "#[test] fn a() {}\nfn p_01_a() {}")]), none);
        assert_eq!(messages(&[protocol, ("a.md", "#[test]\nfn p_01_a() {}")]), none);
    }

    #[test]
    fn sections_and_numbers_of_one_digit_are_compared() {
        let protocol = format!("{SECTIONS}- **P-04** One.\n");
        let code =
            "#[test] fn p_04_a() {}\n// §9, §17 and P-256\n// P-4\n# 1.1 Own\n// §1.1\n// §12.1";
        let all = messages(&[("docs/PROTOCOL.md", &protocol), ("a.rs", code)]);
        assert_eq!(
            all,
            [
                "a.rs:3: a rule is cited by two digits",
                "a.rs:6: §12 is no section of docs/PROTOCOL.md",
                "a.rs:2: §17 is no section of docs/PROTOCOL.md",
            ]
        );
    }
}
