//! A node over another, a city's over its family's or a block over the one it is like: maps key by key,
//! `~` takes away, the rest replaces; login methods by `type`, steps by `id`.

use super::{Data, Node, place::Place};
use crate::complaint::{Complaints, did_you_mean};

/// What is laid over something else, and whose that is.
pub(crate) struct Merge<'a> {
    /// Whose the lower node is, for people.
    pub(crate) whose: &'a str,
    pub(crate) complaints: &'a mut Complaints,
    /// The keys that lead to what is merged.
    path: Vec<String>,
    /// Inside a login method that is itself written by what differs: its steps are changes already.
    in_changes: bool,
}

impl<'a> Merge<'a> {
    pub(crate) const fn new(whose: &'a str, complaints: &'a mut Complaints) -> Self {
        Self { whose, complaints, path: Vec::new(), in_changes: false }
    }

    /// Merges one node over another.
    pub(crate) fn over(&mut self, under: &Node, over: &Node, place: Place) -> Node {
        match (&under.data, &over.data) {
            (Data::Map(_), Data::Map(_)) if place == Place::Capture => over.clone(),
            (Data::Map(below), Data::Map(above)) => self.maps(under, below, over, above, place),
            (Data::Seq(below), Data::Seq(above)) => {
                let items = match place {
                    Place::Logins => self.lists(below, above, "type", place),
                    Place::Steps => self.lists(below, above, "id", place),
                    _ => None,
                };
                match items {
                    Some(items) => Node { data: Data::Seq(items), ..under.clone() },
                    None => {
                        if place == Place::Steps {
                            self.warn_of_replaced(below, above);
                        }
                        over.clone()
                    }
                }
            }
            _ => over.clone(),
        }
    }

    fn maps(
        &mut self,
        under: &Node,
        below: &[(Node, Node)],
        over: &Node,
        above: &[(Node, Node)],
        place: Place,
    ) -> Node {
        let is_over = |key: &Node| key.text().and_then(|name| over.get(name)).is_some();
        let is_under = |key: &Node| key.text().is_some_and(|name| under.get(name).is_some());
        let moves_down = |key: &Node| place == Place::Values && is_over(key);
        let mut pairs = Vec::with_capacity(below.len() + above.len());
        for (key, value) in below.iter().filter(|(key, _)| !moves_down(key)) {
            let name = key.text().unwrap_or_default();
            match over.get(name) {
                Some(taken) if taken.is_null() && place != Place::Keys => {}
                Some(new) => {
                    self.path.push(name.to_owned());
                    pairs.push((key.clone(), self.over(value, new, place.inside(name))));
                    self.path.pop();
                }
                None => pairs.push((key.clone(), value.clone())),
            }
        }
        let is_new = |key: &Node| moves_down(key) || !is_under(key);
        pairs.extend(above.iter().filter(|(key, _)| is_new(key)).cloned());
        Node { data: Data::Map(pairs), ..under.clone() }
    }

    /// Merges list elements by a key; `None` when the upper list is not of that kind. A method whose
    /// name is `~` is taken away.
    fn lists(
        &mut self,
        below: &[Node],
        above: &[Node],
        by: &str,
        place: Place,
    ) -> Option<Vec<Node>> {
        let name_of = |node: &Node| node.get(by).and_then(Node::text).map(str::to_owned);
        let names: Vec<String> = above.iter().map(name_of).collect::<Option<_>>()?;
        let is_known =
            |name: &String| below.iter().any(|node| name_of(node).as_ref() == Some(name));
        if by == "id" && !names.iter().all(is_known) {
            return None;
        }
        let is_taken = |node: &Node| by == "type" && node.get("name").is_some_and(Node::is_null);
        let mut items: Vec<Node> = Vec::new();
        for node in below {
            let name = name_of(node);
            match above.iter().find(|over| name.is_some() && name_of(over) == name) {
                Some(over) if is_taken(over) => {}
                Some(over) => {
                    self.path.push(name.unwrap_or_default());
                    let outside = self.in_changes;
                    self.in_changes |= place == Place::Logins && node.get("like").is_some();
                    items.push(self.over(node, over, place));
                    self.in_changes = outside;
                    self.path.pop();
                }
                None => items.push(node.clone()),
            }
        }
        let is_new = |over: &&Node| name_of(over).is_some_and(|name| !is_known(&name));
        items.extend(above.iter().filter(is_new).cloned());
        Some(items)
    }

    /// Steps that take the place of a whole list are meant to when each of them has an `id` that is
    /// new there; any other list may have been meant to change the one below.
    fn warn_of_replaced(&mut self, below: &[Node], above: &[Node]) {
        let id_of = |node: &Node| node.get("id").and_then(Node::text).map(str::to_owned);
        let known: Vec<String> = below.iter().filter_map(id_of).collect();
        let known = || known.iter().map(String::as_str);
        let reason = above.iter().find_map(|step| match id_of(step) {
            None => Some((step, "it has no `id`".to_owned())),
            Some(id) if known().any(|other| other == id) => None,
            Some(id) => {
                let near = did_you_mean(&id, known());
                let meets = !self.in_changes
                    && above.iter().filter_map(id_of).any(|id| known().any(|own| own == id));
                (meets || !near.is_empty())
                    .then(|| (step, format!("no step there is `{id}`{near}")))
            }
        });
        if let Some((step, reason)) = reason.filter(|_| !below.is_empty()) {
            self.complaints.push(step.warning(format!(
                "this list replaces all of `{}` of {}: {reason}; give every step the `id` of the one \
                 it changes, or every step a new one to replace them",
                self.path.join("."),
                self.whose,
            )));
        }
    }
}
