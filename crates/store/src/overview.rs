//! A deployment at one look: what is under way, how tasks end, what money moves, who waits. Numbers alone,
//! each by an index, so that it costs the same with a million tasks.

use fiveone_model::app::AppId;
use fiveone_model::area::AreaCode;
use fiveone_model::clock::Millis;
use fiveone_model::failure::FailureKind;
use fiveone_model::ledger::EntryKind;
use fiveone_model::product::Product;
use fiveone_model::task::StageName;

use crate::db::args;
use crate::{Error, Reader, app_id, corrupt};

/// An hour and a day, in milliseconds.
const HOUR_MS: Millis = 3_600_000;
const DAY_MS: Millis = 24 * HOUR_MS;
/// Ends of which the time is looked at: the newest.
const DURATIONS_MAX: i64 = 5_000;
/// Apps told of.
const APPS_MAX: i64 = 50;

/// A deployment at one look.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overview {
    /// Tasks under way, by stage.
    pub open: Vec<(StageName, i64)>,
    /// Tasks that nobody works on until an operator has looked.
    pub set_aside: i64,
    /// Ends of the last day, by portal.
    pub areas: Vec<AreaEnds>,
    /// The last 24 hours, the oldest first.
    pub hours: Vec<Hour>,
    /// How long tasks took that ended well within the last hour, sorted; in milliseconds.
    pub durations: Vec<Millis>,
    /// Money set aside now, in 分.
    pub held_fen: i64,
    /// Money moved since the day began.
    pub money: Vec<MoneyMoved>,
    /// Callbacks that are due or wait for another try, by app.
    pub waiting: Vec<AppCallbacks>,
    /// Callbacks that nobody acknowledged, by app.
    pub exhausted: Vec<AppCallbacks>,
    /// Apps whose wallets do not pay a task any more.
    pub empty_wallets: Vec<EmptyWallet>,
    /// Nodes that nobody has declared dead.
    pub nodes: Vec<NodeSeen>,
}

/// How tasks of a portal ended: within the last hour, and within the last day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaEnds {
    /// The portal's product.
    pub product: Product,
    /// Its area.
    pub area: AreaCode,
    /// With a report.
    pub done: [i64; 2],
    /// For what the person typed, or did not, and because nobody wanted it any more.
    pub of_input: [i64; 2],
    /// Otherwise without a report.
    pub failed: [i64; 2],
}

/// Ends of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hour {
    /// When it began.
    pub at: Millis,
    /// Tasks that ended with a report.
    pub done: i64,
    /// Tasks that ended without one.
    pub failed: i64,
}

/// Entries of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MoneyMoved {
    /// What they record.
    pub kind: EntryKind,
    /// How many.
    pub count: i64,
    /// In all, in 分.
    pub amount_fen: i64,
}

/// Callbacks of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppCallbacks {
    /// Whose.
    pub app: AppId,
    /// How many.
    pub count: i64,
    /// When the oldest was queued.
    pub since: Millis,
}

/// A wallet that does not pay a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmptyWallet {
    /// Whose.
    pub app: AppId,
    /// What can be held, in 分.
    pub free_fen: i64,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSeen {
    /// Its id.
    pub id: String,
    /// When it began.
    pub started_at: Millis,
    /// When its heart beat last, by its own clock.
    pub seen_at: Millis,
}

impl Reader {
    /// The deployment now; money is counted since `day_began`.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn overview(&self, now: Millis, day_began: Millis) -> Result<Overview, Error> {
        Ok(Overview {
            open: self.open_by_stage().await?,
            set_aside: self.count("select count(*) from task where set_aside is not null").await?,
            areas: self.ends_by_area(now).await?,
            hours: self.ends_by_hour(now).await?,
            durations: self.durations(now - HOUR_MS).await?,
            held_fen: self
                .count("select coalesce(cast(sum(held_fen) as bigint), 0) from wallet")
                .await?,
            money: self.money_since(day_began).await?,
            waiting: self.callbacks_by_app("pending").await?,
            exhausted: self.callbacks_by_app("exhausted").await?,
            empty_wallets: self.empty_wallets().await?,
            nodes: self.nodes_seen().await?,
        })
    }

    async fn count(&self, sql: &'static str) -> Result<i64, Error> {
        self.db.fetch_one(sql, &[]).await?.map_or(Ok(0), |row| row.int(0))
    }

    async fn open_by_stage(&self) -> Result<Vec<(StageName, i64)>, Error> {
        let sql = "select stage, count(*) from task where finished_at is null group by stage";
        let rows = self.db.fetch_all(sql, &[]).await?;
        let stage =
            |word: &str| StageName::parse(word).ok_or_else(|| corrupt("task", "stage", word));
        rows.iter().map(|row| Ok((stage(&row.text(0)?)?, row.int(1)?))).collect()
    }

    /// Ends by portal. Which failures are of what was typed stands in the rows alone, so only those of
    /// failed tasks are read.
    async fn ends_by_area(&self, now: Millis) -> Result<Vec<AreaEnds>, Error> {
        let (hour, day) = (now - HOUR_MS, now - DAY_MS);
        let sql = "select product, area, stage, count(*),
                     cast(sum(case when finished_at > $2 then 1 else 0 end) as bigint)
                   from task where finished_at > $1 and finished_at is not null
                   group by product, area, stage order by product, area, stage";
        let mut areas: Vec<AreaEnds> = Vec::new();
        for row in self.db.fetch_all(sql, args![day, hour]).await? {
            let ends = of_area(&mut areas, &row.text(0)?, &row.text(1)?)?;
            let counts = [row.int(4)?, row.int(3)?];
            match StageName::parse(&row.text(2)?) {
                Some(StageName::Done) => ends.done = counts,
                _ => ends.failed = counts,
            }
        }
        let kinds = FailureKind::ALL.iter();
        let kinds = kinds.filter(|kind| kind.is_of_input() || **kind == FailureKind::Cancelled);
        let is_of_input = kinds.map(|kind| is_failure("detail", *kind));
        let sql = format!(
            "select product, area, count(*),
               cast(sum(case when finished_at > $2 then 1 else 0 end) as bigint)
             from task
             where finished_at > $1 and finished_at is not null and stage = 'failed' and ({})
             group by product, area",
            is_of_input.collect::<Vec<_>>().join(" or ")
        );
        for row in self.db.fetch_all(&sql, args![day, hour]).await? {
            let ends = of_area(&mut areas, &row.text(0)?, &row.text(1)?)?;
            ends.of_input = [row.int(3)?, row.int(2)?];
            for (failed, of_input) in ends.failed.iter_mut().zip(ends.of_input) {
                *failed = (*failed - of_input).max(0);
            }
        }
        Ok(areas)
    }

    async fn ends_by_hour(&self, now: Millis) -> Result<Vec<Hour>, Error> {
        let first = now / HOUR_MS - 23;
        let sql = "select finished_at / 3600000, stage, count(*) from task
                   where finished_at >= $1 and finished_at is not null
                   group by finished_at / 3600000, stage";
        let mut hours: Vec<_> = (first..first + 24)
            .map(|hour| Hour { at: hour * HOUR_MS, done: 0, failed: 0 })
            .collect();
        for row in self.db.fetch_all(sql, args![first * HOUR_MS]).await? {
            let at = usize::try_from(row.int(0)? - first).unwrap_or(usize::MAX);
            let Some(hour) = hours.get_mut(at) else { continue };
            match StageName::parse(&row.text(1)?) {
                Some(StageName::Done) => hour.done = row.int(2)?,
                _ => hour.failed = row.int(2)?,
            }
        }
        Ok(hours)
    }

    async fn durations(&self, since: Millis) -> Result<Vec<Millis>, Error> {
        let sql = "select finished_at - created_at from task
                   where finished_at > $1 and finished_at is not null and stage = 'done'
                   order by finished_at desc limit $2";
        let rows = self.db.fetch_all(sql, args![since, DURATIONS_MAX]).await?;
        let mut all = rows.iter().map(|row| row.int(0)).collect::<Result<Vec<_>, _>>()?;
        all.sort_unstable();
        Ok(all)
    }

    async fn money_since(&self, since: Millis) -> Result<Vec<MoneyMoved>, Error> {
        let sql = "select kind, count(*), cast(sum(amount_fen) as bigint) from entry
                   where at >= $1 group by kind order by kind";
        let rows = self.db.fetch_all(sql, args![since]).await?;
        rows.iter()
            .map(|row| {
                let word = row.text(0)?;
                let kind =
                    EntryKind::parse(&word).ok_or_else(|| corrupt("entry", "kind", &word))?;
                Ok(MoneyMoved { kind, count: row.int(1)?, amount_fen: row.int(2)? })
            })
            .collect()
    }

    async fn callbacks_by_app(&self, state: &'static str) -> Result<Vec<AppCallbacks>, Error> {
        let sql = format!(
            "select app_id, count(*), min(created_at) from callback where state = '{state}'
             group by app_id order by count(*) desc, app_id limit $1"
        );
        let rows = self.db.fetch_all(&sql, args![APPS_MAX]).await?;
        rows.iter()
            .map(|row| {
                let app = app_id(row, 0, "callback")?;
                Ok(AppCallbacks { app, count: row.int(1)?, since: row.int(2)? })
            })
            .collect()
    }

    async fn empty_wallets(&self) -> Result<Vec<EmptyWallet>, Error> {
        let sql = "select w.app_id, w.free_fen from wallet w join app a on a.id = w.app_id
                   where (a.fund_grant = 'active' or a.insurance_grant = 'active')
                     and w.free_fen < coalesce(
                       (select max(price_fen) from tariff t where t.app_id = w.app_id),
                       (select max(price_fen) from default_tariff), 0)
                   order by w.app_id limit $1";
        let rows = self.db.fetch_all(sql, args![APPS_MAX]).await?;
        let wallet =
            |row| Ok(EmptyWallet { app: app_id(row, 0, "wallet")?, free_fen: row.int(1)? });
        rows.iter().map(wallet).collect()
    }

    async fn nodes_seen(&self) -> Result<Vec<NodeSeen>, Error> {
        let sql = "select id, started_at, seen_at from node where stopped_at is null order by slot";
        let rows = self.db.fetch_all(sql, &[]).await?;
        let node = |row: &crate::db::Row| {
            Ok(NodeSeen { id: row.text(0)?, started_at: row.int(1)?, seen_at: row.int(2)? })
        };
        rows.iter().map(node).collect()
    }
}

/// Whether a failed task's detail tells this kind.
pub(crate) fn is_failure(detail: &str, kind: FailureKind) -> String {
    let word = kind.as_str();
    format!("substr({detail}, 1, {}) = '{word}:'", word.len() + 1)
}

/// The row of a portal, made when it is the first of it.
fn of_area<'a>(
    areas: &'a mut Vec<AreaEnds>,
    product: &str,
    area: &str,
) -> Result<&'a mut AreaEnds, Error> {
    let product = Product::parse(product).ok_or_else(|| corrupt("task", "product", product))?;
    let code = AreaCode::parse(area).ok_or_else(|| corrupt("task", "area", area))?;
    let at = areas.iter().position(|ends| ends.product == product && ends.area == code);
    let at = at.unwrap_or_else(|| {
        let zero = [0; 2];
        areas.push(AreaEnds { product, area: code, done: zero, of_input: zero, failed: zero });
        areas.len() - 1
    });
    Ok(&mut areas[at])
}
