//! What an operator asks of a database before anything else: whether it can be written, how its server
//! is set, what time it has there, and which nodes say that they live.

use std::collections::BTreeMap;

use fiveone_model::clock::Millis;

use crate::db::{Db, args};
use crate::{Error, Reader, Store};

/// A server of PostgreSQL, as this session meets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its clock.
    pub now: Millis,
    /// The size of the database in bytes.
    pub bytes: i64,
    /// Its settings by name, of those that matter to a ledger; what it does not know is not there.
    pub settings: BTreeMap<String, String>,
}

/// When a node was heard of last, by its own clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSign {
    /// Its id.
    pub id: String,
    /// Its slot.
    pub slot: i64,
    /// Its clock at its last heartbeat.
    pub seen_at: Millis,
}

impl Store {
    /// Writes a row and takes it back: whether there is a right to write and a place for it.
    ///
    /// # Errors
    /// It cannot be written.
    pub async fn try_writing(&self) -> Result<(), Error> {
        let mut tx = self.write.db.begin().await?;
        let sql = "insert into kept_key (name, sealed, made_at) values ('try', $1, 0)";
        tx.execute(sql, args![[0_u8].as_slice()]).await?;
        // Dropped without a commit, it is rolled back.
        drop(tx);
        Ok(())
    }
}

impl Reader {
    /// The server's condition; `None` for a file.
    ///
    /// # Errors
    /// The database failed.
    pub async fn server(&self) -> Result<Option<Server>, Error> {
        if !matches!(self.db, Db::Postgres { .. }) {
            return Ok(None);
        }
        let sql = "select name, setting from pg_settings
                   where name in ('fsync', 'full_page_writes', 'max_connections',
                                  'statement_timeout', 'synchronous_commit')";
        let rows = self.db.fetch_all(sql, &[]).await?;
        let settings = rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?)));
        let settings = settings.collect::<Result<_, Error>>()?;
        let sql = "select cast(extract(epoch from clock_timestamp()) * 1000 as bigint),
                          pg_database_size(current_database())";
        let row = self.db.fetch_one(sql, &[]).await?;
        let (now, bytes) =
            row.map_or(Ok((0, 0)), |row| Ok::<_, Error>((row.int(0)?, row.int(1)?)))?;
        Ok(Some(Server { now, bytes, settings }))
    }

    /// The nodes that have not stopped and that nobody has declared dead, by slot.
    ///
    /// # Errors
    /// The database failed.
    pub async fn node_signs(&self) -> Result<Vec<NodeSign>, Error> {
        let sql = "select id, slot, seen_at from node where stopped_at is null order by slot";
        let rows = self.db.fetch_all(sql, &[]).await?;
        let signs = rows
            .iter()
            .map(|row| Ok(NodeSign { id: row.text(0)?, slot: row.int(1)?, seen_at: row.int(2)? }));
        signs.collect()
    }
}
