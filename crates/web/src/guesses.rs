//! Who guesses is slowed down: after some wrong tries in a row others are refused unread, for longer
//! each time. Counted in this node; tokenKeys by app and address, so that a stranger slows down nobody
//! but who shares its address.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use fiveone_model::app::AppId;
use fiveone_model::clock::Millis;

/// Wrong tokenKeys in a row that are nobody's fault: a new client is being written.
const FREE: u32 = 20;
/// Wrong sign-ins of one network that are nobody's fault.
pub(crate) const FREE_FROM: u32 = 5;
/// Wrong sign-ins by one name, from wherever; more, so that who knows a name cannot lock out whose it is as
/// easily as itself.
pub(crate) const FREE_BY: u32 = 50;
/// How long calls are refused after the next one; it doubles with each.
const FIRST_WAIT_MS: Millis = 1_000;
/// The longest.
const WAIT_MS_MAX: Millis = 60_000;
/// After so long without a wrong one all is forgotten.
const FORGOTTEN_AFTER_MS: Millis = 600_000;
/// The most that are remembered; beyond it the oldest half is forgotten.
const GUESSERS_MAX: usize = 20_000;

/// Which app it says it is, and where the call came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Guesser {
    /// `None` for a bearer key, which tells an app only when it is right.
    pub(crate) app: Option<AppId>,
    /// The client's network ([`client_network`](fiveone_model::networks::client_network)); `None` where the
    /// server tells none.
    pub(crate) address: Option<IpAddr>,
}

/// Who tries to sign in to the console.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Trying {
    /// From a network, whatever the name.
    From(Option<IpAddr>),
    /// By a name, from wherever.
    By(String),
}

#[derive(Debug, Clone, Copy)]
struct Tries {
    wrong: u32,
    last_at: Millis,
    until: Millis,
}

/// The wrong tries of a node.
pub(crate) struct Guesses<Who = Guesser> {
    all: Mutex<HashMap<Who, Tries>>,
    /// Wrong ones in a row that cost nothing.
    free: u32,
}

impl Default for Guesses {
    fn default() -> Self {
        Self::after(FREE)
    }
}

impl<Who: Eq + Hash> Guesses<Who> {
    /// Slows down whoever was wrong so often.
    pub(crate) fn after(free: u32) -> Self {
        Self { all: Mutex::default(), free }
    }

    /// How long a call has to wait, in milliseconds; `None` when it may be looked at.
    pub(crate) fn wait_ms(&self, who: &Who, now: Millis) -> Option<Millis> {
        let until = self.all().get(who)?.until;
        (until > now).then_some(until - now)
    }

    /// A wrong one.
    pub(crate) fn wrong(&self, who: Who, now: Millis) {
        count_wrong(&mut self.all(), who, self.free, now);
    }

    /// Counts a try as a wrong one before it is looked at, so that those that come at once are counted
    /// as well; how long it has to wait where it may not be looked at, and then it is not counted.
    pub(crate) fn begin(&self, who: &Who, now: Millis) -> Option<Millis>
    where
        Who: Clone,
    {
        let mut all = self.all();
        let until = all.get(who).map_or(now, |tries| tries.until);
        if until > now {
            return Some(until - now);
        }
        count_wrong(&mut all, who.clone(), self.free, now);
        None
    }

    /// A try that was begun was not wrong; what others did meanwhile stays.
    pub(crate) fn take_back(&self, who: &Who, now: Millis) {
        if let Some(tries) = self.all().get_mut(who) {
            tries.wrong = tries.wrong.saturating_sub(1);
            if tries.wrong <= self.free {
                tries.until = now;
            }
        }
    }

    /// A right one.
    pub(crate) fn right(&self, who: &Who) {
        let mut all = self.all();
        if !all.is_empty() {
            all.remove(who);
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Who, Tries>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count_wrong<Who: Eq + Hash>(all: &mut HashMap<Who, Tries>, who: Who, free: u32, now: Millis) {
    if all.len() >= GUESSERS_MAX {
        forget_old(all, now);
    }
    let tries = all.entry(who).or_insert(Tries { wrong: 0, last_at: now, until: now });
    if now - tries.last_at > FORGOTTEN_AFTER_MS {
        tries.wrong = 0;
    }
    tries.wrong = tries.wrong.saturating_add(1);
    tries.last_at = now;
    if let Some(over) = tries.wrong.checked_sub(free + 1) {
        tries.until = now + (FIRST_WAIT_MS << over.min(16)).min(WAIT_MS_MAX);
    }
}

fn forget_old<Who: Eq + Hash>(all: &mut HashMap<Who, Tries>, now: Millis) {
    all.retain(|_, tries| now - tries.last_at <= FORGOTTEN_AFTER_MS);
    if all.len() >= GUESSERS_MAX {
        let mut by_age: Vec<_> = all.drain().collect();
        by_age.select_nth_unstable_by_key(GUESSERS_MAX / 2, |(_, tries)| tries.last_at);
        all.extend(by_age.drain(GUESSERS_MAX / 2..));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guesser(number: u32) -> Guesser {
        let app = AppId::parse("app");
        Guesser { app, address: Some(IpAddr::V4(number.into())) }
    }

    #[test]
    fn waits_double_up_to_a_minute_and_end_with_a_right_one() {
        let guesses = Guesses::default();
        let mut waits = Vec::new();
        for _ in 0..FREE + 8 {
            guesses.wrong(guesser(1), 0);
            waits.extend(guesses.wait_ms(&guesser(1), 0));
        }
        assert_eq!(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
        assert_eq!(guesses.wait_ms(&guesser(1), 59_999), Some(1));
        assert_eq!(guesses.wait_ms(&guesser(1), 60_000), None);
        assert_eq!(guesses.wait_ms(&guesser(2), 0), None, "another address");
        guesses.right(&guesser(1));
        guesses.wrong(guesser(1), 60_000);
        assert_eq!(guesses.wait_ms(&guesser(1), 60_000), None);
    }

    #[test]
    fn tries_that_come_at_once_are_counted_before_they_are_looked_at() {
        let guesses = Guesses::after(2);
        let begun = (0..10).filter(|_| guesses.begin(&guesser(1), 0).is_none()).count();
        assert_eq!(begun, 3, "the third makes the next wait");
        assert_eq!(guesses.wait_ms(&guesser(1), 0), Some(1_000));
        // One of them was right; the other two are not forgotten.
        guesses.take_back(&guesser(1), 0);
        assert_eq!(guesses.begin(&guesser(1), 0), None);
        assert_eq!(guesses.begin(&guesser(1), 0), Some(1_000));
    }

    #[test]
    fn wrong_ones_of_long_ago_are_forgotten_and_memory_is_bounded() {
        let guesses = Guesses::default();
        (0..FREE).for_each(|_| guesses.wrong(guesser(0), 0));
        guesses.wrong(guesser(0), FORGOTTEN_AFTER_MS + 1);
        assert_eq!(guesses.wait_ms(&guesser(0), FORGOTTEN_AFTER_MS + 1), None);
        for number in 0..50_000 {
            // Many in one millisecond, too.
            guesses.wrong(guesser(number), Millis::from(number / 30_000));
        }
        let kept = guesses.all().len();
        assert!((GUESSERS_MAX / 2..=GUESSERS_MAX).contains(&kept), "{kept}");
        assert!(guesses.all().contains_key(&guesser(49_999)));
    }
}
