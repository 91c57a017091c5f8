//! Which cities a person may choose from, found by name, pinyin or initials.

use fiveone_model::area::{Area, AreaStatus};
use pinyin::ToPinyin as _;

/// How many are shown at once; who does not see a city types more of its name.
const SHOWN_MAX: usize = 40;

/// A city as the page shows it.
pub(crate) struct City<'a> {
    pub(crate) code: &'a str,
    pub(crate) name: &'a str,
    pub(crate) status: AreaStatus,
}

impl City<'_> {
    pub(crate) const fn is_usable(&self) -> bool {
        matches!(self.status, AreaStatus::Usable)
    }
}

/// The cities of a query, those that can be used first; without one, those that have a connector.
pub(crate) fn search<'a>(areas: &'a [Area], query: &str) -> Vec<City<'a>> {
    let query = query.trim().to_lowercase();
    let mut found: Vec<_> = areas
        .iter()
        .filter(|area| !query.is_empty() || area.status != AreaStatus::InDevelopment)
        .filter(|area| is_meant(&area.name, &query))
        .map(|area| City { code: area.code.as_str(), name: &area.name, status: area.status })
        .collect();
    found.sort_by_key(|city| city.status.number());
    found.truncate(SHOWN_MAX);
    found
}

/// Whether a name is meant by what was typed of it: characters, pinyin, or the initials of its pinyin.
fn is_meant(name: &str, query: &str) -> bool {
    if name.contains(query) {
        return true;
    }
    let syllables = || name.chars().filter_map(|c| c.to_pinyin());
    let whole: String = syllables().map(pinyin::Pinyin::plain).collect();
    let initials: String = syllables().map(pinyin::Pinyin::first_letter).collect();
    whole.starts_with(query) || initials.starts_with(query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_city_is_found_by_name_pinyin_and_initials() {
        for query in ["", "鞍山", "山", "anshan", "ansh", "as", "a"] {
            assert!(is_meant("鞍山", query), "{query}");
        }
        for query in ["shan", "sa", "大连", "x"] {
            assert!(!is_meant("鞍山", query), "{query}");
        }
    }
}
