//! The end: when nothing is under way any more, whether every task, hold, entry and callback is what
//! the laws say.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use fiveone_model::failure::FailureKind;
use fiveone_model::task::Stage;
use fiveone_store::Leftovers;
use fiveone_testkit::books::{self, TaskEnd};

use crate::conductor::{Done, keep_alive};
use crate::deployment::{Deployment, LEASE, PRICE_FEN, TASK_FOR};
use crate::load::{AREA, Story};

const PENDING: &str = "select id from callback where state = 'pending'";
/// How long callbacks may take whose sender died: an attempt, and the grace before another's, counted by
/// clocks that differ.
const CALLBACKS_WITHIN: Duration = Duration::from_secs(80);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Waits until nothing is under way: no task, and no callback that is due within the run.
pub(crate) async fn drain(deployment: &mut Deployment, done: &mut Done) -> anyhow::Result<()> {
    // A clock that was ahead gave deadlines that are later by as much.
    let limit = TASK_FOR + 11 * LEASE;
    let end = Instant::now() + limit;
    loop {
        keep_alive(deployment, LOOK_EVERY, done).await?;
        let left = deployment.database.read().leftovers().await?;
        if left == Leftovers::default() {
            break;
        }
        if Instant::now() >= end {
            let what = format!("after {limit:?} of quiet there is {left:?}");
            deployment.laws.broken("every accepted task ends", &what);
            return Ok(());
        }
    }
    let end = Instant::now() + CALLBACKS_WITHIN;
    loop {
        let pending = deployment.database.read().dump(PENDING).await?;
        if pending.is_empty() {
            return Ok(());
        }
        if Instant::now() >= end {
            let what = format!("{} are pending after {CALLBACKS_WITHIN:?}", pending.len());
            deployment.laws.broken("every callback arrives at least once", &what);
            return Ok(());
        }
        keep_alive(deployment, LOOK_EVERY, done).await?;
    }
}

/// Checks every law of the end; the kinds of ends, counted.
pub(crate) async fn check(
    deployment: &Deployment,
    stories: &BTreeMap<String, Story>,
    died_past_login: &[String],
) -> anyhow::Result<BTreeMap<String, u64>> {
    let (rows, wrong) = books::judge(deployment.database.read(), PRICE_FEN).await?;
    let known: BTreeSet<&str> = rows.iter().map(|row| row.tid.as_str()).collect();
    for tid in stories.keys().filter(|tid| !known.contains(tid.as_str())) {
        deployment.laws.broken("no accepted task vanishes", &format!("{tid} has no row"));
    }
    let mut ends: BTreeMap<String, u64> = BTreeMap::new();
    for row in &rows {
        *ends.entry(end_word(&row.stage)).or_default() += 1;
        check_end(deployment, row, stories.get(&row.tid), died_past_login);
        check_callback(deployment, row);
    }
    if let Some(wrong) = wrong.first() {
        deployment.laws.broken("each hold resolves once, by the task's end", wrong);
    }
    let books = deployment.command(&["ledger", "verify", "--json"]).await?;
    if books["clean"] != true || books["openHolds"] != 0 {
        deployment.laws.broken("the books are clean", &books.to_string());
    }
    Ok(ends)
}

fn end_word(stage: &Stage) -> String {
    match stage {
        Stage::Done { missing } if missing.is_empty() => "whole".to_owned(),
        Stage::Done { .. } => "partial".to_owned(),
        Stage::Failed(failure) => failure.kind.as_str().to_owned(),
        other => format!("{:?}", other.name()),
    }
}

/// A task ends as its portal and its person make it end, or as the death of nodes does.
fn check_end(deployment: &Deployment, row: &TaskEnd, story: Option<&Story>, died: &[String]) {
    let Stage::Failed(failure) = &row.stage else { return };
    let tid = &row.tid;
    match failure.kind {
        FailureKind::Internal => {
            deployment.laws.broken("no task ends by a fault of ours", tid);
        }
        FailureKind::NodeLost => {
            if died.contains(tid) || story.is_some_and(|story| story.was_past_login) {
                let what = format!("{tid} was past login and failed with its node");
                deployment.laws.broken("a task past login resumes", &what);
            }
        }
        FailureKind::NodesDied if row.crashes < 1 => {
            let what = format!("{tid} was given up, and {} nodes died with it", row.crashes);
            deployment.laws.broken("a task past login resumes", &what);
        }
        kind => {
            let Some(story) = story else { return };
            let world = deployment.lab.world();
            let code = fiveone_lab::ending_code(&world, "fund", AREA, story.password);
            let own = i64::from(kind.code().number());
            let is_by_person = matches!(kind, FailureKind::WrongCode | FailureKind::NoAnswer);
            let is_by_time = matches!(
                kind,
                FailureKind::DeadlinePassed | FailureKind::PortalUnstable | FailureKind::NodesDied
            );
            if code.map(i64::from) != Some(own) && !is_by_person && !is_by_time {
                let what = format!("{tid} ({}) ended with {}", story.password, kind.as_str());
                deployment.laws.broken("a task ends as its portal says", &what);
            }
        }
    }
}

fn check_callback(deployment: &Deployment, row: &TaskEnd) {
    let code = row.stage.code(fiveone_model::task::CrawlProgress::NothingYet).number();
    let came = deployment.receiver.acknowledged(&row.tid);
    if !came.contains(&code.to_string()) {
        let what = format!("{} ended with {code}; acknowledged were {came:?}", row.tid);
        deployment.laws.broken("every callback arrives at least once", &what);
    }
    if came.iter().any(|came| *came != code.to_string()) {
        let what = format!("{} ended with {code}; callbacks said {came:?}", row.tid);
        deployment.laws.broken("no final code changes", &what);
    }
}
