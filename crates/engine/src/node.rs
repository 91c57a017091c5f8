//! This node: its id, its key pair, its slot, and how far it is from its end.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use fiveone_model::clock::Millis;
use fiveone_model::seq_num::SeqNums;
use fiveone_store::{Error, NodeRow, Store};
use tokio_util::sync::CancellationToken;

use crate::Fault;
use crate::neighbours::Neighbours;
use crate::seal::{DeploymentKeys, NodeKey, random};
use crate::time::Time;
use crate::twin_key::{TwinKey, proof_of};

/// A registered node.
pub(crate) struct Node {
    /// New at every start.
    pub(crate) id: String,
    /// What login fields and answers are sealed to.
    pub(crate) key: NodeKey,
    /// Apart from those of every other living node.
    pub(crate) seq_nums: SeqNums,
    /// Tells twins.
    pub(crate) twin_key: TwinKey,
    /// Whether its heart beats.
    pub(crate) heart: Heart,
    /// Whether it sweeps for all.
    leads: AtomicBool,
    /// No more is admitted or claimed.
    pub(crate) stopping: CancellationToken,
    /// Runs end where they are.
    pub(crate) abandon: CancellationToken,
    /// The other nodes declared this one dead.
    pub(crate) lost: CancellationToken,
}

/// Whether the last heartbeat was written, and when one last was.
#[derive(Default)]
pub(crate) struct Heart {
    has_missed: AtomicBool,
    beat_at: AtomicI64,
}

impl Heart {
    /// A heartbeat was tried.
    pub(crate) fn beat(&self, is_written: bool, steady: Millis) {
        self.has_missed.store(!is_written, Ordering::Relaxed);
        if is_written {
            self.beat_at.store(steady, Ordering::Relaxed);
        }
    }

    /// Whether the store takes what this node writes: the last heartbeat was written, and not
    /// longer ago than `within_ms`.
    pub(crate) fn beats(&self, steady: Millis, within_ms: Millis) -> bool {
        !self.has_missed.load(Ordering::Relaxed)
            && steady - self.beat_at.load(Ordering::Relaxed) <= within_ms
    }
}

impl Node {
    /// Registers a node that starts now.
    ///
    /// # Errors
    /// The store failed, all slots are taken by living nodes, or the system gives no random bytes.
    pub(crate) async fn register(
        store: &Store,
        keys: &DeploymentKeys,
        time: &dyn Time,
        lease_for_ms: Millis,
    ) -> Result<Self, Fault> {
        let key = NodeKey::generate();
        let id = format!("node_{}", hex::encode(random::<8>()?));
        let proof = proof_of(keys, &id, key.public());
        let row = NodeRow { id: id.clone(), public_key: key.public().to_vec(), proof };
        let slot = match store.write.register_node(&row, time.now()).await {
            Err(Error::NoSlot) => {
                tracing::warn!("all node slots are taken; waiting for those of dead nodes");
                bury_the_silent(store, time, lease_for_ms).await?;
                store.write.register_node(&row, time.now()).await?
            }
            other => other?,
        };
        let seq_nums =
            SeqNums::of_slot(slot).ok_or_else(|| Fault::Impossible(format!("node slot {slot}")))?;
        tracing::info!(node = id, slot, "node started");
        let (heart, twin_key) = (Heart::default(), TwinKey::of_this_process()?);
        heart.beat(true, time.steady());
        let (leads, stopping, abandon, lost) = Default::default();
        Ok(Self { id, key, seq_nums, twin_key, heart, leads, stopping, abandon, lost })
    }

    /// Whether it takes no more work.
    pub(crate) fn is_shutting_down(&self) -> bool {
        self.stopping.is_cancelled() || self.lost.is_cancelled()
    }

    /// Whether it sweeps for all nodes.
    pub(crate) fn leads(&self) -> bool {
        self.leads.load(Ordering::Relaxed)
    }

    /// Says whether it sweeps for all nodes.
    pub(crate) fn set_leads(&self, leads: bool) {
        self.leads.store(leads, Ordering::Relaxed);
    }
}

/// Looks on for a lease and declares dead who has not moved: a crowd of nodes that died one after
/// the other has left nobody who could.
async fn bury_the_silent(
    store: &Store,
    time: &dyn Time,
    lease_for_ms: Millis,
) -> Result<(), Fault> {
    let stride_ms = lease_for_ms / 4;
    let mut neighbours = Neighbours::new("", lease_for_ms, stride_ms);
    neighbours.look(&store.read.living_nodes().await?, time.steady());
    for _ in 0..=4 {
        time.until(time.now() + stride_ms).await;
        for node in neighbours.look(&store.read.living_nodes().await?, time.steady()) {
            store.write.declare_dead(&node.id, node.beats, time.now()).await?;
        }
    }
    Ok(())
}
