//! A city's file. The first byte chooses the file that it stands for; the others are its text.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use fiveone_connector::{Library, SourceFile};

use super::choose;

/// The files of cities, and what they all share.
static FILES: LazyLock<(Vec<SourceFile>, Vec<SourceFile>)> = LazyLock::new(|| {
    let is_city = |file: &SourceFile| file.path.starts_with("cities/");
    Library::sources().into_iter().partition(is_city)
});

pub(super) fn run(bytes: &[u8]) {
    let (cities, shared) = &*FILES;
    let Some((at, text)) = choose(bytes, cities.len()) else { return };
    let text = String::from_utf8_lossy(text).into_owned();
    let mut sources = shared.clone();
    sources.push(SourceFile { path: cities[at].path.clone(), text });
    // What is wrong with it is told, in words.
    if let Err(complaints) = Library::load(sources, &BTreeMap::new()) {
        assert!(!complaints.to_string().is_empty());
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let files = FILES.0.iter().enumerate();
    files
        .filter_map(|(at, file)| Some([&[u8::try_from(at).ok()?], file.text.as_bytes()].concat()))
        .collect()
}
