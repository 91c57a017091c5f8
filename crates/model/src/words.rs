//! Words of one party that are shown to another: what in them is no letter of theirs and changes how the
//! rest is read.

/// Whether a character draws nothing by itself, and breaks lines or turns the direction of what stands
/// around it: a purpose must not be able to rewrite the sentence that it is shown in.
#[must_use]
pub fn is_trick(one: char) -> bool {
    one.is_control()
        || matches!(
            one,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

/// The same words without such characters.
#[must_use]
pub fn without_tricks(text: &str) -> String {
    text.chars().filter(|one| !is_trick(*one)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_that_draw_nothing_are_found_and_letters_are_not() {
        let tricks = "a\u{202e}b\u{2066}c\u{2028}d\u{200b}e\n\u{61c}f\u{feff}";
        assert_eq!(without_tricks(tricks), "abcdef");
        for plain in ["贷款审核（第二次）", "Crédit – «oui»", "👨 三", "s-51"] {
            assert!(!plain.chars().any(is_trick), "{plain}");
        }
    }
}
