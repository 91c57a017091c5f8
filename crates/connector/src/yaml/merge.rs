//! A city's file over its family's: maps key by key, `~` takes away, the rest replaces; login methods
//! by `type`, steps by `id`.

use super::{Data, Node};

/// Where in a file two nodes meet, as far as it decides how they are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    /// Maps key by key, lists as a whole.
    Anything,
    /// The captures of a step.
    Captures,
    /// One capture: it has one source, so a new one replaces it as a whole.
    OneCapture,
    /// The values of a `set` step, which are worked out in order: new ones stand last.
    Values,
    /// A map of the portal's keys: `~` there says that a key is known.
    Keys,
    /// Steps, by their `id`.
    Steps,
    /// Login methods, by their `type`.
    Logins,
}

impl Within {
    const fn inside(self, key: &str) -> Self {
        match (self, key.as_bytes()) {
            (Self::Captures, _) => Self::OneCapture,
            (_, b"capture") => Self::Captures,
            (_, b"set") => Self::Values,
            (_, b"map") => Self::Keys,
            (_, b"steps" | b"before") => Self::Steps,
            (_, b"login") => Self::Logins,
            _ => Self::Anything,
        }
    }
}

/// Merges one node over another.
pub(crate) fn merge_over(under: &Node, over: &Node) -> Node {
    merge(under, over, Within::Anything)
}

fn merge(under: &Node, over: &Node, within: Within) -> Node {
    match (&under.data, &over.data) {
        (Data::Map(_), Data::Map(_)) if within == Within::OneCapture => over.clone(),
        (Data::Map(below), Data::Map(above)) => merge_maps(under, below, over, above, within),
        (Data::Seq(below), Data::Seq(above)) => {
            let items = match within {
                Within::Logins => merge_lists(below, above, "type"),
                Within::Steps => merge_lists(below, above, "id"),
                Within::Anything
                | Within::Captures
                | Within::OneCapture
                | Within::Values
                | Within::Keys => None,
            };
            let merged = |items| Node { data: Data::Seq(items), ..under.clone() };
            items.map_or_else(|| over.clone(), merged)
        }
        _ => over.clone(),
    }
}

fn merge_maps(
    under: &Node,
    below: &[(Node, Node)],
    over: &Node,
    above: &[(Node, Node)],
    within: Within,
) -> Node {
    let is_over = |key: &Node| key.text().and_then(|name| over.get(name)).is_some();
    let is_under = |key: &Node| key.text().is_some_and(|name| under.get(name).is_some());
    let moves_down = |key: &Node| within == Within::Values && is_over(key);
    let mut pairs = Vec::with_capacity(below.len() + above.len());
    for (key, value) in below.iter().filter(|(key, _)| !moves_down(key)) {
        let name = key.text().unwrap_or_default();
        match over.get(name) {
            Some(taken) if taken.is_null() && within != Within::Keys => {}
            Some(new) => pairs.push((key.clone(), merge(value, new, within.inside(name)))),
            None => pairs.push((key.clone(), value.clone())),
        }
    }
    let is_new = |key: &Node| moves_down(key) || !is_under(key);
    pairs.extend(above.iter().filter(|(key, _)| is_new(key)).cloned());
    Node { data: Data::Map(pairs), ..under.clone() }
}

/// Merges list elements by a key; `None` when the upper list is not of that kind. A method whose
/// name is `~` is taken away.
fn merge_lists(below: &[Node], above: &[Node], by: &str) -> Option<Vec<Node>> {
    let name_of = |node: &Node| node.get(by).and_then(Node::text).map(str::to_owned);
    let names: Vec<String> = above.iter().map(name_of).collect::<Option<_>>()?;
    let is_known = |name: &String| below.iter().any(|node| name_of(node).as_ref() == Some(name));
    if by == "id" && !names.iter().all(is_known) {
        return None;
    }
    let is_taken = |node: &Node| by == "type" && node.get("name").is_some_and(Node::is_null);
    let mut items: Vec<Node> = Vec::new();
    for node in below {
        let name = name_of(node);
        match above.iter().find(|over| name.is_some() && name_of(over) == name) {
            Some(over) if is_taken(over) => {}
            Some(over) => items.push(merge(node, over, Within::Anything)),
            None => items.push(node.clone()),
        }
    }
    let is_new = |over: &&Node| name_of(over).is_some_and(|name| !is_known(&name));
    items.extend(above.iter().filter(is_new).cloned());
    Some(items)
}
