//! One list for several insurances.

use std::collections::BTreeMap;

use fiveone_model::report::{Record, Section};

use super::{ReadRow, words::best_fit};
use crate::{definition::Split, unexpected::UnexpectedPage};

/// Partitions rows by section; a row that belongs nowhere means that the portal has changed.
pub(crate) fn partition(
    rows: Vec<ReadRow>,
    split: &Split,
) -> Result<BTreeMap<Section, Vec<Record>>, UnexpectedPage> {
    let mut parts: BTreeMap<Section, Vec<Record>> = split
        .into
        .iter()
        .filter_map(|(name, _)| Some((Section::parse(name)?, Vec::new())))
        .collect();
    let names = split.by.join("` or `");
    let has_rows = !rows.is_empty();
    for row in rows {
        let mut named = split.by.iter().flat_map(|key| row.raw.get(key)).map(|word| word.trim());
        let word = named.find(|word| !word.is_empty()).unwrap_or_default();
        let matches = |list: &[String]| best_fit(list, word);
        let best =
            split.into.iter().map(|(name, list)| (matches(list), name)).max_by_key(|(n, _)| *n);
        let ignored = matches(&split.ignore);
        match best {
            // Where a word is in both lists, the section is meant.
            Some((length, name)) if length > 0 && length >= ignored => {
                if split.into.iter().filter(|(_, list)| matches(list) == length).count() > 1 {
                    return Err(UnexpectedPage::portal(format!(
                        "`{}` names two insurances",
                        names
                    )));
                }
                if let Some(rows) = Section::parse(name).and_then(|name| parts.get_mut(&name)) {
                    rows.push(row.record);
                }
            }
            _ if ignored > 0 => {}
            _ => {
                return Err(UnexpectedPage::portal(format!(
                    "`{}` names no known insurance",
                    names
                )));
            }
        }
    }
    if has_rows && parts.values().all(Vec::is_empty) {
        return Err(UnexpectedPage::portal("all rows are of another insurance"));
    }
    Ok(parts)
}
