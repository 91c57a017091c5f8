//! What an operator does with areas: closes and opens them, and sees which are closed. It needs no
//! running node; nodes see a change within a second.

use std::sync::Arc;

use fiveone_connector::Library;
use fiveone_model::area::AreaCode;
use fiveone_model::product::Product;
use fiveone_store::{AreaSwitch, ClosedBy, Store};

use crate::Fault;
use crate::time::Time;

/// The switches of a store's areas.
pub struct AreaSwitches {
    store: Store,
    time: Arc<dyn Time>,
}

impl AreaSwitches {
    /// The switches of a store.
    #[must_use]
    pub fn new(store: Store, time: Arc<dyn Time>) -> Self {
        Self { store, time }
    }

    /// Refuses new tasks for an area until somebody opens it.
    ///
    /// # Errors
    /// The store failed.
    pub async fn close(&self, product: Product, area: AreaCode, note: String) -> Result<(), Fault> {
        let switch =
            AreaSwitch { product, area, closed_by: ClosedBy::Operator, note, until_at: None };
        Ok(self.store.write.close_area(&switch).await?)
    }

    /// Takes tasks for an area again, whoever closed it.
    ///
    /// # Errors
    /// The store failed.
    pub async fn open(&self, product: Product, area: &AreaCode) -> Result<(), Fault> {
        Ok(self.store.write.open_area(product, area).await?)
    }

    /// Why no link to an area is any use now; `None` when one is.
    ///
    /// # Errors
    /// The store failed.
    pub async fn why_not(
        &self,
        library: &Library,
        product: Product,
        area: &AreaCode,
    ) -> Result<Option<&'static str>, Fault> {
        if !library.areas(product).iter().any(|entry| entry.code == *area) {
            return Ok(Some("there is no such area for this product"));
        }
        if library.connector(product, area).is_none() {
            return Ok(Some("the area has no connector yet"));
        }
        let closed = self.closed().await?;
        let is_closed = |switch: &AreaSwitch| switch.product == product && switch.area == *area;
        Ok(closed.iter().any(is_closed).then_some("the area is closed; see `fiveone area list`"))
    }

    /// The areas that are closed now, by operators or for their portal's health.
    ///
    /// # Errors
    /// The store failed.
    pub async fn closed(&self) -> Result<Vec<AreaSwitch>, Fault> {
        Ok(self.store.read.closed_areas(self.time.now()).await?)
    }
}
