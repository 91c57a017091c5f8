//! The laws of money over a whole store: what each task's end asks of its hold and its entries.

use std::collections::HashMap;

use fiveone_model::report::Section;
use fiveone_model::tariff::PartialRule;
use fiveone_model::task::Stage;
use fiveone_store::{Error, Reader};

const TASKS: &str = "select id, crashes, stage, detail from task order by created_at, id";
const HOLDS: &str = "select task_id, state from hold";
const ENTRIES: &str = "select kind, task_id, amount_fen from entry where task_id is not null";
const SECTIONS: &str = "select task_id, name from section";

/// A task as its rows tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskEnd {
    /// Its id.
    pub tid: String,
    /// How often a node died with it since it last got on.
    pub crashes: i64,
    /// Its stage.
    pub stage: Stage,
}

/// Every task of a store, oldest first, and what is wrong with its money, if anything is. All must
/// have ended, and every app have the same price and [`PartialRule::BaseAndOneMore`].
///
/// # Errors
/// The store failed.
pub async fn judge(read: &Reader, price_fen: i64) -> Result<(Vec<TaskEnd>, Vec<String>), Error> {
    let mut wrong = Vec::new();
    let mut tasks = Vec::new();
    for row in read.dump(TASKS).await? {
        let cells: Vec<_> = row.splitn(4, " | ").collect();
        let end = match cells[..] {
            [tid, crashes, stage, detail] => Stage::parse(stage, detail).map(|stage| {
                let crashes = crashes.parse().unwrap_or_default();
                TaskEnd { tid: tid.to_owned(), crashes, stage }
            }),
            _ => None,
        };
        match end {
            Some(end) => tasks.push(end),
            None => wrong.push(format!("a task cannot be read: {row}")),
        }
    }
    let stored = by_task(read.dump(SECTIONS).await?, Section::parse);
    let holds = by_task(read.dump(HOLDS).await?, |state| Some(state.to_owned()));
    let mut entries: HashMap<String, Vec<String>> = HashMap::new();
    for row in read.dump(ENTRIES).await? {
        let cells: Vec<_> = row.split(" | ").collect();
        if let [kind, tid, amount] = cells[..] {
            entries.entry(tid.to_owned()).or_default().push(format!("{kind} {amount}"));
        }
    }
    for TaskEnd { tid, stage, .. } in &tasks {
        let came = stored.get(tid).map(Vec::as_slice).unwrap_or_default();
        let (kind, state) =
            if is_paid(stage, came) { ("capture", "captured") } else { ("release", "released") };
        let mut wanted = [format!("hold {price_fen}"), format!("{kind} {price_fen}")];
        wanted.sort();
        let mut own = entries.remove(tid).unwrap_or_default();
        own.sort();
        let held = holds.get(tid).map(Vec::as_slice).unwrap_or_default();
        if own != wanted || held != [state.to_owned()] {
            wrong.push(format!("{tid} ended as {stage:?} with {own:?} and its hold {held:?}"));
        }
    }
    Ok((tasks, wrong))
}

/// 40001 is paid for, and 40002 by the rule.
fn is_paid(stage: &Stage, came: &[Section]) -> bool {
    match stage {
        Stage::Done { missing } if missing.is_empty() => true,
        Stage::Done { .. } => PartialRule::BaseAndOneMore.captures(came),
        _ => false,
    }
}

fn by_task<T>(rows: Vec<String>, read: impl Fn(&str) -> Option<T>) -> HashMap<String, Vec<T>> {
    let mut all: HashMap<String, Vec<T>> = HashMap::new();
    for (tid, value) in rows.iter().filter_map(|row| row.split_once(" | ")) {
        all.entry(tid.to_owned()).or_default().extend(read(value));
    }
    all
}
