//! What proves that there are no rows. Nothing is proved by something that is not there, by words
//! elsewhere on the page, or by an answer that says of itself that it failed.

use serde_json::Value as Json;

use super::{FoundRows, Mapping};
use crate::{
    connector::Connector,
    definition::{Predicate, RowsPlace},
    page::{Prober, claims_success, element_texts, squeezed, troubling},
};

/// The longest text that can be the portal's words for "none", in characters.
const NONE_CHARS_MAX: usize = 40;

/// Whether the answer proves that there are no rows: by what the file says, or because the list itself
/// is there and empty, its total is 0, its header stands over nothing, or the portal's words for
/// "none" stand where rows would be.
pub(crate) fn proves_no_rows(
    prober: &Prober<'_>,
    connector: &Connector,
    (place, mapping): (&RowsPlace, &Mapping<'_>),
    more: &[Predicate],
    found: &FoundRows,
    total: Option<i64>,
) -> bool {
    if total.is_some_and(|total| total > 0) {
        return false;
    }
    if more.iter().any(|predicate| prober.holds(predicate)) {
        return true;
    }
    let page = prober.page;
    if claims_success(page) == Some(false) || found.has_strays {
        return false;
    }
    let says_none = |text: &str| {
        text.chars().count() <= NONE_CHARS_MAX
            && connector.words_for_none().any(|word| squeezed(text).contains(&squeezed(word)))
    };
    if let Some(json) = page.json() {
        let messages = troubling(page);
        return messages.iter().all(|text| says_none(text))
            && !has_stray_rows(json, place, mapping)
            && (found.has_place || total == Some(0) || !messages.is_empty());
    }
    if found.has_place {
        return found.notes.iter().all(|note| says_none(note) || is_beside_rows(note));
    }
    // No header, and the only thing that stands there says that there is nothing.
    match place {
        RowsPlace::Table(selector) | RowsPlace::Lists(selector) => {
            let texts = element_texts(page, selector);
            matches!(texts.as_slice(), [text] if says_none(text))
        }
        RowsPlace::Json(_) | RowsPlace::Flat(_) => false,
    }
}

/// Whether a line over the whole width of a table is its title, its pager or a remark, and not an
/// answer instead of rows.
fn is_beside_rows(note: &str) -> bool {
    let is_pager = ["页", "条", "合计", "小计", "总计", "说明", "注：", "注:", "单位："];
    note.trim().is_empty() || is_pager.iter().any(|word| note.contains(word))
}

/// Whether another list of the answer holds objects with the keys of these rows.
fn has_stray_rows(json: &Json, place: &RowsPlace, mapping: &Mapping<'_>) -> bool {
    let RowsPlace::Json(_) = place else { return false };
    match json {
        Json::Array(items) => items.iter().any(|item| match item {
            Json::Object(map) => {
                let keys = mapping.keys();
                keys.iter().filter(|key| map.contains_key(**key)).count() >= 2
            }
            other => has_stray_rows(other, place, mapping),
        }),
        Json::Object(map) => map.values().any(|value| has_stray_rows(value, place, mapping)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => false,
    }
}
