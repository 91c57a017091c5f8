//! What the person of a link of several products is shown of all in the end.

use askama::Template as _;
use fiveone_engine::{Fault, LinkPart, PartState};
use fiveone_model::link::ExitReason;
use fiveone_model::state_code::StateCode;

use super::fragment::{Chosen, Fragment, rendered};
use super::summary::Summary;
use super::templates::{Frame, Review, ReviewItem, product_name};
use crate::language::Language;
use crate::state::ApiState;

/// What the person is asked once every product is decided about.
pub(super) async fn review(
    api: &ApiState,
    frame: Frame<'_>,
    chosen: &Chosen,
) -> Result<Fragment, Fault> {
    let mut items = Vec::new();
    let mut key = "review".to_owned();
    for part in &frame.link.row.parts {
        let item = item(api, frame, part).await?;
        let state = item.task.as_deref().unwrap_or("none");
        key = format!("{key}-{state}");
        items.push(item);
    }
    let has_any = items.iter().any(|item| item.task.is_some());
    let complaint = chosen.complaint.as_deref();
    let page = Review { frame, items, has_any, complaint, is_paused: chosen.is_paused };
    Ok(Fragment { html: rendered(page.render())?, key })
}

async fn item(api: &ApiState, frame: Frame<'_>, part: &LinkPart) -> Result<ReviewItem, Fault> {
    let (product, language) = (part.product, frame.language);
    let mut item = ReviewItem {
        word: product.as_str(),
        name: product_name(product, language),
        task: None,
        area: String::new(),
        summary: None,
        is_partial: false,
        note: skipped_for(language, part),
    };
    if part.state != PartState::Accepted {
        return Ok(item);
    }
    let Some(task) = api.engine.link_pages().look(frame.link, part).await? else {
        item.note = language.say("已不在。", "It is not there any more.");
        return Ok(item);
    };
    let areas = api.engine.areas(product).await?;
    let area = areas.iter().find(|area| area.code == task.area);
    item.area = area.map(|area| area.name.clone()).unwrap_or_default();
    item.is_partial = task.view.code == StateCode::PARTLY_FINISHED;
    item.summary = Some(Summary::of(&task.view, product, language));
    item.task = Some(task.view.tid.to_string());
    Ok(item)
}

/// Why a product was skipped, in a person's words.
pub(super) const fn skipped_for(language: Language, part: &LinkPart) -> &'static str {
    let Some(exit) = part.exit else { return "" };
    match exit.reason {
        ExitReason::NoAccount => language.say("您说没有这一项。", "You said that you have none."),
        ExitReason::WrongResult => {
            language.say("您说内容不对，没有保留。", "You said it was wrong; it was not kept.")
        }
        _ => language.say("这次没有查。", "Not read this time."),
    }
}
