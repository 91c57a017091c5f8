//! What can be seen of an answer. Texts in scripts, comments and hidden templates are not told to
//! the person, so they tell nothing about the person's login either.

use scraper::{ElementRef, Html, Node, node::Element};
use serde_json::Value as Json;

use super::{
    Page,
    attributes::{attribute, is_hidden},
    text::{Folded, clean_text},
};

/// The largest page of scripts alone that is taken for a wall.
const WALL_BYTES_MAX: usize = 512 * 1024;

/// Whether an element and all above it are not hidden.
pub(super) fn can_be_seen(element: ElementRef<'_>) -> bool {
    !is_hidden(element.value())
        && element
            .ancestors()
            .filter_map(|node| node.value().as_element())
            .all(|above| !is_hidden(above) && !matches!(above.name(), "template" | "noscript"))
}

/// Parts of ids and classes of announcements, news and footers.
const ANNOUNCEMENTS: [&str; 14] = [
    "notice",
    "news",
    "announce",
    "bulletin",
    "gonggao",
    "gg_",
    "tongzhi",
    "xinwen",
    "footer",
    "foot_",
    "copyright",
    "marquee",
    "banner",
    "friendlink",
];

/// Whether an element by itself is an announcement, a list of news or the page's footer.
fn is_announcement(element: &Element) -> bool {
    let is_marked = |name: &str| {
        attribute(element, name).is_some_and(|words| {
            let words = words.to_ascii_lowercase();
            ANNOUNCEMENTS.iter().any(|mark| words.contains(mark)) || words == "foot"
        })
    };
    matches!(element.name(), "footer" | "marquee" | "header" | "nav")
        || is_marked("id")
        || is_marked("class")
}

/// The texts of the elements that somebody marked and that can be seen, outside of announcements, in
/// the order of the page; long ones are left out.
///
/// One walk for all of them: an element's text is a part of the text of those it stands in, and they may
/// stand in each other as deep as the page likes.
pub(super) fn marked(
    html: &Html,
    is_marked: &dyn Fn(&Element) -> bool,
    chars_max: usize,
) -> Vec<String> {
    let mut walk = MarkedWalk { is_marked, chars_max, text: Folded::default(), found: Vec::new() };
    walk.look_at(html.root_element(), false);
    walk.found.retain(|text| !text.is_empty());
    walk.found
}

/// The texts of the elements outside of tables that can be seen, each with those of all in it, in the
/// order of the page; long ones are left out.
pub(crate) fn blocks(page: &Page, chars_max: usize) -> Vec<String> {
    const OF_TABLES: [&str; 10] =
        ["html", "body", "form", "table", "thead", "tbody", "tfoot", "tr", "td", "th"];
    marked(page.html(), &|element| !OF_TABLES.contains(&element.name()), chars_max)
}

struct MarkedWalk<'w> {
    is_marked: &'w dyn Fn(&Element) -> bool,
    chars_max: usize,
    /// The text of all elements so far.
    text: Folded,
    found: Vec<String>,
}

impl MarkedWalk<'_> {
    fn look_at(&mut self, element: ElementRef<'_>, is_announced: bool) {
        let own = element.value();
        if is_code(own.name()) || is_hidden(own) {
            return;
        }
        if let ("input", Some("submit" | "button")) = (own.name(), attribute(own, "type")) {
            self.text.push(attribute(own, "value").unwrap_or_default());
        }
        let is_block = !is_inline(own.name());
        if is_block {
            self.text.gap();
        }
        let is_announced = is_announced || is_announcement(own);
        // Its place among the others, which its inner ones come behind.
        let place = (!is_announced && (self.is_marked)(own)).then(|| {
            self.found.push(String::new());
            (self.found.len() - 1, self.text.len())
        });
        for child in element.children() {
            match child.value() {
                Node::Text(text) => self.text.push(text),
                Node::Element(_) => {
                    if let Some(child) = ElementRef::wrap(child) {
                        self.look_at(child, is_announced);
                    }
                }
                _ => {}
            }
        }
        if let Some((place, start)) = place {
            const BYTES_OF_A_CHARACTER: usize = 4;
            let text = self.text.since(start);
            let may_be_short = text.len() <= self.chars_max * BYTES_OF_A_CHARACTER;
            if may_be_short && text.chars().count() <= self.chars_max {
                text.clone_into(&mut self.found[place]);
            }
        }
        if is_block {
            self.text.gap();
        }
    }
}

/// All text that can be seen, the captions of buttons included.
pub(super) fn of_html(html: &Html) -> String {
    let mut text = String::new();
    push(html.root_element(), &mut text, false);
    clean_text(&text)
}

/// The lines of text that can be seen outside of announcements and footers.
pub(super) fn lines(page: &Page) -> Vec<String> {
    let text = match page.json() {
        Some(json) => of_json(json),
        None => {
            let mut text = String::new();
            push(page.html().root_element(), &mut text, true);
            text
        }
    };
    text.split('\n').map(clean_text).filter(|line| !line.is_empty()).collect()
}

/// The same with announcements, and the title.
pub(crate) fn all_lines(page: &Page) -> Vec<String> {
    let mut text = String::new();
    push(page.html().root_element(), &mut text, false);
    let lines = text.split('\n').map(clean_text).chain([page.title()]);
    lines.filter(|line| !line.is_empty()).collect()
}

/// The text of an element that can be seen.
pub(super) fn of_element(element: ElementRef<'_>) -> String {
    let mut text = String::new();
    push(element, &mut text, false);
    clean_text(&text)
}

/// Text with a line break around each block; `is_plain` leaves announcements out.
fn push(element: ElementRef<'_>, text: &mut String, is_plain: bool) {
    for child in element.children() {
        match child.value() {
            Node::Text(own) => text.push_str(own),
            Node::Element(inner) => {
                let Some(child) = ElementRef::wrap(child) else { continue };
                let is_left_out = is_code(inner.name())
                    || is_hidden(inner)
                    || (is_plain && is_announcement(inner));
                if is_left_out {
                    continue;
                }
                if let ("input", Some("submit" | "button")) =
                    (inner.name(), attribute(inner, "type"))
                {
                    text.push_str(attribute(inner, "value").unwrap_or_default());
                }
                let is_block = !is_inline(inner.name());
                if is_block {
                    text.push('\n');
                }
                push(child, text, is_plain);
                if is_block {
                    text.push('\n');
                }
            }
            _ => {}
        }
    }
}

/// Elements whose text nobody is shown as a part of the page.
fn is_code(name: &str) -> bool {
    matches!(name, "script" | "style" | "template" | "noscript" | "title")
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

/// Whether an answer is a wall instead of a page: nothing to see and nothing to send, only scripts
/// that work out a cookie or a new address.
pub(super) fn is_wall(page: &Page) -> bool {
    let text = page.text();
    if page.json().is_some() || !text.contains("<script") || text.len() > WALL_BYTES_MAX {
        return false;
    }
    let makes_something =
        ["document.cookie", "eval(", "$_ts", "_0x", "arg1="].iter().any(|mark| text.contains(mark));
    if !makes_something {
        return false;
    }
    let html = page.html();
    let has_fields = html
        .root_element()
        .descendent_elements()
        .any(|element| matches!(element.value().name(), "input" | "frame" | "iframe" | "table"));
    !has_fields && page.visible().is_empty()
}
