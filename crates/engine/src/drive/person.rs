//! The person as a run sees them: a question put into the store, an answer taken from it.

use async_trait::async_trait;
use fiveone_connector::{Person, Question, Unanswered};
use fiveone_model::challenge::ChallengeKind;
use fiveone_model::task::Stage;
use fiveone_store::TaskRow;
use zeroize::Zeroizing;

use super::{Driver, Stop};
use crate::Fault;
use crate::settle::new_callback;
use crate::slots::Slot;

/// Asks for one task. It gives its run slot back while it waits.
pub(super) struct TaskPerson<'a> {
    driver: &'a Driver,
    task: &'a TaskRow,
    slot: &'a mut Slot,
    stop: Option<Stop>,
}

impl<'a> TaskPerson<'a> {
    pub(super) fn new(driver: &'a Driver, task: &'a TaskRow, slot: &'a mut Slot) -> Self {
        Self { driver, task, slot, stop: None }
    }

    /// Why the run must end whatever the connector made of the unanswered question.
    pub(super) fn into_stop(self) -> Option<Stop> {
        self.stop
    }

    async fn put(&mut self, question: Question) -> Result<Zeroizing<String>, Unasked> {
        let (driver, task) = (self.driver, self.task);
        let now = driver.time.now();
        let patience = *driver.patience_ms.get(question.kind);
        let due_at = (now + patience).min(task.due_at);
        let answers = driver.signals.answers_to(&task.id);
        let picture = (!question.picture.is_empty()).then_some(question.picture.as_slice());
        let write = &driver.store.write;
        let asking = || write.ask(&task.id, task.fence, question.kind, picture, now, due_at);
        driver.persistence.persist(asking).await?;
        // Thousands may wait: the picture is in the store now, not here.
        let (kind, attempt) = (question.kind, question.attempt);
        drop(question);
        driver.signals.changed();
        let telling = driver.persistence.persist(|| driver.tell_of_question(task, kind, attempt));
        Box::pin(telling).await?;
        self.slot.release();
        driver.signals.work.notify_one();
        let sealed = loop {
            let is_over = tokio::select! {
                biased;
                () = answers.notified() => false,
                () = driver.time.until(due_at) => true,
            };
            // An answer taken in the last instant still counts.
            match self.answer().await? {
                Some(sealed) => break sealed,
                None if is_over => return Err(Unasked::TimedOut),
                None => {}
            }
        };
        self.slot.acquire().await;
        let now = driver.time.now();
        let closing = || driver.store.write.close_answered(&task.id, task.fence, now);
        driver.persistence.persist(closing).await?;
        driver.signals.changed();
        let plain = driver.node.key.open(&sealed, &format!("answer:{}", task.id))?;
        let text = std::str::from_utf8(&plain).map_err(|_| Fault::Seal("an answer is not text"))?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    /// The answer to the open question, once there is one.
    async fn answer(&self) -> Result<Option<Vec<u8>>, Unasked> {
        let looking = || self.driver.store.read.open_challenge(&self.task.id);
        let open = Box::pin(self.driver.persistence.persist(looking)).await?;
        // A question that is not open any more was closed by whoever ended the task.
        open.map(|open| open.answer_sealed).ok_or_else(|| Unasked::Stop(Stop::LeaseLost))
    }
}

/// Why there is no answer.
enum Unasked {
    TimedOut,
    Stop(Stop),
}

impl From<fiveone_store::Error> for Unasked {
    fn from(error: fiveone_store::Error) -> Self {
        Self::Stop(error.into())
    }
}

impl From<Fault> for Unasked {
    fn from(fault: Fault) -> Self {
        Self::Stop(fault.into())
    }
}

#[async_trait]
impl Person for TaskPerson<'_> {
    async fn ask(&mut self, question: Question) -> Result<Zeroizing<String>, Unanswered> {
        match self.put(question).await {
            Ok(answer) => Ok(answer),
            Err(Unasked::TimedOut) => Err(Unanswered::TimedOut),
            Err(Unasked::Stop(stop)) => {
                self.stop = Some(stop);
                Err(Unanswered::Abandoned)
            }
        }
    }
}

impl Driver {
    /// Queues the callback of a question, for apps that want to hear of them (§9).
    async fn tell_of_question(
        &self,
        task: &TaskRow,
        kind: ChallengeKind,
        attempt: u32,
    ) -> Result<(), Fault> {
        let Some(app) = self.apps.app(&task.app_id).await? else { return Ok(()) };
        let address = app.callback(task.product).filter(|_| app.wants_challenge_callbacks);
        let Some(address) = address else { return Ok(()) };
        let stage = Stage::Asking(kind);
        let mut callback = new_callback(task, &address.url, &stage, self.time.now())?;
        callback.msg = kind.msg(attempt);
        self.store.write.queue_callback(&callback).await?;
        self.signals.callbacks.notify_one();
        Ok(())
    }
}
