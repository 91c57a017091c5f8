//! One commit for all that wait to write to a SQLite file.
//!
//! SQLite has one writer, and a commit that lasts costs a flush of the disk. Transactions that come
//! while another one is flushed are therefore run one after the other, each in a savepoint, and made
//! to last by one commit. None of them hears that it was committed before that commit has lasted;
//! when it fails, all of them hear that. The reasons are in `docs/adr/0012`.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use crate::Error;

/// What those hear whose transaction a failure of another one has ended.
const ENDED_BY_ANOTHER: &str = "ended by a failure of a transaction beside it";

/// How a commit ended, for everybody that it was for.
type Outcome = Result<(), Arc<sqlx::Error>>;

/// The line of those that write.
#[derive(Clone)]
pub(crate) struct Line {
    /// A pool of the one connection that writes.
    pool: SqlitePool,
    /// Served in the order of asking.
    group: Arc<Mutex<Group>>,
    /// How long one waits for its turn.
    patience: Duration,
}

/// The transactions that one commit will make last.
#[derive(Default)]
struct Group {
    /// The transaction around them, if one is open.
    outer: Option<Transaction<'static, Sqlite>>,
    /// Whether the last savepoint was neither released nor rolled back: its transaction was dropped.
    is_left: bool,
    /// Those that have done their part.
    done: Vec<oneshot::Sender<Outcome>>,
}

/// One transaction of a group; dropped without [`Member::commit`] it is rolled back, and it alone.
pub(crate) struct Member {
    group: OwnedMutexGuard<Group>,
}

impl Line {
    pub(super) fn new(pool: SqlitePool, patience: Duration) -> Self {
        Self { pool, group: Arc::default(), patience }
    }

    /// The pool of the connection, for what stands outside transactions.
    pub(crate) fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// Begins a transaction when its turn has come.
    pub(super) async fn begin(&self) -> Result<Member, Error> {
        let turn = Arc::clone(&self.group).lock_owned();
        let mut group = tokio::time::timeout(self.patience, turn)
            .await
            .map_err(|_| sqlx::Error::PoolTimedOut)?;
        group.roll_back_left().await;
        if group.outer.is_none() {
            group.outer = Some(self.pool.begin_with("begin immediate").await?);
            // Behind everybody who waits by now, and before whoever comes later. A task of its own:
            // a caller that is gone holds up nobody's commit.
            let group = Arc::clone(&self.group);
            tokio::spawn(async move { group.lock().await.commit().await });
        }
        // Said first: whether the savepoint was made is not known to one that is dropped meanwhile.
        group.is_left = true;
        run(group.connection()?, "savepoint member").await?;
        Ok(Member { group })
    }
}

impl Member {
    pub(super) fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        self.group.connection()
    }

    /// Makes it last, with all others of its group.
    pub(super) async fn commit(mut self) -> Result<(), Error> {
        if run(self.connection()?, "release savepoint member").await.is_err() {
            return Err(Error::SharedCommit(self.group.give_up()));
        }
        self.group.is_left = false;
        let (done, outcome) = oneshot::channel();
        self.group.done.push(done);
        drop(self);
        match outcome.await {
            Ok(outcome) => outcome.map_err(Error::SharedCommit),
            Err(_) => Err(sqlx::Error::WorkerCrashed.into()),
        }
    }
}

impl Group {
    fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        self.outer.as_deref_mut().ok_or(sqlx::Error::BeginFailed)
    }

    /// Undoes what a dropped transaction has done, and nothing of the others.
    async fn roll_back_left(&mut self) {
        if !std::mem::take(&mut self.is_left) {
            return;
        }
        let Some(outer) = &mut self.outer else { return };
        for undo in ["rollback to savepoint member", "release savepoint member"] {
            if run(outer, undo).await.is_err() {
                self.give_up();
                return;
            }
        }
    }

    async fn commit(&mut self) {
        self.roll_back_left().await;
        let Some(outer) = self.outer.take() else { return };
        match outer.commit().await {
            Ok(()) => self.tell(&Ok(())),
            Err(error) => self.tell(&Err(Arc::new(error))),
        }
    }

    /// Gives up the transaction around all: without its savepoint it is gone, as a full disk ends
    /// both. SQLite's words for that tell nothing of the cause, which the caller of the statement has
    /// heard. Whoever comes next begins another one.
    fn give_up(&mut self) -> Arc<sqlx::Error> {
        self.is_left = false;
        self.outer = None;
        let error = Arc::new(std::io::Error::other(ENDED_BY_ANOTHER).into());
        self.tell(&Err(Arc::clone(&error)));
        error
    }

    fn tell(&mut self, outcome: &Outcome) {
        for done in self.done.drain(..) {
            // Whoever no longer listens has lost interest, not its transaction.
            let _ = done.send(outcome.clone());
        }
    }
}

async fn run(connection: &mut SqliteConnection, sql: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query(sql).execute(connection).await.map(drop)
}

#[cfg(test)]
mod tests {
    use std::future::{Future, ready};
    use std::pin::Pin;

    use tokio::task::JoinHandle;

    use crate::db::{Db, Tx, args};
    use crate::{Error, Store};

    async fn made() -> (tempfile::TempDir, Db) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        let db = (*Store::open(&url, 1).await.unwrap().write.db).clone();
        db.execute("create table written (what text primary key, bytes {blob})", &[])
            .await
            .unwrap();
        (folder, db)
    }

    async fn write(tx: &mut Tx, what: &str, bytes: &[u8]) -> Result<u64, Error> {
        tx.execute("insert into written (what, bytes) values ($1, $2)", args![what, bytes]).await
    }

    async fn written(db: &Db) -> Vec<String> {
        let rows = db.fetch_all("select what from written order by what", &[]).await.unwrap();
        rows.iter().map(|row| row.text(0).unwrap()).collect()
    }

    /// Asks for a turn that has not come yet.
    async fn stand_in_line<'a>(
        db: &'a Db,
    ) -> Pin<Box<impl Future<Output = Result<Tx, Error>> + 'a>> {
        let mut begun = Box::pin(db.begin());
        tokio::select! {
            biased;
            _ = &mut begun => panic!("somebody else writes"),
            () = ready(()) => begun,
        }
    }

    /// Two transactions of one commit, since both stood in line behind a third. The first has done
    /// its part, and the second is about to do its own.
    async fn two(db: &Db) -> (JoinHandle<Result<(), Error>>, Tx) {
        let before = db.begin().await.unwrap();
        let (first, second) = (stand_in_line(db).await, stand_in_line(db).await);
        drop(before);
        let mut first = first.await.unwrap();
        write(&mut first, "first", &[]).await.unwrap();
        let first = tokio::spawn(first.commit());
        (first, second.await.unwrap())
    }

    #[tokio::test]
    async fn nobody_hears_of_a_commit_before_it_lasts() {
        let (_folder, db) = made().await;
        let (first, mut second) = two(&db).await;
        write(&mut second, "second", &[]).await.unwrap();
        assert!(!first.is_finished() && written(&db).await.is_empty());
        second.commit().await.unwrap();
        first.await.unwrap().unwrap();
        assert_eq!(written(&db).await, ["first", "second"]);
    }

    #[tokio::test]
    async fn one_that_is_dropped_takes_nothing_of_the_others_with_it() {
        let (_folder, db) = made().await;
        let (first, mut second) = two(&db).await;
        write(&mut second, "second", &[]).await.unwrap();
        drop(second);
        first.await.unwrap().unwrap();
        assert_eq!(written(&db).await, ["first"]);
    }

    #[tokio::test]
    async fn a_statement_that_fails_fails_its_own_transaction_alone() {
        let (_folder, db) = made().await;
        let (first, mut second) = two(&db).await;
        assert!(write(&mut second, "first", &[]).await.is_err(), "the key is taken");
        drop(second);
        first.await.unwrap().unwrap();
        let mut third = db.begin().await.unwrap();
        write(&mut third, "third", &[]).await.unwrap();
        third.commit().await.unwrap();
        assert_eq!(written(&db).await, ["first", "third"]);
    }

    #[tokio::test]
    async fn when_the_disk_is_full_all_hear_what_was_not_written() {
        let (_folder, db) = made().await;
        let (first, mut second) = two(&db).await;
        // As with a full disk: the file may not grow any more.
        second.execute("pragma max_page_count = 100", &[]).await.unwrap();
        let full = write(&mut second, "second", &vec![7; 4 << 20]).await.unwrap_err();
        assert!(full.is_transient());
        drop(second);
        let first = first.await.unwrap();
        assert!(first.as_ref().is_err_and(Error::is_transient), "{first:?}");
        assert!(written(&db).await.is_empty());
        let mut third = db.begin().await.expect("the next one begins on a new connection");
        write(&mut third, "third", &[]).await.unwrap();
        third.commit().await.unwrap();
        assert_eq!(written(&db).await, ["third"]);
    }

    #[tokio::test]
    async fn a_caller_that_is_gone_holds_up_nobody() {
        let (_folder, db) = made().await;
        let (first, mut second) = two(&db).await;
        first.abort();
        write(&mut second, "second", &[]).await.unwrap();
        second.commit().await.unwrap();
        assert_eq!(written(&db).await, ["first", "second"]);
    }
}
