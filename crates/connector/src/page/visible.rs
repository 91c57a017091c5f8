//! What can be seen of an answer. Texts in scripts, comments and hidden templates are not told to
//! the person, so they tell nothing about the person's login either.

use scraper::{ElementRef, Html, Node, node::Element};
use serde_json::Value as Json;

use super::element::clean_text;

/// Whether an element is hidden by itself (style sheets are not known).
pub(super) fn is_hidden(element: &Element) -> bool {
    if element.attr("hidden").is_some() || element.attr("aria-hidden") == Some("true") {
        return true;
    }
    if element.name() == "input"
        && element.attr("type").is_some_and(|kind| kind.eq_ignore_ascii_case("hidden"))
    {
        return true;
    }
    element.attr("style").is_some_and(|style| {
        let style: String =
            style.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
        style.contains("display:none") || style.contains("visibility:hidden")
    })
}

/// Whether an element and all above it are not hidden.
pub(super) fn can_be_seen(element: ElementRef<'_>) -> bool {
    !is_hidden(element.value())
        && element
            .ancestors()
            .filter_map(|node| node.value().as_element())
            .all(|above| !is_hidden(above) && !matches!(above.name(), "template" | "noscript"))
}

/// All text that can be seen, the captions of buttons included.
pub(super) fn of_html(html: &Html) -> String {
    let mut text = String::new();
    push(html.root_element(), &mut text);
    clean_text(&text)
}

/// The text of an element that can be seen.
pub(super) fn of_element(element: ElementRef<'_>) -> String {
    let mut text = String::new();
    push(element, &mut text);
    clean_text(&text)
}

fn push(element: ElementRef<'_>, text: &mut String) {
    for child in element.children() {
        match child.value() {
            Node::Text(own) => text.push_str(own),
            Node::Element(inner) => {
                let is_code =
                    matches!(inner.name(), "script" | "style" | "template" | "noscript" | "title");
                if is_code || is_hidden(inner) {
                    continue;
                }
                if let ("input", Some("submit" | "button")) = (inner.name(), inner.attr("type")) {
                    text.push_str(inner.attr("value").unwrap_or_default());
                }
                if !is_inline(inner.name()) {
                    text.push(' ');
                }
                if let Some(child) = ElementRef::wrap(child) {
                    push(child, text);
                }
                if !is_inline(inner.name()) {
                    text.push(' ');
                }
            }
            _ => {}
        }
    }
}

fn is_inline(name: &str) -> bool {
    matches!(name, "b" | "i" | "em" | "strong" | "font" | "span" | "a" | "u" | "label" | "small")
}

/// All texts of JSON.
pub(super) fn of_json(json: &Json) -> String {
    fn push(json: &Json, text: &mut String) {
        match json {
            Json::String(own) => {
                text.push_str(own);
                text.push('\n');
            }
            Json::Array(items) => items.iter().for_each(|item| push(item, text)),
            Json::Object(map) => map.values().for_each(|item| push(item, text)),
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }
    let mut text = String::new();
    push(json, &mut text);
    text
}
