//! Where a record stands, and which of several stands for the person.

use jiff::civil::Date;
use scraper::ElementRef;

use fiveone_model::report::{Kind, Value};

use super::{Mapping, Raw, place::headed_rows, place::json_rows, totals};
use crate::{
    clean::{Cleaned, clean},
    definition::{Choose, Css, Pairs, RecordPlace, Source},
    page::{Labels, Page, by_name, cell_value, normal, outermost},
    unexpected::UnexpectedPage,
};

/// The raw values of a record; `None` when its place is not on the page.
pub(super) fn find(
    page: &Page,
    source: &Source,
    mapping: &Mapping<'_>,
) -> Result<Option<Raw>, UnexpectedPage> {
    let Some(place) = &source.from else { return Ok(Some(Raw::default())) };
    match place {
        RecordPlace::Json(paths) => {
            let Some(json) = page.json() else { return Ok(None) };
            let Some(rows) = json_rows(json, paths)? else { return Ok(None) };
            choose(rows, source.choose.as_ref())
        }
        RecordPlace::Labels(scope) => {
            let scopes: Vec<ElementRef<'_>> = page.select(&scope.0).collect();
            if scopes.is_empty() {
                return Ok(None);
            }
            Ok(Some(of_labels(&Labels::find(&outermost(scopes), &mapping.keys()))))
        }
        RecordPlace::Ids(scope) => {
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
            Ok(Some(raw))
        }
        RecordPlace::Pairs(pairs) => of_pairs(page, pairs, mapping),
        RecordPlace::Table(selector) => {
            let tables = headed_rows(page, selector, mapping)?;
            let rows = tables.into_iter().flat_map(|table| table.rows);
            let rows = rows.filter(|raw| !raw.is_blank() && !totals::is_total(raw, &[])).collect();
            choose(rows, source.choose.as_ref())
        }
    }
}

/// The record that stands for the person: the only one, or the one that the file's rule picks. What
/// the rule leaves undecided is what they all say; where they differ the field is absent.
fn choose(rows: Vec<Raw>, rule: Option<&Choose>) -> Result<Option<Raw>, UnexpectedPage> {
    let mut distinct: Vec<Raw> = Vec::new();
    for raw in rows.into_iter().filter(|raw| !raw.is_blank()) {
        if !distinct.iter().any(|known| known.is_same(&raw)) {
            distinct.push(raw);
        }
    }
    let mut rows = distinct;
    // A rule that cannot be followed whole picks none: the newest of accounts of unknown state may be the
    // closed one.
    let can_prefer = |rule: &&Choose| {
        let mut keys = rule.prefer.iter().map(|(key, _)| key);
        keys.all(|key| rows.iter().any(|raw| !raw.first(key).is_empty()))
    };
    if let Some(rule) = rule.filter(|_| rows.len() > 1).filter(can_prefer) {
        for (key, order) in rule.prefer.iter() {
            let rank = |raw: &Raw| {
                let told = raw.first(key);
                order.iter().position(|one| told.starts_with(one.as_str())).unwrap_or(order.len())
            };
            let best = rows.iter().map(rank).min().unwrap_or(0);
            rows.retain(|raw| rank(raw) == best);
        }
        let day = |raw: &Raw| rule.newest.iter().find_map(|key| day_of(raw.first(key)));
        let newest = rows.iter().filter_map(day).max();
        if newest.is_some() {
            rows.retain(|raw| day(raw) == newest);
        }
    }
    match (rows.len(), rule) {
        (0 | 1, _) => Ok(rows.pop()),
        (_, Some(_)) => Ok(Some(Raw::common(&rows))),
        (several, None) => {
            Err(UnexpectedPage::portal(format!("{several} records where one was due")))
        }
    }
}

fn day_of(text: &str) -> Option<Date> {
    match clean(Kind::Date, text, None) {
        Cleaned::Value(Value::Day(day)) => Some(day),
        Cleaned::Value(Value::Month { year, month }) => Date::new(year, month, 1).ok(),
        Cleaned::Value(_) | Cleaned::Nothing | Cleaned::Impossible | Cleaned::Refused => None,
    }
}

fn of_pairs(
    page: &Page,
    pairs: &Pairs,
    mapping: &Mapping<'_>,
) -> Result<Option<Raw>, UnexpectedPage> {
    let mut raw = Raw::default();
    let mut push_all = |labels: Vec<ElementRef<'_>>, values: Vec<ElementRef<'_>>| {
        if labels.len() != values.len() {
            let (labels, values) = (labels.len(), values.len());
            let reason = format!("{labels} labels beside {values} values");
            return Err(UnexpectedPage::portal(reason));
        }
        for (label, value) in labels.into_iter().zip(values) {
            raw.push(normal(&cell_value(label)), cell_value(value));
        }
        Ok(())
    };
    let is_there = match pairs {
        Pairs::Columns { labels, values } => {
            let (labels, values) = (elements(page, labels), elements(page, values));
            let is_there = !labels.is_empty() || !values.is_empty();
            push_all(labels, values)?;
            is_there
        }
        Pairs::Lists { lists } => {
            let known: Vec<String> = mapping.keys().iter().map(|key| normal(key)).collect();
            let is_known = |label: &ElementRef<'_>| known.contains(&normal(&cell_value(*label)));
            let mut is_there = false;
            let mut lists = elements(page, lists).into_iter();
            while let Some(list) = lists.next() {
                let labels: Vec<ElementRef<'_>> = list.child_elements().collect();
                if !labels.iter().any(is_known) {
                    continue;
                }
                is_there = true;
                let values =
                    lists.next().map(|list| list.child_elements().collect()).unwrap_or_default();
                push_all(labels, values)?;
            }
            is_there
        }
    };
    Ok(is_there.then_some(raw))
}

fn elements<'p>(page: &'p Page, selector: &'p Css) -> Vec<ElementRef<'p>> {
    page.select(&selector.0).collect()
}

fn of_labels(labels: &Labels) -> Raw {
    let mut raw = Raw::default();
    for (label, values) in labels.known() {
        for value in values {
            raw.push(label.to_owned(), value.clone());
        }
    }
    for (label, value) in labels.others() {
        raw.push(label.to_owned(), value.to_owned());
    }
    raw
}
