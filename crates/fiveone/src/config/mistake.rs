//! What is wrong with a configuration, with the line or the variable where it stands.

use std::fmt;

/// One mistake. Its text never repeats a value, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// The line of the file, counted from 1, or the variable's name.
    pub(crate) at: Place,
    /// What is wrong.
    pub(crate) text: String,
}

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// A line of the file.
    Line(usize),
    /// An environment variable.
    Variable(String),
    /// Nowhere: it is missing.
    Missing,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.at {
            Place::Line(line) => write!(f, "line {line}: {}", self.text),
            Place::Variable(name) => write!(f, "{name}: {}", self.text),
            Place::Missing => f.write_str(&self.text),
        }
    }
}

/// All mistakes of a configuration, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// The mistakes in order; `None` when there are none.
    pub(crate) fn of(mut list: Vec<Mistake>) -> Option<Self> {
        list.sort_by(|a, b| a.at.cmp(&b.at));
        (!list.is_empty()).then_some(Self(list))
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.0.iter().map(Mistake::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Mistakes {}
