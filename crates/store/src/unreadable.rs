//! Rows that cannot be read or ended: they are told of and set aside, and stop nobody else's.

use fiveone_model::clock::Millis;

use crate::db::{Row, args};
use crate::{Error, Reader, Writer};

/// What a query found: rows, and rows that it could not read.
#[derive(Debug)]
pub struct Found<T> {
    /// What could be read.
    pub rows: Vec<T>,
    /// What could not, each for itself.
    pub unreadable: Vec<Unreadable>,
}

/// A task's row that cannot be decoded.
#[derive(Debug)]
pub struct Unreadable {
    /// The task's id as it stands in the table.
    pub task: String,
    /// Its fence, with which it can still be ended.
    pub fence: i64,
    /// What is wrong with it.
    pub error: Error,
}

impl<T> Default for Found<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), unreadable: Vec::new() }
    }
}

impl<T> Found<T> {
    /// Reads rows of task, each by itself; `fence` is the position of the column.
    pub(crate) fn read(
        rows: &[Row],
        fence: usize,
        decode: impl Fn(&Row) -> Result<T, Error>,
    ) -> Result<Self, Error> {
        let mut found = Self::default();
        for row in rows {
            match decode(row) {
                Ok(decoded) => found.rows.push(decoded),
                Err(error) => {
                    let (task, fence) = (row.text(0)?, row.int(fence)?);
                    found.unreadable.push(Unreadable { task, fence, error });
                }
            }
        }
        Ok(found)
    }
}

impl Writer {
    /// Sets a task aside: nobody claims, ends or sweeps it any more until an operator has looked.
    ///
    /// # Errors
    /// The database failed.
    pub async fn set_aside(&self, task: &str, why: &str, now: Millis) -> Result<(), Error> {
        let sql = "update task set set_aside = $2, updated_at = $3 where id = $1";
        self.db.execute(sql, args![task, why, now]).await.map(drop)
    }

    /// Lets the sweepers look at a task again that was set aside; `false` when it was not.
    ///
    /// # Errors
    /// The database failed.
    pub async fn take_back(&self, task: &str, now: Millis) -> Result<bool, Error> {
        let sql = "update task set set_aside = null, updated_at = $2
                   where id = $1 and set_aside is not null";
        Ok(self.db.execute(sql, args![task, now]).await? == 1)
    }
}

impl Reader {
    /// The tasks that were set aside, with why; at most `limit`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn set_aside(&self, limit: i64) -> Result<Vec<(String, String)>, Error> {
        let rows = self
            .db
            .fetch_all(
                "select id, set_aside from task where set_aside is not null
                 order by updated_at, id
                 limit $1",
                args![limit],
            )
            .await?;
        rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
    }
}
