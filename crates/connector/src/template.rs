//! Values with placeholders: `{{ expression }}` between plain text, compiled when a file is loaded.
//!
//! No statements, no undefined names, bounded work. Escaping is not done here but by whoever knows
//! where the text will stand.

mod date;
mod digest;
mod filters;
mod refuse;
mod rsa;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, LazyLock},
};

use minijinja::{Environment, Expression, UndefinedBehavior, Value, value::ValueKind};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value as Json;

pub(crate) use date::{first_of_month, last_of_month};

/// The most steps one placeholder may take.
const FUEL: u64 = 20_000;

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    filters::install(&mut environment);
    environment
});

/// Where names get their values.
pub(crate) trait Scope {
    /// The value of a name, if it has one.
    fn get(&self, name: &str) -> Option<Value>;
}

/// A placeholder could not be worked out; says which, never a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unrendered(pub(crate) String);

/// A text with placeholders.
#[derive(Clone)]
pub(crate) struct Template {
    source: Arc<str>,
    pieces: Arc<[Piece]>,
    names: Arc<BTreeSet<String>>,
    soft: Arc<BTreeSet<String>>,
}

enum Piece {
    Text(String),
    Expression(Expression<'static, 'static>),
}

impl Template {
    /// Compiles, or says what is wrong.
    pub(crate) fn parse(source: &str) -> Result<Self, String> {
        if source.contains("{%") || source.contains("{#") {
            return Err("only {{ … }} is allowed; use `when:` and `each:` for logic".to_owned());
        }
        let mut pieces = Vec::new();
        let mut names = BTreeSet::new();
        let mut soft = BTreeSet::new();
        let mut rest = source;
        while let Some(start) = rest.find("{{") {
            if start > 0 {
                pieces.push(Piece::Text(rest[..start].to_owned()));
            }
            let inner = &rest[start + 2..];
            let end = close(inner).ok_or("`{{` without `}}`")?;
            let text = inner[..end].trim();
            filters::check_names(text)?;
            let expression =
                ENVIRONMENT.compile_expression_owned(text.to_owned()).map_err(|error| {
                    format!("`{text}`: {}", error.detail().unwrap_or("not an expression"))
                })?;
            let (needed, optional) = filters::names_in(text);
            names.extend(needed);
            soft.extend(optional);
            pieces.push(Piece::Expression(expression));
            rest = &inner[end + 2..];
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self {
            source: source.into(),
            pieces: pieces.into(),
            names: Arc::new(names),
            soft: Arc::new(soft),
        })
    }

    /// Text that is taken as it is.
    pub(crate) fn plain(text: &str) -> Self {
        let pieces: Vec<Piece> = vec![Piece::Text(text.to_owned())];
        Self {
            source: text.into(),
            pieces: pieces.into(),
            names: Arc::default(),
            soft: Arc::default(),
        }
    }

    /// The names it needs.
    pub(crate) fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// The names it can do without, because a `default` stands behind them.
    pub(crate) fn soft_names(&self) -> &BTreeSet<String> {
        &self.soft
    }

    /// The text as it is written.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// The text with every placeholder replaced.
    pub(crate) fn render(&self, scope: &dyn Scope) -> Result<String, Unrendered> {
        self.render_with(scope, |text| Cow::Borrowed(text))
    }

    /// The same, with every placeholder's text escaped for where it stands.
    pub(crate) fn render_with(
        &self,
        scope: &dyn Scope,
        escape: impl for<'t> Fn(&'t str) -> Cow<'t, str>,
    ) -> Result<String, Unrendered> {
        let mut text = String::new();
        for piece in self.pieces.iter() {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Expression(expression) => {
                    let value = self.eval(expression, scope)?;
                    text.push_str(&escape(&self.text_of(&value)?));
                }
            }
        }
        Ok(text)
    }

    /// The value of a lone placeholder with its type; else the text.
    pub(crate) fn json(&self, scope: &dyn Scope) -> Result<Json, Unrendered> {
        match &*self.pieces {
            [Piece::Expression(expression)] => Ok(to_json(&self.eval(expression, scope)?)),
            _ => self.render(scope).map(Json::String),
        }
    }

    fn eval(
        &self,
        expression: &Expression<'static, 'static>,
        scope: &dyn Scope,
    ) -> Result<Value, Unrendered> {
        let context: BTreeMap<String, Value> = self
            .names
            .iter()
            .chain(self.soft.iter())
            .filter_map(|name| Some((name.clone(), scope.get(name)?)))
            .collect();
        let value = expression
            .eval(Value::from(context))
            .map_err(|error| Unrendered(format!("`{}`: {}", self.source, error.kind())))?;
        if value.is_undefined() {
            return Err(Unrendered(format!("`{}`: undefined value", self.source)));
        }
        Ok(value)
    }

    /// Whether a word stands in it, whole.
    pub(crate) fn mentions(&self, word: &str) -> bool {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        self.source.match_indices(word).any(|(at, _)| {
            let (before, behind) = (&self.source[..at], &self.source[at + word.len()..]);
            !before.ends_with(is_part) && !behind.starts_with(is_part)
        })
    }

    /// The text of a value. An object or a list has none: printed, it would look like one.
    fn text_of(&self, value: &Value) -> Result<String, Unrendered> {
        match value.kind() {
            ValueKind::None => Ok(String::new()),
            ValueKind::Map | ValueKind::Seq | ValueKind::Iterable => {
                Err(Unrendered(format!("`{}`: an object or a list, and no text", self.source)))
            }
            _ => Ok(value.to_string()),
        }
    }
}

/// Where the placeholder that has just begun ends: the first `}}` outside quotes.
fn close(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut previous = '\0';
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open && previous != '\\' => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '}') if text[at..].starts_with("}}") => return Some(at),
            _ => {}
        }
        previous = c;
    }
    None
}

/// A template value of JSON; numbers that are whole are numbers, others their digits.
pub(crate) fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::from(()),
        Json::Bool(truth) => Value::from(*truth),
        Json::Number(number) => {
            number.as_i64().map_or_else(|| Value::from(number.to_string()), Value::from)
        }
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => items.iter().map(from_json).collect(),
        Json::Object(map) => {
            let map: BTreeMap<String, Value> =
                map.iter().map(|(key, value)| (key.clone(), from_json(value))).collect();
            Value::from(map)
        }
    }
}

fn to_json(value: &Value) -> Json {
    if value.is_none() {
        return Json::Null;
    }
    if value.is_number()
        && let Ok(number) = i64::try_from(value.clone())
    {
        return Json::from(number);
    }
    if value.kind() == ValueKind::Bool {
        return Json::Bool(value.is_true());
    }
    if let Some(text) = value.as_str() {
        return Json::String(text.to_owned());
    }
    if matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
        return value
            .try_iter()
            .map_or(Json::Null, |items| Json::Array(items.map(|item| to_json(&item)).collect()));
    }
    Json::String(value.to_string())
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match Json::deserialize(deserializer)? {
            Json::String(text) => text,
            plain @ (Json::Number(_) | Json::Bool(_)) => plain.to_string(),
            _ => return Err(de::Error::custom("a text with placeholders")),
        };
        Self::parse(&text).map_err(de::Error::custom)
    }
}

impl JsonSchema for Template {
    fn schema_name() -> Cow<'static, str> {
        "Template".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"], "format": "template" })
    }
}

#[cfg(test)]
pub(crate) use filters::NAMES as FILTERS;

#[cfg(test)]
pub(crate) fn rsa_for_tests(text: &str, modulus: &str, exponent: &str) -> String {
    rsa::unpadded(text, modulus, exponent).unwrap_or_default()
}

#[cfg(test)]
mod tests;
