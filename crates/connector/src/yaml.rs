//! YAML as a tree in which every node knows its file, line and column. Anchors, aliases and tags are
//! refused: a file must read as it is.

mod like;
mod merge;
mod place;

use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use crate::complaint::{Complaint, Complaints};

pub(crate) use like::resolve_like;
pub(crate) use merge::Merge;
pub(crate) use place::Place;

/// A node and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) file: Arc<str>,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) data: Data,
}

/// What a node is.
#[derive(Debug, Clone)]
pub(crate) enum Data {
    /// Text as it is written; `plain` when without quotes.
    Scalar { text: String, plain: bool },
    /// A list.
    Seq(Vec<Node>),
    /// A map in the order of the file.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// The text of a scalar.
    pub(crate) const fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Scalar { text, .. } => Some(text.as_str()),
            Data::Seq(_) | Data::Map(_) => None,
        }
    }

    /// Whether it is written as nothing: `~`, `null` or blank.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.data, Data::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null"))
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        let Data::Map(pairs) = &self.data else { return None };
        pairs.iter().find(|(own, _)| own.text() == Some(key)).map(|(_, value)| value)
    }

    /// The element of a list.
    pub(crate) fn item(&self, index: usize) -> Option<&Self> {
        let Data::Seq(items) = &self.data else { return None };
        items.get(index)
    }

    /// The node at a path of keys and indexes, or the nearest above it.
    pub(crate) fn nearest(&self, path: &[String]) -> &Self {
        let Some((first, rest)) = path.split_first() else { return self };
        let child = match &self.data {
            Data::Map(_) => self.get(first),
            Data::Seq(_) => first.parse().ok().and_then(|index| self.item(index)),
            Data::Scalar { .. } => None,
        };
        // One value may stand for a list of one.
        match child {
            Some(child) => child.nearest(rest),
            None if first == "0" => self.nearest(rest),
            None => self,
        }
    }

    /// The same node without a key.
    pub(super) fn without(&self, name: &str) -> Self {
        let Data::Map(pairs) = &self.data else { return self.clone() };
        let pairs = pairs.iter().filter(|(key, _)| key.text() != Some(name)).cloned().collect();
        Self { data: Data::Map(pairs), ..self.clone() }
    }

    /// Something odd that stands here and is not refused.
    pub(crate) fn warning(&self, message: impl Into<String>) -> Complaint {
        Complaint { is_error: false, ..self.complaint(message) }
    }

    /// A mistake that stands here.
    pub(crate) fn complaint(&self, message: impl Into<String>) -> Complaint {
        Complaint {
            file: self.file.to_string(),
            line: self.line,
            column: self.column,
            message: message.into(),
            is_error: true,
        }
    }
}

/// Parses one document.
pub(crate) fn parse(path: &str, text: &str, complaints: &mut Complaints) -> Option<Node> {
    let mut reader = Reader { file: path.into(), events: Parser::new_from_str(text), complaints };
    let node = reader.document();
    if let Err(complaint) = &node {
        reader.complaints.push(complaint.clone());
    }
    node.ok()
}

struct Reader<'a, 'c> {
    file: Arc<str>,
    events: Parser<'a, saphyr_parser::StrInput<'a>>,
    complaints: &'c mut Complaints,
}

const DEPTH_MAX: usize = 32;

impl<'a> Reader<'a, '_> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Complaint> {
        match self.events.next() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(Complaint {
                file: self.file.to_string(),
                line: error.marker().line(),
                column: error.marker().col() + 1,
                message: format!("not YAML: {}", error.info()),
                is_error: true,
            }),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn document(&mut self) -> Result<Node, Complaint> {
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
                Event::StreamEnd | Event::DocumentEnd => {
                    return Err(self
                        .node(&span, Data::Seq(Vec::new()))
                        .complaint("the file is blank"));
                }
                other => return self.value(other, &span, 0),
            }
        }
    }

    fn node(&self, span: &Span, data: Data) -> Node {
        Node {
            file: self.file.clone(),
            line: span.start.line(),
            column: span.start.col() + 1,
            data,
        }
    }

    fn value(&mut self, event: Event<'a>, span: &Span, depth: usize) -> Result<Node, Complaint> {
        if depth > DEPTH_MAX {
            return Err(self.node(span, Data::Seq(Vec::new())).complaint("nested too deep"));
        }
        Ok(match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                let node = self.node(span, Data::Scalar { text: text.into_owned(), plain });
                if anchor != 0 || tag.is_some() {
                    self.complaints.push(node.complaint("anchors and tags are not used here"));
                }
                node
            }
            Event::SequenceStart(..) => {
                let mut items = Vec::new();
                loop {
                    let (event, at) = self.next()?;
                    if matches!(event, Event::SequenceEnd | Event::StreamEnd) {
                        break;
                    }
                    items.push(self.value(event, &at, depth + 1)?);
                }
                self.node(span, Data::Seq(items))
            }
            Event::MappingStart(..) => {
                let mut pairs: Vec<(Node, Node)> = Vec::new();
                loop {
                    let (event, at) = self.next()?;
                    if matches!(event, Event::MappingEnd | Event::StreamEnd) {
                        break;
                    }
                    let key = self.value(event, &at, depth + 1)?;
                    let (event, at) = self.next()?;
                    let value = self.value(event, &at, depth + 1)?;
                    if let Some(name) = key.text() {
                        if pairs.iter().any(|(other, _)| other.text() == Some(name)) {
                            self.complaints.push(key.complaint(format!("duplicate key `{name}`")));
                        }
                    } else {
                        self.complaints.push(key.complaint("a key must be a text"));
                    }
                    pairs.push((key, value));
                }
                self.node(span, Data::Map(pairs))
            }
            _ => {
                return Err(self
                    .node(span, Data::Seq(Vec::new()))
                    .complaint("aliases are not used here; write it out"));
            }
        })
    }
}
