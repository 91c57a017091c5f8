//! Peeling: JSONP, JSON in strings, HTML in JSON, commented HTML.

use serde_json::Value as Json;

use super::{Page, element};
use crate::definition::Unwrap;

pub(super) fn peel(page: &Page, peel: &Unwrap) -> Option<String> {
    let text = page.text().trim();
    match peel {
        Unwrap::Jsonp => {
            let (start, end) = (text.find('(')?, text.rfind(')')?);
            (start < end).then(|| text[start + 1..end].trim().to_owned())
        }
        Unwrap::JsonString => match page.json()? {
            Json::String(inner) => Some(inner.clone()),
            _ => None,
        },
        Unwrap::Comments => Some(page.text().replace("<!--", " ").replace("-->", " ")),
        Unwrap::Prefix => text.find(['<', '{', '[']).map(|at| text[at..].to_owned()),
        Unwrap::Entities => {
            let once = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
            Some(once.replace("&#39;", "'").replace("&nbsp;", " ").replace("&amp;", "&"))
        }
        Unwrap::Json(path) => match path.0.query(page.json()?).first()? {
            Json::String(inner) => Some(inner.clone()),
            other => Some(other.to_string()),
        },
        Unwrap::Css(selector) => {
            let found = page.select(&selector.0).next()?;
            let value = element::field_value(found, false);
            Some(value.unwrap_or_else(|| found.text().collect()))
        }
        Unwrap::Regex(pattern) => {
            let found = pattern.0.captures(page.text())?;
            Some(found.get(1).or_else(|| found.get(0))?.as_str().to_owned())
        }
    }
}
