//! The list of areas and whether each can be used now (P-20…P-22).

use std::sync::{Arc, Mutex, PoisonError};

use fiveone_connector::Library;
use fiveone_model::area::{Area, AreaCode, AreaStatus};
use fiveone_model::clock::Millis;
use fiveone_model::login::LoginMethod;
use fiveone_model::product::{PerProduct, Product};
use fiveone_store::Reader;

use crate::Fault;
use crate::time::Time;

/// How old the list may be that a call gets.
const FRESH_FOR_MS: Millis = 1_000;

type Lists = Arc<PerProduct<Arc<Vec<Area>>>>;

/// The areas of the library, with the state that the store has of them.
pub(crate) struct Areas {
    read: Reader,
    library: Arc<Library>,
    time: Arc<dyn Time>,
    /// The newest lists and when they were made.
    kept: Mutex<Option<(Millis, Lists)>>,
}

impl Areas {
    pub(crate) fn new(read: Reader, library: Arc<Library>, time: Arc<dyn Time>) -> Self {
        Self { read, library, time, kept: Mutex::default() }
    }

    /// All areas of a product with their present state.
    ///
    /// # Errors
    /// The store could not be asked.
    pub(crate) async fn all(&self, product: Product) -> Result<Arc<Vec<Area>>, Fault> {
        let now = self.time.now();
        let lists = match self.fresh(now) {
            Some(lists) => lists,
            None => {
                let lists = self.list(now).await?;
                *self.kept.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some((now, Arc::clone(&lists)));
                lists
            }
        };
        Ok(Arc::clone(lists.get(product)))
    }

    /// One area with its present state.
    ///
    /// # Errors
    /// The store could not be asked.
    pub(crate) async fn find(
        &self,
        product: Product,
        code: &AreaCode,
    ) -> Result<Option<Area>, Fault> {
        Ok(self.all(product).await?.iter().find(|area| area.code == *code).cloned())
    }

    /// The login methods of an area; `None` when it has no connector.
    pub(crate) fn logins(&self, product: Product, area: &AreaCode) -> Option<&[LoginMethod]> {
        Some(self.library.connector(product, area)?.logins())
    }

    /// Forgets what was listed, so that a change is seen at once.
    pub(crate) fn forget(&self) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn fresh(&self, now: Millis) -> Option<Lists> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref()
            .filter(|(made_at, _)| (0..FRESH_FOR_MS).contains(&(now - made_at)))
            .map(|(_, lists)| Arc::clone(lists))
    }

    async fn list(&self, now: Millis) -> Result<Lists, Fault> {
        let closed = self.read.closed_areas(now).await?;
        let list = |product: Product| {
            let areas = self.library.areas(product).iter().map(|entry| {
                let is_closed = closed
                    .iter()
                    .any(|switch| switch.product == product && switch.area == entry.code);
                let status = match self.library.connector(product, &entry.code) {
                    None => AreaStatus::InDevelopment,
                    Some(_) if is_closed => AreaStatus::Maintenance,
                    Some(_) => AreaStatus::Usable,
                };
                Area {
                    code: entry.code.clone(),
                    name: entry.name.clone(),
                    tips: entry.tips.clone(),
                    url: entry.url.clone(),
                    status,
                }
            });
            Arc::new(areas.collect())
        };
        Ok(Arc::new(PerProduct::from_fn(list)))
    }
}
