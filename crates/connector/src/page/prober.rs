//! What looks into one answer: predicates and rules are asked of it; [`super::capture`] takes values out
//! of it.

use std::cell::OnceCell;

use serde_json::Value as Json;

use super::{
    Page, Standing,
    element::{self, by_name, field_value, whole},
    message, script,
    text::{clean_text, squeezed},
    visible,
};
use crate::{
    definition::{Comparison, JsonPath, Predicate, Rule, Scope as TextScope, Subject},
    template::{Scope, Template},
};

/// Looks into one answer.
pub(crate) struct Prober<'a> {
    pub(crate) page: &'a Page,
    /// Captured values.
    pub(crate) scope: &'a dyn Scope,
    /// Cookies of the session at the answer's address.
    pub(crate) cookies: &'a [(String, String)],
    /// What stood on the pages before the person's input; no refusal is seen in it.
    standing: &'a Standing,
    messages: OnceCell<Vec<String>>,
    lines: OnceCell<Vec<String>>,
}

/// Where a rule without a place looks. Texts that stood there before the input are never counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextPass {
    /// Messages only.
    Messages,
    /// All that can be seen outside of announcements and footers.
    Page,
}

/// In which texts a predicate looks.
#[derive(Debug, Clone, Copy)]
enum Among {
    /// Whatever is there: the witness of success may have stood there before.
    Everything,
    /// What is an answer to the person's input.
    Live(TextPass),
}

impl<'a> Prober<'a> {
    pub(crate) const fn new(
        page: &'a Page,
        scope: &'a dyn Scope,
        cookies: &'a [(String, String)],
        standing: &'a Standing,
    ) -> Self {
        Self { page, scope, cookies, standing, messages: OnceCell::new(), lines: OnceCell::new() }
    }

    /// The messages that were not there before.
    pub(crate) fn messages(&self) -> &[String] {
        self.messages.get_or_init(|| self.live(self.page.messages()))
    }

    /// What the answer says so plainly that it is a refusal whatever the words are.
    pub(crate) fn spoken(&self) -> Option<String> {
        self.live(&super::spoken(self.page)).into_iter().next()
    }

    fn lines(&self) -> &[String] {
        self.lines.get_or_init(|| {
            let lines = super::lines(self.page).iter().filter(|line| !message::is_advice(line));
            lines.filter(|line| !self.standing.has(line)).cloned().collect()
        })
    }

    fn live(&self, texts: &[String]) -> Vec<String> {
        texts.iter().filter(|text| !self.standing.has(text)).cloned().collect()
    }

    /// All that can be seen.
    pub(crate) fn visible(&self) -> &str {
        self.page.visible()
    }

    pub(super) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone())
    }

    pub(super) fn script(&self, name: &str) -> Option<Json> {
        if self.page.text().contains('<') {
            script::value(&script::scripts(self.page.html()), name)
        } else {
            script::value(&[self.page.text().to_owned()], name)
        }
    }

    pub(super) fn json_all(&self, path: &JsonPath) -> Vec<Json> {
        let Some(json) = self.page.json() else { return Vec::new() };
        path.0.query(json).all().into_iter().cloned().collect()
    }

    /// Whether a predicate holds of the answer, whatever stood there before.
    pub(crate) fn holds(&self, predicate: &Predicate) -> bool {
        self.holds_among(predicate, Among::Everything)
    }

    fn holds_among(&self, predicate: &Predicate, among: Among) -> bool {
        (self.own(predicate, among) != predicate.not)
            && predicate.and.iter().all(|more| self.holds_among(more, among))
    }

    /// What a predicate says by itself, without `not` and `and`.
    fn own(&self, predicate: &Predicate, among: Among) -> bool {
        let at = predicate.at.as_ref().map(|scope| &scope.0);
        match &predicate.subject {
            Subject::Text(texts) => self.find_text(texts, at, false, among).is_some(),
            Subject::Exact(texts) => self.find_text(texts, at, true, among).is_some(),
            Subject::Url(part) => self.page.url.as_str().contains(part.as_str()),
            Subject::Status(status) => self.page.status == *status,
            Subject::Has(name) => self.has(name),
            Subject::Lacks(name) => !self.has(name),
            Subject::Any(inner) => inner.iter().any(|one| self.holds_among(one, among)),
            Subject::Css(selector) => match &predicate.comparison {
                None => self.page.select(&selector.0).next().is_some(),
                Some(comparison) => self.compares(
                    self.page.select(&selector.0).next().map(element::cell_value).map(Json::String),
                    comparison,
                ),
            },
            Subject::Json(path) => {
                let found = self.page.json().and_then(|json| path.0.query(json).first().cloned());
                self.compares_or_is_filled(found, predicate.comparison.as_ref())
            }
            Subject::Input(name) => {
                let fields = by_name(&whole(self.page.html()), name);
                let found = fields.into_iter().find_map(|field| field_value(field, false));
                self.compares_or_is_filled(found.map(Json::String), predicate.comparison.as_ref())
            }
            Subject::Cookie(name) => {
                let found = self.cookie(name).map(Json::String);
                self.compares_or_is_filled(found, predicate.comparison.as_ref())
            }
            Subject::Script(name) => {
                self.compares_or_is_filled(self.script(name), predicate.comparison.as_ref())
            }
            Subject::Value(template) => self.compares_or_is_filled(
                template.json(self.scope).ok(),
                predicate.comparison.as_ref(),
            ),
        }
    }

    fn has(&self, name: &str) -> bool {
        self.scope
            .get(name)
            .is_some_and(|value| !value.is_none() && !value.to_string().trim().is_empty())
    }

    fn compares_or_is_filled(&self, value: Option<Json>, by: Option<&Comparison>) -> bool {
        match by {
            Some(comparison) => self.compares(value, comparison),
            None => value.is_some_and(|value| !is_blank(&value)),
        }
    }

    fn compares(&self, value: Option<Json>, comparison: &Comparison) -> bool {
        let Some(value) = value else { return matches!(comparison, Comparison::Missing(_)) };
        let text = text_of(&value);
        let is_same = |template: &Template| {
            template.render(self.scope).is_ok_and(|wanted| text.trim() == wanted.trim())
        };
        match comparison {
            Comparison::Equals(wanted) => is_same(wanted),
            Comparison::Differs(wanted) => !is_same(wanted),
            Comparison::Contains(wanted) => holds(&text, wanted, false),
            Comparison::Matches(pattern) => pattern.0.is_match(&text),
            Comparison::OneOf(wanted) => wanted.iter().any(|one| one == text.trim()),
            Comparison::Blank(blank) => is_blank(&value) == *blank,
            Comparison::Missing(_) => false,
        }
    }

    /// Whether a rule holds of what is an answer to the input, and the words that say so.
    pub(crate) fn rule(&self, rule: &Rule, pass: TextPass) -> Option<String> {
        let predicate = &rule.predicate;
        let among = Among::Live(pass);
        if !self.holds_among(predicate, among) {
            return None;
        }
        let texts = match &predicate.subject {
            Subject::Text(texts) => Some((texts, false)),
            Subject::Exact(texts) => Some((texts, true)),
            _ => None,
        };
        if let Some((texts, is_exact)) = texts.filter(|_| !predicate.not) {
            let at = predicate.at.as_ref().map(|scope| &scope.0);
            return self.find_text(texts, at, is_exact, among);
        }
        Some(
            self.messages().iter().find(|message| !message.is_empty()).cloned().unwrap_or_default(),
        )
    }

    /// One of the texts at a place; the words around it.
    fn find_text(
        &self,
        texts: &[String],
        at: Option<&TextScope>,
        is_exact: bool,
        among: Among,
    ) -> Option<String> {
        let find = |places: &[String]| {
            let found = places.iter().find(|place| texts.iter().any(|t| holds(place, t, is_exact)));
            found.map(|place| shorten(place, texts))
        };
        let of = |places: &[String]| match among {
            Among::Everything => find(places),
            Among::Live(_) => find(&self.live(places)),
        };
        let Some(at) = at else {
            return match among {
                Among::Live(TextPass::Messages) => find(self.messages()),
                Among::Live(TextPass::Page) => find(self.lines()),
                Among::Everything => find(self.page.messages())
                    .or_else(|| find(std::slice::from_ref(&self.visible().to_owned()))),
            };
        };
        match at {
            TextScope::Message => of(self.page.messages()),
            TextScope::Page => of(&[self.visible().to_owned()]),
            TextScope::Alert => of(&script::alerts(self.page.html())),
            TextScope::Body => of(&[self.page.text().to_owned()]),
            TextScope::Title => {
                let elements = self.page.html().root_element().descendent_elements();
                let titles = elements.filter(|element| element.value().name() == "title");
                of(&titles.map(|title| title.text().collect()).collect::<Vec<String>>())
            }
            TextScope::Json(path) => {
                of(&self.json_all(path).iter().map(text_of).collect::<Vec<String>>())
            }
            TextScope::Css(selector) => {
                let seen = self.page.select(&selector.0).filter(|one| visible::can_be_seen(*one));
                of(&seen.map(visible::of_element).collect::<Vec<String>>())
            }
        }
    }
}

/// JSON as text, the way a page would show it.
pub(crate) fn text_of(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn is_blank(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => {
            let text = text.trim();
            text.is_empty() || text == "null"
        }
        Json::Array(items) => items.is_empty(),
        Json::Object(map) => map.is_empty(),
        Json::Bool(_) | Json::Number(_) => false,
    }
}

/// Whether a place holds a text; blanks do not count.
pub(super) fn holds(place: &str, text: &str, is_exact: bool) -> bool {
    let (place, text) = (squeezed(place), squeezed(text));
    if is_exact { place == text } else { place.contains(&text) }
}

/// The words around a text, for a reason: all of a short message, else the text itself.
fn shorten(place: &str, texts: &[String]) -> String {
    if place.chars().count() <= 80 {
        return clean_text(place);
    }
    texts.iter().find(|text| holds(place, text, false)).cloned().unwrap_or_default()
}
