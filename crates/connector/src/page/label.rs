//! Labels and the values beside them.
//!
//! A label's value is in its own cell after a colon, in a field inside it, or in the next cell:
//!
//! ```text
//! <td>姓名：张三</td>          <td>姓名<input value=张三></td>          <td>姓名</td><td>张三</td>
//! ```
//!
//! What looks like the next *label* is never taken for a value: the cell between them is missing then,
//! and the label has none.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use scraper::{ElementRef, Node, node::Element};

use super::{
    element::{cell_value, field_value, holds_field, short_text_of, text_of},
    text::{clean_text, half_width, is_blank_char},
};

/// The longest text that can be a label, in characters.
const LABEL_CHARS_MAX: usize = 16;

/// The longest text with a label and its value.
const CHARS_MAX: usize = 200;

/// What is in brackets behind a label and says nothing but how its value is written.
const UNITS: [&str; 8] = ["元", "%", "元/月", "单位元", "年月", "人民币", "￥", "yyyymm"];

/// Spellings that mean the same in labels: blanks, colons, stars and the width of characters fall
/// away, and of these words one stands for all. Values are never touched by it.
const SPELLINGS: [(&str, &str); 14] = [
    ("通信", "通讯"),
    ("帐", "账"),
    ("交", "缴"),
    ("缴存", "缴"),
    ("缴纳", "缴"),
    ("缴缴", "缴"),
    ("缴费", "缴"),
    ("金额", "额"),
    ("公司", "单位"),
    ("号码", "号"),
    ("编码", "编号"),
    ("时间", "日期"),
    ("公民身份号", "身份证号"),
    ("居民身份证", "身份证"),
];

/// A label as it is compared: see [`SPELLINGS`], and without a unit in brackets.
pub(crate) fn normal(label: &str) -> String {
    let mut plain: String = label
        .chars()
        .map(half_width)
        .filter(|c| !is_blank_char(*c) && !matches!(c, '*' | ':' | '：'))
        .collect();
    for (open, close) in [('(', ')'), ('[', ']'), ('【', '】'), ('〔', '〕')] {
        if let Some((before, unit)) = plain.strip_suffix(close).and_then(|t| t.rsplit_once(open))
            && UNITS.contains(&unit.to_lowercase().as_str())
        {
            plain = before.to_owned();
        }
    }
    // Every cell and key is asked for its label, and few begin one of the spellings.
    if plain.contains(['帐', '交', '缴', '金', '公', '号', '编', '时', '居', '通']) {
        for (spelling, common) in SPELLINGS {
            if plain.contains(spelling) {
                plain = plain.replace(spelling, common);
            }
        }
    }
    if plain.contains('比') {
        return ratio_of_both(&plain).unwrap_or(plain);
    }
    plain
}

/// The label of the ratios of both, which is written in many orders: 缴存比例(个人/单位), 个人/单位比例.
fn ratio_of_both(label: &str) -> Option<String> {
    let rest = label.replace("缴比例", "").replace("比例", "");
    let pair = rest.trim_matches(['(', ')', '[', ']']);
    let both = ["个人/单位", "单位/个人"].into_iter().find(|both| pair == *both)?;
    (rest != label).then(|| format!("{both}比例"))
}

/// What stands beside labels, in the order of the page.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    known: BTreeMap<String, Vec<String>>,
    /// Labels that were not asked for.
    others: BTreeMap<String, String>,
    /// The rows along which was looked, from an even or an odd cell.
    rows_seen: HashSet<(*const Element, usize)>,
}

impl Labels {
    /// Looks for every key inside the scopes.
    pub(crate) fn find(scopes: &[ElementRef<'_>], keys: &[&str]) -> Self {
        let known: BTreeSet<String> = keys.iter().map(|key| normal(key)).collect();
        let mut found = Self::default();
        for scope in scopes {
            for element in scope.descendent_elements() {
                found.look_at(element, &known);
            }
        }
        found.others.retain(|label, _| !found.known.contains_key(label));
        found
    }

    /// Every label that was asked for and has something beside it, blank or not.
    pub(crate) fn known(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.known.iter().map(|(label, values)| (label.as_str(), values.as_slice()))
    }

    /// Labels that were not asked for, each with what stands beside it.
    pub(crate) fn others(&self) -> impl Iterator<Item = (&str, &str)> {
        self.others.iter().map(|(label, value)| (label.as_str(), value.as_str()))
    }

    fn look_at(&mut self, element: ElementRef<'_>, known: &BTreeSet<String>) {
        const NO_LABELS: [&str; 16] = [
            "html", "head", "body", "script", "style", "template", "table", "tbody", "thead", "tr",
            "form", "select", "option", "input", "textarea", "title",
        ];
        if NO_LABELS.contains(&element.value().name()) {
            return;
        }
        let text = short_text_of(element, CHARS_MAX).unwrap_or_default();
        if text.is_empty() {
            return;
        }
        let label = normal(&text);
        if known.contains(&label) {
            let is_inner = element.child_elements().any(|child| normal(&text_of(child)) == label);
            if !is_inner && let Some(value) = beside(element, known) {
                self.known.entry(label).or_default().push(value);
                self.look_along(element, known);
            }
            return;
        }
        let Some((before, after)) = text.split_once([':', '：']) else { return };
        let label = normal(before);
        if element.child_elements().any(|child| text_of(child).contains([':', '：'])) {
            return;
        }
        // Where the label is an element of its own, it was or will be seen by itself.
        let stands_alone =
            element.descendent_elements().skip(1).any(|child| normal(&text_of(child)) == label);
        if stands_alone {
            return;
        }
        if known.contains(&label) {
            self.known.entry(label).or_default().push(clean_text(after));
        } else if is_label(before) {
            self.others.entry(label).or_insert_with(|| clean_text(after));
        }
    }

    /// In the row of a known label, every second cell is a label too.
    fn look_along(&mut self, label: ElementRef<'_>, known: &BTreeSet<String>) {
        let is_cell = |element: &ElementRef<'_>| matches!(element.value().name(), "td" | "th");
        let cell =
            std::iter::successors(Some(label), |one| one.parent().and_then(ElementRef::wrap))
                .find(is_cell);
        let Some(row) = cell.and_then(|cell| cell.parent()).and_then(ElementRef::wrap) else {
            return;
        };
        let cells: Vec<ElementRef<'_>> = row.child_elements().filter(is_cell).collect();
        let own = cells.iter().position(|one| Some(one.id()) == cell.map(|cell| cell.id()));
        let Some(first) = own.map(|own| own % 2) else { return };
        if !self.rows_seen.insert((std::ptr::from_ref(row.value()), first)) {
            return;
        }
        for pair in cells[first..].chunks_exact(2) {
            let text = text_of(pair[0]);
            let other = normal(&text);
            if is_label(&text) && !known.contains(&other) {
                self.others.entry(other).or_insert_with(|| cell_value(pair[1]));
            }
        }
    }
}

/// Whether a text can be a label: a few words, not a number or a date.
fn is_label(text: &str) -> bool {
    let text = clean_text(text);
    (1..=LABEL_CHARS_MAX).contains(&text.chars().count())
        && text.chars().any(char::is_alphabetic)
        && !text.chars().any(|c| c.is_ascii_digit())
}

/// The value beside a label; `None` when there is none, or when another label stands there.
///
/// It climbs out of what the label is wrapped in (`<td><b>姓名</b></td>`) until something stands behind
/// it, and stops at the row: what is in the next row belongs to another label.
fn beside(label: ElementRef<'_>, known: &BTreeSet<String>) -> Option<String> {
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
        if matches!(element.value().name(), "td" | "th" | "li" | "dt" | "dd" | "tr") {
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
