//! Every query of the house, written once for both databases.

/// What can go wrong in the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused or could not be reached.
    #[error("database failed")]
    Database(#[from] sqlx::Error),
}
