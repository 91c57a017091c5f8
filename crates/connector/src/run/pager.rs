//! What a page tells about the end of its list.

use std::sync::LazyLock;

use regex::Regex;
use url::Url;

use super::paging::PageFacts;
use crate::{
    definition::{Capture, Pager},
    page::{Prober, json_text},
    unexpected::UnexpectedPage,
};

static PAGE_OF: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(\d+)\s*页?\s*[/／]\s*共?\s*(\d+)").expect("the pattern is a constant")
});
static PAGES_IN_ALL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[共总]\s*(\d+)\s*页").expect("the pattern is a constant"));

/// What a page tells about the end of its list.
pub(super) fn told_of(prober: &Prober<'_>, pager: &Pager) -> Result<PageFacts, UnexpectedPage> {
    let mut facts = PageFacts::default();
    let total = take(prober, &pager.total)?;
    facts.total = match total.trim().trim_end_matches(".0") {
        "" | "null" => None,
        number => {
            Some(number.parse().map_err(|_| UnexpectedPage::portal("the total is no number"))?)
        }
    };
    let pages = take(prober, &pager.pages)?;
    (facts.number, facts.pages) = match pages.trim() {
        "" | "null" => (None, None),
        text => pages_in(text)
            .ok_or_else(|| UnexpectedPage::portal("the number of pages is no number"))?,
    };
    Ok(facts)
}

/// What the first of a pager's captures finds; blank where there is nothing, which tells nothing.
fn take(prober: &Prober<'_>, captures: &[Capture]) -> Result<String, UnexpectedPage> {
    for capture in captures {
        let found = prober.capture(capture);
        let found = found.map_err(|error| UnexpectedPage::definition(error.0))?;
        let text = found.map(|value| json_text(&value)).or_else(|| capture.default.clone());
        if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
            return Ok(text);
        }
    }
    Ok(String::new())
}

/// The address of the next page, where the pager looks for one.
pub(super) fn next_of(prober: &Prober<'_>, pager: &Pager) -> Result<Option<Url>, UnexpectedPage> {
    let address = take(prober, &pager.next)?;
    let here = &prober.page.url;
    Ok(here.join(address.trim()).ok().filter(|url| !address.trim().is_empty() && url != here))
}

/// This page's number, if told, and how many there are.
fn pages_in(text: &str) -> Option<(Option<i64>, Option<i64>)> {
    if let Some(found) = PAGE_OF.captures(text) {
        return Some((found[1].parse().ok(), found[2].parse().ok()));
    }
    if let Some(found) = PAGES_IN_ALL.captures(text) {
        return Some((None, found[1].parse().ok()));
    }
    text.trim().parse().ok().map(|pages| (None, Some(pages)))
}
