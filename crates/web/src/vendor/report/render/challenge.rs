//! A question as data, beside its picture (P-53). What it does not have is left out.

use fiveone_model::question::{Choice, OpenQuestion, Picture, Question};
use serde::Serialize;
use serde_json::{Value, json};

/// The parts that only some kinds have.
#[derive(Serialize)]
struct Parts<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    app: Option<&'a str>,
    #[serde(skip_serializing_if = "<[Picture]>::is_empty")]
    pictures: &'a [Picture],
    #[serde(skip_serializing_if = "Option::is_none")]
    piece_y: Option<u32>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    words: &'a [String],
    #[serde(skip_serializing_if = "<[Choice]>::is_empty")]
    choices: &'a [Choice],
    #[serde(skip_serializing_if = "Option::is_none")]
    qr_text: Option<&'a str>,
}

pub(super) fn render(open: &OpenQuestion) -> Value {
    let OpenQuestion { id, attempt, due_at, question } = open;
    let Question { kind, prompt, app, pictures, piece_y, words, choices, qr_text, answer, .. } =
        question;
    let mut whole = json!({
        "id": id, "kind": kind, "prompt": prompt, "due_at": due_at, "attempt": attempt,
    });
    let parts = json!(Parts {
        app: app.as_deref(),
        pictures,
        piece_y: *piece_y,
        words,
        choices,
        qr_text: qr_text.as_deref(),
    });
    if let (Some(whole), Value::Object(parts)) = (whole.as_object_mut(), parts) {
        whole.extend(parts);
        whole.insert("answer".to_owned(), json!(answer));
    }
    whole
}
