//! What an object schema allows: its own keys, and those of flattened enums and structs.

use serde_json::Value as Json;

/// A whole schema, in which references lead to its parts.
#[derive(Clone, Copy)]
pub(super) struct Root<'a>(pub(super) &'a Json);

impl<'a> Root<'a> {
    pub(super) fn resolve(self, schema: &'a Json) -> &'a Json {
        match schema.get("$ref").and_then(Json::as_str) {
            Some(path) => self
                .0
                .pointer(path.trim_start_matches('#'))
                .map_or(schema, |target| self.resolve(target)),
            None => schema,
        }
    }

    /// Every alternative, those inside alternatives included.
    pub(super) fn flat(self, schemas: &[&'a Json]) -> Vec<&'a Json> {
        let mut flat = Vec::new();
        for one in schemas {
            match choices(one).filter(|_| !is_object(one)) {
                Some(inner) => {
                    let inner: Vec<&Json> = inner.iter().map(|one| self.resolve(one)).collect();
                    flat.extend(self.flat(&inner));
                }
                None => flat.push(*one),
            }
        }
        flat
    }

    /// The keys of an object schema, those of flattened enums and structs included.
    pub(super) fn shape(self, schema: &'a Json) -> Shape<'a> {
        let mut shape = Shape::default();
        self.add_shape(schema, &mut shape);
        shape
    }

    fn add_shape(self, schema: &'a Json, shape: &mut Shape<'a>) {
        let own = schema.get("properties").and_then(Json::as_object);
        shape.properties.extend(own.into_iter().flatten().map(|(key, of)| (key.as_str(), of)));
        shape.required.extend(required(schema));
        for part in schema.get("allOf").and_then(Json::as_array).into_iter().flatten() {
            self.add_shape(self.resolve(part), shape);
        }
        // What may stand beside what is told by what is compiled.
        if schema.get("format").is_some() {
            return;
        }
        for (key, is_required) in [("oneOf", true), ("anyOf", false)] {
            let Some(parts) = schema.get(key).and_then(Json::as_array) else { continue };
            let parts = self.flat(&parts.iter().map(|part| self.resolve(part)).collect::<Vec<_>>());
            let keys: Vec<&str> = parts.iter().flat_map(|part| required(part)).collect();
            let is_of_kinds = parts.iter().any(|part| part.get("properties").is_some());
            for part in &parts {
                let own = part.get("properties").and_then(Json::as_object);
                shape
                    .properties
                    .extend(own.into_iter().flatten().map(|(key, of)| (key.as_str(), of)));
            }
            if is_of_kinds {
                shape.choices.push(Choice { keys, is_required });
            }
        }
    }
}

/// The keys of an object.
#[derive(Default)]
pub(super) struct Shape<'a> {
    pub(super) properties: Vec<(&'a str, &'a Json)>,
    pub(super) required: Vec<&'a str>,
    pub(super) choices: Vec<Choice<'a>>,
}

/// Keys of which one is written.
pub(super) struct Choice<'a> {
    pub(super) keys: Vec<&'a str>,
    pub(super) is_required: bool,
}

/// Whether a schema describes a map with keys of its own.
pub(super) fn is_object(schema: &Json) -> bool {
    schema.get("type").and_then(Json::as_str) == Some("object")
        && (schema.get("properties").is_some() || schema.get("oneOf").is_some())
}

pub(super) fn choices(schema: &Json) -> Option<&Vec<Json>> {
    schema.get("anyOf").or_else(|| schema.get("oneOf"))?.as_array()
}

pub(super) fn required(schema: &Json) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str)
}

/// The closed set of words a schema allows, if it is one.
pub(super) fn words_of(schema: &Json) -> Option<Vec<&str>> {
    if let Some(word) = schema.get("const").and_then(Json::as_str) {
        return Some(vec![word]);
    }
    let words: Vec<&str> =
        schema.get("enum")?.as_array()?.iter().filter_map(Json::as_str).collect();
    (!words.is_empty()).then_some(words)
}
