//! The laws of the end: when nothing is under way, whether every task, hold, entry and callback is
//! what they say.

use fiveone_model::failure::FailureKind;
use fiveone_model::task::{CrawlProgress, Stage};
use fiveone_testkit::books::{self, TaskEnd};

use crate::deployment::PRICE_FEN;
use crate::run::Run;

impl Run<'_> {
    /// The law that is broken at the end, if any is.
    pub(crate) fn judge(&mut self) -> anyhow::Result<Option<String>> {
        let drivers = self.deployment.drivers();
        let (ends, wrong) = drivers.block_on(books::judge(&self.store.read, PRICE_FEN))?;
        let ledger = drivers.block_on(self.store.read.verify_ledger(&[]))?;
        let failed: u64 = self.nodes.iter().flatten().map(|node| node.link.failed()).sum();
        self.count("faults", failed);
        self.count("writers waited", self.world.waited());
        self.count("tasks", u64::try_from(ends.len()).unwrap_or(0));
        self.count("callbacks lost", self.post.lost());
        self.count("requests", self.script.outcome().0);
        for end in &ends {
            self.count(end_word(&end.stage), 1);
        }
        if let Some(wrong) = wrong.first() {
            return Ok(Some(format!("each hold resolves once, by the task's end: {wrong}")));
        }
        if !ledger.findings.is_empty() || ledger.open_holds != 0 {
            return Ok(Some(format!("the books are clean: {ledger:?}")));
        }
        Ok(self.judge_stories(&ends).or_else(|| self.judge_callbacks(&ends)))
    }

    fn judge_stories(&self, ends: &[TaskEnd]) -> Option<String> {
        self.people.stories().iter().find_map(|story| {
            let tid = story.tid.as_ref()?;
            let Some(end) = ends.iter().find(|end| end.tid == *tid) else {
                return Some(format!("no accepted task vanishes: {tid} has no row"));
            };
            let code = code_of(&end.stage);
            if story.end.is_some_and(|seen| seen != code) {
                return Some(format!("no final code changes: {:?}, now {code}", story.end));
            }
            let broken = judge_end(story.password, story.was_past_login, &end.stage)?;
            Some(format!("{broken} ({tid})"))
        })
    }

    fn judge_callbacks(&self, ends: &[TaskEnd]) -> Option<String> {
        ends.iter().find_map(|end| {
            let code = code_of(&end.stage).to_string();
            let came = self.post.acknowledged(&end.tid);
            let is_right = came.contains(&code) && came.iter().all(|came| *came == code);
            (!is_right).then(|| {
                let what = format!("{} ended with {code}, came {came:?}", end.tid);
                format!("every callback arrives at least once: {what}")
            })
        })
    }
}

fn code_of(stage: &Stage) -> u32 {
    stage.code(CrawlProgress::NothingYet).number()
}

fn end_word(stage: &Stage) -> &'static str {
    match stage {
        Stage::Done { missing } if missing.is_empty() => "ended whole",
        Stage::Done { .. } => "ended in part",
        Stage::Failed(failure) => failure.kind.as_str(),
        _ => "not ended",
    }
}

/// A task ends as its portal and its person make it end, or as the death of nodes does.
fn judge_end(password: &str, was_past_login: bool, stage: &Stage) -> Option<String> {
    let Stage::Failed(failure) = stage else {
        // A broken connection may cost any portal a section, after its retries.
        return matches!(password, "wrong" | "closed")
            .then(|| format!("a task ends as its portal says: {password} ended well"));
    };
    match failure.kind {
        FailureKind::Internal => Some("no task ends by a fault of ours".to_owned()),
        FailureKind::NodeLost if was_past_login => {
            Some("a task past login resumes: one failed with its node".to_owned())
        }
        FailureKind::NodeLost
        | FailureKind::NodesDied
        | FailureKind::NoAnswer
        | FailureKind::WrongCode
        | FailureKind::DeadlinePassed
        | FailureKind::PortalUnstable => None,
        FailureKind::WrongCredentials if password == "wrong" => None,
        FailureKind::Maintenance if password == "closed" => None,
        other => Some(format!("a task ends as its portal says: {password} with {other:?}")),
    }
}
