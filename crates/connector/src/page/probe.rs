//! Captures and tests of one answer.

use std::cell::OnceCell;

use scraper::ElementRef;
use serde_json::{Map, Value as Json};

use super::{
    Page,
    element::{self, by_name, clean_text, field_value, form_fields, option_text, whole},
    script, visible,
};
use crate::{
    definition::{Capture, JsonPath, Place, Rule, Spot, Test},
    template::{Scope, Unrendered},
};

/// What looks into one answer.
pub(crate) struct Prober<'a> {
    pub(crate) page: &'a Page,
    /// Captured values.
    pub(crate) scope: &'a dyn Scope,
    /// Cookies of the session at the answer's address.
    pub(crate) cookies: &'a [(String, String)],
    messages: OnceCell<Vec<String>>,
    visible: OnceCell<String>,
}

/// What a capture found.
pub(crate) type Found = Option<Json>;

/// Where a rule without a place looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// Messages only.
    Messages,
    /// All that can be seen.
    Page,
}

impl<'a> Prober<'a> {
    pub(crate) const fn new(
        page: &'a Page,
        scope: &'a dyn Scope,
        cookies: &'a [(String, String)],
    ) -> Self {
        Self { page, scope, cookies, messages: OnceCell::new(), visible: OnceCell::new() }
    }

    pub(crate) fn messages(&self) -> &[String] {
        self.messages.get_or_init(|| self.page.messages())
    }

    fn visible(&self) -> &str {
        self.visible.get_or_init(|| self.page.visible())
    }

    /// Takes a value; `None` when it is not there.
    pub(crate) fn capture(&self, capture: &Capture) -> Result<Found, Unrendered> {
        let found = self.all(capture)?;
        let mut values: Vec<Json> =
            found.into_iter().filter_map(|value| refine(capture, value)).collect();
        let is_list = capture.options.as_ref().is_some_and(|options| !options.map);
        if capture.all || is_list {
            let mut seen: Vec<Json> = Vec::new();
            for value in values {
                if !seen.contains(&value) {
                    seen.push(value);
                }
            }
            return Ok((!seen.is_empty()).then_some(Json::Array(seen)));
        }
        // A field may be blank; a text that is blank was not found.
        let may_be_blank = capture.json.is_some()
            || capture.value.is_some()
            || capture.input.is_some()
            || capture.says.is_some()
            || capture.shows.is_some();
        if !may_be_blank {
            values.retain(|value| *value != Json::String(String::new()));
        }
        Ok(values.into_iter().next())
    }

    /// Everything the source of a capture finds.
    fn all(&self, capture: &Capture) -> Result<Vec<Json>, Unrendered> {
        let text = |text: String| vec![Json::String(text)];
        let texts = |texts: Vec<String>| texts.into_iter().map(Json::String).collect();
        let page = self.page;
        let scope = || whole(page.html());
        Ok(if let Some(path) = &capture.json {
            self.json_all(path)
        } else if let Some(selector) = &capture.css {
            let value = |found: ElementRef<'_>| match &capture.attr {
                Some(attr) => found.attr(attr).map(str::to_owned),
                None => Some(element::cell_value(found)),
            };
            texts(page.select(&selector.0).filter_map(value).collect())
        } else if let Some(name) = &capture.input {
            let fields = by_name(&scope(), name);
            texts(fields.into_iter().filter_map(|field| field_value(field, false)).collect())
        } else if let Some(selector) = &capture.inputs {
            page.select(&selector.0).next().map(|form| vec![form_map(form)]).unwrap_or_default()
        } else if let Some(name) = &capture.selected {
            let fields = by_name(&scope(), name);
            texts(fields.into_iter().filter_map(|field| field_value(field, false)).collect())
        } else if let Some(options) = &capture.options {
            let selects = match &options.of {
                Some(selector) => page.select(&selector.0).collect(),
                None => vec![page.html().root_element()],
            };
            let found = selects
                .into_iter()
                .flat_map(|select| select.descendent_elements())
                .filter(|element| element.value().name() == "option");
            if options.map {
                let pair = |option| (option_text(option, false), option_text(option, true).into());
                let map: Map<String, Json> = found.map(pair).collect();
                return Ok(if map.is_empty() { Vec::new() } else { vec![Json::Object(map)] });
            }
            texts(found.map(|option| option_text(option, !options.values)).collect())
        } else if let Some(name) = &capture.cookie {
            let found = self.cookies.iter().find(|(own, _)| own == name);
            found.map(|(_, value)| text(value.clone())).unwrap_or_default()
        } else if let Some(name) = &capture.header {
            let found = page.headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
            texts(found.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect())
        } else if capture.url {
            text(page.url.to_string())
        } else if let Some(name) = &capture.script {
            self.script(name).into_iter().collect()
        } else if let Some((before, after)) = &capture.between {
            texts(between(page.text(), before, after))
        } else if let Some(pattern) = &capture.regex {
            let found = pattern.0.captures_iter(page.text());
            let value = |found: regex::Captures<'_>| {
                found.get(1).or_else(|| found.get(0)).map(|part| part.as_str().to_owned())
            };
            texts(found.filter_map(value).collect())
        } else if capture.body {
            text(page.text().trim().to_owned())
        } else if let Some(words) = &capture.says {
            text(yes(holds(self.visible(), words, false) || self.in_messages(words)))
        } else if let Some(selector) = &capture.shows {
            text(yes(page.select(&selector.0).any(visible::can_be_seen)))
        } else if let Some(template) = &capture.value {
            vec![template.json(self.scope)?]
        } else {
            Vec::new()
        })
    }

    fn script(&self, name: &str) -> Option<Json> {
        if self.page.text().contains('<') {
            script::value(&script::scripts(self.page.html()), name)
        } else {
            script::value(&[self.page.text().to_owned()], name)
        }
    }

    fn json_all(&self, path: &JsonPath) -> Vec<Json> {
        let Some(json) = self.page.json() else { return Vec::new() };
        path.0.query(json).all().into_iter().cloned().collect()
    }

    fn in_messages(&self, words: &str) -> bool {
        self.messages().iter().any(|message| holds(message, words, false))
    }

    /// Whether a test holds. `header_only` is for the reader of rows and never holds here.
    pub(crate) fn test(&self, test: &Test) -> bool {
        let own = self.own_test(test);
        (own != test.not) && test.and.iter().all(|more| self.test(more))
    }

    fn own_test(&self, test: &Test) -> bool {
        if !test.text.is_empty() {
            return self.text(&test.text, test.at.as_ref(), test.exact, None).is_some();
        }
        if let Some(selector) = &test.css
            && test.equals.is_none()
            && test.contains.is_none()
            && test.matches.is_none()
            && test.one_of.is_empty()
            && test.blank.is_none()
        {
            return self.page.select(&selector.0).next().is_none() == test.missing.unwrap_or(false);
        }
        if let Some(part) = &test.url {
            return self.page.url.as_str().contains(part.as_str());
        }
        if let Some(status) = test.status {
            return self.page.status == status;
        }
        let value = self.value_of(test);
        if let Some(missing) = test.missing {
            return value.is_none() == missing;
        }
        let Some(value) = value else { return false };
        if let Some(blank) = test.blank {
            return is_blank(&value) == blank;
        }
        let text = text_of(&value);
        let mut is_compared = false;
        let mut compare = |holds: Option<bool>| {
            is_compared |= holds.is_some();
            holds.unwrap_or(true)
        };
        let is_same = compare(test.equals.as_ref().map(|wanted| text.trim() == wanted.trim()))
            && compare(test.contains.as_ref().map(|wanted| holds(&text, wanted, false)))
            && compare(test.matches.as_ref().map(|wanted| wanted.0.is_match(&text)))
            && compare(
                (!test.one_of.is_empty()).then(|| test.one_of.iter().any(|one| one == text.trim())),
            );
        if is_compared { is_same } else { !is_blank(&value) }
    }

    fn value_of(&self, test: &Test) -> Option<Json> {
        if let Some(path) = &test.json {
            return self.page.json().and_then(|json| path.0.query(json).first().cloned());
        }
        if let Some(name) = &test.input {
            let fields = by_name(&whole(self.page.html()), name);
            return fields
                .into_iter()
                .find_map(|field| field_value(field, false))
                .map(Json::String);
        }
        if let Some(selector) = &test.css {
            return self.page.select(&selector.0).next().map(element::cell_value).map(Json::String);
        }
        if let Some(name) = &test.cookie {
            let found = self.cookies.iter().find(|(own, _)| own == name);
            return found.map(|(_, value)| Json::String(value.clone()));
        }
        if let Some(name) = &test.script {
            return self.script(name);
        }
        test.value.as_ref().and_then(|template| template.json(self.scope).ok())
    }

    /// Whether a rule holds in this pass, and the words that say so.
    pub(crate) fn rule(&self, rule: &Rule, pass: Pass) -> Option<String> {
        if !rule.tests.iter().all(|test| self.test(test)) {
            return None;
        }
        if rule.text.is_empty() {
            let first = self.messages().iter().find(|message| !message.is_empty());
            return Some(first.cloned().unwrap_or_default());
        }
        self.text(&rule.text, rule.at.as_ref(), rule.exact, Some(pass))
    }

    /// One of the texts at a place; the words around it.
    fn text(
        &self,
        texts: &[String],
        at: Option<&Spot>,
        exact: bool,
        pass: Option<Pass>,
    ) -> Option<String> {
        let among = |places: &[String]| {
            let found = places.iter().find(|place| texts.iter().any(|t| holds(place, t, exact)));
            found.map(|place| shorten(place, texts))
        };
        match at.map(|spot| &spot.0) {
            None => match pass {
                Some(Pass::Messages) => among(self.messages()),
                Some(Pass::Page) => among(&[self.visible().to_owned()]),
                None => among(self.messages()).or_else(|| among(&[self.visible().to_owned()])),
            },
            Some(Place::Message) => among(self.messages()),
            Some(Place::Page) => among(&[self.visible().to_owned()]),
            Some(Place::Alert) => among(&script::alerts(self.page.html())),
            Some(Place::Body) => among(&[self.page.text().to_owned()]),
            Some(Place::Title) => {
                let title = self.page.html().root_element().descendent_elements();
                let title = title.filter(|element| element.value().name() == "title");
                among(&title.map(|title| title.text().collect()).collect::<Vec<String>>())
            }
            Some(Place::Json(path)) => {
                among(&self.json_all(path).iter().map(text_of).collect::<Vec<_>>())
            }
            Some(Place::Css(selector)) => {
                let seen =
                    self.page.select(&selector.0).filter(|found| visible::can_be_seen(*found));
                among(&seen.map(visible::of_element).collect::<Vec<_>>())
            }
        }
    }
}

fn yes(truth: bool) -> String {
    if truth { "yes".to_owned() } else { String::new() }
}

fn form_map(form: ElementRef<'_>) -> Json {
    let fields: Map<String, Json> =
        form_fields(form).into_iter().map(|(name, value)| (name, Json::String(value))).collect();
    Json::Object(fields)
}

/// Applies `then` and `matching` to a found value.
fn refine(capture: &Capture, value: Json) -> Option<Json> {
    let value = match &capture.then {
        Some(path) => {
            let inner: Json = match &value {
                Json::String(text) => serde_json::from_str(text).ok()?,
                other => other.clone(),
            };
            path.0.query(&inner).first()?.clone()
        }
        None => value,
    };
    let Some(pattern) = &capture.matching else {
        return Some(match value {
            Json::Number(number) => Json::String(number.to_string()),
            other => other,
        });
    };
    let text = text_of(&value);
    let found = pattern.0.captures(&text)?;
    Some(Json::String(found.get(1).or_else(|| found.get(0))?.as_str().to_owned()))
}

fn between(text: &str, before: &str, after: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(before) {
        rest = &rest[start + before.len()..];
        let Some(end) = rest.find(after) else { break };
        found.push(clean_text(&rest[..end]));
        rest = &rest[end..];
    }
    found
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
fn holds(place: &str, text: &str, exact: bool) -> bool {
    let squeeze = |text: &str| text.split_whitespace().collect::<String>();
    let (place, text) = (squeeze(place), squeeze(text));
    if exact { place == text } else { place.contains(&text) }
}

/// The words around a text, for a reason: all of a short message, else the text itself.
fn shorten(place: &str, texts: &[String]) -> String {
    if place.chars().count() <= 80 {
        return clean_text(place);
    }
    texts.iter().find(|text| holds(place, text, false)).cloned().unwrap_or_default()
}
