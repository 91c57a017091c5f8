//! A list `ALL` names every variant of its enum: no compiler sees one that is left out, and whoever
//! walks the list, tests too, would never meet it.

use std::path::Path;

use super::Finding;

pub(super) fn check(path: &Path, text: &str, findings: &mut Vec<Finding>) {
    let lines: Vec<&str> = text.lines().collect();
    for (at, _) in lines.iter().enumerate().filter(|(_, line)| line.contains("const ALL: [Self;")) {
        let Some(name) = lines[..at].iter().rev().find_map(|line| implemented(line)) else {
            continue;
        };
        let list = lines[at..].iter().take_while(|line| !line.trim().is_empty());
        let list: String = list.copied().collect::<Vec<_>>().join("\n");
        let list = list.split_once("];").map_or(list.as_str(), |(list, _)| list);
        for variant in variants(&lines, name).into_iter().filter(|one| !lists(list, one)) {
            let message = format!("`{name}::ALL` leaves out `{variant}`");
            findings.push(Finding::new(path, Some(at + 1), message));
        }
    }
}

/// The type whose methods begin here.
fn implemented(line: &str) -> Option<&str> {
    line.strip_prefix("impl ")?.strip_suffix(" {").filter(|name| !name.contains(' '))
}

/// The variants of an enum of the file; none when it is no enum, or stands elsewhere.
fn variants<'t>(lines: &[&'t str], name: &str) -> Vec<&'t str> {
    let is_head = |line: &&str| {
        line.split_once("enum ").is_some_and(|(before, rest)| {
            !before.contains("//") && rest.strip_suffix(" {") == Some(name)
        })
    };
    let body = lines.iter().skip_while(|line| !is_head(line)).skip(1);
    let body = body.take_while(|line| **line != "}");
    body.filter_map(|line| {
        let line = line.strip_prefix("    ").filter(|line| line.starts_with(char::is_uppercase))?;
        let end = line.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(line.len());
        Some(&line[..end])
    })
    .collect()
}

/// Whether a list names a variant, and not only one whose name it begins.
fn lists(list: &str, variant: &str) -> bool {
    let named = format!("Self::{variant}");
    list.match_indices(&named).any(|(at, _)| {
        let behind = list[at + named.len()..].chars().next();
        behind.is_none_or(|c| !c.is_alphanumeric() && c != '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_that_is_left_out_is_found() {
        let of = |list: &str| {
            let text = format!(
                "/// An enum Kind {{\npub enum Kind {{\n    /// One.\n    One,\n    OneMore {{\n        at: u8,\n    }},\n}}\n\n\
                 impl Kind {{\n    pub const ALL: [Self; 2] = [{list}];\n}}\n"
            );
            let mut findings = Vec::new();
            check(Path::new("kind.rs"), &text, &mut findings);
            findings.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(of("Self::One, Self::OneMore { at: 0 }"), [""; 0]);
        assert_eq!(
            of("\n        Self::OneMore { at: 0 },\n    "),
            ["kind.rs:11: `Kind::ALL` leaves out `One`"]
        );
        assert_eq!(of("Self::One"), ["kind.rs:11: `Kind::ALL` leaves out `OneMore`"]);
    }
}
