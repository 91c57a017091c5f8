//! `like:` and `with:`: what is written by how it differs from another.
//!
//! A login method names another by its `type`. A section, a list, a step, a loop, a pager, a source of
//! a record or rows name a neighbour (another section or list) or one of the file's `blocks`;
//! `${name}` in what is copied stands for a value of `with`. Anywhere else both words are keys like
//! any other.

use super::{Data, Merge, Node, place::Place};
use crate::complaint::{Complaints, did_you_mean_one_of};

/// How many `like`s may lead to each other.
const DEPTH_MAX: usize = 4;

/// Works out every `like` of a file.
pub(crate) fn resolve_like(whole: &Node, complaints: &mut Complaints) -> Node {
    let Data::Map(pairs) = &whole.data else { return whole.clone() };
    let mut named: Vec<(String, &Node)> = Vec::new();
    for group in ["sections", "lists", "blocks"].iter().filter_map(|group| whole.get(group)) {
        if let Data::Map(pairs) = &group.data {
            let texts = pairs.iter().filter_map(|(key, node)| Some((key.text()?.to_owned(), node)));
            named.extend(texts);
        }
    }
    let mut resolver = Resolver { named, complaints };
    let pairs = pairs
        .iter()
        .map(|(key, value)| {
            let resolved = match (&value.data, key.text()) {
                (Data::Seq(logins), Some("login")) => {
                    let data = Data::Seq(resolver.logins(logins));
                    Node { data, ..value.clone() }
                }
                (Data::Map(blocks), Some("sections" | "lists")) => {
                    let resolved = blocks
                        .iter()
                        .map(|(name, block)| (name.clone(), resolver.section(block)))
                        .collect();
                    Node { data: Data::Map(resolved), ..value.clone() }
                }
                _ => value.clone(),
            };
            (key.clone(), resolved)
        })
        .collect();
    Node { data: Data::Map(pairs), ..whole.clone() }
}

struct Resolver<'a> {
    /// Sections, lists and blocks by name.
    named: Vec<(String, &'a Node)>,
    complaints: &'a mut Complaints,
}

impl Resolver<'_> {
    fn logins(&mut self, logins: &[Node]) -> Vec<Node> {
        let of = |number: &str| {
            logins.iter().find(|login| login.get("type").and_then(Node::text) == Some(number))
        };
        let mut resolved = Vec::new();
        for login in logins {
            let Some(like) = login.get("like") else {
                resolved.push(login.clone());
                continue;
            };
            match like.text().and_then(of).filter(|model| model.get("like").is_none()) {
                Some(model) => {
                    let mut merge = Merge::new("the method it is like", self.complaints);
                    let whole = merge.over(model, login, Place::Logins);
                    resolved.push(whole.without("like"));
                }
                None => {
                    self.complaints.push(like.complaint("`like` is not the type of another login"))
                }
            }
        }
        resolved
    }

    /// A section or list with all `like`s in it worked out, and no `${…}` left.
    fn section(&mut self, node: &Node) -> Node {
        let resolved = self.resolve(node, Place::Section, 0);
        self.complain_of_rest(&resolved);
        resolved
    }

    /// A tree with the `like`s in it worked out; `depth` is how many led here.
    fn resolve(&mut self, node: &Node, place: Place, depth: usize) -> Node {
        match &node.data {
            Data::Scalar { .. } => node.clone(),
            Data::Seq(items) => {
                let items = items.iter().map(|item| self.resolve(item, place, depth)).collect();
                Node { data: Data::Seq(items), ..node.clone() }
            }
            Data::Map(_) => {
                let (whole, depth) = if place.may_be_like() {
                    self.with_model(node, place, depth)
                } else {
                    (node.clone(), depth)
                };
                let Data::Map(pairs) = &whole.data else { return whole };
                let inside = |key: &Node| place.inside(key.text().unwrap_or_default());
                let pairs = pairs
                    .iter()
                    .map(|(key, value)| (key.clone(), self.resolve(value, inside(key), depth)))
                    .collect();
                Node { data: Data::Map(pairs), ..whole.clone() }
            }
        }
    }

    /// A map over the block that its `like` names, with its `with` put in; and how deep that was.
    fn with_model(&mut self, node: &Node, place: Place, depth: usize) -> (Node, usize) {
        let own = node.without("like").without("with");
        let Some(like) = node.get("like") else {
            if let Some(with) = node.get("with") {
                let message = "`with` fills what `like` copies, and there is no `like` beside it";
                self.complaints.push(with.complaint(message));
            }
            return (own, depth);
        };
        let name = like.text().unwrap_or_default();
        let model = self.named.iter().find(|(known, _)| known == name).map(|(_, model)| *model);
        let Some(model) = model else {
            let near = did_you_mean_one_of(name, self.named.iter().map(|(name, _)| name.as_str()));
            let message = format!("no section, list or block `{name}`{near}");
            self.complaints.push(like.complaint(message));
            return (own, depth);
        };
        if depth >= DEPTH_MAX {
            self.complaints.push(like.complaint("these `like`s lead to each other"));
            return (own, depth);
        }
        let (model, depth) = self.with_model(model, place, depth + 1);
        let mut merge = Merge::new("what it is like", self.complaints);
        let whole = merge.over(&model, &own, place);
        let Some(with) = node.get("with") else { return (whole, depth) };
        (self.filled(whole, with), depth)
    }

    /// A tree with the values of a `with` put in.
    fn filled(&mut self, mut whole: Node, with: &Node) -> Node {
        let Data::Map(values) = &with.data else {
            self.complaints.push(with.complaint("`with` is a map of names and texts"));
            return whole;
        };
        for (key, value) in values {
            let (Some(name), Some(text)) = (key.text(), value.text()) else {
                self.complaints.push(value.complaint("`with` gives texts"));
                continue;
            };
            let placeholder = format!("${{{name}}}");
            if !holds(&whole, &placeholder) {
                let message = format!("nothing that is copied holds `{placeholder}`");
                self.complaints.push(key.warning(message));
            }
            whole = replaced(&whole, &placeholder, text);
        }
        whole
    }

    fn complain_of_rest(&mut self, node: &Node) {
        match &node.data {
            Data::Scalar { text, .. } => {
                if let Some(start) = text.find("${") {
                    let name = text[start..].split('}').next().unwrap_or_default();
                    let message = format!("nothing gives `{name}}}`; say it in `with`");
                    self.complaints.push(node.complaint(message));
                }
            }
            Data::Seq(items) => items.iter().for_each(|item| self.complain_of_rest(item)),
            Data::Map(pairs) => {
                for (key, value) in pairs {
                    self.complain_of_rest(key);
                    self.complain_of_rest(value);
                }
            }
        }
    }
}

/// Whether a text of a tree, or a key, holds another.
fn holds(node: &Node, part: &str) -> bool {
    match &node.data {
        Data::Scalar { text, .. } => text.contains(part),
        Data::Seq(items) => items.iter().any(|item| holds(item, part)),
        Data::Map(pairs) => pairs.iter().any(|(key, item)| holds(key, part) || holds(item, part)),
    }
}

/// A tree with a placeholder replaced in every text, keys included.
fn replaced(node: &Node, placeholder: &str, value: &str) -> Node {
    let data = match &node.data {
        Data::Scalar { text, plain } => {
            Data::Scalar { text: text.replace(placeholder, value), plain: *plain }
        }
        Data::Seq(items) => {
            Data::Seq(items.iter().map(|item| replaced(item, placeholder, value)).collect())
        }
        Data::Map(pairs) => Data::Map(
            pairs
                .iter()
                .map(|(key, item)| {
                    (replaced(key, placeholder, value), replaced(item, placeholder, value))
                })
                .collect(),
        ),
    };
    Node { data, ..node.clone() }
}
