//! What a page tells about the end of its list.

use std::sync::LazyLock;

use regex::Regex;
use url::Url;

use super::paging::PageFacts;
use crate::{
    definition::{Capture, Pager, PagesEnd},
    page::{Prober, json_text},
    unexpected::UnexpectedPage,
};

static PAGE_OF: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(\d+)\s*页?\s*[/／]\s*共?\s*(\d+)").expect("the pattern is a constant")
});
static PAGES_IN_ALL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[共总]\s*(\d+)\s*页").expect("the pattern is a constant"));

/// How many pages there are, as people are told.
static PAGES_SHOWN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:共|总共|总)\s*(\d+)\s*页|\d+\s*[/／]\s*(\d+)\s*页")
        .expect("the pattern is a constant")
});

/// A number of pages, in whatever words.
static COUNTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:共|总|第|当前|/)[^\n页]{0,8}\d+[^\n页]{0,4}页|下一页|下页|尾页|末页")
        .expect("the pattern is a constant")
});

/// What a page tells about the end of its list.
pub(super) fn told_of(prober: &Prober<'_>, pager: &Pager) -> Result<PageFacts, UnexpectedPage> {
    let mut facts = PageFacts::default();
    let (total, _) = take(prober, &pager.total)?;
    facts.total = match total.trim().trim_end_matches(".0") {
        "" | "null" => None,
        number => {
            Some(number.parse().map_err(|_| UnexpectedPage::portal("the total is no number"))?)
        }
    };
    let Some(end) = pager.end() else { return Ok(facts) };
    let (pages, is_told) = take(prober, &end.pages)?;
    if !is_told && !pages.is_empty() && COUNTED.is_match(prober.visible()) {
        let reason = "the page counts its pages in a way that the file does not know";
        return Err(UnexpectedPage::portal(reason));
    }
    (facts.number, facts.pages) = match pages.trim() {
        "" | "null" => (None, None),
        text => pages_in(text)
            .ok_or_else(|| UnexpectedPage::portal("the number of pages is no number"))?,
    };
    // Where the file looks for nothing, a page of HTML may tell all the same.
    let looks_for_nothing = end.pages.is_empty() && end.next.is_empty();
    if looks_for_nothing && end.until.is_some() && !prober.page.is_json() {
        let told = PAGES_SHOWN.captures(prober.visible());
        let number = |found: &regex::Captures<'_>| {
            (1..=2).filter_map(|at| found.get(at)).next().and_then(|n| n.as_str().parse().ok())
        };
        facts.pages = told.as_ref().and_then(number);
    }
    Ok(facts)
}

/// What the first of a pager's captures finds, and whether the page tells it and not the file; blank
/// where there is nothing, which tells nothing.
fn take(prober: &Prober<'_>, captures: &[Capture]) -> Result<(String, bool), UnexpectedPage> {
    for capture in captures {
        let found = prober.capture(capture);
        let found = found.map_err(|error| UnexpectedPage::definition(error.0))?;
        let text = found.map(|value| json_text(&value)).or_else(|| capture.default.clone());
        if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
            return Ok((text, capture.from.is_of_page()));
        }
    }
    Ok((String::new(), true))
}

/// The address of the next page, where the pager looks for one.
pub(super) fn next_of(
    prober: &Prober<'_>,
    end: Option<&PagesEnd>,
) -> Result<Option<Url>, UnexpectedPage> {
    let Some(end) = end else { return Ok(None) };
    let (address, _) = take(prober, &end.next)?;
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
