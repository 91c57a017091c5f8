//! Balances as witnesses: a bill that moves nothing by what was read of it, while its balance moved, lost
//! its amount with the amount's key.

use fiveone_model::report::Value;
use rust_decimal::Decimal;

use super::{Mapping, ReadRow, sides::amount_or_zero};

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
