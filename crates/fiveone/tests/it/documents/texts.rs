//! What a document, a help text or a banner tells its reader to type.

use std::collections::BTreeSet;
use std::path::Path;

use super::ROOT;

/// The documents, by their path in the repository.
pub(super) fn documents() -> Vec<(String, String)> {
    let mut paths = ["README.md", "README.zh.md", "CONTRIBUTING.md", "clients/README.md"]
        .map(str::to_owned)
        .to_vec();
    for folder in ["docs", "docs/zh", "docs/adr", "docs/errors"] {
        for entry in std::fs::read_dir(Path::new(ROOT).join(folder)).expect("a folder") {
            let name = entry.expect("an entry").file_name().into_string().expect("a name");
            if name.ends_with(".md") {
                paths.push(format!("{folder}/{name}"));
            }
        }
    }
    paths.sort();
    let read = |path: &String| std::fs::read_to_string(Path::new(ROOT).join(path)).ok();
    paths.iter().filter_map(|path| Some((path.clone(), read(path)?))).collect()
}

/// The lines of a document's `sh` blocks.
pub(super) fn shell_lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut is_shell = false;
    for line in text.lines() {
        match line {
            "```sh" => is_shell = true,
            _ if line.starts_with("```") => is_shell = false,
            _ if is_shell => lines.push(line),
            _ => {}
        }
    }
    lines
}

/// What a document calls by its name in running text: `fiveone …` between backticks.
pub(super) fn mentions(text: &str) -> Vec<&str> {
    let inline = text.split('`').skip(1).step_by(2);
    inline.filter(|code| code.starts_with("fiveone ") && !code.contains(['…', '<', '\n'])).collect()
}

/// The addresses of the gateway and the lab that a document prints.
pub(super) fn addresses(text: &str) -> BTreeSet<&str> {
    let ends = [' ', '>', ')', '`', '"', '\n', '…'];
    let starts = text.match_indices("http://127.0.0.1:").map(|(at, _)| &text[at..]);
    starts.filter_map(|rest| rest.split(ends).next()).collect()
}
