//! Erasing what is kept of a task or of a person, with a receipt that tells numbers and nothing of anybody.

use askama::Template;
use axum::response::Response;
use fiveone_model::app::AppId;
use fiveone_model::operator::Role;

use super::frame::{Frame, lasting};
use super::visit::{Act, Seen, Trouble, page};

/// Receipts on the page.
const RECEIPTS: i64 = 50;

#[derive(Template)]
#[template(path = "console/erasure.html")]
struct Erasure {
    frame: Frame,
    report_for: String,
    receipts: Vec<String>,
    made: Option<String>,
}

async fn shown(seen: &Seen, made: Option<String>) -> Result<Response, Trouble> {
    let console = seen.api.engine.console();
    let receipts = console.receipts(RECEIPTS).await?;
    let report_for = lasting(seen.language(), console.report_for_ms());
    page(&Erasure { frame: seen.frame("erasure"), report_for, receipts, made })
}

/// The page.
pub(super) async fn show(seen: Seen) -> Result<Response, Trouble> {
    shown(&seen, None).await
}

/// Erases. The identity number is used and neither shown nor written down.
pub(super) async fn erase(act: Act) -> Result<Response, Trouble> {
    let seen = &act.seen;
    seen.needs(Role::Operator)?;
    let console = seen.api.engine.console();
    let (tid, id_number) = (act.field("tid"), act.field("id_number"));
    let receipt = match (tid, id_number) {
        (tid, "") if !tid.is_empty() => {
            let id = seen.task_id(tid)?;
            let deed = seen.deed("erase", "task")?.on_task(&id);
            console.eraser(deed).task(&id).await?.ok_or_else(|| seen.missing())?
        }
        ("", number) if !number.is_empty() => {
            let app = match act.field("app") {
                "" => None,
                text => Some(seen.app_id(text)?),
            };
            let deed = seen.deed("erase", "person")?;
            let deed = app.iter().fold(deed, |deed, app: &AppId| deed.on_app(app));
            console.eraser(deed).person(number, app).await?
        }
        _ => {
            return Err(
                seen.typed("请填写 tid 或身份证号。", "A tid or an identity number is needed.")
            );
        }
    };
    let receipt = serde_json::to_string_pretty(&receipt).unwrap_or_default();
    shown(seen, Some(receipt)).await
}
