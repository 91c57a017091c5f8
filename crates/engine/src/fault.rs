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
    /// A rule that cannot be broken was.
    #[error("impossible: {0}")]
    Impossible(String),
}
