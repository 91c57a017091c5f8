//! The one handle that commands print through.

use std::io::Write as _;

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
    drop(write!(std::io::stdout().lock(), "{}", csv_record(fields)));
}

/// A record of a CSV as text.
pub(crate) fn csv_record(fields: &[String]) -> String {
    let quoted = fields.iter().map(|field| match field.contains(['"', ',', '\r', '\n']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.clone(),
    });
    format!("{}\r\n", quoted.collect::<Vec<_>>().join(","))
}

/// Somebody's words for a CSV: a spreadsheet takes none of them for a formula.
pub(crate) fn plain_text(words: &str) -> String {
    const BEGIN_FORMULAS: [char; 11] =
        ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if words.starts_with(BEGIN_FORMULAS) { format!("'{words}") } else { words.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_is_quoted_and_words_are_no_formulas() {
        let fields = ["a", "b,c", "说\"明\"", "x\r\ny", ""].map(str::to_owned);
        assert_eq!(csv_record(&fields), "a,\"b,c\",\"说\"\"明\"\"\",\"x\r\ny\",\r\n");
        for words in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"] {
            assert_eq!(plain_text(words), format!("'{words}"));
        }
        assert_eq!(plain_text("汇款 =12"), "汇款 =12");
    }
}
