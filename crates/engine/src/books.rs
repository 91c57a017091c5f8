//! The books of a deployment: their key, which only the deployment key opens, and what can be proved
//! with it. It needs no running node.

use std::sync::Arc;

use fiveone_model::app::AppId;
use fiveone_model::clock::Millis;
use fiveone_model::ledger::{BooksKey, Checkpoint};
use fiveone_store::{BeginBooks, LedgerReport, Statement, Store};
use zeroize::Zeroizing;

use crate::Fault;
use crate::seal::{DeploymentKeys, random};
use crate::time::Time;

/// What the key of the books is sealed as.
const BOOKS_ROW: &str = "kept_key:books";

/// The books of a store.
pub struct Ledger {
    store: Store,
    keys: DeploymentKeys,
    time: Arc<dyn Time>,
}

impl Ledger {
    /// The books of a store.
    #[must_use]
    pub fn new(store: Store, keys: DeploymentKeys, time: Arc<dyn Time>) -> Self {
        Self { store, keys, time }
    }

    /// Opens the books for this process, and begins them where there are none.
    ///
    /// # Errors
    /// The store failed, the deployment key is another deployment's, or the books have entries and no
    /// key.
    pub async fn open(&self) -> Result<(), Fault> {
        self.open_or(BeginBooks::Empty).await.map(drop)
    }

    /// Signs books that an earlier version wrote, as they are; `false` when there is nothing to do.
    ///
    /// # Errors
    /// The store failed, or the deployment key is another deployment's.
    pub async fn adopt(&self) -> Result<bool, Fault> {
        self.open_or(BeginBooks::Adopt).await
    }

    async fn open_or(&self, begin: BeginBooks) -> Result<bool, Fault> {
        let mut has_begun = false;
        let sealed = match self.store.read.books_key().await? {
            Some(sealed) => sealed,
            None => {
                let bytes = Zeroizing::new(random::<32>()?);
                let sealed = self.keys.seal(bytes.as_slice(), BOOKS_ROW)?;
                let (key, now) = (BooksKey::new(bytes), self.time.now());
                has_begun = self.store.write.begin_books(&key, &sealed, begin, now).await?;
                // Another node may have been first; then its key is the one.
                self.store.read.books_key().await?.unwrap_or(sealed)
            }
        };
        let plain = self.keys.open(&sealed, BOOKS_ROW).map_err(|_| Fault::WrongDeploymentKey)?;
        let bytes = <[u8; 32]>::try_from(plain.as_slice())
            .map_err(|_| Fault::Seal("the key of the books has another length"))?;
        self.store.open_books(BooksKey::new(Zeroizing::new(bytes)));
        Ok(has_begun)
    }

    /// Proves the books, with their signatures, and compares them with checkpoints kept elsewhere.
    ///
    /// # Errors
    /// The store failed, or see [`Ledger::open`].
    pub async fn verify(&self, given: &[Checkpoint]) -> Result<LedgerReport, Fault> {
        self.open().await?;
        Ok(self.store.read.verify_ledger(given).await?)
    }

    /// What moved in a wallet between two instants; `None` when there is no such app. It needs no key.
    ///
    /// # Errors
    /// The store failed.
    pub async fn statement(
        &self,
        app: &AppId,
        (from, until): (Millis, Millis),
    ) -> Result<Option<Statement>, Fault> {
        Ok(self.store.read.statement(app, from, until).await?)
    }

    /// Signs what the books are now.
    ///
    /// # Errors
    /// The store failed, or see [`Ledger::open`].
    pub async fn checkpoint(&self) -> Result<Checkpoint, Fault> {
        self.open().await?;
        Ok(self.store.write.checkpoint(self.time.now()).await?)
    }
}

#[cfg(test)]
mod tests {
    use fiveone_store::Error;
    use fiveone_testkit::{TestStore, build, on_both};

    use super::*;
    use crate::time::Standing;
    use crate::wiring::tests::NOW;

    on_both!(
        books_open_with_their_deployment_key_and_no_other,
        a_key_that_was_taken_away_is_not_made_anew_unasked,
        nodes_that_start_together_have_one_key,
    );

    fn keys() -> DeploymentKeys {
        DeploymentKeys::parse(&DeploymentKeys::generate().unwrap()).unwrap()
    }

    fn ledger(store: &Store, keys: &DeploymentKeys) -> Ledger {
        Ledger::new(store.clone(), keys.clone(), Arc::new(Standing(NOW)))
    }

    async fn books_open_with_their_deployment_key_and_no_other(store: TestStore) {
        let (own, other) = (keys(), keys());
        ledger(&store, &own).open().await.unwrap();
        ledger(&store, &own).open().await.unwrap();
        let refused = ledger(&store, &other).open().await;
        assert!(matches!(refused, Err(Fault::WrongDeploymentKey)));
        let report = ledger(&store, &own).verify(&[]).await.unwrap();
        assert_eq!((report.is_signed, report.findings), (true, vec![]));
    }

    async fn a_key_that_was_taken_away_is_not_made_anew_unasked(store: TestStore) {
        let keys = keys();
        ledger(&store, &keys).open().await.unwrap();
        assert!(store.write.create_app(&build::new_app("a")).await.unwrap());
        store.write.topup(&build::app_id("a"), 1_000, "", NOW).await.unwrap();
        store.execute("delete from kept_key").await;
        let refused = ledger(&store, &keys).open().await;
        assert!(matches!(refused, Err(Fault::Store(Error::UnsignedBooks))));
    }

    async fn nodes_that_start_together_have_one_key(store: TestStore) {
        let keys = keys();
        let ledgers: Vec<_> = (0..4).map(|_| ledger(&store, &keys)).collect();
        let opened = futures_util::future::join_all(ledgers.iter().map(Ledger::open)).await;
        assert!(opened.iter().all(Result::is_ok), "{opened:?}");
        assert_eq!(store.read.dump("select name from kept_key").await.unwrap().len(), 1);
        assert_eq!(store.read.dump("select number from checkpoint").await.unwrap(), ["0"]);
    }
}
