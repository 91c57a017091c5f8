//! Mutants of JSON: keys renamed everywhere and once, amounts and days that are none, values wrapped,
//! rows turned, cut, glued and mixed with those of others, half an answer.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Mutant, is_amount_or_day, of_somebody_else};

pub(super) fn mutants(json: &Json, person: &BTreeSet<String>) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    let text = json.to_string();
    let mut keys = BTreeSet::new();
    keys_of(json, &mut keys);
    let mut push = |what: String, text: String| mutants.push(Mutant { what, text });
    for key in &keys {
        let own = format!("\"{key}\":");
        for (what, new) in [("New", format!("{key}New")), ("x", format!("x{key}"))] {
            let new = format!("\"{new}\":");
            push(format!("key {key} renamed with {what}"), text.replace(&own, &new));
            push(format!("key {key} renamed once with {what}"), text.replacen(&own, &new, 1));
        }
        let mut without = json.clone();
        remove(&mut without, key);
        push(format!("key {key} left out"), without.to_string());
        for (what, change) in [
            ("is no number", retype as fn(&mut Json, &str) -> bool),
            ("is an object", nest),
            ("is a list", list),
            ("is glued to another", glue),
        ] {
            let mut changed = json.clone();
            if change(&mut changed, key) {
                push(format!("{key} {what}"), changed.to_string());
            }
        }
    }
    if let Some(cut) = text.get(..text.len() / 2) {
        push("half an answer".to_owned(), cut.to_owned());
    }
    for (what, change) in
        [("rows turned", turn_rows as fn(&mut [Json]) -> bool), ("rows swapped", swap_rows)]
    {
        let mut changed = json.clone();
        if first_rows(&mut changed, &mut |rows| change(rows)) {
            push(what.to_owned(), changed.to_string());
        }
    }
    let mut others = json.clone();
    if first_rows(&mut others, &mut |rows| add_row_of_another(rows, person)) {
        push("a row of somebody else".to_owned(), others.to_string());
    }
    let mut shorter = json.clone();
    if keys.iter().any(|key| key.to_lowercase().starts_with("total"))
        && first_rows(&mut shorter, &mut |rows| rows.pop().is_some())
    {
        push("last row cut".to_owned(), shorter.to_string());
    }
    mutants
}

fn keys_of(json: &Json, keys: &mut BTreeSet<String>) {
    match json {
        Json::Object(map) => {
            keys.extend(map.keys().cloned());
            map.values().for_each(|inner| keys_of(inner, keys));
        }
        Json::Array(items) => items.iter().for_each(|item| keys_of(item, keys)),
        _ => {}
    }
}

fn remove(json: &mut Json, key: &str) {
    match json {
        Json::Object(map) => {
            map.remove(key);
            map.values_mut().for_each(|inner| remove(inner, key));
        }
        Json::Array(items) => items.iter_mut().for_each(|item| remove(item, key)),
        _ => {}
    }
}

/// Applies a change to the first place that takes it.
fn first_place(json: &mut Json, change: &mut dyn FnMut(&mut Json) -> bool) -> bool {
    if change(json) {
        return true;
    }
    match json {
        Json::Object(map) => map.values_mut().any(|inner| first_place(inner, change)),
        Json::Array(items) => items.iter_mut().any(|item| first_place(item, change)),
        _ => false,
    }
}

/// Applies a change to the first list of objects that takes it.
fn first_rows(json: &mut Json, change: &mut dyn FnMut(&mut Vec<Json>) -> bool) -> bool {
    first_place(json, &mut |place| {
        let rows = place.as_array_mut().filter(|rows| rows.first().is_some_and(Json::is_object));
        rows.is_some_and(&mut *change)
    })
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Makes the first amount or day of that key a word.
fn retype(json: &mut Json, key: &str) -> bool {
    first_place(json, &mut |place| {
        let value = place.as_object_mut().and_then(|map| map.get_mut(key));
        let value = value.filter(|value| is_amount_or_day(&plain(value)));
        value.map(|value| *value = Json::String("改版".to_owned())).is_some()
    })
}

/// Wraps the first plain value of that key.
fn nest(json: &mut Json, key: &str) -> bool {
    wrap(json, key, |value| serde_json::json!({ "value": value }))
}

fn list(json: &mut Json, key: &str) -> bool {
    wrap(json, key, |value| serde_json::json!([value]))
}

fn wrap(json: &mut Json, key: &str, with: fn(Json) -> Json) -> bool {
    first_place(json, &mut |place| {
        let value = place.as_object_mut().and_then(|map| map.get_mut(key));
        let value =
            value.filter(|value| !value.is_object() && !value.is_array() && !value.is_null());
        value.map(|value| *value = with(value.take())).is_some()
    })
}

/// Glues the first amount or day of that key to another of its row.
fn glue(json: &mut Json, key: &str) -> bool {
    first_place(json, &mut |place| {
        let Some(map) = place.as_object_mut() else { return false };
        let Some(own) = map.get(key).map(plain).filter(|own| is_amount_or_day(own)) else {
            return false;
        };
        let mut others = map.iter().filter(|(name, _)| *name != key).map(|(_, value)| plain(value));
        let Some(other) = others.find(|other| is_amount_or_day(other)) else { return false };
        map.insert(key.to_owned(), Json::String(format!("{own}{other}")));
        true
    })
}

fn turn_rows(rows: &mut [Json]) -> bool {
    rows.reverse();
    rows.len() > 1
}

fn swap_rows(rows: &mut [Json]) -> bool {
    if rows.len() > 2 {
        rows.swap(0, 1);
    }
    rows.len() > 2
}

/// Adds a copy of the last row that names somebody else, where rows name anybody.
fn add_row_of_another(rows: &mut Vec<Json>, person: &BTreeSet<String>) -> bool {
    let Some(mut row) = rows.last().cloned() else { return false };
    let mut is_of_another = false;
    for value in row.as_object_mut().into_iter().flat_map(|map| map.values_mut()) {
        if let Some(other) = value.as_str().and_then(|own| of_somebody_else(own, person)) {
            *value = Json::String(other);
            is_of_another = true;
        }
    }
    rows.push(row);
    is_of_another
}

/// Whether these answers are the pages of one list that tells how many rows it has.
pub(super) fn is_one_list(texts: &[String]) -> bool {
    let pages: Option<Vec<Json>> =
        texts.iter().map(|text| serde_json::from_str(text).ok()).collect();
    let Some(pages) = pages.filter(|pages| pages.len() > 1) else { return false };
    let rows: u64 = pages.iter().map(rows_of).sum();
    pages.iter().all(|page| total_of(page) == Some(rows))
}

/// How many objects the longest list has.
fn rows_of(json: &Json) -> u64 {
    match json {
        Json::Array(items) => {
            let own = items.iter().filter(|item| item.is_object()).count() as u64;
            items.iter().map(rows_of).max().unwrap_or(0).max(own)
        }
        Json::Object(map) => map.values().map(rows_of).max().unwrap_or(0),
        _ => 0,
    }
}

fn total_of(json: &Json) -> Option<u64> {
    let map = json.as_object()?;
    let own = map.iter().find(|(key, _)| key.to_lowercase().starts_with("total"));
    own.and_then(|(_, value)| plain(value).parse().ok()).or_else(|| map.values().find_map(total_of))
}
