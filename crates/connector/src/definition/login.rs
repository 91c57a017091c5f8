//! One way to log in: what a person types, and the steps that let them in.

use std::borrow::Cow;

use fiveone_model::login::{FieldKind, FieldName};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value as Json;

use super::{Step, scalars};

/// A login method.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    /// `login_type`: its number within the area.
    #[serde(rename = "type")]
    pub(crate) number: u32,
    /// What the person reads, e.g. 身份证号.
    pub(crate) name: String,
    /// The type of another login that this one is like: what is written here is laid over it, steps
    /// by their `id`.
    #[serde(default, rename = "like")]
    #[expect(dead_code, reason = "worked out before the types see it")]
    like: Option<u32>,
    /// What must be typed.
    #[serde(default)]
    pub(crate) fields: Vec<Field>,
    /// What is done, in order.
    #[serde(default)]
    pub(crate) steps: Vec<Step>,
}

/// A login field.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) field: FieldName,
    pub(crate) detail: FieldDetail,
}

/// A login field with what is special about it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FieldDetail {
    /// Which of the eight standard fields.
    #[schemars(schema_with = "scalars::field_name_schema")]
    field: Option<FieldName>,
    /// What the person reads instead of the usual label.
    pub(crate) label: Option<String>,
    /// A hint for the person.
    pub(crate) tip: Option<String>,
    /// How it is shown; default: `password` for the password and `text` for the rest.
    #[serde(rename = "type")]
    #[schemars(schema_with = "field_kind_schema")]
    pub(crate) kind: Option<FieldKind>,
    /// The choices of a select: what is shown and what is sent.
    pub(crate) options: scalars::Ordered<String>,
    /// Whether it may be left out.
    pub(crate) optional: bool,
    /// The most characters; default: 64.
    pub(crate) chars_max: Option<usize>,
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Json::deserialize(deserializer)? {
            Json::String(name) => FieldName::parse(&name)
                .map(|field| Self { field, detail: FieldDetail::default() })
                .ok_or_else(|| de::Error::custom(format!("`{name}` is not a login field"))),
            other => {
                let detail = FieldDetail::deserialize(other).map_err(de::Error::custom)?;
                let field = detail.field.ok_or_else(|| de::Error::missing_field("field"))?;
                Ok(Self { field, detail })
            }
        }
    }
}

impl JsonSchema for Field {
    fn schema_name() -> Cow<'static, str> {
        "Field".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let name = scalars::field_name_schema(generator);
        let detail = generator.subschema_for::<FieldDetail>();
        json_schema!({ "anyOf": [name, detail] })
    }
}

fn field_kind_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": ["text", "password", "select"] })
}
