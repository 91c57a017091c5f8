//! One page of a list, as honest and as odd portals cut it.

use serde_json::{Map, Value};

use crate::vary::{Dimension, Vary};

/// A page of rows with what the portal says about the whole list.
pub(crate) struct Window<T> {
    pub(crate) rows: Vec<T>,
    pub(crate) page: usize,
    pub(crate) pages: usize,
    pub(crate) total: usize,
}

impl<T> Window<T> {
    /// Whether the list ends with this page.
    pub(crate) fn is_last(&self) -> bool {
        self.page >= self.pages
    }
}

/// The rows from a row number on; pages are numbered from 1.
pub(crate) fn window<T: Clone>(vary: &Vary, rows: &[T], start: usize, size: usize) -> Window<T> {
    let total = rows.len();
    let size = size.max(1);
    let pages = total.div_ceil(size).max(1);
    if vary.has(Dimension::AllAtOnce) {
        return Window { rows: rows.to_vec(), page: 1, pages: 1, total };
    }
    let (mut page, mut start) = (start / size + 1, start);
    if vary.has(Dimension::LastAgain) && page > pages {
        (page, start) = (pages, (pages - 1) * size);
    }
    // Between two requests a row arrived, or the page is cut with an overlap.
    let first = if vary.has(Dimension::Overlap) { start.saturating_sub(1) } else { start };
    let end = start.saturating_add(size).min(total);
    let rows = if start < end { rows[first..end].to_vec() } else { Vec::new() };
    Window { rows, page, pages, total }
}

/// The page with a number.
pub(crate) fn page<T: Clone>(vary: &Vary, rows: &[T], page: usize, size: usize) -> Window<T> {
    window(vary, rows, page.saturating_sub(1).saturating_mul(size), size)
}

/// The rows in the order of the portal: oldest first, unless the stranger turns them.
pub(crate) fn ordered<T>(vary: &Vary, mut rows: Vec<T>) -> Vec<T> {
    if vary.has(Dimension::NewestFirst) {
        rows.reverse();
    }
    rows
}

/// Writes the total of a list into a JSON answer, as the portal counts.
pub(crate) fn count(vary: &Vary, answer: &mut Map<String, Value>, key: &str, total: usize) {
    let value = match vary.variant(Dimension::Total) {
        None => Value::from(total),
        Some(0) => Value::Null,
        Some(1) => return,
        Some(2) => total.to_string().into(),
        // A counter that was never set.
        Some(_) => Value::from(0),
    };
    answer.insert(key.into(), value);
}

/// The words of a pager.
pub(crate) fn pager(vary: &Vary, page: usize, pages: usize, total: usize, plain: &str) -> String {
    match vary.variant(Dimension::Pager) {
        None => plain.to_owned(),
        Some(0) => format!("{page}/{pages}页"),
        Some(1) => format!("当前[{page}/{pages}]页"),
        Some(2) => format!("第{page}页&nbsp;共{pages}页"),
        Some(3) => format!("共{total}条记录&nbsp;总{pages}页&nbsp;当前第{page}页"),
        Some(_) => format!("第{page}页/总{pages}页"),
    }
}

/// A list in JSON; nothing when an empty one is left out.
pub(crate) fn list(vary: &Vary, rows: Vec<Value>) -> Option<Value> {
    match vary.variant(Dimension::Empty).filter(|_| rows.is_empty()) {
        Some(0) => Some(Value::Null),
        Some(1) => None,
        _ => Some(Value::Array(rows)),
    }
}

/// The message beside a list: the portal's own words for none, or that all went well.
pub(crate) fn message<'a>(vary: &Vary, is_empty: bool, none: &'a str, plain: &'a str) -> &'a str {
    if is_empty && vary.variant(Dimension::Empty) == Some(2) { none } else { plain }
}
