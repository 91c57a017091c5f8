//! The tree of modules: which file holds which, and which of them only tests compile.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::tokens::{self, Token, behind_bracket};

/// The Rust files of the repository by the modules that name them.
pub(super) struct Modules {
    /// Each file with its module's path, from the root that reaches it first.
    reached: BTreeMap<PathBuf, Reached>,
}

/// How a file is reached.
struct Reached {
    root: PathBuf,
    path: Vec<String>,
    is_test: bool,
}

impl Modules {
    /// Follows every `mod` from where a compiler begins.
    pub(super) fn of(files: &[PathBuf], read: impl Fn(&Path) -> String) -> Self {
        let known: BTreeSet<&Path> = files.iter().map(PathBuf::as_path).collect();
        let mut modules = Self { reached: BTreeMap::new() };
        for root in files.iter().filter(|file| is_root(file)) {
            let is_test = is_folder_of_tests(root);
            modules.follow(root, root, &[], is_test, &known, &read);
        }
        modules
    }

    /// Marks a file and all modules it declares, wherever they may stand.
    fn follow(
        &mut self,
        root: &Path,
        file: &Path,
        path: &[String],
        is_test: bool,
        known: &BTreeSet<&Path>,
        read: &impl Fn(&Path) -> String,
    ) {
        if self.reached.get(file).is_some_and(|before| !before.is_test || is_test) {
            return;
        }
        let reached = Reached { root: root.to_owned(), path: path.to_owned(), is_test };
        self.reached.insert(file.to_owned(), reached);
        let text = read(file);
        let all = tokens::tokens(&text);
        let compiled: BTreeSet<_> = declared(&tokens::production(&all)).into_iter().collect();
        let folder = file.parent().unwrap_or(Path::new(""));
        let stem = file.file_stem().unwrap_or_default();
        let below = if is_root(file) { folder.to_owned() } else { folder.join(stem) };
        for names in declared(&all) {
            let at = names.iter().fold(below.clone(), |folder, name| folder.join(name));
            let is_test = is_test || !compiled.contains(&names);
            let path: Vec<_> = path.iter().chain(&names).cloned().collect();
            for candidate in [at.with_extension("rs"), at.join("mod.rs")] {
                if known.contains(candidate.as_path()) {
                    self.follow(root, &candidate, &path, is_test, known, read);
                }
            }
        }
    }

    pub(super) fn reach(&self, file: &Path) -> bool {
        self.reached.contains_key(file)
    }

    /// Whether only tests compile a file: it stands in their folder, or the `mod` that names it is
    /// theirs. A file that nothing reaches is not.
    pub(super) fn is_test(&self, file: &Path) -> bool {
        self.reached.get(file).map_or_else(|| is_folder_of_tests(file), |reached| reached.is_test)
    }

    /// The roots of what is shipped, each with its files and their modules' paths.
    pub(super) fn crates(&self) -> BTreeMap<&Path, Vec<(&[String], &Path)>> {
        let mut crates: BTreeMap<&Path, Vec<_>> = BTreeMap::new();
        for (file, reached) in self.reached.iter().filter(|(_, reached)| !reached.is_test) {
            crates.entry(&reached.root).or_default().push((&*reached.path, file.as_path()));
        }
        crates
    }
}

fn is_folder_of_tests(file: &Path) -> bool {
    file.components().any(|part| part.as_os_str() == "tests")
}

/// Where a compiler begins: libraries, programs, build scripts, tests, benches and examples.
pub(super) fn is_root(file: &Path) -> bool {
    let parent = file.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    file.extension().is_some_and(|end| end == "rs")
        && (matches!(name, "lib.rs" | "main.rs" | "build.rs")
            || matches!(parent, Some("examples" | "bin" | "benches")))
}

/// The names of `mod name;`, each below the names of the inline modules around it.
fn declared(tokens: &[Token<'_>]) -> Vec<Vec<String>> {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        let name = tokens.get(at + 1).filter(|name| tokens[at].is("mod") && name.is_word());
        let (Some(name), Some(behind)) = (name, tokens.get(at + 2)) else {
            at += 1;
            continue;
        };
        let name = name.text.to_owned();
        if behind.is("{") {
            let end = behind_bracket(tokens, at + 2);
            let inside = declared(&tokens[at + 3..end - 1]);
            found.extend(inside.into_iter().map(|mut names| {
                names.insert(0, name.clone());
                names
            }));
            at = end;
        } else {
            if behind.is(";") {
                found.push(vec![name]);
            }
            at += 2;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_declared_with_or_without_visibility_or_inside_another() {
        let text = "mod a;\npub(crate) mod b;\n// mod d;\nmod e { mod f; }\nlet mod_f = 1;\n";
        let found: Vec<_> =
            declared(&tokens::tokens(text)).into_iter().map(|names| names.join("/")).collect();
        assert_eq!(found, ["a", "b", "e/f"]);
    }

    #[test]
    fn a_file_is_of_tests_when_its_mod_is() {
        let files =
            ["a/src/lib.rs", "a/src/b.rs", "a/src/b/c.rs", "a/src/d.rs", "a/tests/it/main.rs"];
        let files: Vec<_> = files.iter().map(PathBuf::from).collect();
        let modules = Modules::of(&files, |path| match path.to_str() {
            Some("a/src/lib.rs") => "#[cfg(test)]\nmod b;\n".to_owned(),
            Some("a/src/b.rs") => "mod c;\n".to_owned(),
            _ => String::new(),
        });
        let tests: Vec<_> = files.iter().map(|file| modules.is_test(file)).collect();
        assert_eq!(tests, [false, true, true, false, true]);
        assert!(!modules.reach(&files[3]));
    }
}
