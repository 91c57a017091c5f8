//! A wallet's statement of a month, on a page and as CSV.

use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use fiveone_engine::{Statement, StatementLine};
use fiveone_model::app::AppId;
use fiveone_model::clock::{shanghai_month, shanghai_text};
use fiveone_model::csv;
use fiveone_model::ledger::yuan;
use futures_util::stream;

use super::app::EntryShown;
use super::apps::address;
use super::frame::Frame;
use super::visit::{Seen, Trouble, page};
use crate::state::log_fault;

/// Lines of the page; the CSV has all.
const LINES_MAX: usize = 500;
const HEADER: [&str; 11] =
    ["app", "entry", "time", "kind", "tid", "product", "area", "code", "amount", "free", "note"];

#[derive(Template)]
#[template(path = "console/statement.html")]
struct StatementPage {
    frame: Frame,
    id: String,
    path: String,
    month: String,
    opening: String,
    lines: Vec<EntryShown>,
    is_cut: bool,
}

/// The statement that is asked for; the look is written down.
async fn statement(seen: &Seen, id: &str) -> Result<(AppId, String, Statement), Trouble> {
    let id = seen.app_id(id)?;
    let this = shanghai_text(seen.api.engine.now()).chars().take(7).collect();
    let month = seen.caller.asked("month").map_or(this, str::to_owned);
    let (from, until) = shanghai_month(&month)
        .ok_or_else(|| seen.typed("月份应为 yyyy-MM。", "A month is written yyyy-MM."))?;
    let statement = seen.api.engine.accounts().ledger().statement(&id, (from, until)).await?;
    let statement = statement.ok_or_else(|| seen.missing())?;
    let deed = seen.deed("look_at_statement", &month)?.on_app(&id);
    seen.api.engine.console().note(&deed).await?;
    Ok((id, month, statement))
}

/// The page.
pub(super) async fn show(seen: Seen, Path(id): Path<String>) -> Result<Response, Trouble> {
    let (id, month, mut statement) = statement(&seen, &id).await?;
    let opening = yuan(statement.balance().free_fen);
    let mut lines = Vec::new();
    let mut is_cut = false;
    loop {
        let more = statement.next_lines().await.map_err(fiveone_engine::Fault::from)?;
        if more.is_empty() {
            break;
        }
        let shown = more.iter().map(|line| EntryShown::of(seen.language(), &line.entry));
        lines.extend(shown.take(LINES_MAX - lines.len()));
        if lines.len() == LINES_MAX {
            is_cut = true;
            break;
        }
    }
    page(&StatementPage {
        frame: seen.frame("apps"),
        path: address(&id),
        id: id.to_string(),
        month,
        opening,
        lines,
        is_cut,
    })
}

fn record(app: &str, line: &StatementLine) -> String {
    let StatementLine { entry, portal, code, balance } = line;
    let (product, area) = portal.clone().unwrap_or_default();
    csv::record(&[
        csv::plain_text(app),
        entry.seq.to_string(),
        shanghai_text(entry.at),
        entry.kind.as_str().to_owned(),
        entry.task_id.as_ref().map(ToString::to_string).unwrap_or_default(),
        product,
        area,
        code.clone().unwrap_or_default(),
        yuan(entry.amount_fen),
        yuan(balance.free_fen),
        csv::plain_text(&entry.note),
    ])
}

/// All lines, as they are read: a month may have many.
pub(super) async fn download(seen: Seen, Path(id): Path<String>) -> Result<Response, Trouble> {
    let (id, month, statement) = statement(&seen, &id).await?;
    let name = format!("attachment; filename=\"statement-{month}.csv\"");
    // Spreadsheets take a file without this mark for another encoding than UTF-8.
    let head = format!("\u{feff}{}", csv::record(&HEADER.map(str::to_owned)));
    let app = id.to_string();
    let lines = stream::unfold((statement, Some(head), app), |(mut statement, head, app)| async {
        if let Some(head) = head {
            return Some((Ok(Bytes::from(head)), (statement, None, app)));
        }
        match statement.next_lines().await {
            Ok(lines) if lines.is_empty() => None,
            Ok(lines) => {
                let text: String = lines.iter().map(|line| record(&app, line)).collect();
                Some((Ok(Bytes::from(text)), (statement, None, app)))
            }
            Err(error) => {
                let fault = fiveone_engine::Fault::from(error);
                log_fault(&fault);
                // The download breaks off, so that nobody takes a part for the whole.
                Some((Err(std::io::Error::other("the store failed")), (statement, None, app)))
            }
        }
    });
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (HeaderName::from_static("x-content-type-options"), "nosniff".to_owned()),
    ];
    Ok((headers, Body::from_stream(lines)).into_response())
}
