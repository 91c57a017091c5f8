//! Tasks as an operator sees them: where they are, what became of their money, and what could not be
//! read. It needs no running node, and opens no section: what a person's records say stays sealed.

use fiveone_model::clock::Millis;
use fiveone_model::finding::Finding;
use fiveone_model::report::Section;
use fiveone_model::task::TaskId;
use fiveone_store::{Reader, SectionRow, StageRow, Store, TaskHistory, TaskRow};

use crate::seal::{DeploymentKeys, TaskKey};
use crate::{Fault, LoggedSteps, run_log, sections};

/// The tasks of a store.
pub struct Tasks {
    read: Reader,
    keys: DeploymentKeys,
}

/// All that an operator may know of a task.
#[derive(Debug)]
pub struct TaskRecord {
    /// The task.
    pub task: TaskRow,
    /// Its times, its hold and its questions.
    pub history: TaskHistory,
    /// What has been read so far, in the documents' order.
    pub sections: Vec<SectionSummary>,
    /// State and attempts of its callbacks, oldest first.
    pub callbacks: Vec<(String, i64)>,
    /// The stages it went through, oldest first.
    pub stages: Vec<StageRow>,
    /// What its runs did at the portal, oldest first; none where it does not open with this
    /// deployment key.
    pub run_log: Vec<LoggedSteps>,
}

/// A section without what it holds.
#[derive(Debug, PartialEq, Eq)]
pub struct SectionSummary {
    /// Which.
    pub section: Section,
    /// How many rows it has; `None` when the portal has no such part.
    pub row_count: Option<i64>,
    /// When it was stored.
    pub stored_at: Millis,
    /// What is odd about it; `None` when that does not open with this deployment key.
    pub findings: Option<Vec<Finding>>,
}

impl Tasks {
    /// The tasks of a store.
    #[must_use]
    pub fn new(store: &Store, keys: DeploymentKeys) -> Self {
        Self { read: store.read.clone(), keys }
    }

    /// A task of any app; `None` when there is none of this id.
    ///
    /// # Errors
    /// The store failed, or a row cannot be decoded.
    pub async fn show(&self, id: &TaskId) -> Result<Option<TaskRecord>, Fault> {
        let Some(task) = self.read.task(id).await? else { return Ok(None) };
        let Some(history) = self.read.task_history(id).await? else { return Ok(None) };
        let wrapped = task.data_key.as_deref();
        let key = wrapped.and_then(|wrapped| self.keys.task_key(id.as_str(), wrapped).ok());
        let rows = self.read.sections(id).await?;
        let mut sections: Vec<_> = rows.iter().map(|row| summary(row, key.as_ref())).collect();
        sections.sort_by_key(|summary| summary.section);
        let callbacks = self.read.callbacks_of(id).await?;
        let stages = self.read.stages(id).await?;
        let kept = self.read.run_log(id).await?;
        let opened =
            key.iter().flat_map(|key| kept.iter().filter_map(|row| run_log::open(key, row)));
        let run_log = opened.collect();
        Ok(Some(TaskRecord { task, history, sections, callbacks, stages, run_log }))
    }
}

fn summary(row: &SectionRow, key: Option<&TaskKey>) -> SectionSummary {
    SectionSummary {
        section: row.section,
        row_count: row.row_count,
        stored_at: row.stored_at,
        findings: key.and_then(|key| sections::open_findings(key, row).ok()),
    }
}

#[cfg(test)]
mod tests {
    use fiveone_connector::Reading;
    use fiveone_model::area::AreaCode;
    use fiveone_model::finding::FindingKind;
    use fiveone_model::product::Product;
    use fiveone_model::report::Content;
    use fiveone_model::task::StageName;
    use fiveone_store::NewTask;
    use fiveone_testkit::{TestStore, build};

    use super::*;
    use crate::Options;
    use crate::wiring::tests::{NOW, wiring};

    #[tokio::test]
    async fn findings_are_shown_with_the_key_they_were_sealed_under_and_else_the_rest() {
        let store = TestStore::sqlite().await;
        let wiring = wiring(&store, Options::default()).await;
        let id = build::task_id(1);
        let (key, data_key) = wiring.keys.new_task_key(id.as_str()).unwrap();
        let task = NewTask { data_key, ..build::new_task("a", 1) };
        store.write.admit(&[task], NOW).await.unwrap();
        let portal = (Product::Fund, &AreaCode::parse("210300").unwrap());
        let claimed = store.write.claim_queued("n1", portal, 1, 1, NOW).await.unwrap();
        let claimed = claimed.rows.into_iter().next().unwrap();
        let fence = claimed.task.fence;
        for step in [
            (StageName::LoggingIn, StageName::LoggedIn),
            (StageName::LoggedIn, StageName::Crawling),
        ] {
            store.write.move_stage(&id, fence, step, Some(b"session"), NOW).await.unwrap();
        }
        let odd = vec![Finding::of_field(FindingKind::Absent, "payMonth").with_key("hjny")];
        for (section, findings) in [(Section::Loans, Vec::new()), (Section::Bills, odd.clone())] {
            let reading = Reading { content: Content::Rows(Vec::new()), findings };
            let row = sections::seal(&key, section, &reading, NOW).unwrap();
            store.write.store_section(&id, fence, &row, b"session").await.unwrap();
        }
        let summary = |section, findings| SectionSummary {
            section,
            row_count: Some(0),
            stored_at: NOW,
            findings,
        };
        let shown = Tasks::new(&store, wiring.keys.clone()).show(&id).await.unwrap().unwrap();
        let expected =
            [summary(Section::Bills, Some(odd)), summary(Section::Loans, Some(Vec::new()))];
        assert_eq!(shown.sections, expected, "in the documents' order");

        let other = DeploymentKeys::parse(&DeploymentKeys::generate().unwrap()).unwrap();
        let tasks = Tasks::new(&store, other);
        let shown = tasks.show(&id).await.unwrap().unwrap();
        assert_eq!(shown.sections, [summary(Section::Bills, None), summary(Section::Loans, None)]);
        assert!(tasks.show(&build::task_id(2)).await.unwrap().is_none());
    }
}
