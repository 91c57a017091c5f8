//! As much of JSON Schema as the document of `/v1` uses: whether a value is as it promises.

use serde_json::Value;

/// Why a value is not as a schema of the document says; empty when it is.
pub(super) fn complaints(document: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let Some(schema) = schema.as_object() else { return Vec::new() };
    let mut found = Vec::new();
    for (word, rule) in schema {
        match word.as_str() {
            "$ref" => {
                let pointer = rule.as_str().unwrap().trim_start_matches('#');
                let schema = document.pointer(pointer).expect("a reference leads somewhere");
                found.extend(complaints(document, schema, value, at));
            }
            "anyOf" | "oneOf" => {
                let all = rule.as_array().unwrap().iter();
                let each = all.map(|schema| complaints(document, schema, value, at));
                let each: Vec<_> = each.collect();
                if each.iter().all(|one| !one.is_empty()) {
                    found.extend(each.into_iter().flatten());
                }
            }
            "type" => {
                let is_of = |kind: &Value| match kind.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "integer" => value.is_i64() || value.is_u64(),
                    "boolean" => value.is_boolean(),
                    "null" => value.is_null(),
                    other => panic!("the document has the type {other}"),
                };
                let fits = rule.as_array().map_or_else(|| is_of(rule), |all| all.iter().any(is_of));
                if !fits {
                    found.push(format!("{at} is not {rule}: {value}"));
                }
            }
            "enum" if !rule.as_array().unwrap().contains(value) => {
                found.push(format!("{at} is none of {rule}: {value}"));
            }
            "const" if rule != value => found.push(format!("{at} is not {rule}: {value}")),
            "required" if value.is_object() => {
                let names = rule.as_array().unwrap().iter().map(|name| name.as_str().unwrap());
                let missing = names.filter(|name| value.get(name).is_none());
                found.extend(missing.map(|name| format!("{at} has no {name}")));
            }
            "properties" => {
                for (name, schema) in rule.as_object().unwrap() {
                    if let Some(value) = value.get(name) {
                        let at = format!("{at}.{name}");
                        found.extend(complaints(document, schema, value, &at));
                    }
                }
            }
            "items" => {
                for value in value.as_array().into_iter().flatten() {
                    found.extend(complaints(document, rule, value, &format!("{at}[]")));
                }
            }
            _ => {}
        }
    }
    // What is sent must be told, whether or not the schema forbids what is not.
    if let (Some(known), Some(members)) = (schema.get("properties"), value.as_object()) {
        let unknown = members.keys().filter(|name| known.get(name.as_str()).is_none());
        found.extend(unknown.map(|name| format!("{at}.{name} is not documented")));
    }
    found
}
