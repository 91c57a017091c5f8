//! The program itself, as processes: started, killed, started again.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use fiveone_engine::seal::DeploymentKeys;
use fiveone_lab::Lab;
use fiveone_testkit::TestStore;
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::operators::write_key;
use crate::vendor_client::Client;

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_fiveone");

/// A lab, a store and a folder with a configuration; gateways come and go over them.
pub(crate) struct Deployment {
    pub(crate) lab: Lab,
    pub(crate) store: TestStore,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) token: String,
    pub(crate) config: PathBuf,
    address: String,
}

/// Lines of a configuration beside those that every test has.
#[derive(Clone, Copy)]
pub(crate) struct More<'a> {
    pub(crate) engine: &'a str,
    pub(crate) server: &'a str,
    /// The log's filter.
    pub(crate) log: &'a str,
}

impl Default for More<'_> {
    fn default() -> Self {
        Self { engine: "", server: "", log: "debug" }
    }
}

impl Deployment {
    /// Prepares a deployment; `more` is put into the configuration's `[engine]` section.
    pub(crate) async fn new(store: TestStore, more: &str) -> Self {
        Self::with(store, More { engine: more, ..More::default() }).await
    }

    /// The same with more in the configuration's `[server]` section.
    pub(crate) async fn with_server(store: TestStore, server: &str) -> Self {
        Self::with(store, More { server, ..More::default() }).await
    }

    /// Prepares a deployment with more in its configuration.
    pub(crate) async fn with(store: TestStore, more: More<'_>) -> Self {
        // Fails when another test of this process was first, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let options = fiveone_lab::Options {
            listen: ([127, 0, 0, 1], 0).into(),
            slow_ms: 400,
            ..Default::default()
        };
        let lab = fiveone_lab::start(options).await.expect("the lab starts");
        let folder = tempfile::tempdir().expect("a folder");
        let address = std::net::TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .to_string();
        let key = folder.path().join("key");
        write_key(&key, &DeploymentKeys::generate().expect("a key"));
        let config = folder.path().join("fiveone.toml");
        let text = configuration(&address, store.url(), &key, more, &lab.portals());
        std::fs::write(&config, text).expect("a file");
        let mut deployment = Self { lab, store, folder, token: String::new(), config, address };
        let made = deployment.command(&["app", "create", "app1", "--json"]).await;
        deployment.token = made["tokenId"].as_str().expect("a tokenId").to_owned();
        let callback = format!("{}/callbacks/box", deployment.lab.base());
        deployment.command(&["app", "topup", "app1", "1000.00", "--json"]).await;
        deployment.command(&["app", "grant", "app1", "--fund-callback", &callback, "--json"]).await;
        deployment
    }

    /// Takes the model city's address out of the configuration, so that nodes have their own.
    pub(crate) fn without_a_model_city(&self) {
        let text = std::fs::read_to_string(&self.config).expect("a file");
        let kept: Vec<_> = text.lines().filter(|line| !line.contains("/990000")).collect();
        std::fs::write(&self.config, kept.join("\n")).expect("a file");
    }

    /// Runs a command of the program with this configuration; the JSON it prints.
    pub(crate) async fn command(&self, words: &[&str]) -> Value {
        let output = self.run(words).await;
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{words:?}: {}", String::from_utf8_lossy(&output.stderr)))
    }

    /// Runs a command of the program with this configuration.
    pub(crate) async fn run(&self, words: &[&str]) -> Output {
        Command::new(PROGRAM)
            .args(words)
            .env("FIVEONE_CONFIG", &self.config)
            .output()
            .await
            .expect("the program runs")
    }

    /// A client of its app.
    pub(crate) fn client(&self) -> Client {
        Client::new(&format!("http://{}", self.address), "app1", &self.token)
    }

    /// Starts a gateway and waits until it is ready; its log goes to the folder.
    pub(crate) async fn gateway(&self) -> Gateway {
        self.gateway_at(&self.config, &self.address).await
    }

    /// Starts a gateway more, which listens elsewhere.
    pub(crate) async fn another_gateway(&self) -> Gateway {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        drop(listener);
        let text = std::fs::read_to_string(&self.config).expect("a file");
        let config = self.folder.path().join("another.toml");
        std::fs::write(&config, text.replacen(&self.address, &address, 1)).expect("a file");
        self.gateway_at(&config, &address).await
    }

    async fn gateway_at(&self, config: &Path, address: &str) -> Gateway {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.log())
            .expect("a log file");
        let process = Command::new(PROGRAM)
            .args(["serve", "--config"])
            .arg(config)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        let url = format!("http://{address}");
        let mut every = tokio::time::interval(Duration::from_millis(20));
        for _ in 0..1_000 {
            every.tick().await;
            let ready = reqwest::get(format!("{url}/readyz")).await;
            if ready.is_ok_and(|answer| answer.status() == 200) {
                return Gateway { process, client: Client::new(&url, "app1", &self.token) };
            }
        }
        panic!("the gateway is not ready: {}", self.log_text());
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    pub(crate) fn log_text(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// Waits until nothing is under way any more, then checks the books.
    pub(crate) async fn settle(&self) {
        let mut every = tokio::time::interval(Duration::from_millis(50));
        let mut left = self.store.read.leftovers().await.expect("the store");
        for _ in 0..1_200 {
            if left == fiveone_store::Leftovers::default() {
                break;
            }
            every.tick().await;
            left = self.store.read.leftovers().await.expect("the store");
        }
        assert_eq!(left, fiveone_store::Leftovers::default(), "{}", self.log_text());
        let books = self.command(&["ledger", "verify", "--json"]).await;
        assert_eq!((&books["clean"], &books["openHolds"]), (&Value::from(true), &Value::from(0)));
    }
}

fn configuration(
    address: &str,
    store: &str,
    key: &Path,
    more: More<'_>,
    portals: &BTreeMap<String, String>,
) -> String {
    let More { engine, server, log } = more;
    let mut text = format!(
        "[server]\nlisten = \"{address}\"\n{server}\n[store]\nurl = \"{store}\"\n\
         [keys]\ndeployment_key_file = \"{}\"\n\
         [callbacks]\nto_private = true\n[log]\nfilter = \"{log}\"\n\
         [engine]\nlease_for = \"1s\"\ntick_every = \"100ms\"\n{engine}\n\
         [portals]\nrequests_per_second = 0\n",
        key.display()
    );
    for (area, base) in portals {
        writeln!(text, "\"{area}\" = \"{base}\"").expect("a string takes text");
    }
    text
}

/// A running gateway.
pub(crate) struct Gateway {
    pub(crate) process: Child,
    pub(crate) client: Client,
}

impl Gateway {
    /// Ends it as a power cut would.
    pub(crate) async fn kill(mut self) {
        self.process.kill().await.expect("the process is killed");
    }

    /// Sends it a signal.
    pub(crate) async fn signal(&self, name: &str) {
        let id = self.process.id().expect("it runs").to_string();
        let status = Command::new("kill").args([&format!("-{name}"), &id]).status().await;
        assert!(status.expect("kill runs").success());
    }

    /// Asks it to stop, and waits; its exit code.
    pub(crate) async fn stop(mut self) -> Option<i32> {
        self.signal("TERM").await;
        self.process.wait().await.expect("it ends").code()
    }
}
