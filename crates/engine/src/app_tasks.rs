//! The tasks of one app as it sees them itself: where each is, what it waits for, what was read; ending
//! one that is not wanted any more. Another app's task is none.

use std::sync::Arc;

use fiveone_model::app::AppId;
use fiveone_model::clock::Millis;
use fiveone_model::failure::{Failure, FailureKind};
use fiveone_model::finding::Finding;
use fiveone_model::question::OpenQuestion;
use fiveone_model::report::{Content, Section};
use fiveone_model::task::{Stage, TaskId};
use fiveone_store::{Mark, TaskChoice, TaskLine, TaskRow, Viewer};

use crate::settle::Settler;
use crate::show::Reports;
use crate::signals::Signals;
use crate::{Eraser, Fault, Receipt};

/// How often a task that moves meanwhile is ended anew before we give up.
const CANCEL_TRIES_MAX: usize = 16;
/// How often a task is looked at that moves meanwhile.
const LOOKS_MAX: usize = 8;

/// A task as its app sees it.
#[derive(Debug)]
pub struct OwnTask {
    /// The task, its times and its money.
    pub line: TaskLine,
    /// Where it is: a question that has its answer is asked no more.
    pub stage: Stage,
    /// The question that waits for an answer.
    pub question: Option<OpenQuestion>,
    /// What has been read so far, in the documents' order: which, how many rows, when.
    pub sections: Vec<(Section, i64, Millis)>,
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
    async fn line(&self, app: &AppId, tid: &str) -> Result<Option<TaskLine>, Fault> {
        let Some(id) = TaskId::parse(tid) else { return Ok(None) };
        Ok(self.reports.read.task_of(Viewer::App, app, &id).await?)
    }

    /// See [`Reader::task_version`](fiveone_store::Reader::task_version).
    pub(crate) async fn version(&self, app: &AppId, tid: &str) -> Result<Option<String>, Fault> {
        let Some(id) = TaskId::parse(tid) else { return Ok(None) };
        Ok(self.reports.read.task_version(Viewer::App, app, &id).await?)
    }

    async fn row(&self, app: &AppId, tid: &str) -> Result<Option<TaskRow>, Fault> {
        Ok(self.line(app, tid).await?.map(|line| line.task))
    }

    /// A task. One that moves between the looks is looked at anew, so that all that is told is of one
    /// stage.
    ///
    /// # Errors
    /// The store failed, or a row cannot be decoded.
    pub(crate) async fn show(&self, app: &AppId, tid: &str) -> Result<Option<OwnTask>, Fault> {
        let read = &self.reports.read;
        for _ in 0..LOOKS_MAX {
            let Some(line) = self.line(app, tid).await? else { return Ok(None) };
            let id = &line.task.id;
            let rows = read.sections(id).await?;
            let Some((task, question)) = self.reports.task_and_question(id).await? else {
                return Ok(None);
            };
            if task.stage != line.task.stage {
                continue;
            }
            let mut sections: Vec<_> = rows
                .iter()
                .filter_map(|row| Some((row.section, row.row_count?, row.stored_at)))
                .collect();
            sections.sort_unstable();
            let is_answered = question.is_none() && matches!(task.stage, Stage::Asking(_));
            let stage = if is_answered { Stage::LoggingIn } else { task.stage };
            return Ok(Some(OwnTask { line, stage, question, sections }));
        }
        Err(Fault::Impossible(format!("task {tid} moves faster than it can be looked at")))
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
    ) -> Result<Vec<TaskLine>, Fault> {
        Ok(self.reports.read.tasks_of(app, choice, after, limit).await?)
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

    /// Ends a task of which nothing was read yet, or whatever its person alone has seen: its money is free
    /// again. A task that moves at the same moment is looked at anew.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) async fn cancel(
        &self,
        viewer: Viewer,
        app: &AppId,
        id: &TaskId,
    ) -> Result<Cancelling, Fault> {
        for _ in 0..CANCEL_TRIES_MAX {
            let line = self.reports.read.task_of(viewer, app, id).await?;
            let Some(TaskLine { task, .. }) = line else { return Ok(Cancelling::Unknown) };
            match &task.stage {
                Stage::Failed(failure) if failure.kind == FailureKind::Cancelled => {
                    return Ok(Cancelling::Cancelled);
                }
                stage if stage.name().is_final() => return Ok(Cancelling::Ended),
                _ if viewer == Viewer::App && task.crawled_at.is_some() => {
                    return Ok(Cancelling::TooLate);
                }
                _ => {}
            }
            self.end_now(&task, Failure::of(FailureKind::Cancelled)).await?;
        }
        Err(Fault::Impossible(format!("task {id} moves faster than it can be cancelled")))
    }

    /// Fails a task that is under way, whatever was read; `false` when it has ended.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) async fn fail(&self, id: &TaskId, failure: Failure) -> Result<bool, Fault> {
        for _ in 0..CANCEL_TRIES_MAX {
            let Some(task) = self.reports.read.task(id).await? else { return Ok(false) };
            match &task.stage {
                Stage::Failed(ended) if *ended == failure => return Ok(true),
                stage if stage.name().is_final() => return Ok(false),
                _ => {}
            }
            self.end_now(&task, failure.clone()).await?;
        }
        Err(Fault::Impossible(format!("task {id} moves faster than it can be ended")))
    }

    async fn end_now(&self, task: &TaskRow, failure: Failure) -> Result<(), Fault> {
        // Whoever waits for the person here is told before it is forgotten who that was.
        let is_asking = matches!(task.stage, Stage::Asking(_));
        let waiting = is_asking.then(|| self.signals.answers_to(&task.id));
        self.settler.settle(task, Stage::Failed(failure)).await?;
        if let Some(waiting) = waiting {
            waiting.notify_one();
        }
        Ok(())
    }

    /// Has nothing left of a task that its person does not want any more: what was not read yet is not
    /// read and not paid, and what was is erased.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) async fn give_up(&self, app: &AppId, id: &TaskId) -> Result<Option<Receipt>, Fault> {
        self.cancel(Viewer::Person, app, id).await?;
        self.eraser.task(id).await
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
