//! Erasing: a task's results and all else that leads to its person, on request or when their time is
//! over. The books stay, and hold nothing of a person.

use fiveone_model::app::AppId;
use fiveone_model::clock::Millis;
use fiveone_model::state_code::StateCode;
use fiveone_model::task::{Stage, TaskId};

use crate::db::{Arg, Db, Tx, args};
use crate::{Error, Reader, Writer, corrupt};

/// What to erase.
#[derive(Debug, Clone)]
pub enum Erase {
    /// One task.
    Task(TaskId),
    /// Every task of a person, by the digest of the identity number; of one app only, when it is named.
    Person {
        /// The digest.
        digest: String,
        /// The app.
        app: Option<AppId>,
    },
    /// Every task that ended before an instant.
    EndedBefore(Millis),
}

/// What was erased, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Erased {
    /// Tasks that had ended.
    pub tasks: u64,
    /// Tasks under way: they are erased as soon as they have ended.
    pub under_way: u64,
    /// Keys of tasks.
    pub keys: u64,
    /// Sections of reports, with their findings.
    pub sections: u64,
    /// Questions.
    pub questions: u64,
    /// Reasons of failures, in the words of portals.
    pub reasons: u64,
    /// Texts of callbacks that had such words.
    pub messages: u64,
    /// Idempotency keys.
    pub idempotency_keys: u64,
}

impl Erased {
    /// Counts another one, too.
    pub fn add(&mut self, other: &Self) {
        self.tasks += other.tasks;
        self.under_way += other.under_way;
        self.keys += other.keys;
        self.sections += other.sections;
        self.questions += other.questions;
        self.reasons += other.reasons;
        self.messages += other.messages;
        self.idempotency_keys += other.idempotency_keys;
    }
}

impl Writer {
    /// Erases up to `limit` tasks, and has those under way erased when they end; when there are none
    /// any more, nothing is counted.
    ///
    /// # Errors
    /// The database failed, and nothing was erased.
    pub async fn erase(&self, what: &Erase, now: Millis, limit: i64) -> Result<Erased, Error> {
        let (is_meant, arguments) = match what {
            Erase::Task(id) => ("id = $2", vec![Arg::from(id.as_str())]),
            Erase::Person { digest, app: None } => ("person = $2", vec![Arg::from(digest)]),
            Erase::Person { digest, app: Some(app) } => {
                ("person = $2 and app_id = $3", vec![Arg::from(digest), Arg::from(app.as_str())])
            }
            Erase::EndedBefore(at) => {
                ("finished_at is not null and finished_at < $2", vec![Arg::from(*at)])
            }
        };
        let sql = format!(
            "select id, finished_at from task
             where {is_meant} and wiped_at is null
               and (finished_at is not null or erase_asked_at is null)
             order by id
             limit $1 {{lock}}"
        );
        let arguments: Vec<_> = [Arg::from(limit)].into_iter().chain(arguments).collect();
        let mut tx = self.db.begin().await?;
        let mut erased = Erased::default();
        for row in tx.fetch_all(&sql, &arguments).await? {
            let id = row.text(0)?;
            if row.maybe_int(1)?.is_some() {
                let sql = "delete from idempotency where task_id = $1";
                erased.idempotency_keys += tx.execute(sql, args![&id]).await?;
                erased.add(&wipe(&mut tx, &id, now).await?);
            } else {
                let sql = "update task set erase_asked_at = $2 where id = $1";
                erased.under_way += tx.execute(sql, args![&id, now]).await?;
            }
        }
        tx.commit().await?;
        Ok(erased)
    }

    /// Writes what SQLite's log holds into the file and empties it: what was erased is not in it any
    /// more. `None` on a server, whose log is its operators' matter; `false` while somebody reads.
    ///
    /// # Errors
    /// The database failed.
    pub async fn empty_log(&self) -> Result<Option<bool>, Error> {
        let Db::Sqlite { .. } = &*self.db else { return Ok(None) };
        let row = self.db.fetch_one("pragma wal_checkpoint(truncate)", &[]).await?;
        row.map(|row| Ok(row.int(0)? == 0)).transpose()
    }

    /// Keeps what an erasure has said.
    ///
    /// # Errors
    /// The database failed.
    pub async fn keep_receipt(&self, id: &str, receipt: &str, at: Millis) -> Result<(), Error> {
        let sql = "insert into erasure (id, at, receipt) values ($1, $2, $3)";
        self.db.execute(sql, args![id, at, receipt]).await.map(drop)
    }
}

impl Reader {
    /// The newest receipts of erasures, the newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn receipts(&self, limit: i64) -> Result<Vec<String>, Error> {
        let sql = "select receipt from erasure order by at desc, id limit $1";
        let rows = self.db.fetch_all(sql, args![limit]).await?;
        rows.iter().map(|row| row.text(0)).collect()
    }
}

/// Erases a task that has ended, whose row is locked.
pub(crate) async fn wipe(tx: &mut Tx, id: &str, now: Millis) -> Result<Erased, Error> {
    let mut erased = Erased { tasks: 1, ..Erased::default() };
    erased.keys = tx.execute("delete from task_key where task_id = $1", args![id]).await?;
    erased.sections = tx.execute("delete from section where task_id = $1", args![id]).await?;
    erased.questions = tx.execute("delete from challenge where task_id = $1", args![id]).await?;
    tx.execute("delete from stage where task_id = $1", args![id]).await?;
    tx.execute("delete from run_log where task_id = $1", args![id]).await?;
    erased.reasons = wipe_reason(tx, id).await?;
    let sql = "select id, code, msg from callback where task_id = $1";
    for row in tx.fetch_all(sql, args![id]).await? {
        let (callback, code, msg) = (row.text(0)?, row.int(1)?, row.text(2)?);
        let label = StateCode::parse(&code.to_string()).map_or("", StateCode::label);
        if msg != label && msg.starts_with(label) {
            let sql = "update callback set msg = $2 where id = $1";
            erased.messages += tx.execute(sql, args![&callback, label]).await?;
        }
    }
    tx.execute(
        "update task set session_sealed = null, login_sealed = null, person = null,
           login_digest = null, wiped_at = $2
         where id = $1",
        args![id, now],
    )
    .await?;
    Ok(erased)
}

/// Leaves of a failure its kind, and nothing of what a portal said.
async fn wipe_reason(tx: &mut Tx, id: &str) -> Result<u64, Error> {
    let sql = "select stage, detail from task where id = $1";
    let row = tx.fetch_one(sql, args![id]).await?;
    let row = row.ok_or_else(|| corrupt("task", "id", id))?;
    let Some(Stage::Failed(mut failure)) = Stage::parse(&row.text(0)?, &row.text(1)?) else {
        return Ok(0);
    };
    if failure.reason.is_empty() {
        return Ok(0);
    }
    failure.reason = String::new();
    let detail = Stage::Failed(failure).detail();
    tx.execute("update task set detail = $2 where id = $1", args![id, &detail]).await
}
