//! The rules of the repository as a check: what files are called, how long they are, who knows
//! whom, that no imports go in a circle, who may write, sleep and read the clock, which rules of the
//! protocol are cited and tested, and that no real person's number stands anywhere. All findings are
//! reported at once.

mod alerts;
mod arrows;
mod commands;
mod dead;
mod documents;
mod imports;
mod log_fields;
mod metrics;
mod modules;
mod named_files;
mod paths;
mod people;
mod reach;
mod rules;
mod rust;
mod scope;
mod tokens;
mod whole_lists;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

/// A file and what is wrong with it.
pub(crate) struct Finding {
    place: String,
    message: String,
}

impl Finding {
    pub(crate) fn new(path: &Path, line: Option<usize>, message: impl Into<String>) -> Self {
        let place = line.map_or_else(
            || path.display().to_string(),
            |line| format!("{}:{line}", path.display()),
        );
        Self { place, message: message.into() }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Checks every file git knows or would add.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut findings = Vec::new();
    let files = files()?;
    let texts: BTreeMap<&Path, String> = files
        .iter()
        .filter_map(|path| Some((path.as_path(), std::fs::read_to_string(path).ok()?)))
        .collect();
    let read = |path: &Path| texts.get(path).cloned().unwrap_or_default();
    let modules = modules::Modules::of(&files, read);
    let mut rules = rules::Rules::default();
    let mut log_fields = log_fields::LogFields::default();
    for (path, text) in &texts {
        people::check(path, text, &mut findings);
        documents::check(path, text, &mut findings);
        named_files::check(path, text, &mut findings);
        rules.look(path, text);
        if path.extension().is_some_and(|end| end == "rs") {
            let (tokens, is_test) = (tokens::tokens(text), modules.is_test(path));
            rust::check(path, text, is_test, &mut findings);
            if !is_test {
                reach::check(path, &tokens::production(&tokens), &mut findings);
            }
            rules.look_for_tests(&tokens);
            whole_lists::check(path, text, &mut findings);
            metrics::check_file(path, text, &mut findings);
            log_fields.look(path, text);
        }
    }
    rules.finish(&mut findings);
    commands::check(&texts, &mut findings);
    arrows::check(&mut findings)?;
    dead::check(&files, &modules, read, &mut findings);
    imports::check(&modules, read, &mut findings);
    metrics::check(&mut findings);
    alerts::check(&mut findings);
    log_fields.finish(&mut findings);
    for finding in &findings {
        eprintln!("{finding}");
    }
    if findings.is_empty() {
        eprintln!("tidy: {} files", files.len());
        return Ok(());
    }
    bail!("{} findings", findings.len());
}

fn files() -> anyhow::Result<Vec<PathBuf>> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .output()
        .context("git does not run")?;
    let names = String::from_utf8(output.stdout)?;
    let mut files: Vec<PathBuf> = names.split_terminator('\0').map(PathBuf::from).collect();
    files.retain(|path| path.is_file());
    files.sort();
    files.dedup();
    Ok(files)
}
