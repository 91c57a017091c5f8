//! What every simulation begins with: a database with an app that has money, copied for each.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use fiveone_connector::Library;
use fiveone_engine::Accounts;
use fiveone_engine::seal::DeploymentKeys;
use fiveone_model::app::{App, AppId, CallbackAddress};
use fiveone_model::clock::Millis;
use fiveone_model::product::{PerProduct, Product};
use fiveone_model::tariff::{PartialRule, Tariff};
use fiveone_store::Store;
use tempfile::TempDir;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::clock::{NodeClock, World};
use crate::portal;

/// The instant at which simulations begin: 2026-11-22 08:00 in Shanghai.
pub(crate) const START: Millis = 1_795_305_600_000;
/// What a task costs.
pub(crate) const PRICE_FEN: i64 = 300;
/// A folder in memory, where there is one: nothing here outlives its process.
const MEMORY: &str = "/dev/shm";
const TEMPLATE: &str = "template.db";

/// The beginning of every simulation.
pub struct Deployment {
    /// The app that all tasks are of.
    pub(crate) app: AppId,
    pub(crate) keys: DeploymentKeys,
    pub(crate) library: Arc<Library>,
    folder: TempDir,
    /// What the database's driver does beside runs here.
    drivers: Runtime,
}

impl Deployment {
    /// Makes it.
    ///
    /// # Errors
    /// There is no folder, or the store failed.
    pub fn new() -> anyhow::Result<Self> {
        let folder = if Path::new(MEMORY).is_dir() {
            tempfile::tempdir_in(MEMORY)?
        } else {
            tempfile::tempdir()?
        };
        let drivers = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let keys = DeploymentKeys::parse(&DeploymentKeys::generate()?).context("keys")?;
        let library = Arc::new(portal::library()?);
        let app = AppId::parse("app1").context("an app id")?;
        let file = folder.path().join(TEMPLATE);
        drivers.block_on(make_template(&file, &keys, &app))?;
        Ok(Self { app, keys, library, folder, drivers })
    }

    pub(crate) fn drivers(&self) -> Handle {
        self.drivers.handle().clone()
    }

    /// A store of its own; its file goes with the second value.
    pub(crate) fn new_store(&self) -> anyhow::Result<(Store, TempDir)> {
        let folder = tempfile::tempdir_in(self.folder.path())?;
        let file = folder.path().join("one.db");
        std::fs::copy(self.folder.path().join(TEMPLATE), &file)?;
        let url = format!("sqlite:{}", file.display());
        Ok((self.drivers.block_on(Store::open(&url, 1))?, folder))
    }
}

async fn make_template(file: &Path, keys: &DeploymentKeys, id: &AppId) -> anyhow::Result<()> {
    let store = Store::open(&format!("sqlite:{}", file.display()), 1).await?;
    let clock = Arc::new(NodeClock::new(World::default(), START));
    let accounts = Accounts::new(store.clone(), keys.clone(), clock);
    let mut app = App::new(id.clone(), "模拟").with_all_grants();
    let url = "http://receiver.test/callbacks".to_owned();
    app.callbacks = PerProduct::from_fn(|_| Some(CallbackAddress { url: url.clone() }));
    let tariff = Tariff { price_fen: PRICE_FEN, partial: PartialRule::BaseAndOneMore };
    for product in Product::ALL {
        accounts.set_tariff(None, product, tariff).await?;
    }
    accounts.create(app, "TOKEN001").await?;
    accounts.topup(id, 1_000_000, "").await?;
    store.close().await;
    Ok(())
}
