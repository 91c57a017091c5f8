//! `like:` and `with:`: a login method, a section, a list or a pager that is written by what differs
//! from another.
//!
//! A login method names another by its `type`. Everything else names a neighbour (another section or
//! list) or one of the file's `blocks`; `${name}` in what is copied stands for a value of `with`.

use super::{Data, Node, merge_over};
use crate::complaint::{Complaints, did_you_mean};

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
                        .map(|(name, block)| (name.clone(), resolver.block(block)))
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
                Some(model) => resolved.push(merge_over(model, login).without("like")),
                None => {
                    self.complaints.push(like.complaint("`like` is not the type of another login"))
                }
            }
        }
        resolved
    }

    /// A section or list with all `like`s in it worked out, and no `${…}` left.
    fn block(&mut self, node: &Node) -> Node {
        let resolved = self.resolve(node, 0);
        self.complain_of_rest(&resolved);
        resolved
    }

    fn resolve(&mut self, node: &Node, depth: usize) -> Node {
        match &node.data {
            Data::Scalar { .. } => node.clone(),
            Data::Seq(items) => {
                let items = items.iter().map(|item| self.resolve(item, depth)).collect();
                Node { data: Data::Seq(items), ..node.clone() }
            }
            Data::Map(_) => {
                let whole = self.with_model(node, depth);
                let Data::Map(pairs) = &whole.data else { return whole };
                let pairs = pairs
                    .iter()
                    .map(|(key, value)| (key.clone(), self.resolve(value, depth)))
                    .collect();
                Node { data: Data::Map(pairs), ..whole.clone() }
            }
        }
    }

    /// A map over the block that its `like` names, with its `with` put in.
    fn with_model(&mut self, node: &Node, depth: usize) -> Node {
        let own = node.without("like").without("with");
        let mut whole = match node.get("like") {
            None => own,
            Some(like) => {
                let name = like.text().unwrap_or_default();
                let model = self.named.iter().find(|(known, _)| known == name);
                match model.map(|(_, model)| (*model).clone()) {
                    Some(model) if depth < DEPTH_MAX => {
                        let model = self.with_model(&model, depth + 1);
                        merge_over(&model, &own)
                    }
                    Some(_) => {
                        self.complaints.push(like.complaint("these `like`s lead to each other"));
                        own
                    }
                    None => {
                        let known = self.named.iter().map(|(name, _)| name.as_str());
                        let near = did_you_mean(name, known);
                        let message = format!("no section, list or block `{name}`{near}");
                        self.complaints.push(like.complaint(message));
                        own
                    }
                }
            }
        };
        if let Some(Data::Map(values)) = node.get("with").map(|with| &with.data) {
            for (name, value) in values {
                if let (Some(name), Some(value)) = (name.text(), value.text()) {
                    whole = replaced(&whole, &format!("${{{name}}}"), value);
                }
            }
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
