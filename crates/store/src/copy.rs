//! Moving a deployment: every row of one database into another, empty one, all or none.

use fiveone_model::clock::Millis;
use sqlx::{Row as _, TypeInfo as _};

use crate::db::{Arg, Row, Tx, args};
use crate::erasure::wipe;
use crate::{Error, Store};

/// Every table, each after those it refers to, with the columns of its key.
const TABLES: [(&str, &[&str]); 31] = [
    ("node", &["id"]),
    ("app", &["id"]),
    ("default_tariff", &["product"]),
    ("tariff", &["app_id", "product"]),
    ("wallet", &["app_id"]),
    ("entry", &["app_id", "seq"]),
    ("task", &["id"]),
    ("task_key", &["task_id"]),
    ("hold", &["task_id"]),
    ("challenge", &["task_id", "seq"]),
    ("section", &["task_id", "name"]),
    ("stage", &["task_id", "seq"]),
    ("run_log", &["task_id", "fence", "seq"]),
    ("callback", &["id"]),
    ("callback_attempt", &["callback_id", "attempt"]),
    ("idempotency", &["app_id", "key"]),
    ("nonce", &["app_id", "nonce"]),
    ("area_switch", &["product", "area"]),
    ("evidence", &["product", "area", "part"]),
    ("kept_key", &["name"]),
    ("checkpoint", &["number"]),
    ("erasure", &["id"]),
    ("link", &["id"]),
    ("link_part", &["link_id", "product"]),
    ("wrong_result", &["link_id", "product", "section"]),
    ("return_url", &["app_id", "url"]),
    ("api_key", &["id"]),
    ("operator", &["name"]),
    ("operator_session", &["digest"]),
    ("deed", &["id"]),
    ("sandbox", &["app_id"]),
];

/// What leads to a person, and is worth nothing without a key that is not there.
const OF_PERSONS: [&str; 5] = ["task_key", "section", "run_log", "challenge", "idempotency"];

/// What a copy leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// Nothing.
    Nothing,
    /// Reports, their keys and questions, and by what persons are found: in the copy they were wiped at
    /// this instant.
    Reports(Millis),
}

/// Wipes what ended; of what is under way goes what leads to its person.
async fn leave_persons(target: &mut Tx, now: Millis) -> Result<(), Error> {
    let sql = "select id from task where finished_at is not null and wiped_at is null";
    for row in target.fetch_all(sql, &[]).await? {
        wipe(target, &row.text(0)?, now).await?;
    }
    let sql = "update task set person = null, login_digest = null, session_sealed = null,
                 login_sealed = null
               where wiped_at is null";
    target.execute(sql, &[]).await?;
    target.execute("update link set prefill_sealed = null", &[]).await.map(drop)
}

/// Rows read at once.
const PAGE: usize = 500;

/// A table and how many rows of it are there now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedTable {
    /// Its name.
    pub table: &'static str,
    /// Its rows.
    pub rows: i64,
}

/// The value of a column, with the type that it also has when it is null.
enum Cell {
    Text(Option<String>),
    Int(Option<i64>),
    Blob(Option<Vec<u8>>),
}

impl Cell {
    fn arg(&self) -> Arg<'_> {
        match self {
            Self::Text(text) => Arg::MaybeText(text.as_deref()),
            Self::Int(number) => Arg::MaybeInt(*number),
            Self::Blob(bytes) => Arg::Blob(bytes.as_deref()),
        }
    }
}

impl Store {
    /// Copies every row into `to`, and compares what is there then: the rows of each table, and
    /// each wallet's balances and head of its chain. Nothing is written when they differ.
    ///
    /// # Errors
    /// Either database failed, `to` is not empty, or what was written is not what was read.
    pub async fn copy_to(&self, to: &Self, leave: Leave) -> Result<Vec<CopiedTable>, Error> {
        let mut source = self.read.db.begin_reading().await?;
        let mut target = to.write.db.begin().await?;
        let mut copied = Vec::with_capacity(TABLES.len());
        for (table, key) in TABLES {
            if count(&mut target, table).await? > 0 {
                return Err(Error::NotEmpty { table });
            }
            if leave != Leave::Nothing && OF_PERSONS.contains(&table) {
                continue;
            }
            copy_table(&mut source, &mut target, table, key).await?;
            let rows = count(&mut target, table).await?;
            if rows != count(&mut source, table).await? {
                return Err(Error::CopyDiffers { table });
            }
            copied.push(CopiedTable { table, rows });
        }
        if let Leave::Reports(now) = leave {
            leave_persons(&mut target, now).await?;
        }
        if books(&mut source).await? != books(&mut target).await? {
            return Err(Error::CopyDiffers { table: "wallet" });
        }
        target.commit().await?;
        Ok(copied)
    }
}

async fn copy_table(
    source: &mut Tx,
    target: &mut Tx,
    table: &'static str,
    key: &[&str],
) -> Result<(), Error> {
    let keys = key.join(", ");
    let places: Vec<_> = (1..=key.len()).map(|place| format!("${place}")).collect();
    let first = format!("select * from {table} order by {keys} limit {PAGE}");
    let next = format!(
        "select * from {table} where ({keys}) > ({}) order by {keys} limit {PAGE}",
        places.join(", ")
    );
    let mut rows = source.fetch_all(&first, &[]).await?;
    while let Some(last) = rows.last() {
        for row in &rows {
            insert(target, table, row).await?;
        }
        if rows.len() < PAGE {
            break;
        }
        let columns = last.columns();
        let mut after = Vec::with_capacity(key.len());
        for name in key {
            let at = columns.iter().position(|(column, _)| column == name);
            let at = at.ok_or(Error::CopyDiffers { table })?;
            after.push(last.cell(at, &columns[at].1)?);
        }
        let after: Vec<_> = after.iter().map(Cell::arg).collect();
        rows = source.fetch_all(&next, &after).await?;
    }
    Ok(())
}

async fn insert(target: &mut Tx, table: &str, row: &Row) -> Result<(), Error> {
    let columns = row.columns();
    let cells = columns.iter().enumerate().map(|(at, (_, kind))| row.cell(at, kind));
    let cells = cells.collect::<Result<Vec<_>, _>>()?;
    let names: Vec<_> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let places: Vec<_> = (1..=names.len()).map(|place| format!("${place}")).collect();
    let sql = format!("insert into {table} ({}) values ({})", names.join(", "), places.join(", "));
    let args: Vec<_> = cells.iter().map(Cell::arg).collect();
    target.execute(&sql, &args).await.map(drop)
}

async fn count(tx: &mut Tx, table: &str) -> Result<i64, Error> {
    let sql = format!("select cast(count(*) as bigint) from {table}");
    tx.fetch_one(&sql, args![]).await?.map_or(Ok(0), |row| row.int(0))
}

/// Every wallet with its balances, its last entry and the hash of its chain.
async fn books(tx: &mut Tx) -> Result<Vec<String>, Error> {
    let rows = tx
        .fetch_all(
            "select app_id, free_fen, held_fen, revenue_fen, funding_fen, entry_seq, head_hash
             from wallet",
            &[],
        )
        .await?;
    let mut lines: Vec<_> = rows.iter().map(Row::dump).collect();
    lines.sort();
    Ok(lines)
}

impl Row {
    /// The names and types of its columns.
    fn columns(&self) -> Vec<(String, String)> {
        fn named(column: &impl sqlx::Column) -> (String, String) {
            (column.name().to_owned(), column.type_info().name().to_owned())
        }
        match self {
            Self::Sqlite(row) => row.columns().iter().map(named).collect(),
            Self::Postgres(row) => row.columns().iter().map(named).collect(),
        }
    }

    fn cell(&self, at: usize, kind: &str) -> Result<Cell, Error> {
        Ok(match kind {
            "TEXT" => Cell::Text(self.maybe_text(at)?),
            "BLOB" | "BYTEA" => Cell::Blob(self.maybe_blob(at)?),
            _ => Cell::Int(self.maybe_int(at)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_table_is_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        let store = Store::open(&url, 1).await.unwrap();
        let sql = "select name from sqlite_master where type = 'table'
                     and name not like 'sqlite%' and name <> '_sqlx_migrations' order by name";
        let mut known = TABLES.map(|(table, _)| table.to_owned());
        known.sort();
        assert_eq!(store.read.dump(sql).await.unwrap(), known);
    }
}
