//! What runs did at their portals, for operators; in batches, sealed with their task's data key.

use fiveone_model::clock::Millis;
use fiveone_model::task::TaskId;

use crate::db::args;
use crate::{Error, Reader, Writer};

/// Batches that are kept of one run.
const BATCHES_MAX: i64 = 100;

/// What a run did since its last batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunLogBatch {
    /// Its number in the run, from 0.
    pub seq: i64,
    /// The steps, sealed.
    pub sealed: Vec<u8>,
}

/// A batch as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunLogRow {
    /// The steps, sealed.
    pub sealed: Vec<u8>,
    /// When it was written.
    pub at: Millis,
}

impl Writer {
    /// Keeps a batch of a run, if the task is still this fence's; one that is there is not kept again.
    ///
    /// # Errors
    /// The database failed.
    pub async fn keep_run_log(
        &self,
        task: &TaskId,
        fence: i64,
        batch: &RunLogBatch,
        at: Millis,
    ) -> Result<(), Error> {
        if batch.seq >= BATCHES_MAX {
            return Ok(());
        }
        let sql = "insert into run_log (task_id, fence, seq, sealed, at)
                   select id, fence, $3, $4, $5 from task where id = $1 and fence = $2
                   on conflict (task_id, fence, seq) do nothing";
        // A transaction, though it is one statement: its commit is shared with those beside it.
        let mut tx = self.db.begin().await?;
        tx.execute(sql, args![task.as_str(), fence, batch.seq, &batch.sealed, at]).await?;
        tx.commit().await
    }
}

impl Reader {
    /// What the runs of a task did, the oldest first; forgotten with its result.
    ///
    /// # Errors
    /// The database failed.
    pub async fn run_log(&self, task: &TaskId) -> Result<Vec<RunLogRow>, Error> {
        let sql = "select sealed, at from run_log where task_id = $1 order by fence, seq";
        let rows = self.db.fetch_all(sql, args![task.as_str()]).await?;
        rows.iter().map(|row| Ok(RunLogRow { sealed: row.blob(0)?, at: row.int(1)? })).collect()
    }
}
