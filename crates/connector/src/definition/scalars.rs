//! The scalars of the language: ordered maps, one-or-many, and strings that are compiled when
//! they are read (selectors, paths, patterns, charsets).

use std::{borrow::Cow, marker::PhantomData};

use fiveone_model::{challenge::ChallengeKind, login::FieldName, product::Product, report::Table};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor},
};
use serde_json::Value as Json;

use crate::template::Template;

/// A map that keeps the order of the file.
#[derive(Debug, Clone)]
pub(crate) struct Ordered<T>(pub(crate) Vec<(String, T)>);

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Ordered<T> {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    pub(crate) fn get(&self, key: &str) -> Option<&T> {
        self.0.iter().find(|(own, _)| own == key).map(|(_, value)| value)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the value of a key out.
    pub(crate) fn remove(&mut self, key: &str) -> Option<T> {
        let at = self.0.iter().position(|(own, _)| own == key)?;
        Some(self.0.remove(at).1)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Pairs<T> {
            type Value = Ordered<T>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Ordered(pairs))
            }
        }
        deserializer.deserialize_map(Pairs(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for Ordered<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("MapOf{}", T::schema_name()).into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let of = generator.subschema_for::<T>();
        json_schema!({ "type": "object", "additionalProperties": of })
    }
}

/// One value, or a list of them.
#[derive(Debug, Clone)]
pub(crate) struct OneOrMany<T>(pub(crate) Vec<T>);

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> std::ops::Deref for OneOrMany<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: de::DeserializeOwned> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Json::deserialize(deserializer)? {
            Json::Array(items) => items.into_iter().map(T::deserialize).collect::<Result<_, _>>(),
            one => T::deserialize(one).map(|one| vec![one]),
        }
        .map(Self)
        .map_err(de::Error::custom)
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let of = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [of.clone(), { "type": "array", "items": of }] })
    }
}

/// A string that is compiled when it is read; the schema's `format` names the compiler, so that
/// the walker of [`crate::check`] can complain at the right line.
macro_rules! compiled {
    ($name:ident, $inner:ty, $format:literal, $parse:expr) => {
        impl $name {
            /// Compiles, or says what is wrong.
            pub(crate) fn parse(text: &str) -> Result<Self, String> {
                let parse: fn(&str) -> Result<$inner, String> = $parse;
                parse(text).map(|inner| Self(inner))
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(&Cow::<'de, str>::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "format": $format })
            }
        }
    };
}

/// A CSS selector.
#[derive(Debug, Clone)]
pub(crate) struct Css(pub(crate) scraper::Selector);
compiled!(Css, scraper::Selector, "css", |text| {
    scraper::Selector::parse(text).map_err(|error| format!("not a selector: {error}"))
});

/// A JSON path (RFC 9535).
#[derive(Debug, Clone)]
pub(crate) struct JsonPath(pub(crate) serde_json_path::JsonPath);
compiled!(JsonPath, serde_json_path::JsonPath, "json-path", |text| {
    serde_json_path::JsonPath::parse(text)
        .map_err(|_| format!("`{text}` is not a JSON path; one looks like $.list[*].name"))
});

/// A regular expression.
#[derive(Debug, Clone)]
pub(crate) struct Pattern(pub(crate) regex::Regex);
compiled!(Pattern, regex::Regex, "regex", |text| {
    regex::Regex::new(text).map_err(|error| {
        let told = error.to_string();
        let last = told.lines().last().unwrap_or_default();
        format!("not a pattern: {}", last.trim_start_matches("error: "))
    })
});

/// A charset's label, e.g. `gbk`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Charset(pub(crate) &'static encoding_rs::Encoding);
compiled!(Charset, &'static encoding_rs::Encoding, "charset", |text| {
    encoding_rs::Encoding::for_label(text.as_bytes())
        .ok_or_else(|| format!("`{text}` is not the name of a charset; try gbk or utf-8"))
});

/// A selector, and the attribute that is taken instead of the text: `img#code @src`.
#[derive(Debug, Clone)]
pub(crate) struct CssValue(pub(crate) (Css, Option<String>));
compiled!(CssValue, (Css, Option<String>), "css-value", |text| {
    let (selector, attribute) = match text.rsplit_once(" @") {
        Some((selector, name)) if is_name(name) => (selector, Some(name.to_owned())),
        _ => (text, None),
    };
    Ok((Css::parse(selector)?, attribute))
});

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// Where in an answer a text is looked for.
#[derive(Debug, Clone)]
pub(crate) struct TextScope(pub(crate) Scope);
compiled!(TextScope, Scope, "text-scope", |text| {
    Ok(match text {
        "alert" => Scope::Alert,
        "message" => Scope::Message,
        "page" => Scope::Page,
        "title" => Scope::Title,
        "body" => Scope::Body,
        path if path.starts_with('$') => Scope::Json(JsonPath::parse(path)?),
        selector => Scope::Css(Css::parse(selector)?),
    })
});

/// What the person is asked for: the word of a kind of challenge.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AskKind(pub(crate) ChallengeKind);
compiled!(AskKind, ChallengeKind, "challenge-kind", |text| {
    ChallengeKind::parse(text).ok_or_else(|| {
        let words = ChallengeKind::ALL.map(ChallengeKind::as_str).join(", ");
        format!("`{text}` cannot be asked; what can is one of {words}")
    })
});

/// The word `true`: a key that is only there or not.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Flag;

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match bool::deserialize(deserializer)? {
            true => Ok(Self),
            false => Err(de::Error::custom("only `true` can be said; leave the key out instead")),
        }
    }
}

impl JsonSchema for Flag {
    fn schema_name() -> Cow<'static, str> {
        "Flag".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "boolean", "enum": [true] })
    }
}

/// See [`TextScope`].
#[derive(Debug, Clone)]
pub(crate) enum Scope {
    /// What inline scripts show with `alert(…)` as the page opens.
    Alert,
    /// Alerts, error elements and JSON messages.
    Message,
    /// All that can be seen.
    Page,
    /// The title.
    Title,
    /// All, scripts included.
    Body,
    /// A JSON path.
    Json(JsonPath),
    /// Elements.
    Css(Css),
}

/// A field of any table of the report; a `?` at its end marks what the portal may leave out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReportField(pub(crate) (String, bool));
compiled!(ReportField, (String, bool), "report-field", |text| {
    let name = text.trim_end_matches('?');
    Table::ALL
        .iter()
        .any(|table| table.field(name).is_some())
        .then(|| (name.to_owned(), name.len() < text.len()))
        .ok_or_else(|| format!("`{name}` is not a field of the report{}", near_field(name)))
});

impl ReportField {
    pub(crate) fn name(&self) -> &str {
        &self.0.0
    }

    pub(crate) const fn is_optional(&self) -> bool {
        self.0.1
    }
}

fn near_field(name: &str) -> String {
    let fields = Table::ALL.iter().flat_map(|table| table.fields()).map(|field| field.name);
    crate::complaint::did_you_mean(name, fields)
}

/// JSON whose strings are templates; one that is a single placeholder keeps the value's type.
#[derive(Debug, Clone)]
pub(crate) enum JsonTemplate {
    /// A string with placeholders.
    Text(Template),
    /// A list.
    List(Vec<JsonTemplate>),
    /// An object.
    Map(Vec<(String, JsonTemplate)>),
    /// Anything without placeholders.
    Plain(Json),
}

impl JsonTemplate {
    /// Every template inside.
    pub(crate) fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Text(template) => vec![template],
            Self::List(items) => items.iter().flat_map(Self::templates).collect(),
            Self::Map(pairs) => pairs.iter().flat_map(|(_, item)| item.templates()).collect(),
            Self::Plain(_) => Vec::new(),
        }
    }

    fn of(json: Json) -> Result<Self, String> {
        Ok(match json {
            Json::String(text) if text.contains("{{") || text.contains("{%") => {
                Self::Text(Template::parse(&text)?)
            }
            Json::Array(items) => {
                Self::List(items.into_iter().map(Self::of).collect::<Result<_, _>>()?)
            }
            Json::Object(pairs) => Self::Map(
                pairs
                    .into_iter()
                    .map(|(key, item)| Ok((key, Self::of(item)?)))
                    .collect::<Result<_, String>>()?,
            ),
            plain => Self::Plain(plain),
        })
    }
}

impl<'de> Deserialize<'de> for JsonTemplate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of(Json::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl JsonSchema for JsonTemplate {
    fn schema_name() -> Cow<'static, str> {
        "JsonTemplate".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Any JSON; its strings may hold placeholders.",
            "format": "json-template"
        })
    }
}

/// The two products.
pub(super) fn product_schema(_: &mut SchemaGenerator) -> Schema {
    let words: Vec<_> = Product::ALL.iter().map(|product| product.as_str()).collect();
    json_schema!({ "type": "string", "enum": words })
}

/// The eight login fields.
pub(super) fn field_name_schema(_: &mut SchemaGenerator) -> Schema {
    let words: Vec<_> = FieldName::ALL.iter().map(|field| field.as_str()).collect();
    json_schema!({ "type": "string", "enum": words })
}
