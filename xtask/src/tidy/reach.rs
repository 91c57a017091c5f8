//! Who may do what: write to the store, sleep, read the environment, read the clock. Each is a
//! short list of places, and tests are not bound by it.

use std::path::Path;

use super::Finding;

/// What is looked for, where it may stand, and why nowhere else.
struct Reach {
    patterns: &'static [&'static str],
    /// Beginnings of paths.
    may: &'static [&'static str],
    message: &'static str,
}

const REACHES: [Reach; 4] = [
    Reach {
        patterns: &[".write."],
        may: &["crates/engine/", "crates/store/", "crates/testkit/"],
        message: "writes to the store; only the engine does",
    },
    Reach {
        patterns: &["time::sleep(", "sleep_until("],
        // The clock's own wait, the pace of requests to a portal, and portals that are slow.
        may: &["crates/engine/src/time.rs", "crates/connector/src/portal/", "crates/lab/"],
        message: "sleeps; wait on the clock or on a signal",
    },
    Reach {
        patterns: &["env::var", "env::args"],
        may: &[
            "crates/fiveone/src/config",
            // The words of the command line.
            "crates/fiveone/src/main.rs",
            "crates/fiveone/src/commands/demo.rs",
            "crates/lab/examples/",
            // Cargo tells a build script where to write.
            "crates/store/build.rs",
            "crates/testkit/",
            "bench/",
            "crash/",
            "xtask/",
        ],
        message: "reads the environment; only the configuration does",
    },
    Reach {
        patterns: &["SystemTime::now", "Timestamp::now", "Zoned::now", "Utc::now"],
        may: &["crates/engine/src/time.rs", "crates/lab/"],
        message: "reads the clock; take the instant as an argument",
    },
];

pub(super) fn check(path: &Path, text: &str, findings: &mut Vec<Finding>) {
    let is_test = path.components().any(|part| part.as_os_str() == "tests")
        || path.file_stem().is_some_and(|stem| stem == "tests");
    if is_test || path.starts_with("xtask/src/tidy") {
        return;
    }
    let place = path.display().to_string();
    let production = text.lines().take_while(|line| line.trim() != "#[cfg(test)]");
    for (index, line) in production.enumerate() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        for reach in &REACHES {
            let is_found = reach.patterns.iter().any(|pattern| line.contains(pattern));
            if is_found && !reach.may.iter().any(|start| place.starts_with(start)) {
                findings.push(Finding::new(path, Some(index + 1), reach.message));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let mut findings = Vec::new();
        check(Path::new(path), text, &mut findings);
        findings.into_iter().map(|finding| finding.to_string()).collect()
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
        assert_eq!(found("crates/web/tests/it/a.rs", text).len(), 0);
        let text = "// SystemTime::now() is not called\n#[cfg(test)]\nlet x = env::var();\n";
        assert_eq!(found("crates/model/src/a.rs", text).len(), 0);
    }
}
