//! The list of tasks: filters, and pages that begin after the last row of the one before.

use askama::Template;
use axum::response::Response;
use fiveone_engine::{Mark, TaskListed, TaskSearch};
use fiveone_model::api_key::MODEL_CITY;
use fiveone_model::app::AppId;
use fiveone_model::area::AreaCode;
use fiveone_model::clock::shanghai_instant;
use fiveone_model::ledger::yuan;
use fiveone_model::product::Product;
use fiveone_model::state_code::StateCode;
use fiveone_model::task::{CrawlProgress, StageName, TaskId};

use super::frame::{Frame, lasting, time};
use super::problems::in_address;
use super::visit::{Seen, Trouble, page, see_other};
use super::words;
use crate::language::Language;

/// Rows of a page.
pub(super) const ROWS: i64 = 50;

#[derive(Template)]
#[template(path = "console/tasks.html")]
struct Tasks {
    frame: Frame,
    asked: Asked,
    stages: Vec<Choice>,
    codes: Vec<Choice>,
    rows: Vec<Row>,
    next: Option<String>,
    is_partial: bool,
}

/// What was filled in, to be shown again.
#[derive(Default)]
struct Asked {
    app: String,
    area: String,
    product: String,
    mode: String,
    from: String,
    until: String,
}

/// A line of a list to choose from.
struct Choice {
    value: String,
    name: String,
    is_chosen: bool,
}

/// A task as lists show it.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) app: String,
    pub(super) portal: String,
    pub(super) code: u32,
    pub(super) stage: String,
    pub(super) kind: &'static str,
    pub(super) created: String,
    pub(super) took: String,
    pub(super) money: String,
    pub(super) is_test: bool,
    pub(super) is_withheld: bool,
}

impl Row {
    fn of(language: Language, task: &TaskListed) -> Self {
        let (stage, kind) = words::stage(language, &task.stage);
        let took = task.finished_at.map(|at| lasting(language, at - task.created_at));
        let portal = format!("{} {}", words::product(language, task.product), task.area.as_str());
        let money = words::resolved(language, task.resolved);
        Self {
            id: task.id.to_string(),
            app: task.app.to_string(),
            portal,
            code: task.stage.code(CrawlProgress::SomeSections).number(),
            stage,
            kind,
            created: time(task.created_at),
            took: took.unwrap_or_else(|| "–".to_owned()),
            money: format!("¥{} {money}", yuan(task.price_fen)),
            is_test: task.area.as_str() == MODEL_CITY,
            is_withheld: task.is_withheld,
        }
    }
}

/// The search that a filter asks for; `None` when a word of it is none.
fn search(seen: &Seen) -> Option<TaskSearch> {
    fn read<T>(text: Option<&str>, parse: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
        text.map_or(Some(None), |text| parse(text).map(Some))
    }
    let asked = |name| seen.caller.asked(name);
    let is_test = |word: &str| match word {
        "test" => Some(true),
        "live" => Some(false),
        _ => None,
    };
    let stage = asked("stage");
    let stages = match stage {
        None | Some("set_aside") => Vec::new(),
        Some("open") => StageName::ALL.into_iter().filter(|stage| !stage.is_final()).collect(),
        Some(word) => vec![StageName::parse(word)?],
    };
    Some(TaskSearch {
        app: read(asked("app"), AppId::parse)?,
        product: read(asked("product"), Product::parse)?,
        area: read(asked("area"), AreaCode::parse)?,
        stages,
        code: read(asked("code"), StateCode::parse)?,
        is_test: read(asked("mode"), is_test)?,
        is_set_aside: stage == Some("set_aside"),
        from: read(asked("from"), shanghai_instant)?,
        until: read(asked("until"), shanghai_instant)?,
    })
}

/// Where a page begins, as it stands in an address.
pub(super) fn mark(seen: &Seen) -> Option<Mark> {
    let (at, id) = seen.caller.asked("after")?.split_once('_')?;
    Some(Mark { at: at.parse().ok()?, id: id.to_owned() })
}

/// The address of the page after this one, with the same filters.
pub(super) fn next_page(seen: &Seen, path: &str, next: &Mark) -> String {
    let mut pairs: Vec<_> = seen.caller.asked.iter().collect();
    pairs.retain(|(name, value)| {
        !["after", "said", "lang"].contains(&name.as_str()) && !value.is_empty()
    });
    pairs.sort_unstable();
    let pairs = pairs
        .into_iter()
        .map(|(name, value)| format!("{}={}&", in_address(name), in_address(value)));
    format!("{path}?{}after={}_{}", pairs.collect::<String>(), next.at, in_address(&next.id))
}

fn stages(seen: &Seen) -> Vec<Choice> {
    let chosen = seen.caller.asked("stage").unwrap_or_default();
    let more =
        [("open", seen.say("进行中", "under way")), ("set_aside", seen.say("被搁置", "set aside"))];
    let names =
        StageName::ALL.map(|stage| (stage.as_str(), words::stage_name(seen.language(), stage)));
    let all = more.into_iter().chain(names);
    all.map(|(value, name)| Choice {
        value: value.to_owned(),
        name: name.to_owned(),
        is_chosen: value == chosen,
    })
    .collect()
}

fn codes(seen: &Seen) -> Vec<Choice> {
    let chosen = seen.caller.asked("code").unwrap_or_default();
    let all = StateCode::ALL.iter().map(|code| {
        let value = code.number().to_string();
        let (name, is_chosen) = (format!("{value} {}", code.label()), value == chosen);
        Choice { value, name, is_chosen }
    });
    all.collect()
}

/// The list.
pub(super) async fn list(seen: Seen) -> Result<Response, Trouble> {
    // A tid leads to its task.
    if let Some(tid) = seen.caller.asked("tid").and_then(TaskId::parse) {
        return Ok(see_other(&format!("/console/tasks/{tid}")));
    }
    let search =
        search(&seen).ok_or_else(|| seen.typed("筛选条件不对。", "A filter makes no sense."))?;
    let found = seen.api.engine.console().tasks(&search, mark(&seen).as_ref(), ROWS).await?;
    let asked = |name: &str| seen.caller.asked(name).unwrap_or_default().to_owned();
    page(&Tasks {
        asked: Asked {
            app: asked("app"),
            area: asked("area"),
            product: asked("product"),
            mode: asked("mode"),
            from: asked("from"),
            until: asked("until"),
        },
        stages: stages(&seen),
        codes: codes(&seen),
        rows: found.tasks.iter().map(|task| Row::of(seen.language(), task)).collect(),
        next: found.next.as_ref().map(|next| next_page(&seen, "/console/tasks", next)),
        is_partial: found.is_partial,
        frame: seen.frame("tasks"),
    })
}
