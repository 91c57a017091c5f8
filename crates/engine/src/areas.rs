//! The list of areas and whether each can be used now (P-20…P-22).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use fiveone_model::area::{Area, AreaCode, AreaStatus};
use fiveone_model::clock::Millis;
use fiveone_model::login::LoginMethod;
use fiveone_model::product::Product;

use crate::{Engine, Fault};

/// How old the list may be that a call gets.
const FRESH_FOR_MS: Millis = 1_000;

type Lists = Arc<HashMap<Product, Arc<Vec<Area>>>>;

/// The newest lists and when they were made.
#[derive(Default)]
pub(crate) struct AreaLists(Mutex<Option<(Millis, Lists)>>);

impl AreaLists {
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn fresh(&self, now: Millis) -> Option<Lists> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref()
            .filter(|(made_at, _)| (0..FRESH_FOR_MS).contains(&(now - made_at)))
            .map(|(_, lists)| Arc::clone(lists))
    }

    fn keep(&self, now: Millis, lists: &Lists) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, Arc::clone(lists)));
    }
}

impl Engine {
    /// All areas of a product with their present state.
    ///
    /// # Errors
    /// The store could not be asked.
    pub async fn areas(&self, product: Product) -> Result<Arc<Vec<Area>>, Fault> {
        let now = self.now();
        let lists = match self.0.areas.fresh(now) {
            Some(lists) => lists,
            None => {
                let lists = self.list_areas(now).await?;
                self.0.areas.keep(now, &lists);
                lists
            }
        };
        Ok(lists.get(&product).map(Arc::clone).unwrap_or_default())
    }

    /// One area with its present state.
    ///
    /// # Errors
    /// The store could not be asked.
    pub async fn area(&self, product: Product, code: &AreaCode) -> Result<Option<Area>, Fault> {
        Ok(self.areas(product).await?.iter().find(|area| area.code == *code).cloned())
    }

    /// The login methods of an area; `None` when it has no connector.
    #[must_use]
    pub fn logins(&self, product: Product, area: &AreaCode) -> Option<&[LoginMethod]> {
        Some(self.0.library.connector(product, area)?.logins())
    }

    async fn list_areas(&self, now: Millis) -> Result<Lists, Fault> {
        let closed = self.0.store.read.closed_areas(now).await?;
        let list = |product: Product| {
            let areas = self.0.library.areas(product).iter().map(|entry| {
                let is_closed = closed
                    .iter()
                    .any(|switch| switch.product == product && switch.area == entry.code);
                let status = match self.0.library.connector(product, &entry.code) {
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
            (product, Arc::new(areas.collect()))
        };
        Ok(Arc::new(Product::ALL.into_iter().map(list).collect()))
    }
}
