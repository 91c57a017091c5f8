//! The key that signs the books: random, made once, kept in the database sealed with the deployment
//! key, so that a new deployment key leaves every signature good.

use std::sync::{Arc, OnceLock};

use fiveone_model::clock::Millis;
use fiveone_model::ledger::{BooksKey, Checkpoint};

use super::checkpoints;
use crate::db::args;
use crate::{Error, Reader, Store, Writer};

/// The name of its row.
const NAME: &str = "books";

/// The key once it is known; the halves of a store share it.
#[derive(Clone, Default)]
pub(crate) struct Books(Arc<OnceLock<BooksKey>>);

impl Books {
    /// The key.
    ///
    /// # Errors
    /// The books were not opened.
    pub(crate) fn key(&self) -> Result<&BooksKey, Error> {
        self.0.get().ok_or(Error::BooksAreClosed)
    }

    pub(super) fn maybe_key(&self) -> Option<&BooksKey> {
        self.0.get()
    }
}

/// What to do with entries that were written before there was a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BeginBooks {
    /// Nothing may be there yet.
    Empty,
    /// They are taken as they are, and what they are is signed.
    Adopt,
}

impl Store {
    /// Lets money be moved, and signatures be checked, under the key of the books.
    pub fn open_books(&self, key: BooksKey) {
        // Whoever was first had the same key: it is made once.
        drop(self.write.books.0.set(key));
    }
}

impl Reader {
    /// The sealed key of the books; `None` when they were not begun.
    ///
    /// # Errors
    /// The database failed.
    pub async fn books_key(&self) -> Result<Option<Vec<u8>>, Error> {
        self.kept_key(NAME).await
    }

    /// A sealed random key of the deployment; `None` when it was not made.
    ///
    /// # Errors
    /// The database failed.
    pub async fn kept_key(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let sql = "select sealed from kept_key where name = $1";
        let row = self.db.fetch_one(sql, args![name]).await?;
        row.map(|row| row.blob(0)).transpose()
    }
}

impl Writer {
    /// Keeps a sealed random key of the deployment, unless there is one of this name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn keep_key(&self, name: &str, sealed: &[u8], now: Millis) -> Result<(), Error> {
        let sql = "insert into kept_key (name, sealed, made_at) values ($1, $2, $3)
                   on conflict (name) do nothing";
        self.db.execute(sql, args![name, sealed, now]).await.map(drop)
    }

    /// Begins the books with a key, and signs what is there; `false` when somebody has begun them
    /// already, and nothing was written.
    ///
    /// # Errors
    /// The database failed, or [`Error::UnsignedBooks`]: there are entries, and it was not said that
    /// they are to be taken as they are.
    pub async fn begin_books(
        &self,
        key: &BooksKey,
        sealed: &[u8],
        begin: BeginBooks,
        now: Millis,
    ) -> Result<bool, Error> {
        let mut tx = self.db.begin().await?;
        tx.serialize("books").await?;
        let is_new = tx
            .execute(
                "insert into kept_key (name, sealed, made_at) values ($1, $2, $3)
                 on conflict (name) do nothing",
                args![NAME, sealed, now],
            )
            .await?;
        if is_new == 0 {
            return Ok(false);
        }
        // A key that is gone is no reason to sign whatever is there now.
        let sql = "select 1 from entry limit 1";
        let has_entries = tx.fetch_one(sql, &[]).await?.is_some();
        if has_entries && begin == BeginBooks::Empty {
            return Err(Error::UnsignedBooks);
        }
        let wallets = checkpoints::marks(&mut tx).await?;
        let wallets = wallets.into_iter().filter(|mark| mark.entries > 0).collect();
        let first = Checkpoint::sign(key, 0, now, wallets);
        checkpoints::replace(&mut tx, &first).await?;
        tx.commit().await?;
        Ok(true)
    }
}
