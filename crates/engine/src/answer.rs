//! Answers: a code from the person, sealed to the node that asked (P-50).

use std::sync::Arc;

use fiveone_model::challenge::ANSWER_CHARS_MAX;
use fiveone_model::product::Product;
use fiveone_model::task::{Stage, TaskId};
use fiveone_store::{Answering, Store};

use crate::seal::seal_to;
use crate::signals::Signals;
use crate::time::Time;
use crate::{AppEntry, Fault};

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

/// Takes codes for questions, whichever node asked.
pub(crate) struct Answers {
    pub(crate) store: Store,
    pub(crate) signals: Arc<Signals>,
    pub(crate) time: Arc<dyn Time>,
}

impl Answers {
    /// Takes a code for the question that is open on a task.
    ///
    /// # Errors
    /// The store could not be asked, or the code could not be sealed.
    pub(crate) async fn take(
        &self,
        entry: &AppEntry,
        product: Product,
        tid: &str,
        code: &str,
    ) -> Result<Answered, Fault> {
        let Some(id) = TaskId::parse(tid) else { return Ok(Answered::Unknown) };
        let Some(task) = self.store.read.task(&id).await? else { return Ok(Answered::Unknown) };
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
        let Some(public) = self.store.read.node_key(node).await? else {
            return Ok(Answered::NotWaiting);
        };
        let sealed = seal_to(&public, code.as_bytes(), &format!("answer:{id}"))?;
        match self.store.write.answer(&id, &sealed, self.time.now()).await? {
            Answering::Taken => {
                self.signals.answered(&id);
                Ok(Answered::Accepted)
            }
            Answering::NotWaiting => Ok(Answered::NotWaiting),
        }
    }
}
