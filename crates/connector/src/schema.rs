//! The JSON schema of connector files, generated from the types, and the walk of a file along it.
//!
//! The walk reports every mistake with its place and turns YAML into JSON as the schema wants it: an
//! unquoted `210300` is a text where a text is due.

mod shape;
mod walk;

use std::sync::LazyLock;

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use crate::{
    complaint::Complaints,
    definition::{Definition, Dictionary, Outcomes},
    yaml::Node,
};

/// What kind of file a schema is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// A family or a city.
    Definition,
    /// Shared keys.
    Dictionary,
    /// Shared texts.
    Outcomes,
}

impl FileKind {
    const fn type_name(self) -> &'static str {
        match self {
            Self::Definition => "Definition",
            Self::Dictionary => "Dictionary",
            Self::Outcomes => "Outcomes",
        }
    }
}

static SCHEMA: LazyLock<Json> = LazyLock::new(|| {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let _ = generator.subschema_for::<Definition>();
    let _ = generator.subschema_for::<Dictionary>();
    let _ = generator.subschema_for::<Outcomes>();
    let definitions = generator.take_definitions(true);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "fiveone connector files: families and cities, dictionaries, outcomes",
        "anyOf": [
            { "$ref": "#/$defs/Definition" },
            { "$ref": "#/$defs/Dictionary" },
            { "$ref": "#/$defs/Outcomes" },
        ],
        "$defs": definitions,
    })
});

/// The schema of every kind of file.
pub(crate) fn schema() -> &'static Json {
    &SCHEMA
}

/// Reads a tree into a type; every mistake becomes a complaint.
pub(crate) fn read<T: DeserializeOwned + JsonSchema>(
    node: &Node,
    kind: FileKind,
    complaints: &mut Complaints,
) -> Option<T> {
    let root = schema().get("$defs")?.get(kind.type_name())?;
    // Counted apart: the same mistake may be known from another reading of the file.
    let mut own = Complaints::default();
    let json = walk::Walk::new(schema(), &mut own).value(node, root);
    let is_good = own.is_empty();
    complaints.extend(own);
    if !is_good {
        return None;
    }
    match serde_json::from_value(json) {
        Ok(value) => Some(value),
        Err(error) => {
            complaints.push(node.complaint(error.to_string()));
            None
        }
    }
}

#[cfg(test)]
pub(crate) mod coverage;
#[cfg(test)]
mod tests;
