//! Wallets and the append-only chain of entries behind them (protocol §8).

mod books;
mod checkpoints;
mod statement;
mod verify;

use std::collections::BTreeSet;

use fiveone_model::app::AppId;
use fiveone_model::clock::Millis;
use fiveone_model::ledger::{Balance, BooksKey, Entry, EntryKind, FEN_MAX, GENESIS};
use fiveone_model::task::TaskId;

use crate::db::{Row, Tx, args};
use crate::{Error, Reader, Writer, app_id, corrupt, missing};

pub use books::BeginBooks;
pub(crate) use books::Books;
pub use statement::{Statement, StatementLine};
pub use verify::{LedgerFinding, LedgerReport};

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Posted {
    /// It is in the books.
    Recorded,
    /// The account it would leave does not hold as much; nothing was written.
    Overdrawn,
}

pub(crate) async fn open_wallet(tx: &mut Tx, app: &AppId) -> Result<(), Error> {
    tx.execute(
        "insert into wallet (app_id, free_fen, held_fen, revenue_fen, funding_fen, entry_seq,
           head_hash)
         values ($1, 0, 0, 0, 0, 0, $2)",
        args![app.as_str(), GENESIS],
    )
    .await
    .map(drop)
}

/// Takes the wallets' row locks, in the order of their apps. Whoever moves money takes them before
/// any other lock, so that no two transactions wait for each other in a circle.
pub(crate) async fn lock_wallets(tx: &mut Tx, apps: &BTreeSet<AppId>) -> Result<(), Error> {
    for app in apps {
        let sql = "select app_id from wallet where app_id = $1 {lock}";
        tx.fetch_one(sql, args![app.as_str()]).await?;
    }
    Ok(())
}

/// The most that one wallet ever gets, in 分: so much that no sum of it leaves an integer.
const FUNDING_MAX: i64 = 1_000 * FEN_MAX;

/// An entry to be written.
pub(crate) struct Posting<'a> {
    /// Whose wallet.
    pub(crate) app: &'a AppId,
    /// What it records; it decides the two accounts.
    pub(crate) kind: EntryKind,
    /// In 分.
    pub(crate) amount_fen: i64,
    /// The task it belongs to; `None` for a top-up.
    pub(crate) task: Option<&'a TaskId>,
    /// An operator's words, the hold's rule or the task's code.
    pub(crate) note: &'a str,
    /// When.
    pub(crate) at: Millis,
}

/// Writes an entry and moves the balance with it, in the caller's transaction. The update takes
/// the wallet's row lock, so entries of one wallet are in one line on both databases.
pub(crate) async fn post(
    tx: &mut Tx,
    key: &BooksKey,
    posting: &Posting<'_>,
) -> Result<Posted, Error> {
    let Posting { app, kind, amount_fen, task, note, at } = *posting;
    let (free, held, revenue, funding) = match kind {
        EntryKind::Topup => (amount_fen, 0, 0, amount_fen),
        EntryKind::Hold => (-amount_fen, amount_fen, 0, 0),
        EntryKind::Capture => (0, -amount_fen, amount_fen, 0),
        EntryKind::Release => (amount_fen, -amount_fen, 0, 0),
        EntryKind::Refund => (amount_fen, 0, -amount_fen, 0),
    };
    let row = tx
        .fetch_one(
            "update wallet set
               free_fen = free_fen + $2, held_fen = held_fen + $3,
               revenue_fen = revenue_fen + $4, funding_fen = funding_fen + $5,
               entry_seq = entry_seq + 1
             where app_id = $1 and free_fen + $2 >= 0 and held_fen + $3 >= 0
               and revenue_fen + $4 >= 0
             returning entry_seq, head_hash",
            args![app.as_str(), free, held, revenue, funding],
        )
        .await?;
    let Some(row) = row else { return Ok(Posted::Overdrawn) };
    let entry = Entry {
        app_id: app.clone(),
        seq: row.int(0)?,
        kind,
        amount_fen,
        task_id: task.cloned(),
        note: note.to_owned(),
        at,
    };
    let hash = entry.hash(key, &row.text(1)?);
    tx.execute(
        "insert into entry (app_id, seq, kind, amount_fen, task_id, note, at, hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            app.as_str(),
            entry.seq,
            kind.as_str(),
            amount_fen,
            task.map(TaskId::as_str),
            note,
            at,
            &hash
        ],
    )
    .await?;
    let sql = "update wallet set head_hash = $2 where app_id = $1";
    tx.execute(sql, args![app.as_str(), &hash]).await?;
    Ok(Posted::Recorded)
}

impl Writer {
    /// Adds money to an app's wallet.
    ///
    /// # Errors
    /// The database failed, the amount is not positive or is too much, or there is no such app.
    pub async fn topup(
        &self,
        app: &AppId,
        amount_fen: i64,
        note: &str,
        at: Millis,
    ) -> Result<(), Error> {
        if amount_fen <= 0 {
            return Err(Error::NotPositive);
        }
        if amount_fen > FEN_MAX {
            return Err(Error::TooMuch);
        }
        let mut tx = self.db.begin().await?;
        let sql = "select funding_fen from wallet where app_id = $1 {lock}";
        let row = tx.fetch_one(sql, args![app.as_str()]).await?;
        if row.ok_or_else(|| missing("app", app.as_str()))?.int(0)? > FUNDING_MAX - amount_fen {
            return Err(Error::TooMuch);
        }
        let topup = Posting { app, kind: EntryKind::Topup, amount_fen, task: None, note, at };
        match post(&mut tx, self.books.key()?, &topup).await? {
            Posted::Recorded => tx.commit().await,
            // A top-up overdraws nothing, and fits: no row was found.
            Posted::Overdrawn => Err(missing("app", app.as_str())),
        }
    }

    /// Gives an app back what a task was paid; `false` when it was not, or was given back before, or while
    /// its person may still hand it over: then the app would have it for nothing.
    ///
    /// # Errors
    /// The database failed.
    pub async fn refund(&self, task: &TaskId, note: &str, at: Millis) -> Result<bool, Error> {
        let mut tx = self.db.begin().await?;
        let sql = "select h.app_id from hold h join task t on t.id = h.task_id
                   where h.task_id = $1 and t.withheld_until is null";
        let Some(row) = tx.fetch_one(sql, args![task.as_str()]).await? else { return Ok(false) };
        lock_wallets(&mut tx, &BTreeSet::from([app_id(&row, 0, "hold")?])).await?;
        let is_refunded = refund_locked(&mut tx, self.books.key()?, (task, note), at).await?;
        tx.commit().await?;
        Ok(is_refunded)
    }
}

/// Gives back what a task was paid, in a transaction that holds its app's wallet; `false` when it was not
/// paid, or was given back before.
pub(crate) async fn refund_locked(
    tx: &mut Tx,
    key: &BooksKey,
    (task, note): (&TaskId, &str),
    at: Millis,
) -> Result<bool, Error> {
    let sql = "select app_id, amount_fen from hold where task_id = $1 and state = 'captured'";
    let Some(row) = tx.fetch_one(sql, args![task.as_str()]).await? else { return Ok(false) };
    let (app, amount_fen) = (app_id(&row, 0, "hold")?, row.int(1)?);
    let sql = "select 1 from entry where task_id = $1 and kind = 'refund'";
    if amount_fen == 0 || tx.fetch_one(sql, args![task.as_str()]).await?.is_some() {
        return Ok(false);
    }
    let (task, kind) = (Some(task), EntryKind::Refund);
    match post(tx, key, &Posting { app: &app, kind, amount_fen, task, note, at }).await? {
        Posted::Recorded => Ok(true),
        Posted::Overdrawn => Err(Error::Ledger(format!("revenue of {app} is short"))),
    }
}

impl Reader {
    /// The balance of an app's wallet.
    ///
    /// # Errors
    /// The database failed.
    pub async fn balance(&self, app: &AppId) -> Result<Option<Balance>, Error> {
        let row = self
            .db
            .fetch_one(
                "select free_fen, held_fen, revenue_fen, funding_fen from wallet
                 where app_id = $1",
                args![app.as_str()],
            )
            .await?;
        row.map(|row| balance(&row, 0)).transpose()
    }

    /// The newest entries of an app's wallet, newest first.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn entries(&self, app: &AppId, limit: i64) -> Result<Vec<Entry>, Error> {
        let rows = self
            .db
            .fetch_all(
                "select app_id, seq, kind, amount_fen, task_id, note, at, hash from entry
                 where app_id = $1
                 order by seq desc
                 limit $2",
                args![app.as_str(), limit],
            )
            .await?;
        rows.iter().map(|row| Ok(entry(row)?.0)).collect()
    }
}

impl Reader {
    /// What the books say of a task's money, oldest first.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn entries_of_task(&self, task: &TaskId) -> Result<Vec<Entry>, Error> {
        let of = |kinds: &str| {
            format!(
                "select app_id, seq, kind, amount_fen, task_id, note, at, hash from entry
                 where task_id = $1 and kind {kinds}"
            )
        };
        // Each by the index of its kind.
        let parts = [of("= 'hold'"), of("in ('capture', 'release')"), of("= 'refund'")];
        let sql = format!("{} order by seq", parts.join(" union all "));
        let rows = self.db.fetch_all(&sql, args![task.as_str()]).await?;
        rows.iter().map(|row| Ok(entry(row)?.0)).collect()
    }
}

fn balance(row: &Row, from: usize) -> Result<Balance, Error> {
    Ok(Balance {
        free_fen: row.int(from)?,
        held_fen: row.int(from + 1)?,
        revenue_fen: row.int(from + 2)?,
        funding_fen: row.int(from + 3)?,
    })
}

pub(crate) fn entry(row: &Row) -> Result<(Entry, String), Error> {
    let app_id = app_id(row, 0, "entry")?;
    let task_id = row
        .maybe_text(4)?
        .map(|id| TaskId::parse(&id).ok_or_else(|| corrupt("entry", "task_id", app_id.as_str())));
    let entry = Entry {
        seq: row.int(1)?,
        kind: EntryKind::parse(&row.text(2)?)
            .ok_or_else(|| corrupt("entry", "kind", app_id.as_str()))?,
        amount_fen: row.int(3)?,
        task_id: task_id.transpose()?,
        note: row.text(5)?,
        at: row.int(6)?,
        app_id,
    };
    Ok((entry, row.text(7)?))
}
