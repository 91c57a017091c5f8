//! Questions to the person: at most one open for a task, answered once each (P-41, P-50).

use serde::{Deserialize, Serialize};

/// What the person is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChallengeKind {
    /// A picture to read.
    Captcha,
    /// A code the portal sent to the person's phone.
    Sms,
}

impl ChallengeKind {
    /// The word in tables and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Captcha => "captcha",
            Self::Sms => "sms",
        }
    }

    /// The kind of a word made by [`ChallengeKind::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Captcha, Self::Sms].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// The longest answer accepted, in characters; no portal of the sheets has more than eight.
pub const ANSWER_CHARS_MAX: usize = 32;

/// How often one login may ask for the same kind of code before it has failed (P-51).
pub const ASKS_MAX: u32 = 3;
