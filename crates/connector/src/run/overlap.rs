//! Rows that came twice: at the borders of pages, in turns that a portal did not tell apart, of accounts
//! that were not asked for.

use fiveone_model::finding::{Finding, FindingKind};

use super::loops::Turn;
use crate::read::{ReadRow, Unread};

/// Whether two lists of rows are the same.
pub(super) fn are_same(a: &[ReadRow], b: &[ReadRow]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_same(b))
}

/// How many rows at the beginning of a page were the last ones of the page before, and whether it is
/// sure that they are the same and not true doubles: several are, and one that carries something of
/// its own (a serial number, a balance that no other row has).
pub(super) fn overlap_of(before: &[ReadRow], page: &[ReadRow]) -> (usize, bool) {
    let longest = before.len().min(page.len());
    let overlap = (1..=longest).rev().find(|n| are_same(&before[before.len() - n..], &page[..*n]));
    let Some(overlap) = overlap else { return (0, true) };
    let others: Vec<&ReadRow> =
        before[..before.len() - overlap].iter().chain(&page[overlap..]).collect();
    let last = &page[overlap - 1];
    let is_unique = last.raw.iter().any(|(key, value)| {
        let is_telling = others.len() >= 3 && !value.is_empty();
        let mut values: Vec<&str> = others.iter().map(|row| row.raw.first(key)).collect();
        values.sort_unstable();
        is_telling && values.windows(2).all(|pair| pair[0] != pair[1]) && !values.contains(&value)
    });
    (overlap, overlap > 1 || is_unique)
}

/// Leaves out rows that an earlier turn has brought already. Two equal rows of one turn are two.
pub(super) fn without_overlap(turns: impl Iterator<Item = Vec<ReadRow>>) -> Vec<ReadRow> {
    let mut kept: Vec<ReadRow> = Vec::new();
    for turn in turns {
        let mut is_free: Vec<bool> = vec![true; kept.len()];
        for row in turn {
            let known =
                kept.iter().zip(&mut is_free).find(|(old, free)| **free && old.is_same(&row));
            match known {
                Some((_, free)) => *free = false,
                None => kept.push(row),
            }
        }
    }
    kept
}

/// Leaves out rows of the person's other accounts, which have turns of their own.
pub(super) fn keep_own_account<'k>(
    rows: &mut Vec<ReadRow>,
    keys: impl Iterator<Item = &'k str>,
    turn: &Turn,
    accounts: &[String],
    findings: &mut Vec<Finding>,
) -> Result<(), Unread> {
    let Some(asked) = &turn.item else { return Ok(()) };
    for key in keys {
        // Only where the items of the loop are what the rows name: accounts, not years.
        let named: Vec<&str> = rows.iter().map(|row| row.raw.first(key)).collect();
        if asked.is_empty() || named.iter().all(|account| account.is_empty()) {
            continue;
        }
        let is_own = |account: &str| accounts.iter().any(|own| own == account);
        if named.iter().any(|account| !account.is_empty() && !is_own(account)) {
            return Err(Unread::OtherPerson);
        }
        let before = rows.len();
        rows.retain(|row| matches!(row.raw.first(key), "") || row.raw.first(key) == asked.as_str());
        if rows.len() < before {
            findings.push(Finding::of_key(FindingKind::IgnoredParameter, key));
        }
    }
    Ok(())
}
