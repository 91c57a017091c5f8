//! A node as a process: started, killed, paused, and started again whenever it ended by itself, as
//! a supervisor would.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::GATEWAY;
use crate::laws::Laws;
use crate::portals::Portals;
use crate::wait;

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What the log of a node told.
#[derive(Default)]
pub(crate) struct Told {
    /// The node's id, of its present process.
    pub(crate) node_id: String,
    /// How often the others declared it dead, so that it ends and is started again.
    pub(crate) lost: u64,
    /// The tasks it has run.
    pub(crate) runs: Vec<String>,
    /// Starts of a run.
    pub(crate) count: u64,
}

/// A node.
pub(crate) struct Node {
    number: usize,
    config: PathBuf,
    log: PathBuf,
    /// Where it listens.
    pub(crate) url: String,
    child: Option<Child>,
    /// What its clock shows beyond the right time, in milliseconds.
    clock_off_by: i64,
    turn: u32,
    told: Arc<Mutex<Told>>,
    portals: Arc<Portals>,
    laws: Arc<Laws>,
}

impl Node {
    pub(crate) fn new(
        number: usize,
        config: PathBuf,
        address: &str,
        (portals, laws): (Arc<Portals>, Arc<Laws>),
    ) -> Self {
        Self {
            number,
            log: config.with_extension("log"),
            config,
            url: format!("http://{address}"),
            child: None,
            clock_off_by: 0,
            turn: 0,
            told: Arc::default(),
            portals,
            laws,
        }
    }

    /// What its log told.
    pub(crate) fn told(&self) -> std::sync::MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a process, whose clock goes as that of the one before. It does not die of files that may
    /// not grow: it is told, as on a full disk.
    pub(crate) async fn start(&mut self) -> anyhow::Result<()> {
        self.turn += 1;
        self.portals.began((self.number, self.turn));
        self.told().node_id.clear();
        let mut child = Command::new("sh")
            .args(["-c", "trap '' XFSZ; exec \"$0\" \"$1\" serve --config \"$2\""])
            .arg(std::env::current_exe()?)
            .arg(GATEWAY)
            .arg(&self.config)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let follower = || Follower {
            log: self.log.clone(),
            told: Arc::clone(&self.told),
            laws: Arc::clone(&self.laws),
        };
        if let (Some(out), Some(err)) = (out, err) {
            tokio::spawn(follower().follow(BufReader::new(out)));
            tokio::spawn(follower().follow(BufReader::new(err)));
        }
        self.child = Some(child);
        self.set_clock(self.clock_off_by).await
    }

    /// Sets its clock to so many milliseconds beyond the right time.
    pub(crate) async fn set_clock(&mut self, off_by: i64) -> anyhow::Result<()> {
        self.clock_off_by = off_by;
        if let Some(stdin) = self.child.as_mut().and_then(|child| child.stdin.as_mut()) {
            // Who has ended reads nothing, and is told by whoever starts it again.
            drop(stdin.write_all(format!("{off_by}\n").as_bytes()).await);
        }
        Ok(())
    }

    /// Waits until it is ready.
    pub(crate) async fn ready(&self, http: &reqwest::Client, within: Duration) -> bool {
        let looking = async {
            loop {
                let ready = http.get(format!("{}/readyz", self.url)).send().await;
                if ready.is_ok_and(|answer| answer.status() == 200) {
                    return;
                }
                wait(LOOK_EVERY).await;
            }
        };
        tokio::time::timeout(within, looking).await.is_ok()
    }

    fn pid(&self) -> anyhow::Result<Pid> {
        let id = self.child.as_ref().and_then(Child::id).context("it does not run")?;
        Pid::from_raw(i32::try_from(id)?).context("a process has a number")
    }

    /// Ends it as a power cut would; its id in the store.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<String> {
        if let Some(child) = &mut self.child {
            child.kill().await?;
        }
        self.child = None;
        Ok(self.told().node_id.clone())
    }

    /// Sends a signal; nothing when it has ended by itself.
    pub(crate) fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        if let Ok(pid) = self.pid() {
            kill_process(pid, signal)?;
        }
        if signal == Signal::CONT {
            self.portals.went_on(self.number);
        }
        Ok(())
    }

    /// No file of it may grow beyond so many bytes; `None` lets them grow again.
    pub(crate) fn limit_files(&self, bytes: Option<u64>) -> anyhow::Result<()> {
        let Ok(pid) = self.pid() else { return Ok(()) };
        prlimit(Some(pid), Resource::Fsize, Rlimit { current: bytes, maximum: None })?;
        Ok(())
    }

    /// Whether there is a process.
    pub(crate) const fn runs(&self) -> bool {
        self.child.is_some()
    }

    /// How it ended, when it has.
    pub(crate) fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        let Some(child) = &mut self.child else { return Ok(None) };
        let ended = child.try_wait()?;
        if ended.is_some() {
            self.child = None;
        }
        Ok(ended)
    }
}

/// Reads what a process writes.
struct Follower {
    log: PathBuf,
    told: Arc<Mutex<Told>>,
    laws: Arc<Laws>,
}

impl Follower {
    async fn follow(self, lines: BufReader<impl tokio::io::AsyncRead + Unpin>) {
        let opened = tokio::fs::File::options().create(true).append(true).open(&self.log).await;
        let Ok(mut log) = opened else { return };
        let mut lines = lines.lines();
        while let Ok(Some(line)) = lines.next_line().await {
            self.note(&line);
            // What cannot be kept of a log is only missed by who reads it.
            drop(log.write_all(format!("{line}\n").as_bytes()).await);
        }
        drop(log.flush().await);
    }

    fn note(&self, line: &str) {
        if line.contains("panicked at") {
            self.laws.broken("no node panics", line);
        }
        let Ok(line) = serde_json::from_str::<Value>(line) else { return };
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match line["message"].as_str() {
            Some("node started") => told.node_id = text("node"),
            Some("the other nodes declared this one dead") => told.lost += 1,
            Some("run begins") => {
                told.count += 1;
                told.runs.push(text("tid"));
            }
            _ => {}
        }
    }
}
