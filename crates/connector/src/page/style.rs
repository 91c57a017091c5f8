//! Parts of tables that a style sheet on the page itself hides by their class: rows that are copied by
//! scripts, cells that hold numbers for them. Elements elsewhere are left alone: a script shows and
//! hides whole tabs by their class, and what stands in them is true.

use std::{collections::HashSet, sync::LazyLock};

use regex::Regex;
use scraper::{Html, Node, Selector};

static STYLES: LazyLock<Selector> =
    LazyLock::new(|| Selector::parse("style").expect("the selector is a constant"));

/// `.x { display: none }` and `tr.x { … }`, alone and not inside of another rule.
static HIDING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:\A|[}/;>])\s*(?:tr|td|th)?\.([\w-]+)\s*\{[^{}]*display\s*:\s*none[^{}]*\}")
        .expect("the pattern is a constant")
});

/// Marks the rows and cells that such a sheet hides as hidden by themselves.
pub(super) fn hide(html: &mut Html) {
    let classes: HashSet<String> = html
        .select(&STYLES)
        .filter(|style| !style.attr("media").is_some_and(|media| media.contains("print")))
        .map(|style| style.text().collect::<String>())
        .flat_map(|sheet| {
            let found = HIDING.captures_iter(&sheet);
            found.filter_map(|rule| Some(rule.get(1)?.as_str().to_owned())).collect::<Vec<_>>()
        })
        .collect();
    if classes.is_empty() {
        return;
    }
    for node in html.tree.values_mut() {
        let Node::Element(element) = node else { continue };
        if !matches!(element.name(), "tr" | "td" | "th" | "tbody") {
            continue;
        }
        let class = element.attrs.iter().find(|(name, _)| &*name.local == "class");
        let Some((name, told)) = class else { continue };
        if told.split_ascii_whitespace().any(|class| classes.contains(class)) {
            let mut hidden = name.clone();
            hidden.local = "hidden".into();
            element.attrs.push((hidden, "".into()));
        }
    }
}
