//! What an answer tells its reader: alerts, error elements that can be seen, messages in JSON, a
//! short plain answer.

use std::sync::LazyLock;

use scraper::Selector;
use serde_json::Value as Json;

use super::{Page, element::clean_text, script, visible};

/// How long a plain answer may be to count as a message.
const PLAIN_CHARS_MAX: usize = 200;

/// How long an element's text may be to count as a message.
const ELEMENT_CHARS_MAX: usize = 300;

static ELEMENTS: LazyLock<Selector> =
    LazyLock::new(|| Selector::parse("[id],[class]").expect("the selector is a constant"));

/// Parts of ids and classes that mark messages.
const MARKS: [&str; 7] = ["err", "tip", "msg", "message", "warn", "alert", "notice"];

/// Parts of JSON keys that mark messages.
const KEYS: [&str; 6] = ["msg", "message", "error", "info", "reason", "tip"];

pub(super) fn of(page: &Page) -> Vec<String> {
    if let Some(json) = page.json() {
        let mut found = Vec::new();
        if let Json::String(text) = json {
            found.push(clean_text(text));
        }
        of_json(json, 0, &mut found);
        if !page.is_json() {
            found.push(clean_text(page.text()));
        }
        return found;
    }
    let is_plain = !page.text().contains('<');
    if is_plain && page.text().chars().count() <= PLAIN_CHARS_MAX {
        return vec![clean_text(page.text())];
    }
    let mut found = script::alerts(page.html());
    let elements = page.select(&ELEMENTS).filter(|element| {
        let is_marked = |attr: &str| {
            element.attr(attr).is_some_and(|words| {
                let words = words.to_ascii_lowercase();
                MARKS.iter().any(|mark| words.contains(mark))
            })
        };
        (is_marked("id") || is_marked("class")) && visible::can_be_seen(*element)
    });
    found.extend(
        elements
            .map(visible::of_element)
            .filter(|text| !text.is_empty() && text.chars().count() <= ELEMENT_CHARS_MAX),
    );
    found
}

fn of_json(json: &Json, depth: usize, found: &mut Vec<String>) {
    let Json::Object(map) = json else { return };
    for (key, value) in map {
        let key = key.to_ascii_lowercase();
        match value {
            Json::String(text) if KEYS.iter().any(|mark| key.contains(mark)) => {
                found.push(clean_text(text));
            }
            Json::Object(_) if depth < 3 => of_json(value, depth + 1, found),
            _ => {}
        }
    }
}
