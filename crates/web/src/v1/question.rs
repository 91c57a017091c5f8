//! A question to the person as `/v1` tells it: everything that a page needs to draw it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fiveone_model::challenge::ChallengeKind;
use fiveone_model::clock::rfc3339;
use fiveone_model::question::{AnswerShape, OpenQuestion, PictureRole};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use super::words::words;

words!(
    QuestionKind,
    "What the person is asked for.",
    ChallengeKind::ALL.iter().map(|kind| kind.as_str()).collect()
);
words!(
    Role,
    "Which part of a question a picture is.",
    PictureRole::ALL.iter().map(|role| role.as_str()).collect()
);

/// A question to the person.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Question {
    /// Its number within the task, from 1; sent back with the answer.
    id: i64,
    kind: QuestionKind,
    /// From 2 on: the answer before was wrong.
    attempt: u32,
    /// What to tell the person, in Chinese.
    message: String,
    /// What the portal says beside it; may be blank.
    prompt: String,
    /// Until when it waits for an answer.
    expires_at: String,
    /// Whether POST /v1/tasks/{id}/refresh brings another picture or another SMS.
    can_refresh: bool,
    /// The app to scan or to confirm with.
    app: Option<String>,
    /// What is to be seen, each part once.
    pictures: Vec<Picture>,
    /// How far below the top of the background the piece of a puzzle moves, in pixels.
    piece_y: Option<u32>,
    /// What is to be clicked, in this order.
    words: Vec<String>,
    /// What is to be chosen from.
    choices: Vec<Choice>,
    /// What the QR code says, where the portal tells it.
    qr_text: Option<String>,
    answer: Answer,
}

/// A picture of a question, in its own pixels, which answers are counted in.
#[derive(Debug, Serialize, JsonSchema)]
struct Picture {
    role: Role,
    /// 0 when it could not be measured.
    width: u32,
    /// 0 when it could not be measured.
    height: u32,
    /// The picture as a data URL.
    url: String,
}

/// A value to choose.
#[derive(Debug, Serialize, JsonSchema)]
struct Choice {
    value: String,
    label: String,
}

/// What `code` of an answer looks like.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Answer {
    /// None is sent: the portal tells when the person has done it.
    None,
    /// A text.
    Text {
        /// The most characters.
        max: u32,
    },
    /// How far to the right the left edge of the piece goes: `143`.
    X {
        /// The furthest.
        max: u32,
    },
    /// Points in order: `120,40;33,88`.
    Points {
        /// The fewest.
        min: u32,
        /// The most.
        max: u32,
    },
    /// The `value` of one of the choices.
    Value,
}

impl Question {
    /// A question that waits for its answer.
    pub(super) fn of(open: &OpenQuestion) -> Self {
        let question = &open.question;
        let picture = |picture: &fiveone_model::question::Picture| Picture {
            role: Role(picture.role.as_str()),
            width: picture.width,
            height: picture.height,
            url: data_url(&picture.data),
        };
        let choice = |choice: &fiveone_model::question::Choice| Choice {
            value: choice.value.clone(),
            label: choice.label.clone(),
        };
        Self {
            id: open.id,
            kind: QuestionKind(question.kind.as_str()),
            attempt: open.attempt,
            message: question.msg(open.attempt),
            can_refresh: question.can_refresh,
            prompt: question.prompt.clone(),
            expires_at: rfc3339(open.due_at),
            app: question.app.clone(),
            pictures: question.pictures.iter().map(picture).collect(),
            piece_y: question.piece_y,
            words: question.words.clone(),
            choices: question.choices.iter().map(choice).collect(),
            qr_text: question.qr_text.clone(),
            answer: match question.answer {
                AnswerShape::None => Answer::None,
                AnswerShape::Text { max } => Answer::Text { max },
                AnswerShape::X { max } => Answer::X { max },
                AnswerShape::Points { min, max, .. } => Answer::Points { min, max },
                AnswerShape::Value => Answer::Value,
            },
        }
    }
}

/// A picture as browsers take it.
fn data_url(picture: &[u8]) -> String {
    let kind = match picture {
        [0xff, 0xd8, ..] => "image/jpeg",
        [b'G', b'I', b'F', ..] => "image/gif",
        _ => "image/png",
    };
    format!("data:{kind};base64,{}", STANDARD.encode(picture))
}
