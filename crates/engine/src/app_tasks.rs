//! The tasks of one app as it sees them itself: where each is, what it waits for, what was read; ending
//! one that is not wanted any more. Another app's task is none.

use std::sync::Arc;

use fiveone_model::app::AppId;
use fiveone_model::clock::Millis;
use fiveone_model::failure::{Failure, FailureKind};
use fiveone_model::finding::Finding;
use fiveone_model::report::{Content, Section};
use fiveone_model::task::{Stage, TaskId};
use fiveone_store::{Mark, OpenChallenge, Resolved, TaskChoice, TaskRow};

use crate::settle::Settler;
use crate::show::Reports;
use crate::signals::Signals;
use crate::{Eraser, Fault, Receipt};

/// How often a task that moves meanwhile is ended anew before we give up.
const CANCEL_TRIES_MAX: usize = 16;

/// A task as its app sees it.
#[derive(Debug)]
pub struct OwnTask {
    /// The task.
    pub task: TaskRow,
    /// Where it is: a question that has its answer is asked no more.
    pub stage: Stage,
    /// The question that waits for an answer.
    pub question: Option<OpenChallenge>,
    /// What has been read so far, in the documents' order: which, how many rows, when.
    pub sections: Vec<(Section, i64, Millis)>,
    /// When it ended.
    pub ended_at: Option<Millis>,
    /// Until when its result is kept.
    pub kept_until: Option<Millis>,
    /// What is held or was taken for it, in 分.
    pub price_fen: i64,
    /// What became of that; `None` while it is held.
    pub resolved: Option<Resolved>,
}

/// What an app gets for a task.
#[derive(Debug)]
pub struct OwnReport {
    /// The task.
    pub task: TaskRow,
    /// The offered sections that could not be read.
    pub missing: Vec<Section>,
    /// What was read, in the documents' order.
    pub sections: Vec<(Section, Content)>,
    /// What is odd about it.
    pub findings: Vec<(Section, Vec<Finding>)>,
}

/// The answer to who asks for a report.
#[derive(Debug)]
pub enum ReportOf {
    /// There is no such task of this app.
    Unknown,
    /// The task has not ended.
    UnderWay,
    /// The task failed.
    Failed(Failure),
    /// It was there and is gone.
    Erased,
    /// It is there.
    Here(Box<OwnReport>),
}

/// What became of ending a task.
#[derive(Debug, PartialEq, Eq)]
pub enum Cancelling {
    /// It is cancelled, now or earlier.
    Cancelled,
    /// It had ended otherwise.
    Ended,
    /// Some of its records are there already, and are paid for.
    TooLate,
    /// There is no such task of this app.
    Unknown,
}

/// The tasks of apps.
pub(crate) struct AppTasks {
    pub(crate) reports: Reports,
    pub(crate) eraser: Eraser,
    pub(crate) settler: Arc<Settler>,
    pub(crate) signals: Arc<Signals>,
}

impl AppTasks {
    async fn row(&self, app: &AppId, tid: &str) -> Result<Option<TaskRow>, Fault> {
        let Some(id) = TaskId::parse(tid) else { return Ok(None) };
        Ok(self.reports.read.task(&id).await?.filter(|task| task.app_id == *app))
    }

    /// A task.
    ///
    /// # Errors
    /// The store failed, or a row cannot be decoded.
    pub(crate) async fn show(&self, app: &AppId, tid: &str) -> Result<Option<OwnTask>, Fault> {
        if self.row(app, tid).await?.is_none() {
            return Ok(None);
        }
        let Some(id) = TaskId::parse(tid) else { return Ok(None) };
        let Some((task, question)) = self.reports.task_and_question(&id).await? else {
            return Ok(None);
        };
        self.own(task, question).await
    }

    async fn own(
        &self,
        task: TaskRow,
        question: Option<OpenChallenge>,
    ) -> Result<Option<OwnTask>, Fault> {
        let read = &self.reports.read;
        let Some(history) = read.task_history(&task.id).await? else { return Ok(None) };
        let rows = read.sections(&task.id).await?;
        let mut sections: Vec<_> =
            rows.iter().map(|row| (row.section, row.row_count, row.stored_at)).collect();
        sections.sort_unstable();
        let is_answered = question.is_none() && matches!(task.stage, Stage::Asking(_));
        Ok(Some(OwnTask {
            stage: if is_answered { Stage::LoggingIn } else { task.stage.clone() },
            question,
            sections,
            ended_at: history.finished_at,
            kept_until: history.wipe_after,
            price_fen: history.hold.amount_fen,
            resolved: history.hold.resolved.map(|(resolved, _)| resolved),
            task,
        }))
    }

    /// Up to `limit` tasks, the newest first, from after a mark.
    ///
    /// # Errors
    /// The store failed, or a row cannot be decoded.
    pub(crate) async fn list(
        &self,
        app: &AppId,
        choice: &TaskChoice,
        after: Option<&Mark>,
        limit: i64,
    ) -> Result<Vec<OwnTask>, Fault> {
        let mut tasks = Vec::new();
        for task in self.reports.read.tasks_of(app, choice, after, limit).await? {
            // A list tells that a question waits, and leaves its picture to whoever asks for the task.
            tasks.extend(self.own(task, None).await?);
        }
        Ok(tasks)
    }

    /// The report of a task.
    ///
    /// # Errors
    /// The store failed, or a section does not open.
    pub(crate) async fn report(&self, app: &AppId, tid: &str) -> Result<ReportOf, Fault> {
        let Some(task) = self.row(app, tid).await? else { return Ok(ReportOf::Unknown) };
        let missing = match &task.stage {
            Stage::Done { missing } => missing.clone(),
            Stage::Failed(failure) => return Ok(ReportOf::Failed(failure.clone())),
            _ => return Ok(ReportOf::UnderWay),
        };
        if task.wiped_at.is_some() {
            return Ok(ReportOf::Erased);
        }
        let rows = self.reports.read.sections(&task.id).await?;
        let opened = match self.reports.open_sections(&task, rows, true) {
            Ok(opened) => opened,
            // It may have been erased between the looks.
            Err(fault) => match self.row(app, tid).await? {
                Some(task) if task.wiped_at.is_none() => return Err(fault),
                _ => return Ok(ReportOf::Erased),
            },
        };
        let (sections, findings) = (opened.sections, opened.findings.unwrap_or_default());
        Ok(ReportOf::Here(Box::new(OwnReport { task, missing, sections, findings })))
    }

    /// Ends a task of which nothing was read yet: its money is free again. A task that moves at the same
    /// moment is looked at anew.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) async fn cancel(&self, app: &AppId, tid: &str) -> Result<Cancelling, Fault> {
        for _ in 0..CANCEL_TRIES_MAX {
            let Some(task) = self.row(app, tid).await? else { return Ok(Cancelling::Unknown) };
            match &task.stage {
                Stage::Failed(failure) if failure.kind == FailureKind::Cancelled => {
                    return Ok(Cancelling::Cancelled);
                }
                stage if stage.name().is_final() => return Ok(Cancelling::Ended),
                _ if task.crawled_at.is_some() => return Ok(Cancelling::TooLate),
                _ => {}
            }
            // Whoever waits for the person here is told before it is forgotten who that was.
            let is_asking = matches!(task.stage, Stage::Asking(_));
            let waiting = is_asking.then(|| self.signals.answers_to(&task.id));
            let end = Stage::Failed(Failure::of(FailureKind::Cancelled));
            self.settler.settle(&task, end).await?;
            if let Some(waiting) = waiting {
                waiting.notify_one();
            }
        }
        Err(Fault::Impossible(format!("task {tid} moves faster than it can be cancelled")))
    }

    /// Erases what was read for a task, now or as soon as it ends; `None` when there is no such task of
    /// this app.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) async fn erase(&self, app: &AppId, tid: &str) -> Result<Option<Receipt>, Fault> {
        match self.row(app, tid).await? {
            Some(task) => self.eraser.task(&task.id).await,
            None => Ok(None),
        }
    }
}
