//! Raw values: what stands on a page, keyed by the vendor's own words.

use std::collections::BTreeMap;

use scraper::ElementRef;
use serde_json::Value as Json;

use super::{Changed, Mapping};
use crate::{
    definition::{Css, Flat, JsonPath, Pairs, Rows, Source},
    page::{Grid, Labels, Page, by_name, cell_value, clean_text, grids, normal},
};

/// Stands for an inner object or list, which is no value: a field mapped to it has changed.
pub(super) const NESTED: &str = "\0";

/// The raw values of one record or row. Of HTML, keys are labels without blanks and colons.
#[derive(Debug, Clone, Default)]
pub(crate) struct Raw {
    values: BTreeMap<String, Vec<String>>,
    /// The first value that is not blank, as it stands in the row.
    first: String,
    is_json: bool,
    /// The JSON object itself, for lists inside it.
    pub(crate) json: Option<Json>,
}

impl Raw {
    /// The values of a key; none when the key is not there.
    pub(crate) fn get(&self, key: &str) -> &[String] {
        let found = if self.is_json { self.values.get(key) } else { self.values.get(&normal(key)) };
        found.map_or(&[], Vec::as_slice)
    }

    /// Every key with its first value.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values
            .iter()
            .filter_map(|(key, values)| Some((key.as_str(), values.first()?.as_str())))
    }

    /// Whether every value is the same.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.values == other.values && self.json == other.json
    }

    pub(crate) fn is_blank(&self) -> bool {
        self.json.is_none() && self.values.values().flatten().all(|value| value.is_empty())
    }

    /// Whether the first filled cell holds one of the words.
    pub(crate) fn is_dropped(&self, words: &[String]) -> bool {
        let first = normal(&self.first);
        words.iter().any(|word| first.contains(&normal(word)))
    }

    fn push(&mut self, key: String, value: String) {
        if self.first.is_empty() {
            self.first.clone_from(&value);
        }
        self.values.entry(key).or_default().push(value);
    }

    fn of_object(json: &Json) -> Result<Self, Changed> {
        let Json::Object(map) = json else {
            return Err(Changed::because("a row is not an object"));
        };
        let mut raw = Self { is_json: true, json: Some(json.clone()), ..Self::default() };
        for (key, value) in map {
            let text = match value {
                Json::Null => String::new(),
                Json::String(text) => clean_text(text),
                Json::Bool(_) | Json::Number(_) => value.to_string(),
                Json::Array(_) | Json::Object(_) => NESTED.to_owned(),
            };
            raw.push(key.clone(), text);
        }
        Ok(raw)
    }
}

/// The raw values of a record; `None` when its place is not on the page.
pub(super) fn of_source(
    page: &Page,
    source: &Source,
    mapping: &Mapping<'_>,
) -> Result<Option<Raw>, Changed> {
    if let Some(path) = &source.json {
        let Some(json) = page.json() else { return Ok(None) };
        let Some(rows) = json_rows(json, path)? else { return Ok(None) };
        if rows.len() > 1 && !source.first {
            return Err(Changed::because(format!("{} records where one was due", rows.len())));
        }
        return Ok(rows.into_iter().next());
    }
    if let Some(scope) = &source.labels {
        let scopes: Vec<ElementRef<'_>> = page.select(&scope.0).collect();
        if scopes.is_empty() {
            return Ok(None);
        }
        let labels = Labels::find(&outermost(scopes), &mapping.keys()).map_err(Changed)?;
        return Ok(Some(of_labels(&labels)));
    }
    if let Some(scope) = &source.ids {
        let scopes: Vec<ElementRef<'_>> = page.select(&scope.0).collect();
        if scopes.is_empty() {
            return Ok(None);
        }
        let mut raw = Raw::default();
        for key in mapping.keys() {
            for element in by_name(&scopes, key) {
                raw.push(normal(key), cell_value(element));
            }
        }
        return Ok(Some(raw));
    }
    if let Some(pairs) = &source.pairs {
        return of_pairs(page, pairs, mapping);
    }
    if let Some(selector) = &source.table {
        let elements: Vec<ElementRef<'_>> = page.select(&selector.0).collect();
        let Some((grid, head)) = headed(&elements, mapping) else { return Ok(None) };
        let rows = of_grid(&grid, head, &[])?;
        if rows.len() > 1 && !source.first {
            return Err(Changed::because(format!("{} records where one was due", rows.len())));
        }
        return Ok(rows.into_iter().next());
    }
    Ok(Some(Raw::default()))
}

fn of_pairs<'p>(
    page: &'p Page,
    pairs: &'p Pairs,
    mapping: &Mapping<'_>,
) -> Result<Option<Raw>, Changed> {
    let mut raw = Raw::default();
    let mut push_all = |labels: Vec<ElementRef<'_>>, values: Vec<ElementRef<'_>>| {
        if labels.len() != values.len() {
            let told = format!("{} labels beside {} values", labels.len(), values.len());
            return Err(Changed::because(told));
        }
        for (label, value) in labels.into_iter().zip(values) {
            raw.push(normal(&cell_value(label)), cell_value(value));
        }
        Ok(())
    };
    let all = |selector: &'p Option<Css>| -> Vec<ElementRef<'p>> {
        selector.iter().flat_map(|selector| page.select(&selector.0).collect::<Vec<_>>()).collect()
    };
    let mut is_there = false;
    if pairs.labels.is_some() {
        let (labels, values) = (all(&pairs.labels), all(&pairs.values));
        is_there = !labels.is_empty() || !values.is_empty();
        push_all(labels, values)?;
    }
    let known: Vec<String> = mapping.keys().iter().map(|key| normal(key)).collect();
    let mut lists = all(&pairs.lists).into_iter();
    while let Some(list) = lists.next() {
        let labels: Vec<ElementRef<'_>> = list.child_elements().collect();
        if !labels.iter().any(|label| known.contains(&normal(&cell_value(*label)))) {
            continue;
        }
        is_there = true;
        let values = lists.next().map(|list| list.child_elements().collect()).unwrap_or_default();
        push_all(labels, values)?;
    }
    Ok(is_there.then_some(raw))
}

/// Elements that stand in no other of the list, so that nothing is read twice.
fn outermost(elements: Vec<ElementRef<'_>>) -> Vec<ElementRef<'_>> {
    let ids: Vec<_> = elements.iter().map(|element| element.id()).collect();
    elements
        .into_iter()
        .filter(|element| !element.ancestors().any(|above| ids.contains(&above.id())))
        .collect()
}

fn of_labels(labels: &Labels) -> Raw {
    let mut raw = Raw::default();
    for (label, values) in labels.iter() {
        for value in values {
            raw.push(label.to_owned(), value.clone());
        }
    }
    raw
}

/// The objects at a path: a list of them, a list that is the only thing found, or one. `None` when
/// nothing is there.
pub(super) fn json_rows(json: &Json, path: &JsonPath) -> Result<Option<Vec<Raw>>, Changed> {
    let found = path.0.query(json).all();
    let items: Vec<&Json> = match found.as_slice() {
        [] => return Ok(None),
        [Json::Null] => Vec::new(),
        [Json::Array(items)] => items.iter().collect(),
        several => several.to_vec(),
    };
    items.into_iter().map(Raw::of_object).collect::<Result<_, _>>().map(Some)
}

/// The raw rows of a page.
pub(super) fn of_rows(
    page: &Page,
    rows: &Rows,
    mapping: &Mapping<'_>,
) -> Result<Vec<Raw>, Changed> {
    if let Some(path) = &rows.json {
        let json = page.json().ok_or_else(|| Changed::because("the answer is not JSON"))?;
        return Ok(json_rows(json, path)?.unwrap_or_default());
    }
    if let Some(selector) = &rows.table {
        let elements: Vec<ElementRef<'_>> = page.select(&selector.0).collect();
        let mut filled = Vec::new();
        for (grid, head) in all_headed(&elements, mapping) {
            filled.push(of_grid(&grid, head, &rows.drop)?);
        }
        filled.retain(|rows| !rows.is_empty());
        // Two tables under the same headers: the file must say which one is meant.
        if filled.len() > 1 {
            return Err(Changed::because(format!("{} tables have these headers", filled.len())));
        }
        return Ok(filled.pop().unwrap_or_default());
    }
    if let Some(flat) = &rows.flat {
        return of_flat(page, flat, mapping);
    }
    if let Some(selector) = &rows.lists {
        return of_lists(page.select(&selector.0).collect(), mapping);
    }
    Ok(Vec::new())
}

/// Whether the place of the rows is there: the JSON list, or the header.
pub(crate) fn has_place(page: &Page, rows: &Rows, mapping: &Mapping<'_>) -> Result<bool, Changed> {
    if let Some(path) = &rows.json {
        return Ok(match page.json() {
            Some(json) => json_rows(json, path)?.is_some(),
            None => false,
        });
    }
    Ok(has_header(page, rows, mapping))
}

/// Whether the header of the rows reads as it must.
pub(super) fn has_header(page: &Page, rows: &Rows, mapping: &Mapping<'_>) -> bool {
    if let Some(selector) = &rows.table {
        let elements: Vec<ElementRef<'_>> = page.select(&selector.0).collect();
        return headed(&elements, mapping).is_some();
    }
    if let Some(flat) = &rows.flat {
        return mapping.is_satisfied_by(&headers_of(page, flat));
    }
    if let Some(selector) = &rows.lists {
        let heads: Vec<String> = page
            .select(&selector.0)
            .filter_map(|list| list.child_elements().next())
            .map(|head| normal(&cell_value(head)))
            .collect();
        return mapping.is_satisfied_by(&heads);
    }
    false
}

/// The tables with a row that holds every header the mapping requires, and that row.
fn all_headed(elements: &[ElementRef<'_>], mapping: &Mapping<'_>) -> Vec<(Grid, usize)> {
    grids(elements)
        .into_iter()
        .filter_map(|grid| {
            let head = grid.rows.iter().position(|row| mapping.is_satisfied_by(&row.headers()))?;
            Some((grid, head))
        })
        .collect()
}

/// The first of them.
fn headed(elements: &[ElementRef<'_>], mapping: &Mapping<'_>) -> Option<(Grid, usize)> {
    all_headed(elements, mapping).into_iter().next()
}

fn of_grid(grid: &Grid, head: usize, drop: &[String]) -> Result<Vec<Raw>, Changed> {
    let headers = grid.rows[head].headers();
    // Full rows above the header are rows under another header, which is not known.
    if grid.rows[..head].iter().any(|row| !row.is_blank() && row.own >= headers.len()) {
        return Err(Changed::because("rows stand above their header"));
    }
    let mut raws = Vec::new();
    for row in &grid.rows[head + 1..] {
        let mut raw = Raw::default();
        if row.is_blank() || row.headers() == headers {
            continue;
        }
        let first = row.cells.iter().find(|cell| !cell.is_empty()).cloned().unwrap_or_default();
        raw.first = first;
        // A note over the whole width (no records, a pager) is no row.
        if raw.is_dropped(drop) || (row.own == 1 && headers.len() > 1) {
            continue;
        }
        if row.cells.len() != headers.len() {
            let told =
                format!("a row of {} cells under {} headers", row.cells.len(), headers.len());
            return Err(Changed::because(told));
        }
        for (header, cell) in headers.iter().zip(&row.cells) {
            raw.push(header.clone(), cell.clone());
        }
        raws.push(raw);
    }
    Ok(raws)
}

fn headers_of(page: &Page, flat: &Flat) -> Vec<String> {
    let without: Vec<String> = flat.without.iter().map(|header| normal(header)).collect();
    page.select(&flat.header.0)
        .map(|header| normal(&cell_value(header)))
        .filter(|header| !without.contains(header))
        .collect()
}

fn of_flat(page: &Page, flat: &Flat, mapping: &Mapping<'_>) -> Result<Vec<Raw>, Changed> {
    let headers = headers_of(page, flat);
    if !mapping.is_satisfied_by(&headers) {
        let has_cells = page.select(&flat.cells.0).next().is_some();
        return if has_cells {
            Err(Changed::because("the headers are not there"))
        } else {
            Ok(Vec::new())
        };
    }
    let cells: Vec<String> = page.select(&flat.cells.0).map(cell_value).collect();
    if !cells.len().is_multiple_of(headers.len()) {
        let told = format!("{} cells under {} headers", cells.len(), headers.len());
        return Err(Changed::because(told));
    }
    let row = |cells: &[String]| {
        let mut raw = Raw::default();
        for (header, cell) in headers.iter().zip(cells) {
            raw.push(header.clone(), cell.clone());
        }
        raw
    };
    Ok(cells.chunks(headers.len()).map(row).collect())
}

fn of_lists(lists: Vec<ElementRef<'_>>, mapping: &Mapping<'_>) -> Result<Vec<Raw>, Changed> {
    let columns: Vec<(String, Vec<String>)> = lists
        .into_iter()
        .filter_map(|list| {
            let mut cells = list.child_elements().map(cell_value);
            Some((normal(&cells.next()?), cells.collect()))
        })
        .collect();
    let headers: Vec<String> = columns.iter().map(|(header, _)| header.clone()).collect();
    if !mapping.is_satisfied_by(&headers) {
        return if columns.iter().any(|(_, cells)| !cells.is_empty()) {
            Err(Changed::because("the headers are not there"))
        } else {
            Ok(Vec::new())
        };
    }
    let length = columns.first().map_or(0, |(_, cells)| cells.len());
    if columns.iter().any(|(_, cells)| cells.len() != length) {
        return Err(Changed::because("the columns are not of one length"));
    }
    let row = |at: usize| {
        let mut raw = Raw::default();
        for (header, cells) in &columns {
            raw.push(header.clone(), cells[at].clone());
        }
        raw
    };
    Ok((0..length).map(row).collect())
}
