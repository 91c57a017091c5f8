//! The first page: what is broken, since when, for whom, and what there is to press; below it the numbers.

use askama::Template;
use axum::response::Response;
use fiveone_engine::{AreaEnds, Fault, Overview};
use fiveone_model::ledger::yuan;

use super::chart;
use super::frame::{Frame, lasting, time};
use super::problems::{Problem, problems};
use super::visit::{Seen, Trouble, page};
use super::words;

#[derive(Template)]
#[template(path = "console/overview.html")]
struct Whole {
    frame: Frame,
    live: String,
}

/// The part that is looked at again every few seconds.
#[derive(Template)]
#[template(path = "console/overview_live.html")]
struct Live {
    frame: Frame,
    problems: Vec<Problem>,
    open: i64,
    stages: Vec<(&'static str, i64, String)>,
    p50: String,
    p95: String,
    finished: usize,
    held: String,
    money: Vec<(&'static str, String, i64)>,
    waiting: i64,
    exhausted: i64,
    nodes: Vec<(String, String)>,
    chart: String,
    areas: Vec<AreaShown>,
}

struct AreaShown {
    product: &'static str,
    code: String,
    name: String,
    sides: [Side; 2],
}

/// How tasks of an area ended within a time.
struct Side {
    share: String,
    kind: &'static str,
    counts: String,
}

impl Side {
    fn of(ends: &AreaEnds, at: usize) -> Self {
        let [done, failed, of_input] = [ends.done[at], ends.failed[at], ends.of_input[at]];
        let counts = format!("{done} / {failed} / {of_input}");
        // What a person typed wrong says nothing of a portal.
        let Some(share) = (done * 100).checked_div(done + failed) else {
            return Self { share: "–".to_owned(), kind: "quiet", counts };
        };
        let kind = match share {
            90.. => "good",
            50..90 => "warn",
            _ => "bad",
        };
        Self { share: format!("{share}%"), kind, counts }
    }
}

async fn now(seen: &Seen) -> Result<Live, Trouble> {
    let frame = seen.frame("overview");
    let language = frame.language;
    let now = seen.api.engine.console().overview().await?;
    let mut areas = Vec::with_capacity(now.areas.len());
    for ends in &now.areas {
        areas.push(AreaShown {
            product: ends.product.as_str(),
            code: ends.area.as_str().to_owned(),
            name: seen.area_name(ends.product, &ends.area).await?,
            sides: [Side::of(ends, 0), Side::of(ends, 1)],
        });
    }
    let percentile = |percent: usize| {
        let at = now.durations.len().saturating_sub(1) * percent / 100;
        now.durations.get(at).map_or_else(|| "–".to_owned(), |ms| lasting(language, *ms))
    };
    let stages = now.open.iter().map(|(stage, count)| {
        let path = format!("/console/tasks?stage={}", stage.as_str());
        (words::stage_name(language, *stage), *count, path)
    });
    let money = now
        .money
        .iter()
        .map(|moved| (words::entry(language, moved.kind), yuan(moved.amount_fen), moved.count));
    let sum = |all: &[fiveone_engine::AppCallbacks]| all.iter().map(|one| one.count).sum();
    Ok(Live {
        problems: problems(seen, &frame, &now).await?,
        open: now.open.iter().map(|(_, count)| count).sum(),
        stages: stages.collect(),
        p50: percentile(50),
        p95: percentile(95),
        finished: now.durations.len(),
        held: yuan(now.held_fen),
        money: money.collect(),
        waiting: sum(&now.waiting),
        exhausted: sum(&now.exhausted),
        nodes: nodes(&frame, &now),
        chart: chart::hours(language, &now.hours),
        areas,
        frame,
    })
}

fn nodes(frame: &Frame, now: &Overview) -> Vec<(String, String)> {
    let told = now.nodes.iter().map(|node| {
        let (seen, since) = (frame.ago(node.seen_at), time(node.started_at));
        let told = match frame.language {
            crate::language::Language::Chinese => format!("{seen}活动，{since} 启动"),
            crate::language::Language::English => format!("seen {seen}, started {since}"),
        };
        (node.id.chars().take(12).collect(), told)
    });
    told.collect()
}

/// The page.
pub(super) async fn show(seen: Seen) -> Result<Response, Trouble> {
    let live = now(&seen).await?.render();
    let live = live.map_err(|error| Fault::Impossible(format!("a page: {error}")))?;
    page(&Whole { frame: seen.frame("overview"), live })
}

/// Its part that changes.
pub(super) async fn live(seen: Seen) -> Result<Response, Trouble> {
    page(&now(&seen).await?)
}
