//! Run slots: how many tasks talk to portals at once, in all and to each portal. A task that waits
//! for a person holds none.
//!
//! A portal takes another slot only while it has less than [`SHARE`] times as many as are free: one
//! that never answers leaves a quarter to the others, the next one a quarter of that.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use fiveone_model::area::AreaCode;
use fiveone_model::product::Product;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many slots a portal may have for each that is free.
const SHARE: usize = 3;

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
            let held = cap.saturating_sub(own.available_permits());
            if held > 0 && held >= SHARE * self.all.available_permits() {
                break;
            }
            let Ok(own_permit) = Arc::clone(&own).try_acquire_owned() else { break };
            let Ok(permit) = Arc::clone(&self.all).try_acquire_owned() else { break };
            let (all, own) = (Arc::clone(&self.all), Arc::clone(&own));
            slots.push(Slot { all, own, cap, permits: Some((own_permit, permit)) });
        }
        slots
    }

    /// The right to a slot of a portal, for one who waits in line for it.
    pub(crate) fn waiting(&self, portal: (Product, AreaCode), cap: usize) -> Slot {
        Slot { all: Arc::clone(&self.all), own: self.portal(portal, cap), cap, permits: None }
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
    /// How many the portal has in all, on all nodes.
    cap: usize,
    permits: Option<(OwnedSemaphorePermit, OwnedSemaphorePermit)>,
}

impl Slot {
    /// How many tasks of all nodes may talk to its portal.
    pub(crate) const fn portal_cap(&self) -> usize {
        self.cap
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    fn portal(number: u32) -> (Product, AreaCode) {
        (Product::Fund, AreaCode::parse(&format!("99{number:04}")).unwrap())
    }

    #[test]
    fn a_portal_that_keeps_its_slots_leaves_some_to_each_other() {
        let slots = Slots::new(64);
        let silent: Vec<_> = (0..3).map(|n| slots.take(portal(n), 64, 64)).collect();
        assert_eq!(silent.iter().map(Vec::len).collect::<Vec<_>>(), [48, 12, 3]);
        assert_eq!(slots.take(portal(3), 64, 64).len(), 1);
        drop(silent);
        assert_eq!(slots.take(portal(4), 2, 64).len(), 2, "no more than it may have");
    }

    #[test]
    fn a_single_slot_is_anybodys() {
        let slots = Slots::new(1);
        let taken = slots.take(portal(0), 8, 8);
        assert_eq!((taken.len(), slots.take(portal(1), 8, 8).len()), (1, 0));
        drop(taken);
        assert_eq!(slots.take(portal(1), 8, 8).len(), 1);
    }
}
