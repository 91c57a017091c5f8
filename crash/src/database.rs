//! The database of a deployment, and the ways to keep it from its nodes.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use fiveone_store::{Reader, Store};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use tokio::process::Command;

use crate::proxy::{Proxy, Way};
use crate::wait;

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
    store: Store,
}

impl Database {
    pub(crate) async fn open(
        kind: Kind,
        server: &str,
        folder: &Path,
        nodes: usize,
        name: &str,
    ) -> anyhow::Result<Self> {
        let mut ways = Vec::new();
        let url = match kind {
            Kind::Sqlite => format!("sqlite:{}", folder.join("fiveone.db").display()),
            Kind::Postgres => {
                let mut admin = PgConnection::connect(server).await.context("the server")?;
                let sql = AssertSqlSafe(format!("create database {name}"));
                sqlx::query(sql).execute(&mut admin).await?;
                for _ in 0..nodes {
                    ways.push(Proxy::start(host(server)?, Arc::new(|_| {})).await?);
                }
                let (head, _) = server.rsplit_once('/').context("an address with a database")?;
                format!("{head}/{name}")
            }
        };
        let store = Store::open(&url, 4).await?;
        Ok(Self { kind, url, ways, store })
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

    /// Holds the right to write to the file.
    pub(crate) async fn lock(&self, long: Duration) -> anyhow::Result<()> {
        let mut other = SqliteConnection::connect(&self.url).await?;
        sqlx::query("pragma busy_timeout = 30000").execute(&mut other).await?;
        sqlx::query("begin immediate").execute(&mut other).await?;
        wait(long).await;
        sqlx::query("rollback").execute(&mut other).await?;
        Ok(())
    }
}

/// `host:port` of an address.
fn host(url: &str) -> anyhow::Result<String> {
    let url: url::Url = url.parse()?;
    let (host, port) = (url.host_str().context("no host")?, url.port().context("no port")?);
    Ok(format!("{host}:{port}"))
}

/// A PostgreSQL server of its own, which ends with this value.
pub(crate) struct Server {
    pub(crate) url: String,
    folder: Option<tempfile::TempDir>,
}

impl Server {
    /// The one of the tests when there is one, else a new one by `postgres.sh`.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        if let Ok(url) = std::env::var("FIVEONE_TEST_POSTGRES") {
            return Ok(Self { url, folder: None });
        }
        let folder = tempfile::tempdir()?;
        // The server's own user passes through.
        std::fs::set_permissions(
            folder.path(),
            std::os::unix::fs::PermissionsExt::from_mode(0o711),
        )?;
        let inner = folder.path().join("postgres");
        let started = Command::new("./postgres.sh")
            .arg("start")
            .arg(inner)
            .stderr(Stdio::inherit())
            .output()
            .await
            .context("postgres.sh; run this in the repository's folder")?;
        anyhow::ensure!(started.status.success(), "PostgreSQL does not start");
        let url = String::from_utf8(started.stdout)?.trim().to_owned();
        Ok(Self { url, folder: Some(folder) })
    }

    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        if let Some(folder) = &self.folder {
            let inner = folder.path().join("postgres");
            Command::new("./postgres.sh").arg("stop").arg(inner).status().await?;
        }
        Ok(())
    }
}
