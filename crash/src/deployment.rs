//! A deployment to break: a lab, a database, nodes and an app with money.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use fiveone_engine::seal::DeploymentKeys;
use fiveone_lab::Lab;
use serde_json::Value;
use tokio::process::Command;

use crate::GATEWAY;
use crate::client::Client;
use crate::database::Database;
use crate::laws::Laws;
use crate::node::Node;
use crate::order::Order;
use crate::portals::Portals;
use crate::proxy::Proxy;
use crate::receiver::Receiver;

/// The app that all tasks are of.
const APP: &str = "app1";
/// What a task costs.
pub(crate) const PRICE_FEN: i64 = 300;
/// How long a node may be silent.
pub(crate) const LEASE: Duration = Duration::from_secs(2);
/// How long a task may take in all.
pub(crate) const TASK_FOR: Duration = Duration::from_secs(25);
/// How long a node may take to be ready.
pub(crate) const READY_WITHIN: Duration = Duration::from_secs(30);

/// A deployment.
pub(crate) struct Deployment {
    pub(crate) lab: Arc<Lab>,
    pub(crate) database: Database,
    pub(crate) nodes: Vec<Node>,
    pub(crate) client: Client,
    pub(crate) receiver: Receiver,
    pub(crate) portals: Arc<Portals>,
    pub(crate) laws: Arc<Laws>,
    /// The ways of the nodes to the portals.
    _ways: Vec<Proxy>,
    /// The configuration of the commands; nothing cuts their way.
    config: PathBuf,
}

impl Deployment {
    /// Makes a deployment and starts its nodes.
    pub(crate) async fn start(order: &Order) -> anyhow::Result<Self> {
        let Order { seed, nodes, folder, .. } = order;
        std::fs::create_dir_all(folder)?;
        let lab = fiveone_lab::start(fiveone_lab::Options {
            listen: ([127, 0, 0, 1], 0).into(),
            slow_ms: 300,
            seed: *seed,
            ..fiveone_lab::Options::default()
        })
        .await?;
        let lab = Arc::new(lab);
        let database = Database::open(order).await?;
        let laws = Arc::new(Laws::default());
        let portals = Arc::new(Portals::new(Arc::clone(&laws), LEASE));
        let (receiver, callbacks) = Receiver::start(*seed).await?;
        let key = folder.join("key");
        write_key(&key)?;
        let config = folder.join("commands.toml");
        std::fs::write(&config, configuration("127.0.0.1:0", &database.url, &key, &lab.base())?)?;
        let (mut ways, mut made) = (Vec::new(), Vec::new());
        for number in 0..*nodes {
            let seen = Arc::clone(&portals);
            let observer = Arc::new(move |bytes: &[u8]| seen.sent(number, bytes));
            let way = Proxy::start(lab.address().to_string(), observer).await?;
            let (address, url) = (free_address()?, database.url_for(number)?);
            let own = folder.join(format!("node{number}.toml"));
            let base = format!("http://{}", way.address);
            std::fs::write(&own, configuration(&address, &url, &key, &base)?)?;
            ways.push(way);
            let shared = (Arc::clone(&portals), Arc::clone(&laws));
            made.push(Node::new(number, own, &address, shared));
        }
        let http = reqwest::Client::builder()
            .no_proxy()
            .connect_timeout(Duration::from_secs(2))
            .timeout(Duration::from_secs(4))
            .build()?;
        let client = Client { http, app: APP.to_owned(), token: String::new() };
        let mut deployment = Self {
            lab,
            database,
            nodes: made,
            client,
            receiver,
            portals,
            laws,
            _ways: ways,
            config,
        };
        deployment.open_app(&callbacks).await?;
        deployment.start_nodes().await?;
        Ok(deployment)
    }

    async fn open_app(&mut self, callbacks: &str) -> anyhow::Result<()> {
        let create = ["app", "create", APP, "--price", "3.00", "--calls-per-second", "1000000"];
        let made = self.command(&[&create[..], &["--json"]].concat()).await?;
        self.client.token = made["tokenId"].as_str().context("no tokenId")?.to_owned();
        self.command(&["app", "topup", APP, "1000000.00", "--json"]).await?;
        self.command(&["app", "grant", APP, "--fund-callback", callbacks, "--json"]).await?;
        Ok(())
    }

    async fn start_nodes(&mut self) -> anyhow::Result<()> {
        for node in &mut self.nodes {
            node.start().await?;
            let is_ready = node.ready(&self.client.http, READY_WITHIN).await;
            ensure!(is_ready, "a node is not ready after {READY_WITHIN:?}");
        }
        Ok(())
    }

    /// Runs a command of the program; the JSON it prints, whatever its exit code.
    pub(crate) async fn command(&self, words: &[&str]) -> anyhow::Result<Value> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(GATEWAY).args(words).env("FIVEONE_CONFIG", &self.config).stdin(Stdio::null());
        let output = command.output().await?;
        match serde_json::from_slice(&output.stdout) {
            Ok(json) => Ok(json),
            Err(_) => bail!("{words:?}: {}", String::from_utf8_lossy(&output.stderr)),
        }
    }
}

fn free_address() -> anyhow::Result<String> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    Ok(listener.local_addr()?.to_string())
}

fn configuration(address: &str, store: &str, key: &Path, portals: &str) -> anyhow::Result<String> {
    let (key, lease, task) = (key.display(), LEASE.as_millis(), TASK_FOR.as_secs());
    let mut text = format!(
        "[server]\nlisten = \"{address}\"\n\
         [store]\nurl = \"{store}\"\nconnections_max = 8\n\
         [keys]\ndeployment_key_file = \"{key}\"\n\
         [engine]\nlease_for = \"{lease}ms\"\ntick_every = \"200ms\"\ntask_for = \"{task}s\"\n\
         captcha_for = \"8s\"\nsms_for = \"8s\"\nshutdown_for = \"500ms\"\n\
         unhealthy_after_failures = 1000000\n\
         [callbacks]\nto_private = true\nattempt_for = \"1s\"\nper_app_max = 32\n\
         [log]\nfilter = \"info\"\n\
         [portals]\nconcurrency = 64\nrequests_per_second = 0\n"
    );
    for (area, base) in fiveone_lab::portals(portals) {
        writeln!(text, "\"{area}\" = \"{base}\"")?;
    }
    Ok(text)
}

/// Writes a deployment key, for its owner alone: any other is refused.
fn write_key(path: &std::path::Path) -> anyhow::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(DeploymentKeys::generate()?.as_bytes())?;
    Ok(())
}
