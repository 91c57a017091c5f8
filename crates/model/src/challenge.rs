//! Questions to the person: at most one open for a task, answered once each (P-41, P-50).
//!
//! All that is particular to a kind of question stands here as an exhaustive match, so that a new
//! kind is a compile error wherever it must be decided; that [`ChallengeKind::ALL`] names it, `tidy` holds.

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
    /// A QR code to scan with an app; the portal tells when that was done.
    Scan,
    /// A piece of a puzzle to put into its gap.
    Slide,
    /// Words to find in a picture, in order.
    Click,
    /// One of several values the portal offers, e.g. the person's accounts.
    Choose,
    /// To be confirmed in an app; the portal tells when that was done.
    Confirm,
}

impl ChallengeKind {
    /// Every kind, in the order of declaration.
    pub const ALL: [Self; 7] = [
        Self::Captcha,
        Self::Sms,
        Self::Scan,
        Self::Slide,
        Self::Click,
        Self::Choose,
        Self::Confirm,
    ];

    /// The word in tables, logs and the configuration (`engine.<word>_for`).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Captcha => "captcha",
            Self::Sms => "sms",
            Self::Scan => "scan",
            Self::Slide => "slide",
            Self::Click => "click",
            Self::Choose => "choose",
            Self::Confirm => "confirm",
        }
    }

    /// The kind of a word made by [`ChallengeKind::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// What a client sees of a task that asks for it. The documents know two questions; all that are
    /// younger are shown as a picture that text answers (P-52).
    #[must_use]
    pub const fn code(self) -> StateCode {
        match self {
            Self::Sms => StateCode::AWAITING_SMS,
            Self::Captcha
            | Self::Scan
            | Self::Slide
            | Self::Click
            | Self::Choose
            | Self::Confirm => StateCode::AWAITING_CAPTCHA,
        }
    }

    /// The documents' question that a code announces.
    #[must_use]
    pub fn of_code(code: StateCode) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// What operators read for it, in Chinese and in English.
    #[must_use]
    pub const fn label(self) -> (&'static str, &'static str) {
        match self {
            Self::Captcha => ("图片验证码", "captcha"),
            Self::Sms => ("短信验证码", "SMS code"),
            Self::Scan => ("扫码", "QR code"),
            Self::Slide => ("滑块", "slider"),
            Self::Click => ("点选", "click words"),
            Self::Choose => ("选择账户", "choose"),
            Self::Confirm => ("在手机上确认", "confirm elsewhere"),
        }
    }

    /// How often the person may have it brought anew; portals send few SMS a day.
    #[must_use]
    pub const fn refreshes_max(self) -> u32 {
        match self {
            Self::Captcha => 5,
            Self::Sms => 2,
            Self::Scan | Self::Slide | Self::Click | Self::Choose | Self::Confirm => 0,
        }
    }

    /// Whether the person answers with text, however they come by it. The others end when the portal
    /// says so.
    #[must_use]
    pub const fn is_typed(self) -> bool {
        match self {
            Self::Captcha | Self::Sms | Self::Slide | Self::Click | Self::Choose => true,
            Self::Scan | Self::Confirm => false,
        }
    }

    /// Whether it is a code alone, to read or to be sent, as the documents know them. The others show what the
    /// portal has in pictures and words.
    #[must_use]
    pub const fn is_code(self) -> bool {
        match self {
            Self::Captcha | Self::Sms => true,
            Self::Scan | Self::Slide | Self::Click | Self::Choose | Self::Confirm => false,
        }
    }

    /// What `msg` tells the person to do with its picture, and what was wrong when it is put again; `{app}` is the
    /// app of the question (P-51, P-52).
    #[must_use]
    pub const fn instructions(self) -> (&'static str, &'static str) {
        match self {
            Self::Captcha | Self::Sms => ("请重新输入", "验证码错误"),
            Self::Slide => ("请输入缺口左边缘下方的数字", "位置不符"),
            Self::Click => ("请按顺序输入各字所在的格子，如 B3 F1", "位置不符"),
            Self::Choose => ("请输入所选项的序号", "选择无效"),
            Self::Scan => ("请用{app}扫描图中的二维码", "二维码已失效"),
            Self::Confirm => ("请在{app}中确认", "尚未确认"),
        }
    }

    /// The name that connectors know the answer by, unless they give it another.
    #[must_use]
    pub const fn answer_name(self) -> &'static str {
        match self {
            Self::Captcha => "captcha",
            Self::Sms => "sms",
            Self::Scan => "scan",
            Self::Slide => "x",
            Self::Click => "points",
            Self::Choose => "value",
            Self::Confirm => "confirm",
        }
    }

    /// Whether it is put anew when its time is over, since what it shows lives shorter at the portal
    /// than a person needs to find the app for it.
    #[must_use]
    pub const fn is_renewed(self) -> bool {
        match self {
            Self::Scan => true,
            Self::Captcha
            | Self::Sms
            | Self::Slide
            | Self::Click
            | Self::Choose
            | Self::Confirm => false,
        }
    }

    /// How long it waits for the person, unless configured (P-42).
    #[must_use]
    pub const fn default_patience(self) -> Millis {
        match self {
            Self::Captcha | Self::Scan | Self::Slide | Self::Click | Self::Confirm => 120_000,
            Self::Sms | Self::Choose => 180_000,
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

/// The longest answer accepted, in characters, which is some points in pixels; what a kind of question
/// takes is less ([`crate::question::AnswerShape`]).
pub const ANSWER_CHARS_MAX: usize = 256;

/// How often one login may ask for the same kind of code before it has failed (P-51).
pub const ASKS_MAX: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_own_word_and_place() {
        let indexed = PerChallenge::from_fn(|kind| kind);
        for kind in ChallengeKind::ALL {
            assert_eq!(ChallengeKind::parse(kind.as_str()), Some(kind));
            assert_eq!(*indexed.get(kind), kind);
        }
    }

    #[test]
    fn p_52_a_kind_that_the_documents_do_not_know_is_shown_as_a_picture() {
        let codes = ChallengeKind::ALL.map(|kind| kind.code().number());
        assert_eq!(codes, [10004, 10003, 10004, 10004, 10004, 10004, 10004]);
        let of_code = ChallengeKind::of_code;
        assert_eq!(of_code(StateCode::AWAITING_CAPTCHA), Some(ChallengeKind::Captcha));
        assert_eq!(of_code(StateCode::AWAITING_SMS), Some(ChallengeKind::Sms));
        assert_eq!(of_code(StateCode::CRAWLING), None);
    }
}
