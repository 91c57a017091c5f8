//! A PostgreSQL server to stop and to start again.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use sqlx::{Connection as _, PgConnection};
use tokio::process::Command;

use crate::disk::{Disk, LARGE};
use crate::wait;

/// How long a server gets to recover by itself.
const RECOVERS_WITHIN: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_millis(100);

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
