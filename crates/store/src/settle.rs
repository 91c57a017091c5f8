//! The end of a task: report, money and callback in one transaction, exactly once (§6, §8).

use std::collections::BTreeSet;

use fiveone_model::app::AppId;
use fiveone_model::clock::Millis;
use fiveone_model::failure::FailureKind;
use fiveone_model::ledger::{BooksKey, EntryKind};
use fiveone_model::report::Section;
use fiveone_model::tariff::PartialRule;
use fiveone_model::task::{CrawlProgress, Stage, StageName, TaskId};

use crate::callbacks::{NewCallback, queue_callback};
use crate::db::{Tx, args};
use crate::ledger::{Posted, Posting, lock_wallets, post};
use crate::link_ends::is_unwanted;
use crate::{Error, Writer, app_id, corrupt, exactly_one, stages};

/// How a task ends.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// Which task.
    pub task: TaskId,
    /// The fence of whoever ends it: its runner's, or the one a sweeper has just read.
    pub fence: i64,
    /// `Done` or `Failed`.
    pub stage: Stage,
    /// When.
    pub now: Millis,
    /// Until when its result is kept.
    pub wipe_after: Millis,
    /// The callback its app gets.
    pub callback: Option<NewCallback>,
}

/// What became of a task's hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolved {
    /// The task is paid.
    Captured,
    /// The money is free again.
    Released,
}

impl Resolved {
    /// The word in tables and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Captured => "captured",
            Self::Released => "released",
        }
    }

    /// What a word made by [`Resolved::as_str`] says.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Captured, Self::Released].into_iter().find(|resolved| resolved.as_str() == word)
    }
}

impl Writer {
    /// Ends a task: the stage becomes final, the hold is captured or released, the callback is
    /// queued, and nothing of login, session or questions is left.
    ///
    /// # Errors
    /// The database failed; [`Error::Stale`] when the task has another fence or is final already;
    /// [`Error::IllegalStep`] when it cannot end like this from where it is, and [`Error::Unwanted`] when
    /// it cannot be done any more.
    pub async fn settle(&self, end: &Settlement) -> Result<Resolved, Error> {
        let mut outcomes = self.settle_all(std::slice::from_ref(end)).await?;
        outcomes.pop().unwrap_or_else(|| Err(Error::Ledger("nothing was settled".to_owned())))
    }

    /// Ends tasks in one transaction, each as [`Writer::settle`] does: one that cannot be ended
    /// leaves the others alone.
    ///
    /// # Errors
    /// The database failed in a way that passes, and none was ended.
    pub async fn settle_all(
        &self,
        ends: &[Settlement],
    ) -> Result<Vec<Result<Resolved, Error>>, Error> {
        let key = self.books.key()?;
        let mut tx = self.db.begin().await?;
        let apps = apps_of(&mut tx, ends).await?;
        lock_wallets(&mut tx, &apps).await?;
        let mut outcomes = Vec::with_capacity(ends.len());
        for end in ends {
            tx.execute("savepoint one", &[]).await?;
            let outcome = settle_one(&mut tx, key, end).await;
            match &outcome {
                Err(error) if error.is_transient() => return outcome.map(|_| Vec::new()),
                Err(_) => tx.execute("rollback to savepoint one", &[]).await?,
                Ok(_) => 0,
            };
            tx.execute("release savepoint one", &[]).await?;
            outcomes.push(outcome);
        }
        tx.commit().await?;
        Ok(outcomes)
    }
}

/// Whose money the ends move; read without a lock, since a task never changes its app.
async fn apps_of(tx: &mut Tx, ends: &[Settlement]) -> Result<BTreeSet<AppId>, Error> {
    let mut apps = BTreeSet::new();
    for end in ends {
        let sql = "select app_id from hold where task_id = $1";
        let row = tx.fetch_one(sql, args![end.task.as_str()]).await?;
        apps.extend(row.and_then(|row| app_id(&row, 0, "hold").ok()));
    }
    Ok(apps)
}

async fn settle_one(tx: &mut Tx, key: &BooksKey, end: &Settlement) -> Result<Resolved, Error> {
    let (task, stage) = (end.task.as_str(), end.stage.name());
    check_step(tx, end).await?;
    let rows = tx
        .execute(
            "update task set stage = $3, detail = $4, fence = fence + 1, updated_at = $5,
               finished_at = $5, leased_at = null, login_sealed = null,
               session_sealed = null, fingerprint = null,
               wipe_after = case when erase_asked_at is null then $6 else $5 end
             where id = $1 and fence = $2 and finished_at is null",
            args![task, end.fence, stage.as_str(), &end.stage.detail(), end.now, end.wipe_after],
        )
        .await?;
    exactly_one(rows, "task", task)?;
    let kind = match &end.stage {
        Stage::Failed(failure) => failure.kind.as_str(),
        _ => "",
    };
    stages::note(tx, task, (stage, kind), end.now).await?;
    tx.execute(
        "update challenge set closed_at = $2, question_sealed = null, answer_sealed = null
         where task_id = $1 and closed_at is null",
        args![task, end.now],
    )
    .await?;
    let resolved = resolve_hold(tx, key, end).await?;
    if let Stage::Failed(_) = end.stage {
        // What a failed task had read is nobody's: it was not paid and is not shown.
        tx.execute("delete from section where task_id = $1", args![task]).await?;
    }
    if let Some(callback) = &end.callback {
        queue_callback(tx, callback).await?;
    }
    Ok(resolved)
}

/// Whether the task, locked until the transaction ends, may end like this. A stage that cannot be
/// read may still fail: its row must not keep the app's money for ever.
async fn check_step(tx: &mut Tx, end: &Settlement) -> Result<(), Error> {
    let task = end.task.as_str();
    let row = tx
        .fetch_one(
            "select stage, withheld_until from task
             where id = $1 and fence = $2 and finished_at is null {lock}",
            args![task, end.fence],
        )
        .await?
        .ok_or_else(|| Error::Stale { what: "task", id: task.to_owned() })?;
    let (from, to) = (StageName::parse(&row.text(0)?), end.stage.name());
    // Whoever saw the task before its login ended would end what others can go on with.
    if is_of_lost_login(&end.stage) && from.is_some_and(|from| !from.needs_credentials()) {
        return Err(Error::Stale { what: "task", id: task.to_owned() });
    }
    // What was read is paid for: it may have been shown already. What is withheld was not, to its app.
    let is_withheld = row.maybe_int(1)?.is_some();
    if is_cancelled(&end.stage) && !is_withheld && has_sections(tx, task).await? {
        return Err(Error::Stale { what: "task", id: task.to_owned() });
    }
    if to == StageName::Done && is_withheld && is_unwanted(tx, task).await? {
        return Err(Error::Unwanted { task: end.task.clone() });
    }
    let may_step = from.map_or(to == StageName::Failed, |from| from.may_become(to));
    if to.is_final() && may_step {
        return Ok(());
    }
    let from = from.map_or("an unknown stage", StageName::as_str);
    Err(Error::IllegalStep { task: end.task.clone(), from, to: to.as_str() })
}

/// Whether it ends because its login fields are gone.
fn is_of_lost_login(stage: &Stage) -> bool {
    matches!(stage, Stage::Failed(failure) if failure.kind == FailureKind::NodeLost)
}

/// Whether it ends because its app, or its person, does not want it any more.
fn is_cancelled(stage: &Stage) -> bool {
    matches!(stage, Stage::Failed(failure) if failure.kind == FailureKind::Cancelled)
}

async fn has_sections(tx: &mut Tx, task: &str) -> Result<bool, Error> {
    let sql = "select 1 from section where task_id = $1 limit 1";
    Ok(tx.fetch_one(sql, args![task]).await?.is_some())
}

async fn resolve_hold(tx: &mut Tx, key: &BooksKey, end: &Settlement) -> Result<Resolved, Error> {
    let task = end.task.as_str();
    let row = tx
        .fetch_one(
            "select app_id, amount_fen, partial_rule from hold
             where task_id = $1 and state = 'open' {lock}",
            args![task],
        )
        .await?
        .ok_or_else(|| Error::Ledger(format!("hold of task {task} is already resolved")))?;
    let (app, amount_fen) = (app_id(&row, 0, "hold")?, row.int(1)?);
    let is_paid = match &end.stage {
        Stage::Done { missing } if missing.is_empty() => true,
        Stage::Done { .. } => {
            let rule = PartialRule::parse(&row.text(2)?)
                .ok_or_else(|| corrupt("hold", "partial_rule", task))?;
            rule.captures(&stored_sections(tx, &end.task).await?)
        }
        _ => false,
    };
    let (kind, resolved) = if is_paid {
        (EntryKind::Capture, Resolved::Captured)
    } else {
        (EntryKind::Release, Resolved::Released)
    };
    let rows = tx
        .execute(
            "update hold set state = $2, resolved_at = $3 where task_id = $1 and state = 'open'",
            args![task, resolved.as_str(), end.now],
        )
        .await?;
    exactly_one(rows, "hold of task", task)?;
    let code = end.stage.code(CrawlProgress::SomeSections).number().to_string();
    let posting =
        Posting { app: &app, kind, amount_fen, task: Some(&end.task), note: &code, at: end.now };
    match post(tx, key, &posting).await? {
        Posted::Recorded => Ok(resolved),
        Posted::Overdrawn => Err(Error::Ledger(format!("held money of {app} is short"))),
    }
}

/// The sections that came; one that the portal does not have is none of them.
async fn stored_sections(tx: &mut Tx, task: &TaskId) -> Result<Vec<Section>, Error> {
    let sql = "select name from section where task_id = $1 and row_count >= 0";
    let rows = tx.fetch_all(sql, args![task.as_str()]).await?;
    rows.iter()
        .map(|row| {
            Section::parse(&row.text(0)?).ok_or_else(|| corrupt("section", "name", task.as_str()))
        })
        .collect()
}
