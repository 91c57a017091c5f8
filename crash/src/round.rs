//! One round: a deployment, its load, what is done to it, and what came of it all.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::bail;
use tokio::task::JoinSet;

use crate::books;
use crate::conductor::{self, Done};
use crate::deployment::{Deployment, LEASE};
use crate::load::Load;
use crate::order::Order;
use crate::plan::Plan;
use crate::recovery::Recoveries;
use crate::say;

/// How far from a disturbance an answer must be to be measured.
const MARGIN: Duration = Duration::from_secs(1);

/// Runs a round; fails at the first law that is broken.
pub(crate) async fn run(order: &Order, long: Duration, people: u64) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut deployment = Deployment::start(order).await?;
    let laws = Arc::clone(&deployment.laws);
    let broken = async {
        laws.until_broken().await;
        bail!("{}", laws.first().unwrap_or_default())
    };
    let played = tokio::select! {
        report = play(&mut deployment, order, long, people) => report,
        broken = broken => broken,
    };
    let played = laws.first().map_or(played, |broken| Err(anyhow::anyhow!("{broken}")));
    if let Some(disk) = deployment.database.disk.as_ref().filter(|_| order.keep || played.is_err())
    {
        disk.copy_to(&order.folder)?;
    }
    let report = played?;
    let (kind, seed, nodes) = (order.kind, order.seed, order.nodes);
    let seconds = begun.elapsed().as_secs();
    say(&format!("{kind:?}, seed {seed}, {nodes} nodes, {seconds} s: no law was broken\n{report}"));
    Ok(())
}

/// Load and blows for so long, then quiet until nothing is left, then the books.
async fn play(
    deployment: &mut Deployment,
    order: &Order,
    long: Duration,
    people: u64,
) -> anyhow::Result<String> {
    let nodes = deployment.nodes.iter().map(|node| node.url.clone()).collect();
    let (lab, laws) = (Arc::clone(&deployment.lab), Arc::clone(&deployment.laws));
    let load = Arc::new(Load::new(deployment.client.clone(), lab, nodes, laws));
    let recoveries = Recoveries::new(deployment.database.read().clone());
    let mut crowd = JoinSet::new();
    for person in 0..people {
        crowd.spawn(Arc::clone(&load).people(order.seed.wrapping_mul(1_000).wrapping_add(person)));
    }
    let mut watch = JoinSet::new();
    watch.spawn(Arc::clone(&recoveries).watch());
    let plan = Plan::new(order.seed, order.kind, order.nodes, LEASE);
    let mut done = conductor::conduct(deployment, plan, &recoveries, long).await?;
    load.is_over.store(true, Ordering::Relaxed);
    books::drain(deployment, &mut done).await?;
    // People whose task has ended only have to hear of it.
    while crowd.join_next().await.is_some() {}
    load.poll_all().await;
    let (times, died_past_login) = recoveries.take();
    let ends = books::check(deployment, &load.stories(), &died_past_login).await?;
    let waits = answers(deployment, &load, &done).await?;
    let mut text = report(deployment, &load, &done, &ends, died_past_login.len());
    let leases = |time: Duration| {
        let hundredths = time.as_millis() * 100 / LEASE.as_millis();
        format!("{}.{:02}", hundredths / 100, hundredths % 100)
    };
    let what = "kill -9 until its tasks run elsewhere or have ended, in leases";
    text += &spread(what, &times, leases);
    let what = "end of an outage until every node is ready, in leases";
    let times: Vec<_> = done.ready_again.iter().map(|(time, _)| *time).collect();
    text += &spread(what, &times, leases);
    if let Some((_, longest)) = done.ready_again.last() {
        text += &format!("    the longest after {longest:?}\n");
    }
    let what = "answer on one node until the run on another goes on, in ms";
    text += &spread(what, &waits, |time| time.as_millis().to_string());
    Ok(text)
}

fn report(
    deployment: &Deployment,
    load: &Load,
    done: &Done,
    ends: &BTreeMap<String, u64>,
    died_past_login: usize,
) -> String {
    let list = |counts: &mut dyn Iterator<Item = (String, u64)>| {
        counts.map(|(word, count)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
    };
    let tasks: u64 = ends.values().sum();
    let ends = list(&mut ends.iter().map(|(word, count)| (word.clone(), *count)));
    let blows = list(&mut done.counts.iter().map(|(word, count)| ((*word).to_owned(), *count)));
    let (calls, failed) = load.calls();
    let (tried, lost, delayed) = deployment.receiver.counts();
    let (requests, sessions, moved) = deployment.portals.counts();
    let runs: u64 = deployment.nodes.iter().map(|node| node.told().count).sum();
    format!(
        "  tasks      {tasks}: {ends}\n  blows      {blows}\n  calls      {calls}, {failed} failed\n  \
         runs       {runs}, {died_past_login} tasks were past login when their node was killed\n  \
         portals    {requests} requests in {sessions} sessions, {moved} went on on another process\n  \
         callbacks  {tried}, {lost} lost and {delayed} delayed at their first try\n"
    )
}

const ANSWERED: &str = "select task_id, closed_at - answered_at from challenge
    where answered_at is not null and closed_at is not null order by task_id, seq";

/// How long each answer waited that was given to a node which did not run the task, while nothing
/// was broken: from when one node had it to when the other's run went on.
async fn answers(
    deployment: &Deployment,
    load: &Load,
    done: &Done,
) -> anyhow::Result<Vec<Duration>> {
    let mut waits: HashMap<String, Vec<u64>> = HashMap::new();
    for row in deployment.database.read().dump(ANSWERED).await? {
        let Some((tid, ms)) = row.split_once(" | ") else { bail!("a question: {row}") };
        waits.entry(tid.to_owned()).or_default().push(ms.parse().unwrap_or(0));
    }
    let runs: Vec<HashSet<String>> =
        deployment.nodes.iter().map(|node| node.told().runs.iter().cloned().collect()).collect();
    let is_calm = |at: Instant| {
        !done.disturbed.iter().any(|(from, to)| at + MARGIN >= *from && at <= *to + MARGIN)
    };
    let mut times = Vec::new();
    for (tid, story) in load.stories() {
        let own = waits.remove(&tid).unwrap_or_default();
        // An answer that was taken without the person's knowing cannot be told from the others.
        if own.len() != story.answers.len() || !matches!(story.end, Some(40_001 | 40_002)) {
            continue;
        }
        for ((node, at), ms) in story.answers.into_iter().zip(own) {
            if !runs[node].contains(&tid) && is_calm(at) {
                times.push(Duration::from_millis(ms));
            }
        }
    }
    times.sort();
    Ok(times)
}

fn percentile(sorted: &[Duration], percent: usize) -> Option<Duration> {
    sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied()
}

/// The middle and the slow end of some times.
fn spread(what: &str, sorted: &[Duration], shown: impl Fn(Duration) -> String) -> String {
    match (percentile(sorted, 50), percentile(sorted, 99)) {
        (Some(half), Some(most)) => {
            format!("  {what}: p50 {}, p99 {}, of {}\n", shown(half), shown(most), sorted.len())
        }
        _ => format!("  {what}: none\n"),
    }
}
