//! What a run did at its portal, request by request: names and numbers, never values. Told by the
//! log, and kept with the task for operators, sealed, until its result goes.

use fiveone_connector::StepNote;
use fiveone_model::clock::Millis;
use fiveone_model::report::Section;
use fiveone_store::{RunLogBatch, RunLogRow};
use serde::{Deserialize, Serialize};

use crate::Fault;
use crate::seal::TaskKey;

/// The part of a task that its batches are sealed as.
const PART: &str = "run_log";
/// Steps that are kept of a batch, the newest: a list may have hundreds of pages.
const STEPS_MAX: usize = 200;

/// One request or question of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedStep {
    /// The step's id, or what it does.
    pub step: String,
    /// `GET`, `POST`, or `ASK`; blank when nothing was sent.
    pub method: String,
    /// The path without its query and without numbers of people.
    pub path: String,
    /// The HTTP status of the answer.
    pub status: Option<u16>,
    /// How long it took.
    pub ms: u64,
    /// The names of captured values.
    pub captured: Vec<String>,
    /// What it ended in, and what was not as it should be.
    pub outcome: String,
}

/// What a run did at a stretch: the login, or what is read for a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedSteps {
    /// What was read; `None` for the login.
    pub section: Option<Section>,
    /// When it was kept, which is when it had ended.
    pub at: Millis,
    /// Steps before these that are not kept.
    pub left_out: usize,
    /// The newest steps, oldest first.
    pub steps: Vec<LoggedStep>,
}

/// A batch as it is sealed.
#[derive(Serialize, Deserialize)]
struct Batch {
    section: Option<Section>,
    left_out: usize,
    steps: Vec<LoggedStep>,
}

/// Seals what was done as batch `seq` of its run.
///
/// # Errors
/// The system gives no random bytes.
pub(crate) fn seal(
    key: &TaskKey,
    seq: i64,
    section: Option<Section>,
    notes: Vec<StepNote>,
) -> Result<RunLogBatch, Fault> {
    let left_out = notes.len().saturating_sub(STEPS_MAX);
    let steps = notes.into_iter().skip(left_out).map(|note| LoggedStep {
        step: note.step,
        method: note.method.to_owned(),
        path: note.path,
        status: note.status,
        ms: note.ms,
        captured: note.captured,
        outcome: note.outcome,
    });
    let batch = Batch { section, left_out, steps: steps.collect() };
    let plain = serde_json::to_vec(&batch).map_err(|_| Fault::Seal("steps cannot be written"))?;
    Ok(RunLogBatch { seq, sealed: key.seal(&plain, PART)? })
}

/// A batch that was kept; `None` when it does not open with this key.
pub(crate) fn open(key: &TaskKey, row: &RunLogRow) -> Option<LoggedSteps> {
    let plain = key.open(&row.sealed, PART).ok()?;
    let Batch { section, left_out, steps } = serde_json::from_slice(&plain).ok()?;
    Some(LoggedSteps { section, at: row.at, left_out, steps })
}
