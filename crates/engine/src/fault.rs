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
    /// A wallet gets no more than all sums can hold.
    #[error("the amount is more than a wallet takes")]
    WalletFull,
    /// A rule that cannot be broken was.
    #[error("impossible: {0}")]
    Impossible(String),
}

/// An error with all its causes, in one line: what JSON logs would leave out.
///
/// ```
/// let cause = fiveone_store::Error::Address;
/// let fault = fiveone_engine::Fault::from(cause);
/// let told = fiveone_engine::causes(&fault);
/// assert_eq!(told, "store failed: store address is neither sqlite:PATH nor postgres://…");
/// ```
#[must_use]
pub fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut told = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        // Some libraries repeat their cause in their own words.
        if !told.ends_with(&text) {
            told.push_str(": ");
            told.push_str(&text);
        }
        next = cause.source();
    }
    told
}
