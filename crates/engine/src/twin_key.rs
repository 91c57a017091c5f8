//! The key by which twins are told (P-32), as a node has it in memory, and the proof by which the others
//! know whom they may hand it to; how they do is `twins.rs`.

use std::sync::{PoisonError, RwLock};

use fiveone_store::LivingNode;
use zeroize::Zeroizing;

use crate::Fault;
use crate::seal::{DeploymentKeys, random};

/// The key, and whether all have it.
pub(crate) struct TwinKey(RwLock<(Zeroizing<[u8; 32]>, bool)>);

impl TwinKey {
    /// One that only this process has, until it is handed the one of all.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub(crate) fn of_this_process() -> Result<Self, Fault> {
        Ok(Self(RwLock::new((Zeroizing::new(random()?), false))))
    }

    /// The key.
    pub(crate) fn get(&self) -> Zeroizing<[u8; 32]> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// Whether it is the one of all.
    pub(crate) fn is_shared(&self) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).1
    }

    /// Takes the one of all.
    pub(crate) fn share(&self, key: Zeroizing<[u8; 32]>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = (key, true);
    }
}

/// Shows whoever has the deployment key that one who has it, too, registered the node: nobody else is
/// handed anything.
pub(crate) fn proof_of(keys: &DeploymentKeys, node: &str, public_key: &[u8]) -> String {
    keys.digests("node", &[node.as_bytes(), public_key]).join(" ")
}

/// Whether who registered a node has the deployment key.
pub(crate) fn is_ours(keys: &DeploymentKeys, node: &LivingNode) -> bool {
    let known = keys.digests("node", &[node.id.as_bytes(), &node.public_key]);
    node.proof.split(' ').any(|proof| known.iter().any(|own| own == proof))
}
