//! The clients of `clients/`: each runs as a person would run it, types what a captcha shows, and prints
//! the report that the truth knows.

use std::process::Stdio;
use std::time::Duration;

use fiveone_testkit::TestStore;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

use crate::gateway::{login_fields, text};
use crate::process::Deployment;

const CLIENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../clients");

/// What a client is started with, before what is asked for.
fn command(program: &[&str], host: &str, token: &str) -> Command {
    let mut command = Command::new(program[0]);
    command.args(&program[1..]);
    // Options for those that read them, variables for the shell.
    if program[0] != "bash" {
        command.args(["--host", host, "--app-id", "app1", "--token-id", token]);
    }
    command
        .env("FIVEONE_HOST", host)
        .env("FIVEONE_APP_ID", "app1")
        .env("FIVEONE_TOKEN_ID", token)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Runs a client to its end and types what each picture shows: its exit code, what it printed, what it
/// asked and complained of.
async fn run(mut command: Command) -> (Option<i32>, String, String) {
    let mut client = command.spawn().expect("the interpreter is installed");
    let mut typed = client.stdin.take().expect("piped");
    let mut screen = client.stderr.take().expect("piped");
    let mut printed = client.stdout.take().expect("piped");
    let reads = tokio::spawn(async move {
        let mut all = String::new();
        printed.read_to_string(&mut all).await.expect("text");
        all
    });
    let (mut told, mut byte) = (Vec::new(), [0]);
    // It ends what it has to say when it ends, and whoever asks elsewhere would wait for ever.
    let patience = Duration::from_secs(120);
    let until = tokio::time::Instant::now() + patience;
    while tokio::time::timeout_at(until, screen.read(&mut byte)).await.expect("asks").expect("text")
        == 1
    {
        told.push(byte[0]);
        let line = String::from_utf8_lossy(&told).into_owned();
        if let Some((_, rest)) = line.rsplit_once("图片验证码 (")
            && let Some(path) = rest.strip_suffix("): ")
        {
            let picture = std::fs::read(path).expect("a picture");
            let answer = fiveone_lab::answer_in(&picture).expect("a picture of the lab");
            std::fs::remove_file(path).expect("a file");
            typed.write_all(format!("{answer}\n").as_bytes()).await.expect("typed");
            told.extend(b"\n");
        }
    }
    let ended = client.wait().await.expect("an end");
    let told = String::from_utf8(told).expect("text");
    (ended.code(), reads.await.expect("no panic"), told)
}

async fn a_client_reads_a_report(program: &[&str]) {
    let deployment = Deployment::new(TestStore::sqlite().await, "").await;
    let gateway = deployment.gateway().await;
    let host = gateway.client.host();
    let world = deployment.lab.world();
    let person = &fiveone_lab::people(&world, "fund", "990000", 1)[0];
    let id_card = text(&person["id_card"]);

    for (words, part) in
        [(vec!["fund"], r#""area_code":"990000""#), (vec!["fund", "990000"], r#""login_type""#)]
    {
        let mut asks = command(program, host, &deployment.token);
        asks.args(&words);
        let (exit, printed, told) = run(asks).await;
        assert_eq!(exit, Some(0), "{program:?} {words:?}: {told}");
        let plain = printed.replace(": ", ":");
        assert!(plain.contains(part), "{program:?} {words:?}: {printed}");
    }

    for (password, code) in [("good", Some(0)), ("wrong", Some(1))] {
        let mut asks = command(program, host, &deployment.token);
        asks.args(["fund", "990000", "1"]);
        let fields = login_fields(person, password).into_iter();
        asks.args(fields.map(|(name, value)| format!("{name}={value}")));
        let (exit, printed, told) = run(asks).await;
        assert_eq!(exit, code, "{program:?} {password}: {told} {printed}");
        if password == "wrong" {
            assert!(told.contains("50004"), "{program:?}: {told}");
            continue;
        }
        // Some print the report, some the envelope around it.
        let printed: Value = serde_json::from_str(&printed).expect("JSON");
        let report = printed.get("data").unwrap_or(&printed);
        let truth = fiveone_lab::truth(&world, "fund", "990000", &id_card, "good");
        let truth = truth.expect("a report");
        for section in ["billInfos", "loanInfos"] {
            let count = |report: &Value| report[section].as_array().map(Vec::len);
            assert_eq!(count(report), count(&truth), "{program:?} {section}");
        }
        let name = "employeeName";
        assert_eq!(report["baseInfo"][name], truth["baseInfo"][name], "{program:?}");
    }
    gateway.stop().await;
}

#[tokio::test]
async fn the_client_in_python_reads_a_report() {
    a_client_reads_a_report(&["python3", &format!("{CLIENTS}/python/fiveone_client.py")]).await;
}

#[tokio::test]
async fn the_client_in_node_reads_a_report() {
    a_client_reads_a_report(&["node", &format!("{CLIENTS}/node/fiveone_client.js")]).await;
}

#[tokio::test]
async fn the_client_in_java_reads_a_report() {
    a_client_reads_a_report(&["java", &format!("{CLIENTS}/java/FiveoneClient.java")]).await;
}

#[tokio::test]
async fn the_client_in_php_reads_a_report() {
    a_client_reads_a_report(&["php", &format!("{CLIENTS}/php/fiveone_client.php")]).await;
}

#[tokio::test]
async fn the_client_in_bash_reads_a_report() {
    a_client_reads_a_report(&["bash", &format!("{CLIENTS}/bash/fiveone_client.sh")]).await;
}
