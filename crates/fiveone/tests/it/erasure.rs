//! Erasing: what is gone, from where, and what a backup still holds.

use std::path::Path;
use std::process::Stdio;

use fiveone_model::product::Product;
use fiveone_model::task::TaskId;
use fiveone_store::Store;
use fiveone_testkit::{TestStore, on_both};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::gateway::{login_fields, read_picture, text};
use crate::process::{Deployment, Gateway};
use crate::vendor_client::{FUND, code};

on_both!(
    an_erased_task_leaves_its_money_and_a_receipt,
    a_person_is_erased_by_a_number_that_is_no_argument,
    a_backup_holds_nothing_that_was_read,
);

/// A person of the model city.
fn person(deployment: &Deployment, number: usize) -> Value {
    let world = deployment.lab.world();
    fiveone_lab::people(&world, Product::Fund.as_str(), "990000", 16)[number].clone()
}

async fn create(gateway: &Gateway, person: &Value, password: &str) -> String {
    let fields = login_fields(person, password);
    let fields: Vec<_> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let data = gateway.client.create(FUND, "990000", "1", &fields).await;
    assert_eq!(data["success"], true, "{data}");
    text(&data["tid"])
}

/// Answers the captcha and waits for the end; its code.
async fn finish(gateway: &Gateway, tid: &str) -> i64 {
    let asks = |data: &Value| code(data) == 10004 || code(data) >= 40001;
    let data = gateway.client.wait_for(FUND, tid, asks).await;
    if code(&data) == 10004 {
        let answer = read_picture(&text(&data["base64_image_bytes"]));
        gateway.client.user_code(FUND, tid, &answer).await;
    }
    code(&gateway.client.wait_for_end(FUND, tid).await)
}

/// Runs `person erase` with a number on its standard input.
async fn erase_person(
    deployment: &Deployment,
    id_number: &str,
    more: &[&str],
) -> (Option<i32>, String) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_fiveone"))
        .args(["person", "erase", "--json"])
        .args(more)
        .env("FIVEONE_CONFIG", &deployment.config)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    process.stdin.take().unwrap().write_all(id_number.as_bytes()).await.unwrap();
    let output = process.wait_with_output().await.unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// The bytes of a SQLite database and its log.
fn files(url: &str) -> Vec<u8> {
    let Some(path) = url.strip_prefix("sqlite:") else { return Vec::new() };
    let log = std::fs::read(format!("{path}-wal")).unwrap_or_default();
    [std::fs::read(path).unwrap(), log].concat()
}

async fn an_erased_task_leaves_its_money_and_a_receipt(store: TestStore) {
    let deployment = Deployment::new(store, "").await;
    let gateway = deployment.gateway().await;
    let tid = create(&gateway, &person(&deployment, 0), "good").await;
    // A portal's words about a person are erased like what was read.
    let refused = create(&gateway, &person(&deployment, 1), "wrong").await;
    assert_eq!(
        (finish(&gateway, &tid).await, finish(&gateway, &refused).await / 10_000),
        (40001, 5)
    );
    deployment.settle().await;
    let id = TaskId::parse(&tid).unwrap();
    let sections = deployment.store.read.sections(&id).await.unwrap();
    let key = deployment.store.read.task(&id).await.unwrap().unwrap().data_key.unwrap();
    let is_file = deployment.store.url().starts_with("sqlite:");
    let kept = files(deployment.store.url());
    assert_eq!(holds(&kept, &key), is_file, "the search finds what is there");

    let receipt = deployment.command(&["task", "erase", &tid, "--json"]).await;
    assert_eq!(
        (&receipt["by"], &receipt["tid"], &receipt["tasks"], &receipt["rows"]["keys"]),
        (&json!("task"), &json!(tid), &json!(1), &json!(1))
    );
    assert_eq!(receipt["rows"]["sections"], json!(sections.len()));
    assert_eq!(receipt["logEmptied"], if is_file { json!(true) } else { Value::Null });
    let receipt = deployment.command(&["task", "erase", &refused, "--json"]).await;
    assert_eq!((&receipt["tasks"], &receipt["rows"]["reasons"]), (&json!(1), &json!(1)));
    let again = deployment.command(&["task", "erase", &tid, "--json"]).await;
    assert_eq!(again["tasks"], json!(0), "once");

    let kept = files(deployment.store.url());
    for bytes in sections.iter().map(|section| &section.sealed).chain([&key]) {
        assert!(!holds(&kept, bytes), "neither in the tables nor in the log");
    }
    let sql = "select id, detail from task where stage = 'failed'";
    let failed = deployment.store.read.dump(sql).await.unwrap();
    assert!(failed[0].ends_with(':'), "its kind and no words: {failed:?}");
    let sql = "select person from task where person is not null";
    assert_eq!(deployment.store.read.dump(sql).await.unwrap(), Vec::<String>::new());
    let books = deployment.command(&["ledger", "verify", "--json"]).await;
    assert_eq!((&books["clean"], &books["entries"]), (&json!(true), &json!(5)), "the books stay");
    let receipts = deployment.run(&["task", "receipts"]).await.stdout;
    assert_eq!(String::from_utf8(receipts).unwrap().lines().count(), 3);
    gateway.kill().await;
}

async fn a_person_is_erased_by_a_number_that_is_no_argument(store: TestStore) {
    let deployment = Deployment::new(store, "").await;
    let gateway = deployment.gateway().await;
    let (one, other) = (person(&deployment, 0), person(&deployment, 1));
    let id_number = text(&one["id_card"]);
    let done = create(&gateway, &one, "good").await;
    let others = create(&gateway, &other, "good").await;
    assert_eq!((finish(&gateway, &done).await, finish(&gateway, &others).await), (40001, 40001));
    let under_way = create(&gateway, &one, "good").await;
    let asked = gateway.client.wait_for(FUND, &under_way, |data| code(data) == 10004).await;
    let digests = deployment.store.read.dump("select person from task").await.unwrap();
    assert!(digests.iter().all(|digest| digest.len() == 64 && !digest.contains(&id_number)));

    assert_eq!(erase_person(&deployment, "", &[]).await.0, Some(2));
    let (status, told) = erase_person(&deployment, &id_number, &["--app", "nobody"]).await;
    let receipt: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((status, &receipt["tasks"]), (Some(0), &json!(0)), "another app's alone");
    let (status, told) = erase_person(&deployment, &format!("{id_number}\n"), &[]).await;
    let receipt: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        (status, &receipt["by"], &receipt["tasks"], &receipt["underWay"]),
        (Some(0), &json!("person"), &json!(1), &json!(1))
    );
    assert!(!told.contains(&id_number) && !told.contains(&digests[0]), "{told}");

    // The one under way goes as soon as it has ended, which may be before the next poll, and the other
    // person's stays.
    let answer = read_picture(&text(&asked["base64_image_bytes"]));
    gateway.client.user_code(FUND, &under_way, &answer).await;
    let left = "select id from task where wiped_at is null";
    let mut every = tokio::time::interval(std::time::Duration::from_millis(50));
    while deployment.store.read.dump(left).await.unwrap().len() > 1 {
        every.tick().await;
    }
    assert_eq!(deployment.store.read.dump(left).await.unwrap(), std::slice::from_ref(&others));
    assert_eq!(code(&gateway.client.result(FUND, &others).await), 40001);
    // All that is old.
    let receipt = deployment.command(&["task", "erase", "--older-than", "0s", "--json"]).await;
    assert_eq!((&receipt["by"], &receipt["tasks"]), (&json!("age"), &json!(1)));
    gateway.kill().await;
}

async fn a_backup_holds_nothing_that_was_read(store: TestStore) {
    let deployment = Deployment::new(store, "").await;
    let gateway = deployment.gateway().await;
    let tid = create(&gateway, &person(&deployment, 0), "good").await;
    assert_eq!(finish(&gateway, &tid).await, 40001);
    // One of whom its portal said something.
    let told = create(&gateway, &person(&deployment, 1), "echo").await;
    assert_eq!(finish(&gateway, &told).await, 50001);
    let id = TaskId::parse(&tid).unwrap();
    let sections = deployment.store.read.sections(&id).await.unwrap();
    let key = deployment.store.read.task(&id).await.unwrap().unwrap().data_key.unwrap();
    let backup = deployment.folder.path().join("backup.db").display().to_string();
    // While the node runs.
    let copied = deployment.command(&["backup", "--output", &backup, "--json"]).await;
    assert_eq!((&copied["rows"]["task"], &copied["rows"]["section"]), (&json!(2), &Value::Null));
    assert!(!Path::new(&format!("{backup}-wal")).exists(), "one file is all of it");
    let bytes = files(&format!("sqlite:{backup}"));
    for sealed in sections.iter().map(|section| &section.sealed).chain([&key]) {
        assert!(!holds(&bytes, sealed));
    }
    let copy = Store::open(&format!("sqlite:{backup}"), 1).await.unwrap();
    let leads = "select count(*) from task
                 where person is not null or login_digest is not null or session_sealed is not null";
    assert_eq!(copy.read.dump(leads).await.unwrap(), ["0"]);
    let keys = "select (select count(*) from idempotency) + (select count(*) from task_key)";
    assert_eq!(copy.read.dump(keys).await.unwrap(), ["0"]);
    let said = "select detail from task where stage = 'failed'
                union all select msg from callback where code = 50001";
    let label = "登录失败";
    assert_eq!(copy.read.dump(said).await.unwrap(), ["login_failed:", label]);
    copy.close().await;
    assert_ne!(deployment.run(&["backup", "--output", &backup]).await.status.code(), Some(0));

    // Restored, the money is there and the report is not, with the deployment key at hand.
    let restored = deployment.folder.path().join("restored.db").display().to_string();
    let (from, to) = (format!("sqlite:{backup}"), format!("sqlite:{restored}"));
    let line = ["migrate", "--from", &from, "--to", &to, "--nodes-are-dead", "--json"];
    let moved = deployment.command(&line).await;
    assert_eq!((&moved["signed"], &moved["entries"]), (&json!(true), &json!(5)));
    let shown = show(&deployment, &to, &tid).await;
    assert_eq!((&shown["code"], &shown["sections"]), (&json!(40001), &json!([])));
    assert!(shown["times"]["wiped"].is_string(), "{shown}");
    gateway.kill().await;
}

/// A task of another database, under the same deployment key.
async fn show(deployment: &Deployment, url: &str, tid: &str) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fiveone"));
    command.args(["task", "show", tid, "--json"]).env("FIVEONE_CONFIG", &deployment.config);
    let output = command.env("FIVEONE_STORE_URL", url).output().await.unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn a_copy_of_the_file_is_noise_without_its_table_of_keys_and_only_then() {
    let deployment = Deployment::new(TestStore::sqlite().await, "").await;
    let gateway = deployment.gateway().await;
    let tid = create(&gateway, &person(&deployment, 0), "good").await;
    assert_eq!(finish(&gateway, &tid).await, 40001);
    gateway.stop().await;
    deployment.store.close().await;
    let path = deployment.store.url().strip_prefix("sqlite:").unwrap();
    let copy = deployment.folder.path().join("copy.db");
    std::fs::copy(path, &copy).unwrap();
    assert!(!Path::new(&format!("{path}-wal")).exists(), "the file is whole");
    deployment.command(&["task", "erase", &tid, "--json"]).await;

    // What docs/PRIVACY.md says of such copies: with their keys they open.
    let url = format!("sqlite:{}", copy.display());
    let shown = show(&deployment, &url, &tid).await;
    let findings = |shown: &Value| {
        let sections = shown["sections"].as_array().unwrap();
        assert!(!sections.is_empty());
        sections.iter().filter(|section| section["findings"].is_array()).count()
    };
    assert!(findings(&shown) > 0, "{shown}");
    let mut database = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
    sqlx::query("delete from task_key").execute(&mut database).await.unwrap();
    let shown = show(&deployment, &url, &tid).await;
    assert_eq!(findings(&shown), 0, "the deployment key alone opens nothing: {shown}");
}
