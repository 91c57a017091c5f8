//! `fiveone task`: what became of a task, and erasing it. Nothing that the person typed and no value of the report is
//! read for it.

mod text;

use clap::{Args, Subcommand};
use fiveone_engine::{LoggedSteps, SectionSummary, SystemTime, TaskRecord};
use fiveone_model::clock::{Clock as _, Millis, shanghai_text};
use fiveone_model::failure::Failure;
use fiveone_model::ledger::yuan;
use fiveone_model::report::Section;
use fiveone_model::task::{CrawlProgress, Stage, TaskId};
use fiveone_store::{HoldRow, Resolved};
use serde_json::{Value, json};

use super::store_access::StoreAccess;
use crate::config::parse_ms;
use crate::exit::{Failed, Reason};
use crate::output;

/// Shows what became of a task, erases what was read for it
#[derive(Debug, Args)]
pub(crate) struct Task {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    access: StoreAccess,
    /// Prints one JSON object
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Shows where a task is, its times, money and failure, what could not be read, and each request
    ///
    /// Tells names of fields and of the portal's keys, and no value of the person.
    ///
    /// Example: fiveone task show TID
    Show {
        /// The task's tid; logs and `fiveone app show` have it too
        #[arg(value_parser = task_id, value_name = "TID")]
        id: TaskId,
    },
    /// Erases what was read for a task, the key of it, and all else of its person; prints a receipt
    ///
    /// A task under way is erased as soon as it has ended. The books stay.
    ///
    /// Example: fiveone task erase TID
    Erase {
        /// The task's tid
        #[arg(value_parser = task_id, value_name = "TID", required_unless_present = "older_than")]
        id: Option<TaskId>,
        /// Every task instead that ended longer ago, e.g. 30d
        #[arg(long, value_parser = age, value_name = "AGE", conflicts_with = "id")]
        older_than: Option<Millis>,
    },
    /// Prints the newest receipts of erasures, one JSON object a line
    ///
    /// Example: fiveone task receipts --config fiveone.toml
    Receipts,
}

fn age(text: &str) -> Result<Millis, String> {
    parse_ms(text).ok_or_else(|| "a number and d, h, m or s, e.g. 30d".to_owned())
}

pub(crate) fn task_id(text: &str) -> Result<TaskId, String> {
    TaskId::parse(text).ok_or_else(|| "a tid is 32 digits of 0-9 and a-f".to_owned())
}

impl Task {
    pub(crate) async fn run(self) -> Result<(), Failed> {
        let Self { action, access, json } = self;
        match action {
            Action::Show { id } => {
                let record = access.tasks().await?.show(&id).await?;
                let record = record.ok_or_else(|| no_task(&id))?;
                if json {
                    output::say_json(&shown(&record), false);
                } else {
                    output::say(&text::of(&record));
                }
            }
            Action::Erase { id, older_than } => {
                let eraser = access.eraser().await?;
                let receipt = match (id, older_than) {
                    (Some(id), _) => eraser.task(&id).await?.ok_or_else(|| no_task(&id))?,
                    (None, age) => {
                        eraser.ended_before(SystemTime.now() - age.unwrap_or_default()).await?
                    }
                };
                output::say_json(&serde_json::to_value(&receipt)?, !json);
            }
            Action::Receipts => {
                for receipt in access.eraser().await?.receipts(RECEIPTS_MAX).await? {
                    output::say(&receipt);
                }
            }
        }
        Ok(())
    }
}

/// Receipts that are printed at most.
const RECEIPTS_MAX: i64 = 1_000;

fn no_task(id: &TaskId) -> Failed {
    let message = format!(
        "there is no task {id} in this database; --config and --data say which one, and \
         `fiveone app show` lists an app's newest tasks"
    );
    Failed::message(Reason::Usage, message)
}

/// How far a task is, for its code: one that has ended is told as it was.
fn progress(record: &TaskRecord) -> CrawlProgress {
    if record.task.stage.name().is_final() {
        CrawlProgress::SomeSections
    } else {
        CrawlProgress::of_stored(record.sections.len())
    }
}

const fn failure(stage: &Stage) -> Option<&Failure> {
    if let Stage::Failed(failure) = stage { Some(failure) } else { None }
}

fn missing(stage: &Stage) -> &[Section] {
    if let Stage::Done { missing } = stage { missing } else { &[] }
}

fn money_state(hold: &HoldRow) -> &'static str {
    hold.resolved.map_or("held", |(resolved, _)| Resolved::as_str(resolved))
}

fn shown(record: &TaskRecord) -> Value {
    let TaskRecord { task, history, sections, callbacks, run_log, .. } = record;
    let time = |at: Option<Millis>| at.map(shanghai_text);
    let questions = history.questions.iter().map(|question| {
        json!({
            "kind": question.kind.as_str(),
            "asked": shanghai_text(question.asked_at),
            "answered": time(question.answered_at),
            "closed": time(question.closed_at),
        })
    });
    let callbacks =
        callbacks.iter().map(|(state, attempts)| json!({ "state": state, "attempts": attempts }));
    let failure = failure(&task.stage)
        .map(|failure| json!({ "kind": failure.kind.as_str(), "reason": failure.reason }));
    json!({
        "tid": task.id.as_str(),
        "app": task.app_id.as_str(),
        "product": task.product.as_str(),
        "area": task.area.as_str(),
        "login": task.login_type,
        "stage": task.stage.name().as_str(),
        "code": task.stage.code(progress(record)).number(),
        "msg": task.stage.msg(progress(record)),
        "failure": failure,
        "missing": missing(&task.stage),
        "money": {
            "price": yuan(history.hold.amount_fen),
            "state": money_state(&history.hold),
            "resolved": time(history.hold.resolved.map(|(_, at)| at)),
        },
        "times": {
            "created": shanghai_text(task.created_at),
            "due": shanghai_text(task.due_at),
            "leased": time(history.leased_at),
            "updated": shanghai_text(history.updated_at),
            "crawled": time(task.crawled_at),
            "finished": time(history.finished_at),
            "keptUntil": time(history.wipe_after),
            "wiped": time(task.wiped_at),
        },
        "questions": questions.collect::<Value>(),
        "sections": sections.iter().map(shown_section).collect::<Value>(),
        "requests": run_log.iter().map(shown_steps).collect::<Value>(),
        "callbacks": callbacks.collect::<Value>(),
    })
}

fn shown_steps(logged: &LoggedSteps) -> Value {
    json!({
        "section": logged.section,
        "at": shanghai_text(logged.at),
        "leftOut": logged.left_out,
        "steps": logged.steps,
    })
}

fn shown_section(summary: &SectionSummary) -> Value {
    json!({
        "section": summary.section,
        "rows": summary.row_count,
        "stored": shanghai_text(summary.stored_at),
        "findings": summary.findings,
    })
}
