//! One task: what happened when, what was done at its portal, what could not be read, its money and its
//! callbacks; cancelling it and giving its money back. What was read itself is shown nowhere.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use fiveone_engine::{AttemptRow, Cancelling, KeptCallback, TaskSeen};
use fiveone_model::challenge::ChallengeKind;
use fiveone_model::clock::Millis;
use fiveone_model::failure::FailureKind;
use fiveone_model::ledger::{EntryKind, yuan};
use fiveone_model::operator::Role;
use fiveone_model::task::{CrawlProgress, Stage, StageName};

use super::frame::{Frame, lasting, time};
use super::run_log::Stretch;
use super::visit::{Act, Seen, Trouble, page, see_other};
use super::words;
use crate::language::Language;

#[derive(Template)]
#[template(path = "console/task.html")]
struct Task {
    frame: Frame,
    id: String,
    app: String,
    portal: String,
    product: &'static str,
    area: String,
    code: u32,
    stage: String,
    kind: &'static str,
    reason: String,
    is_withheld: bool,
    created: String,
    due: String,
    kept_until: String,
    wiped: Option<String>,
    money: String,
    node: String,
    moments: Vec<Moment>,
    sections: Vec<SectionShown>,
    run_log: Vec<Stretch>,
    entries: Vec<(String, &'static str, String, String)>,
    callbacks: Vec<CallbackShown>,
    may_cancel: bool,
    may_refund: bool,
}

/// Something that happened.
struct Moment {
    at: Millis,
    time: String,
    what: String,
    kind: &'static str,
    /// How long it lasted, where something followed.
    took: String,
}

struct SectionShown {
    name: String,
    rows: String,
    at: String,
    findings: Vec<String>,
}

/// A callback as a task shows it.
pub(super) struct CallbackShown {
    pub(super) id: String,
    pub(super) code: String,
    pub(super) url: String,
    pub(super) state: &'static str,
    pub(super) kind: &'static str,
    pub(super) is_exhausted: bool,
    pub(super) next: String,
    pub(super) attempts: Vec<(String, String)>,
}

impl CallbackShown {
    pub(super) fn of(language: Language, callback: &KeptCallback, attempts: &[AttemptRow]) -> Self {
        let (state, kind) = words::callback(language, callback.state);
        let told = attempts.iter().map(|one| {
            let status =
                one.http_status.map_or_else(String::new, |status| format!("HTTP {status} "));
            let what = one.error.as_deref().unwrap_or(language.say("已确认", "acknowledged"));
            (time(one.at), format!("{status}{what}"))
        });
        Self {
            id: callback.id.clone(),
            code: callback.what(),
            url: callback.url.clone(),
            state,
            kind,
            is_exhausted: callback.state == fiveone_engine::CallbackState::Exhausted,
            next: time(callback.next_at),
            attempts: told.collect(),
        }
    }
}

/// Everything that is known to have happened, oldest first.
fn moments(language: Language, seen: &TaskSeen) -> Vec<Moment> {
    let record = &seen.record;
    let mut all = vec![(
        record.task.created_at,
        language.say("创建，已冻结款项", "admitted, money held").to_owned(),
        "",
    )];
    for entered in &record.stages {
        let name = words::stage_name(language, entered.stage);
        let detail = match entered.stage {
            StageName::Failed => FailureKind::parse(&entered.detail)
                .map_or("", |kind| words::failure_kind(language, kind)),
            _ => ChallengeKind::parse(&entered.detail)
                .map_or("", |kind| words::kind_name(language, kind)),
        };
        let what = if detail.is_empty() { name.to_owned() } else { format!("{name}：{detail}") };
        let kind = match entered.stage {
            StageName::Failed => "bad",
            StageName::Done => "good",
            _ => "",
        };
        all.push((entered.at, what, kind));
    }
    for question in &record.history.questions {
        if let Some(at) = question.answered_at {
            let kind = words::kind_name(language, question.kind);
            all.push((
                at,
                format!("{}：{kind}", language.say("用户已回答", "the person answered")),
                "",
            ));
        }
    }
    for section in &record.sections {
        let name = section.section.as_str();
        let what = match section.row_count {
            Some(rows) => format!("{} {name}（{rows}）", language.say("读到", "read")),
            None => format!("{} {name}", language.say("网站不提供", "not offered by the portal:")),
        };
        all.push((section.stored_at, what, "good"));
    }
    for (callback, attempts) in &seen.callbacks {
        for attempt in attempts {
            let (what, kind) = match &attempt.error {
                None => (language.say("回调已确认", "callback acknowledged").to_owned(), "good"),
                Some(error) => {
                    (format!("{}：{error}", language.say("回调失败", "callback failed")), "bad")
                }
            };
            all.push((attempt.at, format!("{what}（{}）", callback.what()), kind));
        }
    }
    all.extend(
        record
            .task
            .wiped_at
            .map(|at| (at, language.say("结果已删除", "result erased").to_owned(), "")),
    );
    // Those of one instant stay in the order in which they stand here.
    all.sort_by_key(|(at, ..)| *at);
    let ends: Vec<_> = all.iter().skip(1).map(|(at, ..)| Some(*at)).chain([None]).collect();
    all.into_iter()
        .zip(ends)
        .map(|((at, what, kind), end)| {
            let took =
                end.filter(|end| *end > at).map(|end| format!("+{}", lasting(language, end - at)));
            Moment { at, time: time(at), what, kind, took: took.unwrap_or_default() }
        })
        .collect()
}

fn sections(seen: &TaskSeen) -> Vec<SectionShown> {
    let shown = seen.record.sections.iter().map(|section| SectionShown {
        name: format!("{} {}", section.section.label(), section.section.as_str()),
        rows: section.row_count.map_or_else(|| "–".to_owned(), |rows| rows.to_string()),
        at: time(section.stored_at),
        findings: section.findings.iter().flatten().map(ToString::to_string).collect(),
    });
    shown.collect()
}

/// The page.
pub(super) async fn show(seen: Seen, Path(tid): Path<String>) -> Result<Response, Trouble> {
    let id = seen.task_id(&tid)?;
    let deed = seen.deed("look_at_task", "")?;
    let task = seen.api.engine.console().task(deed, &id).await?.ok_or_else(|| seen.missing())?;
    let (language, record) = (seen.language(), &task.record);
    let row = &record.task;
    let (stage, kind) = words::stage(language, &row.stage);
    let reason = match &row.stage {
        Stage::Failed(failure) => failure.reason.clone(),
        _ => String::new(),
    };
    let is_of = |kind| task.entries.iter().any(|entry| entry.kind == kind);
    let entries = task.entries.iter().map(|entry| {
        (
            time(entry.at),
            words::entry(language, entry.kind),
            yuan(entry.amount_fen),
            entry.note.clone(),
        )
    });
    let moments = moments(language, &task);
    debug_assert!(moments.is_sorted_by_key(|moment| moment.at));
    page(&Task {
        id: row.id.to_string(),
        app: row.app_id.to_string(),
        portal: seen.area_name(row.product, &row.area).await?,
        product: row.product.as_str(),
        area: row.area.as_str().to_owned(),
        code: row.stage.code(CrawlProgress::SomeSections).number(),
        stage,
        kind,
        reason,
        is_withheld: row.withheld_until.is_some(),
        created: time(row.created_at),
        due: time(row.due_at),
        kept_until: time(record.history.wipe_after),
        wiped: row.wiped_at.map(time),
        money: format!(
            "¥{} {}",
            yuan(record.history.hold.amount_fen),
            words::resolved(language, record.history.hold.resolved.map(|(how, _)| how))
        ),
        node: row.node_id.clone().unwrap_or_default(),
        moments,
        sections: sections(&task),
        run_log: record.run_log.iter().map(|logged| Stretch::of(language, logged)).collect(),
        entries: entries.collect(),
        callbacks: task
            .callbacks
            .iter()
            .map(|(callback, attempts)| CallbackShown::of(language, callback, attempts))
            .collect(),
        may_cancel: !row.stage.name().is_final() && row.crawled_at.is_none(),
        may_refund: is_of(EntryKind::Capture) && !is_of(EntryKind::Refund),
        frame: seen.frame("tasks"),
    })
}

/// Ends a task.
pub(super) async fn cancel(Path(tid): Path<String>, act: Act) -> Result<Response, Trouble> {
    act.seen.needs(Role::Operator)?;
    let id = act.seen.task_id(&tid)?;
    let deed = act.seen.deed("cancel", "")?;
    let said = match act.seen.api.engine.console().cancel(deed, &id).await? {
        Cancelling::Cancelled => "cancelled",
        Cancelling::Ended => "ended",
        Cancelling::TooLate => "late",
        Cancelling::Unknown => return Err(act.seen.missing()),
    };
    Ok(see_other(&format!("/console/tasks/{id}?said={said}")))
}

/// Gives back what a task was paid.
pub(super) async fn refund(Path(tid): Path<String>, act: Act) -> Result<Response, Trouble> {
    act.seen.needs(Role::Owner)?;
    let (id, reason) = (act.seen.task_id(&tid)?, act.words("reason")?);
    let deed = act.seen.deed("refund", reason)?;
    let is_refunded = act.seen.api.engine.console().refund(deed, &id, reason).await?;
    let said = if is_refunded { "refunded" } else { "refused" };
    Ok(see_other(&format!("/console/tasks/{id}?said={said}")))
}
