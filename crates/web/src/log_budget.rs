//! Lines that strangers can cause: some a second are said, the others are counted and the count said
//! with the next. A flood of calls then fills no disk.

use std::sync::{Mutex, PoisonError};

use fiveone_model::clock::Millis;

/// Lines a second.
const LINES_MAX: u32 = 20;

#[derive(Debug, Default)]
struct Second {
    number: Millis,
    said: u32,
    left_out: u64,
}

/// What may still be said.
#[derive(Debug, Default)]
pub(crate) struct LogBudget(Mutex<Second>);

impl LogBudget {
    /// Whether a line may be said now, and how many were left out since the last one.
    pub(crate) fn take(&self, now: Millis) -> Option<u64> {
        let mut second = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = now.div_euclid(1_000);
        if second.number != number {
            (second.number, second.said) = (number, 0);
        }
        if second.said >= LINES_MAX {
            second.left_out += 1;
            return None;
        }
        second.said += 1;
        Some(std::mem::take(&mut second.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_lines_a_second_are_said_and_the_others_counted() {
        let budget = LogBudget::default();
        let said = |now: Millis, calls: u32| {
            (0..calls).filter_map(|_| budget.take(now)).collect::<Vec<_>>()
        };
        assert_eq!(said(5_000, 1_000), [0; 20]);
        assert_eq!(said(5_999, 1), [0; 0]);
        assert_eq!(said(6_000, 2), [981, 0]);
        // A clock that steps back is another second.
        assert_eq!(said(4_000, 1), [0]);
    }
}
