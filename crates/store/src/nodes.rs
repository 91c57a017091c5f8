//! Nodes: who is alive, with which public key, and the slot that keeps their seqNums apart.

use fiveone_model::clock::Millis;
use fiveone_model::seq_num::SLOTS;
use fiveone_model::task::StageName;

use crate::db::args;
use crate::tasks::sql_list;
use crate::{Error, Reader, Writer, exactly_one};

/// A node that is alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRow {
    /// Its id, new at every start.
    pub id: String,
    /// The X25519 public key whose other half is only in its memory.
    pub public_key: Vec<u8>,
}

impl Reader {
    /// The public key of a node that has not stopped.
    ///
    /// # Errors
    /// The database failed.
    pub async fn node_key(&self, id: &str) -> Result<Option<Vec<u8>>, Error> {
        let row = self
            .db
            .fetch_one(
                "select public_key from node where id = $1 and stopped_at is null",
                args![id],
            )
            .await?;
        row.map(|row| row.blob(0)).transpose()
    }
}

impl Writer {
    /// Registers a node that starts now, and gives it the lowest free slot. Nodes not seen since
    /// `dead_before` are taken for stopped, which frees their slots.
    ///
    /// # Errors
    /// The database failed, or all slots are taken by living nodes.
    pub async fn register_node(
        &self,
        node: &NodeRow,
        now: Millis,
        dead_before: Millis,
    ) -> Result<u16, Error> {
        let mut tx = self.db.begin().await?;
        tx.execute(
            "update node set stopped_at = seen_at
             where stopped_at is null and seen_at < $1",
            args![dead_before],
        )
        .await?;
        let rows = tx
            .fetch_all("select slot from node where stopped_at is null order by slot {lock}", &[])
            .await?;
        let taken = rows.iter().map(|row| row.int(0)).collect::<Result<Vec<_>, _>>()?;
        let slot =
            (0..SLOTS).find(|&slot| !taken.contains(&i64::from(slot))).ok_or(Error::NoSlot)?;
        tx.execute(
            "insert into node (id, public_key, slot, started_at, seen_at)
             values ($1, $2, $3, $4, $4)",
            args![&node.id, &node.public_key, i64::from(slot), now],
        )
        .await?;
        tx.commit().await?;
        Ok(slot)
    }

    /// Says that the node lives. Every lease of its tasks lasts as long as this is said in time, so
    /// one row a tick keeps them all.
    ///
    /// # Errors
    /// The database failed, or others took the node for dead.
    pub async fn heartbeat(&self, id: &str, now: Millis) -> Result<(), Error> {
        let rows = self
            .db
            .execute(
                "update node set seen_at = $2 where id = $1 and stopped_at is null",
                args![id, now],
            )
            .await?;
        exactly_one(rows, "node", id)
    }

    /// Says that the node stops: leases of tasks past login are given back to whoever comes.
    ///
    /// # Errors
    /// The database failed.
    pub async fn stop_node(&self, id: &str, now: Millis) -> Result<(), Error> {
        let mut tx = self.db.begin().await?;
        tx.execute(
            "update node set stopped_at = $2, seen_at = $2 where id = $1 and stopped_at is null",
            args![id, now],
        )
        .await?;
        let sql = format!(
            "update task set leased_at = null, fence = fence + 1, updated_at = $2
             where node_id = $1 and stage in ({})",
            sql_list(&StageName::RESUMABLE)
        );
        tx.execute(&sql, args![id, now]).await?;
        tx.commit().await
    }
}
