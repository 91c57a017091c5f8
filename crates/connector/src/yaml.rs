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

    /// Whether it is a map.
    pub(crate) const fn is_map(&self) -> bool {
        matches!(self.data, Data::Map(_))
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
        self.complaint(message).as_warning()
    }

    /// A mistake that stands here.
    pub(crate) fn complaint(&self, message: impl Into<String>) -> Complaint {
        Complaint::at(&self.file, (self.line, self.column), message)
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
            Some(Err(error)) => {
                let place = (error.marker().line(), error.marker().col() + 1);
                let message = format!("not YAML: {}{}", error.info(), hint(error.info()));
                Err(Complaint::at(&self.file, place, message))
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn document(&mut self) -> Result<Node, Complaint> {
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
                Event::StreamEnd | Event::DocumentEnd => return Err(self.blank()),
                other => {
                    let node = self.value(other, &span, 0)?;
                    self.end()?;
                    return if node.is_null() { Err(self.blank()) } else { Ok(node) };
                }
            }
        }
    }

    fn blank(&self) -> Complaint {
        Complaint::at(&self.file, (1, 1), "the file is blank; write it, or take it away")
    }

    /// Nothing stands behind the first document.
    fn end(&mut self) -> Result<(), Complaint> {
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(()),
                Event::DocumentStart(_) => {
                    let node = self.node(&span, Data::Seq(Vec::new()));
                    return Err(node.complaint("a file is one document; take the `---` away"));
                }
                _ => {}
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
                        let first = pairs.iter().find(|(other, _)| other.text() == Some(name));
                        if let Some((first, _)) = first {
                            let message = format!(
                                "duplicate key `{name}`; it stands in line {} too",
                                first.line
                            );
                            self.complaints.push(key.complaint(message));
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

/// What an author does about what the parser says.
fn hint(info: &str) -> &'static str {
    const HINTS: [(&str, &str); 7] = [
        ("tabs disallowed", "; indent with blanks, not with tabs"),
        ("mapping values are not allowed", "; a text that holds `: ` stands in quotes"),
        ("flow construct", "; a `{` or `[` above is not closed"),
        ("quoted scalar", "; a quote is not closed"),
        (
            "expected key",
            "; the line is indented otherwise than those beside it, or a quote or bracket is wrong",
        ),
        ("expected node content", "; a value is missing here, or a `{` or `[` above is not closed"),
        ("simple key expect", "; a key and its value are written `key: value`"),
    ];
    HINTS.iter().find(|(part, _)| info.contains(part)).map_or("", |(_, hint)| hint)
}
