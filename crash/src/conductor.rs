//! Carries out a plan: breaks things one after the other, and mends them again.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::process::Signal;
use sqlx::SqliteConnection;

use crate::deployment::{Deployment, LEASE, READY_WITHIN};
use crate::disk::Disk;
use crate::order::Kind;
use crate::plan::{Blow, Outage, Plan, Step};
use crate::proxy::Way;
use crate::recovery::Recoveries;
use crate::wait;

/// How often it is looked for nodes that ended by themselves.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long a node is asked whether it is ready.
const ASK_FOR: Duration = Duration::from_millis(500);
/// How long a node that was asked to stop may take.
const STOP_WITHIN: Duration = Duration::from_secs(30);

/// After so long without a write a node knows that it can make none: a heartbeat and some.
const UNREADY_AFTER: Duration = LEASE.saturating_add(Duration::from_secs(1));
/// How long a node may take to go on by itself: two leases, and what it waits for a connection, which
/// does not become less with the lease of this harness.
const READY_AGAIN_WITHIN: Duration = LEASE.saturating_mul(2).saturating_add(Duration::from_secs(5));

/// What was done, and when anything was broken.
#[derive(Default)]
pub(crate) struct Done {
    pub(crate) counts: BTreeMap<&'static str, u64>,
    /// How long it took from the end of an outage until every node was ready.
    pub(crate) ready_again: Vec<(Duration, Outage)>,
    /// From and to.
    pub(crate) disturbed: Vec<(Instant, Instant)>,
}

/// Carries out the steps of a plan until its time is over and each kind of blow was dealt; every node
/// runs at the end.
pub(crate) async fn conduct(
    deployment: &mut Deployment,
    mut plan: Plan,
    recoveries: &Recoveries,
    long: Duration,
) -> anyhow::Result<Done> {
    let mut done = Done::default();
    let end = Instant::now() + long;
    while let Some(Step { quiet, blow }) = plan.next() {
        keep_alive(deployment, quiet, &mut done).await?;
        let from = Instant::now();
        let database = &deployment.database;
        let has_server_disk = database.server.as_ref().is_some_and(|server| server.disk.is_some());
        let blow = as_it_can_be(database.disk.is_some(), has_server_disk, blow);
        *done.counts.entry(blow.word()).or_default() += 1;
        strike(deployment, blow, recoveries, &mut done).await?;
        done.disturbed.push((from, Instant::now()));
        if Instant::now() >= end && plan.is_whole() {
            break;
        }
    }
    done.ready_again.sort_by_key(|(long, _)| *long);
    Ok(done)
}

/// Starts again whatever ended by itself, as a supervisor does.
pub(crate) async fn keep_alive(
    deployment: &mut Deployment,
    long: Duration,
    done: &mut Done,
) -> anyhow::Result<()> {
    let end = Instant::now() + long;
    loop {
        for node in &mut deployment.nodes {
            if node.ended()?.is_some() {
                *done.counts.entry("ended by themselves").or_default() += 1;
                node.start().await?;
            }
        }
        if Instant::now() >= end {
            return Ok(());
        }
        wait(LOOK_EVERY).await;
    }
}

async fn strike(
    deployment: &mut Deployment,
    blow: Blow,
    recoveries: &Recoveries,
    done: &mut Done,
) -> anyhow::Result<()> {
    recoveries.disturbed();
    match blow {
        Blow::Kill { node, down } => kill(deployment, node, down, recoveries).await,
        Blow::Stop { node } => stop(deployment, node).await,
        Blow::Pause { node, long } => {
            deployment.nodes[node].signal(Signal::STOP)?;
            wait(long).await;
            deployment.nodes[node].signal(Signal::CONT)
        }
        Blow::Outage { what, long } => outage(deployment, what, long, done).await,
    }
}

/// Where nothing can be mounted a disk is never full: its files may not grow instead, and a server crashes.
fn as_it_can_be(has_disk: bool, has_server_disk: bool, blow: Blow) -> Blow {
    let Blow::Outage { what, long } = blow else { return blow };
    let what = match what {
        Outage::Full if !has_disk => Outage::Limit,
        Outage::ServerFull if !has_server_disk => Outage::Server,
        other => other,
    };
    Blow::Outage { what, long }
}

async fn outage(
    deployment: &mut Deployment,
    what: Outage,
    long: Duration,
    done: &mut Done,
) -> anyhow::Result<()> {
    let lost = |deployment: &Deployment| -> u64 {
        deployment.nodes.iter().map(|node| node.told().lost).sum()
    };
    let lost_before = lost(deployment);
    let lock = begin(deployment, what).await?;
    keep_alive(deployment, long, done).await?;
    if long > UNREADY_AFTER {
        readiness_is_true(deployment, what).await;
    }
    drop(lock);
    end(deployment, what).await?;
    let ended = Instant::now();
    for node in 0..deployment.nodes.len() {
        while !deployment.nodes[node].ready(&deployment.client.http, ASK_FOR).await {
            keep_alive(deployment, Duration::ZERO, done).await?;
            // Who was declared dead meanwhile ends, and its supervisor starts it.
            let is_without_hands = lost(deployment) == lost_before;
            let within = if is_without_hands { READY_AGAIN_WITHIN } else { READY_WITHIN };
            if ended.elapsed() > within {
                let what = format!("node {node} is not ready {within:?} after {what:?}");
                deployment.laws.broken("it recovers without hands within two leases", &what);
                return Ok(());
            }
        }
    }
    if lost(deployment) == lost_before {
        done.ready_again.push((ended.elapsed(), what));
    }
    Ok(())
}

/// A lock lasts as long as what is returned.
async fn begin(
    deployment: &mut Deployment,
    what: Outage,
) -> anyhow::Result<Option<SqliteConnection>> {
    let database = &deployment.database;
    match what {
        Outage::Cut { node, way } => database.set(node, way),
        Outage::Server => database.server.as_ref().context("a server")?.stop().await?,
        Outage::Lock => return database.lock().await.map(Some),
        Outage::Full => database.fill().await?,
        Outage::ServerFull => server_disk(deployment)?.fill()?,
        // Less than what any file of the store has.
        Outage::Limit => limit_files(deployment, Some(4_096))?,
        Outage::Clock { node, off_by } => deployment.nodes[node].set_clock(off_by).await?,
    }
    Ok(None)
}

async fn end(deployment: &mut Deployment, what: Outage) -> anyhow::Result<()> {
    let database = &deployment.database;
    match what {
        Outage::Cut { node, .. } => database.set(node, Way::Open),
        Outage::Server => database.server.as_ref().context("a server")?.again().await?,
        Outage::Lock => {}
        Outage::Full => database.disk.as_ref().context("a disk")?.empty()?,
        Outage::ServerFull => {
            server_disk(deployment)?.empty()?;
            database.server.as_ref().context("a server")?.see_to_it().await?;
        }
        Outage::Limit => limit_files(deployment, None)?,
        Outage::Clock { node, .. } => deployment.nodes[node].set_clock(0).await?,
    }
    Ok(())
}

fn server_disk(deployment: &Deployment) -> anyhow::Result<&Disk> {
    let server = deployment.database.server.as_ref().context("a server")?;
    server.disk.as_ref().context("a disk")
}

fn limit_files(deployment: &Deployment, bytes: Option<u64>) -> anyhow::Result<()> {
    deployment.nodes.iter().try_for_each(|node| node.limit_files(bytes))
}

/// Who can write nothing says that it is not ready, and who can says that it is.
async fn readiness_is_true(deployment: &Deployment, what: Outage) {
    for (number, node) in deployment.nodes.iter().enumerate() {
        let is_ready = node.ready(&deployment.client.http, ASK_FOR).await;
        if is_ready && what.stops(number) {
            let what =
                format!("node {number} says it is ready, after {UNREADY_AFTER:?} of {what:?}");
            deployment.laws.broken("readiness tells the truth about writing", &what);
        }
    }
}

async fn kill(
    deployment: &mut Deployment,
    node: usize,
    down: Duration,
    recoveries: &Recoveries,
) -> anyhow::Result<()> {
    let node_id = deployment.nodes[node].kill().await?;
    recoveries.died(&node_id, Instant::now()).await;
    wait(down).await;
    start(deployment, node).await?;
    if deployment.database.kind == Kind::Sqlite {
        recoveries.back();
    }
    Ok(())
}

async fn stop(deployment: &mut Deployment, node: usize) -> anyhow::Result<()> {
    deployment.nodes[node].signal(Signal::TERM)?;
    let ending = async {
        while deployment.nodes[node].ended()?.is_none() && deployment.nodes[node].runs() {
            wait(LOOK_EVERY).await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(STOP_WITHIN, ending).await.context("a node does not stop")??;
    start(deployment, node).await
}

/// A node that does not get ready is looked after by whoever keeps them alive.
async fn start(deployment: &mut Deployment, node: usize) -> anyhow::Result<()> {
    deployment.nodes[node].start().await?;
    let is_ready = deployment.nodes[node].ready(&deployment.client.http, READY_WITHIN).await;
    if !is_ready {
        let what = format!("node {node} is not ready {READY_WITHIN:?} after its start");
        deployment.laws.broken("a node that is started gets ready", &what);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_disk_of_its_own_a_full_one_is_a_limit_and_counted_as_one() {
        let outage = |what| Blow::Outage { what, long: Duration::from_secs(1) };
        let word = |disk, server_disk, what| as_it_can_be(disk, server_disk, outage(what)).word();
        assert_eq!(word(true, false, Outage::Full), "full disks");
        assert_eq!(word(false, true, Outage::Full), "file limits");
        assert_eq!(word(false, true, Outage::ServerFull), outage(Outage::ServerFull).word());
        assert_eq!(word(true, false, Outage::ServerFull), outage(Outage::Server).word());
        assert_eq!(word(false, false, Outage::Lock), "locks");
    }
}
