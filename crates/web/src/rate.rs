//! How often an app may call: its own number a second, counted in this node (status 10).

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError, RwLock};

use fiveone_model::app::{App, AppId};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

/// One app's allowance; made anew when an operator changes the number.
struct Allowance {
    calls_per_second: u32,
    /// `None` when the number is 0: the app may not call at all.
    limiter: Option<DefaultDirectRateLimiter>,
}

impl Allowance {
    fn of(calls_per_second: u32) -> Self {
        let quota = NonZeroU32::new(calls_per_second).map(Quota::per_second);
        Self { calls_per_second, limiter: quota.map(RateLimiter::direct) }
    }
}

/// The allowances of all apps that have called; only apps whose signature was right get one, so
/// their number is bounded by the number of apps.
#[derive(Default)]
pub(crate) struct Rates(RwLock<HashMap<AppId, Arc<Allowance>>>);

impl Rates {
    /// Takes one call from the app's allowance; `false` when it is used up.
    pub(crate) fn may_call(&self, app: &App) -> bool {
        let allowance = self.allowance(app);
        allowance.limiter.as_ref().is_some_and(|limiter| limiter.check().is_ok())
    }

    fn allowance(&self, app: &App) -> Arc<Allowance> {
        let wanted = app.calls_per_second;
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&app.id).cloned();
        if let Some(allowance) = known.filter(|known| known.calls_per_second == wanted) {
            return allowance;
        }
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let allowance =
            all.entry(app.id.clone()).or_insert_with(|| Arc::new(Allowance::of(wanted)));
        if allowance.calls_per_second != wanted {
            *allowance = Arc::new(Allowance::of(wanted));
        }
        Arc::clone(allowance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(id: &str, calls_per_second: u32) -> App {
        let app = App::new(AppId::parse(id).expect("an id"), "");
        App { calls_per_second, ..app }
    }

    #[test]
    fn an_app_has_its_own_allowance_and_a_new_number_counts_at_once() {
        let rates = Rates::default();
        let calls = |app: &App, n: usize| (0..n).filter(|_| rates.may_call(app)).count();
        assert_eq!(calls(&app("a", 0), 3), 0);
        assert_eq!(calls(&app("a", 1), 3), 1);
        assert_eq!(calls(&app("b", 2), 2), 2);
        assert_eq!(calls(&app("a", 2), 2), 2);
    }
}
