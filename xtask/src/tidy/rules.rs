//! The protocol's rules: every number that is cited stands in docs/PROTOCOL.md, and every rule
//! there has a test named after it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::Finding;

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
    tested: BTreeSet<u32>,
}

impl Rules {
    pub(super) fn look(&mut self, path: &Path, text: &str) {
        if path == Path::new(PROTOCOL) {
            self.define(text);
            return;
        }
        if path.starts_with("xtask/src/tidy") {
            return;
        }
        for (index, line) in text.lines().enumerate() {
            for number in numbers_after(line, "P-") {
                self.cited.entry(number).or_insert_with(|| (path.to_owned(), index + 1));
            }
            self.tested.extend(numbers_after(line, "fn p_"));
        }
    }

    fn define(&mut self, text: &str) {
        for line in text.lines() {
            let defined = numbers_after(line, "- **P-");
            if line.starts_with("- **P-") {
                self.rules.extend(defined);
            } else if line.contains(" is reserved") {
                self.reserved.extend(numbers_after(line, "P-"));
            }
            if let Some(rest) = line.strip_prefix("## §") {
                self.sections
                    .extend(rest.split(' ').next().and_then(|digits| digits.parse::<u32>().ok()));
            }
        }
    }

    /// All that contradicts the document.
    pub(super) fn finish(self, findings: &mut Vec<Finding>) {
        let protocol = Path::new(PROTOCOL);
        for (number, (path, line)) in &self.cited {
            if !self.rules.contains(number) && !self.reserved.contains(number) {
                let message = format!("P-{number:02} is no rule of {PROTOCOL}");
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

/// The two-digit numbers that follow a mark, e.g. 32 of `P-32`.
fn numbers_after<'a>(line: &'a str, mark: &'a str) -> impl Iterator<Item = u32> + 'a {
    line.match_indices(mark).filter_map(move |(at, _)| {
        let is_begin = !line[..at].ends_with(|before: char| before.is_ascii_alphanumeric());
        let digits = line.get(at + mark.len()..at + mark.len() + 2)?;
        let is_end = !line[at + mark.len() + 2..].starts_with(|next: char| next.is_ascii_digit());
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        (is_begin && is_end && is_number).then(|| digits.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(files: &[(&str, &str)]) -> Vec<String> {
        let (mut rules, mut findings) = (Rules::default(), Vec::new());
        for (path, text) in files {
            rules.look(Path::new(path), text);
        }
        rules.finish(&mut findings);
        findings.into_iter().map(|finding| finding.to_string()).collect()
    }

    const SECTIONS: &str =
        "## §1 a\n## §2 b\n## §3 c\n## §4 d\n## §5 e\n## §6 f\n## §7 g\n## §8 h\n## §9 i\n";

    #[test]
    fn a_rule_that_is_cited_tested_or_neither() {
        let protocol = format!("{SECTIONS}- **P-01** One.\n- **P-02** Two.\nP-14 is reserved.\n");
        let code = "//! Does it (P-01, P-14).\nfn p_01_it_does() {}\n// P-77\nfn p_78_x() {}\n";
        let all = messages(&[("docs/PROTOCOL.md", &protocol), ("a.rs", code)]);
        assert_eq!(
            all,
            [
                "a.rs:3: P-77 is no rule of docs/PROTOCOL.md",
                "docs/PROTOCOL.md: a test is named p_78, and there is no such rule",
                "docs/PROTOCOL.md: P-02 has no test named p_02_…",
            ]
        );
    }
}
