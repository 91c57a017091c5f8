//! What is under `deploy/`, looked over by the tools that will read it.

use std::path::{Path, PathBuf};
use std::process::Command;

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy")
}

/// Runs a tool that `./test.sh` installs; what it told.
fn run(command: &mut Command) -> String {
    let output = command.output().expect("run ./test.sh, which installs the tools");
    let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{command:?}\n{told}");
    told
}

#[test]
fn each_alert_is_well_formed_and_fires_for_what_it_is_named_after() {
    let folder = deploy().join("prometheus");
    let promtool =
        |words: [&str; 3]| run(Command::new("promtool").args(words).current_dir(&folder));
    let told = promtool(["check", "rules", "fiveone.rules.yml"]);
    assert!(told.contains("SUCCESS: 13 rules found"), "{told}");
    promtool(["test", "rules", "fiveone.rules.test.yml"]);
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let (rules, tests) = (read("fiveone.rules.yml"), read("fiveone.rules.test.yml"));
    for name in rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        let fires = format!("alertname: {name}\n        exp_alerts:\n");
        let is_silent = format!("alertname: {name} }}");
        assert!(tests.contains(&fires) && tests.contains(&is_silent), "{name} is not tested");
    }
}

#[test]
fn the_unit_is_taken_by_systemd_and_leaves_little_open() {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(deploy().join("fiveone.service")).unwrap();
    let unit = folder.path().join("fiveone.service");
    // A unit whose program is not installed is complained of.
    std::fs::write(&unit, text.replace("/usr/local/bin/fiveone", env!("CARGO_BIN_EXE_fiveone")))
        .unwrap();
    let told = run(Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&unit));
    assert_eq!(told, "", "no complaint about a line");
    let words = ["security", "--offline=true", "--threshold=15", "--no-pager"];
    run(Command::new("systemd-analyze").args(words).arg(&unit));
    for line in ["DynamicUser=yes", "ProtectSystem=strict", "LimitCORE=0", "LimitMEMLOCK=infinity"]
    {
        assert!(text.lines().any(|own| own == line), "{line}");
    }
}

#[test]
fn the_dashboard_is_json_with_a_panel_for_each_question() {
    let text = std::fs::read_to_string(deploy().join("grafana/fiveone.json")).unwrap();
    let board: serde_json::Value = serde_json::from_str(&text).unwrap();
    let panels = board["panels"].as_array().unwrap();
    assert_eq!(panels.len(), 15);
    for panel in panels {
        let queries = panel["targets"].as_array().unwrap();
        assert!(queries.iter().all(|query| query["expr"].is_string()), "{panel}");
    }
}
