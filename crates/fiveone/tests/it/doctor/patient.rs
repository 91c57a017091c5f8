//! A deployment that the doctor looks at, as its tests need one.

use fiveone_engine::seal::DeploymentKeys;
use fiveone_testkit::TestStore;
use serde_json::Value;
use tokio::process::Command;

use crate::operators::write_key;

/// A folder with a key, a store of its own and a configuration.
pub(super) struct Patient {
    pub(super) folder: tempfile::TempDir,
    pub(super) store: TestStore,
    /// Lines of `[server]`, and of the other sections.
    pub(super) server: String,
    pub(super) more: String,
}

impl Patient {
    pub(super) async fn new() -> Self {
        Self::on(TestStore::sqlite().await)
    }

    pub(super) fn on(store: TestStore) -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_key(&folder.path().join("key"), &DeploymentKeys::generate().unwrap());
        Self { folder, store, server: "listen = \"127.0.0.1:0\"".to_owned(), more: String::new() }
    }

    /// With an app that has a price and money.
    pub(super) async fn with_an_app(self) -> Self {
        assert_eq!(self.run("app create loans").await.0, Some(0));
        assert_eq!(self.run("app topup loans 500.00").await.0, Some(0));
        self
    }

    pub(super) fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    pub(super) async fn run(&self, line: &str) -> (Option<i32>, String) {
        let config = self.file("fiveone.toml");
        let text = format!(
            "[server]\n{}\n[store]\nurl = \"{}\"\n[keys]\ndeployment_key_file = \"{}\"\n{}",
            self.server,
            self.store.url(),
            self.file("key"),
            self.more
        );
        std::fs::write(&config, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_fiveone"));
        let output = command.args(line.split(' ')).env("FIVEONE_CONFIG", config).output().await;
        let output = output.unwrap();
        let told = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(told).unwrap())
    }

    /// What is not good: state, name, words and fix; and the exit code.
    pub(super) async fn complaints(&self) -> (Option<i32>, Vec<[String; 4]>) {
        self.complaints_of("doctor --json").await
    }

    pub(super) async fn complaints_of(&self, line: &str) -> (Option<i32>, Vec<[String; 4]>) {
        let (code, told) = self.run(line).await;
        let told: Value = serde_json::from_str(&told).expect(&told);
        assert_eq!(told["ok"], code == Some(0));
        let rows = told["checks"].as_array().unwrap().iter();
        // Limits of this machine and settings of the throw-away server are no matter of a test.
        let machine = ["memory", "open files", "server", "disk"];
        let rows = rows.filter(|row| {
            row["state"] != "good" && !machine.contains(&row["name"].as_str().unwrap())
        });
        let cells = rows.map(|row| {
            ["state", "name", "detail", "fix"].map(|key| row[key].as_str().unwrap().to_owned())
        });
        (code, cells.collect())
    }

    /// The only complaint.
    pub(super) async fn complaint(&self) -> (Option<i32>, [String; 4]) {
        let (code, mut all) = self.complaints().await;
        assert_eq!(all.len(), 1, "{all:#?}");
        (code, all.remove(0))
    }

    /// It is doubtful or bad, and these words and this fix are told.
    pub(super) async fn assert_only(&self, state: &str, name: &str, words: &str, fix: &str) {
        let (code, told) = self.complaint().await;
        assert_eq!((told[0].as_str(), told[1].as_str()), (state, name), "{told:?}");
        assert!(told[2].contains(words) && told[3].contains(fix), "{told:?}");
        assert_eq!(code, Some(i32::from(state == "bad")), "{told:?}");
    }
}
