//! How often an app may call: its own number a second, and what the configuration says of each kind of
//! call, counted in this node (status 10).

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use fiveone_model::app::{App, AppId};
use fiveone_model::product::Operation;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

/// How long an app that may not call at all is told to stay away.
const NEVER: Duration = Duration::from_secs(60);

/// What a call is to the load of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallKind {
    /// Begins a task: work for minutes.
    Create,
    /// Asks how a task goes, or for its report.
    Poll,
    /// Answers a question of a task under way. A person waits, so only the app's own number binds it.
    Answer,
    /// Everything else.
    Other,
}

impl From<Operation> for CallKind {
    fn from(operation: Operation) -> Self {
        match operation {
            Operation::Create => Self::Create,
            Operation::Report => Self::Poll,
            Operation::Code => Self::Answer,
            Operation::Areas | Operation::Logins => Self::Other,
        }
    }
}

/// Calls of each kind that an app may make a second on a node; 0 is as many as it may make in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KindRates {
    /// Creates.
    pub creates: u32,
    /// Polls and reports.
    pub polls: u32,
    /// What is neither, nor an answer.
    pub others: u32,
}

/// One app's allowance; made anew when an operator changes the number.
struct Allowance {
    calls_per_second: u32,
    /// `None` when the number is 0: the app may not call at all.
    limiter: Option<DefaultDirectRateLimiter>,
    /// `None` where only the app's own number counts.
    creates: Option<DefaultDirectRateLimiter>,
    polls: Option<DefaultDirectRateLimiter>,
    others: Option<DefaultDirectRateLimiter>,
}

impl Allowance {
    fn of(calls_per_second: u32, kinds: KindRates) -> Self {
        let limiter = |rate| NonZeroU32::new(rate).map(Quota::per_second).map(RateLimiter::direct);
        Self {
            calls_per_second,
            limiter: limiter(calls_per_second),
            creates: limiter(kinds.creates),
            polls: limiter(kinds.polls),
            others: limiter(kinds.others),
        }
    }

    const fn of_kind(&self, kind: CallKind) -> Option<&DefaultDirectRateLimiter> {
        match kind {
            CallKind::Create => self.creates.as_ref(),
            CallKind::Poll => self.polls.as_ref(),
            CallKind::Other => self.others.as_ref(),
            CallKind::Answer => None,
        }
    }
}

/// The allowances of all apps that have called; only apps whose signature was right get one, so
/// their number is bounded by the number of apps.
#[derive(Default)]
pub(crate) struct Rates {
    kinds: KindRates,
    apps: RwLock<HashMap<AppId, Arc<Allowance>>>,
}

impl Rates {
    /// The rates of a node.
    pub(crate) fn new(kinds: KindRates) -> Self {
        Self { kinds, apps: RwLock::default() }
    }

    /// Takes one call from the app's allowance, or says how long it is used up. That of its kind is asked
    /// first: too many creates take nothing from the polls.
    pub(crate) fn take(&self, app: &App, kind: CallKind) -> Result<(), Duration> {
        let allowance = self.allowance(app);
        if let Some(limiter) = allowance.of_kind(kind) {
            take_from(limiter)?;
        }
        take_from(allowance.limiter.as_ref().ok_or(NEVER)?)
    }

    fn allowance(&self, app: &App) -> Arc<Allowance> {
        let wanted = app.calls_per_second;
        let known = self.apps.read().unwrap_or_else(PoisonError::into_inner).get(&app.id).cloned();
        if let Some(allowance) = known.filter(|known| known.calls_per_second == wanted) {
            return allowance;
        }
        let mut all = self.apps.write().unwrap_or_else(PoisonError::into_inner);
        let made = || Arc::new(Allowance::of(wanted, self.kinds));
        let allowance = all.entry(app.id.clone()).or_insert_with(made);
        if allowance.calls_per_second != wanted {
            *allowance = made();
        }
        Arc::clone(allowance)
    }
}

fn take_from(limiter: &DefaultDirectRateLimiter) -> Result<(), Duration> {
    limiter.check().map_err(|not_until| not_until.wait_time_from(DefaultClock::default().now()))
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
        let calls = |app: &App, n: usize| {
            (0..n).filter(|_| rates.take(app, CallKind::Other).is_ok()).count()
        };
        assert_eq!(calls(&app("a", 0), 3), 0);
        assert_eq!(rates.take(&app("a", 0), CallKind::Other), Err(NEVER));
        assert_eq!(calls(&app("a", 1), 3), 1);
        let wait = rates.take(&app("a", 1), CallKind::Other).unwrap_err();
        assert!(wait <= Duration::from_secs(1), "the next second has one: {wait:?}");
        assert_eq!(calls(&app("b", 2), 2), 2);
        assert_eq!(calls(&app("a", 2), 2), 2);
    }

    #[test]
    fn too_many_creates_take_nothing_from_polls_and_answers() {
        let rates = Rates::new(KindRates { creates: 1, polls: 3, others: 2 });
        let a = app("a", 100);
        let calls = |kind| (0..10).filter(|_| rates.take(&a, kind).is_ok()).count();
        assert_eq!(calls(CallKind::Create), 1);
        assert_eq!(calls(CallKind::Poll), 3);
        assert_eq!(calls(CallKind::Other), 2);
        assert_eq!(calls(CallKind::Answer), 10);
        let creates = (0..10).filter(|_| rates.take(&app("b", 100), CallKind::Create).is_ok());
        assert_eq!(creates.count(), 1, "each app has its own");
    }
}
