//! Alerts and the dashboard: their queries name metrics that exist, every metric is looked at by one of
//! them, and each alert has its paragraph in docs/OPERATING.md.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Finding, metrics};

const RULES: &str = "deploy/prometheus/fiveone.rules.yml";
const TESTS: &str = "deploy/prometheus/fiveone.rules.test.yml";
const DASHBOARD: &str = "deploy/grafana/fiveone.json";
const DOCUMENT: &str = "docs/OPERATING.md";
/// What a histogram is called where it is read.
const PARTS: [&str; 3] = ["_bucket", "_sum", "_count"];

pub(super) fn check(findings: &mut Vec<Finding>) {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let (rules, dashboard) = (read(RULES), read(DASHBOARD));
    let known = metrics::names();
    let mut used = BTreeSet::new();
    for (path, text) in [(RULES, &rules), (DASHBOARD, &dashboard), (TESTS, &read(TESTS))] {
        for name in names(text) {
            let name = PARTS.iter().find_map(|part| name.strip_suffix(part)).unwrap_or(name);
            if !known.contains(name) {
                let message = format!("there is no metric {name}");
                findings.push(Finding::new(Path::new(path), None, message));
            }
            used.insert(name.to_owned());
        }
    }
    for name in known.difference(&used) {
        let message = format!("no alert and no panel looks at {name}");
        findings.push(Finding::new(Path::new(DASHBOARD), None, message));
    }
    compare(&rules, &read(DOCUMENT), findings);
}

/// Every alert has a heading, and every heading of an alert has one.
fn compare(rules: &str, document: &str, findings: &mut Vec<Finding>) {
    let after = |text: &str, mark: &str| {
        let lines = text.lines().filter_map(|line| line.trim_start().strip_prefix(mark));
        lines.map(|name| name.trim().to_owned()).collect::<BTreeSet<_>>()
    };
    let alerts = after(rules, "- alert: ");
    let headings = after(document, "#### Fiveone");
    let headings: BTreeSet<_> = headings.iter().map(|name| format!("Fiveone{name}")).collect();
    for name in alerts.difference(&headings) {
        let message = format!("the alert {name} has no heading in {DOCUMENT}");
        findings.push(Finding::new(Path::new(RULES), None, message));
    }
    for name in headings.difference(&alerts) {
        let message = format!("there is no alert {name}");
        findings.push(Finding::new(Path::new(DOCUMENT), None, message));
    }
}

/// The names of metrics in a text: `fiveone_` and more.
fn names(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("fiveone_")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_and_headings_and_names() {
        let mut findings = Vec::new();
        let rules = "  - alert: FiveoneA\n  - alert: FiveoneB\n";
        compare(rules, "#### FiveoneB\n\n#### FiveoneC\n", &mut findings);
        let told: Vec<_> = findings.iter().map(Finding::to_string).collect();
        assert_eq!(
            told,
            [
                "deploy/prometheus/fiveone.rules.yml: the alert FiveoneA has no heading in \
                 docs/OPERATING.md",
                "docs/OPERATING.md: there is no alert FiveoneC",
            ]
        );
        let found = names("sum(fiveone_a_total{x=\"fiveone_b\"}) / up{job=\"fiveone\"}");
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["fiveone_a_total", "fiveone_b"]);
    }
}
