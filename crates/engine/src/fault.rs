//! Faults: our own fault. A client sees no detail; the chain goes to the log.

/// Something of ours failed.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The store failed.
    #[error("store failed")]
    Store(#[from] fiveone_store::Error),
    /// The store failed for several callers at once.
    #[error("store failed")]
    Shared(#[source] std::sync::Arc<fiveone_store::Error>),
    /// A secret or a sealed row could not be opened or made.
    #[error("sealing failed: {0}")]
    Seal(&'static str),
    /// What is kept was sealed with another deployment key.
    #[error(
        "the deployment key is not the one of this database: with it no report, no tokenId and no \
         signature of the books can be opened; set the right one (keys.deployment_key_file)"
    )]
    WrongDeploymentKey,
    /// A rule that cannot be broken was.
    #[error("impossible: {0}")]
    Impossible(String),
}
