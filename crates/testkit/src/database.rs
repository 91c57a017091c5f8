//! A store of its own for each test.

use std::ops::Deref;

use fiveone_store::{BeginBooks, Store};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

use crate::build::{self, NOW};

/// Where `./test.sh` says the throw-away server is.
const SERVER: &str = "FIVEONE_TEST_POSTGRES";

/// A fresh store; its file goes with it, its PostgreSQL database with the throw-away server.
pub struct TestStore {
    store: Store,
    url: String,
    _folder: Option<tempfile::TempDir>,
}

impl TestStore {
    /// On SQLite, in a temporary folder.
    ///
    /// # Panics
    /// There is no temporary folder.
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        let store = Store::open(&url, 1).await.expect("a new store opens");
        Self { store, url, _folder: Some(folder) }
    }

    /// On the throw-away PostgreSQL server.
    ///
    /// # Panics
    /// There is none: `./test.sh` starts it.
    pub async fn postgres() -> Self {
        let server = postgres_server();
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).expect("random bytes");
        let name = format!("test_{}", hex::encode(bytes));
        let mut admin =
            PgConnection::connect(&server).await.expect("the throw-away server answers");
        sqlx::query(AssertSqlSafe(format!("create database {name}")))
            .execute(&mut admin)
            .await
            .expect("a database of its own");
        let url = match server.rsplit_once('/') {
            Some((head, _)) => format!("{head}/{name}"),
            None => server,
        };
        let store = Store::open(&url, 8).await.expect("a new store opens");
        Self { store, url, _folder: None }
    }

    /// Runs statements behind the store's back, to spoil what no program of ours would.
    ///
    /// # Panics
    /// The database refuses it.
    pub async fn execute(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        let done = if self.url.starts_with("sqlite:") {
            let mut one = SqliteConnection::connect(&self.url).await.expect("the file opens");
            sqlx::raw_sql(sql).execute(&mut one).await.map(drop)
        } else {
            let mut one = PgConnection::connect(&self.url).await.expect("the server answers");
            sqlx::raw_sql(sql).execute(&mut one).await.map(drop)
        };
        done.expect("the statement is right");
    }

    /// The store's address, for a second handle or process.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// Begins the books with [`build::books_key`], as a node does with its own.
///
/// # Panics
/// They have been begun, or cannot be.
pub async fn begin_books(store: &Store) {
    let key = build::books_key();
    let begun = store.write.begin_books(&key, b"sealed", BeginBooks::Empty, NOW).await;
    assert!(begun.expect("the books begin"), "begun already");
    store.open_books(key);
}

/// The address of the throw-away server.
///
/// # Panics
/// It is not set.
#[must_use]
pub fn postgres_server() -> String {
    std::env::var(SERVER).unwrap_or_else(|_| {
        panic!("{SERVER} is not set: run ./test.sh, which installs and starts a PostgreSQL server")
    })
}

impl Deref for TestStore {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}
