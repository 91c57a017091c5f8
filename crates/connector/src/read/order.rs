//! Rows newest first, whatever order the portal has. Rows of one date keep the portal's own
//! order in time.

use fiveone_model::report::{Record, Value};
use jiff::civil::Date;

use super::{ReadRow, essentials::dates};

/// Puts rows in order. A portal whose rows go up in time has its ties turned round with the rest.
pub(crate) fn newest_first(rows: &mut [ReadRow]) {
    let days: Vec<Option<Date>> = rows.iter().map(|row| day_of(&row.record)).collect();
    let known: Vec<Date> = days.iter().flatten().copied().collect();
    let ups = known.windows(2).filter(|pair| pair[0] < pair[1]).count();
    let downs = known.windows(2).filter(|pair| pair[0] > pair[1]).count();
    if ups > downs {
        rows.reverse();
    }
    rows.sort_by_key(|row| std::cmp::Reverse(day_of(&row.record)));
}

/// The first day that a record tells, in the order that its table's dates count.
pub(crate) fn day_of(record: &Record) -> Option<Date> {
    days_of(record).next()
}

/// Every day that a record tells.
pub(crate) fn days_of(record: &Record) -> impl Iterator<Item = Date> {
    dates(record.table()).iter().filter_map(|field| match record.get(field) {
        Some(Value::Day(day)) => Some(*day),
        Some(Value::Month { year, month }) => Date::new(*year, *month, 1).ok(),
        Some(_) | None => None,
    })
}
