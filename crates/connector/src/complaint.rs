//! What is wrong with connector files: every complaint at once, each where it stands.

use std::collections::BTreeSet;

/// One mistake in one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Complaint {
    /// The file, as it was given; or the name of the setting that is wrong.
    pub file: String,
    /// From 1; 0 when it is a setting.
    pub line: usize,
    /// From 1; 0 when it is a setting.
    pub column: usize,
    /// What is wrong, with a suggestion where there is one.
    pub message: String,
    /// Whether the file is refused for it; a warning is only told.
    pub is_error: bool,
}

impl Complaint {
    /// A mistake at a line and a column of a file, both from 1.
    #[must_use]
    pub fn at(file: &str, (line, column): (usize, usize), message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, column, message: message.into(), is_error: true }
    }

    /// The same as something that is only told.
    #[must_use]
    pub fn as_warning(self) -> Self {
        Self { is_error: false, ..self }
    }
}

impl std::fmt::Display for Complaint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = if self.is_error { "error" } else { "warning" };
        if self.line == 0 {
            return write!(f, "{}: {kind}: {}", self.file, self.message);
        }
        write!(f, "{}:{}:{}: {kind}: {}", self.file, self.line, self.column, self.message)
    }
}

/// All mistakes found, in the order of files and lines, without doubles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Complaints(BTreeSet<Complaint>);

impl Complaints {
    /// Adds one.
    pub fn push(&mut self, complaint: Complaint) {
        self.0.insert(complaint);
    }

    /// Adds one about a setting, which has no place in a file.
    pub fn push_setting(&mut self, setting: &str, message: impl Into<String>) {
        self.push(Complaint::at(setting, (0, 0), message));
    }

    /// Adds all of others.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// In the order of files and lines.
    pub fn iter(&self) -> impl Iterator<Item = &Complaint> {
        self.0.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them is more than a warning.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|complaint| complaint.is_error)
    }
}

impl std::fmt::Display for Complaints {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for complaint in &self.0 {
            writeln!(f, "{complaint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Complaints {}

/// `, did you mean …?` for the nearest of the known words, or nothing.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let allowed = (word.chars().count() / 3).clamp(1, 3);
    known
        .into_iter()
        .map(|known| (strsim::osa_distance(&word.to_lowercase(), &known.to_lowercase()), known))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map_or_else(String::new, |(_, known)| format!(", did you mean `{known}`?"))
}

/// The same, and where nothing is near: `; known are …`, for names that are few.
pub(crate) fn did_you_mean_one_of<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> String {
    let known: BTreeSet<&str> = known.into_iter().collect();
    let near = did_you_mean(word, known.iter().copied());
    match known.len() {
        _ if !near.is_empty() => near,
        0 => String::new(),
        _ => format!("; known are {}", known.into_iter().collect::<Vec<_>>().join(", ")),
    }
}
