//! Wallets and the append-only chain of entries behind them (protocol §8).

use std::collections::BTreeSet;

use fiveone_model::app::AppId;
use fiveone_model::clock::Millis;
use fiveone_model::ledger::{Balance, Entry, EntryKind, GENESIS};
use fiveone_model::task::TaskId;

use crate::db::{Row, Tx, args};
use crate::{Error, Reader, Writer, app_id, corrupt, missing};

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Posted {
    /// It is in the books.
    Recorded,
    /// The account it would leave does not hold as much; nothing was written.
    Overdrawn,
}

/// Entries are read and checked this many at a time, so that no wallet is too long to verify.
const PAGE: i64 = 1_000;

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
    /// An operator's words.
    pub(crate) note: &'a str,
    /// When.
    pub(crate) at: Millis,
}

/// Writes an entry and moves the balance with it, in the caller's transaction. The update takes
/// the wallet's row lock, so entries of one wallet are in one line on both databases.
pub(crate) async fn post(tx: &mut Tx, posting: &Posting<'_>) -> Result<Posted, Error> {
    let Posting { app, kind, amount_fen, task, note, at } = *posting;
    let (free, held, revenue, funding) = match kind {
        EntryKind::Topup => (amount_fen, 0, 0, amount_fen),
        EntryKind::Hold => (-amount_fen, amount_fen, 0, 0),
        EntryKind::Capture => (0, -amount_fen, amount_fen, 0),
        EntryKind::Release => (amount_fen, -amount_fen, 0, 0),
    };
    let row = tx
        .fetch_one(
            "update wallet set
               free_fen = free_fen + $2, held_fen = held_fen + $3,
               revenue_fen = revenue_fen + $4, funding_fen = funding_fen + $5,
               entry_seq = entry_seq + 1
             where app_id = $1 and free_fen + $2 >= 0 and held_fen + $3 >= 0
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
    let hash = entry.hash(&row.text(1)?);
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
    /// The database failed, the amount is not positive, or there is no such app.
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
        let mut tx = self.db.begin().await?;
        let topup = Posting { app, kind: EntryKind::Topup, amount_fen, task: None, note, at };
        match post(&mut tx, &topup).await? {
            Posted::Recorded => tx.commit().await,
            // A top-up overdraws nothing, so no row was found.
            Posted::Overdrawn => Err(missing("app", app.as_str())),
        }
    }
}

/// What is wrong with a wallet's books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerFinding {
    /// The wallet's app, as it stands in the table.
    pub app_id: String,
    /// What, with the entry's number where there is one.
    pub what: String,
}

/// What [`Reader::verify_ledger`] has seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LedgerReport {
    /// Wallets recomputed.
    pub wallets: u64,
    /// Entries recomputed.
    pub entries: u64,
    /// Holds compared with their task and their entries.
    pub holds: u64,
    /// Holds that are open now, with tasks under way.
    pub open_holds: u64,
    /// What is wrong; empty is clean.
    pub findings: Vec<LedgerFinding>,
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

    /// Recomputes every wallet from its entries, and every hold from its task and entries.
    ///
    /// # Errors
    /// The database failed; whatever is wrong with the books is in the report instead.
    pub async fn verify_ledger(&self) -> Result<LedgerReport, Error> {
        let mut report = LedgerReport::default();
        let wallets = self
            .db
            .fetch_all(
                "select app_id, entry_seq, head_hash, free_fen, held_fen, revenue_fen, funding_fen
                 from wallet
                 order by app_id",
                &[],
            )
            .await?;
        for wallet in &wallets {
            report.wallets += 1;
            self.verify_wallet(wallet, &mut report).await?;
        }
        self.verify_holds(&mut report).await?;
        Ok(report)
    }

    async fn verify_wallet(&self, wallet: &Row, report: &mut LedgerReport) -> Result<(), Error> {
        let app_id = wallet.text(0)?;
        let (last_seq, head_hash, stored) = (wallet.int(1)?, wallet.text(2)?, balance(wallet, 3)?);
        let mut find = |what: String| {
            report.findings.push(LedgerFinding { app_id: app_id.clone(), what });
        };
        let (mut seq, mut hash, mut sum) = (0, GENESIS.to_owned(), Balance::default());
        loop {
            // Entries newer than the wallet row that was read belong to a later verification.
            let rows = self
                .db
                .fetch_all(
                    "select app_id, seq, kind, amount_fen, task_id, note, at, hash from entry
                     where app_id = $1 and seq > $2 and seq <= $3
                     order by seq
                     limit $4",
                    args![&app_id, seq, last_seq, PAGE],
                )
                .await?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                let (entry, written_hash) = entry(row)?;
                if entry.seq != seq + 1 {
                    find(format!("entries {} to {} are missing", seq + 1, entry.seq - 1));
                }
                (seq, hash) = (entry.seq, entry.hash(&hash));
                if hash != written_hash {
                    find(format!("entry {seq} does not follow from the one before it"));
                    hash = written_hash;
                }
                match sum.after(entry.kind, entry.amount_fen) {
                    Ok(after) => sum = after,
                    Err(overdrawn) => find(format!("entry {seq}: {overdrawn}")),
                }
                report.entries += 1;
            }
        }
        if seq != last_seq {
            find(format!("entries end at {seq}, the wallet counts {last_seq}"));
        }
        if hash != head_hash {
            find("the wallet's head is not the digest of its last entry".to_owned());
        }
        if sum != stored || !stored.is_balanced() {
            find(format!("entries make {sum:?}, the wallet says {stored:?}"));
        }
        Ok(())
    }

    /// Holds that contradict their task or their entries.
    async fn verify_holds(&self, report: &mut LedgerReport) -> Result<(), Error> {
        let counted = self
            .db
            .fetch_one(
                "select cast(count(*) as bigint),
                   cast(coalesce(sum(case when state = 'open' then 1 else 0 end), 0) as bigint)
                 from hold",
                &[],
            )
            .await?;
        if let Some(row) = counted {
            (report.holds, report.open_holds) =
                (row.int(0)?.unsigned_abs(), row.int(1)?.unsigned_abs());
        }
        let rows = self
            .db
            .fetch_all(
                "select h.app_id, h.task_id, h.state, t.stage
                 from hold h
                 join task t on t.id = h.task_id
                 left join entry b on b.task_id = h.task_id and b.kind = 'hold'
                 left join entry e on e.task_id = h.task_id and e.kind in ('capture', 'release')
                 where b.amount_fen is null
                   or b.amount_fen <> h.amount_fen
                   or b.app_id <> h.app_id
                   or t.app_id <> h.app_id
                   or (h.state = 'open') <> (t.finished_at is null)
                   or (h.state = 'open') <> (e.kind is null)
                   or (h.state = 'captured' and (e.kind <> 'capture' or t.stage <> 'done'))
                   or (h.state = 'released' and e.kind <> 'release')
                   or (e.amount_fen is not null and e.amount_fen <> h.amount_fen)
                 order by h.app_id, h.task_id",
                &[],
            )
            .await?;
        for row in &rows {
            let (task_id, state, stage) = (row.text(1)?, row.text(2)?, row.text(3)?);
            let what = format!(
                "hold of task {task_id} is {state} while its task is {stage}, or its entries differ"
            );
            report.findings.push(LedgerFinding { app_id: row.text(0)?, what });
        }
        Ok(())
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

fn entry(row: &Row) -> Result<(Entry, String), Error> {
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
