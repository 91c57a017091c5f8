//! How the operator's commands find the store and the deployment key.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use fiveone_engine::seal::DeploymentKeys;
use fiveone_engine::{
    Accounts, Eraser, KeyRotation, Links, Operators, PortalEvidence, SessionLimits, SystemTime,
    Tasks,
};
use fiveone_store::Store;

use crate::config::Config;
use crate::exit::{Failed, Reason};
use crate::secret_file;

/// The name of the database in a data folder.
const DATABASE: &str = "fiveone.db";
/// The name of the deployment key in a data folder.
const KEY: &str = "deployment.key";

/// Which store.
#[derive(Debug, Clone, Args)]
pub(crate) struct StoreAccess {
    /// The gateway's configuration
    #[arg(long, global = true, env = "FIVEONE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// A demonstration's data folder; whatever configuration is set is not looked at then
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl StoreAccess {
    /// The whole configuration; for a data folder, the one that a demonstration would run with.
    pub(crate) fn configuration(&self) -> Result<Config, Failed> {
        let Some(folder) = &self.data else { return Config::load(self.config.as_deref()) };
        let mut config = Config::parse("", []).map_err(|m| Failed::message(Reason::Mistakes, m))?;
        config.store.url = database_url(folder);
        config.keys.file = Some(folder.join(KEY));
        config.engine.callbacks_to_private = true;
        Ok(config)
    }

    /// The options that lead another command to the same store, with a blank before them.
    pub(crate) fn options(&self) -> String {
        match (&self.data, &self.config) {
            (Some(folder), _) => format!(" --data {}", folder.display()),
            (None, Some(file)) => format!(" --config {}", file.display()),
            (None, None) => String::new(),
        }
    }

    /// The store alone, brought to the newest schema.
    pub(crate) async fn store(&self) -> Result<Store, Failed> {
        let (url, connections) = match &self.data {
            Some(folder) => (database_url(folder), 1),
            None => {
                let config = Config::load(self.config.as_deref())?;
                (config.store.url, config.store.connections_max)
            }
        };
        Ok(Store::open(&url, connections).await?)
    }

    /// The accounts: the store and the deployment key.
    pub(crate) async fn accounts(&self) -> Result<Accounts, Failed> {
        let keys = self.keys()?;
        Ok(Accounts::new(self.store().await?, keys, Arc::new(SystemTime)))
    }

    /// The accounts of another store, under the same deployment key.
    pub(crate) fn accounts_of(&self, store: Store) -> Result<Accounts, Failed> {
        Ok(Accounts::new(store, self.keys()?, Arc::new(SystemTime)))
    }

    /// The tasks: the store and the deployment key.
    pub(crate) async fn tasks(&self) -> Result<Tasks, Failed> {
        let keys = self.keys()?;
        Ok(Tasks::new(&self.store().await?, keys))
    }

    /// The eraser: the store and the deployment key.
    pub(crate) async fn eraser(&self) -> Result<Eraser, Failed> {
        let keys = self.keys()?;
        Ok(Eraser::new(self.store().await?, keys, Arc::new(SystemTime)))
    }

    /// The links of the store.
    pub(crate) async fn links(&self) -> Result<Links, Failed> {
        Ok(Links::new(self.store().await?, self.keys()?, Arc::new(SystemTime)))
    }

    /// The operators of the console.
    pub(crate) async fn operators(&self) -> Result<Operators, Failed> {
        let (keys, options) = (self.keys()?, fiveone_engine::Options::default());
        // Nobody signs in here.
        let limits = SessionLimits {
            idle_for_ms: options.operator_idle_for_ms,
            last_for_ms: options.operator_session_for_ms,
        };
        Ok(Operators::new(self.store().await?, keys, Arc::new(SystemTime), limits))
    }

    /// The rotation of the deployment key.
    pub(crate) async fn rotation(&self) -> Result<KeyRotation, Failed> {
        let keys = self.keys()?;
        Ok(KeyRotation::new(self.store().await?, keys))
    }

    /// What portals changed: the store and the deployment key.
    pub(crate) async fn evidence(&self) -> Result<PortalEvidence, Failed> {
        let keys = self.keys()?;
        Ok(PortalEvidence::new(&self.store().await?, keys))
    }

    /// Whether callbacks may go to addresses that are not public; a demonstration's may.
    pub(crate) fn callbacks_to_private(&self) -> Result<bool, Failed> {
        match &self.data {
            Some(_) => Ok(true),
            None => Ok(Config::load(self.config.as_deref())?.engine.callbacks_to_private),
        }
    }

    pub(crate) fn keys(&self) -> Result<DeploymentKeys, Failed> {
        match &self.data {
            Some(folder) => folder_keys(folder),
            None => Ok(Config::load(self.config.as_deref())?.keys.load()?),
        }
    }
}

/// The address of a data folder's database.
pub(crate) fn database_url(folder: &Path) -> String {
    format!("sqlite:{}", folder.join(DATABASE).display())
}

/// The deployment key of a data folder, made when there is none.
pub(crate) fn folder_keys(folder: &Path) -> Result<DeploymentKeys, Failed> {
    let path = folder.join(KEY);
    if !path.exists() {
        write_secret(&path, &DeploymentKeys::generate()?)?;
    }
    let text = secret_file::read(&path)
        .map_err(|complaint| Failed::message(Reason::Mistakes, complaint))?;
    DeploymentKeys::parse(&text).ok_or_else(|| {
        Failed::message(Reason::Mistakes, format!("{}: not a key file", path.display()))
    })
}

/// Writes a file that only its owner may read.
pub(crate) fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}
