//! Records of a CSV (RFC 4180) that spreadsheets take for nothing else.

/// A record with its end: fields with a comma, a quote or a line's end are quoted, and those with what
/// spreadsheets of some countries separate by.
#[must_use]
pub fn record(fields: &[String]) -> String {
    let quoted =
        fields.iter().map(|field| match field.contains(['"', ',', ';', '\t', '\r', '\n']) {
            true => format!("\"{}\"", field.replace('"', "\"\"")),
            false => field.clone(),
        });
    format!("{}\r\n", quoted.collect::<Vec<_>>().join(","))
}

/// Somebody's words for a CSV: a spreadsheet takes none of them for a formula.
#[must_use]
pub fn plain_text(words: &str) -> String {
    const BEGIN_FORMULAS: [char; 11] =
        ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if words.starts_with(BEGIN_FORMULAS) { format!("'{words}") } else { words.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_is_quoted_and_words_are_no_formulas() {
        assert_eq!(record(&["x;=3".to_owned()]), "\"x;=3\"\r\n");
        let fields = ["a", "b,c", "说\"明\"", "x\r\ny", ""].map(str::to_owned);
        assert_eq!(record(&fields), "a,\"b,c\",\"说\"\"明\"\"\",\"x\r\ny\",\r\n");
        for words in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"] {
            assert_eq!(plain_text(words), format!("'{words}"));
        }
        assert_eq!(plain_text("汇款 =12"), "汇款 =12");
    }
}
