//! What an app and an account may have at once: counted in the transaction that admits, so that it
//! holds over all nodes.

use std::collections::BTreeMap;

use fiveone_model::app::AppId;
use fiveone_model::clock::Millis;
use fiveone_model::failure::FailureKind;
use fiveone_model::task::StageName;

use crate::admit::NewTask;
use crate::db::{Tx, args};
use crate::{Admitted, Error};

/// Free failures are counted over so long.
const UNPAID_OVER_MS: Millis = 3_600_000;

/// The fence of a task that ended before a node had claimed it: only its end has raised it.
const ENDED_UNCLAIMED: i64 = 1;

/// The limits of one create.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Tasks of the app that have not ended.
    pub open_tasks_max: u32,
    /// Its tasks of the last hour that ended for what was typed, or not typed, and cost nothing.
    pub unpaid_per_hour_max: u32,
    /// Logins of one account at one area that the portal refused, or may yet refuse, since the last one
    /// that it accepted: portals lock accounts.
    pub wrong_logins_max: u32,
    /// How far back they count.
    pub wrong_logins_for_ms: Millis,
}

/// What apps have, counted once in a transaction that holds their wallets.
#[derive(Default)]
pub(crate) struct Counts(BTreeMap<AppId, Count>);

#[derive(Clone, Copy)]
struct Count {
    open: i64,
    unpaid: i64,
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
            None => count_of(tx, new, now).await?,
        };
        let quota = new.quota;
        if count.open >= i64::from(quota.open_tasks_max) {
            return Ok(Some(Admitted::TooManyOpen));
        }
        if count.unpaid >= i64::from(quota.unpaid_per_hour_max) {
            let until = unpaid_until(tx, new, now).await?;
            return Ok(Some(Admitted::TooManyUnpaid { until }));
        }
        if let Some(until) = braked_until(tx, new, now).await? {
            return Ok(Some(Admitted::TooManyWrong { until }));
        }
        count.open += 1;
        self.0.insert(new.app_id.clone(), count);
        Ok(None)
    }

    /// The one that was admitted last is not there after all.
    pub(crate) fn one_less(&mut self, app: &AppId) {
        if let Some(count) = self.0.get_mut(app) {
            count.open -= 1;
        }
    }
}

/// Never looks at more rows than are too many.
async fn count_of(tx: &mut Tx, new: &NewTask, now: Millis) -> Result<Count, Error> {
    let app = new.app_id.as_str();
    let open = tx
        .fetch_one(
            "select count(*) from (select 1 as one from task
           where app_id = $1 and finished_at is null limit $2) as found",
            args![app, i64::from(new.quota.open_tasks_max)],
        )
        .await?
        .map_or(Ok(0), |row| row.int(0))?;
    let sql = format!(
        "select count(*) from (select 1 as one from task
           where app_id = $1 and stage = 'failed' and finished_at > $2 and ({})
           limit $3) as found",
        is_of_input()
    );
    let unpaid = tx
        .fetch_one(&sql, args![app, now - UNPAID_OVER_MS, i64::from(new.quota.unpaid_per_hour_max)])
        .await?
        .map_or(Ok(0), |row| row.int(0))?;
    Ok(Count { open, unpaid })
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
