//! What a question shows and what it takes, whole: everything a page or a picture needs to be drawn
//! from, and everything an answer is checked by.

mod answer;

use serde::{Deserialize, Serialize};

use crate::challenge::ChallengeKind;
use crate::clock::Millis;

pub use answer::{AnswerForm, AnswerShape, Grid, POINTS_MAX, Point, TEXT_CHARS_MAX};

/// The answer of whoever wants another picture or another SMS: no person can type it.
pub const REFRESH: &str = "\u{1}refresh";

/// The most values to choose from.
pub const CHOICES_MAX: usize = 50;

/// A question to the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// What is asked for.
    pub kind: ChallengeKind,
    /// What the connector or the portal says beside it; may be blank.
    pub prompt: String,
    /// The app to scan or to confirm with.
    pub app: Option<String>,
    /// What is to be seen, each part once.
    pub pictures: Vec<Picture>,
    /// How far below the top of the background the piece of a puzzle moves.
    pub piece_y: Option<u32>,
    /// How many columns at the left of the piece's picture show nothing: a person who names the gap's
    /// edge means what they see.
    #[serde(default)]
    pub piece_left: u32,
    /// What is to be clicked, in this order.
    pub words: Vec<String>,
    /// What is to be chosen from.
    pub choices: Vec<Choice>,
    /// What the QR code says, where the portal tells it.
    pub qr_text: Option<String>,
    /// What an answer looks like.
    pub answer: AnswerShape,
    /// How long it can be answered at the portal, in milliseconds; never shown for longer.
    pub expires_ms: Option<Millis>,
    /// Whether the portal gives another picture, or sends another SMS, in place of it.
    #[serde(default)]
    pub can_refresh: bool,
    /// From 1: how often its kind was asked because what was answered was wrong; 0 in a question of an
    /// older program.
    #[serde(default)]
    pub attempt: u32,
}

/// A picture of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Which part of the question it is.
    pub role: PictureRole,
    /// In its own pixels, which answers are counted in; 0 when it could not be measured.
    pub width: u32,
    /// In its own pixels.
    pub height: u32,
    /// PNG, JPEG or GIF.
    #[serde(with = "base64_text")]
    pub data: Vec<u8>,
}

/// Which part of a question a picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PictureRole {
    /// A code to read.
    Captcha,
    /// What a piece is put into, or where words are clicked.
    Background,
    /// The piece of a puzzle.
    Piece,
    /// A QR code.
    Qr,
}

impl PictureRole {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Captcha, Self::Background, Self::Piece, Self::Qr];

    /// The word in connectors and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Captcha => "captcha",
            Self::Background => "background",
            Self::Piece => "piece",
            Self::Qr => "qr",
        }
    }

    /// The role of a word made by [`PictureRole::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

/// A value to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What the portal gets.
    pub value: String,
    /// What the person reads.
    pub label: String,
}

/// A question that a task is waiting for, as whoever shows it needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenQuestion {
    /// Which of the task's questions, from 1.
    pub id: i64,
    /// From 1: how often the task has asked for this kind.
    pub attempt: u32,
    /// When it is over.
    pub due_at: Millis,
    /// The question itself.
    pub question: Question,
}

impl Question {
    /// A question of a kind with nothing but what its answer looks like.
    #[must_use]
    pub const fn new(kind: ChallengeKind, answer: AnswerShape) -> Self {
        Self {
            kind,
            prompt: String::new(),
            app: None,
            pictures: Vec::new(),
            piece_y: None,
            piece_left: 0,
            words: Vec::new(),
            choices: Vec::new(),
            qr_text: None,
            answer,
            expires_ms: None,
            can_refresh: false,
            attempt: 0,
        }
    }

    /// A picture to read.
    #[must_use]
    pub fn captcha(picture: Picture) -> Self {
        let answer = AnswerShape::Text { max: TEXT_CHARS_MAX };
        Self { pictures: vec![picture], ..Self::new(ChallengeKind::Captcha, answer) }
    }

    /// A code on the person's phone.
    #[must_use]
    pub const fn sms() -> Self {
        Self::new(ChallengeKind::Sms, AnswerShape::Text { max: TEXT_CHARS_MAX })
    }

    /// Its picture of a role.
    #[must_use]
    pub fn picture(&self, role: PictureRole) -> Option<&Picture> {
        self.pictures.iter().find(|picture| picture.role == role)
    }

    /// The answer in the one text that connectors get, of what the person sent; `None` when it is no
    /// answer to this question.
    #[must_use]
    pub fn read(&self, text: &str, form: AnswerForm) -> Option<String> {
        answer::read(self, text.trim(), form)
    }

    /// `msg` beside the code: what the person does, in words. From the second time on it says that the
    /// answer before was wrong, so that a client that compares nothing notices, with or without a
    /// picture (P-51).
    #[must_use]
    pub fn msg(&self, attempt: u32) -> String {
        let label = self.kind.code().label();
        if self.kind.is_code() && attempt <= 1 {
            return label.to_owned();
        }
        let (what, wrong) = self.kind.instructions();
        let what = what.replace("{app}", self.app.as_deref().unwrap_or("手机应用"));
        match attempt {
            0 | 1 => format!("{label}：{what}"),
            _ => format!("{label}：{wrong}，{what}（第{attempt}次）"),
        }
    }
}

/// Whether a question with this `msg` is done elsewhere than where it is shown, so that nothing is
/// typed: a client of the documents has nothing else to tell it by (P-52).
#[must_use]
pub fn is_done_elsewhere(msg: &str) -> bool {
    let what = msg.rsplit_once('（').map_or(msg, |(what, _)| what);
    what.ends_with("扫描图中的二维码") || what.ends_with("中确认") && what.contains("请在")
}

/// Bytes as base64, as everything that is JSON has them.
mod base64_text {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD.decode(text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_51_a_question_that_is_asked_again_says_that_the_code_was_wrong() {
        let sms = Question::sms();
        assert_eq!(sms.msg(1), "登录中，等待用户输入短信");
        assert_eq!(sms.msg(2), "登录中，等待用户输入短信：验证码错误，请重新输入（第2次）");
    }

    #[test]
    fn p_52_msg_tells_what_to_do_with_the_picture() {
        let of = |kind, app: Option<&str>, attempt| {
            let app = app.map(str::to_owned);
            Question { app, ..Question::new(kind, AnswerShape::None) }.msg(attempt)
        };
        let label = "登录中，等待用户输入图片码：";
        for (kind, app, attempt, said) in [
            (ChallengeKind::Slide, None, 1, "请输入缺口左边缘下方的数字"),
            (ChallengeKind::Slide, None, 2, "位置不符，请输入缺口左边缘下方的数字（第2次）"),
            (ChallengeKind::Click, None, 1, "请按顺序输入各字所在的格子，如 B3 F1"),
            (ChallengeKind::Choose, None, 1, "请输入所选项的序号"),
            (ChallengeKind::Scan, Some("智桂通"), 1, "请用智桂通扫描图中的二维码"),
            (ChallengeKind::Scan, None, 3, "二维码已失效，请用手机应用扫描图中的二维码（第3次）"),
            (ChallengeKind::Confirm, Some("掌上12333"), 1, "请在掌上12333中确认"),
        ] {
            assert_eq!(of(kind, app, attempt), format!("{label}{said}"));
        }
    }

    #[test]
    fn p_52_msg_tells_whether_anything_is_typed() {
        for kind in ChallengeKind::ALL {
            let question = Question::new(kind, AnswerShape::None);
            for attempt in [1, 2] {
                let msg = question.msg(attempt);
                assert_eq!(is_done_elsewhere(&msg), !kind.is_typed(), "{msg}");
            }
        }
    }

    #[test]
    fn a_question_is_the_same_after_it_was_sealed() {
        let picture = |role| Picture { role, width: 310, height: 155, data: vec![0, 255, 7] };
        let question = Question {
            prompt: "向右拖动".to_owned(),
            pictures: PictureRole::ALL.map(picture).to_vec(),
            piece_y: Some(12),
            choices: vec![Choice { value: "1".to_owned(), label: "一".to_owned() }],
            words: vec!["天".to_owned()],
            ..Question::new(ChallengeKind::Slide, AnswerShape::X { max: 309 })
        };
        let text = serde_json::to_string(&question).unwrap();
        assert_eq!(serde_json::from_str::<Question>(&text).unwrap(), question);
        for role in PictureRole::ALL {
            assert_eq!(PictureRole::parse(role.as_str()), Some(role));
        }
    }
}
