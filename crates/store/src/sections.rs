//! Sections as they are read, and what is odd about each, sealed with their task's data key.

use fiveone_model::clock::Millis;
use fiveone_model::report::Section;
use fiveone_model::task::TaskId;

use crate::db::{Tx, args};
use crate::{Error, Reader, Writer, corrupt, exactly_one};

/// Stands for the rows of a section that the portal does not have.
const NOT_OFFERED: i64 = -1;

/// One stored section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionRow {
    /// Which.
    pub section: Section,
    /// Its content, sealed.
    pub sealed: Vec<u8>,
    /// What is odd about it, sealed with the same key.
    pub findings_sealed: Vec<u8>,
    /// How many rows it has; `None` when the portal has no such part.
    pub row_count: Option<i64>,
    /// When it was stored.
    pub stored_at: Millis,
}

impl Reader {
    /// The sections stored so far, in no order.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn sections(&self, task: &TaskId) -> Result<Vec<SectionRow>, Error> {
        let rows = self
            .db
            .fetch_all(
                "select name, sealed, findings_sealed, row_count, stored_at from section
                 where task_id = $1",
                args![task.as_str()],
            )
            .await?;
        rows.iter()
            .map(|row| {
                Ok(SectionRow {
                    section: Section::parse(&row.text(0)?)
                        .ok_or_else(|| corrupt("section", "name", task.as_str()))?,
                    sealed: row.blob(1)?,
                    findings_sealed: row.blob(2)?,
                    row_count: Some(row.int(3)?).filter(|count| *count != NOT_OFFERED),
                    stored_at: row.int(4)?,
                })
            })
            .collect()
    }
}

impl Writer {
    /// Stores a section and the session it was read with, if the task is still crawled under this
    /// fence.
    ///
    /// # Errors
    /// The database failed, or the lease is lost.
    pub async fn store_section(
        &self,
        task: &TaskId,
        fence: i64,
        row: &SectionRow,
        session_sealed: &[u8],
    ) -> Result<(), Error> {
        let mut tx = self.db.begin().await?;
        let rows = tx
            .execute(
                "update task set session_sealed = $3, updated_at = $4, crawled_at = $4,
                   crashes = 0
                 where id = $1 and fence = $2 and stage = 'crawling'",
                args![task.as_str(), fence, session_sealed, row.stored_at],
            )
            .await?;
        exactly_one(rows, "task", task.as_str())?;
        insert(&mut tx, task, row).await?;
        tx.commit().await
    }
}

/// Writes a section, in the caller's transaction.
pub(crate) async fn insert(tx: &mut Tx, task: &TaskId, row: &SectionRow) -> Result<(), Error> {
    tx.execute(
        "insert into section (task_id, name, sealed, findings_sealed, row_count, stored_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (task_id, name) do update
         set sealed = excluded.sealed, findings_sealed = excluded.findings_sealed,
           row_count = excluded.row_count, stored_at = excluded.stored_at",
        args![
            task.as_str(),
            row.section.as_str(),
            &row.sealed,
            &row.findings_sealed,
            row.row_count.unwrap_or(NOT_OFFERED),
            row.stored_at
        ],
    )
    .await
    .map(drop)
}
