//! Every query of the program, written once for both databases.
//!
//! [`Reader`] looks, [`Writer`] changes; who is handed only a `Reader` cannot write. A function's
//! name says its promise, and each write is one transaction. Time is an argument.

mod admit;
mod api_keys;
mod apps;
mod areas;
mod callback_log;
mod callbacks;
mod challenges;
mod claims;
mod copy;
mod db;
mod deeds;
mod erasure;
mod evidence;
mod history;
mod kept_callbacks;
mod ledger;
mod link_ends;
mod link_parts;
mod links;
mod migrations;
mod new_task;
mod nodes;
mod nonces;
mod operators;
mod overview;
mod pages;
mod quota;
mod retention;
mod run_log;
mod sandbox;
mod sealed;
mod sections;
mod settle;
mod stages;
mod task_search;
mod tasks;
mod transient;
mod unreadable;
mod vitals;
mod wakeups;
mod wrong_results;

use std::sync::Arc;

use db::{Db, Row};
use deeds::NotedDb;
use fiveone_model::app::AppId;
use fiveone_model::seq_num::SLOTS;
use fiveone_model::task::TaskId;

pub use api_keys::ApiKeyRow;
pub use apps::{AppRow, NewApp};
pub use areas::{AreaSwitch, ClosedBy};
pub use callback_log::AttemptRow;
pub use callbacks::{Attempt, CallbackAbout, CallbackRow, DueCallbacks, NewCallback};
pub use challenges::{Answering, Closing, OpenChallenge};
pub use claims::{Claimed, Leased};
pub use copy::{CopiedTable, Leave};
#[doc(hidden)]
pub use db::{Faults, Point, Turn};
pub use deeds::{Deed, DeedChoice};
pub use erasure::{Erase, Erased};
pub use evidence::EvidenceRow;
pub use history::{HoldRow, QuestionRow, TaskHistory};
pub use kept_callbacks::{CallbackChoice, CallbackState, KeptCallback};
pub use ledger::{BeginBooks, LedgerFinding, LedgerReport, Statement, StatementLine};
pub use link_ends::{HandingOver, LinkEnd};
pub use link_parts::{LinkPart, PartState};
pub use links::{Consent, LinkOutcome, LinkRow, NewLink};
pub use new_task::{Admitted, Idempotency, NewTask, Quota};
pub use nodes::{LivingNode, NodeRow};
pub use operators::{OperatorChange, OperatorRow, SessionRow};
pub use overview::{AppCallbacks, AreaEnds, EmptyWallet, Hour, MoneyMoved, NodeSeen, Overview};
pub use pages::{Mark, TaskChoice, TaskLine, Viewer};
pub use run_log::{RunLogBatch, RunLogRow};
pub use sealed::{SealedColumn, SealedValue};
pub use sections::SectionRow;
pub use settle::{Resolved, Settlement};
pub use stages::StageRow;
pub use task_search::{TaskListed, TaskSearch, TasksFound};
pub use tasks::{Leftovers, TaskRow};
pub use unreadable::{Found, Unreadable};
pub use vitals::{NodeSign, Server};
pub use wakeups::{Wakeup, Wakeups};
pub use wrong_results::WrongCount;

/// What can go wrong in the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused or could not be reached.
    #[error("database failed")]
    Database(#[from] sqlx::Error),
    /// The commit of this transaction and of those beside it failed; nothing of them was written.
    #[error("commit shared with other transactions failed")]
    SharedCommit(#[source] Arc<sqlx::Error>),
    /// A schema step failed.
    #[error("migration failed")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The address is neither `sqlite:PATH` nor `postgres://…`.
    #[error("store address is neither sqlite:PATH nor postgres://…")]
    Address,
    /// A row cannot be decoded.
    #[error("column {table}.{column} of {id} cannot be decoded")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key.
        id: String,
    },
    /// A compare-and-set was lost: somebody else changed the row first, or has the lease now.
    #[error("{what} {id} was changed by somebody else")]
    Stale {
        /// What the row is.
        what: &'static str,
        /// Its key.
        id: String,
    },
    /// The machine of stages has no such step: the caller's mistake, whoever holds the lease.
    #[error("task {task} cannot go from {from} to {to}")]
    IllegalStep {
        /// The task.
        task: TaskId,
        /// Where it is.
        from: &'static str,
        /// Where it should have gone.
        to: &'static str,
    },
    /// The task's link is over: nobody can hand over what it comes to, so it can do nothing but fail.
    #[error("nobody wants task {task} any more")]
    Unwanted {
        /// The task.
        task: TaskId,
    },
    /// Every slot belongs to a living node, so another cannot start.
    #[error("all {SLOTS} node slots are taken by living nodes; stop one first")]
    NoSlot,
    /// What was to be changed does not exist.
    #[error("there is no {what} {id}")]
    Missing {
        /// What the row would be.
        what: &'static str,
        /// Its key.
        id: String,
    },
    /// A database that is to be filled holds something already.
    #[error("the database to fill has rows in {table} already")]
    NotEmpty {
        /// Where.
        table: &'static str,
    },
    /// What was copied is not what is there; nothing was written.
    #[error("the copy of {table} differs")]
    CopyDiffers {
        /// Where.
        table: &'static str,
    },
    /// Money can only be added to a wallet.
    #[error("the amount must be positive")]
    NotPositive,
    /// More than one wallet ever gets.
    #[error("the amount is more than a wallet takes")]
    TooMuch,
    /// Money is moved only under the key of the books, and nobody has opened them.
    #[error("the books are not open: nobody has unsealed their key")]
    BooksAreClosed,
    /// The books have entries and no key: an earlier version wrote them, or somebody took it away.
    #[error(
        "the books have entries and no key that signs them; when an earlier version wrote them, \
         `fiveone ledger adopt` signs them as they are"
    )]
    UnsignedBooks,
    /// A rule of the books would be broken; nothing was written.
    #[error("ledger rule: {0}")]
    Ledger(String),
}

/// The two halves of an open store.
#[derive(Clone)]
pub struct Store {
    /// Looks.
    pub read: Reader,
    /// Changes.
    pub write: Writer,
}

/// The half that looks.
#[derive(Clone)]
pub struct Reader {
    pub(crate) db: Db,
    pub(crate) books: ledger::Books,
}

/// The half that changes.
#[derive(Clone)]
pub struct Writer {
    pub(crate) db: NotedDb,
    pub(crate) books: ledger::Books,
}

impl Store {
    /// Opens `sqlite:PATH` (made when missing) or `postgres://…` and brings the schema up to date.
    ///
    /// # Errors
    /// The address is wrong, the database cannot be reached, or a step of the schema fails.
    pub async fn open(url: &str, connections_max: u32) -> Result<Self, Error> {
        let db = Db::open(url, connections_max, true).await?;
        migrations::run(&db).await?;
        Ok(Self::of(db))
    }

    /// Opens a database that is there as it is: nothing is made and no step of the schema is taken.
    /// Only with the schema of this program ([`Reader::schema_steps`]) may anything else be asked of it.
    ///
    /// # Errors
    /// The address is wrong, or the database is not there or cannot be reached.
    pub async fn open_as_it_is(url: &str) -> Result<Self, Error> {
        Ok(Self::of(Db::open(url, 1, false).await?))
    }

    fn of(db: Db) -> Self {
        let books = ledger::Books::default();
        let read = Reader { db: db.clone(), books: books.clone() };
        Self { read, write: Writer { db: NotedDb::plain(db), books } }
    }

    /// The same store, on SQLite, as a node of a simulation meets it; `drivers` is a runtime with
    /// threads of its own.
    #[doc(hidden)]
    #[must_use]
    pub fn with_faults(&self, faults: Arc<dyn Faults>, drivers: tokio::runtime::Handle) -> Self {
        let db = Db::Faulty(db::FaultyDb::new((*self.write.db).clone(), faults, drivers));
        let books = self.read.books.clone();
        let read = Reader { db: db.clone(), books: books.clone() };
        Self { read, write: Writer { db: NotedDb::plain(db), books } }
    }

    /// Closes every connection; later calls fail.
    pub async fn close(&self) {
        self.write.db.close().await;
    }
}

impl Reader {
    /// Whether the database answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<(), Error> {
        self.db.fetch_one("select 1", &[]).await.map(drop)
    }

    /// The schema step the database is at, and the newest this program knows.
    ///
    /// # Errors
    /// The database failed.
    pub async fn schema_steps(&self) -> Result<(i64, i64), Error> {
        let row = self
            .db
            .fetch_one("select cast(max(version) as bigint) from _sqlx_migrations", &[])
            .await?;
        let at = row.map_or(Ok(None), |row| row.maybe_int(0))?.unwrap_or(0);
        Ok((at, migrations::newest()))
    }

    /// Rows of any query as lines of text; for the suite's comparisons only.
    ///
    /// # Errors
    /// The database failed.
    #[doc(hidden)]
    pub async fn dump(&self, sql: &'static str) -> Result<Vec<String>, Error> {
        let rows = self.db.fetch_all(sql, &[]).await?;
        Ok(rows.iter().map(db::Row::dump).collect())
    }
}

/// A compare-and-set changes exactly one row; anything else means that it was lost.
fn exactly_one(rows: u64, what: &'static str, id: &str) -> Result<(), Error> {
    if rows == 1 { Ok(()) } else { Err(Error::Stale { what, id: id.to_owned() }) }
}

fn missing(what: &'static str, id: &str) -> Error {
    Error::Missing { what, id: id.to_owned() }
}

/// The task id in a column.
fn task_id(row: &Row, at: usize, table: &'static str) -> Result<TaskId, Error> {
    let id = row.text(at)?;
    TaskId::parse(&id).ok_or_else(|| corrupt(table, "task id", &id))
}

/// The app id in a column.
fn app_id(row: &Row, at: usize, table: &'static str) -> Result<AppId, Error> {
    let id = row.text(at)?;
    AppId::parse(&id).ok_or_else(|| corrupt(table, "app id", &id))
}

fn corrupt(table: &'static str, column: &'static str, id: &str) -> Error {
    Error::Corrupt { table, column, id: id.to_owned() }
}
