//! Run slots: how many tasks talk to portals at once, in all and to each portal. A task that waits
//! for a person holds none.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use fiveone_model::area::AreaCode;
use fiveone_model::product::Product;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// All slots of a node.
pub(crate) struct Slots {
    all: Arc<Semaphore>,
    portals: Mutex<HashMap<(Product, AreaCode), Arc<Semaphore>>>,
}

impl Slots {
    pub(crate) fn new(running_max: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(running_max)), portals: Mutex::default() }
    }

    /// Takes up to `limit` slots of a portal that has `cap` in all; as many as are free now.
    pub(crate) fn take(&self, portal: (Product, AreaCode), cap: usize, limit: usize) -> Vec<Slot> {
        let own = self.portal(portal, cap);
        let mut slots = Vec::new();
        while slots.len() < limit {
            let Ok(own_permit) = Arc::clone(&own).try_acquire_owned() else { break };
            let Ok(permit) = Arc::clone(&self.all).try_acquire_owned() else { break };
            let (all, own) = (Arc::clone(&self.all), Arc::clone(&own));
            slots.push(Slot { all, own, permits: Some((own_permit, permit)) });
        }
        slots
    }

    /// The right to a slot of a portal, for one who waits in line for it.
    pub(crate) fn waiting(&self, portal: (Product, AreaCode), cap: usize) -> Slot {
        Slot { all: Arc::clone(&self.all), own: self.portal(portal, cap), permits: None }
    }

    fn portal(&self, portal: (Product, AreaCode), cap: usize) -> Arc<Semaphore> {
        let mut portals = self.portals.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(portals.entry(portal).or_insert_with(|| Arc::new(Semaphore::new(cap))))
    }
}

/// One slot, or the right to one.
pub(crate) struct Slot {
    all: Arc<Semaphore>,
    own: Arc<Semaphore>,
    permits: Option<(OwnedSemaphorePermit, OwnedSemaphorePermit)>,
}

impl Slot {
    /// Lets others run.
    pub(crate) fn release(&mut self) {
        self.permits = None;
    }

    /// Waits in line for a slot again. The portal's first: who waits for a busy portal must not
    /// keep the others from theirs.
    pub(crate) async fn acquire(&mut self) {
        if self.permits.is_some() {
            return;
        }
        // The semaphores are never closed; were they, running without a permit is the lesser evil.
        let own = Arc::clone(&self.own).acquire_owned().await;
        let all = Arc::clone(&self.all).acquire_owned().await;
        self.permits = own.ok().zip(all.ok());
    }
}
