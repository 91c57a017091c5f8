//! Answers: a code from the person, sealed to the node that asked (P-50).

use std::sync::Arc;

use fiveone_model::challenge::ChallengeKind;
use fiveone_model::clock::Millis;
use fiveone_model::product::Product;
use fiveone_model::question::{AnswerForm, REFRESH};
use fiveone_model::task::{Stage, TaskId};
use fiveone_store::{Answering, OpenChallenge, Store, TaskRow, Viewer};
use zeroize::Zeroizing;

use crate::seal::{DeploymentKeys, seal_to};
use crate::signals::Signals;
use crate::time::Time;
use crate::{AppEntry, Fault, questions};

/// A code as a client sent it.
#[derive(Debug, Clone, Copy)]
pub struct Code<'a> {
    /// The text.
    pub text: &'a str,
    /// How it is written.
    pub form: AnswerForm,
    /// The question that it was shown for, where the client tells: it answers no other.
    pub question: Option<i64>,
}

/// What became of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// 0: taken; whether it is right shows in the next poll.
    Accepted,
    /// -2: no question is open, it has its answer, or its time is over.
    NotWaiting,
    /// -2: blank, too long, with control characters, or no answer to what is asked.
    Malformed,
    /// -2: there is no such task of this product.
    Unknown,
    /// -9: the task is another app's.
    NotYours,
}

/// What became of asking for another picture or SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refreshing {
    /// It is asked for; the task tells of the new question.
    Asked,
    /// No question is open, or another one.
    NotWaiting,
    /// The portal gives no other in place of this one, or not once more.
    CannotRefresh,
    /// So many seconds are to pass before.
    TooSoon(i64),
}

/// How long an SMS may take before another is sent.
const SMS_FOR_MS: Millis = 60_000;

/// Takes codes for questions, whichever node asked.
pub(crate) struct Answers {
    pub(crate) store: Store,
    pub(crate) keys: DeploymentKeys,
    pub(crate) signals: Arc<Signals>,
    pub(crate) time: Arc<dyn Time>,
}

impl Answers {
    /// Asks for another picture, or another SMS, in place of the question that is open on an app's task.
    ///
    /// # Errors
    /// Those of [`Answers::take`].
    pub(crate) async fn refresh(&self, task: &TaskRow, question: i64) -> Result<Refreshing, Fault> {
        let id = &task.id;
        let (Stage::Asking(kind), Some(node)) = (&task.stage, &task.node_id) else {
            return Ok(Refreshing::NotWaiting);
        };
        let now = self.time.now();
        let row = self.store.read.open_challenge(id).await?;
        let is_open = |row: &OpenChallenge| {
            row.seq == question && row.answer_sealed.is_none() && row.due_at > now
        };
        let Some(row) = row.filter(is_open) else { return Ok(Refreshing::NotWaiting) };
        let wrapped = task.data_key.as_deref().ok_or(Fault::Seal("a task has no data key"))?;
        let key = self.keys.task_key(id.as_str(), wrapped)?;
        let Some(open) = questions::open(&key, &row)? else { return Ok(Refreshing::NotWaiting) };
        if !open.question.can_refresh {
            return Ok(Refreshing::CannotRefresh);
        }
        let left = row.asked_at + SMS_FOR_MS - now;
        if *kind == ChallengeKind::Sms && left > 0 {
            return Ok(Refreshing::TooSoon((left + 999) / 1_000));
        }
        let Some(public) = self.store.read.node_key(node).await? else {
            return Ok(Refreshing::NotWaiting);
        };
        let sealed = seal_to(&public, REFRESH.as_bytes(), &format!("answer:{id}"))?;
        match self.store.write.answer(id, &sealed, now).await? {
            Answering::Taken => {
                self.signals.answered(id);
                Ok(Refreshing::Asked)
            }
            Answering::NotWaiting => Ok(Refreshing::NotWaiting),
        }
    }

    /// Takes a code for the question that is open on a task.
    ///
    /// # Errors
    /// The store could not be asked, or the code could not be sealed.
    pub(crate) async fn take(
        &self,
        entry: &AppEntry,
        product: Product,
        tid: &str,
        code: Code<'_>,
    ) -> Result<Answered, Fault> {
        self.take_from(Viewer::App, entry, product, tid, code).await
    }

    /// Takes a code of whoever sees the task.
    ///
    /// # Errors
    /// Those of [`Answers::take`].
    pub(crate) async fn take_from(
        &self,
        viewer: Viewer,
        entry: &AppEntry,
        product: Product,
        tid: &str,
        code: Code<'_>,
    ) -> Result<Answered, Fault> {
        let Some(id) = TaskId::parse(tid) else { return Ok(Answered::Unknown) };
        let Some(task) = self.store.read.task(&id).await? else { return Ok(Answered::Unknown) };
        if task.app_id != entry.app.id {
            return Ok(Answered::NotYours);
        }
        if task.product != product || !viewer.sees(&task) {
            return Ok(Answered::Unknown);
        }
        let text = code.text.trim();
        if text.is_empty() || text.chars().any(char::is_control) {
            return Ok(Answered::Malformed);
        }
        let (Stage::Asking(kind), Some(node)) = (&task.stage, &task.node_id) else {
            return Ok(Answered::NotWaiting);
        };
        let Some(open) = self.store.read.open_challenge(&id).await? else {
            return Ok(Answered::NotWaiting);
        };
        let is_meant = code.question.is_none_or(|question| question == open.seq);
        if !is_meant || open.answer_sealed.is_some() || open.due_at <= self.time.now() {
            return Ok(Answered::NotWaiting);
        }
        let wrapped = task.data_key.as_deref().ok_or(Fault::Seal("a task has no data key"))?;
        let key = self.keys.task_key(id.as_str(), wrapped)?;
        let Some(open) = questions::open(&key, &open)? else {
            return Ok(Answered::NotWaiting);
        };
        let Some(answer) = open.question.read(text, code.form).map(Zeroizing::new) else {
            return Ok(Answered::Malformed);
        };
        if !kind.is_typed() {
            // The portal tells when it was done. A client of the documents sends something all the
            // same; the question stays for as long as the portal waits.
            return Ok(Answered::Accepted);
        }
        let Some(public) = self.store.read.node_key(node).await? else {
            return Ok(Answered::NotWaiting);
        };
        let sealed = seal_to(&public, answer.as_bytes(), &format!("answer:{id}"))?;
        match self.store.write.answer(&id, &sealed, self.time.now()).await? {
            Answering::Taken => {
                self.signals.answered(&id);
                Ok(Answered::Accepted)
            }
            Answering::NotWaiting => Ok(Answered::NotWaiting),
        }
    }
}
