//! A step: a request, a question to the person, or values set.
//!
//! A file writes all keys of a step side by side; here they become one [`Action`], so that whoever
//! handles a step handles every kind of it. A key that the action has no use for is refused: it would be
//! passed over in silence.

use std::borrow::Cow;
use std::sync::LazyLock;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value as Json};

use super::ask::AskKeys;
use super::keys::{alternative, names_of, take, with_properties, words};
use super::request::{BODY_KEYS, REQUEST_NAMES, RequestKeys};
use super::{Ask, OneOrMany, Ordered, Predicate, Request};
use crate::template::Template;

/// A step of a login or of a section.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// A name others may go back to (`again`), and what logs call it.
    pub(crate) id: Option<String>,
    /// Only when all of these hold; else the step is left out.
    pub(crate) when: OneOrMany<Predicate>,
    /// What it does.
    pub(crate) action: Action,
}

/// What a step does.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    /// Sends a request and judges its answer.
    Request(Box<Request>),
    /// Asks the person.
    Ask(Box<Ask>),
    /// Sets values, in order; each may use those before it.
    Set(Ordered<Template>),
}

impl Step {
    /// The request it sends, if any.
    pub(crate) const fn request(&self) -> Option<&Request> {
        match &self.action {
            Action::Request(request) => Some(request),
            Action::Ask(ask) => ask.request.as_ref(),
            Action::Set(_) => None,
        }
    }

    /// The question it asks, if any.
    pub(crate) const fn ask(&self) -> Option<&Ask> {
        match &self.action {
            Action::Ask(ask) => Some(ask),
            Action::Request(_) | Action::Set(_) => None,
        }
    }

    /// The values it sets.
    pub(crate) fn set(&self) -> impl Iterator<Item = (&str, &Template)> {
        match &self.action {
            Action::Set(values) => Some(values.iter()),
            Action::Request(_) | Action::Ask(_) => None,
        }
        .into_iter()
        .flatten()
    }

    /// What it is called in logs.
    pub(crate) fn name(&self) -> String {
        let of_action = || match &self.action {
            Action::Ask(ask) => format!("ask {}", ask.kind().as_str()),
            Action::Request(request) => request.name(),
            Action::Set(_) => "set".to_owned(),
        };
        self.id.clone().unwrap_or_else(of_action)
    }
}

/// The keys that a step of any kind may have.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct CommonKeys {
    /// A name others may go back to (`again`), and what logs call it.
    id: Option<String>,
    /// Only when all of these hold; else the step is left out.
    when: OneOrMany<Predicate>,
}

/// A step that sets values.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct SetKeys {
    /// Sets values, in order; each may use those before it.
    set: Ordered<Template>,
}

static COMMON_NAMES: LazyLock<Vec<String>> = LazyLock::new(names_of::<CommonKeys>);
static ASK_NAMES: LazyLock<Vec<String>> = LazyLock::new(names_of::<AskKeys>);

impl Step {
    fn of(mut keys: Map<String, Json>) -> Result<Self, String> {
        let CommonKeys { id, when } = take(&mut keys, &COMMON_NAMES)?;
        let has = |name: &str| keys.contains_key(name);
        let is_sent = has("get") || has("post");
        let action = if has("set") {
            if let Some(other) = keys.keys().find(|name| *name != "set") {
                return Err(format!("a step does one thing: `{other}` is of no use beside `set`"));
            }
            let set: SetKeys = take(&mut keys, &["set".to_owned()])?;
            Action::Set(set.set)
        } else if has("ask") {
            let ask: AskKeys = take(&mut keys, &ASK_NAMES)?;
            let request = match keys.keys().next() {
                Some(key) if !is_sent => {
                    return Err(format!("`{key}` is of no use without `get` or `post`"));
                }
                None => None,
                Some(_) => Some(Request::of(keys)?),
            };
            Action::Ask(Box::new(Ask::of(ask, request)?))
        } else if let Some(key) = keys.keys().find(|key| ASK_NAMES.contains(key)) {
            return Err(format!("`{key}` is of no use without `ask`"));
        } else if is_sent {
            Action::Request(Box::new(Request::of(keys)?))
        } else {
            return Err("a step needs `get`, `post`, `ask` or `set`".to_owned());
        };
        let mut step = Self { id, when, action };
        let name = step.name();
        let request = match &mut step.action {
            Action::Request(request) => Some(&mut **request),
            Action::Ask(ask) => ask.request.as_mut(),
            Action::Set(_) => None,
        };
        if let Some(request) = request {
            request.step = Some(name);
        }
        Ok(step)
    }
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of(Map::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl JsonSchema for Step {
    fn schema_name() -> Cow<'static, str> {
        "Step".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let not_asking = || words(&ASK_NAMES).chain(["set"]);
        let mut schema = schemars::json_schema!({
            "description": "A step of a login or of a section: a request, a question to the person, or \
                            values that are set.",
            "type": "object",
            // The walk compiles a step where it stands, so that what is wrong with it has a line.
            "format": "step",
            "additionalProperties": false,
            "oneOf": [
                alternative("get", not_asking().chain(["post"]).chain(BODY_KEYS)),
                alternative("post", not_asking().chain(["get"])),
                alternative("ask", ["set"]),
                alternative("set", words(&ASK_NAMES).chain(words(&REQUEST_NAMES))),
            ],
        });
        with_properties::<CommonKeys>(&mut schema, generator);
        with_properties::<RequestKeys>(&mut schema, generator);
        with_properties::<AskKeys>(&mut schema, generator);
        with_properties::<SetKeys>(&mut schema, generator);
        schema
    }
}
