//! Elements: what a reader would say is their value.

use std::{collections::HashSet, sync::LazyLock};

use regex::Regex;
use scraper::{ElementRef, Html, Node, node::Element};

use super::{
    attributes::{attribute, is_hidden},
    text::{Folded, clean_text},
};

/// `document.write('5000.00')`.
static WRITE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"document\.write(?:ln)?\(\s*(?:'([^'<>]*)'|"([^"<>]*)")\s*\)"#)
        .expect("the pattern is a constant")
});

/// The text of an element without scripts, hidden parts and form fields.
pub(crate) fn text_of(element: ElementRef<'_>) -> String {
    let mut text = Folded::default();
    push_text(element, usize::MAX, &mut text);
    text.since(0).to_owned()
}

/// The same, where it has no more characters than this.
pub(super) fn short_text_of(element: ElementRef<'_>, chars_max: usize) -> Option<String> {
    const BYTES_OF_A_CHARACTER: usize = 4;
    let mut text = Folded::default();
    push_text(element, chars_max * BYTES_OF_A_CHARACTER, &mut text);
    let text = text.since(0);
    (text.chars().count() <= chars_max).then(|| text.to_owned())
}

/// Adds the text of an element, unless there is more than enough already.
fn push_text(element: ElementRef<'_>, bytes_max: usize, text: &mut Folded) {
    for child in element.children() {
        if text.len() > bytes_max {
            return;
        }
        match child.value() {
            Node::Text(own) => text.push(own),
            Node::Element(inner) => {
                let Some(child) = ElementRef::wrap(child) else { continue };
                let is_field = matches!(inner.name(), "select" | "textarea" | "option");
                let is_code = matches!(inner.name(), "script" | "style" | "template");
                if is_field || is_code || is_hidden(inner) {
                    continue;
                }
                if matches!(inner.name(), "br" | "p" | "div" | "td" | "th" | "li" | "tr") {
                    text.gap();
                }
                push_text(child, bytes_max, text);
            }
            _ => {}
        }
    }
}

/// The value a reader would see in an element: of an input what is in it, of a select the chosen
/// text, of a cell its text or the field that it holds.
pub(crate) fn cell_value(element: ElementRef<'_>) -> String {
    if let Some(value) = field_value(element, true) {
        return value;
    }
    let text = text_of(element);
    if !text.is_empty() {
        return uncut(element, &text).unwrap_or(text);
    }
    let fields = || element.descendent_elements().skip(1).filter(|inner| is_field(*inner));
    let seen = fields().find(|inner| !is_hidden(inner.value()));
    let field = seen.or_else(|| fields().next()).and_then(|inner| field_value(inner, true));
    field.or_else(|| written(element)).unwrap_or_default()
}

/// What a text is whole that was cut for display: the title of its element, or of one in it, begins
/// with what can be seen.
fn uncut(element: ElementRef<'_>, text: &str) -> Option<String> {
    let seen = without_ellipsis(text)?;
    let titles = element.descendent_elements().filter_map(|inner| inner.attr("title"));
    titles.map(clean_text).find(|title| title.starts_with(seen) && title.len() > seen.len())
}

/// The text before the dots that say that it goes on; `None` where it does not.
pub(crate) fn without_ellipsis(text: &str) -> Option<&str> {
    let seen = text.trim_end().trim_end_matches(['.', '…', '．', '。']);
    let dots = &text.trim_end()[seen.len()..];
    (!seen.is_empty() && (dots.contains('…') || dots.len() >= 3)).then(|| seen.trim_end())
}

/// The text that a script inside a cell writes there, where it is a literal.
fn written(cell: ElementRef<'_>) -> Option<String> {
    let script = cell.descendent_elements().find(|inner| inner.value().name() == "script")?;
    let script: String = script.text().collect();
    let found = WRITE.captures(&script)?;
    found.get(1).or_else(|| found.get(2)).map(|text| clean_text(text.as_str()))
}

/// Whether an element holds a form field (or is one).
pub(super) fn holds_field(element: ElementRef<'_>) -> bool {
    element.descendent_elements().any(is_field)
}

fn is_field(element: ElementRef<'_>) -> bool {
    let kind = element.attr("type").unwrap_or("text").to_ascii_lowercase();
    match element.value().name() {
        "input" => !matches!(kind.as_str(), "button" | "submit" | "reset" | "image" | "file"),
        "select" | "textarea" => true,
        _ => false,
    }
}

/// The value of an input, select or textarea; `shown` asks for a select's text instead of its value.
pub(super) fn field_value(element: ElementRef<'_>, shown: bool) -> Option<String> {
    match element.value().name() {
        "input" => {
            let kind = element.attr("type").unwrap_or("text").to_ascii_lowercase();
            if matches!(kind.as_str(), "radio" | "checkbox") && element.attr("checked").is_none() {
                return Some(String::new());
            }
            Some(clean_text(element.attr("value").unwrap_or_default()))
        }
        "textarea" => Some(element.text().collect::<String>().trim().to_owned()),
        "select" => {
            let options =
                || element.descendent_elements().filter(|inner| inner.value().name() == "option");
            // Without a mark the browser shows the first, which says nothing when there are more.
            let chosen = options()
                .find(|option| option.attr("selected").is_some())
                .or_else(|| options().next().filter(|_| options().count() == 1));
            Some(chosen.map(|option| option_text(option, shown)).unwrap_or_default())
        }
        _ => None,
    }
}

/// The text or the value of an option.
pub(super) fn option_text(option: ElementRef<'_>, shown: bool) -> String {
    match option.attr("value") {
        Some(value) if !shown => clean_text(value),
        _ => clean_text(&option.text().collect::<String>()),
    }
}

/// The elements of that id or name: exact ones, or else those that differ in case only.
pub(crate) fn by_name<'h>(scope: &[ElementRef<'h>], name: &str) -> Vec<ElementRef<'h>> {
    let find = |same: &dyn Fn(&str) -> bool| {
        let mut seen = HashSet::new();
        let elements = scope.iter().flat_map(|element| element.descendent_elements());
        let has = |element: &ElementRef<'_>, name: &str| {
            attribute(element.value(), name).is_some_and(same)
        };
        elements
            .filter(|element| has(element, "id") || has(element, "name"))
            .filter(|element| seen.insert(element.id()))
            .collect::<Vec<ElementRef<'h>>>()
    };
    let exact = find(&|own| own == name);
    if exact.is_empty() { find(&|own| own.eq_ignore_ascii_case(name)) } else { exact }
}

/// Every field of a form as name and value, the way a browser sends them: doubled names twice, boxes
/// only when they are checked, nothing that is disabled, line breaks as CR LF.
pub(super) fn form_fields(form: ElementRef<'_>) -> Vec<(String, String)> {
    form.descendent_elements()
        .filter(|element| is_field(*element) && !is_disabled(*element))
        .filter_map(|element| {
            let name = element.attr("name").or_else(|| element.attr("id"))?;
            let kind = element.attr("type").unwrap_or("text").to_ascii_lowercase();
            let is_box = matches!(kind.as_str(), "radio" | "checkbox");
            if is_box && element.attr("checked").is_none() {
                return None;
            }
            let value = match element.value().name() {
                "input" if is_box => element.attr("value").unwrap_or("on").to_owned(),
                "input" => element.attr("value").unwrap_or_default().to_owned(),
                "textarea" => {
                    let text = element.text().collect::<String>();
                    text.replace("\r\n", "\n").replace(['\r', '\n'], "\r\n")
                }
                _ => chosen_value(element)?,
            };
            Some((name.to_owned(), value))
        })
        .collect()
}

fn is_disabled(element: ElementRef<'_>) -> bool {
    let is_off = |element: &Element| element.attr("disabled").is_some();
    is_off(element.value())
        || element
            .ancestors()
            .filter_map(|node| node.value().as_element())
            .any(|above| above.name() == "fieldset" && is_off(above))
}

/// What a select sends: the option that is marked, or else the first.
fn chosen_value(select: ElementRef<'_>) -> Option<String> {
    let options = || select.descendent_elements().filter(|one| one.value().name() == "option");
    let chosen = options().find(|option| option.attr("selected").is_some());
    let chosen = chosen.or_else(|| options().find(|option| !is_disabled(*option)))?;
    Some(match chosen.attr("value") {
        Some(value) => value.to_owned(),
        None => clean_text(&chosen.text().collect::<String>()),
    })
}

/// The root element of a tree, as a scope for searches.
pub(super) fn whole(html: &Html) -> [ElementRef<'_>; 1] {
    [html.root_element()]
}
