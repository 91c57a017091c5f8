//! The database of a deployment, and the ways to keep it from its nodes.

use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use fiveone_store::{Reader, Store};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use tokio::process::Command;

use crate::deployment::Order;
use crate::disk::{Disk, LARGE, SMALL};
use crate::proxy::{Proxy, Way};
use crate::wait;

/// How long a server gets to recover by itself.
const RECOVERS_WITHIN: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// One node over a file.
    Sqlite,
    /// Many nodes over a server.
    Postgres,
}

/// A database that nodes reach each by a way of its own.
pub(crate) struct Database {
    pub(crate) kind: Kind,
    /// Its own address, which nothing cuts.
    pub(crate) url: String,
    /// By node; empty for a file.
    ways: Vec<Proxy>,
    /// Where its file is, when that is a disk of its own.
    pub(crate) disk: Option<Disk>,
    /// What it is of, when it is no file.
    pub(crate) server: Option<Arc<Server>>,
    store: Store,
}

impl Database {
    pub(crate) async fn open(order: &Order) -> anyhow::Result<Self> {
        let Order { kind, seed, nodes, server, folder, .. } = order;
        let (mut ways, mut disk) = (Vec::new(), None);
        let url = match server {
            None => {
                let place = folder.join("disk");
                disk = Disk::mount(&place, SMALL)?;
                format!("sqlite:{}", place.join("fiveone.db").display())
            }
            Some(server) => {
                let mut admin = PgConnection::connect(&server.url).await.context("the server")?;
                let name = format!("crash_{seed}_{}", std::process::id());
                let sql = AssertSqlSafe(format!("create database {name}"));
                sqlx::query(sql).execute(&mut admin).await?;
                for _ in 0..*nodes {
                    ways.push(Proxy::start(host(&server.url)?, Arc::new(|_| {})).await?);
                }
                let (head, _) = server.url.rsplit_once('/').context("an address of a database")?;
                format!("{head}/{name}")
            }
        };
        let store = Store::open(&url, 4).await?;
        Ok(Self { kind: *kind, url, ways, disk, server: server.clone(), store })
    }

    /// Looks past every way that is cut.
    pub(crate) fn read(&self) -> &Reader {
        &self.store.read
    }

    /// The address that a node is given.
    pub(crate) fn url_for(&self, node: usize) -> anyhow::Result<String> {
        let Some(way) = self.ways.get(node) else { return Ok(self.url.clone()) };
        Ok(self.url.replacen(&host(&self.url)?, &way.address.to_string(), 1))
    }

    /// Opens or cuts the ways of these nodes.
    pub(crate) fn set(&self, node: Option<usize>, way: Way) {
        for (number, proxy) in self.ways.iter().enumerate() {
            if node.is_none_or(|node| node == number) {
                proxy.set(way);
            }
        }
    }

    /// Takes all space on the disk of the file. What its log had taken before is given up, so that the
    /// next write needs some.
    pub(crate) async fn fill(&self) -> anyhow::Result<()> {
        let disk = self.disk.as_ref().context("a disk")?;
        let mut other = self.beside().await?;
        sqlx::query("pragma wal_checkpoint(truncate)").execute(&mut other).await?;
        disk.fill()?;
        Ok(())
    }

    /// A connection to the file that waits for whoever writes.
    async fn beside(&self) -> anyhow::Result<SqliteConnection> {
        let mut other = SqliteConnection::connect(&self.url).await?;
        sqlx::query("pragma busy_timeout = 30000").execute(&mut other).await?;
        Ok(other)
    }

    /// Holds the right to write to the file, until the connection is closed.
    pub(crate) async fn lock(&self) -> anyhow::Result<SqliteConnection> {
        let mut other = self.beside().await?;
        sqlx::query("begin immediate").execute(&mut other).await?;
        Ok(other)
    }
}

/// `host:port` of an address.
fn host(url: &str) -> anyhow::Result<String> {
    let url: url::Url = url.parse()?;
    let (host, port) = (url.host_str().context("no host")?, url.port().context("no port")?);
    Ok(format!("{host}:{port}"))
}

/// A PostgreSQL server that is this program's alone: it is stopped and started, which nobody bears who
/// did not ask for it.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) url: String,
    /// Where it keeps everything, when that is a disk of its own.
    pub(crate) disk: Option<Disk>,
    folder: tempfile::TempDir,
}

impl Server {
    /// A new one, by `postgres.sh`.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        // The server's own user passes through.
        std::fs::set_permissions(
            folder.path(),
            std::os::unix::fs::PermissionsExt::from_mode(0o711),
        )?;
        let disk = Disk::mount(&folder.path().join("disk"), LARGE)?;
        let url = postgres("start", &folder).await?;
        if disk.is_some() {
            // Its log would take the whole disk otherwise.
            let mut admin = PgConnection::connect(&url).await?;
            sqlx::query("alter system set max_wal_size = '64MB'").execute(&mut admin).await?;
            sqlx::query("select pg_reload_conf()").execute(&mut admin).await?;
        }
        Ok(Self { url, disk, folder })
    }

    /// Starts it again if it has ended, as its supervisor does. It may be recovering by itself.
    pub(crate) async fn see_to_it(&self) -> anyhow::Result<()> {
        let end = Instant::now() + RECOVERS_WITHIN;
        while PgConnection::connect(&self.url).await.is_err() {
            if Instant::now() > end {
                // One that hangs in its recovery is stopped first.
                if self.folder.path().join("disk/postgres/data/postmaster.pid").exists() {
                    self.stop().await?;
                }
                return self.again().await;
            }
            wait(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Ends it as a crash does: nothing is written down any more, and no client is told.
    pub(crate) async fn stop(&self) -> anyhow::Result<()> {
        postgres("stop", &self.folder).await.map(drop)
    }

    /// Starts it again; it recovers what it had promised, and takes connections then.
    pub(crate) async fn again(&self) -> anyhow::Result<()> {
        postgres("again", &self.folder).await.map(drop)
    }
}

async fn postgres(action: &str, folder: &tempfile::TempDir) -> anyhow::Result<String> {
    let mut script = Command::new("./postgres.sh");
    script.arg(action).arg(folder.path().join("disk").join("postgres")).stderr(Stdio::inherit());
    // Its server holds on to what it was started with; only a file ends when it is read.
    let told = folder.path().join(action);
    script.stdin(Stdio::null()).stdout(std::fs::File::create(&told)?);
    let ended =
        script.status().await.context("postgres.sh; run this in the repository's folder")?;
    anyhow::ensure!(ended.success(), "PostgreSQL does not {action}");
    Ok(std::fs::read_to_string(&told)?.trim().to_owned())
}
