//! Tasks: their rows and their stages. Every change is compare-and-set on the fence and
//! the stage, so a node that lost its lease cannot write.

use fiveone_model::app::AppId;
use fiveone_model::area::AreaCode;
use fiveone_model::clock::Millis;
use fiveone_model::product::Product;
use fiveone_model::task::{Stage, StageName, TaskId};

use crate::db::{Row, Tx, args};
use crate::{Error, Found, Reader, Writer, app_id, corrupt, exactly_one, stages, task_id};

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
    /// Set while only its person may see it; then its result is gone at this instant.
    pub withheld_until: Option<Millis>,
    /// Whether it is a test, at the model city, without a price.
    pub is_test: bool,
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
pub(crate) const COLUMNS: &str =
    "t.id, t.app_id, t.product, t.area, t.login_type, t.stage, t.detail, t.fence,
    t.node_id, (select k.sealed from task_key k where k.task_id = t.id), t.created_at, t.due_at,
    t.crawled_at, t.wiped_at, t.withheld_until, t.is_test";

/// The position of the fence among them.
pub(crate) const FENCE: usize = 7;

/// Stages as a list in SQL; their words hold nothing that must be quoted.
pub(crate) fn sql_list(stages: &[StageName]) -> String {
    let words: Vec<_> = stages.iter().map(|stage| format!("'{}'", stage.as_str())).collect();
    words.join(", ")
}

pub(crate) fn decode(row: &Row) -> Result<TaskRow, Error> {
    let id = row.text(0)?;
    let column = |column| corrupt("task", column, &id);
    Ok(TaskRow {
        app_id: app_id(row, 1, "task")?,
        product: Product::parse(&row.text(2)?).ok_or_else(|| column("product"))?,
        area: AreaCode::parse(&row.text(3)?).ok_or_else(|| column("area"))?,
        login_type: u32::try_from(row.int(4)?).map_err(|_| column("login_type"))?,
        stage: Stage::parse(&row.text(5)?, &row.text(6)?).ok_or_else(|| column("stage"))?,
        fence: row.int(FENCE)?,
        node_id: row.maybe_text(8)?,
        data_key: row.maybe_blob(9)?,
        created_at: row.int(10)?,
        due_at: row.int(11)?,
        crawled_at: row.maybe_int(12)?,
        wiped_at: row.maybe_int(13)?,
        withheld_until: row.maybe_int(14)?,
        is_test: row.flag(15)?,
        id: TaskId::parse(&id).ok_or_else(|| column("id"))?,
    })
}

impl Reader {
    /// The digests of the identity number and of the account that were typed for a task.
    ///
    /// # Errors
    /// The database failed.
    pub async fn digests_of(&self, id: &TaskId) -> Result<(Option<String>, Option<String>), Error> {
        let sql = "select person, login_digest from task where id = $1";
        let Some(row) = self.db.fetch_one(sql, args![id.as_str()]).await? else {
            return Ok((None, None));
        };
        Ok((row.maybe_text(0)?, row.maybe_text(1)?))
    }

    /// A task by its id.
    ///
    /// # Errors
    /// The database failed, or the row cannot be decoded.
    pub async fn task(&self, id: &TaskId) -> Result<Option<TaskRow>, Error> {
        let sql = format!("select {COLUMNS} from task t where t.id = $1");
        let row = self.db.fetch_one(&sql, args![id.as_str()]).await?;
        row.as_ref().map(decode).transpose()
    }

    /// Tasks whose login fields went with a node that is gone.
    ///
    /// # Errors
    /// The database failed.
    pub async fn lost_with_credentials(&self, limit: i64) -> Result<Found<TaskRow>, Error> {
        let sql = format!(
            "select {COLUMNS} from task t
             left join node n on n.id = t.node_id
             where t.finished_at is null and t.set_aside is null and t.stage in ({})
               and (n.id is null or n.stopped_at is not null)
             order by t.created_at
             limit $1",
            sql_list(&StageName::WITH_CREDENTIALS)
        );
        let rows = self.db.fetch_all(&sql, args![limit]).await?;
        Found::read(&rows, FENCE, decode)
    }

    /// Tasks that should have ended by `now`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn overdue(&self, now: Millis, limit: i64) -> Result<Found<TaskRow>, Error> {
        let sql = format!(
            "select {COLUMNS} from task t
             where t.finished_at is null and t.set_aside is null and t.due_at <= $1
             order by t.due_at
             limit $2"
        );
        let rows = self.db.fetch_all(&sql, args![now, limit]).await?;
        Found::read(&rows, FENCE, decode)
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
                 where h.state = 'open' and h.due_at <= $1 and t.set_aside is null
                 order by h.due_at
                 limit $2",
                args![now, limit],
            )
            .await?;
        let holds = rows.iter().map(|row| Ok(task_id(row, 0, "task").ok().zip(row.int(1).ok())));
        holds.filter_map(Result::transpose).collect()
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
        if step.1 == StageName::Crawling {
            // What an earlier task has read counts from now on, and not before this login was let in.
            let sql = "update task set crawled_at = $2 where id = $1 and crawled_at is null
                         and exists (select 1 from section where task_id = $1)";
            tx.execute(sql, args![id.as_str(), now]).await?;
        }
        if session_sealed.is_some() {
            let sql = "update task set session_sealed = $2 where id = $1";
            tx.execute(sql, args![id.as_str(), session_sealed]).await?;
        }
        tx.commit().await
    }
}

/// The compare-and-set of a stage, in the caller's transaction. A step that this fence has made
/// already is made: its caller did not hear of it and asks again.
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
    if rows == 0 {
        let sql = "select 1 from task
                   where id = $1 and fence = $2 and stage = $3 and leased_at is not null";
        if tx.fetch_one(sql, args![id.as_str(), fence, to.as_str()]).await?.is_some() {
            return Ok(());
        }
    }
    exactly_one(rows, "task", id.as_str())?;
    stages::note(tx, id.as_str(), (to, detail), now).await
}

pub(crate) fn check_step(task: &TaskId, from: StageName, to: StageName) -> Result<(), Error> {
    if from.may_become(to) {
        return Ok(());
    }
    let (from, to) = (from.as_str(), to.as_str());
    Err(Error::IllegalStep { task: task.clone(), from, to })
}
