//! A tree against a schema. Knows just the parts of JSON Schema that our types make.

use serde::Deserialize as _;
use serde_json::{Map, Value as Json};

use super::shape::{Root, choices, is_object, required, words_of};
use crate::{
    complaint::{Complaints, did_you_mean},
    definition::{
        AskKind, Charset, Css, CssValue, JsonPath, JsonTemplate, Pager, Pattern, ReportField,
        Request, Step, TextScope,
    },
    template::Template,
    yaml::{Data, Node},
};

pub(super) struct Walk<'a> {
    root: Root<'a>,
    pub(super) complaints: &'a mut Complaints,
    /// The schemas of keys, and the words, that a file uses.
    #[cfg(test)]
    pub(super) used: Vec<(&'a Json, String)>,
}

impl<'a> Walk<'a> {
    pub(super) const fn new(root: &'a Json, complaints: &'a mut Complaints) -> Self {
        Self {
            root: Root(root),
            complaints,
            #[cfg(test)]
            used: Vec::new(),
        }
    }

    /// Notes that a file uses a key or a word, for the test that all of them are used.
    #[cfg(test)]
    fn note(&mut self, schema: &'a Json, word: &str) {
        self.used.push((schema, word.to_owned()));
    }

    #[cfg(not(test))]
    const fn note(&mut self, _: &'a Json, _: &str) {}

    /// The node as JSON, or null when it is wrong, which is then told.
    pub(super) fn value(&mut self, node: &Node, schema: &'a Json) -> Json {
        let schema = self.root.resolve(schema);
        if is_object(schema) {
            return match &node.data {
                Data::Map(pairs) => self.object(node, pairs, schema),
                _ if node.is_null() && allows(schema, "null") => Json::Null,
                _ => {
                    self.wrong_type(node, schema);
                    Json::Null
                }
            };
        }
        if let Some(choices) = choices(schema) {
            let choices: Vec<&Json> = choices.iter().map(|one| self.root.resolve(one)).collect();
            return self.choice(node, &choices);
        }
        if schema.get("format").and_then(Json::as_str) == Some("json-template") {
            let json = plain(node);
            if let Err(error) = serde_json::from_value::<JsonTemplate>(json.clone()) {
                self.complaints.push(node.complaint(error.to_string()));
            }
            return json;
        }
        match &node.data {
            Data::Map(_) if !allows(schema, "object") => {
                self.wrong_type(node, schema);
                Json::Null
            }
            Data::Map(pairs) => self.object(node, pairs, schema),
            Data::Seq(items) => self.seq(node, items, schema),
            Data::Scalar { text, .. } => self.scalar(node, text, schema),
        }
    }

    fn choice(&mut self, node: &Node, choices: &[&'a Json]) -> Json {
        let flat = self.root.flat(choices);
        if node.is_null() && flat.iter().any(|one| allows(one, "null")) {
            return Json::Null;
        }
        let fitting: Vec<&'a Json> =
            flat.iter().copied().filter(|one| shape_fits(node, one)).collect();
        match (fitting.as_slice(), &node.data) {
            ([], _) => {
                let wanted: Vec<&str> =
                    flat.iter().flat_map(|one| types(one)).map(type_word).collect();
                self.expected(node, &wanted);
                Json::Null
            }
            ([one], _) | ([one, ..], Data::Seq(_)) => self.value(node, one),
            (several, Data::Scalar { text, .. }) => self.word(node, text, several),
            (several, Data::Map(_)) => {
                let has_its_key =
                    |one: &&&'a Json| required(one).any(|key| node.get(key).is_some());
                if let Some(best) = several.iter().find(has_its_key) {
                    return self.value(node, best);
                }
                let keys: Vec<&str> = several.iter().flat_map(|one| required(one)).collect();
                if keys.is_empty() {
                    return self.value(node, several[0]);
                }
                self.complaints.push(node.complaint(format!("expected the key {}", either(&keys))));
                Json::Null
            }
        }
    }

    /// One of several kinds of word.
    fn word(&mut self, node: &Node, text: &str, choices: &[&'a Json]) -> Json {
        let words: Vec<&str> = choices.iter().filter_map(|one| words_of(one)).flatten().collect();
        if words.contains(&text) {
            for schema in choices {
                self.note(schema, text);
            }
            return Json::String(text.to_owned());
        }
        if let Some(free) = choices.iter().find(|one| words_of(one).is_none()) {
            return self.value(node, free);
        }
        self.unknown_word(node, text, &words);
        Json::Null
    }

    fn unknown_word(&mut self, node: &Node, text: &str, words: &[&str]) {
        let near = did_you_mean(text, words.iter().copied());
        let hint = if near.is_empty() { format!("; expected {}", either(words)) } else { near };
        self.complaints.push(node.complaint(format!("`{text}` is not known here{hint}")));
    }

    /// A map whose keys are known: its own, and those of the choices that stand beside them, of
    /// each of which one key is written.
    fn object(&mut self, node: &Node, pairs: &[(Node, Node)], schema: &'a Json) -> Json {
        let complaints_before = self.complaints.len();
        let shape = self.root.shape(schema);
        let is_closed = !shape.choices.is_empty() || is_closed(schema);
        let more = schema.get("additionalProperties").filter(|more| more.is_object());
        let mut map = Map::new();
        for (key, value) in pairs {
            let Some(name) = key.text() else { continue };
            let known = shape.properties.iter().find(|(own, _)| *own == name);
            if let Some((_, of)) = known {
                self.note(of, name);
            }
            let json = match (known, more) {
                (Some((_, of)), _) => self.value(value, of),
                (None, Some(of)) => self.value(value, of),
                (None, None) if is_closed => {
                    let known = || shape.properties.iter().map(|(own, _)| *own);
                    let near = did_you_mean(name, known());
                    let hint = if near.is_empty() {
                        format!("; known are {}", known().collect::<Vec<_>>().join(", "))
                    } else {
                        near
                    };
                    self.complaints.push(key.complaint(format!("unknown key `{name}`{hint}")));
                    continue;
                }
                (None, None) => plain(value),
            };
            map.insert(name.to_owned(), json);
        }
        for key in shape.required.iter().filter(|key| node.get(key).is_none()) {
            self.complaints.push(node.complaint(format!("`{key}` is missing")));
        }
        for choice in &shape.choices {
            let written = choice.keys.iter().filter(|key| node.get(key).is_some()).count();
            if written > 1 || (written == 0 && choice.is_required) {
                let must = if choice.is_required { "exactly" } else { "at most" };
                let message = format!("{must} one of the keys {}", either(&choice.keys));
                self.complaints.push(node.complaint(message));
            }
        }
        let json = Json::Object(map);
        let format = schema.get("format").and_then(Json::as_str);
        if self.complaints.len() == complaints_before
            && let Err(error) = compile_object(format, &json)
        {
            self.complaints.push(node.complaint(error.to_string()));
        }
        json
    }

    fn seq(&mut self, node: &Node, items: &[Node], schema: &'a Json) -> Json {
        if !allows(schema, "array") {
            self.wrong_type(node, schema);
            return Json::Null;
        }
        if let Some(places) = schema.get("prefixItems").and_then(Json::as_array) {
            if places.len() != items.len() {
                let message = format!("expected a list of {}", places.len());
                self.complaints.push(node.complaint(message));
                return Json::Null;
            }
            return items.iter().zip(places).map(|(item, of)| self.value(item, of)).collect();
        }
        match schema.get("items") {
            Some(of) => items.iter().map(|item| self.value(item, of)).collect(),
            None => plain(node),
        }
    }

    fn scalar(&mut self, node: &Node, text: &str, schema: &'a Json) -> Json {
        if node.is_null() && (allows(schema, "null") || schema.get("default").is_some()) {
            return schema.get("default").cloned().unwrap_or(Json::Null);
        }
        if let Some(words) = words_of(schema) {
            if !words.contains(&text) {
                self.unknown_word(node, text, &words);
            }
            self.note(schema, text);
            return Json::String(text.to_owned());
        }
        if allows(schema, "string") && !node.is_null() {
            if let Some(format) = schema.get("format").and_then(Json::as_str)
                && let Err(message) = compile(format, text)
            {
                self.complaints.push(node.complaint(message));
            }
            return Json::String(text.to_owned());
        }
        if (allows(schema, "integer") || allows(schema, "number"))
            && let Ok(number) = text.parse::<i64>()
        {
            self.check_range(node, number, schema);
            return Json::from(number);
        }
        if allows(schema, "boolean") && matches!(text, "true" | "false") {
            return Json::Bool(text == "true");
        }
        self.wrong_type(node, schema);
        Json::Null
    }

    fn check_range(&mut self, node: &Node, number: i64, schema: &Json) {
        let bound = |key: &str| schema.get(key).and_then(Json::as_i64);
        if let Some(low) = bound("minimum").filter(|low| number < *low) {
            self.complaints.push(node.complaint(format!("must be at least {low}")));
        }
        if let Some(high) = bound("maximum").filter(|high| number > *high) {
            self.complaints
                .push(node.complaint(format!("must be at most {high}; a file can only lower it")));
        }
    }

    fn wrong_type(&mut self, node: &Node, schema: &Json) {
        let wanted: Vec<&str> = types(schema).into_iter().map(type_word).collect();
        self.expected(node, &wanted);
    }

    /// Something else stands here than one of these.
    fn expected(&mut self, node: &Node, wanted: &[&str]) {
        let found = match &node.data {
            _ if node.is_null() => "nothing",
            Data::Map(_) => "a map",
            Data::Seq(_) => "a list",
            Data::Scalar { .. } => "a text",
        };
        let hint = match &node.data {
            Data::Seq(_) => "",
            _ if wanted == ["a list"] => "; begin each element with `- `, or write `[…]`",
            _ => "",
        };
        // Most keys can be left out, which nobody means who writes something else.
        let wanted: Vec<&str> = wanted.iter().copied().filter(|word| *word != "nothing").collect();
        let message = format!("expected {}, and this is {found}{hint}", either(&wanted));
        self.complaints.push(node.complaint(message));
    }
}

fn is_closed(schema: &Json) -> bool {
    schema.get("additionalProperties") == Some(&Json::Bool(false))
}

/// Runs the compiler that a schema's `format` names.
fn compile(format: &str, text: &str) -> Result<(), String> {
    match format {
        "template" => Template::parse(text).map(drop),
        "css" => Css::parse(text).map(drop),
        "json-path" => JsonPath::parse(text).map(drop),
        "regex" => Pattern::parse(text).map(drop),
        "charset" => Charset::parse(text).map(drop),
        "report-field" => ReportField::parse(text).map(drop),
        "css-value" => CssValue::parse(text).map(drop),
        "text-scope" => TextScope::parse(text).map(drop),
        "challenge-kind" => AskKind::parse(text).map(drop),
        _ => Ok(()),
    }
}

/// The same for what is made of several keys, so that what is wrong with it has a line.
fn compile_object(format: Option<&str>, json: &Json) -> Result<(), serde_json::Error> {
    match format {
        Some("step") => Step::deserialize(json).map(drop),
        Some("request") => Request::deserialize(json).map(drop),
        Some("pager") => Pager::deserialize(json).map(drop),
        _ => Ok(()),
    }
}

/// A tree as JSON where the schema says nothing.
fn plain(node: &Node) -> Json {
    match &node.data {
        Data::Map(pairs) => pairs
            .iter()
            .filter_map(|(key, value)| Some((key.text()?.to_owned(), plain(value))))
            .collect::<Map<_, _>>()
            .into(),
        Data::Seq(items) => items.iter().map(plain).collect(),
        Data::Scalar { .. } if node.is_null() => Json::Null,
        Data::Scalar { text, plain: true } => match text.as_str() {
            "true" => Json::Bool(true),
            "false" => Json::Bool(false),
            number => match number.parse::<i64>() {
                Ok(whole) if whole.to_string() == number => Json::from(whole),
                _ => Json::String(number.to_owned()),
            },
        },
        Data::Scalar { text, plain: false } => Json::String(text.clone()),
    }
}

fn types(schema: &Json) -> Vec<&str> {
    match schema.get("type") {
        Some(Json::String(one)) => vec![one.as_str()],
        Some(Json::Array(several)) => several.iter().filter_map(Json::as_str).collect(),
        _ if words_of(schema).is_some() => vec!["string"],
        _ => Vec::new(),
    }
}

fn allows(schema: &Json, kind: &str) -> bool {
    let types = types(schema);
    types.is_empty() || types.contains(&kind)
}

fn shape_fits(node: &Node, schema: &Json) -> bool {
    let types = types(schema);
    types.is_empty()
        || types.iter().any(|kind| match &node.data {
            Data::Map(_) => *kind == "object",
            Data::Seq(_) => *kind == "array",
            Data::Scalar { .. } => !matches!(*kind, "object" | "array" | "null"),
        })
}

fn type_word(kind: &str) -> &str {
    match kind {
        "object" => "a map",
        "array" => "a list",
        "string" => "a text",
        "integer" | "number" => "a whole number",
        "boolean" => "true or false",
        "null" => "nothing",
        other => other,
    }
}

fn either(words: &[&str]) -> String {
    let mut seen: Vec<&str> = Vec::new();
    for word in words {
        if !seen.contains(word) {
            seen.push(word);
        }
    }
    seen.join(" or ")
}
