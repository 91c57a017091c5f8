//! This node: its id, its key pair, its slot, and how far it is from its end.

use fiveone_model::clock::Millis;
use fiveone_model::seq_num::SeqNums;
use fiveone_store::{NodeRow, Writer};
use tokio_util::sync::CancellationToken;

use crate::Fault;
use crate::seal::{NodeKey, random};

/// A registered node.
pub(crate) struct Node {
    /// New at every start.
    pub(crate) id: String,
    /// What login fields and answers are sealed to.
    pub(crate) key: NodeKey,
    /// Apart from those of every other living node.
    pub(crate) seq_nums: SeqNums,
    /// No more is admitted or claimed.
    pub(crate) stopping: CancellationToken,
    /// Runs end where they are.
    pub(crate) abandon: CancellationToken,
    /// The other nodes declared this one dead.
    pub(crate) lost: CancellationToken,
}

impl Node {
    /// Registers a node that starts now. Nodes not seen since `dead_before` are declared dead.
    ///
    /// # Errors
    /// The store failed, all slots are taken, or the system gives no random bytes.
    pub(crate) async fn register(
        write: &Writer,
        now: Millis,
        dead_before: Millis,
    ) -> Result<Self, Fault> {
        let key = NodeKey::generate();
        let id = format!("node_{}", hex::encode(random::<8>()?));
        let row = NodeRow { id: id.clone(), public_key: key.public().to_vec() };
        let slot = write.register_node(&row, now, dead_before).await?;
        let seq_nums =
            SeqNums::of_slot(slot).ok_or_else(|| Fault::Impossible(format!("node slot {slot}")))?;
        tracing::info!(node = id, slot, "node started");
        let (stopping, abandon, lost) = Default::default();
        Ok(Self { id, key, seq_nums, stopping, abandon, lost })
    }

    /// Whether it takes no more work.
    pub(crate) fn is_shutting_down(&self) -> bool {
        self.stopping.is_cancelled() || self.lost.is_cancelled()
    }
}
