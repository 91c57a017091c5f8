//! Which keys and words of the language a file uses, for the test that every one is used.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{FileKind, schema, shape, walk::Walk};
use crate::{complaint::Complaints, yaml::Node};

/// A key as `Type.key`, or a word of a key as `Type word`.
type Name = String;

/// Every key of the language, and every word that only it knows.
pub(crate) fn all() -> BTreeSet<Name> {
    named().into_iter().map(|(_, _, name)| name).collect()
}

/// The keys and words that a file uses.
pub(crate) fn used(node: &Node, kind: FileKind) -> BTreeSet<Name> {
    let mut complaints = Complaints::default();
    let mut walk = Walk::new(schema(), &mut complaints);
    walk.value(node, &schema()["$defs"][kind.type_name()]);
    let used = std::mem::take(&mut walk.used);
    let named = named();
    let name_of = |(at, word): (&Json, String)| {
        let found = named.iter().filter(|(own, of, _)| std::ptr::eq(*own, at) && *of == word);
        found.map(|(_, _, name)| name.clone()).collect::<Vec<_>>()
    };
    used.into_iter().flat_map(name_of).collect()
}

/// The schema of every key and word, with how it is called.
fn named() -> Vec<(&'static Json, String, Name)> {
    let mut named = Vec::new();
    for (name, of) in schema()["$defs"].as_object().expect("the schema has types") {
        add(name, of, &mut named);
    }
    named
}

fn add(name: &str, of: &'static Json, named: &mut Vec<(&'static Json, String, Name)>) {
    let Some(map) = of.as_object() else { return };
    for word in shape::words_of(of).unwrap_or_default() {
        named.push((of, word.to_owned(), format!("{name} {word}")));
    }
    for (key, inner) in map {
        match (key.as_str(), inner) {
            ("properties", Json::Object(keys)) => {
                for (key, inner) in keys {
                    let path = format!("{name}.{key}");
                    add(&path, inner, named);
                    named.push((inner, key.clone(), path));
                }
            }
            (_, Json::Array(items)) => items.iter().for_each(|inner| add(name, inner, named)),
            (_, inner) => add(name, inner, named),
        }
    }
}
