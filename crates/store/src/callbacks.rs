//! Callbacks: queued with the change they tell of, tried until acknowledged, then kept (§9).

use fiveone_model::app::AppId;
use fiveone_model::clock::Millis;
use fiveone_model::task::TaskId;

use crate::db::{Row, Tx, args};
use crate::{Error, Reader, Writer, app_id, exactly_one, task_id};

/// A callback to be queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCallback {
    /// `msg_…`, sent as `webhook-id`; the same at every attempt.
    pub id: String,
    /// The task it tells of.
    pub task: TaskId,
    /// The app it goes to.
    pub app_id: AppId,
    /// Where it goes; fixed when queued.
    pub url: String,
    /// `status`
    pub code: u32,
    /// `msg`
    pub msg: String,
    /// When it was queued; it is due at once.
    pub now: Millis,
}

/// A callback that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackRow {
    /// Its id.
    pub id: String,
    /// The task it tells of.
    pub task_id: TaskId,
    /// The app it goes to.
    pub app_id: AppId,
    /// Where it goes.
    pub url: String,
    /// `status`
    pub code: i64,
    /// `msg`
    pub msg: String,
    /// Attempts made so far.
    pub attempts: u32,
}

/// How one attempt went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// What the receiver answered, if it did.
    pub http_status: Option<u16>,
    /// Why it does not count; `None` when it was acknowledged.
    pub error: Option<String>,
    /// When to try again; `None` when acknowledged or for the last time.
    pub next_at: Option<Millis>,
}

pub(crate) async fn queue_callback(tx: &mut Tx, callback: &NewCallback) -> Result<(), Error> {
    tx.execute(
        "insert into callback (id, task_id, app_id, url, code, msg, state, attempts, next_at,
           created_at)
         values ($1, $2, $3, $4, $5, $6, 'pending', 0, $7, $7)",
        args![
            &callback.id,
            callback.task.as_str(),
            callback.app_id.as_str(),
            &callback.url,
            i64::from(callback.code),
            &callback.msg,
            callback.now,
        ],
    )
    .await
    .map(drop)
}

fn decode(row: &Row) -> Result<CallbackRow, Error> {
    Ok(CallbackRow {
        id: row.text(0)?,
        task_id: task_id(row, 1, "callback")?,
        app_id: app_id(row, 2, "callback")?,
        url: row.text(3)?,
        code: row.int(4)?,
        msg: row.text(5)?,
        attempts: u32::try_from(row.int(6)?).unwrap_or_default(),
    })
}

impl Reader {
    /// When the next pending callback is due.
    ///
    /// # Errors
    /// The database failed.
    pub async fn next_callback_at(&self) -> Result<Option<Millis>, Error> {
        let row = self
            .db
            .fetch_one("select min(next_at) from callback where state = 'pending'", &[])
            .await?;
        row.map_or(Ok(None), |row| row.maybe_int(0))
    }

    /// State and attempts of a task's callbacks, oldest first: `(state, attempts)`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn callbacks_of(&self, task: &TaskId) -> Result<Vec<(String, i64)>, Error> {
        let rows = self
            .db
            .fetch_all(
                "select state, attempts from callback where task_id = $1
                 order by created_at, id",
                args![task.as_str()],
            )
            .await?;
        rows.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
    }
}

impl Writer {
    /// Queues a callback of its own, for a question.
    ///
    /// # Errors
    /// The database failed.
    pub async fn queue_callback(&self, callback: &NewCallback) -> Result<(), Error> {
        let mut tx = self.db.begin().await?;
        queue_callback(&mut tx, callback).await?;
        tx.commit().await
    }

    /// Takes callbacks that are due, so that no other node tries them before `busy_until`; a node
    /// that dies while it tries loses nothing but that time.
    ///
    /// # Errors
    /// The database failed.
    pub async fn take_due_callbacks(
        &self,
        now: Millis,
        busy_until: Millis,
        limit: i64,
    ) -> Result<Vec<CallbackRow>, Error> {
        let mut tx = self.db.begin().await?;
        let rows = tx
            .fetch_all(
                "select id, task_id, app_id, url, code, msg, attempts from callback
                 where state = 'pending' and next_at <= $1
                 order by next_at, id
                 limit $2
                 {skip}",
                args![now, limit],
            )
            .await?;
        let due = rows.iter().map(decode).collect::<Result<Vec<_>, _>>()?;
        for callback in &due {
            tx.execute(
                "update callback set next_at = $2 where id = $1",
                args![&callback.id, busy_until],
            )
            .await?;
        }
        tx.commit().await?;
        Ok(due)
    }

    /// Writes down an attempt and what follows from it.
    ///
    /// # Errors
    /// The database failed, or the callback is not pending.
    pub async fn record_attempt(
        &self,
        callback: &CallbackRow,
        attempt: &Attempt,
        now: Millis,
    ) -> Result<(), Error> {
        let is_acknowledged = attempt.error.is_none();
        let state = match (is_acknowledged, attempt.next_at) {
            (true, _) => "delivered",
            (false, Some(_)) => "pending",
            (false, None) => "exhausted",
        };
        let number = i64::from(callback.attempts) + 1;
        let mut tx = self.db.begin().await?;
        let rows = tx
            .execute(
                "update callback set state = $2, attempts = $3, next_at = $4, delivered_at = $5
                 where id = $1 and state = 'pending'",
                args![
                    &callback.id,
                    state,
                    number,
                    if is_acknowledged { None } else { attempt.next_at },
                    is_acknowledged.then_some(now),
                ],
            )
            .await?;
        exactly_one(rows, "callback", &callback.id)?;
        tx.execute(
            "insert into callback_attempt (callback_id, attempt, at, http_status, error)
             values ($1, $2, $3, $4, $5)",
            args![
                &callback.id,
                number,
                now,
                attempt.http_status.map(i64::from),
                attempt.error.as_deref(),
            ],
        )
        .await?;
        tx.commit().await
    }
}
