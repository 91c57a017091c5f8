//! What an app and an account may have at once: counted in the transaction that admits, so that it
//! holds over all nodes.

use std::collections::BTreeMap;

use fiveone_model::app::AppId;
use fiveone_model::clock::Millis;
use fiveone_model::failure::FailureKind;
use fiveone_model::task::StageName;

use crate::Error;
use crate::db::{Tx, args};
use crate::new_task::{Admitted, NewTask};

/// Free failures are counted over so long.
const UNPAID_OVER_MS: Millis = 3_600_000;

/// The fence of a task that ended before a node had claimed it: only its end has raised it.
const ENDED_UNCLAIMED: i64 = 1;

/// What apps have, counted once in a transaction that holds their wallets.
#[derive(Default)]
pub(crate) struct Counts(BTreeMap<AppId, Count>);

#[derive(Clone, Copy)]
struct Count {
    open: Open,
    unpaid: i64,
}

/// An app's tasks that have not ended. To walk ten thousand of them at each create would cost more than all
/// else that a create does, so what was once counted is kept with the wallet and raised: it is too much by those
/// that ended since, and is counted anew before anybody is refused for it.
#[derive(Clone, Copy)]
enum Open {
    /// As they are in this transaction.
    Counted(i64),
    /// Never fewer than they are.
    AtMost(i64),
}

impl Open {
    const fn number(self) -> i64 {
        let (Self::Counted(number) | Self::AtMost(number)) = self;
        number
    }

    const fn and(self, more: i64) -> Self {
        match self {
            Self::Counted(number) => Self::Counted(number + more),
            Self::AtMost(number) => Self::AtMost(number + more),
        }
    }
}

impl Counts {
    /// Why the app or the account may not have one more; `None` when it may, and then it has.
    pub(crate) async fn one_more(
        &mut self,
        tx: &mut Tx,
        new: &NewTask,
        now: Millis,
    ) -> Result<Option<Admitted>, Error> {
        let mut count = match self.0.get(&new.app_id) {
            Some(count) => *count,
            None => Count { open: kept(tx, new).await?, unpaid: unpaid(tx, new, now).await? },
        };
        let quota = new.quota;
        let open_tasks_max = i64::from(quota.open_tasks_max);
        if matches!(count.open, Open::AtMost(number) if number >= open_tasks_max) {
            count.open = Open::Counted(open(tx, new).await?);
        }
        self.0.insert(new.app_id.clone(), count);
        if count.open.number() >= open_tasks_max {
            return Ok(Some(Admitted::TooManyOpen));
        }
        if count.unpaid >= i64::from(quota.unpaid_per_hour_max) {
            let until = unpaid_until(tx, new, now).await?;
            return Ok(Some(Admitted::TooManyUnpaid { until }));
        }
        if let Some(until) = braked_until(tx, new, now).await? {
            return Ok(Some(Admitted::TooManyWrong { until }));
        }
        self.add(&new.app_id, 1);
        Ok(None)
    }

    /// The one that was admitted last is not there after all.
    pub(crate) fn one_less(&mut self, app: &AppId) {
        self.add(app, -1);
    }

    fn add(&mut self, app: &AppId, more: i64) {
        if let Some(count) = self.0.get_mut(app) {
            count.open = count.open.and(more);
        }
    }

    /// Keeps with each wallet how many its app has at most, for the next transaction.
    pub(crate) async fn keep(&self, tx: &mut Tx) -> Result<(), Error> {
        for (app, count) in &self.0 {
            let sql = "update wallet set open_at_most = $2 where app_id = $1 and open_at_most is distinct from $2";
            tx.execute(sql, args![app.as_str(), count.open.number()]).await?;
        }
        Ok(())
    }
}

/// What was kept of the app's open tasks; counted when nothing was.
async fn kept(tx: &mut Tx, new: &NewTask) -> Result<Open, Error> {
    let sql = "select open_at_most from wallet where app_id = $1";
    let row = tx.fetch_one(sql, args![new.app_id.as_str()]).await?;
    match row.map(|row| row.maybe_int(0)).transpose()?.flatten() {
        Some(number) => Ok(Open::AtMost(number)),
        None => Ok(Open::Counted(open(tx, new).await?)),
    }
}

/// The app's tasks that have not ended: all of them, for a limit may be raised after it was reached.
async fn open(tx: &mut Tx, new: &NewTask) -> Result<i64, Error> {
    let sql = "select count(*) from task where app_id = $1 and finished_at is null";
    tx.fetch_one(sql, args![new.app_id.as_str()]).await?.map_or(Ok(0), |row| row.int(0))
}

/// The app's tasks of the last hour that failed for what was typed. Never looks at more than are too many.
async fn unpaid(tx: &mut Tx, new: &NewTask, now: Millis) -> Result<i64, Error> {
    let sql = format!(
        "select count(*) from (select 1 as one from task
           where app_id = $1 and stage = 'failed' and finished_at > $2 and ({})
           limit $3) as found",
        is_of_input()
    );
    let limit = i64::from(new.quota.unpaid_per_hour_max);
    let row = tx.fetch_one(&sql, args![new.app_id.as_str(), now - UNPAID_OVER_MS, limit]).await?;
    row.map_or(Ok(0), |row| row.int(0))
}

/// When the newest failures of the last hour are one less than are too many.
async fn unpaid_until(tx: &mut Tx, new: &NewTask, now: Millis) -> Result<Millis, Error> {
    let sql = format!(
        "select finished_at from task
         where app_id = $1 and stage = 'failed' and finished_at > $2 and ({})
         order by finished_at desc limit 1 offset $3",
        is_of_input()
    );
    let before = i64::from(new.quota.unpaid_per_hour_max) - 1;
    let since = now - UNPAID_OVER_MS;
    let row = tx.fetch_one(&sql, args![new.app_id.as_str(), since, before.max(0)]).await?;
    Ok(row.map_or(Ok(now), |row| row.int(0))? + UNPAID_OVER_MS)
}

/// Until when the account is left alone, for its portal has refused it so often that it may lock it;
/// `None` when it is not. A login that is under way counts as one that may be refused, and so does one that
/// a node had begun when it was cancelled: nobody waited for what the portal said. After one that it
/// accepted counting begins anew.
async fn braked_until(tx: &mut Tx, new: &NewTask, now: Millis) -> Result<Option<Millis>, Error> {
    let Some(login) = &new.login_digest else { return Ok(None) };
    let Some(before) = new.quota.wrong_logins_max.checked_sub(1) else {
        return Ok(Some(now + new.quota.wrong_logins_for_ms));
    };
    let since = now - new.quota.wrong_logins_for_ms;
    let under_way: Vec<String> =
        StageName::WITH_CREDENTIALS.iter().map(|stage| format!("'{}'", stage.as_str())).collect();
    let sql = format!(
        "select created_at from task
         where login_digest = $1 and created_at > $2
           and (stage in ({}) or (stage = 'failed' and ({} or ({} and fence > {ENDED_UNCLAIMED}))))
           and created_at > coalesce(
             (select max(created_at) from task
              where login_digest = $1 and crawled_at is not null), 0)
         order by created_at desc limit 1 offset $3",
        under_way.join(", "),
        is_kind(FailureKind::WrongCredentials),
        is_kind(FailureKind::Cancelled)
    );
    let row = tx.fetch_one(&sql, args![login.as_str(), since, i64::from(before)]).await?;
    let too_many = row.map(|row| row.int(0)).transpose()?;
    Ok(too_many.map(|created_at| created_at + new.quota.wrong_logins_for_ms))
}

/// Whether a failed task ended for what was typed, or not typed.
fn is_of_input() -> String {
    let kinds = FailureKind::ALL.into_iter().filter(|kind| kind.is_of_input());
    kinds.map(is_kind).collect::<Vec<_>>().join(" or ")
}

/// Whether a failed task's detail ([`Stage::detail`](fiveone_model::task::Stage::detail)) is of a kind.
fn is_kind(kind: FailureKind) -> String {
    format!("detail like '{}:%'", kind.as_str())
}
