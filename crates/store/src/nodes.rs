//! Nodes: who is alive, with which public key, and the slot that keeps their seqNums apart.

use fiveone_model::clock::Millis;
use fiveone_model::seq_num::SLOTS;
use fiveone_model::task::StageName;

use crate::db::args;
use crate::tasks::sql_list;
use crate::wakeups::tell_of_work;
use crate::{Error, Reader, Writer, exactly_one};

/// A node that is alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRow {
    /// Its id, new at every start.
    pub id: String,
    /// The X25519 public key whose other half is only in its memory.
    pub public_key: Vec<u8>,
    /// Shows those who can check it that the node belongs to them.
    pub proof: String,
}

/// A node as the others see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LivingNode {
    /// Its id.
    pub id: String,
    /// Its slot.
    pub slot: i64,
    /// How often its heart has beaten.
    pub beats: i64,
    /// Its public key.
    pub public_key: Vec<u8>,
    /// Shows those who can check it that the node belongs to them.
    pub proof: String,
    /// The key that tells twins, sealed to it, once it has it.
    pub twin_key_sealed: Option<Vec<u8>>,
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

impl Reader {
    /// The nodes that nobody has declared dead and that have not stopped, by slot.
    ///
    /// # Errors
    /// The database failed.
    pub async fn living_nodes(&self) -> Result<Vec<LivingNode>, Error> {
        let sql = "select id, slot, beats, public_key, proof, twin_key_sealed from node
                   where stopped_at is null
                   order by slot";
        let rows = self.db.fetch_all(sql, &[]).await?;
        rows.iter()
            .map(|row| {
                Ok(LivingNode {
                    id: row.text(0)?,
                    slot: row.int(1)?,
                    beats: row.int(2)?,
                    public_key: row.blob(3)?,
                    proof: row.text(4)?,
                    twin_key_sealed: row.maybe_blob(5)?,
                })
            })
            .collect()
    }
}

impl Writer {
    /// Registers a node that starts now, and gives it the lowest free slot.
    ///
    /// # Errors
    /// The database failed, or all slots are taken by nodes that nobody has declared dead.
    pub async fn register_node(&self, node: &NodeRow, now: Millis) -> Result<u16, Error> {
        // Nodes that start at the same instant see the same slot free.
        for _ in 1..SLOTS {
            match self.try_register(node, now).await {
                Err(Error::Database(sqlx::Error::Database(error)))
                    if error.is_unique_violation() => {}
                other => return other,
            }
        }
        self.try_register(node, now).await
    }

    async fn try_register(&self, node: &NodeRow, now: Millis) -> Result<u16, Error> {
        let mut tx = self.db.begin().await?;
        let rows = tx
            .fetch_all("select slot from node where stopped_at is null order by slot {lock}", &[])
            .await?;
        let taken = rows.iter().map(|row| row.int(0)).collect::<Result<Vec<_>, _>>()?;
        let slot =
            (0..SLOTS).find(|&slot| !taken.contains(&i64::from(slot))).ok_or(Error::NoSlot)?;
        tx.execute(
            "insert into node (id, public_key, proof, slot, started_at, beats, seen_at)
             values ($1, $2, $3, $4, $5, 0, $5)",
            args![&node.id, &node.public_key, &node.proof, i64::from(slot), now],
        )
        .await?;
        tx.commit().await?;
        Ok(slot)
    }

    /// Says that the node lives. Every lease of its tasks lasts as long as this is said in time, so
    /// one row a tick keeps them all.
    ///
    /// # Errors
    /// The database failed, or others declared the node dead.
    pub async fn heartbeat(&self, id: &str, now: Millis) -> Result<(), Error> {
        let rows = self
            .db
            .execute_pulse(
                "update node set beats = beats + 1, seen_at = $2
                 where id = $1 and stopped_at is null",
                args![id, now],
            )
            .await?;
        exactly_one(rows, "node", id)
    }

    /// Hands a node the key that tells twins, unless it has one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn hand_twin_key(&self, id: &str, sealed: &[u8]) -> Result<bool, Error> {
        let sql = "update node set twin_key_sealed = $2
                   where id = $1 and twin_key_sealed is null and stopped_at is null";
        Ok(self.db.execute(sql, args![id, sealed]).await? == 1)
    }

    /// Declares a node dead, unless its heart has beaten since it was seen with `beats`: its leases
    /// are over from now on, and it can say no more that it lives.
    ///
    /// # Errors
    /// The database failed.
    pub async fn declare_dead(&self, id: &str, beats: i64, now: Millis) -> Result<bool, Error> {
        let sql = "update node set stopped_at = $3
                   where id = $1 and beats = $2 and stopped_at is null";
        Ok(self.db.execute_pulse(sql, args![id, beats, now]).await? == 1)
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
        tell_of_work(&mut tx).await?;
        tx.commit().await
    }
}
