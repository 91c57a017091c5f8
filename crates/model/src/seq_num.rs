//! seqNum: three digits and a 13-digit millisecond, unique in the deployment (P-05).
//!
//! Each node has a slot; a slot owns [`PREFIXES_PER_NODE`] prefixes of every millisecond. A node
//! that hands out more than that in one millisecond borrows from the following ones. The time is an
//! argument. Keeping two nodes from one slot is not done here.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::clock::Millis;

/// How many nodes a deployment can have.
pub const SLOTS: u16 = 100;

/// How many numbers a node has in one millisecond.
pub const PREFIXES_PER_NODE: u64 = 10;

/// The largest millisecond of 13 digits; reached in the year 2286.
const MILLIS_MAX: u64 = 9_999_999_999_999;

/// Hands out the numbers of one node. It never goes back, even when the clock does, as long as it
/// lives; a restarted node must not begin before what its predecessor borrowed, which is less than
/// a millisecond for each 10 calls above 10,000 a second.
#[derive(Debug)]
pub struct SeqNums {
    first_prefix: u64,
    /// The last number: its millisecond × [`PREFIXES_PER_NODE`] + its place within.
    last: AtomicU64,
}

impl SeqNums {
    /// The numbers of the node in `slot`; `None` when there is no such slot.
    #[must_use]
    pub fn of_slot(slot: u16) -> Option<Self> {
        let first_prefix = u64::from(slot) * PREFIXES_PER_NODE;
        (slot < SLOTS).then(|| Self { first_prefix, last: AtomicU64::new(0) })
    }

    /// The next number at `now`: 16 digits.
    #[must_use]
    pub fn next(&self, now: Millis) -> String {
        let earliest = u64::try_from(now).unwrap_or(0).min(MILLIS_MAX) * PREFIXES_PER_NODE;
        let after = |last: u64| earliest.max(last + 1);
        // The closure never refuses, so both arms hold the previous value.
        let (Ok(last) | Err(last)) =
            self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(after(last)));
        let number = after(last);
        let prefix = self.first_prefix + number % PREFIXES_PER_NODE;
        format!("{prefix:03}{:013}", number / PREFIXES_PER_NODE)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const NOW: Millis = 1_506_611_220_665;

    #[test]
    fn p_05_a_number_is_a_prefix_and_a_millisecond() {
        let nums = SeqNums::of_slot(2).expect("a slot");
        assert_eq!(nums.next(NOW), "0201506611220665");
        assert_eq!(nums.next(NOW), "0211506611220665");
        assert_eq!(nums.next(NOW + 1), "0201506611220666");
        assert_eq!(SeqNums::of_slot(0).expect("a slot").next(0), "0010000000000000");
    }

    #[test]
    fn p_05_an_exhausted_millisecond_borrows_from_the_next() {
        let nums = SeqNums::of_slot(99).expect("a slot");
        let all: Vec<_> = (0..11).map(|_| nums.next(NOW)).collect();
        assert_eq!(all[9], "9991506611220665");
        assert_eq!(all[10], "9901506611220666");
        assert_eq!(nums.next(NOW + 1), "9911506611220666", "what was borrowed is not given again");
    }

    #[test]
    fn p_05_a_clock_that_goes_back_does_not_repeat_a_number() {
        let nums = SeqNums::of_slot(0).expect("a slot");
        assert_eq!(nums.next(NOW), "0001506611220665");
        assert_eq!(nums.next(NOW - 5_000), "0011506611220665");
        assert_eq!(nums.next(-1), "0021506611220665");
    }

    #[test]
    fn p_05_numbers_are_unique_among_all_nodes_and_threads() {
        let nodes: Vec<_> =
            (0..SLOTS).map(|slot| SeqNums::of_slot(slot).expect("a slot")).collect();
        let take = |_| nodes.iter().flat_map(|node| (0..100).map(|_| node.next(NOW))).collect();
        let lists: Vec<Vec<String>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|n| scope.spawn(move || take(n))).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        let unique: BTreeSet<_> = lists.iter().flatten().collect();
        assert_eq!(unique.len(), 4 * 100 * usize::from(SLOTS));
        assert!(unique.iter().all(|number| number.len() == 16));
    }

    #[test]
    fn p_05_there_are_100_slots() {
        assert!(SeqNums::of_slot(99).is_some());
        assert!(SeqNums::of_slot(100).is_none());
    }
}
