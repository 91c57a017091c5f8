//! `fiveone init`: five questions, asked until they are answered, and a node that serves.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use fiveone_testkit::{TestStore, on_both};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::vendor_client::Client;

const PROGRAM: &str = env!("CARGO_BIN_EXE_fiveone");

/// Runs a line in a folder with what is typed; exit code, output and what was asked.
async fn run(folder: &Path, words: &[&str], typed: &str) -> (Option<i32>, String, String) {
    let mut process = Command::new(PROGRAM)
        .args(words)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut keyboard = process.stdin.take().unwrap();
    // It may have ended before everything is read.
    drop(keyboard.write_all(typed.as_bytes()).await);
    drop(keyboard);
    let output = process.wait_with_output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

/// Starts what was made, calls it as its app, and stops it.
async fn assert_serves(folder: &Path, config: &str, address: &str, app: &str, token: &str) {
    drop(rustls::crypto::ring::default_provider().install_default());
    let mut process = Command::new(PROGRAM)
        .args(["serve", "--config", config])
        .current_dir(folder)
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut every = tokio::time::interval(Duration::from_millis(20));
    let url = format!("http://{address}");
    for _ in 0..1_000 {
        every.tick().await;
        if reqwest::get(format!("{url}/readyz")).await.is_ok_and(|answer| answer.status() == 200) {
            break;
        }
    }
    let answer = Client::new(&url, app, token).call("getFundCitysB", &[]).await;
    assert_eq!(answer.status, 0, "{answer:?}");
    process.kill().await.unwrap();
}

#[tokio::test]
async fn answers_with_mistakes_are_asked_for_again_and_the_node_serves() {
    let folder = tempfile::tempdir().unwrap();
    let address = free_address();
    let words = ["init", "--config", "gate/fiveone.toml", "--listen", &address];
    let typed = "mysql://db/x\npostgres://nobody@127.0.0.1:1/x\n\n\
                 gate.example.cn\nhttps://gate.example.cn/\n\
                 cert.pem\ncert.pem,key.pem\noff\n\
                 贷款\nloans,http://169.254.169.254/\nloans,https://loans.example.cn/cb\n\
                 运维组 ops@example.cn\n";
    let (code, told, asked) = run(folder.path(), &words, typed).await;
    assert_eq!(code, Some(0), "{told}{asked}");
    for complaint in [
        "    store.url must be \"sqlite:PATH\" or \"postgres://USER:PASSWORD@HOST/DATABASE\"\n",
        "; does the server run, and is there the database?\n",
        "    server.public_bases must be a list of http or https addresses without query",
        "    two files separated by a comma, or off\n",
        "    ✗ TLS: ",
        "    an appId is 1 to 64 printable ASCII characters\n",
        "    callbacks cannot go to http://169.254.169.254/: address is not public\n",
    ] {
        assert!(asked.contains(complaint), "{complaint}\n{asked}");
    }
    let gate = folder.path().canonicalize().unwrap().join("gate");
    let (config, key) = (gate.join("fiveone.toml"), gate.join("deployment.key"));
    assert_eq!((mode(&gate), mode(&config), mode(&key)), (0o700, 0o600, 0o600));
    assert_eq!(mode(&gate.join("fiveone.db")), 0o600);
    let text = std::fs::read_to_string(&config).unwrap();
    assert!(text.contains("Operator: 运维组 ops@example.cn\n"), "{text}");
    assert!(text.contains("public_bases = [\"https://gate.example.cn/identity/\"]\n"), "{text}");

    let after = |name: &str| {
        let rest = told.split(name).nth(1).unwrap();
        rest.split_whitespace().next().unwrap().to_owned()
    };
    let (token, bearer) = (after("tokenId "), after("key     "));
    let config = config.display().to_string();
    assert!(told.contains(&format!("  fiveone serve --config {config}\n")), "{told}");
    drop(bearer);
    let show = ["app", "show", "loans", "--json", "--config", &config];
    let (_, shown, _) = run(folder.path(), &show, "").await;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["fund"]["callback"], "https://loans.example.cn/cb");

    // Once more: nothing is asked, made or changed, and no secret is shown again.
    let (code, again, asked) = run(folder.path(), &words, "").await;
    assert_eq!((code, asked.as_str()), (Some(0), ""), "{again}");
    assert!(again.contains("(there already, unchanged)") && !again.contains(&token), "{again}");
    assert_eq!(std::fs::read_to_string(&config).unwrap(), text);
    assert_serves(folder.path(), &config, &address, "loans", &token).await;
}

on_both!(without_a_question_it_serves);

async fn without_a_question_it_serves(store: TestStore) {
    let folder = tempfile::tempdir().unwrap();
    let address = free_address();
    let words = ["init", "--yes", "--json", "--store", store.url(), "--listen", &address];
    let (code, told, asked) = run(folder.path(), &words, "").await;
    assert_eq!((code, asked.as_str()), (Some(0), ""), "{told}");
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["configIsNew"], &told["app"]["appId"]), (&json!(true), &json!("app1")));
    assert!(told["app"]["key"].as_str().unwrap().starts_with("fo_live_"), "{told}");
    let token = told["app"]["tokenId"].as_str().unwrap();
    assert_serves(folder.path(), "fiveone.toml", &address, "app1", token).await;

    // Another app, beside the one that is there; and that one again.
    let more = ["init", "--yes", "--json", "--app", "second"];
    let (code, told, _) = run(folder.path(), &more, "").await;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((code, &told["configIsNew"]), (Some(0), &json!(false)));
    assert_eq!(told["app"]["appId"], "second");
    let (code, told, _) = run(folder.path(), &more, "").await;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((code, &told["app"]), (Some(0), &Value::Null));
}

#[tokio::test]
async fn what_is_there_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, _) = run(folder.path(), &["init", "--yes"], "").await;
    assert_eq!(code, Some(0));
    let key = folder.path().join("deployment.key");
    let first = std::fs::read_to_string(&key).unwrap();
    // A start that was interrupted after the key: it is kept, for the database may know it.
    std::fs::remove_file(folder.path().join("fiveone.toml")).unwrap();
    let (code, told, _) = run(folder.path(), &["init", "--yes"], "").await;
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(std::fs::read_to_string(&key).unwrap(), first);
    assert!(!told.contains("tokenId"), "the app is there already: {told}");
    std::fs::remove_file(&key).unwrap();
    let (code, _, told) = run(folder.path(), &["init", "--yes"], "").await;
    assert!(code == Some(3) && told.contains("is gone: put the copy back"), "{told}");
    assert!(!key.exists());
}

#[tokio::test]
async fn a_mistake_in_an_option_or_the_end_of_input_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, told) = run(folder.path(), &["init", "--yes", "--tls", "x"], "").await;
    let expected = "fiveone: --tls: two files separated by a comma, or off\n";
    assert_eq!((code, told.as_str()), (Some(2), expected));
    let (code, _, told) = run(folder.path(), &["init"], "\n\n").await;
    assert!(code == Some(2) && told.ends_with("no answer; give --tls, or --yes\n"), "{told}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is made before");
}
