//! A question of the portal as a poll tells it, and what is sent for what the person types.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fiveone_model::challenge::ChallengeKind;
use fiveone_model::clock::Millis;
use fiveone_model::question::{AnswerForm, AnswerShape, Choice, Question, is_done_elsewhere};
use fiveone_model::state_code::StateCode;
use serde_json::Value;

use crate::client::text;

/// A question that waits.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// The documents' kind: a code on the phone, or a picture.
    pub(super) is_sms: bool,
    /// What the person does, in words; why it is asked again stands before it.
    pub(super) what: String,
    /// Whether there is anything to type.
    pub(super) is_typed: bool,
    /// The picture, if there is one.
    pub(super) picture: Vec<u8>,
    /// When it is over.
    due_at: Millis,
    /// The question as data, for apps that get it (P-53).
    challenge: Option<Value>,
    /// What tells it from another one.
    key: (String, String, i64),
}

impl Asked {
    /// The question of a poll; `None` when nothing waits for the person.
    pub(super) fn of(data: &Value, now: Millis) -> Option<Self> {
        let kind = ChallengeKind::of_code(StateCode::parse(&text(&data["code"]))?)?;
        let is_sms = kind == ChallengeKind::Sms;
        let (msg, encoded) = (text(&data["msg"]), text(&data["base64_image_bytes"]));
        let label = if is_sms { "短信验证码" } else { "图片验证码" };
        let what = msg.split_once('：').map_or(label, |(_, what)| what).to_owned();
        let challenge = data.get("challenge").filter(|whole| whole.is_object()).cloned();
        // Without the question as data, as long as such questions wait unless configured (P-42).
        let told = challenge.as_ref().and_then(|whole| whole["due_at"].as_i64());
        let id = challenge.as_ref().and_then(|whole| whole["id"].as_i64()).unwrap_or(0);
        Some(Self {
            is_sms,
            is_typed: !is_done_elsewhere(&msg),
            picture: STANDARD.decode(&encoded).unwrap_or_default(),
            due_at: told.unwrap_or(now + kind.default_patience()),
            what,
            challenge,
            key: (msg, encoded, id),
        })
    }

    /// Whether another poll tells of the same question.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.key == other.key
    }

    /// How long it waits yet.
    pub(super) fn left(&self, now: Millis) -> Duration {
        Duration::from_millis(u64::try_from(self.due_at - now).unwrap_or(0))
    }

    /// The `code` to send for what a person typed who sees the picture: an app that gets questions as
    /// data answers in pixels.
    pub(super) fn code_for(&self, typed: &str) -> String {
        let read = self.challenge.as_ref().and_then(question_of);
        let read = read.and_then(|question| question.read(typed, AnswerForm::Typed));
        read.unwrap_or_else(|| typed.to_owned())
    }
}

/// As much of a question as its answer is read by.
fn question_of(challenge: &Value) -> Option<Question> {
    let kind = ChallengeKind::parse(challenge["kind"].as_str()?)?;
    let answer: AnswerShape = serde_json::from_value(challenge["answer"].clone()).ok()?;
    let choices: Vec<Choice> =
        serde_json::from_value(challenge["choices"].clone()).unwrap_or_default();
    let pictures = challenge["pictures"].as_array().map(Vec::as_slice).unwrap_or_default();
    let piece = pictures.iter().find(|picture| picture["role"] == "piece");
    let piece_left = piece.map_or(0, |piece| blank_columns(&text(&piece["data"])));
    Some(Question { choices, piece_left, ..Question::new(kind, answer) })
}

/// How many columns at the left of a picture show nothing.
fn blank_columns(encoded: &str) -> u32 {
    let bytes = STANDARD.decode(encoded).unwrap_or_default();
    let Ok(picture) = image::load_from_memory(&bytes) else { return 0 };
    let picture = picture.to_rgba8();
    let is_seen = |x: &u32| (0..picture.height()).any(|y| picture.get_pixel(*x, y).0[3] >= 128);
    (0..picture.width()).find(is_seen).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn poll(msg: &str, picture: &str) -> Asked {
        let data = json!({ "code": "10004", "msg": msg, "base64_image_bytes": picture });
        Asked::of(&data, 0).unwrap()
    }

    #[test]
    fn the_same_picture_with_other_words_is_another_question() {
        let label = "登录中，等待用户输入图片码";
        let first = poll(label, "AAAA");
        let again = poll(&format!("{label}：验证码错误，请重新输入（第2次）"), "AAAA");
        assert!(first.is(&poll(label, "AAAA")) && !first.is(&again));
        assert_eq!(first.what, "图片验证码");
        assert_eq!(again.what, "验证码错误，请重新输入（第2次）");
        assert_eq!((first.is_typed, first.left(0).as_secs()), (true, 120));
        assert!(!poll(&format!("{label}：请用示范通扫描图中的二维码"), "AAAA").is_typed);
        assert!(Asked::of(&json!({ "code": "10001", "msg": "登录中" }), 0).is_none());
    }

    #[test]
    fn an_app_that_gets_data_sends_pixels_for_what_is_read_off_the_picture() {
        let of = |challenge: Value, typed: &str| {
            let data = json!({ "code": "10004", "msg": "…", "challenge": challenge });
            let asked = Asked::of(&data, 1_000).unwrap();
            (asked.code_for(typed), asked.left(1_000).as_secs())
        };
        let click = json!({
            "id": 1, "kind": "click", "due_at": 61_000,
            "answer": { "type": "points", "min": 2, "max": 2, "width": 310, "height": 155 },
        });
        assert_eq!(of(click.clone(), "B3 F1"), ("37,62;137,12".to_owned(), 60));
        assert_eq!(of(click, "xy").0, "xy");
        let choose = json!({
            "id": 1, "kind": "choose", "due_at": 61_000, "answer": { "type": "value" },
            "choices": [{ "value": "2", "label": "二" }, { "value": "1", "label": "一" }],
        });
        assert_eq!(of(choose, "1").0, "2");
    }
}
