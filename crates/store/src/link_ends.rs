//! The end of a link. What its person did not hand over is not paid, and nothing that comes of it later is.
//!
//! This and the end of a task ([`Writer::settle`]) both hold the app's wallet: one of them is first. A task
//! that ended before is paid back here; one that has not finds its link over, and fails.

use std::collections::BTreeSet;

use fiveone_model::clock::Millis;
use fiveone_model::ledger::BooksKey;
use fiveone_model::link::Exit;
use fiveone_model::product::Product;
use fiveone_model::task::TaskId;

use crate::callbacks::{NewCallback, queue_callback};
use crate::db::{Tx, args};
use crate::ledger::{lock_wallets, refund_locked};
use crate::links::{self, LinkOutcome, LinkRow};
use crate::{Error, Found, Reader, TaskRow, Writer, app_id, corrupt, task_id, tasks};

/// How long a task may be there before its link says that it is its own.
const BEGINS_FOR_MS: Millis = 60_000;

/// How a link ends of which nothing is handed over.
#[derive(Debug, Clone, Copy)]
pub struct LinkEnd<'a> {
    /// Which link.
    pub id: &'a str,
    /// Declined or expired.
    pub outcome: LinkOutcome,
    /// Where the person was, and why.
    pub exit: Exit,
    /// The same of each product that was not skipped before.
    pub parts: &'a [(Product, Exit)],
    /// What its app hears of it.
    pub callback: Option<&'a NewCallback>,
    /// When.
    pub now: Millis,
}

/// How a link ends of which something is handed over.
#[derive(Debug, Clone, Copy)]
pub struct HandingOver<'a> {
    /// Which link.
    pub id: &'a str,
    /// Finished tasks, each of another of its products, and what the app hears of each.
    pub tasks: &'a [(TaskId, Option<NewCallback>)],
    /// The products that were read and are not given.
    pub left: &'a [(Product, Exit)],
    /// What its app hears of what it does not get.
    pub callback: Option<&'a NewCallback>,
    /// Until when the app may see the tasks.
    pub wipe_after: Millis,
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
        for (product, exit) in end.parts {
            leave(&mut tx, end.id, Some(*product), *exit).await?;
        }
        leave(&mut tx, end.id, None, end.exit).await?;
        refund_others(&mut tx, self.books.key()?, (end.id, &[]), end.now).await?;
        if let Some(callback) = end.callback {
            queue_callback(&mut tx, callback).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Hands finished tasks of a link over to its app, which is called back about each, may see them until
    /// `wipe_after`, and pays for no other task of the link; `false` when the link was over, a task is no
    /// more, or a product is not decided about as this says. Of several products only what the person has
    /// accepted is handed over.
    ///
    /// # Errors
    /// The database failed, and nothing was handed over.
    pub async fn hand_over(&self, handing: &HandingOver<'_>) -> Result<bool, Error> {
        let HandingOver { id, now, .. } = *handing;
        let mut tx = self.db.begin().await?;
        lock_wallet_of(&mut tx, id).await?;
        let sql = "update link set ended_at = $2, outcome = 'handed_over', prefill_sealed = null
                   where id = $1 and ended_at is null and expires_at > $2";
        if handing.tasks.is_empty() || tx.execute(sql, args![id, now]).await? == 0 {
            return Ok(false);
        }
        for (task, callback) in handing.tasks {
            if !give(&mut tx, (id, task), handing.wipe_after).await? {
                return Ok(false);
            }
            if let Some(callback) = callback {
                queue_callback(&mut tx, callback).await?;
            }
        }
        if has_part(&mut tx, id, "open").await? {
            return Ok(false);
        }
        for (product, exit) in handing.left {
            if leave(&mut tx, id, Some(*product), *exit).await? == 0 {
                return Ok(false);
            }
        }
        if has_part(&mut tx, id, "accepted").await? {
            return Ok(false);
        }
        let given: Vec<_> = handing.tasks.iter().map(|(task, _)| task).collect();
        refund_others(&mut tx, self.books.key()?, (id, &given), now).await?;
        if let Some(callback) = handing.callback {
            queue_callback(&mut tx, callback).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

/// Gives a task to its app; `false` when it is not one that may be given.
async fn give(tx: &mut Tx, (link, task): (&str, &TaskId), until: Millis) -> Result<bool, Error> {
    let sql = "update link_part set state = 'handed_over'
               where link_id = $1 and task_id = $2
                 and (state = 'accepted' or (state = 'open'
                   and 1 = (select count(*) from link_part p where p.link_id = $1)))";
    if tx.execute(sql, args![link, task.as_str()]).await? == 0 {
        return Ok(false);
    }
    let sql = "update task set withheld_until = null, wipe_after = $2
               where id = $1 and finished_at is not null and wiped_at is null
                 and withheld_until is not null and erase_asked_at is null";
    Ok(tx.execute(sql, args![task.as_str(), until]).await? == 1)
}

/// Whether a product of a link is in a state.
async fn has_part(tx: &mut Tx, link: &str, state: &str) -> Result<bool, Error> {
    let sql = "select 1 from link_part where link_id = $1 and state = $2 limit 1";
    Ok(tx.fetch_one(sql, args![link, state]).await?.is_some())
}

/// Ends a product, or all that are not decided about, with nothing given; returns how many.
async fn leave(
    tx: &mut Tx,
    link: &str,
    product: Option<Product>,
    exit: Exit,
) -> Result<u64, Error> {
    let sql = "update link_part set state = 'left', exit_stage = $3, exit_reason = $4
               where link_id = $1 and product = coalesce($2, product)
                 and state in ('open', 'accepted')";
    let (stage, reason) = (exit.stage.as_str(), exit.reason.as_str());
    tx.execute(sql, args![link, product.map(Product::as_str), stage, reason]).await
}

/// Takes the lock of the wallet of a link's app.
pub(crate) async fn lock_wallet_of(tx: &mut Tx, link: &str) -> Result<(), Error> {
    let sql = "select app_id from link where id = $1";
    let Some(row) = tx.fetch_one(sql, args![link]).await? else { return Ok(()) };
    lock_wallets(tx, &BTreeSet::from([app_id(&row, 0, "link")?])).await
}

/// Gives back what was paid for a link's tasks, but for those that are given, in a transaction that holds the
/// wallet and in which each product has its end.
async fn refund_others(
    tx: &mut Tx,
    key: &BooksKey,
    (link, given): (&str, &[&TaskId]),
    now: Millis,
) -> Result<(), Error> {
    let sql = "select t.id, p.exit_reason from task t
               join hold h on h.task_id = t.id and h.state = 'captured'
               join link_part p on p.link_id = t.link_id and p.product = t.product
               where t.link_id = $1 order by t.id";
    for row in tx.fetch_all(sql, args![link]).await? {
        let task = task_id(&row, 0, "task")?;
        // Of a product that is given, the others were tries.
        let note = match row.maybe_text(1)? {
            Some(reason) => format!("link {reason}"),
            None => "read again".to_owned(),
        };
        if !given.contains(&&task) {
            refund_locked(tx, key, (&task, &note), now).await?;
        }
    }
    Ok(())
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
        let which = "select * from link where ended_at is null and expires_at <= $1
                     order by expires_at limit $2";
        let sql = links::sql(which, "link.expires_at, link.id,");
        links::decode_all(&self.db.fetch_all(&sql, args![now, limit]).await?)
    }

    /// How many tasks a link has begun, whatever became of them.
    ///
    /// # Errors
    /// The database failed.
    pub async fn count_tasks_of_link(&self, link: &str) -> Result<i64, Error> {
        let sql = "select cast(count(*) as bigint) from task where link_id = $1";
        self.db.fetch_one(sql, args![link]).await?.map_or(Ok(0), |row| row.int(0))
    }

    /// The tasks of a link of which something is left, oldest first, each with its product.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn tasks_of_link(&self, link: &str) -> Result<Vec<(TaskId, Product)>, Error> {
        let sql = "select id, product from task where link_id = $1 and wiped_at is null
                   order by created_at, id";
        let rows = self.db.fetch_all(sql, args![link]).await?;
        let read = rows.iter().map(|row| {
            let task = task_id(row, 0, "task")?;
            let product = Product::parse(&row.text(1)?);
            let product = product.ok_or_else(|| corrupt("task", "product", task.as_str()))?;
            Ok((task, product))
        });
        read.collect()
    }

    /// Up to `limit` tasks under way that nobody will look at: their link is over, or has
    /// another by now, or does without.
    ///
    /// # Errors
    /// The database failed.
    pub async fn unwanted_tasks(&self, now: Millis, limit: i64) -> Result<Found<TaskRow>, Error> {
        let sql = format!(
            "select {} from task t join link l on l.id = t.link_id
             where t.finished_at is null and t.set_aside is null and t.withheld_until is not null
               and (l.ended_at is not null
                 or (t.created_at < $1 and not exists (
                   select 1 from link_part p where p.link_id = l.id and p.task_id = t.id)))
             order by t.created_at limit $2",
            tasks::COLUMNS
        );
        let rows = self.db.fetch_all(&sql, args![now - BEGINS_FOR_MS, limit]).await?;
        Found::read(&rows, tasks::FENCE, tasks::decode)
    }
}
