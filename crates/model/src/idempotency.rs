//! `Idempotency-Key`: the header that makes a create exact (P-32).

/// A key as its app chose it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The longest key, in bytes.
    pub const BYTES_MAX: usize = 255;

    /// Takes 1 to [`Self::BYTES_MAX`] printable ASCII characters; blanks around them do not count.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let fits = (1..=Self::BYTES_MAX).contains(&text.len());
        let is_printable = text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
        (fits && is_printable).then(|| Self(text.to_owned()))
    }

    /// The key as it is kept.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_32_a_key_is_1_to_255_printable_characters() {
        let parsed = |text: &str| IdempotencyKey::parse(text).map(|key| key.0.len());
        assert_eq!(parsed(" order 12 "), Some(8));
        assert_eq!(parsed(&"k".repeat(255)), Some(255));
        for text in ["", "  ", "键", "a\u{7f}", &"k".repeat(256)] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }
}
