//! Checkpoints: what the books were, signed and kept beside them. Whoever cuts the end of a wallet
//! must also cut these, and copies that operators keep elsewhere are out of reach.

use fiveone_model::clock::Millis;
use fiveone_model::ledger::{Checkpoint, WalletMark};

use super::balance;
use crate::db::{Tx, args};
use crate::{Error, Reader, Writer};

/// Checkpoints kept beside the first.
const KEPT: i64 = 30;

/// Every wallet as it is, in the order of the apps.
pub(super) async fn marks(tx: &mut Tx) -> Result<Vec<WalletMark>, Error> {
    let rows = tx
        .fetch_all(
            "select app_id, entry_seq, head_hash, free_fen, held_fen, revenue_fen, funding_fen
             from wallet",
            &[],
        )
        .await?;
    let marks = rows.iter().map(|row| {
        let (app, entries, head) = (row.text(0)?, row.int(1)?, row.text(2)?);
        Ok(WalletMark { app, entries, head, balance: balance(row, 3)? })
    });
    let mut marks = marks.collect::<Result<Vec<_>, Error>>()?;
    // Not by the database: servers differ in how they order texts.
    marks.sort_by(|one, other| one.app.cmp(&other.app));
    Ok(marks)
}

/// Writes a checkpoint in the place of one with its number.
pub(super) async fn replace(tx: &mut Tx, checkpoint: &Checkpoint) -> Result<(), Error> {
    let signed = serde_json::to_string(checkpoint)
        .map_err(|error| Error::Ledger(format!("a checkpoint cannot be written: {error}")))?;
    tx.execute(
        "insert into checkpoint (number, at, signed) values ($1, $2, $3)
         on conflict (number) do update set at = excluded.at, signed = excluded.signed",
        args![checkpoint.number, checkpoint.at, &signed],
    )
    .await
    .map(drop)
}

impl Writer {
    /// Signs what the books are now, and keeps it beside them; old ones go.
    ///
    /// # Errors
    /// The database failed, or the books were not opened.
    pub async fn checkpoint(&self, now: Millis) -> Result<Checkpoint, Error> {
        let key = self.books.key()?;
        let mut tx = self.db.begin().await?;
        tx.serialize("checkpoint").await?;
        let sql = "select cast(coalesce(max(number), 0) as bigint) from checkpoint";
        let last = tx.fetch_one(sql, &[]).await?.map_or(Ok(0), |row| row.int(0))?;
        let checkpoint = Checkpoint::sign(key, last + 1, now, marks(&mut tx).await?);
        replace(&mut tx, &checkpoint).await?;
        let sql = "delete from checkpoint where number > 0 and number <= $1";
        tx.execute(sql, args![checkpoint.number - KEPT]).await?;
        tx.commit().await?;
        Ok(checkpoint)
    }
}

impl Reader {
    /// When the newest checkpoint was made.
    ///
    /// # Errors
    /// The database failed.
    pub async fn newest_checkpoint_at(&self) -> Result<Option<Millis>, Error> {
        let sql = "select at from checkpoint where number > 0 order by number desc limit 1";
        self.db.fetch_one(sql, &[]).await?.map(|row| row.int(0)).transpose()
    }
}
