//! Claims and leases: who works on which task. A claim raises the fence, so that whoever had the task
//! before can write no more.

use fiveone_model::area::AreaCode;
use fiveone_model::clock::Millis;
use fiveone_model::product::Product;
use fiveone_model::task::{Stage, StageName, TaskId};

use crate::db::{Row, Tx, args};
use crate::tasks::{COLUMNS, FENCE, check_step, decode, sql_list};
use crate::{Error, Found, Reader, TaskRow, Writer, exactly_one, stages};

/// A task this node now works on.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The task, with its new fence.
    pub task: TaskRow,
    /// The sealed login fields, gone from the table; `None` for a task past login.
    pub login_sealed: Option<Vec<u8>>,
    /// The sealed session of a task past login.
    pub session_sealed: Option<Vec<u8>>,
    /// How many nodes died with it since it last got on.
    pub crashes: i64,
}

/// A task somebody has a lease on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leased {
    /// Its id.
    pub id: TaskId,
    /// Its fence.
    pub fence: i64,
    /// Whether it is past login, so that any node can go on with it.
    pub is_resumable: bool,
}

/// The columns that [`decode_claimed`] reads, beside those of every task.
const MORE: &str = "t.login_sealed, t.session_sealed, t.crashes,
  cast(case when t.leased_at is null then 0 else 1 end as bigint) as was_leased";

/// The stages in which a task talks to its portal.
const TALKING: [StageName; 4] =
    [StageName::LoggingIn, StageName::LoggedIn, StageName::Crawling, StageName::Storing];

impl Reader {
    /// The portals for which tasks sealed to this node are queued; words that are no portal's are
    /// passed over: their tasks end by their deadline.
    ///
    /// # Errors
    /// The database failed.
    pub async fn queued_portals(&self, node: &str) -> Result<Vec<(Product, AreaCode)>, Error> {
        let rows = self
            .db
            .fetch_all(
                "select distinct product, area from task
                 where stage = 'queued' and node_id = $1 and set_aside is null",
                args![node],
            )
            .await?;
        let portals = rows.iter().map(|row| {
            let (product, area) = (row.text(0)?, row.text(1)?);
            Ok(Product::parse(&product).zip(AreaCode::parse(&area)))
        });
        portals.filter_map(Result::transpose).collect()
    }

    /// The tasks a node has a lease on.
    ///
    /// # Errors
    /// The database failed.
    pub async fn leased_to(&self, node: &str) -> Result<Vec<Leased>, Error> {
        let rows = self
            .db
            .fetch_all(
                "select id, fence, stage from task
                 where finished_at is null and leased_at is not null and node_id = $1
                   and set_aside is null",
                args![node],
            )
            .await?;
        let leased = rows.iter().map(|row| {
            let Some(id) = TaskId::parse(&row.text(0)?) else { return Ok(None) };
            let stage = StageName::parse(&row.text(2)?);
            let is_resumable = stage.is_some_and(|stage| StageName::RESUMABLE.contains(&stage));
            Ok(Some(Leased { id, fence: row.int(1)?, is_resumable }))
        });
        leased.filter_map(Result::transpose).collect()
    }
}

impl Writer {
    /// Claims queued tasks of one portal that are sealed to this node; their login fields leave
    /// the table in the same transaction. No more than `at_once_max` tasks of all nodes talk to the
    /// portal then, or are about to, since their person has answered. The apps take turns: next is whose
    /// app has the fewest that talk to it, and among those the oldest.
    ///
    /// # Errors
    /// The database failed.
    pub async fn claim_queued(
        &self,
        node: &str,
        (product, area): (Product, &AreaCode),
        at_once_max: i64,
        limit: i64,
        now: Millis,
    ) -> Result<Found<Claimed>, Error> {
        let mut tx = self.db.begin().await?;
        tx.serialize(&portal_lock(product, area)).await?;
        let about_to = answered(&mut tx, product, area).await?;
        let talk = talking(&mut tx, product, area, None).await?;
        let limit = limit.min(at_once_max - talk - about_to);
        if limit <= 0 {
            return Ok(Found::default());
        }
        let rows = tx
            .fetch_all(&queued_sql(), args![node, product.as_str(), area.as_str(), limit])
            .await?;
        let claimed = claim_rows(&mut tx, &rows, node, now, Some(Stage::LoggingIn)).await?;
        tx.commit().await?;
        Ok(claimed)
    }

    /// Claims tasks past login whose owner gave them back or is dead. What this node has a lease on
    /// is never among them, whatever became of the node, and one that was declared dead gets none.
    ///
    /// # Errors
    /// The database failed.
    pub async fn claim_resumable(
        &self,
        node: &str,
        limit: i64,
        now: Millis,
    ) -> Result<Found<Claimed>, Error> {
        let sql = format!(
            "select {COLUMNS}, {MORE} from task t
             where t.finished_at is null and t.set_aside is null and t.stage in ({})
               and (t.leased_at is null or (t.node_id <> $1 and not exists (
                 select 1 from node n where n.id = t.node_id and n.stopped_at is null)))
               and not exists (
                 select 1 from node n where n.id = $1 and n.stopped_at is not null)
             order by t.created_at, t.id
             limit $2
             {{skip}}",
            sql_list(&StageName::RESUMABLE)
        );
        let mut tx = self.db.begin().await?;
        let rows = tx.fetch_all(&sql, args![node, limit]).await?;
        let claimed = claim_rows(&mut tx, &rows, node, now, None).await?;
        tx.commit().await?;
        Ok(claimed)
    }

    /// Gives back a lease, so that whoever is free goes on with the task.
    ///
    /// # Errors
    /// The database failed, or the lease is lost already.
    pub async fn give_back(&self, id: &TaskId, fence: i64, now: Millis) -> Result<(), Error> {
        let rows = self
            .db
            .execute(
                "update task set leased_at = null, fence = fence + 1, updated_at = $3
                 where id = $1 and fence = $2 and finished_at is null",
                args![id.as_str(), fence, now],
            )
            .await?;
        exactly_one(rows, "task", id.as_str())
    }
}

/// The queued tasks that are next at a portal: node, product, area, how many.
fn queued_sql() -> String {
    format!(
        "select {COLUMNS}, {MORE} from task t
         where t.stage = 'queued' and t.id in (
           select turns.id from (
             select q.id, q.created_at, coalesce(r.running, 0)
                 + row_number() over (partition by q.app_id order by q.created_at, q.id) as turn
             from task q
             left join (
               select app_id, count(*) as running from task
               where finished_at is null and leased_at is not null and stage in ({})
                 and product = $2 and area = $3
               group by app_id) r on r.app_id = q.app_id
             where q.stage = 'queued' and q.node_id = $1 and q.product = $2 and q.area = $3
               and q.set_aside is null) turns
           order by turns.turn, turns.created_at, turns.id
           limit $4)
         order by t.created_at, t.id
         {{skip}}",
        sql_list(&TALKING)
    )
}

/// What is counted of those that talk to a portal: product, area, and who is left out.
fn talking_sql() -> String {
    format!(
        "select cast(count(*) as bigint) from task
         where finished_at is null and set_aside is null and stage in ({})
           and product = $1 and area = $2 and id <> $3",
        sql_list(&TALKING)
    )
}

/// What is counted of those that are about to talk to a portal: product, area.
const ANSWERED: &str = "select cast(count(*) as bigint) from challenge c
  where c.closed_at is null and c.answered_at is not null and exists (
    select 1 from task t
    where t.id = c.task_id and t.finished_at is null and t.leased_at is not null
      and t.stage = 'asking' and t.product = $1 and t.area = $2)";

/// What transactions that count a portal's tasks serialize by.
pub(crate) fn portal_lock(product: Product, area: &AreaCode) -> String {
    format!("portal {product}/{area}")
}

/// How many tasks of all nodes talk to a portal, but for one. Those that were given back past login go on
/// as soon as a node takes them up, and count.
pub(crate) async fn talking(
    tx: &mut Tx,
    product: Product,
    area: &AreaCode,
    but: Option<&TaskId>,
) -> Result<i64, Error> {
    let but = but.map_or("", TaskId::as_str);
    let row = tx.fetch_one(&talking_sql(), args![product.as_str(), area.as_str(), but]).await?;
    row.map_or(Ok(0), |row| row.int(0))
}

/// How many tasks wait for their turn at a portal with the answer of their person.
async fn answered(tx: &mut Tx, product: Product, area: &AreaCode) -> Result<i64, Error> {
    let row = tx.fetch_one(ANSWERED, args![product.as_str(), area.as_str()]).await?;
    row.map_or(Ok(0), |row| row.int(0))
}

/// Takes over tasks that were read with a lock: the fence goes up, so that whoever had them before
/// can write no more. They go to stage `to`, or stay where they are.
async fn claim_rows(
    tx: &mut Tx,
    rows: &[Row],
    node: &str,
    now: Millis,
    to: Option<Stage>,
) -> Result<Found<Claimed>, Error> {
    let mut found = Found::read(rows, FENCE, |row| decode_claimed(row, to.as_ref()))?;
    for Claimed { task, .. } in &mut found.rows {
        let stage = to.clone().unwrap_or_else(|| task.stage.clone());
        // A lease that nobody gave back was a dead node's.
        let changed = tx
            .execute(
                "update task set stage = $3, fence = fence + 1, node_id = $4, leased_at = $5,
                   crashes = crashes + case when leased_at is null then 0 else 1 end,
                   login_sealed = null, updated_at = $5
                 where id = $1 and fence = $2",
                args![task.id.as_str(), task.fence, stage.name().as_str(), node, now],
            )
            .await?;
        exactly_one(changed, "task", task.id.as_str())?;
        stages::note(tx, task.id.as_str(), (stage.name(), ""), now).await?;
        (task.stage, task.fence, task.node_id) = (stage, task.fence + 1, Some(node.to_owned()));
    }
    Ok(found)
}

fn decode_claimed(row: &Row, to: Option<&Stage>) -> Result<Claimed, Error> {
    let task = decode(row)?;
    if let Some(to) = to {
        check_step(&task.id, task.stage.name(), to.name())?;
    }
    Ok(Claimed {
        login_sealed: row.maybe_blob("login_sealed")?,
        session_sealed: row.maybe_blob("session_sealed")?,
        crashes: row.int("crashes")? + row.int("was_leased")?,
        task,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Store;
    use crate::db::Arg;

    /// How SQLite finds what a statement reads.
    async fn plan(store: &Store, sql: &str, arguments: &[Arg<'_>]) -> String {
        let sql = format!("explain query plan {sql}");
        let rows = store.read.db.fetch_all(&sql, arguments).await.unwrap();
        rows.iter().map(|row| row.text(3).unwrap()).collect::<Vec<_>>().join("\n")
    }

    #[tokio::test]
    async fn a_claim_looks_at_open_tasks_alone_however_many_an_area_had() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let store = Store::open(&format!("sqlite:{}", path.display()), 1).await.unwrap();
        let found = plan(&store, &talking_sql(), args!["fund", "210300", ""]).await;
        assert!(found.contains("task_open_by_portal"), "{found}");
        let found = plan(&store, ANSWERED, args!["fund", "210300"]).await;
        assert!(found.contains("challenge_answered"), "{found}");
        let sql = queued_sql().replace("{skip}", "");
        let found = plan(&store, &sql, args!["n1", "fund", "210300", 1_i64]).await;
        assert!(
            found.contains("task_open_by_portal") && found.contains("task_by_portal_queued"),
            "{found}"
        );
        assert!(!found.contains("task_by_area_time"), "{found}");
    }
}
