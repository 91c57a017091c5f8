//! Labels and the values beside them.
//!
//! A label's value is in its own cell after a colon, in a field inside it, or in the next cell. What
//! looks like the next *label* is never taken for a value: a cell is missing then.

use std::collections::BTreeMap;

use scraper::{ElementRef, Node};

use super::element::{cell_value, clean_text, field_value, holds_field, text_of};

/// A label without blanks, colons, stars, units and width, with 帐 as 账.
pub(crate) fn normal(label: &str) -> String {
    let plain: String = label
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '\u{200b}' | '\u{feff}' | '*'))
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            '帐' => '账',
            c => c,
        })
        .filter(|c| *c != ':')
        .collect();
    plain.strip_suffix("(元)").map_or_else(|| plain.clone(), str::to_owned)
}

/// What stands beside each known label, in the order of the page.
#[derive(Debug, Default)]
pub(crate) struct Labels(BTreeMap<String, Vec<String>>);

impl Labels {
    /// Looks for every key inside the scopes.
    ///
    /// # Errors
    /// The label that has no value beside it.
    pub(crate) fn find(scopes: &[ElementRef<'_>], keys: &[&str]) -> Result<Self, String> {
        let known: Vec<String> = keys.iter().map(|key| normal(key)).collect();
        let mut found = Self::default();
        for scope in scopes {
            for element in scope.descendent_elements() {
                found.look_at(element, &known)?;
            }
        }
        Ok(found)
    }

    /// Every label that was found.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().map(|(label, values)| (label.as_str(), values.as_slice()))
    }

    fn look_at(&mut self, element: ElementRef<'_>, known: &[String]) -> Result<(), String> {
        const NO_LABELS: [&str; 16] = [
            "html", "head", "body", "script", "style", "template", "table", "tbody", "thead", "tr",
            "form", "select", "option", "input", "textarea", "title",
        ];
        if NO_LABELS.contains(&element.value().name()) {
            return Ok(());
        }
        let text = text_of(element);
        if text.is_empty() || text.chars().count() > 200 {
            return Ok(());
        }
        let label = normal(&text);
        if known.contains(&label) {
            let is_inner = element.child_elements().any(|child| normal(&text_of(child)) == label);
            if !is_inner {
                let value =
                    beside(element, known).ok_or_else(|| format!("no value beside {label}"))?;
                self.0.entry(label).or_default().push(value);
            }
            return Ok(());
        }
        let Some((before, after)) = text.split_once([':', '：']) else { return Ok(()) };
        let label = normal(before);
        let is_leaf = element.child_elements().all(|child| !text_of(child).contains([':', '：']));
        // Where the label is an element of its own, it was or will be seen by itself.
        let stands_alone =
            element.descendent_elements().skip(1).any(|child| normal(&text_of(child)) == label);
        if known.contains(&label) && is_leaf && !stands_alone {
            self.0.entry(label).or_default().push(clean_text(after));
        }
        Ok(())
    }
}

/// The value beside a label; `None` when there is none, or when another label stands there.
fn beside(label: ElementRef<'_>, known: &[String]) -> Option<String> {
    if holds_field(label) {
        return Some(cell_value(label));
    }
    let mut element = label;
    loop {
        for sibling in element.next_siblings() {
            match sibling.value() {
                Node::Text(text) => {
                    let text = clean_text(text);
                    let text = text.trim_start_matches([':', '：']).trim().to_owned();
                    if !text.is_empty() {
                        return (!known.contains(&normal(&text))).then_some(text);
                    }
                }
                Node::Element(inner) => {
                    if matches!(inner.name(), "br" | "script" | "style") {
                        continue;
                    }
                    let value = ElementRef::wrap(sibling)?;
                    let two_heads = inner.name() == "th" && element.value().name() == "th";
                    return value_of(value)
                        .filter(|text| !two_heads && !known.contains(&normal(text)));
                }
                _ => {}
            }
        }
        if !is_wrapper(element.value().name()) {
            return None;
        }
        element = element.parent().and_then(ElementRef::wrap)?;
        if matches!(element.value().name(), "tr" | "table" | "ul" | "ol" | "dl" | "body" | "form") {
            return None;
        }
    }
}

fn value_of(element: ElementRef<'_>) -> Option<String> {
    if matches!(element.value().name(), "input" | "select" | "textarea") {
        return field_value(element, true);
    }
    let text = cell_value(element);
    // A cell that ends in a colon is a label, known or not.
    (!text.ends_with([':', '：'])).then_some(text)
}

/// What a label may be wrapped in inside its cell.
fn is_wrapper(name: &str) -> bool {
    !matches!(name, "td" | "th" | "li" | "dt" | "dd" | "tr")
}
