//! Every command that a document, a `--help` text or the banner of `demo` prints is run as it stands.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const PROGRAM: &str = env!("CARGO_BIN_EXE_fiveone");
const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Commands that go on until they are ended, or ask: their words are parsed and nothing more.
const ENDLESS: [&str; 3] = ["demo", "serve", "query"];

/// A running `demo`, and a folder in which the documents' commands find what they name.
struct Stage {
    demo: Child,
    banner: Vec<String>,
    gateway: String,
    data: tempfile::TempDir,
    folder: tempfile::TempDir,
}

impl Stage {
    async fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut demo = Command::new(PROGRAM)
            .args(["demo", "--listen", "127.0.0.1:0", "--lab", "127.0.0.1:0", "--data"])
            .arg(data.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
        let mut banner = Vec::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            let is_last = line.contains("Ctrl-C");
            banner.push(line);
            if is_last {
                break;
            }
        }
        let address = banner.iter().find_map(|line| line.trim().strip_prefix("gateway"));
        let gateway = address.and_then(|rest| rest.trim().split("/identity").next());
        let gateway = gateway.expect("the banner names the gateway").to_owned();
        let folder = tempfile::tempdir().unwrap();
        copy(&Path::new(REPOSITORY).join("connectors"), &folder.path().join("connectors"));
        Self { demo, banner, gateway, data, folder }
    }

    /// Runs one printed line; what went wrong.
    async fn run(&self, line: &str) -> Result<(), String> {
        let line = line.split(" #").next().unwrap_or_default();
        let line = line.split(" (see").next().unwrap_or_default().trim();
        let mut line = line
            .replace("target/release/fiveone", "fiveone")
            .replace(PROGRAM, "fiveone")
            .replace("DIR", &self.data.path().to_string_lossy());
        let word = line.split_whitespace().skip_while(|word| *word != "fiveone").nth(1);
        let word = word.unwrap_or_default().to_owned();
        if ENDLESS.contains(&word.as_str()) {
            line.push_str(" --help");
        } else if word == "call" && !line.contains("--gateway") {
            line.push_str(&format!(" --gateway {}", self.gateway));
        }
        let bin = Path::new(PROGRAM).parent().unwrap();
        let path = std::env::join_paths(
            std::iter::once(bin.to_owned())
                .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
        );
        let output = Command::new("sh")
            .args(["-c", &line])
            .current_dir(self.folder.path())
            .env("PATH", path.unwrap())
            .env("FIVEONE_CONFIG", "fiveone.toml")
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        if output.status.success() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(format!("`{line}`: {} {text}", output.status))
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(REPOSITORY).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The commands of `sh` blocks.
fn of_document(text: &str) -> Vec<String> {
    let mut commands = Vec::new();
    for block in text.split("```sh\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        let lines =
            block.lines().filter(|line| line.contains("fiveone ") && !line.contains("cargo"));
        commands.extend(lines.map(str::to_owned));
    }
    commands
}

#[tokio::test]
async fn every_printed_command_runs() {
    let stage = Stage::new().await;
    // In the order in which an operator would come to them: the configuration first.
    let mut commands = vec![
        "fiveone config default > fiveone.toml".to_owned(),
        "fiveone config key > deployment.key".to_owned(),
        "printf '[store]\\nurl = \"sqlite:own.db\"\\n[keys]\\ndeployment_key_file = \"deployment.key\"\\n' > fiveone.toml; fiveone config check --config fiveone.toml".to_owned(),
    ];
    let banner = stage.banner.iter().map(|line| line.trim().to_owned());
    commands.extend(banner.filter(|line| line.starts_with(PROGRAM)));
    assert!(commands.len() > 6, "the banner prints commands: {:?}", stage.banner);
    let documents = [vec![Path::new(REPOSITORY).join("README.md")], files("docs", ".md")].concat();
    for document in documents {
        commands.extend(of_document(&std::fs::read_to_string(document).unwrap()));
    }
    for source in files("crates/fiveone/src/commands", ".rs") {
        let text = std::fs::read_to_string(source).unwrap();
        let examples = text.lines().filter_map(|line| line.trim().strip_prefix("/// Example: "));
        commands.extend(examples.map(str::to_owned));
    }
    let mut wrong = Vec::new();
    for (at, command) in commands.iter().enumerate() {
        // The configuration and the key are made once.
        let is_made = command.contains("config default >") || command.contains("config key >");
        if is_made && at > 1 {
            continue;
        }
        if let Err(told) = stage.run(command).await {
            let is_again = told.contains("there is an app loans already");
            if !is_again {
                wrong.push(told);
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "of {} commands", commands.len());
    drop(stage.demo);
}
