//! How many callbacks are under way: an app whose receiver is slow fills its own places and nobody
//! else's.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use fiveone_model::app::AppId;

/// The places of a node, by app.
pub(crate) struct Places {
    taken: Arc<Mutex<HashMap<AppId, usize>>>,
    per_app_max: usize,
    at_once_max: usize,
}

/// One attempt under way; its place is free again when this is dropped, by a panic too.
pub(crate) struct Place {
    app: AppId,
    taken: Arc<Mutex<HashMap<AppId, usize>>>,
}

impl Places {
    /// Places for `per_app_max` attempts of an app and `at_once_max` of all.
    pub(crate) fn new(per_app_max: usize, at_once_max: usize) -> Self {
        Self { taken: Arc::default(), per_app_max, at_once_max }
    }

    /// Every place an app may have now. It always has one, however many the others hold.
    pub(crate) fn take(&self, app: &AppId) -> Vec<Place> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = taken.values().sum();
        let own = taken.get(app).copied().unwrap_or(0);
        let shared = self.at_once_max.saturating_sub(all);
        let free = self.per_app_max.saturating_sub(own).min(shared.max(usize::from(own == 0)));
        if free > 0 {
            taken.insert(app.clone(), own + free);
        }
        let place = || Place { app: app.clone(), taken: Arc::clone(&self.taken) };
        std::iter::repeat_with(place).take(free).collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.app) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.app);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use fiveone_testkit::build::app_id;

    use super::*;

    #[test]
    fn an_app_fills_its_own_places_and_each_has_one() {
        let places = Places::new(4, 6);
        let slow = places.take(&app_id("slow"));
        assert_eq!((slow.len(), places.take(&app_id("slow")).len()), (4, 0));
        let second = places.take(&app_id("second"));
        assert_eq!(second.len(), 2, "what is left of all");
        let third = places.take(&app_id("third"));
        assert_eq!(third.len(), 1, "each app has one");
        drop(slow);
        assert_eq!(places.take(&app_id("third")).len(), 3);
        drop((second, third));
        assert_eq!(*places.taken.lock().unwrap(), HashMap::new());
    }
}
