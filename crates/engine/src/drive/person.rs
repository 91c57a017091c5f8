//! The person as a run sees them: a question put into the store, an answer taken from it.

use async_trait::async_trait;
use fiveone_connector::{Person, Unanswered};
use fiveone_model::challenge::ChallengeKind;
use fiveone_model::clock::Millis;
use fiveone_model::question::Question;
use fiveone_model::task::Stage;
use fiveone_store::{Closing, TaskRow};
use zeroize::Zeroizing;

use super::{Driver, Stop};
use crate::seal::TaskKey;
use crate::settle::new_callback;
use crate::slots::Slot;
use crate::{Fault, questions};

/// How long a task with its answer waits for a place at its portal before it looks again: at first, and at
/// most. Its code lives for minutes, and a place is free whenever a task ends.
const FIRST_PAUSE_MS: Millis = 20;
const PAUSE_MS_MAX: Millis = 500;

/// Asks for one task. It gives its run slot back while it waits.
pub(super) struct TaskPerson<'a> {
    driver: &'a Driver,
    task: &'a TaskRow,
    key: &'a TaskKey,
    slot: &'a mut Slot,
    /// When what is shown is over.
    due_at: Millis,
    stop: Option<Stop>,
}

impl<'a> TaskPerson<'a> {
    pub(super) fn new(
        driver: &'a Driver,
        task: &'a TaskRow,
        key: &'a TaskKey,
        slot: &'a mut Slot,
    ) -> Self {
        Self { driver, task, key, slot, due_at: task.due_at, stop: None }
    }

    /// Why the run must end whatever the connector made of the unanswered question.
    pub(super) fn into_stop(self) -> Option<Stop> {
        self.stop
    }

    /// Puts a question for as long as its kind waits and the portal takes an answer.
    async fn put(&mut self, mut question: Question, attempt: u32) -> Result<(), Unasked> {
        question.attempt = attempt;
        let (driver, task) = (self.driver, self.task);
        let now = driver.time.now();
        let patience = *driver.patience_ms.get(question.kind);
        let lasts = question.expires_ms.map_or(patience, |expires| expires.min(patience));
        let due_at = (now + lasts).min(task.due_at);
        let sealed = questions::seal(self.key, &question)?;
        let write = &driver.store.write;
        let asking = || write.ask(&task.id, task.fence, question.kind, &sealed, now, due_at);
        driver.persistence.persist(asking).await?;
        self.due_at = due_at;
        // Thousands may wait: the pictures are in the store now, not here.
        let (kind, msg) = (question.kind, question.msg(attempt));
        drop((question, sealed));
        driver.signals.changed();
        let telling = driver.persistence.persist(|| driver.tell_of_question(task, kind, &msg));
        Box::pin(telling).await?;
        self.slot.release();
        driver.signals.work.notify_one();
        Ok(())
    }

    async fn put_and_wait(
        &mut self,
        question: Question,
        attempt: u32,
    ) -> Result<Zeroizing<String>, Unasked> {
        let (driver, task) = (self.driver, self.task);
        let answers = driver.signals.answers_to(&task.id);
        Box::pin(self.put(question, attempt)).await?;
        let due_at = self.due_at;
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
        self.go_on(By::Answer).await?;
        driver.signals.changed();
        let plain = driver.node.key.open(&sealed, &format!("answer:{}", task.id))?;
        let text = std::str::from_utf8(&plain).map_err(|_| Fault::Seal("an answer is not text"))?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    /// Gets in line at the portal again: for a slot of this node, and for a place among all nodes' tasks.
    async fn go_on(&mut self, by: By) -> Result<(), Unasked> {
        let (driver, task) = (self.driver, self.task);
        let at_once_max = i64::try_from(self.slot.portal_cap()).unwrap_or(i64::MAX);
        let limit = ((task.product, &task.area), at_once_max);
        let mut pause_ms = FIRST_PAUSE_MS;
        loop {
            self.slot.acquire().await;
            let now = driver.time.now();
            let write = &driver.store.write;
            let closed = match by {
                By::Answer => {
                    let closing = || write.close_answered(&task.id, task.fence, limit, now);
                    driver.persistence.persist(closing).await?
                }
                By::Portal => {
                    let closing = || write.close_shown(&task.id, task.fence, limit, now);
                    driver.persistence.persist(closing).await?
                }
            };
            match closed {
                Closing::Closed => return Ok(()),
                Closing::PortalBusy => {}
            }
            self.slot.release();
            driver.signals.work.notify_one();
            driver.time.until(now + pause_ms).await;
            pause_ms = (pause_ms * 2).min(PAUSE_MS_MAX);
        }
    }

    /// The answer to the open question, once there is one.
    async fn answer(&self) -> Result<Option<Vec<u8>>, Unasked> {
        let looking = || self.driver.store.read.open_challenge(&self.task.id);
        let open = Box::pin(self.driver.persistence.persist(looking)).await?;
        // A question that is not open any more was closed by whoever ended the task.
        open.map(|open| open.answer_sealed).ok_or_else(|| Unasked::Stop(Stop::LeaseLost))
    }

    /// Waits without a slot, and takes one for the next look at the portal.
    async fn pass(&mut self, ms: Millis) -> Result<(), Unasked> {
        let time = &self.driver.time;
        self.slot.release();
        self.driver.signals.work.notify_one();
        time.until((time.now() + ms).min(self.due_at)).await;
        if time.now() >= self.due_at {
            return Err(Unasked::TimedOut);
        }
        self.slot.acquire().await;
        Ok(())
    }

    async fn take_away(&mut self) -> Result<(), Unasked> {
        self.go_on(By::Portal).await?;
        self.driver.signals.changed();
        Ok(())
    }

    /// What the connector hears of it.
    fn told<T>(&mut self, outcome: Result<T, Unasked>) -> Result<T, Unanswered> {
        outcome.map_err(|unasked| match unasked {
            Unasked::TimedOut => Unanswered::TimedOut,
            Unasked::Stop(stop) => {
                self.stop = Some(stop);
                Unanswered::Abandoned
            }
        })
    }
}

/// Who ends a question.
#[derive(Debug, Clone, Copy)]
enum By {
    /// The person, by an answer.
    Answer,
    /// The portal, which was told elsewhere.
    Portal,
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
    async fn ask(
        &mut self,
        question: Question,
        attempt: u32,
    ) -> Result<Zeroizing<String>, Unanswered> {
        let outcome = self.put_and_wait(question, attempt).await;
        self.told(outcome)
    }

    async fn show(&mut self, question: Question, attempt: u32) -> Result<(), Unanswered> {
        let outcome = self.put(question, attempt).await;
        self.told(outcome)
    }

    async fn wait(&mut self, ms: Millis) -> Result<(), Unanswered> {
        let outcome = self.pass(ms).await;
        self.told(outcome)
    }

    async fn close(&mut self) -> Result<(), Unanswered> {
        let outcome = self.take_away().await;
        self.told(outcome)
    }
}

impl Driver {
    /// Queues the callback of a question, for apps that want to hear of them (§9).
    async fn tell_of_question(
        &self,
        task: &TaskRow,
        kind: ChallengeKind,
        msg: &str,
    ) -> Result<(), Fault> {
        if task.withheld_until.is_some() {
            return Ok(());
        }
        let Some(app) = self.apps.app(&task.app_id).await? else { return Ok(()) };
        let address = app.callback(task.product).filter(|_| app.wants_challenge_callbacks);
        let Some(address) = address else { return Ok(()) };
        let stage = Stage::Asking(kind);
        let mut callback = new_callback(task, &address.url, &stage, self.time.now())?;
        msg.clone_into(&mut callback.msg);
        self.store.write.queue_callback(&callback).await?;
        self.signals.callbacks.notify_one();
        Ok(())
    }
}
