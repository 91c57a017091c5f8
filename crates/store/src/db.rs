//! The two databases behind one interface: texts with `$1` places, three kinds of argument, rows
//! that are read by position or by name. Only this file and `db/open.rs` know which driver runs.
//!
//! Columns are TEXT, BIGINT and {blob} alone, so nothing is lost by not naming driver types.

mod faulty;
mod group;
mod open;

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Column as _, ColumnIndex, Row as _, TypeInfo as _, ValueRef as _};

use crate::Error;

pub use faulty::{Faults, Point, Turn};
pub(crate) use faulty::{FaultyDb, FaultyTx};
pub(crate) use open::sql_for;

/// The handle of a database; cheap to clone.
#[derive(Clone)]
pub(crate) enum Db {
    /// One file, written by one connection at a time: transactions stand in line instead of failing
    /// with "database is locked".
    Sqlite {
        /// Readers; they never wait for the writer (WAL).
        reader: sqlx::SqlitePool,
        /// The one writer.
        writer: group::Line,
    },
    /// A server.
    Postgres {
        /// Whatever is asked.
        pool: sqlx::PgPool,
        /// One connection for heartbeats alone: they wait behind nothing else.
        pulse: sqlx::PgPool,
        /// Its address, for connections that only listen.
        url: String,
    },
    /// One of them that fails as a simulation says.
    Faulty(FaultyDb),
}

/// One argument of a statement.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Arg<'a> {
    /// TEXT
    Text(&'a str),
    /// TEXT or null
    MaybeText(Option<&'a str>),
    /// BIGINT
    Int(i64),
    /// BIGINT or null
    MaybeInt(Option<i64>),
    /// Bytes or null
    Blob(Option<&'a [u8]>),
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}
impl<'a> From<&'a String> for Arg<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}
impl<'a> From<Option<&'a str>> for Arg<'a> {
    fn from(text: Option<&'a str>) -> Self {
        Self::MaybeText(text)
    }
}
impl From<i64> for Arg<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}
impl From<Option<i64>> for Arg<'_> {
    fn from(number: Option<i64>) -> Self {
        Self::MaybeInt(number)
    }
}
impl From<bool> for Arg<'_> {
    fn from(flag: bool) -> Self {
        Self::Int(i64::from(flag))
    }
}
impl<'a> From<&'a [u8]> for Arg<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Blob(Some(bytes))
    }
}
impl<'a> From<&'a Vec<u8>> for Arg<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::Blob(Some(bytes))
    }
}
impl<'a> From<Option<&'a [u8]>> for Arg<'a> {
    fn from(bytes: Option<&'a [u8]>) -> Self {
        Self::Blob(bytes)
    }
}

/// The arguments of a statement, in order.
macro_rules! args {
    ($($value:expr),* $(,)?) => { &[$($crate::db::Arg::from($value)),*] };
}
pub(crate) use args;

/// A prepared query with its arguments bound; the same expression for either driver.
macro_rules! bound {
    ($sql:expr, $args:expr) => {{
        let mut query = sqlx::query($sql);
        for arg in $args {
            query = match *arg {
                Arg::Text(text) => query.bind(text.to_owned()),
                Arg::MaybeText(text) => query.bind(text.map(str::to_owned)),
                Arg::Int(number) => query.bind(number),
                Arg::MaybeInt(number) => query.bind(number),
                Arg::Blob(bytes) => query.bind(bytes.map(<[u8]>::to_vec)),
            };
        }
        query
    }};
}

/// A row of either driver.
pub(crate) enum Row {
    /// Of SQLite.
    Sqlite(SqliteRow),
    /// Of PostgreSQL.
    Postgres(PgRow),
}

/// A column by its position or its name, in the rows of either driver.
pub(crate) trait At: ColumnIndex<SqliteRow> + ColumnIndex<PgRow> {}
impl<T: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>> At for T {}

macro_rules! column {
    ($self:expr, $at:expr, $kind:ty) => {
        match $self {
            Row::Sqlite(row) => row.try_get::<$kind, _>($at),
            Row::Postgres(row) => row.try_get::<$kind, _>($at),
        }
        .map_err(Error::from)
    };
}

impl Row {
    pub(crate) fn text(&self, at: impl At) -> Result<String, Error> {
        column!(self, at, String)
    }
    pub(crate) fn maybe_text(&self, at: impl At) -> Result<Option<String>, Error> {
        column!(self, at, Option<String>)
    }
    pub(crate) fn int(&self, at: impl At) -> Result<i64, Error> {
        column!(self, at, i64)
    }
    pub(crate) fn maybe_int(&self, at: impl At) -> Result<Option<i64>, Error> {
        column!(self, at, Option<i64>)
    }
    pub(crate) fn flag(&self, at: impl At) -> Result<bool, Error> {
        Ok(self.int(at)? != 0)
    }
    pub(crate) fn blob(&self, at: impl At) -> Result<Vec<u8>, Error> {
        column!(self, at, Vec<u8>)
    }
    pub(crate) fn maybe_blob(&self, at: impl At) -> Result<Option<Vec<u8>>, Error> {
        column!(self, at, Option<Vec<u8>>)
    }

    /// The row as one line of text, for the schema comparison of the suite.
    pub(crate) fn dump(&self) -> String {
        fn cells(count: usize, cell: impl Fn(usize) -> String) -> String {
            (0..count).map(cell).collect::<Vec<_>>().join(" | ")
        }
        match self {
            Self::Sqlite(row) => cells(row.columns().len(), |index| {
                row.try_get::<Option<String>, _>(index)
                    .map(Option::unwrap_or_default)
                    .or_else(|_| row.try_get::<i64, _>(index).map(|number| number.to_string()))
                    .unwrap_or_else(|_| row.columns()[index].type_info().name().to_owned())
            }),
            Self::Postgres(row) => cells(row.columns().len(), |index| {
                let is_null = row.try_get_raw(index).is_ok_and(|value| value.is_null());
                if is_null {
                    return String::new();
                }
                row.try_get::<String, _>(index)
                    .or_else(|_| row.try_get::<i64, _>(index).map(|number| number.to_string()))
                    .unwrap_or_else(|_| row.columns()[index].type_info().name().to_owned())
            }),
        }
    }
}

impl Db {
    /// Runs one statement of its own on the writing side; returns how many rows it changed.
    pub(crate) async fn execute(&self, sql: &str, args: &[Arg<'_>]) -> Result<u64, Error> {
        Ok(match self {
            Self::Sqlite { writer, .. } => {
                bound!(sql_for(self, sql), args).execute(writer.pool()).await?.rows_affected()
            }
            Self::Postgres { pool, .. } => {
                bound!(sql_for(self, sql), args).execute(pool).await?.rows_affected()
            }
            Self::Faulty(db) => db.execute(sql, args).await?,
        })
    }

    /// The same for a heartbeat. SQLite has one writer, and its line is the fairest way to it.
    pub(crate) async fn execute_pulse(&self, sql: &str, args: &[Arg<'_>]) -> Result<u64, Error> {
        let Self::Postgres { pulse, .. } = self else { return self.execute(sql, args).await };
        Ok(bound!(sql_for(self, sql), args).execute(pulse).await?.rows_affected())
    }

    /// Reads at most one row.
    pub(crate) async fn fetch_one(
        &self,
        sql: &str,
        args: &[Arg<'_>],
    ) -> Result<Option<Row>, Error> {
        Ok(match self {
            Self::Sqlite { reader, .. } => {
                bound!(sql_for(self, sql), args).fetch_optional(reader).await?.map(Row::Sqlite)
            }
            Self::Postgres { pool, .. } => {
                bound!(sql_for(self, sql), args).fetch_optional(pool).await?.map(Row::Postgres)
            }
            Self::Faulty(db) => db.fetch_one(sql, args).await?,
        })
    }

    /// Reads all rows.
    pub(crate) async fn fetch_all(&self, sql: &str, args: &[Arg<'_>]) -> Result<Vec<Row>, Error> {
        Ok(match self {
            Self::Sqlite { reader, .. } => {
                let rows = bound!(sql_for(self, sql), args).fetch_all(reader).await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Self::Postgres { pool, .. } => {
                let rows = bound!(sql_for(self, sql), args).fetch_all(pool).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
            Self::Faulty(db) => db.fetch_all(sql, args).await?,
        })
    }

    /// Begins a writing transaction; dropped without [`Tx::commit`] it is rolled back.
    pub(crate) async fn begin(&self) -> Result<Tx, Error> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Tx::Grouped(writer.begin().await?),
            Self::Postgres { pool, .. } => Tx::Postgres(pool.begin().await?),
            Self::Faulty(db) => Tx::Faulty(db.begin().await?),
        })
    }

    /// Begins a transaction in which every statement sees the same state, however long they take;
    /// nobody waits for it, and it may not write.
    pub(crate) async fn begin_reading(&self) -> Result<Tx, Error> {
        let mut tx = match self {
            Self::Sqlite { reader, .. } => Tx::Sqlite(reader.begin().await?),
            Self::Postgres { pool, .. } => Tx::Postgres(pool.begin().await?),
            Self::Faulty(db) => Tx::Faulty(db.begin().await?),
        };
        tx.read_one_state().await?;
        if let Tx::Postgres(_) = &tx {
            tx.execute("set transaction read only", &[]).await?;
            tx.execute("set local statement_timeout = 0", &[]).await?;
        }
        Ok(tx)
    }
}

/// A transaction, of [`Db::begin`] a writing one.
pub(crate) enum Tx {
    /// Of SQLite, reading.
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    /// Of SQLite, writing.
    Grouped(group::Member),
    /// Of PostgreSQL, read committed: whoever reads to decide must lock the row first.
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
    /// One that may fail.
    Faulty(FaultyTx),
}

impl Tx {
    /// Runs a statement; returns how many rows it changed.
    pub(crate) async fn execute(&mut self, sql: &str, args: &[Arg<'_>]) -> Result<u64, Error> {
        Ok(match self {
            Self::Sqlite(tx) => {
                bound!(open::sqlite_sql(sql), args).execute(&mut **tx).await?.rows_affected()
            }
            Self::Grouped(tx) => {
                let query = bound!(open::sqlite_sql(sql), args);
                query.execute(tx.connection()?).await?.rows_affected()
            }
            Self::Postgres(tx) => {
                bound!(open::postgres_sql(sql), args).execute(&mut **tx).await?.rows_affected()
            }
            Self::Faulty(tx) => tx.execute(sql, args).await?,
        })
    }

    /// Reads at most one row.
    pub(crate) async fn fetch_one(
        &mut self,
        sql: &str,
        args: &[Arg<'_>],
    ) -> Result<Option<Row>, Error> {
        Ok(match self {
            Self::Sqlite(tx) => {
                let query = bound!(open::sqlite_sql(sql), args);
                query.fetch_optional(&mut **tx).await?.map(Row::Sqlite)
            }
            Self::Grouped(tx) => {
                let query = bound!(open::sqlite_sql(sql), args);
                query.fetch_optional(tx.connection()?).await?.map(Row::Sqlite)
            }
            Self::Postgres(tx) => {
                let query = bound!(open::postgres_sql(sql), args);
                query.fetch_optional(&mut **tx).await?.map(Row::Postgres)
            }
            Self::Faulty(tx) => tx.fetch_one(sql, args).await?,
        })
    }

    /// Reads all rows.
    pub(crate) async fn fetch_all(
        &mut self,
        sql: &str,
        args: &[Arg<'_>],
    ) -> Result<Vec<Row>, Error> {
        Ok(match self {
            Self::Sqlite(tx) => {
                let rows = bound!(open::sqlite_sql(sql), args).fetch_all(&mut **tx).await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Self::Grouped(tx) => {
                let query = bound!(open::sqlite_sql(sql), args);
                query.fetch_all(tx.connection()?).await?.into_iter().map(Row::Sqlite).collect()
            }
            Self::Postgres(tx) => {
                let rows = bound!(open::postgres_sql(sql), args).fetch_all(&mut **tx).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
            Self::Faulty(tx) => tx.fetch_all(sql, args).await?,
        })
    }

    /// Waits until no other transaction has taken the same name, and keeps it to the end of this one.
    pub(crate) async fn serialize(&mut self, name: &str) -> Result<(), Error> {
        match self {
            Self::Sqlite(_) | Self::Grouped(_) | Self::Faulty(_) => Ok(()),
            Self::Postgres(_) => {
                let sql = "select 1 from (select pg_advisory_xact_lock(hashtextextended($1, 0))) l";
                self.fetch_one(sql, args![name]).await.map(drop)
            }
        }
    }

    /// Has every statement of this transaction, which must be its first, see the same state.
    pub(crate) async fn read_one_state(&mut self) -> Result<(), Error> {
        match self {
            Self::Sqlite(_) | Self::Grouped(_) | Self::Faulty(_) => Ok(()),
            Self::Postgres(_) => {
                let sql = "set transaction isolation level repeatable read";
                self.execute(sql, &[]).await.map(drop)
            }
        }
    }

    /// Tells every node that listens, once this transaction has ended well. On SQLite nobody
    /// listens: other processes look at every tick.
    pub(crate) async fn notify(&mut self, channel: &str, what: &str) -> Result<(), Error> {
        match self {
            Self::Sqlite(_) | Self::Grouped(_) | Self::Faulty(_) => Ok(()),
            Self::Postgres(_) => {
                let sql = "select 1 from (select pg_notify($1, $2)) told";
                self.fetch_one(sql, args![channel, what]).await.map(drop)
            }
        }
    }

    /// Makes it last.
    pub(crate) async fn commit(self) -> Result<(), Error> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Grouped(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
            Self::Faulty(tx) => tx.commit().await?,
        }
        Ok(())
    }
}
