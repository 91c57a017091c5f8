//! Who may do what: write to the store, sleep, read the environment, read the clock, write SQL. Each
//! is a short list of places, and tests are not bound by it. Names are followed through `use`, so that
//! another name or another line hides nothing.

use std::collections::BTreeMap;
use std::path::Path;

use super::Finding;
use super::paths::{path_at, used};
use super::tokens::{Kind, Token};

/// What is looked for, where it may stand, and why nowhere else.
struct Reach {
    /// Functions and types by their whole paths.
    paths: &'static [&'static str],
    /// Words and signs, one behind the other.
    words: &'static [&'static [&'static str]],
    /// Texts that are statements of SQL.
    sql: bool,
    /// Beginnings of the paths that are bound by it; all are when there is none.
    binds: &'static [&'static str],
    /// Beginnings of paths.
    may: &'static [&'static str],
    message: &'static str,
}

/// Bound by nothing, to be written over.
const ANY: Reach = Reach { paths: &[], words: &[], sql: false, binds: &[], may: &[], message: "" };

const REACHES: [Reach; 8] = [
    Reach {
        paths: &["fiveone_store::Writer"],
        // What follows is no bracket: that would be a method of somebody else.
        words: &[&[".", "write", "!("]],
        may: &["crates/engine/", "crates/store/", "crates/testkit/"],
        message: "writes to the store; only the engine does",
        ..ANY
    },
    Reach {
        words: &[&[".", "copy_to", "(", "&"]],
        // A whole database at once, by commands.
        may: &[
            "crates/store/",
            "crates/fiveone/src/commands/backup.rs",
            "crates/fiveone/src/commands/migrate.rs",
        ],
        binds: &["crates/", "bench/", "simulation/", "fuzz/"],
        message: "copies into a store; only two commands do",
        ..ANY
    },
    Reach {
        paths: &[
            "tokio::time::sleep",
            "tokio::time::sleep_until",
            concat!("std::thread::", "sleep"),
            concat!("std::thread::", "sleep_until"),
            "std::thread::park_timeout",
        ],
        // The clock's own wait, the pace of requests to a portal, and portals that are slow.
        may: &[
            "crates/engine/src/time.rs",
            "crates/connector/src/portal/live.rs",
            "crates/lab/src/faults.rs",
        ],
        message: "sleeps; wait on the clock or on a signal",
        ..ANY
    },
    Reach {
        paths: &["tokio::time::interval", "tokio::time::interval_at"],
        // The upkeep of the figures, a command that draws, and harnesses.
        may: &[
            "crates/fiveone/src/telemetry.rs",
            "crates/fiveone/src/commands/query/follow.rs",
            "bench/",
            "crash/",
        ],
        message: "looks again and again; wait on the clock or on a signal",
        ..ANY
    },
    Reach {
        paths: &[
            "std::env::var",
            "std::env::var_os",
            "std::env::vars",
            "std::env::vars_os",
            "std::env::args",
            "std::env::args_os",
        ],
        // An option that the environment may give (clap).
        words: &[&["env", "="]],
        may: &[
            "crates/fiveone/src/config",
            // The words of the command line, and its options.
            "crates/fiveone/src/main.rs",
            "crates/fiveone/src/client.rs",
            "crates/fiveone/src/commands/",
            "crates/lab/examples/",
            // Cargo tells a build script where to write.
            "crates/store/build.rs",
            "crates/testkit/",
            "bench/",
            "crash/",
            "xtask/",
        ],
        message: "reads the environment; only the configuration does",
        ..ANY
    },
    Reach {
        paths: &[
            "std::time::SystemTime::now",
            "jiff::Timestamp::now",
            "jiff::Zoned::now",
            "chrono::Utc::now",
        ],
        may: &["crates/engine/src/time.rs", "crates/lab/"],
        message: "reads the clock; take the instant as an argument",
        ..ANY
    },
    Reach {
        paths: &["std::time::Instant::now", "tokio::time::Instant::now"],
        binds: &["crates/model/", "crates/store/"],
        message: "reads a clock; take the time as an argument",
        ..ANY
    },
    Reach {
        sql: true,
        // Who tests looks at rows, and spoils them.
        may: &["crates/store/", "crates/testkit/", "bench/", "crash/", "simulation/"],
        message: "contains SQL; only the store does",
        ..ANY
    },
];

/// Looks through what of a file is compiled without tests.
pub(super) fn check(path: &Path, tokens: &[Token<'_>], findings: &mut Vec<Finding>) {
    let place = path.display().to_string();
    if place.starts_with("xtask/src/tidy") {
        return;
    }
    let begins = |starts: &[&str]| starts.iter().any(|start| place.starts_with(start));
    let named = named(tokens);
    for reach in &REACHES {
        if begins(reach.may) || !(reach.binds.is_empty() || begins(reach.binds)) {
            continue;
        }
        let mut lines: Vec<_> = named
            .iter()
            .filter(|(named, _)| reach.paths.iter().any(|path| is_in(path, named)))
            .map(|(_, line)| *line)
            .collect();
        for (at, token) in tokens.iter().enumerate() {
            let is_text = reach.sql && token.kind == Kind::Literal && is_sql(token.text);
            if is_text || reach.words.iter().any(|words| stand(words, &tokens[at..])) {
                lines.push(token.line);
            }
        }
        lines.sort_unstable();
        lines.dedup();
        findings
            .extend(lines.into_iter().map(|line| Finding::new(path, Some(line), reach.message)));
    }
}

/// Whether tokens are these words; `!(` is anything but an opening bracket.
fn stand(words: &[&str], tokens: &[Token<'_>]) -> bool {
    words.iter().enumerate().all(|(at, word)| match (tokens.get(at), *word) {
        (token, "!(") => token.is_none_or(|token| !token.is("(")),
        (token, word) => token.is_some_and(|token| token.is(word)),
    })
}

/// Whether a text begins as a statement does.
fn is_sql(text: &str) -> bool {
    let text = text.trim_start_matches(|c: char| matches!(c, 'r' | '#' | '"') || c.is_whitespace());
    let text = text.to_lowercase();
    let begins = ["select ", "insert into ", "delete from ", "create table ", "pragma "];
    begins.iter().any(|begin| text.starts_with(begin))
        || text.starts_with("update ") && text.contains(" set ")
}

/// Whether a path is what is looked for, or brings it with all beside it.
fn is_in(looked_for: &str, named: &str) -> bool {
    let all = named
        .strip_suffix("*")
        .is_some_and(|all| looked_for.strip_prefix(all).is_some_and(|rest| !rest.contains("::")));
    all || named == looked_for
}

/// Every path of the code, as it is called from outside: `sleep` behind `use tokio::time::sleep` is
/// `tokio::time::sleep`.
fn named(tokens: &[Token<'_>]) -> Vec<(String, usize)> {
    let (mut brought, mut paths) = (BTreeMap::new(), Vec::new());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if token.is("use") {
            let length = tokens[at..].iter().take_while(|token| !token.is(";")).count();
            for (name, mut path) in used(&tokens[at + 1..at + length]) {
                if name == "*" {
                    path.push(name.clone());
                }
                paths.push((path.clone(), token.line));
                brought.insert(name, path);
            }
            at += length;
        }
        let path = path_at(tokens, at);
        at += (2 * path.len()).max(2) - 1;
        if !path.is_empty() {
            paths.push((path, token.line));
        }
    }
    let whole = |mut path: Vec<String>| {
        // What is brought may be called by a name that is brought too.
        for _ in 0..4 {
            match brought.get(&path[0]).filter(|whole| whole[0] != path[0]) {
                Some(whole) => drop(path.splice(..1, whole.iter().cloned())),
                None => break,
            }
        }
        path.join("::")
    };
    paths.into_iter().map(|(path, line)| (whole(path), line)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tokens::{production, tokens};
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let mut findings = Vec::new();
        check(Path::new(path), &production(&tokens(text)), &mut findings);
        findings.into_iter().map(|finding| finding.to_string()).collect()
    }

    fn lines(text: &str) -> Vec<usize> {
        let found = found("crates/web/src/a.rs", text);
        found.iter().filter_map(|told| told.split(':').nth(1)?.parse().ok()).collect()
    }

    #[test]
    fn a_place_that_may_not_is_found_and_one_that_may_is_not() {
        let text = "fn f() {\n    store.write.close_area(1);\n    tokio::time::sleep(x);\n}\n";
        let expected = [
            "crates/web/src/a.rs:2: writes to the store; only the engine does",
            "crates/web/src/a.rs:3: sleeps; wait on the clock or on a signal",
        ];
        assert_eq!(found("crates/web/src/a.rs", text), expected);
        assert_eq!(found("crates/engine/src/time.rs", text).len(), 0);
        let text = "// SystemTime::now() is not called\n#[cfg(test)]\nlet x = std::env::var();\n";
        assert_eq!(found("crates/model/src/a.rs", text).len(), 0);
        let text = "fn f() { std::time::Instant::now(); }";
        assert_eq!(found("crates/model/src/a.rs", text).len(), 1);
        assert_eq!(found("crates/web/src/a.rs", text).len(), 0);
    }

    #[test]
    fn a_line_or_a_name_of_its_own_hides_nothing() {
        assert_eq!(lines("store\n.write\n.close_area()"), [2]);
        assert_eq!(lines("let w = &store.write;"), [1]);
        assert_eq!(lines("lock.write().push(1); write!(f, \".write.\")"), [0; 0]);
        assert_eq!(lines("use tokio::time::sleep;\nsleep(x)"), [1, 2]);
        assert_eq!(lines("use tokio::time as t;\nt::interval(x)"), [2]);
        // Each is found.
        assert_eq!(lines("use tokio::time::*;\nsleep(x)"), [1, 1]);
        assert_eq!(lines("use std::env;\nuse env::{var as v};\nv(x)"), [2, 3]);
        assert_eq!(lines("::std::env::var(x)"), [1]);
        assert_eq!(lines("use std::time::SystemTime as S;\nlet now = S::now;"), [2]);
        assert_eq!(lines("#[arg(long, env = \"A\")] a: u8"), [1]);
        assert_eq!(
            lines(
                "query(\"select 1\"); say(\"Nothing to select from\")\nquery(r\"\n update a set b\")"
            ),
            [1, 2]
        );
    }

    #[test]
    fn what_follows_an_item_of_tests_is_bound() {
        let text = "#[cfg(test)]\nconst ALL: u8 = 1;\nfn f() { std::env::var(x) }\n";
        assert_eq!(lines(text), [3]);
    }
}
