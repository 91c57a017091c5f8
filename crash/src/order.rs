//! What a round is to break: which database, how many nodes, by which seed.

use std::path::PathBuf;
use std::sync::Arc;

use crate::server::Server;

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// One node over a file.
    Sqlite,
    /// Many nodes over a server.
    Postgres,
}

/// What is to be made.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) kind: Kind,
    pub(crate) seed: u64,
    pub(crate) nodes: usize,
    /// The PostgreSQL server; none for SQLite.
    pub(crate) server: Option<Arc<Server>>,
    /// Whether somebody wants to look at what is left.
    pub(crate) keep: bool,
    /// Where logs are kept.
    pub(crate) folder: PathBuf,
}
