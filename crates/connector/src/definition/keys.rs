//! Keys that stand side by side in a file and belong to different things: told apart, and how a schema says so.

use schemars::{JsonSchema, Schema, SchemaGenerator, schema_for};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json, json};

/// The names of a struct's keys.
pub(super) fn names_of<T: JsonSchema>() -> Vec<String> {
    let schema = schema_for!(T);
    let properties = schema.get("properties").and_then(Json::as_object);
    properties.into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

/// Takes the pairs of these names out of a map, as the struct that they make.
pub(super) fn take<T: DeserializeOwned>(
    keys: &mut Map<String, Json>,
    names: &[String],
) -> Result<T, String> {
    let taken = names.iter().filter_map(|name| keys.remove_entry(name)).collect();
    serde_json::from_value(Json::Object(taken)).map_err(|error| error.to_string())
}

/// An alternative of a schema: a key that must be there, and those that may not stand beside it.
pub(super) fn alternative<'a>(key: &str, without: impl IntoIterator<Item = &'a str>) -> Json {
    let without: Map<_, _> =
        without.into_iter().map(|key| (key.to_owned(), Json::Bool(false))).collect();
    json!({ "required": [key], "properties": without })
}

/// Adds the properties of a struct to a schema.
pub(super) fn with_properties<T: JsonSchema>(schema: &mut Schema, generator: &mut SchemaGenerator) {
    let part = T::json_schema(generator);
    let properties = part.get("properties").and_then(Json::as_object).cloned().unwrap_or_default();
    let own = schema.ensure_object().entry("properties").or_insert_with(|| json!({}));
    if let Some(own) = own.as_object_mut() {
        own.extend(properties);
    }
}

pub(super) fn words(names: &[String]) -> impl Iterator<Item = &str> {
    names.iter().map(String::as_str)
}
