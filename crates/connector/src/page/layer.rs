//! Peeling layers: JSONP, JSON in strings, HTML in JSON, commented HTML.

use serde_json::Value as Json;

use super::{Page, element, script};
use crate::definition::Layer;

pub(super) fn peel(page: &Page, layer: &Layer) -> Option<String> {
    let text = page.text().trim();
    match layer {
        Layer::Jsonp => {
            let (start, end) = (text.find('(')?, text.rfind(')')?);
            (start < end).then(|| text[start + 1..end].trim().to_owned())
        }
        Layer::JsonString => match page.json()? {
            Json::String(inner) => Some(inner.clone()),
            _ => None,
        },
        Layer::Comments => Some(page.text().replace("<!--", " ").replace("-->", " ")),
        Layer::Prefix => text.find(['<', '{', '[']).map(|at| text[at..].to_owned()),
        Layer::Entities => {
            let once = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
            Some(once.replace("&#39;", "'").replace("&nbsp;", " ").replace("&amp;", "&"))
        }
        Layer::Json(path) => match path.0.query(page.json()?).first()? {
            Json::String(inner) => Some(inner.clone()),
            other => Some(other.to_string()),
        },
        Layer::Css(selector) => {
            let found = page.select(&selector.0).next()?;
            let value = element::field_value(found, false);
            Some(value.unwrap_or_else(|| found.text().collect()))
        }
        Layer::Regex(pattern) => {
            let found = pattern.0.captures(page.text())?;
            Some(found.get(1).or_else(|| found.get(0))?.as_str().to_owned())
        }
        Layer::Script(name) => match script::value(&script::scripts(page.html()), name)? {
            Json::String(inner) => Some(inner),
            other => Some(other.to_string()),
        },
    }
}
