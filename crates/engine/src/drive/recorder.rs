//! Keeping what a run does, however it ends: the record outlives a run that is broken off.

use fiveone_connector::{Run, RunLog};
use fiveone_model::report::Section;
use fiveone_store::TaskRow;

use super::Driver;
use crate::{Fault, causes, run_log};

/// What a run has done and is not kept yet.
#[derive(Default)]
pub(super) struct Recorder {
    /// Its log; an empty one before it began.
    log: RunLog,
    /// What it reads; `None` while it logs in.
    section: Option<Section>,
    /// Batches kept.
    batches: i64,
}

impl Recorder {
    /// Records what this run does from now on.
    pub(super) fn follow(&mut self, run: &Run) {
        self.log = run.log();
    }

    /// What is done from now on is done for a section.
    pub(super) const fn begin(&mut self, section: Section) {
        self.section = Some(section);
    }
}

impl Driver {
    /// Tells the log what was done since the last call, and keeps it: paths without their query, names
    /// without their values. What cannot be kept is told and lost; no task fails by it.
    pub(super) async fn record(&self, task: &TaskRow, recorder: &mut Recorder) {
        let notes = recorder.log.take();
        if notes.is_empty() {
            return;
        }
        for note in &notes {
            tracing::debug!(
                tid = %task.id,
                step = note.step,
                method = note.method,
                path = note.path,
                status = note.status,
                ms = note.ms,
                captured = ?note.captured,
                outcome = note.outcome,
                "step"
            );
        }
        let seq = recorder.batches;
        recorder.batches += 1;
        let kept = async {
            let wrapped = task.data_key.as_deref().ok_or(Fault::Seal("a task has no data key"))?;
            let key = self.keys.task_key(task.id.as_str(), wrapped)?;
            let batch = run_log::seal(&key, seq, recorder.section, notes)?;
            let at = self.time.now();
            self.store.write.keep_run_log(&task.id, task.fence, &batch, at).await?;
            Ok::<(), Fault>(())
        };
        if let Err(fault) = kept.await {
            tracing::warn!(tid = %task.id, error = causes(&fault), "steps of a run are not kept");
        }
    }
}
