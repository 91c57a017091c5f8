//! Credentials, sessions and reports: readable nowhere but where they are used.
//!
//! Login fields and answers are sealed to a node's key, which is never written down; a node that
//! dies takes them with it. Sessions and sections are sealed with a key of their task, which is
//! wrapped by the deployment key and destroyed with the task.

mod node_key;
mod page_key;
mod vault;

pub use node_key::{NodeKey, seal_to};
pub(crate) use page_key::PageKey;
#[doc(hidden)]
pub use page_key::seal_as_page;
pub(crate) use vault::keyed_digest;
pub use vault::{DeploymentKeys, KeySource, OtherKeys, TaskKey};

use crate::Fault;

/// Random bytes of the system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Fault> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| Fault::Seal("the system gives no random bytes"))?;
    Ok(bytes)
}
