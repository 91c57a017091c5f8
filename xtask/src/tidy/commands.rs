//! What documents tell their readers to run, where no test runs it: crates, scripts, targets and
//! subcommands that lines of cargo, npm, podman and shells name are there. The lines of the program
//! itself are run by `crates/fiveone/tests/it/documents.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::Finding;
use super::tokens::tokens;

const CHORES: &str = "xtask/src/main.rs";
const SCRIPTS: &str = "browser/package.json";

/// What can be run.
#[derive(Default)]
pub(super) struct Commands<'a> {
    files: BTreeSet<&'a Path>,
    crates: BTreeSet<String>,
    chores: BTreeSet<String>,
    scripts: BTreeSet<String>,
}

pub(super) fn check(texts: &BTreeMap<&Path, String>, findings: &mut Vec<Finding>) {
    let commands = Commands::of(texts);
    for (path, text) in
        texts.iter().filter(|(path, _)| path.extension().is_some_and(|end| end == "md"))
    {
        for (line, command) in told(text) {
            for message in commands.complaints(command) {
                findings.push(Finding::new(path, Some(line), message));
            }
        }
    }
}

impl<'a> Commands<'a> {
    fn of(texts: &BTreeMap<&'a Path, String>) -> Self {
        let mut commands = Self { files: texts.keys().copied().collect(), ..Self::default() };
        for text in
            texts.iter().filter(|(path, _)| path.ends_with("Cargo.toml")).map(|(_, text)| text)
        {
            let package = text.split("[package]").nth(1).unwrap_or_default();
            let name = package.lines().find_map(|line| line.strip_prefix("name = "));
            commands.crates.extend(name.map(|name| name.trim_matches('"').to_owned()));
        }
        let read = |path| texts.get(Path::new(path)).map(String::as_str).unwrap_or_default();
        // `Some("tidy") =>` of the match over the first word.
        let main = tokens(read(CHORES));
        commands.chores.extend(
            main.windows(3)
                .filter(|words| words[0].is("Some"))
                .map(|words| words[2].text.trim_matches('"').to_owned()),
        );
        let scripts: Value = serde_json::from_str(read(SCRIPTS)).unwrap_or_default();
        commands
            .scripts
            .extend(scripts["scripts"].as_object().into_iter().flat_map(|all| all.keys().cloned()));
        commands
    }

    /// What a command names and is not there.
    fn complaints(&self, command: &str) -> Vec<String> {
        let command = command.split(" #").next().unwrap_or_default();
        let words: Vec<&str> =
            command.split_whitespace().skip_while(|word| is_setting(word)).collect();
        let value = |option: &str| {
            let at = words.iter().position(|word| *word == option)?;
            words.get(at + 1).copied()
        };
        let has_file = |name: &str| self.files.contains(Path::new(name.trim_start_matches("./")));
        let mut missing = Vec::new();
        let mut need = |kind: &str, name: Option<&str>, is_there: &dyn Fn(&str) -> bool| {
            // A word in capitals is the reader's.
            let name = name
                .filter(|name| !is_there(name) && !name.chars().all(|c| c.is_ascii_uppercase()));
            missing.extend(name.map(|name| format!("there is no {kind} {name}")));
        };
        match words.first().copied().unwrap_or_default() {
            "cargo" => {
                let of = value("-p").or_else(|| value("--package"));
                need("crate", of, &|name| self.crates.contains(name));
                let folder = of.map_or("", |name| name.trim_start_matches("fiveone-"));
                need("test", value("--test"), &|name| {
                    let of = |end| has_file(&format!("crates/{folder}/tests/{name}{end}"));
                    of(".rs") || of("/main.rs")
                });
                let chore = value("--").filter(|_| of == Some("xtask"));
                need("chore", chore, &|name| self.chores.contains(name));
            }
            "npm" => {
                let script = match words.get(1).copied().unwrap_or_default() {
                    "run" => words.get(2).copied(),
                    "test" => Some("test"),
                    _ => None,
                };
                need("script", script, &|name| self.scripts.contains(name));
            }
            "podman" | "docker" => need("file", value("-f"), &has_file),
            "python3" | "bash" | "sh" | "node" | "php" => {
                let file = words.get(1).copied().filter(|word| word.contains('.'));
                need("file", file, &has_file);
            }
            program if program.starts_with("./") => need("file", Some(program), &has_file),
            _ => {}
        }
        missing
    }
}

/// `NAME=value` before a command.
fn is_setting(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
    })
}

/// The commands of a document with their lines: those of its blocks, and those in backticks.
fn told(text: &str) -> Vec<(usize, &str)> {
    let (mut found, mut is_code) = (Vec::new(), false);
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if is_code {
            found.push((index + 1, line.trim()));
        } else {
            found.extend(line.split('`').skip(1).step_by(2).map(|code| (index + 1, code)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_found() {
        let document = [
            "`cargo run -p fiveone-bench` and `A_B=1 cargo test -p fiveone-web --test it x`",
            "```sh",
            "./test.sh   # all",
            "cargo run -p xtask -- tidy",
            "npm test",
            "podman build -f a/B -t c .",
            "```",
            "`cargo nextest run -p fiveone-none`, `npm run lint`, `./postgres.sh start DIR`",
            "```sh",
            "X=1 cargo run -p xtask -- paint",
            "bash clients/none.sh",
            "```",
            "`cargo test -p fiveone-web --test lab`, `cargo run -p CRATE`",
        ];
        let document = document.join("\n");
        let texts: BTreeMap<&Path, String> = [
            ("a.md", document.as_str()),
            ("bench/Cargo.toml", "[package]\nname = \"fiveone-bench\"\n"),
            ("crates/web/Cargo.toml", "[package]\nname = \"fiveone-web\"\n"),
            ("crates/web/tests/it/main.rs", ""),
            ("xtask/Cargo.toml", "[package]\nname = \"xtask\"\n"),
            ("xtask/src/main.rs", "match x { Some(\"tidy\") => tidy::run(), _ => {} }"),
            ("browser/package.json", "{\"scripts\": {\"test\": \"node --test\"}}"),
            ("a/B", ""),
            ("test.sh", ""),
        ]
        .map(|(path, text)| (Path::new(path), text.to_owned()))
        .into();
        let mut findings = Vec::new();
        check(&texts, &mut findings);
        let told: Vec<_> = findings.iter().map(Finding::to_string).collect();
        assert_eq!(
            told,
            [
                "a.md:8: there is no crate fiveone-none",
                "a.md:8: there is no script lint",
                "a.md:8: there is no file ./postgres.sh",
                "a.md:10: there is no chore paint",
                "a.md:11: there is no file clients/none.sh",
                "a.md:13: there is no test lab",
            ]
        );
    }
}
