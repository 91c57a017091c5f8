//! Forgetting: results whose time is over, old keys.

use fiveone_model::clock::Millis;
use fiveone_model::task::TaskId;

use crate::db::args;
use crate::erasure::wipe;
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
