//! What stands for a form field, a query parameter or a raw body.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value as Json;

use super::JsonTemplate;
use crate::template::Template;

/// The value of a form field or query parameter, or a raw body.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    /// Text with placeholders.
    Text(Template),
    /// The same name sent several times.
    Many(Vec<Template>),
    /// XML text: placeholders are escaped for XML first, then for where it stands.
    Xml(Template),
    /// JSON text, then escaped for where it stands.
    Json(JsonTemplate),
    /// Not sent, e.g. to take away what `form_from` or a family gives.
    Nothing,
}

impl Piece {
    pub(crate) fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Text(one) | Self::Xml(one) => vec![one],
            Self::Many(many) => many.iter().collect(),
            Self::Json(json) => json.templates(),
            Self::Nothing => Vec::new(),
        }
    }
}

impl<'de> Deserialize<'de> for Piece {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        let piece = match json {
            Json::Null => Ok(Self::Nothing),
            Json::Array(items) => items
                .into_iter()
                .map(Template::deserialize)
                .collect::<Result<_, _>>()
                .map(Self::Many),
            Json::Object(mut map) => match (map.remove("xml"), map.remove("json")) {
                (Some(xml), None) => Template::deserialize(xml).map(Self::Xml),
                (None, Some(json)) => JsonTemplate::deserialize(json).map(Self::Json),
                _ => Err(de::Error::custom("either `xml` or `json`")),
            },
            text => Template::deserialize(text).map(Self::Text),
        };
        piece.map_err(de::Error::custom)
    }
}

impl JsonSchema for Piece {
    fn schema_name() -> Cow<'static, str> {
        "Piece".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let template = generator.subschema_for::<Template>();
        let json = generator.subschema_for::<JsonTemplate>();
        json_schema!({ "anyOf": [
            template,
            { "type": "array", "items": template },
            { "type": "object", "additionalProperties": false, "properties": { "xml": template, "json": json } },
            { "type": "null" }
        ] })
    }
}
