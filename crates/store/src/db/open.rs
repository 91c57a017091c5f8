//! Opening either database, and the few words in which their SQL differs.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, SqlSafeStr as _, SqlStr};

use super::Db;
use super::group::Line;
use crate::Error;

/// How long a statement waits for a connection or for another process that writes.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long after its last use a connection to a server is taken to be whole. A test costs a round
/// trip, which would double what a statement costs.
const BELIEVED_FOR: Duration = Duration::from_secs(1);
/// What a session of a server may do: one that was paused in a transaction, or waits for one that
/// was, must not keep the others waiting for longer than half a lease.
const SESSION_LIMITS: &str = "set statement_timeout = '15s'; set lock_timeout = '4s';
    set idle_in_transaction_session_timeout = '5s'";
/// Connections that read a SQLite file beside the one that writes.
const SQLITE_READERS: u32 = 4;

impl Db {
    /// Opens `sqlite:PATH` or `postgres://…`; a file that is missing is made if it may be.
    pub(crate) async fn open(
        url: &str,
        connections_max: u32,
        may_make: bool,
    ) -> Result<Self, Error> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            return Self::open_sqlite(path.strip_prefix("//").unwrap_or(path), may_make).await;
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options: PgConnectOptions = url.parse()?;
            let pool = |connections: u32| {
                PgPoolOptions::new()
                    .max_connections(connections)
                    .acquire_timeout(PATIENCE)
                    .test_before_acquire(false)
                    .before_acquire(|connection, since| {
                        Box::pin(async move {
                            if since.idle_for > BELIEVED_FOR {
                                connection.ping().await?;
                            }
                            Ok(true)
                        })
                    })
                    .after_connect(|connection, _| {
                        Box::pin(async move { connection.execute(SESSION_LIMITS).await.map(drop) })
                    })
            };
            let pulse = pool(1).connect_with(options.clone()).await?;
            let pool = pool(connections_max).connect_with(options).await?;
            return Ok(Self::Postgres { pool, pulse, url: url.to_owned() });
        }
        Err(Error::Address)
    }

    async fn open_sqlite(path: &str, may_make: bool) -> Result<Self, Error> {
        if may_make {
            make_private(path)?;
        }
        // FULL: a commit is on the disk before it is answered; a ledger may not lose its last
        // entries to a power cut. Statements kept prepared: every text of this crate fits.
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(may_make)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(PATIENCE)
            .pragma("secure_delete", "on")
            .statement_cache_capacity(200);
        // Nothing lies between a connection and its file that could break unseen: no test.
        let pool = |connections: u32| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(PATIENCE)
                .test_before_acquire(false)
        };
        // When the disk is full SQLite itself ends the transaction, and the driver goes on taking
        // it for open: such a connection can begin no other one and is replaced.
        let writer = pool(1).before_acquire(|connection, _| {
            Box::pin(async move { Ok(!connection.is_in_transaction()) })
        });
        let writer = writer.connect_with(options.clone()).await?;
        let reader = pool(SQLITE_READERS).connect_with(options).await?;
        Ok(Self::Sqlite { reader, writer: Line::new(writer, PATIENCE) })
    }

    /// Closes every connection; later statements fail.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { reader, writer } => {
                reader.close().await;
                writer.pool().close().await;
            }
            Self::Postgres { pool, pulse, .. } => {
                pool.close().await;
                pulse.close().await;
            }
            Self::Faulty(db) => Box::pin(db.inner().close()).await,
        }
    }
}

/// Makes the file if it is missing, so that it is its owner's alone; SQLite gives the same rights to the
/// files it makes beside it. What is there keeps its rights.
fn make_private(path: &str) -> Result<(), Error> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match made {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(Error::Database(error.into())),
    }
}

/// The text for the database at hand.
pub(crate) fn sql_for(db: &Db, sql: &str) -> SqlStr {
    match db {
        Db::Sqlite { .. } => sqlite_sql(sql),
        Db::Postgres { .. } => postgres_sql(sql),
        Db::Faulty(db) => sql_for(db.inner(), sql),
    }
}

/// `{lock}` and `{skip}` are nothing: an immediate transaction is alone already.
pub(super) fn sqlite_sql(sql: &str) -> SqlStr {
    words(sql, [("{blob}", "BLOB"), ("{lock}", ""), ("{skip}", "")])
}

/// `{lock}` keeps a row for this transaction; `{skip}` passes over rows another one keeps.
pub(super) fn postgres_sql(sql: &str) -> SqlStr {
    words(
        sql,
        [("{blob}", "BYTEA"), ("{lock}", "for update"), ("{skip}", "for update skip locked")],
    )
}

/// Every text comes from a constant of this crate; the words put in are the ones above.
fn words(sql: &str, replacements: [(&str, &str); 3]) -> SqlStr {
    let mut text = sql.to_owned();
    if text.contains('{') {
        for (word, with) in replacements {
            text = text.replace(word, with);
        }
    }
    AssertSqlSafe(text).into_sql_str()
}

#[cfg(test)]
mod tests {
    use crate::Store;
    use crate::db::args;

    #[tokio::test]
    async fn a_full_disk_is_forgotten_as_soon_as_there_is_room() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        let db = Store::open(&url, 1).await.unwrap().write.db;
        db.execute("create table filler (bytes {blob})", &[]).await.unwrap();
        // As with a full disk: the file may not grow any more.
        db.execute("pragma max_page_count = 100", &[]).await.unwrap();
        let bytes = vec![7; 4 << 20];
        let mut tx = db.begin().await.unwrap();
        let full = tx.execute("insert into filler (bytes) values ($1)", args![&bytes]).await;
        assert!(full.unwrap_err().is_transient(), "it is worth another try");
        drop(tx);
        let mut tx = db.begin().await.expect("the writer begins another transaction");
        tx.execute("insert into filler (bytes) values ($1)", args![&bytes]).await.unwrap();
        tx.commit().await.unwrap();
    }
}
