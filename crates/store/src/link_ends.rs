//! The end of a link of which nothing is handed over: whatever came of it is not paid, and nothing that
//! comes of it later is.
//!
//! This and the end of a task ([`Writer::settle`]) both hold the app's wallet: one of them is first. A task
//! that ended before is paid back here; one that has not finds its link over, and fails.

use std::collections::BTreeSet;

use fiveone_model::clock::Millis;
use fiveone_model::ledger::BooksKey;
use fiveone_model::link::Exit;
use fiveone_model::task::TaskId;

use crate::callbacks::{NewCallback, queue_callback};
use crate::db::{Tx, args};
use crate::ledger::{lock_wallets, refund_locked};
use crate::links::{self, LinkOutcome, LinkRow};
use crate::{Error, Found, Reader, TaskRow, Writer, app_id, task_id, tasks};

/// How long a task may be there before its link says that it is its own.
const BEGINS_FOR_MS: Millis = 60_000;

/// How a link ends.
#[derive(Debug, Clone, Copy)]
pub struct LinkEnd<'a> {
    /// Which link.
    pub id: &'a str,
    /// Declined or expired.
    pub outcome: LinkOutcome,
    /// Where the person was, and why.
    pub exit: Exit,
    /// What its app hears of it.
    pub callback: Option<&'a NewCallback>,
    /// When.
    pub now: Millis,
}

impl Writer {
    /// Ends a link of which nothing is handed over, and gives its app back what it paid for it; `false` when
    /// it was over already.
    ///
    /// # Errors
    /// The database failed, and nothing was ended.
    pub async fn end_link(&self, end: &LinkEnd<'_>) -> Result<bool, Error> {
        let mut tx = self.db.begin().await?;
        lock_wallet_of(&mut tx, end.id).await?;
        let sql = "update link set ended_at = $2, outcome = $3, exit_stage = $4, exit_reason = $5,
                     prefill_sealed = null
                   where id = $1 and ended_at is null";
        let Exit { stage, reason } = end.exit;
        let words = args![end.id, end.now, end.outcome.as_str(), stage.as_str(), reason.as_str()];
        if tx.execute(sql, words).await? == 0 {
            return Ok(false);
        }
        let note = format!("link {}", reason.as_str());
        refund_others(&mut tx, self.books.key()?, (end.id, None, &note), end.now).await?;
        if let Some(callback) = end.callback {
            queue_callback(&mut tx, callback).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Keeps what the erasure of a link's records was answered with.
    ///
    /// # Errors
    /// The database failed.
    pub async fn keep_link_receipt(&self, id: &str, receipt: &str) -> Result<(), Error> {
        let sql = "update link set receipt = $2 where id = $1";
        self.db.execute(sql, args![id, receipt]).await.map(drop)
    }
}

/// Takes the lock of the wallet of a link's app.
pub(crate) async fn lock_wallet_of(tx: &mut Tx, link: &str) -> Result<(), Error> {
    let sql = "select app_id from link where id = $1";
    let Some(row) = tx.fetch_one(sql, args![link]).await? else { return Ok(()) };
    lock_wallets(tx, &BTreeSet::from([app_id(&row, 0, "link")?])).await
}

/// Gives back what was paid for a link's tasks, but for one, in a transaction that holds the wallet.
pub(crate) async fn refund_others(
    tx: &mut Tx,
    key: &BooksKey,
    (link, but, note): (&str, Option<&TaskId>, &str),
    now: Millis,
) -> Result<(), Error> {
    for task in paid_tasks(tx, link).await? {
        if but != Some(&task) {
            refund_locked(tx, key, (&task, note), now).await?;
        }
    }
    Ok(())
}

/// The tasks of a link that were paid.
async fn paid_tasks(tx: &mut Tx, link: &str) -> Result<Vec<TaskId>, Error> {
    let sql = "select t.id from task t join hold h on h.task_id = t.id
               where t.link_id = $1 and h.state = 'captured' order by t.id";
    let rows = tx.fetch_all(sql, args![link]).await?;
    rows.iter().map(|row| task_id(row, 0, "task")).collect()
}

/// Whether nobody can hand over any more what comes of a task that has a link.
pub(crate) async fn is_unwanted(tx: &mut Tx, task: &str) -> Result<bool, Error> {
    let sql = "select 1 from task t join link l on l.id = t.link_id
               where t.id = $1 and t.withheld_until is not null and l.ended_at is not null";
    Ok(tx.fetch_one(sql, args![task]).await?.is_some())
}

impl Reader {
    /// Up to `limit` links whose time is over and that have not ended.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn overdue_links(&self, now: Millis, limit: i64) -> Result<Vec<LinkRow>, Error> {
        let sql = format!(
            "select {} from link where ended_at is null and expires_at <= $1
             order by expires_at limit $2",
            links::COLUMNS
        );
        let rows = self.db.fetch_all(&sql, args![now, limit]).await?;
        rows.iter().map(links::decode).collect()
    }

    /// How many tasks a link has begun, whatever became of them.
    ///
    /// # Errors
    /// The database failed.
    pub async fn count_tasks_of_link(&self, link: &str) -> Result<i64, Error> {
        let sql = "select cast(count(*) as bigint) from task where link_id = $1";
        self.db.fetch_one(sql, args![link]).await?.map_or(Ok(0), |row| row.int(0))
    }

    /// The tasks of a link of which something is left, oldest first.
    ///
    /// # Errors
    /// The database failed, or an id cannot be decoded.
    pub async fn tasks_of_link(&self, link: &str) -> Result<Vec<TaskId>, Error> {
        let sql = "select id from task where link_id = $1 and wiped_at is null
                   order by created_at, id";
        let rows = self.db.fetch_all(sql, args![link]).await?;
        rows.iter().map(|row| task_id(row, 0, "task")).collect()
    }

    /// Up to `limit` tasks under way that nobody will look at: their link is over, or has another by now.
    ///
    /// # Errors
    /// The database failed.
    pub async fn unwanted_tasks(&self, now: Millis, limit: i64) -> Result<Found<TaskRow>, Error> {
        let sql = format!(
            "select {} from task t join link l on l.id = t.link_id
             where t.finished_at is null and t.set_aside is null and t.withheld_until is not null
               and (l.ended_at is not null
                 or (coalesce(l.task_id, '') <> t.id and t.created_at < $1))
             order by t.created_at limit $2",
            tasks::COLUMNS
        );
        let rows = self.db.fetch_all(&sql, args![now - BEGINS_FOR_MS, limit]).await?;
        Found::read(&rows, tasks::FENCE, tasks::decode)
    }
}
