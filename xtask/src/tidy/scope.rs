//! What the modules of a crate name: the `use` of each, the paths in its code, and where they lead.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::paths::{path_at, used};
use super::tokens::{Token, behind_bracket};

/// A module, without those inside it.
#[derive(Default)]
pub(super) struct Module {
    pub(super) file: PathBuf,
    /// What `use` brings: the name it has here (`*` for all), the path, and its line.
    uses: Vec<(String, Vec<String>, usize)>,
    /// Other paths, and their lines.
    paths: Vec<(Vec<String>, usize)>,
    /// The names that are declared here.
    items: BTreeSet<String>,
}

/// The modules of a crate by their paths.
#[derive(Default)]
pub(super) struct Scope(BTreeMap<Vec<String>, Module>);

impl Scope {
    /// A module and those that stand inside its text.
    pub(super) fn add(&mut self, path: &[String], file: &Path, tokens: &[Token<'_>]) {
        let mut module = Module { file: file.to_owned(), ..Module::default() };
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let next = tokens.get(at + 1).filter(|next| next.is_word());
            let is_inline = token.is("mod") && tokens.get(at + 2).is_some_and(|open| open.is("{"));
            if let (Some(name), true) = (next, is_inline) {
                let end = behind_bracket(tokens, at + 2);
                let below: Vec<_> = path.iter().cloned().chain([name.text.to_owned()]).collect();
                self.add(&below, file, &tokens[at + 3..end - 1]);
                at = end;
                continue;
            }
            if token.is("use") && token.is_word() {
                let length = tokens[at..].iter().take_while(|token| !token.is(";")).count();
                for (name, path) in used(&tokens[at + 1..at + length]) {
                    module.uses.push((name, path, token.line));
                }
                at += length;
                continue;
            }
            const DECLARE: [&str; 9] = [
                "fn",
                "struct",
                "enum",
                "trait",
                "type",
                "const",
                "static",
                "union",
                "macro_rules",
            ];
            if let Some(name) = next.filter(|_| DECLARE.contains(&token.text)) {
                module.items.insert(name.text.to_owned());
            }
            let path = path_at(tokens, at);
            if path.len() > 1 {
                at += 2 * path.len() - 1;
                module.paths.push((path, token.line));
            } else {
                at += 1;
            }
        }
        self.0.insert(path.to_vec(), module);
    }

    pub(super) fn modules(&self) -> impl Iterator<Item = (&Vec<String>, &Module)> {
        self.0.iter()
    }

    /// All modules that a module's paths lead to or through, and the lines they stand on.
    pub(super) fn targets(&self, path: &[String], module: &Module) -> Vec<(Vec<String>, usize)> {
        let uses = module.uses.iter().map(|(_, path, line)| (path, *line));
        let all = uses.chain(module.paths.iter().map(|(path, line)| (path, *line)));
        let mut targets = Vec::new();
        for (named, line) in all {
            let mut passed = Vec::new();
            self.lead(path, named, 0, &mut passed);
            targets.extend(passed.into_iter().map(|target| (target, line)));
        }
        targets
    }

    /// Where a path in a module leads; the modules on its way are noted. Nowhere within this crate:
    /// none. The depth ends what would go round.
    fn lead(
        &self,
        from: &[String],
        named: &[String],
        depth: usize,
        passed: &mut Vec<Vec<String>>,
    ) -> Option<Vec<String>> {
        let mut words = named.iter().peekable();
        let mut at = from.to_vec();
        match words.peek().map(|word| word.as_str()) {
            Some("crate") => {
                at.clear();
                words.next();
            }
            Some("self") => drop(words.next()),
            Some("super") => {
                while words.next_if(|word| *word == "super").is_some() {
                    at.pop();
                }
            }
            // A name of this module, or another crate.
            Some(word) if !self.has(&at, word) => return None,
            _ => {}
        }
        for word in words {
            let below: Vec<_> = at.iter().chain([word]).cloned().collect();
            if self.0.contains_key(&below) {
                at = below;
            } else if let Some((_, path, _)) = self.brought(&at, word)
                && depth < 8
            {
                passed.push(at.clone());
                at = self.lead(&at, path, depth + 1, passed)?;
            } else if let Some(found) = self.of_all(&at, word, depth, passed) {
                at = found;
            } else {
                break;
            }
        }
        passed.push(at.clone());
        Some(at)
    }

    /// Whether a module knows a name by its own text.
    fn has(&self, at: &[String], word: &str) -> bool {
        let below: Vec<_> = at.iter().cloned().chain([word.to_owned()]).collect();
        self.0.contains_key(&below) || self.brought(at, word).is_some()
    }

    fn brought(&self, at: &[String], word: &str) -> Option<&(String, Vec<String>, usize)> {
        // A name that is brought under itself (`use a::{self}`) leads on, not round.
        self.0.get(at)?.uses.iter().find(|(name, path, _)| name == word && path.len() > 1)
    }

    /// A name that comes by `use …::*`.
    fn of_all(
        &self,
        at: &[String],
        word: &String,
        depth: usize,
        passed: &mut Vec<Vec<String>>,
    ) -> Option<Vec<String>> {
        let module = self.0.get(at)?;
        if module.items.contains(word) || depth >= 8 {
            return None;
        }
        let all = module.uses.iter().filter(|(name, _, _)| name == "*");
        let found = all.filter_map(|(_, path, _)| self.lead(at, path, depth + 1, &mut Vec::new()));
        let found = found.into_iter().find(|found| {
            self.0.get(found).is_some_and(|module| module.items.contains(word))
                || self.has(found, word)
        })?;
        passed.push(at.to_vec());
        Some(found)
    }
}
