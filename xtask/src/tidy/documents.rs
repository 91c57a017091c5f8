//! Documents: one sentence a line, and lines that a terminal shows. A line that changes then is a
//! sentence that changed. Tables, code and lists of links are not prose.

use std::path::Path;

use super::Finding;

/// Characters of a line of prose, and of a row of a table, which cannot be broken.
const CHARS_MAX: usize = 200;
const TABLE_CHARS_MAX: usize = 320;

pub(super) fn check(path: &Path, text: &str, findings: &mut Vec<Finding>) {
    let is_ours = path.starts_with("docs") || path.components().count() == 1;
    let is_document = is_ours && path.extension().is_some_and(|end| end == "md");
    if !is_document {
        return;
    }
    let mut is_code = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
            continue;
        }
        if is_code {
            continue;
        }
        let at = |message: String| Finding::new(path, Some(index + 1), message);
        let is_table = line.starts_with('|');
        let most = if is_table { TABLE_CHARS_MAX } else { CHARS_MAX };
        if line.chars().count() > most && !line.contains("https://") {
            findings.push(at(format!("a line of more than {most} characters")));
        }
        if !is_table && has_second_sentence(line) {
            findings.push(at("more than one sentence on a line".to_owned()));
        }
    }
}

/// Whether a sentence ends within the line and another begins: a full stop, a blank and a capital.
fn has_second_sentence(line: &str) -> bool {
    let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
    prose.match_indices(". ").any(|(at, _)| {
        let before = prose[..at].rsplit(' ').next().unwrap_or_default();
        let is_short = before.chars().count() <= 2 || before.chars().all(|c| c.is_ascii_digit());
        let is_abbreviation = ["e.g", "i.e", "etc", "St", "No"].contains(&before);
        let next = prose[at + 2..].trim_start_matches(['*', '(', '"']).chars().next();
        let begins = next.is_some_and(|next| next.is_uppercase());
        begins && !is_short && !is_abbreviation
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sentences_are_told_from_one() {
        assert!(has_second_sentence("It does this. Then it does that."));
        assert!(!has_second_sentence("It does this, e.g. That or `a. B`."));
        assert!(!has_second_sentence("1. A step of a list"));
        assert!(!has_second_sentence("## 3. A heading"));
    }
}
