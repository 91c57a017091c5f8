//! Showing: what a poll sees of a task (P-41…P-44).

use fiveone_model::finding::Finding;
use fiveone_model::product::Product;
use fiveone_model::report::{Content, Section};
use fiveone_model::task::{CrawlProgress, Stage, TaskId};
use fiveone_store::{Reader, SectionRow, TaskRow};

use crate::seal::DeploymentKeys;
use crate::view::{Shown, TaskView};
use crate::{AppEntry, Fault, sections};

/// What was read for a task, and what is odd about it.
#[derive(Default)]
struct Opened {
    sections: Vec<(Section, Content)>,
    findings: Option<Vec<(Section, Vec<Finding>)>>,
}

/// Shows tasks to the apps whose they are.
pub(crate) struct Reports {
    pub(crate) read: Reader,
    pub(crate) keys: DeploymentKeys,
}

impl Reports {
    /// What a poll of an app shows.
    ///
    /// # Errors
    /// The store could not be asked, or a row cannot be decoded.
    pub(crate) async fn show(
        &self,
        entry: &AppEntry,
        product: Product,
        tid: &str,
    ) -> Result<Shown, Fault> {
        let Some(id) = TaskId::parse(tid) else { return Ok(Shown::Unknown) };
        let Some((task, picture)) = self.task_and_picture(&id).await? else {
            return Ok(Shown::Unknown);
        };
        if task.app_id != entry.app.id {
            return Ok(Shown::NotYours);
        }
        if task.product != product {
            return Ok(Shown::Unknown);
        }
        let is_done = matches!(task.stage, Stage::Done { .. });
        if is_done && task.wiped_at.is_some() {
            return Ok(Shown::Gone);
        }
        let rows = self.read.sections(&id).await?;
        let progress = CrawlProgress::of_stored(rows.len());
        let wants_findings = entry.app.wants_findings;
        let Ok(opened) = self.open_sections(&task, rows, wants_findings) else {
            return Ok(Shown::Unreadable);
        };
        Ok(Shown::Task(Box::new(TaskView {
            code: task.stage.code(progress),
            msg: task.stage.msg(progress),
            picture,
            fail: match &task.stage {
                Stage::Done { missing } => missing.clone(),
                _ => Vec::new(),
            },
            crawled_at: task.crawled_at.filter(|_| progress == CrawlProgress::SomeSections),
            is_final: task.stage.name().is_final(),
            sections: opened.sections,
            findings: opened.findings,
            tid: task.id,
        })))
    }

    /// The sections in the documents' order, and their findings when they are wanted; an error when
    /// one does not open.
    fn open_sections(
        &self,
        task: &TaskRow,
        mut rows: Vec<SectionRow>,
        wants_findings: bool,
    ) -> Result<Opened, Fault> {
        if rows.is_empty() {
            return Ok(Opened::default());
        }
        let wrapped = task.data_key.as_deref().ok_or(Fault::Seal("a task has no data key"))?;
        let key = self.keys.task_key(task.id.as_str(), wrapped)?;
        rows.sort_by_key(|row| row.section);
        let content =
            |row: &SectionRow| Ok((row.section, sections::open_content(&key, row, task.product)?));
        let findings = |row: &SectionRow| Ok((row.section, sections::open_findings(&key, row)?));
        Ok(Opened {
            sections: rows.iter().map(content).collect::<Result<_, Fault>>()?,
            findings: match wants_findings {
                true => Some(rows.iter().map(findings).collect::<Result<_, Fault>>()?),
                false => None,
            },
        })
    }

    /// A task, and the picture of its open question if it has one. A question that is closed between
    /// the two looks is looked for again, so that nobody sees its code without its picture.
    ///
    /// # Errors
    /// The store failed, or a question stays open without a picture.
    async fn task_and_picture(
        &self,
        id: &TaskId,
    ) -> Result<Option<(TaskRow, Option<Vec<u8>>)>, Fault> {
        const LOOKS_MAX: usize = 8;
        let read = &self.read;
        for _ in 0..LOOKS_MAX {
            let Some(task) = read.task(id).await? else { return Ok(None) };
            let Stage::Asking(kind) = task.stage else { return Ok(Some((task, None))) };
            if !kind.has_picture() {
                return Ok(Some((task, None)));
            }
            let open = read.open_challenge(id).await?;
            if let Some(picture) = open.and_then(|open| open.picture) {
                return Ok(Some((task, Some(picture))));
            }
        }
        Err(Fault::Impossible(format!("task {id} asks with a picture and has none")))
    }
}
