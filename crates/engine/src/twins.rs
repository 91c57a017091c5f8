//! How all nodes of a deployment come to have the key by which twins are told (P-32): it is written nowhere
//! but sealed to a node's own key, which is in that node's memory alone.
//!
//! The first node makes it. Whoever has it hands it to nodes that come; when the last one has ended it
//! is gone, and the fingerprints of the table are noise.

use std::sync::Arc;

use fiveone_store::{LivingNode, Writer};
use zeroize::Zeroizing;

use crate::Fault;
use crate::node::Node;
use crate::seal::{DeploymentKeys, seal_to};
use crate::twin_key::is_ours;

/// Takes the key from the others and hands it on.
pub(crate) struct TwinKeys {
    pub(crate) write: Writer,
    pub(crate) keys: DeploymentKeys,
    pub(crate) node: Arc<Node>,
}

impl TwinKeys {
    /// Looks at the living nodes: takes the key when somebody handed it to this one, makes it when
    /// this one leads and nobody has it, and hands it to who lacks it.
    ///
    /// # Errors
    /// The store failed, or what was handed does not open.
    pub(crate) async fn pass_on(&self, living: &[LivingNode]) -> Result<(), Fault> {
        let own = living.iter().find(|node| node.id == self.node.id);
        if !self.node.twin_key.is_shared() {
            match own.and_then(|own| own.twin_key_sealed.as_deref()) {
                Some(sealed) => self.take(sealed)?,
                None if self.node.leads() && living.iter().all(|n| n.twin_key_sealed.is_none()) => {
                    let Some(own) = own else { return Ok(()) };
                    if self.hand(own).await? {
                        self.node.twin_key.share(self.node.twin_key.get());
                    }
                }
                None => return Ok(()),
            }
        }
        for node in living.iter().filter(|node| node.twin_key_sealed.is_none()) {
            if is_ours(&self.keys, node) {
                self.hand(node).await?;
            }
        }
        Ok(())
    }

    fn take(&self, sealed: &[u8]) -> Result<(), Fault> {
        let about = format!("twin:{}", self.node.id);
        let key = self.node.key.open(&self.keys.open(sealed, &about)?, &about)?;
        let key = <[u8; 32]>::try_from(key.as_slice())
            .map_err(|_| Fault::Seal("a twin key has another length"))?;
        self.node.twin_key.share(Zeroizing::new(key));
        Ok(())
    }

    async fn hand(&self, node: &LivingNode) -> Result<bool, Fault> {
        let about = format!("twin:{}", node.id);
        let key = self.node.twin_key.get();
        let to_node = seal_to(&node.public_key, key.as_slice(), &about)?;
        let sealed = self.keys.seal(&to_node, &about)?;
        Ok(self.write.hand_twin_key(&node.id, &sealed).await?)
    }
}

#[cfg(test)]
mod tests {
    use fiveone_store::NodeRow;
    use fiveone_testkit::{TestStore, on_both};

    use crate::Options;
    use crate::seal::NodeKey;
    use crate::wiring::Wiring;
    use crate::wiring::tests::{NOW, wiring};

    on_both!(nodes_that_meet_have_one_key, one_without_the_deployment_key_is_handed_nothing);

    async fn beat(wiring: &Wiring) {
        wiring.pulse(wiring.settler()).beat().await.unwrap();
    }

    async fn nodes_that_meet_have_one_key(store: TestStore) {
        let first = wiring(&store, Options::default()).await;
        beat(&first).await;
        let second = first.another_node().await;
        assert_ne!(first.node.twin_key.get(), second.node.twin_key.get());
        for node in [&second, &first, &second] {
            beat(node).await;
        }
        assert_eq!(first.node.twin_key.get(), second.node.twin_key.get());
        // The first goes; what it knew stays with the second and those that come.
        store.write.stop_node(&first.node.id, NOW).await.unwrap();
        let third = second.another_node().await;
        for node in [&second, &third] {
            beat(node).await;
        }
        assert_eq!(first.node.twin_key.get(), third.node.twin_key.get());
        let key = hex::encode_upper(first.node.twin_key.get());
        let sql = "select id, twin_key_sealed from node";
        assert_eq!(store.read.dump(sql).await.unwrap().len(), 3);
        for node in store.read.living_nodes().await.unwrap() {
            assert!(!hex::encode_upper(node.twin_key_sealed.unwrap()).contains(&key));
        }
    }

    async fn one_without_the_deployment_key_is_handed_nothing(store: TestStore) {
        let first = wiring(&store, Options::default()).await;
        let stranger = NodeRow {
            id: "node_stranger".to_owned(),
            public_key: NodeKey::generate().public().to_vec(),
            proof: "1:00".to_owned(),
        };
        store.write.register_node(&stranger, NOW).await.unwrap();
        beat(&first).await;
        let living = store.read.living_nodes().await.unwrap();
        let has_key: Vec<_> = living.iter().map(|node| node.twin_key_sealed.is_some()).collect();
        assert_eq!(has_key, [true, false]);
    }
}
