//! Carries out a plan: breaks things one after the other, and mends them again.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::process::Signal;

use crate::database::Kind;
use crate::deployment::{Deployment, READY_WITHIN};
use crate::plan::{Blow, Plan, Step};
use crate::proxy::Way;
use crate::recovery::Recoveries;
use crate::wait;

/// How often it is looked for nodes that ended by themselves.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long a node that was asked to stop may take.
const STOP_WITHIN: Duration = Duration::from_secs(30);

/// What was done, and when anything was broken.
#[derive(Default)]
pub(crate) struct Done {
    pub(crate) counts: BTreeMap<&'static str, u64>,
    /// From and to.
    pub(crate) disturbed: Vec<(Instant, Instant)>,
}

/// Carries out the steps of a plan until its time is over; every node runs at the end.
pub(crate) async fn conduct(
    deployment: &mut Deployment,
    plan: Plan,
    recoveries: &Recoveries,
    long: Duration,
) -> anyhow::Result<Done> {
    let mut done = Done::default();
    let end = Instant::now() + long;
    for Step { quiet, blow } in plan {
        keep_alive(deployment, quiet, &mut done).await?;
        if Instant::now() >= end {
            break;
        }
        let from = Instant::now();
        *done.counts.entry(blow.word()).or_default() += 1;
        strike(deployment, blow, recoveries, &mut done).await?;
        done.disturbed.push((from, Instant::now()));
    }
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
                node.start()?;
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
        Blow::CutOne { node, way, long } => {
            deployment.database.set(Some(node), way);
            keep_alive(deployment, long, done).await?;
            deployment.database.set(Some(node), Way::Open);
            Ok(())
        }
        Blow::CutAll { way, long } => {
            deployment.database.set(None, way);
            keep_alive(deployment, long, done).await?;
            deployment.database.set(None, Way::Open);
            Ok(())
        }
        Blow::Lock { long } => deployment.database.lock(long).await,
        Blow::Full { node, long } => {
            // Less than what any file of the store has.
            deployment.nodes[node].limit_files(Some(4_096))?;
            keep_alive(deployment, long, done).await?;
            deployment.nodes[node].limit_files(None)
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
    deployment.nodes[node].start()?;
    let is_ready = deployment.nodes[node].ready(&deployment.client.http, READY_WITHIN).await;
    if !is_ready {
        let what = format!("node {node} is not ready {READY_WITHIN:?} after its start");
        deployment.laws.broken("a node that is started gets ready", &what);
    }
    Ok(())
}
