//! Bearer keys of `/v1`: `fo_live_…` and `fo_test_…`, each with 256 random bits. Only a digest is kept.

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// The area of the simulated portals, for both products: what test keys reach, and nothing else.
pub const MODEL_CITY: &str = "990000";

/// What a key may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyMode {
    /// Real portals.
    Live,
    /// The model city alone.
    Test,
}

impl KeyMode {
    /// The word in tables and in the key.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Test => "test",
        }
    }

    /// The mode of a word made by [`KeyMode::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Live, Self::Test].into_iter().find(|mode| mode.as_str() == word)
    }
}

/// A key as its app has it; it is shown once and kept nowhere.
#[derive(Clone)]
pub struct Key(Zeroizing<String>);

impl Key {
    /// The key of 32 random bytes.
    #[must_use]
    pub fn from_random(mode: KeyMode, bytes: &[u8; 32]) -> Self {
        let digits = Zeroizing::new(hex::encode(bytes));
        Self(Zeroizing::new(format!("fo_{}_{}", mode.as_str(), digits.as_str())))
    }

    /// Takes what has the form of a key; anything else is nobody's.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (mode, digits) = text.strip_prefix("fo_")?.split_once('_')?;
        let is_hex = digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let fits = KeyMode::parse(mode).is_some() && digits.len() == 64 && is_hex;
        fits.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The key as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is kept of it: the lower-hex SHA-256. A look-up by it tells by its time nothing of the key,
    /// whose digest nobody can steer.
    #[must_use]
    pub fn digest(&self) -> String {
        hex::encode(Sha256::digest(self.0.as_bytes()))
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_and_nothing_else_is_one() {
        for mode in [KeyMode::Live, KeyMode::Test] {
            let key = Key::from_random(mode, &[0xab; 32]);
            let again = Key::parse(key.as_str()).unwrap();
            assert_eq!((again.as_str(), again.digest()), (key.as_str(), key.digest()));
            assert!(!format!("{key:?}").contains("ab"));
        }
        let live = Key::from_random(KeyMode::Live, &[1; 32]);
        let test = Key::from_random(KeyMode::Test, &[1; 32]);
        assert_ne!(live.digest(), test.digest());
        let short = &live.as_str()[..live.as_str().len() - 1];
        for text in ["", "fo_live_", short, &live.as_str().to_uppercase(), "fo_best_00", "TOKEN"] {
            assert!(Key::parse(text).is_none(), "{text}");
        }
    }
}
