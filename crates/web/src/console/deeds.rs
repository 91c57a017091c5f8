//! What operators did: who, when, what, on what, from where.

use askama::Template;
use axum::response::Response;
use fiveone_engine::{Deed, DeedChoice, Mark};

use super::frame::{Frame, time};
use super::tasks::{ROWS, mark, next_page};
use super::visit::{Seen, Trouble, page};
use super::words;

#[derive(Template)]
#[template(path = "console/deeds.html")]
struct Deeds {
    frame: Frame,
    operator: String,
    task: String,
    rows: Vec<Row>,
    next: Option<String>,
}

struct Row {
    at: String,
    operator: String,
    what: String,
    app: String,
    task: String,
    about: String,
    address: String,
}

/// The list.
pub(super) async fn list(seen: Seen) -> Result<Response, Trouble> {
    let asked = |name: &str| seen.caller.asked(name).map(str::to_owned);
    let choice =
        DeedChoice { operator: asked("operator"), action: asked("action"), task: asked("task") };
    let console = seen.api.engine.console();
    let mut all = console.deeds(&choice, mark(&seen).as_ref(), ROWS + 1).await?;
    let rows_max = usize::try_from(ROWS).unwrap_or(usize::MAX);
    let has_more = all.len() > rows_max;
    all.truncate(rows_max);
    let next = all.last().filter(|_| has_more);
    let next = next.map(|last| Mark { at: last.at, id: last.id.clone() });
    let row = |deed: Deed| Row {
        at: time(deed.at),
        what: words::deed(seen.language(), &deed.action),
        operator: deed.operator,
        app: deed.app.unwrap_or_default(),
        task: deed.task.unwrap_or_default(),
        about: deed.about,
        address: deed.address,
    };
    page(&Deeds {
        operator: choice.operator.unwrap_or_default(),
        task: choice.task.unwrap_or_default(),
        rows: all.into_iter().map(row).collect(),
        next: next.map(|next| next_page(&seen, "/console/deeds", &next)),
        frame: seen.frame("deeds"),
    })
}
