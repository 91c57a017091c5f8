//! Law 1: no mutant of a recorded answer ends in other values. A good run of each family is recorded;
//! then one answer at a time is changed the way portals change, and replayed. What is read must be
//! what was there, or less of it where a file says that the portal may leave it out, or a failure.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use fiveone_connector::{Answer, Exchange, Portal, Recording, Request, TransportError};
use regex::Regex;
use serde_json::Value as Json;
use tokio::task::JoinSet;

use super::world::{Case, City, Outcome, World, cities, values_of};

/// The most mutants of one kind that are made of one answer.
const MUTANTS_MAX: usize = 6;

/// An answer with something changed, and what was done to it.
struct Mutant {
    what: String,
    text: String,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_mutant_ends_in_other_values() {
    let world = World::start().await;
    let mut running = JoinSet::new();
    for city in cities() {
        let world = Arc::clone(&world);
        running.spawn(async move { try_city(&world, city).await });
    }
    let tried = running.join_all().await;
    let wrong: Vec<&String> = tried.iter().flat_map(|(_, wrong)| wrong).collect();
    let count: usize = tried.iter().map(|(count, _)| count).sum();
    assert!(count > 500 || cities().len() < 14, "only {count} mutants were tried");
    let told: Vec<&str> = wrong.iter().map(|told| told.as_str()).collect();
    assert!(told.is_empty(), "{} of {count} mutants\n{}", told.len(), told.join("\n"));
}

/// How many mutants of a city's answers were tried, and which of them ended in other values.
async fn try_city(world: &World, city: City) -> (usize, Vec<String>) {
    let Some(login) = world.logins(city, 16).into_iter().find(|login| login.quirk == "OnePage")
    else {
        return (0, vec![format!("{}/{}: nobody to read", city.0, city.1)]);
    };
    let case = Case::good(city, login);
    let recording = Arc::new(Recording::new(world.portal_for("good")));
    let good = world.run(&case, recording.clone()).await;
    let exchanges = recording.take();
    assert_eq!(good.code(), 40001, "{case}: {}", good.log);
    let (mut count, mut wrong, mut seen) = (0, Vec::new(), BTreeSet::new());
    for (at, exchange) in exchanges.iter().enumerate() {
        let path = exchange.path.split('?').next().unwrap_or_default();
        let Some(page) = Text::of(exchange).filter(|_| seen.insert(path.to_owned())) else {
            continue;
        };
        for mutant in mutants(&page.text, &values_of(&good)) {
            let mut changed = exchanges.clone();
            changed[at].answer.body = page.encode(&mutant.text);
            changed[at].answer.headers.retain(|(name, _)| name != "content-length");
            let read = world.run(&case, Arc::new(Strict(Mutex::new(changed)))).await;
            count += 1;
            if let Some(told) = other_values(&good, &read) {
                wrong.push(format!("{case}: {path}: {}: {told}", mutant.what));
            }
        }
    }
    (count, wrong)
}

/// Answers from a recording, and only what was asked: a page more is not another question's page.
struct Strict(Mutex<Vec<Exchange>>);

#[async_trait]
impl Portal for Strict {
    async fn send(&self, request: Request) -> Result<Answer, TransportError> {
        let path = &request.url[url::Position::BeforePath..url::Position::AfterQuery];
        let mut left = self.0.lock().expect("nobody panics while holding it");
        let at = left.iter().position(|exchange| {
            exchange.method == request.method && steady(&exchange.path) == steady(path)
        });
        at.map(|at| left.remove(at).answer).ok_or(TransportError::NotRecorded)
    }
}

/// A path and its query without what is different in every run.
fn steady(path: &str) -> String {
    let is_steady =
        |pair: &&str| !["r=", "_random=", "_laneID="].iter().any(|chance| pair.starts_with(chance));
    path.split(['?', '&']).filter(is_steady).collect::<Vec<_>>().join("&")
}

/// The text of an answer and how it was encoded.
struct Text {
    text: String,
    encoding: &'static encoding_rs::Encoding,
}

impl Text {
    /// `None` for pictures and answers without a body.
    fn of(exchange: &Exchange) -> Option<Self> {
        let body = &exchange.answer.body;
        if body.is_empty() || body.starts_with(b"\x89PNG") {
            return None;
        }
        let is_utf8 = std::str::from_utf8(body).is_ok();
        let encoding = if is_utf8 { encoding_rs::UTF_8 } else { encoding_rs::GB18030 };
        Some(Self { text: encoding.decode(body).0.into_owned(), encoding })
    }

    fn encode(&self, text: &str) -> Vec<u8> {
        self.encoding.encode(text).0.into_owned()
    }
}

fn mutants(text: &str, values: &BTreeSet<String>) -> Vec<Mutant> {
    match serde_json::from_str::<Json>(text) {
        Ok(json) if json.is_object() || json.is_array() => of_json(&json),
        _ => of_html(text, values),
    }
}

/// Keys renamed, keys left out of one row, amounts and dates that are none, rows cut, half an answer.
fn of_json(json: &Json) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    let text = json.to_string();
    let mut keys = BTreeSet::new();
    keys_of(json, &mut keys);
    for key in &keys {
        let renamed = text.replace(&format!("\"{key}\":"), &format!("\"{key}New\":"));
        mutants.push(Mutant { what: format!("key {key} renamed"), text: renamed });
        let once = text.replacen(&format!("\"{key}\":"), &format!("\"{key}New\":"), 1);
        mutants.push(Mutant { what: format!("key {key} renamed once"), text: once });
        let mut typed = json.clone();
        if retype(&mut typed, key) {
            mutants.push(Mutant { what: format!("{key} is no number"), text: typed.to_string() });
        }
        let mut nested = json.clone();
        if nest(&mut nested, key) {
            mutants.push(Mutant { what: format!("{key} is an object"), text: nested.to_string() });
        }
    }
    if let Some(cut) = text.get(..text.len() / 2) {
        mutants.push(Mutant { what: "half an answer".to_owned(), text: cut.to_owned() });
    }
    let mut shorter = json.clone();
    if keys.iter().any(|key| key.to_lowercase().starts_with("total")) && cut_row(&mut shorter) {
        mutants.push(Mutant { what: "last row cut".to_owned(), text: shorter.to_string() });
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

/// Makes the first amount or day of that key a word.
fn retype(json: &mut Json, key: &str) -> bool {
    first_place(json, &mut |place| {
        let value = place.as_object_mut().and_then(|map| map.get_mut(key));
        let text = value.as_ref().map(|value| value.to_string()).unwrap_or_default();
        let is_strict = is_amount_or_day(text.trim_matches('"'));
        if let Some(value) = value.filter(|_| is_strict) {
            *value = Json::String("改版".to_owned());
        }
        is_strict
    })
}

/// Wraps the first plain value of that key.
fn nest(json: &mut Json, key: &str) -> bool {
    first_place(json, &mut |place| {
        let value = place.as_object_mut().and_then(|map| map.get_mut(key));
        let value =
            value.filter(|value| !value.is_object() && !value.is_array() && !value.is_null());
        value.map(|value| *value = serde_json::json!({ "value": value.take() })).is_some()
    })
}

fn cut_row(json: &mut Json) -> bool {
    first_place(json, &mut |place| {
        let rows = place.as_array_mut().filter(|rows| rows.first().is_some_and(Json::is_object));
        rows.and_then(Vec::pop).is_some()
    })
}

/// Whether a text is an amount with places or a day: fields that hold nothing else.
fn is_amount_or_day(text: &str) -> bool {
    let text = text.trim().trim_start_matches(['￥', '¥', '-']).trim_end_matches('元');
    let digits = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '-'));
    let is_amount = text.len() >= 4 && text.rfind('.') == Some(text.len() - 3);
    let is_day = text.len() == 10 && text.matches('-').count() == 2;
    digits && (is_amount || is_day)
}

/// Labels and headers renamed, ids renamed, cells dropped, columns moved, amounts and days that are none.
fn of_html(text: &str, values: &BTreeSet<String>) -> Vec<Mutant> {
    let pattern = |pattern: &str| Regex::new(pattern).expect("the pattern is a constant");
    let mut mutants = Vec::new();
    // Labels: texts of elements that are nobody's value.
    let labels = pattern(r">([^<>\n]{2,24})</(?:t[dh]|li|dt|span)>");
    for found in sample(labels.captures_iter(text)) {
        let label = found.get(1).expect("the group always matches");
        let plain: String =
            label.as_str().replace("&nbsp;", "").chars().filter(|c| !c.is_whitespace()).collect();
        let is_label = plain.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
            && values
                .iter()
                .all(|value| !value.contains(&plain) && !plain.contains(value.as_str()));
        if is_label {
            let changed = splice(text, label.range(), &format!("新{plain}"));
            mutants.push(Mutant { what: format!("label {plain} renamed"), text: changed });
        }
    }
    for found in sample(pattern(r#"\b(?:id|name)="(\w+)""#).captures_iter(text)) {
        let name = &found[1];
        let renamed = text.replace(&format!("=\"{name}\""), &format!("=\"{name}New\""));
        mutants.push(Mutant { what: format!("id {name} renamed"), text: renamed });
    }
    for found in sample(pattern(r"<td[^>]*>.*?</td>").find_iter(text)) {
        let dropped = splice(text, found.range(), "");
        mutants.push(Mutant { what: format!("cell {} dropped", found.as_str()), text: dropped });
    }
    let amounts = pattern(r#"(?:>|value=")([￥¥]?-?[\d.,-]{4,20}元?)(?:&nbsp;)*[<"]"#);
    let strict = amounts.captures_iter(text).filter(|found| is_amount_or_day(&found[1]));
    for found in sample(strict) {
        let amount = found.get(1).expect("the group always matches");
        let changed = splice(text, amount.range(), "改版");
        mutants.push(Mutant { what: format!("{} is no number", amount.as_str()), text: changed });
    }
    mutants.extend(moved_columns(text));
    mutants
}

/// Every row of every table of more than two cells turned by one: columns move with their headers.
fn moved_columns(text: &str) -> Option<Mutant> {
    let pattern = |pattern: &str| Regex::new(pattern).expect("the pattern is a constant");
    let cells = pattern(r"(?s)<(t[dh])\b[^>]*>.*?</t[dh]>");
    let grid = pattern(r#"(?s)<table[^>]*>\s*<tr[^>]*>\s*(?:<th|<td>日期).*?</table>"#);
    let row = pattern(r"(?s)<tr\b[^>]*>.*?</tr>");
    let table = grid.find(text)?;
    let turned = row.replace_all(table.as_str(), |found: &regex::Captures<'_>| {
        let own: Vec<&str> = cells.find_iter(&found[0]).map(|cell| cell.as_str()).collect();
        match own.split_first() {
            // A note over several columns moves nothing.
            Some((first, rest)) if own.len() > 2 && !found[0].contains("colspan") => {
                format!("<tr>{}{first}</tr>", rest.concat())
            }
            _ => found[0].to_owned(),
        }
    });
    let is_pairs = text[table.range()].contains('：');
    let changed = splice(text, table.range(), &turned);
    (!is_pairs).then(|| Mutant { what: "columns moved".to_owned(), text: changed })
}

fn splice(text: &str, range: std::ops::Range<usize>, with: &str) -> String {
    format!("{}{with}{}", &text[..range.start], &text[range.end..])
}

/// At most [`MUTANTS_MAX`] of them, from the beginning to the end.
fn sample<T>(all: impl Iterator<Item = T>) -> Vec<T> {
    let all: Vec<T> = all.collect();
    let step = all.len().div_ceil(MUTANTS_MAX).max(1);
    all.into_iter().step_by(step).collect()
}

/// What was read that was not there before; less is allowed in fields, never in rows.
fn other_values(good: &Outcome, read: &Outcome) -> Option<String> {
    read.login.as_ref().ok()?;
    read.sections.iter().find_map(|(name, section)| {
        let section = section.as_ref().ok()?;
        let before = good.sections.get(name)?.as_ref().ok()?;
        (!is_part(section, before)).then(|| {
            let told = |json: &Json| json.to_string().chars().take(600).collect::<String>();
            format!("{name}\n      read {}\n      was  {}", told(section), told(before))
        })
    })
}

/// Whether all of `read` is in `good`: the same rows in any order, fields the same or missing.
fn is_part(read: &Json, good: &Json) -> bool {
    match (read, good) {
        (Json::Array(read), Json::Array(good)) => {
            read.len() == good.len()
                && read.iter().zip(good).all(|(read, good)| is_part(read, good))
        }
        (Json::Object(read), Json::Object(good)) => read
            .iter()
            .all(|(name, value)| good.get(name).is_some_and(|before| is_part(value, before))),
        _ => read == good,
    }
}
