//! Fields of log lines: whoever searches a log finds each in a table of docs/OPERATING.md, and the
//! table has no others.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Finding;

const DOCUMENT: &str = "docs/OPERATING.md";
const TITLE: &str = "### Fields of the log";

/// Where each field is logged first.
#[derive(Default)]
pub(super) struct LogFields(BTreeMap<String, PathBuf>);

impl LogFields {
    pub(super) fn look(&mut self, path: &Path, text: &str) {
        if !path.starts_with("crates") || !path.to_string_lossy().contains("/src/") {
            return;
        }
        for start in text.match_indices("tracing::").map(|(at, mark)| at + mark.len()) {
            let rest = &text[start..];
            let Some((name, arguments)) = rest.split_once("!(") else { continue };
            let level = name.strip_suffix("_span").unwrap_or(name);
            if ["trace", "debug", "info", "warn", "error"].contains(&level) {
                for field in fields(arguments) {
                    self.0.entry(field).or_insert_with(|| path.to_owned());
                }
            }
        }
    }

    /// All in which the code and the table differ.
    pub(super) fn finish(&self, findings: &mut Vec<Finding>) {
        let text = std::fs::read_to_string(DOCUMENT).unwrap_or_default();
        self.compare(&text, findings);
    }

    fn compare(&self, document: &str, findings: &mut Vec<Finding>) {
        let table = document.split(TITLE).nth(1).unwrap_or_default();
        let table = table.split("\n#").next().unwrap_or_default();
        let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
        let told: Vec<_> = rows.map(|(name, _)| name).collect();
        for (field, path) in &self.0 {
            if !told.contains(&field.as_str()) {
                let message = format!("the log field {field} is not in the table of {DOCUMENT}");
                findings.push(Finding::new(path, None, message));
            }
        }
        for name in told.iter().filter(|name| !self.0.contains_key(**name)) {
            let message = format!("nothing logs the field {name}");
            findings.push(Finding::new(Path::new(DOCUMENT), None, message));
        }
    }
}

/// The names of a macro's fields; `text` begins behind its bracket.
fn fields(text: &str) -> Vec<String> {
    let (mut depth, mut is_text, mut is_escaped) = (1_u32, false, false);
    let mut arguments = vec![String::new()];
    for c in text.chars() {
        match c {
            _ if is_text => {
                is_text = c != '"' || is_escaped;
                is_escaped = c == '\\' && !is_escaped;
            }
            '"' => is_text = true,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if c == ',' && depth == 1 && !is_text {
            arguments.push(String::new());
        } else if let Some(last) = arguments.last_mut() {
            last.push(c);
        }
    }
    let names = arguments.iter().map(|argument| argument.trim());
    let names = names.filter(|argument| !argument.is_empty() && !argument.starts_with('"'));
    let name = |argument: &str| argument.split('=').next().unwrap_or_default().trim().to_owned();
    names.map(|argument| name(argument.trim_start_matches(['%', '?']))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_and_the_table_have_the_same_fields() {
        let mut all = LogFields::default();
        let code = r#"
            tracing::warn!(tid = %task.id, a.b, ?status, error = f(&x, "a, \") b"), "said, {c}");
            let span = tracing::info_span!("call", seq_num = %seq_num);
        "#;
        all.look(Path::new("crates/engine/src/a.rs"), code);
        all.look(Path::new("xtask/src/a.rs"), "tracing::info!(other);");
        let names: Vec<_> = all.0.keys().cloned().collect();
        assert_eq!(names, ["a.b", "error", "seq_num", "status", "tid"]);
        let mut findings = Vec::new();
        let table = "| `a.b` | |\n| `error` | |\n| `seq_num` | |\n| `status` | |\n| `gone` | |\n";
        all.compare(&format!("{TITLE}\n\n{table}\n## Next\n| `x` | |\n"), &mut findings);
        let told: Vec<_> = findings.iter().map(Finding::to_string).collect();
        assert_eq!(
            told,
            [
                "crates/engine/src/a.rs: the log field tid is not in the table of docs/OPERATING.md",
                "docs/OPERATING.md: nothing logs the field gone",
            ]
        );
    }
}
