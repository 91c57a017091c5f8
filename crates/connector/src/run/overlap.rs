//! Rows that came twice: at the borders of pages, in turns that a portal did not tell apart, of accounts
//! that were not asked for.

use fiveone_model::{
    finding::{Finding, FindingKind},
    report::{Record, Table, Value},
};

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
    // Numbers that begin anew on each page are the page's and not the row's.
    let serials: Vec<&str> = page
        .first()
        .into_iter()
        .flat_map(|row| row.raw.iter())
        .map(|(key, _)| key)
        .filter(|key| is_serial(key, before) && is_serial(key, page))
        .collect();
    let are_same = |a: &[ReadRow], b: &[ReadRow]| {
        a.iter().zip(b).all(|(a, b)| a.raw.is_same_but_for(&b.raw, &serials))
    };
    let longest = before.len().min(page.len());
    let overlap = (1..=longest).rev().find(|n| are_same(&before[before.len() - n..], &page[..*n]));
    let Some(overlap) = overlap else { return (0, true) };
    let others: Vec<&ReadRow> =
        before[..before.len() - overlap].iter().chain(&page[overlap..]).collect();
    let last = &page[overlap - 1];
    let is_unique = last.raw.iter().any(|(key, value)| {
        let is_telling = others.len() >= 3 && !value.is_empty() && !serials.contains(&key);
        let mut values: Vec<&str> = others.iter().map(|row| row.raw.first(key)).collect();
        values.sort_unstable();
        is_telling && values.windows(2).all(|pair| pair[0] != pair[1]) && !values.contains(&value)
    });
    (overlap, overlap > 1 || is_unique)
}

/// The keys that count the rows of a page from 1.
pub(super) fn serials_of(page: &[ReadRow]) -> Vec<String> {
    let keys = page.first().into_iter().flat_map(|row| row.raw.iter()).map(|(key, _)| key);
    keys.filter(|key| is_serial(key, page)).map(str::to_owned).collect()
}

/// Whether a key counts the rows of a page from 1.
fn is_serial(key: &str, page: &[ReadRow]) -> bool {
    page.iter().zip(1_usize..).all(|(row, number)| row.raw.first(key) == number.to_string())
}

/// Leaves out rows that an earlier turn has brought already. Two equal rows of one turn are two.
///
/// A ledger and its archive may write one movement in two ways: on one day the same amount cannot lead
/// to the same balance twice.
pub(super) fn without_overlap(turns: impl Iterator<Item = Vec<ReadRow>>) -> Vec<ReadRow> {
    let mut kept: Vec<ReadRow> = Vec::new();
    for turn in turns {
        let mut is_free: Vec<bool> = vec![true; kept.len()];
        for row in turn {
            let known =
                kept.iter().zip(&mut is_free).find(|(old, free)| **free && is_known(old, &row));
            match known {
                Some((_, free)) => *free = false,
                None => kept.push(row),
            }
        }
    }
    kept
}

fn is_known(old: &ReadRow, row: &ReadRow) -> bool {
    old.is_same(row) || is_same_movement(&old.record, &row.record)
}

/// Whether two bills have the same day, the same amount that is not zero, and the same balance after it.
fn is_same_movement(a: &Record, b: &Record) -> bool {
    let is_amount = |field: &str| match a.get(field) {
        Some(Value::Amount(amount)) => !amount.is_zero(),
        Some(_) | None => false,
    };
    a.table() == Table::FundBill
        && ["payArriveDate", "balance"].iter().all(|field| a.get(field).is_some())
        && (is_amount("inAmount") || is_amount("outAmount"))
        && ["payArriveDate", "inAmount", "outAmount", "balance"]
            .iter()
            .all(|field| a.get(field) == b.get(field))
}

/// How many of these rows are of the insurance that was asked for.
pub(super) fn own_rows(rows: &[ReadRow]) -> usize {
    rows.iter().filter(|row| !row.is_of_another).count()
}

/// Leaves out rows of other insurances; whether there were any.
pub(super) fn keep_own_insurance(rows: &mut Vec<ReadRow>) -> bool {
    let before = rows.len();
    rows.retain(|row| !row.is_of_another);
    rows.len() < before
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
        let Some(name) = rows.first().map(|row| row.raw.key(key)) else { return Ok(()) };
        let named: Vec<&str> = rows.iter().map(|row| row.raw.first_at(&name)).collect();
        if asked.is_empty() || named.iter().all(|account| account.is_empty()) {
            continue;
        }
        let is_own = |account: &str| accounts.iter().any(|own| own == account);
        if named.iter().any(|account| !account.is_empty() && !is_own(account)) {
            return Err(Unread::OtherPerson);
        }
        let before = rows.len();
        rows.retain(|row| {
            let account = row.raw.first_at(&name);
            account.is_empty() || account == asked.as_str()
        });
        if rows.len() < before {
            findings.push(Finding::of_key(FindingKind::IgnoredParameter, key));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use fiveone_model::report::{Record, Table, Value};
    use jiff::civil::date;
    use serde_json::{Value as Json, json};

    use super::{ReadRow, overlap_of, without_overlap};
    use crate::read::Raw;

    #[test]
    fn a_movement_that_two_ledgers_write_in_two_ways_is_one() {
        let bill = |note: &str, income: i64, balance: i64| {
            let mut record = Record::new(Table::FundBill);
            for (field, value) in [
                ("payArriveDate", Value::Day(date(2024, 1, 11))),
                ("note", Value::Text(note.to_owned())),
                ("inAmount", Value::Amount(income.into())),
                ("balance", Value::Amount(balance.into())),
            ] {
                assert!(record.set(field, value));
            }
            let raw = Raw::of_object(&json!({ "note": note, "balance": balance })).unwrap();
            ReadRow { record, raw, is_of_another: false, undecided: None }
        };
        let notes = |turns: Vec<Vec<ReadRow>>| -> Vec<String> {
            let rows = without_overlap(turns.into_iter());
            rows.iter().map(|row| row.raw.first("note").to_owned()).collect()
        };
        let twice = vec![vec![bill("汇缴", 5, 105)], vec![bill("汇缴(正常)", 5, 105)]];
        assert_eq!(notes(twice), ["汇缴"]);
        let two = vec![vec![bill("汇缴", 5, 105)], vec![bill("补缴", 5, 110)]];
        assert_eq!(notes(two), ["汇缴", "补缴"]);
        let still = vec![vec![bill("封存", 0, 105)], vec![bill("启封", 0, 105)]];
        assert_eq!(notes(still), ["封存", "启封"]);
        let one_turn = vec![vec![bill("汇缴", 5, 105), bill("汇缴", 5, 105)]];
        assert_eq!(notes(one_turn), ["汇缴", "汇缴"]);
    }

    fn page(rows: &[Json]) -> Vec<ReadRow> {
        let read = |row| ReadRow {
            record: Record::new(Table::FundBill),
            raw: Raw::of_object(row).unwrap(),
            is_of_another: false,
            undecided: None,
        };
        rows.iter().map(read).collect()
    }

    fn row(number: u32, day: u32, balance: u32) -> Json {
        json!({ "no": number, "day": day, "balance": balance })
    }

    #[test]
    fn numbers_that_begin_anew_on_each_page_are_no_part_of_a_row() {
        let check = |before: &[Json], after: &[Json], expect: (usize, bool)| {
            assert_eq!(overlap_of(&page(before), &page(after)), expect, "{before:?} {after:?}");
        };
        let before = [row(1, 1, 10), row(2, 2, 20), row(3, 3, 30)];
        // The last row comes again as the first of the next page, with that page's number.
        check(&before, &[row(1, 3, 30), row(2, 4, 40), row(3, 5, 50)], (1, true));
        check(&before, &[row(1, 2, 20), row(2, 3, 30), row(3, 5, 50)], (2, true));
        check(&before, &[row(1, 4, 40), row(2, 5, 50)], (0, true));
        // Numbers that go on tell rows apart.
        check(&before, &[row(4, 3, 30), row(5, 4, 40)], (0, true));
        check(&before, &[row(3, 3, 30), row(4, 4, 40)], (1, true));
        // Nothing else tells whether it is one row or two.
        let alike = [row(1, 1, 10), row(2, 1, 10), row(3, 1, 10)];
        check(&alike, &[row(1, 1, 10), row(2, 2, 10)], (1, false));
    }
}
