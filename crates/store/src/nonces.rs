//! Numbers of signatures, each good once in the whole deployment (P-14).

use fiveone_model::app::AppId;
use fiveone_model::clock::Millis;

use crate::db::args;
use crate::{Error, Writer};

/// How many old ones are forgotten with each new one: more than one, so that they get fewer.
const FORGOTTEN_AT_ONCE: i64 = 4;

impl Writer {
    /// Remembers a nonce until `wipe_after`; `false` when it was used before.
    ///
    /// # Errors
    /// The database failed.
    pub async fn use_nonce(
        &self,
        app: &AppId,
        nonce: &str,
        wipe_after: Millis,
        now: Millis,
    ) -> Result<bool, Error> {
        let mut tx = self.db.begin().await?;
        tx.execute(
            "delete from nonce where (app_id, nonce) in (
               select app_id, nonce from nonce where wipe_after <= $1
               order by wipe_after limit $2 {skip})",
            args![now, FORGOTTEN_AT_ONCE],
        )
        .await?;
        let rows = tx
            .execute(
                "insert into nonce (app_id, nonce, wipe_after) values ($1, $2, $3)
                 on conflict (app_id, nonce) do nothing",
                args![app.as_str(), nonce, wipe_after],
            )
            .await?;
        tx.commit().await?;
        Ok(rows == 1)
    }
}
