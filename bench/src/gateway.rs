//! A gateway as a process of its own, over a temporary folder.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use fiveone_engine::seal::DeploymentKeys;
use fiveone_lab::Lab;
use tokio::process::{Child, Command};

use crate::load::Connection;
use crate::{Figure, Scale};

/// The app all benchmarks call as.
pub(crate) const APP: &str = "bench";

/// How long a gateway may take to be ready before the run is given up.
const READY_WITHIN: Duration = Duration::from_secs(20);

pub(crate) struct Gateway {
    program: PathBuf,
    process: Child,
    folder: tempfile::TempDir,
    pub(crate) address: String,
    pub(crate) token: String,
    /// From the start of the process to its first ready answer.
    ready_after: Duration,
}

/// The program beside this one; built first when cargo runs this, which knows nothing of it.
async fn program() -> anyhow::Result<PathBuf> {
    if let Ok(cargo) = std::env::var("CARGO") {
        let build = ["build", "--release", "--quiet", "--locked", "-p", "fiveone"];
        ensure!(Command::new(cargo).args(build).status().await?.success(), "it does not build");
    }
    let own = std::env::current_exe()?;
    let path = own.with_file_name("fiveone");
    path.exists().then_some(path).context("run this with --release")
}

impl Gateway {
    /// Starts a gateway whose portals are elsewhere, with an app that has money.
    pub(crate) async fn start(portals: &BTreeMap<String, String>) -> anyhow::Result<Self> {
        let program = program().await?;
        let folder = tempfile::tempdir()?;
        let address = free_address()?;
        let config = folder.path().join("fiveone.toml");
        write_key(&folder.path().join("key"))?;
        std::fs::write(&config, configuration(&address, folder.path(), portals)?)?;
        let token = make_app(&program, &config).await?;
        let begun = Instant::now();
        let process = serve(&program, &config)?;
        wait_until_ready(&address).await?;
        let ready_after = begun.elapsed();
        Ok(Self { program, process, folder, address, token, ready_after })
    }

    /// Kills the process and starts another over the same database.
    pub(crate) async fn kill_and_start(&mut self) -> anyhow::Result<()> {
        self.process.kill().await?;
        self.process = serve(&self.program, &self.folder.path().join("fiveone.toml"))?;
        wait_until_ready(&self.address).await
    }

    /// What a command of the program prints as JSON.
    pub(crate) async fn command(&self, message: &[&str]) -> anyhow::Result<serde_json::Value> {
        command(&self.program, &self.folder.path().join("fiveone.toml"), message).await
    }

    /// Processor time so far.
    pub(crate) fn processor_time(&self) -> anyhow::Result<Duration> {
        let id = self.process.id().context("the gateway has ended")?;
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
        let behind_name = stat.rsplit_once(')').context("no name in stat")?.1;
        let mut fields = behind_name.split_whitespace().skip(11);
        let mut ticks = || anyhow::Ok(fields.next().context("no times in stat")?.parse::<u64>()?);
        // Linux counts them in hundredths of a second for whoever reads this file.
        Ok(Duration::from_millis((ticks()? + ticks()?) * 10))
    }

    /// Resident memory, in KiB.
    pub(crate) fn resident_kib(&self) -> anyhow::Result<u64> {
        let id = self.process.id().context("the gateway has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let digits = line.and_then(|line| line.split_whitespace().nth(1));
        Ok(digits.context("no VmRSS")?.parse()?)
    }

    /// Tasks that have not ended, as its metrics tell.
    pub(crate) async fn open_tasks(&self) -> anyhow::Result<u64> {
        let request = format!("GET /metrics HTTP/1.1\r\nHost: {}\r\n\r\n", self.address);
        let answer = Connection::open(&self.address).await?.exchange(request.as_bytes()).await?;
        let text = String::from_utf8_lossy(&answer.body);
        let line = text.lines().find_map(|line| line.strip_prefix("fiveone_tasks_open "));
        Ok(line.context("no fiveone_tasks_open")?.trim().parse()?)
    }

    /// Ends the process.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.process.kill().await?;
        Ok(())
    }
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

fn free_address() -> anyhow::Result<String> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    Ok(listener.local_addr()?.to_string())
}

fn configuration(
    address: &str,
    folder: &std::path::Path,
    portals: &BTreeMap<String, String>,
) -> anyhow::Result<String> {
    let folder = folder.display();
    let mut text = format!(
        "[server]\nlisten = \"{address}\"\n\
         [store]\nurl = \"sqlite:{folder}/fiveone.db\"\n\
         [keys]\ndeployment_key_file = \"{folder}/key\"\n\
         [engine]\ncaptcha_for = \"10m\"\nrunning_max = 64\nopen_tasks_max = 10000000\n\
         [log]\nfilter = \"error\"\n\
         [portals]\nconcurrency = 64\nrequests_per_second = 100000\n"
    );
    for (area, base) in portals {
        writeln!(text, "\"{area}\" = \"{base}\"")?;
    }
    Ok(text)
}

fn serve(program: &PathBuf, config: &PathBuf) -> anyhow::Result<Child> {
    let mut command = Command::new(program);
    command.arg("serve").arg("--config").arg(config);
    Ok(command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true).spawn()?)
}

async fn command(
    program: &PathBuf,
    config: &PathBuf,
    message: &[&str],
) -> anyhow::Result<serde_json::Value> {
    let mut command = Command::new(program);
    let output = command.args(message).arg("--json").env("FIVEONE_CONFIG", config).output().await?;
    serde_json::from_slice(&output.stdout)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Makes the app and gives it money; its tokenId.
async fn make_app(program: &PathBuf, config: &PathBuf) -> anyhow::Result<String> {
    let lavish = ["--calls-per-second", "100000000", "--open-tasks-max", "10000000"];
    let made = command(program, config, &[&["app", "create", APP], &lavish[..]].concat()).await?;
    command(program, config, &["app", "topup", APP, "10000000.00"]).await?;
    Ok(made["tokenId"].as_str().context("no tokenId")?.to_owned())
}

async fn wait_until_ready(address: &str) -> anyhow::Result<()> {
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let begun = Instant::now();
    let mut tick = tokio::time::interval(Duration::from_millis(2));
    while begun.elapsed() < READY_WITHIN {
        tick.tick().await;
        let Ok(mut connection) = Connection::open(address).await else { continue };
        if let Ok(answer) = connection.exchange(request.as_bytes()).await
            && answer.status == 200
        {
            return Ok(());
        }
    }
    bail!("no gateway at {address} after {READY_WITHIN:?}");
}

/// From the start of the process to the first ready answer, the median of several starts.
pub(crate) async fn start_up(lab: &Lab, scale: Scale) -> anyhow::Result<Figure> {
    let mut times = Vec::new();
    for _ in 0..scale.starts {
        let gateway = Gateway::start(&lab.portals()).await?;
        times.push(gateway.ready_after);
        gateway.stop().await?;
    }
    times.sort();
    let median = times[times.len() / 2];
    let beside = format!("median of {} starts, new database", times.len());
    Ok(Figure::new("start-up", format!("{} ms", median.as_millis()), beside))
}
