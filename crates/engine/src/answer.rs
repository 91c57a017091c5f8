//! Answers: a code from the person, sealed to the node that asked (P-50).

use fiveone_model::challenge::ANSWER_CHARS_MAX;
use fiveone_model::product::Product;
use fiveone_model::task::{Stage, TaskId};
use fiveone_store::Answering;

use crate::seal::seal_to;
use crate::{AppEntry, Engine, Fault};

/// What became of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// 0: taken; whether it is right shows in the next poll.
    Accepted,
    /// -2: no question is open, it has its answer, or its time is over.
    NotWaiting,
    /// -2: blank, too long, or with control characters.
    Malformed,
    /// -2: there is no such task of this product.
    Unknown,
    /// -9: the task is another app's.
    NotYours,
}

impl Engine {
    /// Takes a code for the question that is open on a task.
    ///
    /// # Errors
    /// The store could not be asked, or the code could not be sealed.
    pub async fn answer(
        &self,
        entry: &AppEntry,
        product: Product,
        tid: &str,
        code: &str,
    ) -> Result<Answered, Fault> {
        let Some(id) = TaskId::parse(tid) else { return Ok(Answered::Unknown) };
        let Some(task) = self.0.store.read.task(&id).await? else { return Ok(Answered::Unknown) };
        if task.app_id != entry.app.id {
            return Ok(Answered::NotYours);
        }
        if task.product != product {
            return Ok(Answered::Unknown);
        }
        let code = code.trim();
        let length = code.chars().count();
        if length == 0 || length > ANSWER_CHARS_MAX || code.chars().any(char::is_control) {
            return Ok(Answered::Malformed);
        }
        let (Stage::Asking(kind), Some(node)) = (&task.stage, &task.node_id) else {
            return Ok(Answered::NotWaiting);
        };
        if !kind.is_typed() {
            return Ok(Answered::NotWaiting);
        }
        let Some(public) = self.0.store.read.node_key(node).await? else {
            return Ok(Answered::NotWaiting);
        };
        let sealed = seal_to(&public, code.as_bytes(), &format!("answer:{id}"))?;
        match self.0.store.write.answer(&id, &sealed, self.now()).await? {
            Answering::Taken => {
                self.0.signals.answered(&id);
                Ok(Answered::Accepted)
            }
            Answering::NotWaiting => Ok(Answered::NotWaiting),
        }
    }
}
