//! Words that tell what a row is: one notation for the sides of an amount and for the insurances of a
//! list.

/// How well the best of these words fits a value: its length, or more than any length where it is all
/// of the value; 0 where none fits.
///
/// A word is a part of the value, `=x` is all of it, and so is a code: 110 is no part of 1100.
pub(super) fn best_fit(words: &[String], value: &str) -> usize {
    let fit = |word: &String| {
        let is_code = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
        match word.strip_prefix('=') {
            Some(all) => (value == all).then_some(usize::MAX),
            None if is_code => (value == word).then_some(usize::MAX),
            None => (!word.is_empty() && value.contains(word.as_str())).then_some(word.len()),
        }
    };
    words.iter().filter_map(fit).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::best_fit;

    #[test]
    fn words_are_parts_and_codes_are_whole() {
        let check = |words: &[&str], value: &str, expect: usize| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(best_fit(&words, value), expect, "{words:?} {value}");
        };
        check(&["养老", "职工养老"], "职工养老保险", "职工养老".len());
        check(&["养老"], "医疗", 0);
        check(&["=养老"], "养老", usize::MAX);
        check(&["=养老"], "职工养老", 0);
        check(&["110", "养老"], "110", usize::MAX);
        check(&["110"], "1100", 0);
        check(&["", "="], "养老", 0);
        check(&[], "养老", 0);
    }
}
