//! Questions as they are kept: whole, under the key of the task, since what they show can be the
//! person's own, and gone with it.

use fiveone_model::question::{OpenQuestion, Question};
use fiveone_store::OpenChallenge;

use crate::Fault;
use crate::seal::TaskKey;

const PART: &str = "question";

/// Seals a question.
///
/// # Errors
/// The system gives no random bytes.
pub(crate) fn seal(key: &TaskKey, question: &Question) -> Result<Vec<u8>, Fault> {
    let plain =
        serde_json::to_vec(question).map_err(|_| Fault::Seal("a question cannot be written"))?;
    key.seal(&plain, PART)
}

/// The question of a row; `None` when the row has none any more.
///
/// # Errors
/// The blob is another task's or is not what was sealed.
pub(crate) fn open(key: &TaskKey, row: &OpenChallenge) -> Result<Option<OpenQuestion>, Fault> {
    let Some(sealed) = &row.question_sealed else { return Ok(None) };
    let plain = key.open(sealed, PART)?;
    let question: Question = serde_json::from_slice(&plain)
        .map_err(|_| Fault::Seal("a question is not what was sealed"))?;
    // A picture that was only asked for anew is no other try.
    let attempt = if question.attempt > 0 { question.attempt } else { row.attempt };
    let (id, due_at) = (row.seq, row.due_at);
    Ok(Some(OpenQuestion { id, attempt, due_at, question }))
}
