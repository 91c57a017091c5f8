//! Every command line and address that the documents, the help and the demonstration's banner
//! print, run as a reader would run it: in a folder of its own, beside a demonstration.

mod demo;
mod texts;

use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{ChildStderr, Command};

use crate::gateway::{read_picture, text};
use demo::Demo;
use texts::{addresses, documents, mentions, shell_lines};

const PROGRAM: &str = env!("CARGO_BIN_EXE_fiveone");
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Programs of other people, and what builds ours. They are not run here; that the crates, files and
/// scripts they name are there is looked at by `xtask tidy`.
const OTHERS: [&str; 5] = ["cargo", "git", "./test.sh", "./postgres.sh", "python3"];

/// A folder in which lines are run, with the program on the path and the connectors beside it.
struct Reader<'a> {
    demo: &'a Demo,
    folder: tempfile::TempDir,
    /// The `export` and `umask` lines so far.
    kept: String,
}

impl<'a> Reader<'a> {
    fn new(demo: &'a Demo) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let bin = folder.path().join("target/release");
        std::fs::create_dir_all(&bin).expect("a folder");
        std::os::unix::fs::symlink(PROGRAM, bin.join("fiveone")).expect("a link");
        copy(&Path::new(ROOT).join("connectors"), &folder.path().join("connectors"));
        Self { demo, folder, kept: String::new() }
    }

    /// Runs a line; why it is not as promised.
    async fn run(&mut self, line: &str) -> Result<(), String> {
        let line = line.split(" #").next().unwrap_or(line).trim();
        let line = line.replace(" DIR", &format!(" {}", self.demo.folder.display()));
        let line = self.with_a_task(self.demo.here(&line)).await;
        if line.is_empty() || OTHERS.iter().any(|other| line.starts_with(other)) {
            return Ok(());
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        if words[0] == "export" {
            self.kept.push_str(&format!("{line}\n"));
        }
        let name = words.iter().position(|word| word.ends_with("fiveone"));
        match name.and_then(|at| words.get(at + 1)).copied() {
            _ if line.ends_with(" --help") => self.run_to_its_end(&line).await,
            Some("demo" | "serve") => self.run_until_it_serves(&line).await,
            Some("query") => self.run_query(&line).await,
            // One stranger tells whether the line is right; how many it takes is no matter here.
            Some("lab") => {
                let count =
                    words.iter().position(|word| *word == "--seeds").map(|at| words[at + 1]);
                let line = count.map_or_else(
                    || format!("{line} --seeds 1"),
                    |count| line.replace(&format!("--seeds {count}"), "--seeds 1"),
                );
                self.run_to_its_end(&line).await
            }
            _ => self.run_to_its_end(&line).await,
        }
    }

    /// The line with a task of the demonstration for `TID`.
    async fn with_a_task(&self, line: String) -> String {
        if !line.contains(" TID") {
            return line;
        }
        let line = line.replace(" TID", &format!(" {}", self.demo.create_task().await));
        if line.contains("--data") {
            return line;
        }
        format!("{line} --data {}", self.demo.folder.display())
    }

    fn shell(&self, line: &str) -> Command {
        let path = self.folder.path().join("target/release");
        let path = format!("{}:{}", path.display(), std::env::var("PATH").expect("a path"));
        let mut command = Command::new("sh");
        command
            .args(["-euc", &format!("{}{line}", self.kept)])
            .current_dir(self.folder.path())
            .env("PATH", path)
            .env("FIVEONE_GATEWAY", &self.demo.gateway)
            .env("FIVEONE_SERVER_LISTEN", "127.0.0.1:0")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    async fn run_to_its_end(&self, line: &str) -> Result<(), String> {
        let output = self.shell(line).output().await.expect("a shell");
        if output.status.success() {
            return Ok(());
        }
        let told = [output.stdout, output.stderr].concat();
        Err(format!("{}\n{}", output.status, String::from_utf8_lossy(&told)))
    }

    /// A line that serves until it is asked to end, and then ends well.
    async fn run_until_it_serves(&self, line: &str) -> Result<(), String> {
        let line = match line.contains(" demo") {
            true => format!("{line} --listen 127.0.0.1:0 --lab 127.0.0.1:0"),
            false => line.to_owned(),
        };
        let mut command = self.shell(&format!("exec {line} 2>&1"));
        let mut process = command.stdout(Stdio::piped()).spawn().expect("a shell");
        let mut out = BufReader::new(process.stdout.take().expect("its output")).lines();
        let mut told = String::new();
        while let Some(line) = out.next_line().await.expect("text") {
            told.push_str(&line);
            if line.contains("listening") || line.starts_with("Ctrl-C") {
                let id = process.id().expect("it runs").to_string();
                let killed = Command::new("kill").args(["-TERM", &id]).status().await;
                assert!(killed.expect("kill runs").success());
            }
        }
        let status = process.wait().await.expect("it ends");
        if status.success() { Ok(()) } else { Err(format!("{status}\n{told}")) }
    }

    /// Answers the questions of `query` as a person of the model city.
    async fn run_query(&self, line: &str) -> Result<(), String> {
        let id_card = "991300199305020000";
        let report = self.query(line, id_card).await?;
        if report.contains(&id_card[..6]) { Ok(()) } else { Err(report) }
    }

    /// The same as any person; the report.
    async fn query(&self, line: &str, id_card: &str) -> Result<String, String> {
        let mut command = self.shell(line);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().expect("a shell");
        let mut keyboard = process.stdin.take().expect("its input");
        let mut screen = BufReader::new(process.stderr.take().expect("its questions"));
        let typed = format!("1\n{id_card}\ngood\n");
        keyboard.write_all(typed.as_bytes()).await.expect("it reads");
        let mut told = String::new();
        while let Some(path) = next_picture(&mut screen, &mut told).await {
            use base64::Engine as _;
            let bytes = std::fs::read(&path).expect("the picture that was told");
            std::fs::remove_file(&path).expect("the picture that was told");
            let encoded = base64::engine::general_purpose::STANDARD.encode(bytes);
            let answer = read_picture(&encoded);
            keyboard.write_all(format!("{answer}\n").as_bytes()).await.expect("it reads");
        }
        let output = process.wait_with_output().await.expect("it ends");
        let report = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(report);
        }
        Err(format!("{}\n{told}{report}", output.status))
    }
}

/// Reads the questions until one tells where its picture is, or there are no more.
async fn next_picture(screen: &mut BufReader<ChildStderr>, told: &mut String) -> Option<String> {
    let mut byte = [0];
    let mut bytes = Vec::new();
    loop {
        if screen.read(&mut byte).await.expect("text") == 0 {
            told.push_str(&String::from_utf8_lossy(&bytes));
            return None;
        }
        bytes.push(byte[0]);
        if byte[0] == b'\n' {
            let line = String::from_utf8_lossy(&bytes).into_owned();
            bytes.clear();
            told.push_str(&line);
            if let Some((_, path)) = line.split_once("图片: ") {
                return Some(path.trim().to_owned());
            }
        }
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let to = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, &to).expect("a file");
        }
    }
}

#[tokio::test]
async fn every_line_of_the_documents_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = Demo::start(folder.path()).await;
    let mut wrong = Vec::new();
    let mut count = 0;
    for (path, text) in documents() {
        let mut reader = Reader::new(&demo);
        for line in shell_lines(&text) {
            count += 1;
            if let Err(told) = reader.run(line).await {
                wrong.push(format!("{path}: {line}\n{told}"));
            }
        }
        for mention in mentions(&text) {
            let command = mention.split([';', '>', '|']).next().unwrap_or(mention);
            if let Err(told) = reader.run(&format!("{command} --help")).await {
                wrong.push(format!("{path}: {mention}\n{told}"));
            }
        }
        for url in addresses(&text) {
            let status = reqwest::get(demo.here(url)).await.map(|answer| answer.status());
            if !status.as_ref().is_ok_and(|status| status.is_success()) {
                wrong.push(format!("{path}: {url}: {status:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(count >= 15, "the documents have more lines than {count}");
}

#[tokio::test]
async fn every_line_of_the_demonstrations_banner_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut demo = Demo::start(folder.path()).await;
    let lines: Vec<_> =
        demo.banner.iter().filter(|line| line.trim_start().starts_with(PROGRAM)).cloned().collect();
    assert_eq!(lines.len(), 6, "{:#?}", demo.banner);
    let mut reader = Reader::new(&demo);
    for line in &lines {
        let ran = reader.run(line).await;
        assert!(ran.is_ok(), "{line}\n{}", ran.unwrap_err());
    }
    for url in addresses(&demo.banner.join("\n")) {
        let url = url.trim_end_matches("/identity/");
        if url != demo.gateway {
            assert!(reqwest::get(url).await.unwrap().status().is_success(), "{url}");
        }
    }
    drop(reader);
    demo.process.kill().await.expect("it is killed");
}

/// The lines of the picture of a terminal.
fn lines_of_picture(svg: &str) -> Vec<String> {
    let mut lines = std::collections::BTreeMap::<u32, String>::new();
    for text in svg.split("<text ").skip(1) {
        let (attributes, rest) = text.split_once('>').expect("an element");
        let (_, y) = attributes.split_once(" y=\"").expect("a place");
        let y = y.split('"').next().and_then(|y| y.parse().ok()).expect("a number");
        lines.entry(y).or_default().push_str(rest.split('<').next().unwrap_or_default());
    }
    lines.into_values().collect()
}

/// What stands on the left of a table's rows.
fn labels<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let rows = lines.skip_while(|line| !line.starts_with('┌')).take_while(|line| *line != "…");
    let cells = rows.filter_map(|line| line.strip_prefix('│')?.split('┆').next());
    cells.map(|cell| cell.trim().to_owned()).collect()
}

/// Amounts and months go on; what is asked for and printed does not.
#[tokio::test]
async fn the_picture_of_readme_shows_what_is_printed_now() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = Demo::start(folder.path()).await;
    let reader = Reader::new(&demo);
    let report = reader.query("fiveone query fund 990000", "991300199305020000").await;
    let printed = labels(report.expect("a report").lines());
    let svg = std::fs::read_to_string(Path::new(ROOT).join("docs/query.svg")).expect("a picture");
    let drawn = lines_of_picture(&svg);
    let drawn = labels(drawn.iter().map(String::as_str));
    assert!(drawn.len() > 10, "{drawn:?}");
    assert_eq!(drawn, printed[..drawn.len()], "draw it anew: cargo run -p xtask -- picture");
}

#[tokio::test]
async fn a_query_tells_the_person_what_could_not_be_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = Demo::start(folder.path()).await;
    let mut reader = Reader::new(&demo);
    let line = "fiveone app grant demo --findings true --data DIR";
    assert_eq!(reader.run(line).await, Ok(()));
    let people = demo.people().await;
    let ask = async |quirk: &str| {
        let person = people.iter().find(|person| person["quirk"] == quirk).expect("one in sixteen");
        let id_card = text(&person["id_card"]);
        let report = reader.query("fiveone query fund 990000", &id_card).await.expect("a report");
        report.split_once("\n未能读取的内容\n").map(|(_, told)| told.to_owned())
    };
    let told = "缴存信息：\n  · 入账时间：网站上的日期不存在，没有采用\n";
    assert_eq!(ask("ImpossibleDay").await.as_deref(), Some(told));
    assert_eq!(ask("Plain").await, None, "all was read");
}

#[tokio::test]
async fn the_environments_log_filter_reaches_the_demonstration() {
    let demo = |filter: &'static str| {
        let mut command = Command::new(PROGRAM);
        command.args(["demo", "--listen", "127.0.0.1:0", "--lab", "127.0.0.1:0"]);
        command.env("FIVEONE_LOG_FILTER", filter).kill_on_drop(true);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        command
    };
    let mut process = demo("debug").spawn().expect("it starts");
    let mut told = BufReader::new(process.stderr.take().expect("its log")).lines();
    while let Some(line) = told.next_line().await.expect("text") {
        if line.contains("DEBUG") {
            process.kill().await.expect("it is killed");
            let wrong = demo("no=such=filter").output().await.expect("it runs");
            let told = String::from_utf8_lossy(&wrong.stderr).into_owned();
            assert_eq!(wrong.status.code(), Some(3), "{told}");
            assert!(told.contains("FIVEONE_LOG_FILTER"), "{told}");
            return;
        }
    }
    panic!("the filter does nothing");
}

#[tokio::test]
async fn a_link_leads_to_an_area_that_is_there_and_open() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = Demo::start(folder.path()).await;
    let mut reader = Reader::new(&demo);
    let create =
        |area: &str| format!("fiveone link create demo --product fund --area {area} --data DIR");
    assert_eq!(reader.run(&create("990000")).await, Ok(()));
    assert_eq!(reader.run("fiveone area close fund 990000 --data DIR").await, Ok(()));
    for (area, why) in
        [("990000", "closed"), ("999998", "no such area"), ("110000", "no connector")]
    {
        let told = reader.run(&create(area)).await.expect_err(area);
        assert!(told.contains(why), "{told}");
    }
}

/// Every example that the help of a command, or of one below it, prints.
async fn examples_of(command: &[String]) -> Vec<String> {
    let output = Command::new(PROGRAM).args(command).arg("--help").output().await.unwrap();
    assert!(output.status.success(), "{command:?}");
    let help = String::from_utf8(output.stdout).unwrap();
    let mut examples = Vec::new();
    let mut paragraphs = help.split("\n\n");
    let example = paragraphs.find_map(|paragraph| paragraph.strip_prefix("Example: "));
    examples.extend(example.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")));
    let commands = help.split("\nCommands:\n").nth(1).unwrap_or_default();
    let commands = commands.split("\n\n").next().unwrap_or_default();
    for line in commands.lines() {
        let name = line.strip_prefix("  ").and_then(|line| line.split_whitespace().next());
        if let Some(name) = name.filter(|name| *name != "help" && !line.starts_with("   ")) {
            let below: Vec<_> = command.iter().cloned().chain([name.to_owned()]).collect();
            examples.extend(Box::pin(examples_of(&below)).await);
        }
    }
    examples
}

#[tokio::test]
async fn every_example_of_the_help_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = Demo::start(folder.path()).await;
    let mut reader = Reader::new(&demo);
    let before = [
        "fiveone config default > fiveone.toml",
        "umask 077; fiveone config key > deployment.key",
        "export FIVEONE_KEYS_DEPLOYMENT_KEY_FILE=deployment.key",
        "export FIVEONE_CONFIG=fiveone.toml",
    ];
    for line in before {
        reader.run(line).await.expect(line);
    }
    let examples = examples_of(&[]).await;
    assert!(examples.len() >= 18, "{examples:#?}");
    for example in &examples {
        let ran = reader.run(&example.replace("/tmp/", "")).await;
        assert!(ran.is_ok(), "{example}\n{}", ran.unwrap_err());
    }
}
