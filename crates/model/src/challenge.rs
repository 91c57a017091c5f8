//! Questions to the person: at most one open for a task, answered once each (P-41, P-50).
//!
//! All that is particular to a kind of question stands here as an exhaustive match, so that a new
//! kind is a compile error wherever it must be decided.

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::state_code::StateCode;

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
    /// Every kind, in the order of declaration.
    pub const ALL: [Self; 2] = [Self::Captcha, Self::Sms];

    /// The word in tables, logs and the configuration (`engine.<word>_for`).
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
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// What a client sees of a task that asks for it.
    #[must_use]
    pub const fn code(self) -> StateCode {
        match self {
            Self::Captcha => StateCode::AWAITING_CAPTCHA,
            Self::Sms => StateCode::AWAITING_SMS,
        }
    }

    /// The kind whose question a code announces.
    #[must_use]
    pub fn of_code(code: StateCode) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// `msg` beside the code. From the second time on it says that the code before was wrong, so
    /// that a client that compares nothing notices, with or without a picture.
    #[must_use]
    pub fn msg(self, attempt: u32) -> String {
        let label = self.code().label();
        match attempt {
            0 | 1 => label.to_owned(),
            _ => format!("{label}：验证码错误，请重新输入（第{attempt}次）"),
        }
    }

    /// Whether the question comes with a picture, without which nobody can answer it.
    #[must_use]
    pub const fn has_picture(self) -> bool {
        match self {
            Self::Captcha => true,
            Self::Sms => false,
        }
    }

    /// Whether it is answered by a code that the person types.
    #[must_use]
    pub const fn is_typed(self) -> bool {
        match self {
            Self::Captcha | Self::Sms => true,
        }
    }

    /// How long it waits for the person, unless configured (P-42).
    #[must_use]
    pub const fn default_patience(self) -> Millis {
        match self {
            Self::Captcha => 120_000,
            Self::Sms => 180_000,
        }
    }
}

/// One value for each kind of question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerChallenge<T>([T; ChallengeKind::ALL.len()]);

impl<T> PerChallenge<T> {
    /// The values that `value` gives.
    pub fn from_fn(value: impl FnMut(ChallengeKind) -> T) -> Self {
        Self(ChallengeKind::ALL.map(value))
    }

    /// The value of a kind.
    pub const fn get(&self, kind: ChallengeKind) -> &T {
        &self.0[kind as usize]
    }

    /// The value of a kind, to be changed.
    pub const fn get_mut(&mut self, kind: ChallengeKind) -> &mut T {
        &mut self.0[kind as usize]
    }

    /// All values, in the order of [`ChallengeKind::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }
}

/// The longest answer accepted, in characters; no portal known to us has more than eight.
pub const ANSWER_CHARS_MAX: usize = 32;

/// How often one login may ask for the same kind of code before it has failed (P-51).
pub const ASKS_MAX: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_own_word_code_and_place() {
        let indexed = PerChallenge::from_fn(|kind| kind);
        for kind in ChallengeKind::ALL {
            assert_eq!(ChallengeKind::parse(kind.as_str()), Some(kind));
            assert_eq!(ChallengeKind::of_code(kind.code()), Some(kind));
            assert_eq!(*indexed.get(kind), kind);
        }
        assert_eq!(ChallengeKind::of_code(StateCode::CRAWLING), None);
    }

    #[test]
    fn p_51_a_question_that_is_asked_again_says_that_the_code_was_wrong() {
        assert_eq!(ChallengeKind::Sms.msg(1), "登录中，等待用户输入短信");
        assert_eq!(
            ChallengeKind::Sms.msg(2),
            "登录中，等待用户输入短信：验证码错误，请重新输入（第2次）"
        );
    }
}
