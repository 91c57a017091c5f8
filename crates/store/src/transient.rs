//! Which errors pass by themselves: the same call may succeed a moment later.

use crate::Error;

/// Classes of SQLSTATE that pass: lost connections, transactions that stood in each other's way,
/// exhausted resources, operators who restart the server.
const CLASSES: [&str; 4] = ["08", "40", "53", "57"];
/// Single ones: a lock that was not had in time, a session that idled too long in its transaction,
/// and a server that does not write for now.
const STATES: [&str; 3] = ["55P03", "25P03", "25006"];
/// SQLite's primary result codes that pass: BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN,
/// PROTOCOL.
const RESULTS: [i64; 8] = [5, 6, 7, 8, 10, 13, 14, 15];

impl Error {
    /// Whether the database was away, full, busy or in somebody else's hands, and the same call may
    /// succeed later. What it changed is either done or not; whoever calls again must bear both.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Database(error) => passes(error),
            Self::SharedCommit(error) => passes(error),
            _ => false,
        }
    }
}

fn passes(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => true,
        sqlx::Error::Database(error) => {
            let Some(code) = error.code() else { return false };
            if error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
                // Extended result codes have the primary one in their lowest byte.
                return code.parse::<i64>().is_ok_and(|code| RESULTS.contains(&(code & 0xff)));
            }
            STATES.contains(&code.as_ref()) || CLASSES.iter().any(|class| code.starts_with(class))
        }
        _ => false,
    }
}
