//! Forgetting: results whose time is over, single tasks on request, old keys.

use fiveone_model::clock::Millis;
use fiveone_model::task::TaskId;

use crate::db::{Tx, args};
use crate::{Error, Writer};

impl Writer {
    /// Wipes up to `limit` results whose time is over: their data key is destroyed with them.
    /// Returns which.
    ///
    /// # Errors
    /// The database failed.
    pub async fn wipe_over(&self, now: Millis, limit: i64) -> Result<Vec<TaskId>, Error> {
        let mut tx = self.db.begin().await?;
        let rows = tx
            .fetch_all(
                "select id from task
                 where wiped_at is null and wipe_after is not null and wipe_after <= $1
                 order by wipe_after
                 limit $2
                 {skip}",
                args![now, limit],
            )
            .await?;
        let ids: Vec<_> = rows.iter().map(|row| row.text(0)).collect::<Result<_, _>>()?;
        for id in &ids {
            wipe(&mut tx, id, now).await?;
        }
        tx.commit().await?;
        Ok(ids.iter().filter_map(|id| TaskId::parse(id)).collect())
    }

    /// Wipes one task that has ended; `false` when it has not, or is wiped already.
    ///
    /// # Errors
    /// The database failed.
    pub async fn erase(&self, id: &TaskId, now: Millis) -> Result<bool, Error> {
        let mut tx = self.db.begin().await?;
        let row = tx
            .fetch_one(
                "select id from task
                 where id = $1 and finished_at is not null and wiped_at is null {lock}",
                args![id.as_str()],
            )
            .await?;
        if row.is_some() {
            wipe(&mut tx, id.as_str(), now).await?;
        }
        tx.commit().await?;
        Ok(row.is_some())
    }

    /// Forgets up to `limit` idempotency keys whose time is over; returns how many.
    ///
    /// # Errors
    /// The database failed.
    pub async fn forget_keys(&self, now: Millis, limit: i64) -> Result<u64, Error> {
        self.db
            .execute(
                "delete from idempotency
                 where (app_id, key) in (
                   select app_id, key from idempotency where wipe_after <= $1 limit $2)",
                args![now, limit],
            )
            .await
    }
}

async fn wipe(tx: &mut Tx, id: &str, now: Millis) -> Result<(), Error> {
    tx.execute("delete from section where task_id = $1", args![id]).await?;
    tx.execute("delete from challenge where task_id = $1", args![id]).await?;
    tx.execute(
        "update task set data_key = null, session_sealed = null, wiped_at = $2,
           login_digest = null, person_digest = null
         where id = $1",
        args![id, now],
    )
    .await
    .map(drop)
}
