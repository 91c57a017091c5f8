//! What became of a task so far, for operators: its times, its questions and its hold. Nothing of
//! the person is read here.

use fiveone_model::challenge::ChallengeKind;
use fiveone_model::clock::Millis;
use fiveone_model::task::TaskId;

use crate::db::{Row, args};
use crate::settle::Resolved;
use crate::{Error, Reader, corrupt};

/// What a task's row does not tell in [`crate::TaskRow`], and the rows that belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskHistory {
    /// Since when a node works on it; `None` when none does.
    pub leased_at: Option<Millis>,
    /// When its row was changed last.
    pub updated_at: Millis,
    /// When it ended.
    pub finished_at: Option<Millis>,
    /// Until when its result is kept.
    pub wipe_after: Option<Millis>,
    /// The money set aside for it.
    pub hold: HoldRow,
    /// The questions its person was asked, oldest first; forgotten with its result.
    pub questions: Vec<QuestionRow>,
}

/// The money set aside for a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldRow {
    /// In 分.
    pub amount_fen: i64,
    /// When it is resolved at the latest.
    pub due_at: Millis,
    /// What became of it and when; `None` while it is open.
    pub resolved: Option<(Resolved, Millis)>,
}

/// A question as it went: never what was asked or answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuestionRow {
    /// What was asked for.
    pub kind: ChallengeKind,
    /// When.
    pub asked_at: Millis,
    /// When the person answered.
    pub answered_at: Option<Millis>,
    /// When it was over.
    pub closed_at: Option<Millis>,
}

impl Reader {
    /// What became of a task so far; `None` when there is no such task.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn task_history(&self, id: &TaskId) -> Result<Option<TaskHistory>, Error> {
        let row = self
            .db
            .fetch_one(
                "select t.leased_at, t.updated_at, t.finished_at, t.wipe_after,
                   h.amount_fen, h.due_at, h.state, h.resolved_at
                 from task t
                 join hold h on h.task_id = t.id
                 where t.id = $1",
                args![id.as_str()],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(TaskHistory {
            leased_at: row.maybe_int(0)?,
            updated_at: row.int(1)?,
            finished_at: row.maybe_int(2)?,
            wipe_after: row.maybe_int(3)?,
            hold: HoldRow {
                amount_fen: row.int(4)?,
                due_at: row.int(5)?,
                resolved: resolved(&row, id)?,
            },
            questions: self.questions(id).await?,
        }))
    }

    async fn questions(&self, task: &TaskId) -> Result<Vec<QuestionRow>, Error> {
        let rows = self
            .db
            .fetch_all(
                "select kind, asked_at, answered_at, closed_at from challenge
                 where task_id = $1
                 order by seq",
                args![task.as_str()],
            )
            .await?;
        rows.iter()
            .map(|row| {
                Ok(QuestionRow {
                    kind: ChallengeKind::parse(&row.text(0)?)
                        .ok_or_else(|| corrupt("challenge", "kind", task.as_str()))?,
                    asked_at: row.int(1)?,
                    answered_at: row.maybe_int(2)?,
                    closed_at: row.maybe_int(3)?,
                })
            })
            .collect()
    }
}

fn resolved(row: &Row, task: &TaskId) -> Result<Option<(Resolved, Millis)>, Error> {
    let Some(at) = row.maybe_int(7)? else { return Ok(None) };
    let resolved = Resolved::parse(&row.text(6)?);
    resolved.map(|how| Some((how, at))).ok_or_else(|| corrupt("hold", "state", task.as_str()))
}
