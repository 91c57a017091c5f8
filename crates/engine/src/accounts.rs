//! Apps, grants, prices and wallets: what operators change, and what a call looks up.

use std::sync::Arc;

use fiveone_model::app::{App, AppId};
use fiveone_model::clock::Millis;
use fiveone_model::ledger::{Balance, Entry};
use fiveone_model::product::{PerProduct, Product};
use fiveone_model::tariff::Tariff;
use fiveone_store::{NewApp, Store};
use zeroize::Zeroizing;

use crate::books::Ledger;
use crate::seal::{DeploymentKeys, random};
use crate::time::Time;
use crate::{ApiKeys, Fault};

/// An app with its secret and prices, as looked up for one call.
pub struct AppEntry {
    /// The app.
    pub app: App,
    /// Its tokenId.
    pub token: Zeroizing<String>,
    /// The one before, while it is still taken.
    pub former_token: Option<Zeroizing<String>>,
    tariffs: PerProduct<Option<Tariff>>,
}

impl AppEntry {
    /// The tokenIds that its calls may be signed with, the present one first.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.token).chain(&self.former_token).map(|token| token.as_str())
    }

    /// What a task of a product costs it.
    #[must_use]
    pub const fn tariff(&self, product: Product) -> Option<Tariff> {
        *self.tariffs.get(product)
    }

    /// An app is configured when every product granted to it has a price.
    fn is_configured(&self) -> bool {
        Product::ALL
            .into_iter()
            .all(|product| self.app.grant(product).is_none() || self.tariff(product).is_some())
    }
}

/// What operators do with apps; it needs no running node.
#[derive(Clone)]
pub struct Accounts {
    store: Store,
    keys: DeploymentKeys,
    time: Arc<dyn Time>,
}

impl Accounts {
    /// The accounts of a store.
    #[must_use]
    pub fn new(store: Store, keys: DeploymentKeys, time: Arc<dyn Time>) -> Self {
        Self { store, keys, time }
    }

    /// The books behind the wallets.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        Ledger::new(self.store.clone(), self.keys.clone(), Arc::clone(&self.time))
    }

    /// The bearer keys of the apps.
    #[must_use]
    pub fn api_keys(&self) -> ApiKeys {
        ApiKeys::new(self.store.clone(), Arc::clone(&self.time))
    }

    /// A new tokenId: 32 random hex digits.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn new_token() -> Result<Zeroizing<String>, Fault> {
        Ok(Zeroizing::new(hex::encode(random::<16>()?)))
    }

    /// Makes an app with this tokenId; `false` when the id is taken.
    ///
    /// # Errors
    /// The store or the sealing failed.
    pub async fn create(&self, app: App, token: &str) -> Result<bool, Fault> {
        let token_sealed = self.keys.seal(token.as_bytes(), &format!("app:{}", app.id))?;
        let new = NewApp { app, token_sealed, at: self.time.now() };
        Ok(self.store.write.create_app(&new).await?)
    }

    /// Gives an app a new tokenId; the one before is taken for so long. Returns the new one, and the
    /// instant at which the one before ends.
    ///
    /// # Errors
    /// The store or the sealing failed, or there is no such app.
    pub async fn rotate_token(
        &self,
        id: &AppId,
        overlap_ms: Millis,
    ) -> Result<(Zeroizing<String>, Millis), Fault> {
        let token = Self::new_token()?;
        let sealed = self.keys.seal(token.as_bytes(), &format!("app:{id}"))?;
        let until = self.time.now() + overlap_ms;
        self.store.write.rotate_token(id, &sealed, until).await?;
        Ok((token, until))
    }

    /// Writes every switch of an app.
    ///
    /// # Errors
    /// The store failed, or there is no such app.
    pub async fn update(&self, app: &App) -> Result<(), Fault> {
        Ok(self.store.write.update_app(app).await?)
    }

    /// Sets a price, for one app or for all that have none of their own.
    ///
    /// # Errors
    /// The store failed.
    pub async fn set_tariff(
        &self,
        app: Option<&AppId>,
        product: Product,
        tariff: Tariff,
    ) -> Result<(), Fault> {
        Ok(self.store.write.set_tariff(app, product, tariff).await?)
    }

    /// Adds money to a wallet.
    ///
    /// # Errors
    /// The store failed, the amount is not positive or more than the wallet takes
    /// ([`Fault::WalletFull`]), there is no such app, or the books do not open.
    pub async fn topup(&self, app: &AppId, amount_fen: i64, note: &str) -> Result<(), Fault> {
        self.ledger().open().await?;
        match self.store.write.topup(app, amount_fen, note, self.time.now()).await {
            Err(fiveone_store::Error::TooMuch) => Err(Fault::WalletFull),
            done => Ok(done?),
        }
    }

    /// What a wallet holds.
    ///
    /// # Errors
    /// The store failed.
    pub async fn balance(&self, app: &AppId) -> Result<Option<Balance>, Fault> {
        Ok(self.store.read.balance(app).await?)
    }

    /// The newest entries of a wallet, newest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn entries(&self, app: &AppId, limit: i64) -> Result<Vec<Entry>, Fault> {
        Ok(self.store.read.entries(app, limit).await?)
    }

    /// Every app.
    ///
    /// # Errors
    /// The store failed.
    pub async fn all(&self) -> Result<Vec<App>, Fault> {
        Ok(self.store.read.all_apps().await?)
    }

    /// An app, configured or not.
    ///
    /// # Errors
    /// The store failed.
    pub async fn show(&self, id: &AppId) -> Result<Option<App>, Fault> {
        Ok(self.store.read.app(id).await?.map(|row| row.app))
    }

    /// The price of a product for apps without one of their own.
    ///
    /// # Errors
    /// The store failed.
    pub async fn default_tariff(&self, product: Product) -> Result<Option<Tariff>, Fault> {
        Ok(self.store.read.default_tariff(product).await?)
    }

    /// What a task of a product costs an app: its own price, or the one for all.
    ///
    /// # Errors
    /// The store failed.
    pub async fn tariff(&self, app: &AppId, product: Product) -> Result<Option<Tariff>, Fault> {
        Ok(self.store.read.tariff(app, product).await?)
    }

    /// The app of an id with its secret; `None` when it is unknown or not configured.
    ///
    /// # Errors
    /// The store failed, or the token cannot be opened.
    pub async fn find(&self, id: &AppId) -> Result<Option<AppEntry>, Fault> {
        let Some(row) = self.store.read.app(id).await? else { return Ok(None) };
        let open = |sealed: &[u8]| {
            let token = self.keys.open(sealed, &format!("app:{id}"))?;
            let text = std::str::from_utf8(&token)
                .map_err(|_| Fault::Seal("an app's token is not text"))?;
            Ok::<_, Fault>(Zeroizing::new(text.to_owned()))
        };
        let token = open(&row.token_sealed)?;
        let former = row.former_token.filter(|(_, until)| self.time.now() < *until);
        let former_token = former.map(|(sealed, _)| open(&sealed)).transpose()?;
        let entry = AppEntry { app: row.app, token, former_token, tariffs: row.tariffs };
        Ok(entry.is_configured().then_some(entry))
    }
}
