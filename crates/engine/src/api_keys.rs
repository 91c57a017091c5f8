//! Bearer keys of apps: made and revoked by operators, looked up by `/v1`. Making them needs no running
//! node.

use std::sync::Arc;
use std::time::Duration;

use fiveone_model::api_key::{Key, KeyMode};
use fiveone_model::app::AppId;
use fiveone_model::clock::{Millis, shanghai_date};
use fiveone_store::{ApiKeyRow, Store};

use crate::seal::random;
use crate::time::Time;
use crate::{Fault, causes};

/// How long a looked-up key is believed: a revocation is seen within this on every node.
const FRESH_FOR_MS: Millis = 1_000;
/// How long one stays known that nobody uses.
const KEPT_FOR: Duration = Duration::from_secs(600);
/// Keys kept looked up.
const KEYS_MAX: u64 = 10_000;

/// The bearer keys of a store.
#[derive(Clone)]
pub struct ApiKeys {
    store: Store,
    time: Arc<dyn Time>,
    /// By digest, each with the instant at which it was looked up, by the clock that never steps.
    kept: moka::sync::Cache<String, (Millis, Arc<ApiKeyRow>)>,
}

impl ApiKeys {
    /// The keys of a store.
    #[must_use]
    pub fn new(store: Store, time: Arc<dyn Time>) -> Self {
        let kept = moka::sync::Cache::builder().max_capacity(KEYS_MAX).time_to_idle(KEPT_FOR);
        Self { store, time, kept: kept.build() }
    }

    /// Makes a key for an app that there is. Nobody can show it again.
    ///
    /// # Errors
    /// The store failed, or the system gives no random bytes.
    pub async fn create(
        &self,
        app: &AppId,
        mode: KeyMode,
        note: &str,
    ) -> Result<(Key, ApiKeyRow), Fault> {
        let key = Key::from_random(mode, &random()?);
        let row = ApiKeyRow {
            id: format!("key_{}", hex::encode(random::<8>()?)),
            app_id: app.clone(),
            mode,
            note: note.to_owned(),
            created_at: self.time.now(),
            used_on: None,
            revoked_at: None,
        };
        self.store.write.create_api_key(&row, &key.digest()).await?;
        Ok((key, row))
    }

    /// The keys of an app, oldest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn all(&self, app: &AppId) -> Result<Vec<ApiKeyRow>, Fault> {
        Ok(self.store.read.api_keys(app).await?)
    }

    /// Revokes a key; `false` when there is none of this id that is good.
    ///
    /// # Errors
    /// The store failed.
    pub async fn revoke(&self, id: &str) -> Result<bool, Fault> {
        Ok(self.store.write.revoke_api_key(id, self.time.now()).await?)
    }

    /// Whether a key was found here not long ago: who has one guesses nothing.
    #[must_use]
    pub fn is_known(&self, key: &Key) -> bool {
        self.kept.contains_key(&key.digest())
    }

    /// Whose key it is, revoked or not; `None` when it is nobody's.
    ///
    /// # Errors
    /// The store could not be asked.
    pub async fn find(&self, key: &Key) -> Result<Option<Arc<ApiKeyRow>>, Fault> {
        let (digest, now) = (key.digest(), self.time.steady());
        if let Some((since, row)) = self.kept.get(&digest)
            && now - since < FRESH_FOR_MS
        {
            return Ok(Some(row));
        }
        let Some(row) = self.store.read.api_key(&digest).await? else { return Ok(None) };
        self.note_use(&row).await;
        let row = Arc::new(row);
        self.kept.insert(digest, (now, Arc::clone(&row)));
        Ok(Some(row))
    }

    /// Takes note of the day, once a day. A call does not fail for it.
    async fn note_use(&self, row: &ApiKeyRow) {
        let day = shanghai_date(self.time.now()).to_string();
        let is_noted = row.used_on.as_ref().is_some_and(|noted| *noted >= day);
        if is_noted || row.revoked_at.is_some() {
            return;
        }
        if let Err(error) = self.store.write.note_api_key_use(&row.id, &day).await {
            tracing::warn!(key = row.id, error = causes(&error), "use of a key not noted");
        }
    }

    /// Forgets what was looked up, so that a change is seen at once.
    pub(crate) fn forget(&self) {
        self.kept.invalidate_all();
    }
}

#[cfg(test)]
mod tests {
    use fiveone_testkit::{TestStore, build, on_both};

    use super::*;
    use crate::time::Standing;
    use crate::wiring::tests::NOW;

    on_both!(a_key_opens_its_app_until_it_is_revoked_and_is_kept_as_a_digest);

    async fn a_key_opens_its_app_until_it_is_revoked_and_is_kept_as_a_digest(store: TestStore) {
        assert!(store.write.create_app(&build::new_app("a")).await.unwrap());
        let keys = ApiKeys::new((*store).clone(), Arc::new(Standing(NOW)));
        let app = build::app_id("a");
        let (live, row) = keys.create(&app, KeyMode::Live, "server 1").await.unwrap();
        let (test, _) = keys.create(&app, KeyMode::Test, "").await.unwrap();
        assert!(!keys.is_known(&live));
        assert_eq!(*keys.find(&live).await.unwrap().unwrap(), row);
        assert!(keys.is_known(&live));
        assert_eq!(keys.find(&test).await.unwrap().unwrap().mode, KeyMode::Test);
        let strange = Key::from_random(KeyMode::Live, &[9; 32]);
        assert!(keys.find(&strange).await.unwrap().is_none());
        assert!(!keys.is_known(&strange));

        assert!(keys.revoke(&row.id).await.unwrap());
        assert!(!keys.revoke(&row.id).await.unwrap());
        keys.forget();
        assert_eq!(keys.find(&live).await.unwrap().unwrap().revoked_at, Some(NOW));
        let days: Vec<_> = keys.all(&app).await.unwrap();
        let day = shanghai_date(NOW).to_string();
        assert!(days.iter().all(|row| row.used_on.as_ref() == Some(&day)), "{days:?}");
        assert_eq!(days.len(), 2);

        let rows = store.read.dump("select * from api_key").await.unwrap().join("\n");
        for key in [&live, &test] {
            let digits = key.as_str().rsplit('_').next().unwrap();
            assert!(!rows.contains(digits), "{rows}");
        }
    }
}
