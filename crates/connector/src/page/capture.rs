//! Values taken out of an answer.

use std::collections::HashSet;

use scraper::ElementRef;
use serde_json::{Map, Value as Json};

use super::{
    element::{self, by_name, field_value, form_fields, option_text, whole},
    prober::{Prober, holds, text_of},
    visible,
};
use crate::{
    definition::{Capture, CaptureFrom, CaptureOptions, CssValue},
    template::Unrendered,
};

impl Prober<'_> {
    /// Takes a value; `None` when it is not there.
    pub(crate) fn capture(&self, capture: &Capture) -> Result<Option<Json>, Unrendered> {
        let found = self.all(&capture.from)?;
        let mut values: Vec<Json> =
            found.into_iter().filter_map(|value| refine(capture, value)).collect();
        if capture.all || capture.from.is_list() {
            let mut seen = HashSet::new();
            values.retain(|value| seen.insert(value.clone()));
            return Ok((!values.is_empty()).then_some(Json::Array(values)));
        }
        if !capture.from.may_be_blank() {
            values.retain(|value| *value != Json::String(String::new()));
        }
        Ok(values.into_iter().next())
    }

    /// Why a list of captured values cannot be all of them: a line of the portal's list lacks the key
    /// that its neighbours have.
    pub(crate) fn gap_in(&self, capture: &Capture) -> Option<String> {
        let (true, CaptureFrom::Json(path), Some(json)) =
            (capture.all, &capture.from, self.page.json())
        else {
            return None;
        };
        let found: Vec<String> =
            path.0.query_located(json).locations().map(|at| at.to_json_pointer()).collect();
        let lacks = |pointer: &String| {
            let (line, key) = pointer.rsplit_once('/')?;
            let (list, _) = line.rsplit_once('/')?;
            let lines = json.pointer(list)?.as_array()?;
            // As RFC 6901 writes a name in a pointer.
            let key = key.replace("~1", "/").replace("~0", "~");
            let has_key = |line: &Json| line.as_object().is_none_or(|line| line.contains_key(&key));
            (!lines.iter().all(has_key)).then(|| format!("a line of a list has no `{key}`"))
        };
        found.iter().find_map(lacks)
    }

    /// Everything the source of a capture finds.
    fn all(&self, from: &CaptureFrom) -> Result<Vec<Json>, Unrendered> {
        let text = |text: String| vec![Json::String(text)];
        let texts = |texts: Vec<String>| texts.into_iter().map(Json::String).collect();
        let page = self.page;
        Ok(match from {
            CaptureFrom::Json(path) => self.json_all(path),
            CaptureFrom::Css(CssValue((selector, attribute))) => {
                let value = |found: ElementRef<'_>| match attribute {
                    Some(name) => found.attr(name).map(str::to_owned),
                    None => Some(element::cell_value(found)),
                };
                texts(page.select(&selector.0).filter_map(value).collect())
            }
            CaptureFrom::Input(name) => {
                let fields = by_name(&whole(page.html()), name);
                texts(fields.into_iter().filter_map(|field| field_value(field, false)).collect())
            }
            CaptureFrom::Inputs(selector) => {
                page.select(&selector.0).next().map(form_map).into_iter().collect()
            }
            CaptureFrom::Options(options) => self.options(options),
            CaptureFrom::Cookie(name) => self.cookie(name).map(text).unwrap_or_default(),
            CaptureFrom::Header(name) => {
                let found = page.headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
                texts(found.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect())
            }
            CaptureFrom::Url(_) => text(page.url.to_string()),
            CaptureFrom::Script(name) => self.script(name).into_iter().collect(),
            CaptureFrom::Regex(pattern) => {
                let found = pattern.0.captures_iter(page.text());
                let value = |found: regex::Captures<'_>| {
                    found.get(1).or_else(|| found.get(0)).map(|part| part.as_str().to_owned())
                };
                texts(found.filter_map(value).collect())
            }
            CaptureFrom::Body(_) => text(page.text().trim().to_owned()),
            CaptureFrom::Says(words) => {
                let is_said = holds(self.visible(), words, false)
                    || page.messages().iter().any(|message| holds(message, words, false));
                text(yes(is_said))
            }
            CaptureFrom::Shows(selector) => {
                text(yes(page.select(&selector.0).any(visible::can_be_seen)))
            }
            CaptureFrom::Value(template) => vec![template.json(self.scope)?],
        })
    }

    fn options(&self, options: &CaptureOptions) -> Vec<Json> {
        let selects: Vec<ElementRef<'_>> = match &options.of {
            Some(selector) => self.page.select(&selector.0).collect(),
            None => vec![self.page.html().root_element()],
        };
        let found = selects
            .into_iter()
            .flat_map(|select| select.descendent_elements())
            .filter(|element| element.value().name() == "option");
        if options.map {
            let map: Map<String, Json> = found
                .map(|option| (option_text(option, false), Json::String(option_text(option, true))))
                .collect();
            return if map.is_empty() { Vec::new() } else { vec![Json::Object(map)] };
        }
        found.map(|option| Json::String(option_text(option, !options.values))).collect()
    }
}

fn yes(truth: bool) -> String {
    if truth { "yes".to_owned() } else { String::new() }
}

fn form_map(form: ElementRef<'_>) -> Json {
    let mut fields: Map<String, Json> = Map::new();
    for (name, value) in form_fields(form) {
        match fields.get_mut(&name) {
            // A name that stands several times is sent several times.
            Some(Json::Array(several)) => several.push(Json::String(value)),
            Some(one) => *one = Json::Array(vec![one.take(), Json::String(value)]),
            None => {
                fields.insert(name, Json::String(value));
            }
        }
    }
    Json::Object(fields)
}

/// Applies `then` and `matching` to a found value.
fn refine(capture: &Capture, value: Json) -> Option<Json> {
    let value = match &capture.then {
        Some(path) => {
            let inner: Json = match &value {
                Json::String(text) => super::json::parse(text)?,
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
