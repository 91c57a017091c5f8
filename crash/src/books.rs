//! The end: when nothing is under way any more, whether every task, hold, entry and callback is what
//! the laws say.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use fiveone_model::failure::FailureKind;
use fiveone_model::report::Section;
use fiveone_model::tariff::PartialRule;
use fiveone_model::task::Stage;
use fiveone_store::Leftovers;

use crate::conductor::{Done, keep_alive};
use crate::deployment::{Deployment, LEASE, PRICE_FEN, TASK_FOR};
use crate::load::{AREA, Story};

const TASKS: &str = "select id, fence, crashes, stage, detail from task order by id";
const HOLDS: &str = "select task_id, state from hold";
const ENTRIES: &str = "select kind, task_id, amount_fen from entry where task_id is not null";
const PENDING: &str = "select id from callback where state = 'pending'";
const SECTIONS: &str = "select task_id, name from section";
/// How long callbacks may take whose sender died: an attempt, and the grace before another's.
const CALLBACKS_WITHIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A task as its rows tell.
struct Row {
    tid: String,
    crashes: i64,
    stage: Stage,
}

/// Waits until nothing is under way: no task, and no callback that is due within the run.
pub(crate) async fn drain(deployment: &mut Deployment, done: &mut Done) -> anyhow::Result<()> {
    let limit = TASK_FOR + 6 * LEASE;
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
    let rows = tasks(deployment).await?;
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
    check_money(deployment, &rows).await?;
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

async fn tasks(deployment: &Deployment) -> anyhow::Result<Vec<Row>> {
    let rows = deployment.database.read().dump(TASKS).await?;
    let read = |row: &String| {
        let cells: Vec<_> = row.splitn(5, " | ").collect();
        let [tid, _, crashes, stage, detail] = cells[..] else { return None };
        let stage = Stage::parse(stage, detail)?;
        Some(Row { tid: tid.to_owned(), crashes: crashes.parse().ok()?, stage })
    };
    rows.iter().map(|row| read(row).with_context(|| format!("a task's row: {row}"))).collect()
}

/// A task ends as its portal and its person make it end, or as the death of nodes does.
fn check_end(deployment: &Deployment, row: &Row, story: Option<&Story>, died: &[String]) {
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

fn check_callback(deployment: &Deployment, row: &Row) {
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

/// Each hold has exactly one end, and it is the one that the task's end asks for.
async fn check_money(deployment: &Deployment, rows: &[Row]) -> anyhow::Result<()> {
    let read = deployment.database.read();
    let mut stored: HashMap<String, Vec<Section>> = HashMap::new();
    for row in read.dump(SECTIONS).await? {
        let (tid, name) = row.split_once(" | ").context("a section")?;
        let section = Section::parse(name).context("a section's name")?;
        stored.entry(tid.to_owned()).or_default().push(section);
    }
    let mut entries: HashMap<String, Vec<(String, i64)>> = HashMap::new();
    for row in read.dump(ENTRIES).await? {
        let cells: Vec<_> = row.split(" | ").collect();
        let [kind, tid, amount] = cells[..] else { anyhow::bail!("an entry: {row}") };
        entries.entry(tid.to_owned()).or_default().push((kind.to_owned(), amount.parse()?));
    }
    let holds: HashMap<String, String> = read
        .dump(HOLDS)
        .await?
        .iter()
        .filter_map(|row| row.split_once(" | "))
        .map(|(tid, state)| (tid.to_owned(), state.to_owned()))
        .collect();
    for Row { tid, stage, .. } in rows {
        let is_paid = match stage {
            Stage::Done { missing } if missing.is_empty() => true,
            Stage::Done { .. } => {
                let came = stored.get(tid).map(Vec::as_slice).unwrap_or_default();
                PartialRule::BaseAndOneMore.captures(came)
            }
            _ => false,
        };
        let (kind, state) = if is_paid { ("capture", "captured") } else { ("release", "released") };
        let mut own = entries.remove(tid).unwrap_or_default();
        own.sort();
        let mut wanted = vec![("hold".to_owned(), PRICE_FEN), (kind.to_owned(), PRICE_FEN)];
        wanted.sort();
        if own != wanted || holds.get(tid).map(String::as_str) != Some(state) {
            let what = format!("{tid} ended as {}: {own:?}, {:?}", end_word(stage), holds.get(tid));
            deployment.laws.broken("each hold resolves once, by the task's end", &what);
        }
    }
    Ok(())
}
