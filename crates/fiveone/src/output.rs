//! The one handle that commands print through.

use std::io::Write as _;

use fiveone_model::csv;

/// Prints a line to standard output. A reader that went away is no reason to fail.
pub(crate) fn say(line: &str) {
    drop(writeln!(std::io::stdout().lock(), "{line}"));
}

/// Prints a value as JSON: on one line for programs, indented for people.
pub(crate) fn say_json(value: &serde_json::Value, is_for_people: bool) {
    let text =
        if is_for_people { serde_json::to_string_pretty(value) } else { Ok(value.to_string()) };
    say(&text.unwrap_or_default());
}

/// Prints a line to standard error.
pub(crate) fn complain(line: &str) {
    drop(writeln!(std::io::stderr().lock(), "{line}"));
}

/// Prints a record of a CSV (RFC 4180): fields with a comma, a quote or a line's end are quoted.
pub(crate) fn csv(fields: &[String]) {
    drop(write!(std::io::stdout().lock(), "{}", csv::record(fields)));
}
