//! The database of a deployment, and the ways to keep it from its nodes.

use std::sync::Arc;

use anyhow::Context as _;
use fiveone_store::{Reader, Store};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

use crate::disk::{Disk, SMALL};
use crate::order::{Kind, Order};
use crate::proxy::{Proxy, Way};
use crate::server::Server;

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
