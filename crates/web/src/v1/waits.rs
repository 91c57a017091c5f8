//! Calls that wait for a task: event streams and long polls. They may last for minutes, so they are
//! counted apart from the calls that are under way, over all and for each app.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use fiveone_model::app::AppId;

/// All that wait in this node.
const WAITS_MAX: usize = 4_096;
/// Those of one app.
const WAITS_PER_APP_MAX: usize = 1_024;

/// How many wait.
#[derive(Default)]
pub(super) struct Waits(Mutex<HashMap<AppId, usize>>);

/// One that waits, until it is dropped.
pub(super) struct Waiting {
    waits: Arc<Waits>,
    app: AppId,
}

impl Waits {
    /// One more; `None` when there are too many.
    pub(super) fn one_more(self: &Arc<Self>, app: &AppId) -> Option<Waiting> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = all.get(app).copied().unwrap_or(0);
        if own >= WAITS_PER_APP_MAX || all.values().sum::<usize>() >= WAITS_MAX {
            return None;
        }
        all.insert(app.clone(), own + 1);
        Some(Waiting { waits: Arc::clone(self), app: app.clone() })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut all = self.waits.0.lock().unwrap_or_else(PoisonError::into_inner);
        match all.get_mut(&self.app) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(all.remove(&self.app)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_app_cannot_take_all_places_and_all_are_given_back() {
        let waits = Arc::<Waits>::default();
        let app = |n: usize| AppId::parse(&format!("app{n}")).unwrap();
        let of = |n: usize| -> Vec<_> {
            (0..=WAITS_PER_APP_MAX).map_while(|_| waits.one_more(&app(n))).collect()
        };
        let all: Vec<_> = (0..5).map(of).collect();
        let counts: Vec<_> = all.iter().map(Vec::len).collect();
        assert_eq!(counts, [1_024, 1_024, 1_024, 1_024, 0]);
        drop(all);
        assert!(waits.0.lock().unwrap().is_empty());
        assert!(waits.one_more(&app(9)).is_some());
    }
}
