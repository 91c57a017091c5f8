//! Tasks: the queue, the leases and the stages. Every change is compare-and-set on the fence and
//! the stage, so a node that lost its lease cannot write.

use fiveone_model::app::AppId;
use fiveone_model::area::AreaCode;
use fiveone_model::clock::Millis;
use fiveone_model::product::Product;
use fiveone_model::task::{Stage, StageName, TaskId};

use crate::db::{Row, Tx, args};
use crate::{Error, Reader, Writer, app_id, corrupt, exactly_one, task_id};

/// A task as the table has it.
#[derive(Debug, Clone)]
pub struct TaskRow {
    /// Its id.
    pub id: TaskId,
    /// Its app.
    pub app_id: AppId,
    /// Fund or insurance.
    pub product: Product,
    /// Its area.
    pub area: AreaCode,
    /// Which of the area's login methods.
    pub login_type: u32,
    /// Where it is.
    pub stage: Stage,
    /// Counts the owners it has had; a write with an older one is refused.
    pub fence: i64,
    /// The node its login is sealed to, later the node that works on it.
    pub node_id: Option<String>,
    /// Its data key, wrapped by the deployment key; `None` once wiped.
    pub data_key: Option<Vec<u8>>,
    /// When it was admitted.
    pub created_at: Millis,
    /// When it must have ended.
    pub due_at: Millis,
    /// When its newest section was read.
    pub crawled_at: Option<Millis>,
    /// When its personal data was wiped.
    pub wiped_at: Option<Millis>,
}

/// A task this node now works on.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The task, with its new fence.
    pub task: TaskRow,
    /// The sealed login fields, gone from the table; `None` for a task past login.
    pub login_sealed: Option<Vec<u8>>,
    /// The sealed session of a task past login.
    pub session_sealed: Option<Vec<u8>>,
}

/// What is under way; all zero when nothing is left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Leftovers {
    /// Tasks waiting in the queue.
    pub queued: i64,
    /// Tasks that are not final.
    pub open: i64,
    /// Tasks somebody has a lease on.
    pub leased: i64,
    /// Holds that are open.
    pub holds: i64,
    /// Questions that are open.
    pub challenges: i64,
    /// Login fields, answers and sessions in any table.
    pub secrets: i64,
    /// Callbacks still to be delivered.
    pub callbacks: i64,
}

/// The columns of a [`TaskRow`], of a table called `t`.
const COLUMNS: &str = "t.id, t.app_id, t.product, t.area, t.login_type, t.stage, t.detail, t.fence,
    t.node_id, t.data_key, t.created_at, t.due_at, t.crawled_at, t.wiped_at";

/// Stages as a list in SQL; their words hold nothing that must be quoted.
pub(crate) fn sql_list(stages: &[StageName]) -> String {
    let words: Vec<_> = stages.iter().map(|stage| format!("'{}'", stage.as_str())).collect();
    words.join(", ")
}

fn decode(row: &Row) -> Result<TaskRow, Error> {
    let id = row.text(0)?;
    let column = |column| corrupt("task", column, &id);
    Ok(TaskRow {
        app_id: app_id(row, 1, "task")?,
        product: Product::parse(&row.text(2)?).ok_or_else(|| column("product"))?,
        area: AreaCode::parse(&row.text(3)?).ok_or_else(|| column("area"))?,
        login_type: u32::try_from(row.int(4)?).map_err(|_| column("login_type"))?,
        stage: Stage::parse(&row.text(5)?, &row.text(6)?).ok_or_else(|| column("stage"))?,
        fence: row.int(7)?,
        node_id: row.maybe_text(8)?,
        data_key: row.maybe_blob(9)?,
        created_at: row.int(10)?,
        due_at: row.int(11)?,
        crawled_at: row.maybe_int(12)?,
        wiped_at: row.maybe_int(13)?,
        id: TaskId::parse(&id).ok_or_else(|| column("id"))?,
    })
}

impl Reader {
    /// A task by its id.
    ///
    /// # Errors
    /// The database failed, or the row cannot be decoded.
    pub async fn task(&self, id: &TaskId) -> Result<Option<TaskRow>, Error> {
        let sql = format!("select {COLUMNS} from task t where t.id = $1");
        let row = self.db.fetch_one(&sql, args![id.as_str()]).await?;
        row.as_ref().map(decode).transpose()
    }

    /// The portals for which tasks sealed to this node are queued.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn queued_portals(&self, node: &str) -> Result<Vec<(Product, AreaCode)>, Error> {
        let rows = self
            .db
            .fetch_all(
                "select distinct product, area from task
                 where stage = 'queued' and node_id = $1",
                args![node],
            )
            .await?;
        rows.iter()
            .map(|row| {
                let (product, area) = (row.text(0)?, row.text(1)?);
                Product::parse(&product)
                    .zip(AreaCode::parse(&area))
                    .ok_or_else(|| corrupt("task", "area", &area))
            })
            .collect()
    }

    /// Tasks whose login fields went with a node that is gone: not seen since `dead_before`.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn lost_with_credentials(
        &self,
        dead_before: Millis,
        limit: i64,
    ) -> Result<Vec<TaskRow>, Error> {
        let sql = format!(
            "select {COLUMNS} from task t
             left join node n on n.id = t.node_id
             where t.finished_at is null and t.stage in ({})
               and (n.id is null or n.stopped_at is not null or n.seen_at < $1)
             order by t.created_at
             limit $2",
            sql_list(&StageName::WITH_CREDENTIALS)
        );
        let rows = self.db.fetch_all(&sql, args![dead_before, limit]).await?;
        rows.iter().map(decode).collect()
    }

    /// Tasks that should have ended by `now`.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn overdue(&self, now: Millis, limit: i64) -> Result<Vec<TaskRow>, Error> {
        let sql = format!(
            "select {COLUMNS} from task t
             where t.finished_at is null and t.due_at <= $1
             order by t.due_at
             limit $2"
        );
        let rows = self.db.fetch_all(&sql, args![now, limit]).await?;
        rows.iter().map(decode).collect()
    }

    /// Tasks whose hold should have been resolved by `now`, with their fence. Nothing else of the
    /// row is read: a task that cannot be decoded must not keep its app's money.
    ///
    /// # Errors
    /// The database failed.
    pub async fn overdue_holds(
        &self,
        now: Millis,
        limit: i64,
    ) -> Result<Vec<(TaskId, i64)>, Error> {
        let rows = self
            .db
            .fetch_all(
                "select t.id, t.fence from hold h
                 join task t on t.id = h.task_id
                 where h.state = 'open' and h.due_at <= $1
                 order by h.due_at
                 limit $2",
                args![now, limit],
            )
            .await?;
        rows.iter().map(|row| Ok((task_id(row, 0, "task")?, row.int(1)?))).collect()
    }

    /// How many tasks have not ended.
    ///
    /// # Errors
    /// The database failed.
    pub async fn open_tasks(&self) -> Result<i64, Error> {
        let row = self
            .db
            .fetch_one("select cast(count(*) as bigint) from task where finished_at is null", &[])
            .await?;
        row.map_or(Ok(0), |row| row.int(0))
    }

    /// Counts everything that an ended task must not leave behind.
    ///
    /// # Errors
    /// The database failed.
    pub async fn leftovers(&self) -> Result<Leftovers, Error> {
        let row = self
            .db
            .fetch_one(
                "select
                   (select count(*) from task where stage = 'queued'),
                   (select count(*) from task where finished_at is null),
                   (select count(*) from task where leased_at is not null),
                   (select count(*) from hold where state = 'open'),
                   (select count(*) from challenge where closed_at is null),
                   (select count(*) from task
                     where login_sealed is not null or session_sealed is not null)
                     + (select count(*) from challenge where answer_sealed is not null),
                   (select count(*) from callback where state = 'pending')",
                &[],
            )
            .await?;
        let Some(row) = row else { return Ok(Leftovers::default()) };
        Ok(Leftovers {
            queued: row.int(0)?,
            open: row.int(1)?,
            leased: row.int(2)?,
            holds: row.int(3)?,
            challenges: row.int(4)?,
            secrets: row.int(5)?,
            callbacks: row.int(6)?,
        })
    }
}

impl Writer {
    /// Claims queued tasks of one portal that are sealed to this node; their login fields leave
    /// the table in the same transaction.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn claim_queued(
        &self,
        node: &str,
        (product, area): (Product, &AreaCode),
        limit: i64,
        now: Millis,
    ) -> Result<Vec<Claimed>, Error> {
        let sql = format!(
            "select {COLUMNS}, t.login_sealed, t.session_sealed from task t
             where t.stage = 'queued' and t.node_id = $1 and t.product = $2 and t.area = $3
             order by t.created_at, t.id
             limit $4
             {{skip}}"
        );
        let mut tx = self.db.begin().await?;
        let rows = tx.fetch_all(&sql, args![node, product.as_str(), area.as_str(), limit]).await?;
        let claimed = claim_rows(&mut tx, &rows, node, now, Some(Stage::LoggingIn)).await?;
        tx.commit().await?;
        Ok(claimed)
    }

    /// Claims tasks past login whose owner gave them back or has not been seen since
    /// `dead_before`.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn claim_resumable(
        &self,
        node: &str,
        limit: i64,
        now: Millis,
        dead_before: Millis,
    ) -> Result<Vec<Claimed>, Error> {
        let sql = format!(
            "select {COLUMNS}, t.login_sealed, t.session_sealed from task t
             where t.finished_at is null and t.stage in ({})
               and (t.leased_at is null or not exists (
                 select 1 from node n
                 where n.id = t.node_id and n.stopped_at is null and n.seen_at >= $1))
             order by t.created_at, t.id
             limit $2
             {{skip}}",
            sql_list(&StageName::RESUMABLE)
        );
        let mut tx = self.db.begin().await?;
        let rows = tx.fetch_all(&sql, args![dead_before, limit]).await?;
        let claimed = claim_rows(&mut tx, &rows, node, now, None).await?;
        tx.commit().await?;
        Ok(claimed)
    }

    /// Moves a task on, if it is where `from` says and still this fence's. `session_sealed`, when
    /// given, is kept with it.
    ///
    /// # Errors
    /// The database failed, the machine has no such step, or the lease is lost.
    pub async fn move_stage(
        &self,
        id: &TaskId,
        fence: i64,
        step: (StageName, StageName),
        session_sealed: Option<&[u8]>,
        now: Millis,
    ) -> Result<(), Error> {
        let mut tx = self.db.begin().await?;
        move_stage_in(&mut tx, id, fence, step, "", now).await?;
        if session_sealed.is_some() {
            let sql = "update task set session_sealed = $2 where id = $1";
            tx.execute(sql, args![id.as_str(), session_sealed]).await?;
        }
        tx.commit().await
    }
}

/// The compare-and-set of a stage, in the caller's transaction.
pub(crate) async fn move_stage_in(
    tx: &mut Tx,
    id: &TaskId,
    fence: i64,
    (from, to): (StageName, StageName),
    detail: &str,
    now: Millis,
) -> Result<(), Error> {
    check_step(id, from, to)?;
    let rows = tx
        .execute(
            "update task set stage = $4, detail = $5, updated_at = $6
             where id = $1 and fence = $2 and stage = $3 and leased_at is not null",
            args![id.as_str(), fence, from.as_str(), to.as_str(), detail, now],
        )
        .await?;
    exactly_one(rows, "task", id.as_str())
}

fn check_step(task: &TaskId, from: StageName, to: StageName) -> Result<(), Error> {
    if from.may_become(to) {
        return Ok(());
    }
    let (from, to) = (from.as_str(), to.as_str());
    Err(Error::IllegalStep { task: task.clone(), from, to })
}

/// Takes over tasks that were read with a lock: the fence goes up, so that whoever had them before
/// can write no more. They go to stage `to`, or stay where they are.
async fn claim_rows(
    tx: &mut Tx,
    rows: &[Row],
    node: &str,
    now: Millis,
    to: Option<Stage>,
) -> Result<Vec<Claimed>, Error> {
    let mut claimed = Vec::with_capacity(rows.len());
    for row in rows {
        let mut task = decode(row)?;
        if let Some(to) = &to {
            check_step(&task.id, task.stage.name(), to.name())?;
        }
        let stage = to.clone().unwrap_or(task.stage);
        let changed = tx
            .execute(
                "update task set stage = $3, fence = fence + 1, node_id = $4, leased_at = $5,
                   login_sealed = null, updated_at = $5
                 where id = $1 and fence = $2",
                args![task.id.as_str(), task.fence, stage.name().as_str(), node, now],
            )
            .await?;
        exactly_one(changed, "task", task.id.as_str())?;
        (task.stage, task.fence, task.node_id) = (stage, task.fence + 1, Some(node.to_owned()));
        claimed.push(Claimed {
            task,
            login_sealed: row.maybe_blob("login_sealed")?,
            session_sealed: row.maybe_blob("session_sealed")?,
        });
    }
    Ok(claimed)
}
