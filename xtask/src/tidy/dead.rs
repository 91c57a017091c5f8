//! Files that nothing reaches: Rust files that no `mod` names, SQL that is no step of the schema,
//! templates, scripts, styles and JSON that nothing names, documents that no other links, pictures
//! that no document shows and no test draws.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::Finding;
use super::modules::Modules;
use super::tokens::{Kind, production, tokens};

/// Where a reader begins.
const FIRST_DOCUMENTS: [&str; 5] =
    ["README.md", "README.zh.md", "CONTRIBUTING.md", "CHANGELOG.md", "clients/README.md"];
/// What others look for by its name.
const BY_NAME: [&str; 2] = ["browser/package.json", "browser/package-lock.json"];

/// The files of the repository and their texts, as far as they are read here.
pub(super) struct Tree<'a> {
    files: BTreeMap<&'a Path, String>,
    modules: &'a Modules,
}

pub(super) fn check(
    files: &[PathBuf],
    modules: &Modules,
    read: impl Fn(&Path) -> String,
    findings: &mut Vec<Finding>,
) {
    let files = files.iter().map(|file| (file.as_path(), read(file))).collect();
    let tree = Tree { files, modules };
    let documents = tree.linked();
    let named = tree.named();
    for file in tree.files.keys() {
        let message = match ending(file) {
            "rs" if !modules.reach(file) => "no module names this file",
            "sql" if !file.starts_with("crates/store/migrations") => {
                "only the steps of the schema are run"
            }
            "html" | "js" | "css" | "json" | "mjs" if !named.contains(file) => {
                "nothing names this file"
            }
            "md" if file.starts_with("docs") && !documents.contains(file) => {
                "no document links this one"
            }
            _ if file.starts_with("docs") && ending(file) != "md" => {
                if documents.contains(file) || tree.draws(file) {
                    continue;
                }
                "no document shows it, and no test draws it"
            }
            _ => continue,
        };
        findings.push(Finding::new(file, None, message));
    }
}

fn ending(file: &Path) -> &str {
    file.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

impl Tree<'_> {
    /// The documents, pictures and other files that links lead to from where a reader begins.
    fn linked(&self) -> Vec<&Path> {
        let mut found: Vec<&Path> = Vec::new();
        let mut left: Vec<PathBuf> = FIRST_DOCUMENTS.iter().map(PathBuf::from).collect();
        while let Some(document) = left.pop() {
            let Some((file, text)) = self.files.get_key_value(document.as_path()) else { continue };
            if found.contains(file) {
                continue;
            }
            found.push(file);
            if ending(file) == "md" {
                let folder = file.parent().unwrap_or(Path::new(""));
                left.extend(links(text).map(|link| plain(&folder.join(link))));
            }
        }
        found
    }

    /// What is named by what runs: templates by the code or by each other, scripts and styles of the
    /// pages by the code, which serves them, and by a page, which asks for them.
    fn named(&self) -> Vec<&Path> {
        let code: String = self.files.iter().filter(|(file, _)| ending(file) == "rs").fold(
            String::new(),
            |mut code, (file, text)| {
                let all = tokens(text);
                let is_test = self.modules.is_test(file) || !self.modules.reach(file);
                let compiled = if is_test { Vec::new() } else { production(&all) };
                for text in compiled.iter().filter(|token| token.kind == Kind::Literal) {
                    code.push_str(text.text);
                    code.push('\n');
                }
                code
            },
        );
        let mut found: Vec<&Path> = Vec::new();
        loop {
            let before = found.len();
            for file in self
                .files
                .keys()
                .filter(|file| matches!(ending(file), "html" | "js" | "css" | "json" | "mjs"))
            {
                if !found.contains(file) && self.is_named(file, &code, &found) {
                    found.push(file);
                }
            }
            if found.len() == before {
                return found;
            }
        }
    }

    fn is_named(&self, file: &Path, code: &str, found: &[&Path]) -> bool {
        let path = file.to_string_lossy();
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let of_found = |name: &str| {
            let texts =
                found.iter().filter(|other| **other != file).map(|other| &self.files[*other]);
            texts.into_iter().any(|text| names(text, name))
        };
        if let Some((_, below)) = path.split_once("/templates/") {
            let below = format!("\"{below}\"");
            return code.contains(&below)
                || found.iter().any(|other| self.files[*other].contains(&below));
        }
        if path.contains("/assets/") {
            return names(code, name) && of_found(name);
        }
        if file.starts_with("browser") {
            return BY_NAME.contains(&&*path) || name.ends_with(".test.mjs") || {
                let mut others = self.files.iter().filter(|(other, _)| **other != file);
                others.any(|(other, text)| other.starts_with("browser") && names(text, name))
            };
        }
        let mut others = self.files.iter().filter(|(other, _)| ending(other) == "md");
        names(code, name) || others.any(|(_, text)| names(text, name))
    }

    /// Whether a test in the browser draws a picture: its name without the size of the page and its
    /// light stands there, whole or behind the front's.
    fn draws(&self, picture: &Path) -> bool {
        let stem = picture.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let Some(stem) = ["-dark", "-light"].iter().find_map(|light| stem.strip_suffix(light))
        else {
            return false;
        };
        let stem = stem.trim_end_matches("-phone").trim_end_matches("-desktop");
        let (front, page) = stem.split_once('-').unwrap_or((stem, stem));
        let mut tests = self.files.iter().filter(|(file, _)| file.starts_with("browser"));
        picture.starts_with("docs/screenshots")
            && tests.any(|(file, text)| {
                let test = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                let marks = [format!("\"{page}\""), format!("\"{stem}\""), format!("{stem}-$")];
                test.starts_with(front) && marks.iter().any(|mark| text.contains(mark))
            })
    }
}

/// Whether a text has a name that is not the end of another.
fn names(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        before.is_none_or(|before| !before.is_alphanumeric() && !matches!(before, '.' | '_' | '-'))
    })
}

/// Where a document leads: `](address)` and `src="address"`, without the place in the page.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let marked = text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    let drawn = text.split("src=\"").skip(1).filter_map(|rest| rest.split('"').next());
    marked.chain(drawn).filter_map(|link| link.split('#').next())
}

/// A path without `..`.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
        plain
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(files: &[(&str, &str)]) -> Vec<String> {
        let paths: Vec<_> = files.iter().map(|(path, _)| PathBuf::from(path)).collect();
        let read = |path: &Path| {
            let found = files.iter().find(|(name, _)| Path::new(name) == path);
            found.map_or_else(String::new, |(_, text)| (*text).to_owned())
        };
        let (modules, mut findings) = (Modules::of(&paths, read), Vec::new());
        check(&paths, &modules, read, &mut findings);
        findings.iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn what_nothing_reaches_is_found() {
        let files = [
            ("README.md", "[a](docs/A.md#b) <img src=\"docs/a.svg\">"),
            ("docs/A.md", "[b](../docs/sub/b.md)"),
            ("docs/C.md", "[d](D.md)"),
            ("docs/D.md", "[c](C.md)"),
            ("docs/a.svg", ""),
            ("docs/b.svg", ""),
            ("docs/screenshots/link-a-phone-dark.png", ""),
            ("docs/screenshots/link-b-phone-dark.png", ""),
            ("docs/sub/b.md", ""),
            ("browser/link.test.mjs", "look(\"a\")"),
            (
                "crates/web/src/lib.rs",
                "#[template(path = \"a/b.html\")] // \"a/d.html\"\nfn f() { \"a.js b.css\" }",
            ),
            ("crates/web/src/b.rs", ""),
            ("crates/web/templates/a/b.html", "{% include \"a/c.html\" %} /a.js"),
            ("crates/web/templates/a/c.html", ""),
            ("crates/web/templates/a/d.html", "/b.css"),
            ("crates/web/assets/a.js", ""),
            ("crates/web/assets/b.css", ""),
            ("deploy/x.json", ""),
        ];
        let expected = [
            "crates/web/assets/b.css: nothing names this file",
            "crates/web/src/b.rs: no module names this file",
            "crates/web/templates/a/d.html: nothing names this file",
            "deploy/x.json: nothing names this file",
            "docs/C.md: no document links this one",
            "docs/D.md: no document links this one",
            "docs/b.svg: no document shows it, and no test draws it",
            "docs/screenshots/link-b-phone-dark.png: no document shows it, and no test draws it",
        ];
        assert_eq!(told(&files), expected);
    }
}
