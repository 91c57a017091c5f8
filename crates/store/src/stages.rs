//! The stages a task went through and when, for operators; written with each change of stage.

use fiveone_model::clock::Millis;
use fiveone_model::task::{StageName, TaskId};

use crate::db::{Tx, args};
use crate::{Error, Reader, corrupt};

/// The most that are kept of one task: questions can be put anew many times.
const STAGES_MAX: i64 = 100;

/// A stage that a task entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageRow {
    /// Which.
    pub stage: StageName,
    /// The kind of a question, or of a failure; blank otherwise.
    pub detail: String,
    /// The node that had the task.
    pub node_id: Option<String>,
    /// When.
    pub at: Millis,
}

/// Notes that a task entered a stage, in the caller's transaction.
pub(crate) async fn note(
    tx: &mut Tx,
    task: &str,
    (stage, detail): (StageName, &str),
    at: Millis,
) -> Result<(), Error> {
    let sql = "insert into stage (task_id, seq, stage, detail, node_id, at)
               select id, coalesce((select max(seq) from stage where task_id = $1), 0) + 1, $2, $3,
                 node_id, $4
               from task
               where id = $1 and coalesce((select max(seq) from stage where task_id = $1), 0) < $5";
    tx.execute(sql, args![task, stage.as_str(), detail, at, STAGES_MAX]).await.map(drop)
}

impl Reader {
    /// The stages a task went through, oldest first; forgotten with its result.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn stages(&self, task: &TaskId) -> Result<Vec<StageRow>, Error> {
        let sql = "select stage, detail, node_id, at from stage where task_id = $1 order by seq";
        let rows = self.db.fetch_all(sql, args![task.as_str()]).await?;
        rows.iter()
            .map(|row| {
                let stage = StageName::parse(&row.text(0)?);
                Ok(StageRow {
                    stage: stage.ok_or_else(|| corrupt("stage", "stage", task.as_str()))?,
                    detail: row.text(1)?,
                    node_id: row.maybe_text(2)?,
                    at: row.int(3)?,
                })
            })
            .collect()
    }
}
