//! What the schema cannot see: names that nothing defines, captures nobody uses, keys that contradict
//! each other, fields of other tables. Everything is told at once, each where it stands.

mod dictionary;
mod fields;
mod names;
mod shape;

use std::collections::{BTreeMap, BTreeSet};

use fiveone_model::product::Product;

use crate::{
    complaint::{Complaint, Complaints},
    definition::{Definition, Otherwise, Target},
    files::Files,
    yaml::Node,
};

pub(crate) use dictionary::check as dictionary;

/// What is checked: a definition, the tree it was made of, and what it may refer to.
pub(crate) struct Subject<'a> {
    pub(crate) files: &'a Files,
    pub(crate) definition: &'a Definition,
    pub(crate) node: &'a Node,
    pub(crate) product: Product,
    pub(crate) params: &'a BTreeMap<String, String>,
    /// The file for which all this was put together.
    pub(crate) file: &'a str,
}

/// Where something stands in a tree.
#[derive(Clone, Default)]
struct Path(Vec<String>);

impl Path {
    fn of(parts: &[&str]) -> Self {
        Self(parts.iter().map(|part| (*part).to_owned()).collect())
    }

    fn then(&self, part: impl ToString) -> Self {
        let mut parts = self.0.clone();
        parts.push(part.to_string());
        Self(parts)
    }
}

impl Subject<'_> {
    fn complain(&self, complaints: &mut Complaints, path: &Path, message: impl Into<String>) {
        complaints.push(self.complaint(path, message.into(), true));
    }

    fn warn(&self, complaints: &mut Complaints, path: &Path, message: impl Into<String>) {
        complaints.push(self.complaint(path, message.into(), false));
    }

    /// A mistake of a family that shows only together with a city names the city too.
    fn complaint(&self, path: &Path, message: String, is_error: bool) -> Complaint {
        let complaint = self.node.nearest(&path.0).complaint(message);
        let message = if complaint.file == self.file {
            complaint.message
        } else {
            format!("{} (with {})", complaint.message, self.file)
        };
        Complaint { message, is_error, ..complaint }
    }
}

/// What is wrong with what a target says of texts that do not fit.
fn misfit(target: &Target) -> Option<&'static str> {
    let detail = &target.detail;
    let may_keep = detail.codes.is_some() || detail.matching.is_some();
    (detail.otherwise == Some(Otherwise::Keep) && !may_keep).then_some(
        "`else: keep` goes with `codes` or `matching`; a text that is not of the field's kind \
         cannot be kept",
    )
}

/// Checks everything; returns the names that sections use.
pub(crate) fn lint(subject: &Subject<'_>, complaints: &mut Complaints) -> BTreeSet<String> {
    shape::check(subject, complaints);
    names::check(subject, complaints)
}

#[cfg(test)]
mod tests;
