//! A crowd that waits for a code on one node: what it costs while nothing happens, and what becomes of it
//! when the node is killed. The way to their passwords is gone with it, so each must end and be paid back.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use fiveone_lab::Lab;

use crate::client::Client;
use crate::gateway::{APP, Gateway};
use crate::memory::wait_for_codes;
use crate::polls::logins;
use crate::{Figure, Scale};

/// How long the crowd is looked at while nobody does anything.
const QUIET_FOR: Duration = Duration::from_secs(10);
/// By when the gateway has counted its open tasks anew.
const COUNTED_WITHIN: Duration = Duration::from_secs(30);

pub(crate) async fn measure(lab: &Lab, scale: Scale) -> anyhow::Result<Vec<Figure>> {
    let mut gateway = Gateway::start(&lab.portals()).await?;
    let idle = gateway.resident_kib()?;
    let logins = logins(lab, scale.crowd)?;
    let mut client = Client::open(&gateway).await?;
    wait_for_codes(&mut client, &logins).await?;
    drop(client);
    // Every one of them was seen to wait; the gauge is of the last count and comes after them.
    let all = u64::try_from(scale.crowd)?;
    tokio::time::timeout(COUNTED_WITHIN, async {
        let mut tick = tokio::time::interval(Duration::from_millis(100));
        while gateway.open_tasks().await? != all {
            tick.tick().await;
        }
        anyhow::Ok(())
    })
    .await
    .context("some of them wait no more")??;
    let full = gateway.resident_kib()?;
    let before = gateway.processor_time()?;
    let mut quiet = tokio::time::interval(QUIET_FOR);
    quiet.tick().await;
    quiet.tick().await;
    let busy = gateway.processor_time()? - before;

    let killed = Instant::now();
    gateway.kill_and_start().await?;
    let mut tick = tokio::time::interval(Duration::from_millis(50));
    let (settled, wallet) = loop {
        tick.tick().await;
        let shown = gateway.command(&["app", "show", APP]).await?;
        if shown["wallet"]["held"] == "0.00" {
            break (killed.elapsed(), shown["wallet"].clone());
        }
    };
    anyhow::ensure!(wallet["captured"] == "0.00", "{wallet}");
    let books = gateway.command(&["ledger", "verify"]).await?;
    let findings = books["findings"].as_array().context("no findings")?.len();
    anyhow::ensure!(findings == 0, "{books}");
    gateway.stop().await?;

    let share = busy.as_millis() * 100 / QUIET_FOR.as_millis();
    Ok(vec![
        Figure::new(
            "resident memory of a crowd that waits for a code",
            format!("{} MiB", full / 1024),
            format!("{} tasks, {} MiB idle", scale.crowd, idle / 1024),
        ),
        Figure::new(
            "processor while it waits",
            format!("{share} % of a core"),
            format!("over {} s", QUIET_FOR.as_secs()),
        ),
        Figure::new(
            "from `kill -9` to all of it ended and paid back",
            format!("{} ms", settled.as_millis()),
            "start of the next process included; books clean".to_owned(),
        ),
    ])
}
