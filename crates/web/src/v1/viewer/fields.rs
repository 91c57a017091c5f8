//! A schema as lines to read: each member under its whole path, whatever is nested followed in place.

use serde_json::{Map, Value};

/// Words of a schema that are told by what a line is, and not as a limit.
const TOLD: [&str; 13] = [
    "$ref",
    "type",
    "format",
    "title",
    "description",
    "properties",
    "required",
    "items",
    "enum",
    "const",
    "oneOf",
    "anyOf",
    "examples",
];

/// A line.
#[derive(Debug, Default)]
pub(super) struct Field {
    /// The path before its name, with the dot.
    pub(super) before: String,
    /// Its name; blank where the line tells of one of several forms.
    pub(super) name: String,
    /// What it holds, in JSON's words.
    pub(super) kind: String,
    pub(super) is_required: bool,
    pub(super) about: String,
    /// Words of the schema with their values, as it has them.
    pub(super) limits: Vec<(String, String)>,
    /// The closed set of values, each with what it means.
    pub(super) values: Vec<(String, String)>,
}

impl Field {
    /// Whether it is told what a value means; else the values need no line each.
    pub(super) fn are_values_told(&self) -> bool {
        self.values.iter().any(|(_, about)| !about.is_empty())
    }
}

/// A whole body or answer.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) media: String,
    /// What it is itself.
    pub(super) whole: Field,
    pub(super) fields: Vec<Field>,
    pub(super) example: Option<Value>,
}

impl Body {
    /// The one body of a `content` of the document.
    pub(super) fn of(document: &Value, content: &Value) -> Option<Self> {
        let (media, content) = content.as_object()?.iter().next()?;
        let schema = content.get("schema");
        let mut reader = Reader { document, open: Vec::new(), fields: Vec::new() };
        let whole = schema.map(|schema| reader.read(schema, "")).unwrap_or_default();
        let resolved = schema.and_then(|schema| target(document, schema)).map(|(_, schema)| schema);
        let example = resolved.and_then(|schema| schema["examples"].get(0)).cloned();
        Some(Self { media: media.clone(), whole, fields: reader.fields, example })
    }
}

/// The line of one parameter.
pub(super) fn of_parameter(document: &Value, parameter: &Value) -> Field {
    let mut reader = Reader { document, open: Vec::new(), fields: Vec::new() };
    let read = reader.read(&parameter["schema"], "");
    let about = text(&parameter["description"]);
    Field {
        name: text(&parameter["name"]),
        is_required: parameter["required"] == true,
        about: if about.is_empty() { read.about } else { about },
        ..read
    }
}

/// A text of the document; blank where there is none.
pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Where the references of a schema end, and the last of their names.
fn target<'d>(document: &'d Value, schema: &'d Value) -> Option<(Option<&'d str>, &'d Value)> {
    let (mut name, mut schema) = (None, schema);
    // A reference to a reference is rare, and one to itself is a fault.
    for _ in 0..8 {
        let Some(reference) = schema["$ref"].as_str() else { return Some((name, schema)) };
        name = reference.rsplit('/').next();
        schema = document.pointer(reference.strip_prefix('#')?)?;
    }
    None
}

struct Reader<'d> {
    document: &'d Value,
    /// The named schemas that are being followed: one within itself is named and not followed again.
    open: Vec<&'d str>,
    fields: Vec<Field>,
}

impl<'d> Reader<'d> {
    /// What a schema itself is; what is below it goes to the lines, under its path.
    fn read(&mut self, schema: &'d Value, path: &str) -> Field {
        let Some((name, resolved)) = target(self.document, schema) else { return Field::default() };
        let about = Some(text(&schema["description"])).filter(|about| !about.is_empty());
        let about = about.unwrap_or_else(|| text(&resolved["description"]));
        if let Some(name) = name {
            if self.open.contains(&name) {
                return Field { kind: format!("{name} …"), about, ..Field::default() };
            }
            self.open.push(name);
        }
        let mut field = self.form(resolved, path);
        if name.is_some() {
            self.open.pop();
        }
        // What stands beside a reference narrows it.
        if name.is_some() {
            field.limits.extend(limits(schema));
        }
        Field { about, ..field }
    }

    fn form(&mut self, schema: &'d Value, path: &str) -> Field {
        let mut field = Field { kind: kind(schema), limits: limits(schema), ..Field::default() };
        if let Some(value) = schema.get("const") {
            field.values.push((plain(value), String::new()));
        }
        let values = schema["enum"].as_array().into_iter().flatten();
        field.values.extend(values.map(|value| (plain(value), String::new())));
        if let Some(members) = schema["properties"].as_object() {
            let required = schema["required"].as_array();
            for (name, member) in members {
                let is_required =
                    required.is_some_and(|all| all.iter().any(|one| one == name.as_str()));
                self.member(path, name, is_required, member);
            }
        }
        if let Some(member) = schema.get("additionalProperties").filter(|member| member.is_object())
        {
            self.member(path, "*", false, member);
        }
        if let Some(items) = schema.get("items") {
            let item = self.read(items, &format!("{path}[]"));
            field.kind = format!("{} of {}", field.kind, item.kind);
            field.values.extend(item.values);
            field.limits.extend(item.limits);
        }
        for word in ["oneOf", "anyOf"] {
            let all: Vec<_> = schema[word].as_array().into_iter().flatten().collect();
            self.one_of(&all, path, &mut field);
        }
        field
    }

    fn member(&mut self, path: &str, name: &str, is_required: bool, schema: &'d Value) {
        let before = if path.is_empty() { String::new() } else { format!("{path}.") };
        let place = self.fields.len();
        let read = self.read(schema, &format!("{before}{name}"));
        let field = Field { before, name: name.to_owned(), is_required, ..read };
        self.fields.insert(place, field);
    }

    /// Several forms: a closed set of values, something or null, or objects of which each is told apart.
    fn one_of(&mut self, all: &[&'d Value], path: &str, field: &mut Field) {
        let mut kinds: Vec<String> = Vec::new();
        let objects = all.iter().filter(|schema| schema["properties"].is_object()).count();
        for schema in all {
            let place = self.fields.len();
            let read = self.read(schema, path);
            if let Some(value) = schema.get("const") {
                field.values.push((plain(value), read.about));
            } else if objects > 1 {
                let title = text(&schema["title"]);
                let kind = if title.is_empty() { read.kind.clone() } else { title };
                let before = path.to_owned();
                let form = Field { before, kind, about: read.about, ..Field::default() };
                self.fields.insert(place, form);
            } else {
                field.values.extend(read.values);
                field.limits.extend(read.limits);
            }
            if !kinds.contains(&read.kind) {
                kinds.push(read.kind);
            }
        }
        if !kinds.is_empty() {
            field.kind = kinds.join(" or ");
        }
    }
}

/// The type in JSON's words, with the format.
fn kind(schema: &Value) -> String {
    let words: Vec<String> = match &schema["type"] {
        Value::Array(all) => all.iter().map(text).collect(),
        one => one.as_str().map(str::to_owned).into_iter().collect(),
    };
    let words = words.join(" or ");
    schema["format"].as_str().map_or_else(|| words.clone(), |format| format!("{words} ({format})"))
}

/// Whatever else a schema says, as it says it: no limit is left out because this reader does not know it.
fn limits(schema: &Value) -> Vec<(String, String)> {
    let empty = Map::new();
    let all = schema.as_object().unwrap_or(&empty).iter();
    let others = all.filter(|(word, value)| {
        let is_followed = *word == "additionalProperties" && value.is_object();
        !TOLD.contains(&word.as_str()) && !is_followed
    });
    others.map(|(word, value)| (word.clone(), plain(value))).collect()
}

/// A value as it is written; a text without its quotation marks, unless it is blank.
fn plain(value: &Value) -> String {
    match value.as_str() {
        Some(text) if !text.is_empty() => text.to_owned(),
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lines(document: &Value, schema: &Value) -> Vec<String> {
        let content = json!({ "application/json": { "schema": schema } });
        let body = Body::of(document, &content).unwrap();
        let lines = body.fields.iter().map(|field| {
            let Field { before, name, kind, is_required, limits, values, .. } = field;
            let mark = if *is_required { "!" } else { "" };
            let limits: Vec<_> =
                limits.iter().map(|(word, value)| format!(" {word}={value}")).collect();
            let values: Vec<_> = values.iter().map(|(value, _)| format!(" ={value}")).collect();
            format!("{before}{name}{mark}: {kind}{}{}", limits.concat(), values.concat())
        });
        lines.collect()
    }

    #[test]
    fn what_is_nested_is_followed_and_what_is_within_itself_once() {
        let document = json!({ "schemas": {
            "Tree": { "type": "object", "required": ["leaf"], "properties": {
                "leaf": { "type": "string", "maxLength": 3, "nosuch": true },
                "trees": { "type": "array", "items": { "$ref": "#/schemas/Tree" } },
                "other": { "anyOf": [{ "$ref": "#/schemas/Leaf" }, { "type": "null" }] },
            } },
            "Leaf": { "type": "object", "properties": {
                "kind": { "oneOf": [{ "type": "string", "const": "a" }, { "type": "string", "const": "b" }] },
            } },
            "Loop": { "$ref": "#/schemas/Loop" },
        } });
        let tree = json!({ "type": "object", "properties": {
            "tree": { "$ref": "#/schemas/Tree" },
            "names": { "type": "object", "additionalProperties": { "type": ["string", "null"] } },
            "loop": { "$ref": "#/schemas/Loop" },
            "nowhere": { "$ref": "#/schemas/Nothing" },
        } });
        let expected = [
            "tree: object",
            "tree.leaf!: string maxLength=3 nosuch=true",
            "tree.trees: array of Tree …",
            "tree.other: object or null",
            "tree.other.kind: string =a =b",
            "names: object",
            "names.*: string or null",
            "loop: ",
            "nowhere: ",
        ];
        let mut found = lines(&document, &tree);
        found.sort_unstable();
        let mut expected = expected.map(str::to_owned);
        expected.sort_unstable();
        assert_eq!(found, expected);
    }

    #[test]
    fn each_of_several_forms_is_told_apart() {
        let form = |word: &str| json!({ "title": word, "type": "object", "properties": { word: { "type": "string" } } });
        let schema = json!({ "oneOf": [form("one"), form("two")] });
        assert_eq!(lines(&json!({}), &schema), [": one", "one: string", ": two", "two: string"]);
    }
}
