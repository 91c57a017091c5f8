//! Balances as witnesses: a bill that moves nothing by what was read of it, while its balance moved, lost
//! its amount with the amount's key.

use fiveone_model::{
    finding::{Finding, FindingKind},
    report::Value,
};
use rust_decimal::Decimal;

use super::{Mapping, ReadRow, order::day_of, sides::amount_or_zero};
use crate::unexpected::UnexpectedPage;

/// Puts amounts whose words tell no side on the side that the balances tell. The rows are in the
/// portal's own order. Where balances tell nothing, a movement that is known to be on no side stays
/// without, and any other loses the list.
pub(crate) fn decide_sides(
    rows: &mut [ReadRow],
    findings: &mut Vec<Finding>,
) -> Result<(), UnexpectedPage> {
    for at in 0..rows.len() {
        let Some(undecided) = rows[at].undecided.take() else { continue };
        let amount = undecided.amount;
        let side = match moved(rows, at) {
            Some(moved) if moved == amount.abs() => ("inAmount", amount.abs()),
            Some(moved) if moved == -amount.abs() => ("outAmount", amount.abs()),
            _ if undecided.is_neutral => {
                findings.push(Finding::of_key(FindingKind::NoSide, &undecided.key));
                continue;
            }
            _ => {
                let reason = format!("`{}` tells no side of the amount", undecided.by);
                return Err(UnexpectedPage::portal(reason));
            }
        };
        if !rows[at].record.set(side.0, Value::Amount(side.1)) {
            return Err(UnexpectedPage::definition("this record has no sides"));
        }
    }
    Ok(())
}

/// By how much a row changed the balance, where the order of the rows tells which one was before it.
fn moved(rows: &[ReadRow], at: usize) -> Option<Decimal> {
    let days: Vec<_> = rows.iter().filter_map(|row| day_of(&row.record)).collect();
    let before = match days.first()?.cmp(days.last()?) {
        std::cmp::Ordering::Less => at.checked_sub(1)?,
        std::cmp::Ordering::Greater => at + 1,
        std::cmp::Ordering::Equal => return None,
    };
    Some(balance_of(&rows[at])? - balance_of(rows.get(before)?)?)
}

/// Whether some row of a list of bills, in the portal's order, has no amount where the key of one is
/// missing, and its balance tells that there was one.
///
/// An absent side is shown as zero, so it must be known that it is. Where the key is there the portal
/// itself says so, and rows that move nothing, like a year's carry-over, have the balance of the row
/// beside them.
pub(crate) fn moves_untold(rows: &[ReadRow], mapping: &Mapping<'_>) -> bool {
    let sides = ["inAmount", "outAmount"];
    let lacks_key = |row: &ReadRow| {
        sides.iter().any(|side| {
            let mut keys = mapping.expected_keys_of(side).peekable();
            keys.peek().is_some() && keys.all(|key| row.raw.get(key).is_empty())
        })
    };
    let moves =
        |row: &ReadRow| sides.iter().any(|side| !amount_or_zero(&row.record, side).is_zero());
    rows.iter().enumerate().any(|(at, row)| {
        let Some(balance) = balance_of(row) else { return false };
        let above = at.checked_sub(1).and_then(|at| rows.get(at));
        let mut beside = [above, rows.get(at + 1)].into_iter().flatten().filter_map(balance_of);
        !moves(row) && lacks_key(row) && !beside.any(|other| other == balance)
    })
}

fn balance_of(row: &ReadRow) -> Option<Decimal> {
    match row.record.get("balance") {
        Some(Value::Amount(amount)) => Some(*amount),
        Some(_) | None => None,
    }
}

#[cfg(test)]
mod tests {
    use fiveone_model::report::{Record, Table, Value};
    use jiff::civil::date;
    use rust_decimal::Decimal;

    use super::{amount_or_zero, decide_sides};
    use crate::read::{Raw, ReadRow, Undecided};

    #[test]
    fn balances_tell_the_side_that_words_do_not() {
        // (day, balance, undecided amount and whether it may be on no side)
        type Line = (i8, i64, Option<(i64, bool)>);
        let check = |lines: &[Line], expect: Option<(i64, i64)>| {
            let of = |(day, balance, undecided): &Line| {
                let mut record = Record::new(Table::FundBill);
                assert!(record.set("payArriveDate", Value::Day(date(2024, 1, *day))));
                assert!(record.set("balance", Value::Amount((*balance).into())));
                let undecided = undecided.map(|(amount, is_neutral)| Undecided {
                    amount: amount.into(),
                    key: "fse".to_owned(),
                    by: "words".to_owned(),
                    is_neutral,
                });
                ReadRow { record, raw: Raw::default(), is_of_another: false, undecided }
            };
            let mut rows: Vec<ReadRow> = lines.iter().map(of).collect();
            let mut findings = Vec::new();
            let decided = decide_sides(&mut rows, &mut findings);
            let sum =
                |field| rows.iter().map(|row| amount_or_zero(&row.record, field)).sum::<Decimal>();
            let told = decided.is_ok().then(|| (sum("inAmount"), sum("outAmount")));
            let expect = expect.map(|(income, expense)| (income.into(), expense.into()));
            assert_eq!(told, expect, "{lines:?}");
            findings.len()
        };
        assert_eq!(check(&[(1, 100, None), (2, 93, Some((7, false)))], Some((0, 7))), 0);
        assert_eq!(check(&[(1, 100, None), (2, 93, Some((-7, false)))], Some((0, 7))), 0);
        assert_eq!(check(&[(2, 107, Some((7, true))), (1, 100, None)], Some((7, 0))), 0);
        assert_eq!(check(&[(2, 100, Some((7, true))), (1, 100, None)], Some((0, 0))), 1);
        // Nothing before it, another amount, or no order.
        check(&[(1, 7, Some((7, false))), (2, 14, None)], None);
        check(&[(1, 100, None), (2, 120, Some((7, false)))], None);
        check(&[(1, 100, None), (1, 107, Some((7, false)))], None);
    }
}
