//! The apps as calls look them up: kept for a moment, so that an operator's change is seen soon.

use std::sync::Arc;
use std::time::Duration;

use fiveone_model::app::{App, AppId};
use fiveone_model::clock::Millis;

use crate::time::Time;
use crate::{Accounts, AppEntry, Fault};

/// How long a looked-up app is believed (P-03 wants pauses to be seen soon).
const FRESH_FOR_MS: Millis = 1_000;
/// How long one stays in memory that nobody asks for.
const KEPT_FOR: Duration = Duration::from_secs(60);
/// Apps kept looked up.
const APPS_MAX: u64 = 10_000;

/// The apps of a deployment.
pub(crate) struct Apps {
    accounts: Accounts,
    time: Arc<dyn Time>,
    /// Each with the instant at which it was looked up, by the clock that never steps.
    kept: moka::sync::Cache<AppId, (Millis, Arc<AppEntry>)>,
}

impl Apps {
    pub(crate) fn new(accounts: Accounts, time: Arc<dyn Time>) -> Self {
        let kept = moka::sync::Cache::builder().max_capacity(APPS_MAX).time_to_live(KEPT_FOR);
        Self { accounts, time, kept: kept.build() }
    }

    /// The app of an id; `None` when unknown or not configured (P-03).
    ///
    /// # Errors
    /// The store could not be asked, or the token cannot be opened.
    pub(crate) async fn find(&self, id: &AppId) -> Result<Option<Arc<AppEntry>>, Fault> {
        let now = self.time.steady();
        if let Some((since, entry)) = self.kept.get(id)
            && now - since < FRESH_FOR_MS
        {
            return Ok(Some(entry));
        }
        let Some(entry) = self.accounts.find(id).await?.map(Arc::new) else { return Ok(None) };
        self.kept.insert(id.clone(), (now, Arc::clone(&entry)));
        Ok(Some(entry))
    }

    /// The same without its token, for those who need none: also of an app whose token cannot be
    /// opened, or that is not configured any more.
    ///
    /// # Errors
    /// The store could not be asked.
    pub(crate) async fn app(&self, id: &AppId) -> Result<Option<App>, Fault> {
        match self.find(id).await {
            Ok(Some(entry)) => Ok(Some(entry.app.clone())),
            Ok(None) | Err(Fault::Seal(_)) => self.accounts.show(id).await,
            Err(fault) => Err(fault),
        }
    }

    /// Forgets what was looked up.
    pub(crate) fn forget(&self) {
        self.kept.invalidate_all();
    }
}
