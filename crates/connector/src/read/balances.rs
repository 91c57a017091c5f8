//! Balances as witnesses: a bill that moves nothing by what was read of it, while its balance moved, lost
//! its amount with the amount's key.

use fiveone_model::{
    finding::{Finding, FindingKind},
    report::{Table, Value},
};
use rust_decimal::Decimal;

use super::{Mapping, ReadRow, order::day_of, sides::amount_or_zero};
use crate::{definition::Sides, unexpected::UnexpectedPage};

/// Puts amounts whose words tell no side on the side that the balances tell. The rows are in the
/// portal's own order. Where balances tell nothing, a movement that is known to be on no side stays
/// without, and any other loses the list. Then the words themselves are held against the balances.
pub(crate) fn decide_sides(
    rows: &mut [ReadRow],
    sides: Option<&Sides>,
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
    correct_sides(rows, sides, findings);
    Ok(())
}

/// Holds what each row moved against its balance. Every row that has one before it must have moved what it
/// tells, or exactly the opposite, or tell nothing at all; else the balances are none of these rows'.
///
/// A balance that moved beside amounts of zero is told: they are hidden, or stand where nobody looks. Where words
/// tell one side and the balances the other, the balances are right, when most rows moved what they tell: no list
/// of words is whole.
fn correct_sides(rows: &mut [ReadRow], sides: Option<&Sides>, findings: &mut Vec<Finding>) {
    // A loan's balance is moved by other amounts.
    if rows.iter().any(|row| row.record.table() != Table::FundBill) {
        return;
    }
    let told = |row: &ReadRow| {
        amount_or_zero(&row.record, "inAmount") - amount_or_zero(&row.record, "outAmount")
    };
    let known: Vec<(usize, Decimal, Decimal)> =
        (0..rows.len()).filter_map(|at| Some((at, told(&rows[at]), moved(rows, at)?))).collect();
    let is_silent =
        |(_, told, moved): &(usize, Decimal, Decimal)| told.is_zero() && !moved.is_zero();
    let is_right = |(_, told, moved): &(usize, Decimal, Decimal)| told == moved;
    let is_whole = known.iter().all(|one| is_silent(one) || one.1.abs() == one.2.abs());
    let right = known.iter().filter(|one| is_right(one)).count();
    if !is_whole {
        return;
    }
    if known.iter().any(is_silent) {
        let finding = match sides.and_then(|sides| sides.amount.first()) {
            Some(key) => Finding::of_key(FindingKind::NoSide, key),
            None => Finding::of_field(FindingKind::NoSide, "inAmount"),
        };
        findings.push(finding);
    }
    if sides.is_none() || right * 2 <= known.len() {
        return;
    }
    for one @ (at, _, moved) in known {
        if is_right(&one) || is_silent(&one) {
            continue;
        }
        let record = &mut rows[at].record;
        record.remove("inAmount");
        record.remove("outAmount");
        let side = if moved.is_sign_negative() { "outAmount" } else { "inAmount" };
        let is_set = record.set(side, Value::Amount(moved.abs()));
        debug_assert!(is_set, "a list with sides has both");
    }
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
            let decided = decide_sides(&mut rows, None, &mut findings);
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

    #[test]
    fn words_that_contradict_the_balances_are_wrong() {
        let sides: crate::definition::Sides = serde_json::from_value(serde_json::json!({
            "amount": ["fse", "fslxe"], "by": "yw", "in": ["汇缴"], "out": ["提取"],
        }))
        .unwrap();
        // (balance, in, out) of days in order; what in and out are afterwards, and how many findings.
        type Line = (i64, i64, i64);
        let check = |lines: &[Line], expect: &[(i64, i64)], told: usize| {
            let of = |(day, (balance, income, expense)): (i8, &Line)| {
                let mut record = Record::new(Table::FundBill);
                assert!(record.set("payArriveDate", Value::Day(date(2024, 1, day))));
                for (field, amount) in
                    [("balance", balance), ("inAmount", income), ("outAmount", expense)]
                {
                    assert!(record.set(field, Value::Amount((*amount).into())));
                }
                ReadRow { record, raw: Raw::default(), is_of_another: false, undecided: None }
            };
            let mut rows: Vec<ReadRow> = (1..).zip(lines).map(of).collect();
            let mut findings = Vec::new();
            decide_sides(&mut rows, Some(&sides), &mut findings).unwrap();
            let after: Vec<_> = rows
                .iter()
                .map(|row| ["inAmount", "outAmount"].map(|side| amount_or_zero(&row.record, side)))
                .collect();
            let expect: Vec<[Decimal; 2]> = expect
                .iter()
                .map(|(income, expense)| [(*income).into(), (*expense).into()])
                .collect();
            assert_eq!((after, findings.len()), (expect, told), "{lines:?}");
        };
        let plain = [(600, 600, 0), (1_200, 600, 0), (1_800, 600, 0)];
        // 汇缴调减 is no income.
        let less = [plain[0], plain[1], plain[2], (1_700, 100, 0), (2_300, 600, 0)];
        check(&less, &[(600, 0), (600, 0), (600, 0), (0, 100), (600, 0)], 0);
        // 汇缴退款冲正, read as an income of -100.
        let back = [plain[0], plain[1], plain[2], (1_900, -100, 0), (2_500, 600, 0)];
        check(&back, &[(600, 0), (600, 0), (600, 0), (100, 0), (600, 0)], 0);
        // Interest that stands nowhere.
        let silent = [plain[0], plain[1], plain[2], (1_812, 0, 0), (2_412, 600, 0)];
        check(&silent, &[(600, 0), (600, 0), (600, 0), (0, 0), (600, 0)], 1);
        // Balances that are no chain prove nothing, and neither does one row.
        let gap = [plain[0], plain[1], (1_100, 100, 0), (9_000, 600, 0)];
        check(&gap, &[(600, 0), (600, 0), (100, 0), (600, 0)], 0);
        check(&[plain[0], (500, 100, 0)], &[(600, 0), (100, 0)], 0);
    }

    #[test]
    fn what_a_loan_owes_is_moved_by_no_sides() {
        let repayment = |(day, balance): (i8, i64)| {
            let mut record = Record::new(Table::LoanRepay);
            assert!(record.set("date", Value::Day(date(2024, 1, day))));
            assert!(record.set("balance", Value::Amount(balance.into())));
            ReadRow { record, raw: Raw::default(), is_of_another: false, undecided: None }
        };
        let mut rows: Vec<ReadRow> = [(1, 900), (2, 800)].map(repayment).into();
        let mut findings = Vec::new();
        decide_sides(&mut rows, None, &mut findings).unwrap();
        assert_eq!(findings, []);
    }
}
