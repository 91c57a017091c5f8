//! Nothing that people type or own is readable where it does not belong: the audit plants words in
//! passwords and answers and looks for them, and for the values of the reports, everywhere.
//!
//! `AUDIT_TASKS=1000 cargo nextest run -p fiveone secrets:: --no-capture` is the long form and
//! prints what was searched.

mod search;

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;

use fiveone_testkit::{TestStore, on_both};
use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;
use sqlx::{Connection as _, PgConnection};
use tokio::process::Command;

use crate::gateway::{login_fields, read_picture, text};
use crate::process::{Deployment, Gateway, More};
use crate::traces;
use crate::vendor_client::{FUND, code};
use search::Search;

/// How many tasks an audit has when nobody says.
const TASKS: usize = 72;
/// How many of them are under way at once.
const AT_ONCE: usize = 12;
/// How often the gateway is killed in the middle of them.
const KILLS: usize = 3;
/// Fewer bytes are the chance of a word that everybody has.
const VALUE_BYTES_MIN: usize = 8;

on_both!(what_people_type_and_own_is_readable_nowhere);

/// A word nobody else has.
fn canary(name: &str) -> String {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("random bytes");
    format!("Kanarie{name}{}", hex::encode(bytes))
}

/// One person's task: what they type, and what it must not be found as.
struct Case {
    person: Value,
    password: String,
    /// Typed instead of the picture's code.
    wrong_code: Option<String>,
    /// The `tokenKey` of the create, a digest of the password (P-13).
    token_key: String,
}

impl Case {
    fn new(deployment: &Deployment, person: &Value, behaviour: &str, at: usize) -> Self {
        let password = format!("{behaviour}:{}", canary(behaviour));
        let fields = login_fields(person, &password);
        let mut signed = vec![("area_code", "990000"), ("login_type", "1")];
        signed.extend(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let url = "http://api.tcredit.com/identity/createFundSearchTaskB";
        let token_key = deployment.client().token_key(url, &signed);
        let wrong_code = (at % 5 == 4).then(|| canary("Code"));
        Self { person: person.clone(), password, wrong_code, token_key }
    }

    fn id_card(&self) -> String {
        text(&self.person["id_card"])
    }

    /// What nobody may find anywhere, ever.
    fn secrets(&self) -> impl Iterator<Item = String> {
        let (_, canary) = self.password.split_once(':').expect("a canary");
        [canary.to_owned(), self.token_key.clone()].into_iter().chain(self.wrong_code.clone())
    }

    /// Creates the task; its tid.
    async fn create(&self, gateway: &Gateway) -> String {
        let fields = login_fields(&self.person, &self.password);
        let fields: Vec<_> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let data = gateway.client.create(FUND, "990000", "1", &fields).await;
        assert_eq!(data["success"], true, "{data}");
        text(&data["tid"])
    }

    /// Answers every question until the task has ended; the last data.
    async fn finish(&self, deployment: &Deployment, gateway: &Gateway, tid: &str) -> Value {
        let mut last = Value::Null;
        loop {
            let is_next = |data: &Value| match code(data) {
                10004 => data["base64_image_bytes"] != last,
                found => found == 10003 || found >= 40001,
            };
            let data = gateway.client.wait_for(FUND, tid, is_next).await;
            let answer = match code(&data) {
                10004 => {
                    last = data["base64_image_bytes"].clone();
                    let right = read_picture(&text(&last));
                    self.wrong_code.clone().unwrap_or(right)
                }
                10003 => deployment.lab.last_sms(&self.id_card()).unwrap_or_default(),
                _ => return data,
            };
            gateway.client.user_code(FUND, tid, &answer).await;
        }
    }
}

/// What the tasks ended in, and everything that was told of them.
#[derive(Default)]
struct Seen {
    ends: BTreeMap<i64, usize>,
    told: String,
    report: String,
}

impl Seen {
    /// Creates tasks and brings them to their ends, some at once.
    async fn finish(&mut self, deployment: &Deployment, gateway: &Gateway, cases: &[Case]) {
        let finished = stream::iter(cases).map(async |case| {
            let tid = case.create(gateway).await;
            case.finish(deployment, gateway, &tid).await
        });
        let mut finished = finished.buffer_unordered(AT_ONCE);
        while let Some(data) = finished.next().await {
            *self.ends.entry(code(&data)).or_default() += 1;
            self.told.push_str(&data["msg"].to_string());
            if code(&data) == 40001 {
                self.report = data.to_string();
            }
        }
    }
}

/// The passwords of the model city that end within a test's patience.
fn behaviours() -> Vec<String> {
    let all = fiveone_lab::behaviours("fund", "990000");
    let names = all.iter().map(|row| text(&row["password"]));
    names.filter(|name| !matches!(name.as_str(), "endless" | "huge" | "slow")).collect()
}

/// The values of reports and logins by which a person could be told: each is of one person alone.
fn values(deployment: &Deployment, people: &[Value]) -> Vec<String> {
    fn push(json: &Json<'_>, values: &mut BTreeSet<String>) {
        match json.0 {
            Value::String(text) => {
                values.insert(text.clone());
            }
            Value::Number(number) => {
                values.insert(number.to_string());
            }
            Value::Array(items) => items.iter().for_each(|item| push(&Json(item), values)),
            Value::Object(map) => map.values().for_each(|item| push(&Json(item), values)),
            _ => {}
        }
    }
    struct Json<'a>(&'a Value);
    let world = deployment.lab.world();
    let mut owners: BTreeMap<String, usize> = BTreeMap::new();
    for person in people {
        let mut own = BTreeSet::new();
        push(&Json(&person["login"]), &mut own);
        let id_card = text(&person["id_card"]);
        let truth = fiveone_lab::truth(&world, "fund", "990000", &id_card, "good");
        push(&Json(&truth.expect("a report")), &mut own);
        for value in own {
            *owners.entry(value).or_default() += 1;
        }
    }
    let is_day = |value: &str| value.len() == 10 && value.matches('-').count() == 2;
    let is_told = |value: &str| value.len() >= VALUE_BYTES_MIN && !is_day(value);
    owners.into_iter().filter(|(value, n)| *n == 1 && is_told(value)).map(|(v, _)| v).collect()
}

/// Where a database keeps its tables, and where its log. The log of a server is that of all databases,
/// and those of other tests have people of the same names.
async fn database_folders(store: &TestStore) -> (PathBuf, Option<PathBuf>) {
    if let Some(file) = store.url().strip_prefix("sqlite:") {
        return (PathBuf::from(file).parent().expect("a folder").to_owned(), None);
    }
    let mut server = PgConnection::connect(store.url()).await.expect("the server answers");
    // What is only in the server's memory is written out first.
    sqlx::query("checkpoint").execute(&mut server).await.expect("a checkpoint");
    let sql = "select current_setting('data_directory'), oid::text from pg_database
               where datname = current_database()";
    let (folder, own): (String, String) =
        sqlx::query_as(sql).fetch_one(&mut server).await.expect("a folder");
    let folder = PathBuf::from(folder);
    (folder.join("base").join(own), Some(folder.join("pg_wal")))
}

#[expect(
    clippy::print_stdout,
    reason = "whoever runs the long form wants to see what was searched"
)]
async fn what_people_type_and_own_is_readable_nowhere(store: TestStore) {
    let engine = "unhealthy_after_failures = 1000000";
    let more = More { engine, log: "trace", ..More::default() };
    let deployment = Deployment::with(store, more).await;
    let (collector, traces) = traces::collector().await;
    traces::trace_to(&deployment, &collector);
    let tasks = std::env::var("AUDIT_TASKS").ok().and_then(|n| n.parse().ok());
    let tasks: usize = tasks.unwrap_or(TASKS);
    let people = fiveone_lab::people(&deployment.lab.world(), "fund", "990000", tasks as u64);
    deployment.command(&["app", "topup", "app1", "100000.00", "--json"]).await;
    let behaviours = behaviours();
    let cases: Vec<Case> = people
        .iter()
        .enumerate()
        .map(|(at, one)| Case::new(&deployment, one, &behaviours[at % behaviours.len()], at))
        .collect();

    let mut seen = Seen::default();
    let mut gateway = deployment.gateway().await;
    let (early, late) = cases.split_at(tasks / 3);
    for part in early.chunks(early.len().div_ceil(KILLS)) {
        // These are killed wherever they are: queued, asking, reading, settling.
        let (cut, whole) = part.split_at(part.len().min(AT_ONCE) / 2);
        let created = stream::iter(cut).then(|case| case.create(&gateway));
        let tids: Vec<String> = created.collect().await;
        seen.finish(&deployment, &gateway, whole).await;
        for (case, tid) in cut.iter().zip(&tids).take(cut.len() / 2) {
            case.finish(&deployment, &gateway, tid).await;
        }
        gateway.kill().await;
        gateway = deployment.gateway().await;
    }
    seen.finish(&deployment, &gateway, late).await;
    deployment.settle().await;
    let id = gateway.process.id().expect("it runs");

    let mut secrets = Search::of(cases.iter().flat_map(Case::secrets));
    secrets.look_into_memory(id);
    let metrics = gateway.client.request("GET", "/metrics").send().await.expect("an answer");
    let metrics = metrics.text().await.expect("a body");
    let callbacks = format!("{}/callbacks/box", deployment.lab.base());
    let callbacks = reqwest::get(callbacks).await.expect("the lab").text().await.expect("a body");
    let letters: Vec<Value> = serde_json::from_str(&callbacks).expect("a list");
    assert!(letters.len() > tasks / 2, "{} callbacks", letters.len());
    // Whatever it has not sent yet it sends when it stops.
    assert_eq!(gateway.stop().await, Some(0));
    let traces = std::mem::take(&mut *traces.lock().expect("a collector"));
    let (tables, log) = database_folders(&deployment.store).await;
    log.iter().for_each(|log| secrets.look_into(log));
    let mut owned = Search::of(values(&deployment, &people));
    for search in [&mut secrets, &mut owned] {
        search.look_into(&tables);
        search.look_into(deployment.folder.path());
        search.look("metrics", metrics.as_bytes());
        search.look("traces", &traces);
        search.look("callbacks", callbacks.as_bytes());
        search.look("msg", seen.told.as_bytes());
    }
    println!(
        "{tasks} tasks, {KILLS} kills, ends {:?}: {} secrets and {} values in {} MB",
        seen.ends,
        secrets.len(),
        owned.len(),
        (secrets.bytes + owned.bytes) / 1_000_000,
    );
    assert!(deployment.log_text().contains("TRACE"), "the log tells everything");
    let requests = occurrences(&traces, b"portal_request");
    assert!(requests > tasks, "the collector hears of each request: {requests}");
    assert!(seen.ends.len() > 7 && owned.len() > tasks * 5, "{:?}, {}", seen.ends, owned.len());
    assert_eq!(secrets.found, BTreeSet::new());
    assert_eq!(owned.found, BTreeSet::new());
    // Where it belongs it is found.
    owned.look("a report", seen.report.as_bytes());
    assert!(owned.found.len() > 5, "{:?} in {}", owned.found, seen.report);
}

/// How often a word stands in bytes.
fn occurrences(bytes: &[u8], word: &[u8]) -> usize {
    bytes.windows(word.len()).filter(|part| *part == word).count()
}

#[tokio::test]
async fn a_gateways_memory_goes_into_no_core_dump_and_into_no_swap_where_that_is_allowed() {
    let deployment = Deployment::new(TestStore::sqlite().await, "").await;
    let mut gateway = deployment.gateway().await;
    let id = gateway.process.id().expect("it runs");
    let limits = std::fs::read_to_string(format!("/proc/{id}/limits")).expect("limits");
    let limit = |name: &str| {
        let line = limits.lines().find_map(|line| line.strip_prefix(name)).expect("a limit");
        line.split_whitespace().next().expect("a number").to_owned()
    };
    assert_eq!(limit("Max core file size"), "1", "less than a page, and for a program, too");
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("its status");
    let is_locked = !status.lines().any(|line| line.split_whitespace().eq(["VmLck:", "0", "kB"]));
    let may_lock = limit("Max locked memory") == "unlimited";
    assert_eq!(is_locked, may_lock);
    assert_eq!(deployment.log_text().contains("memory may be written to a disk"), !may_lock);
    // One that ends as a stack overflow ends it.
    let killed = Command::new("kill").args(["-ABRT", &id.to_string()]).status().await;
    assert!(killed.expect("kill runs").success());
    let ended = gateway.process.wait().await.expect("it ends");
    assert_eq!((ended.signal(), ended.core_dumped()), (Some(6), false));
}
