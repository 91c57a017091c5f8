//! A link of several products: what the person decides about each, and what they are shown of all in the end.

use std::sync::Arc;

use askama::Template as _;
use axum::extract::{Form, FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use fiveone_engine::{Fault, LinkPart, PartState};
use fiveone_model::link::ExitReason;
use fiveone_model::product::Product;
use fiveone_model::state_code::StateCode;
use serde::Deserialize;

use super::now;
use super::page::{Chosen, Fragment, rendered};
use super::summary::Summary;
use super::templates::{Frame, Review, ReviewItem, product_name};
use super::visit::{Acting, Trouble, Turn};
use crate::language::Language;
use crate::state::ApiState;

/// What is to be handed over: of each product the task whose result was shown.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Given {
    fund: Option<String>,
    insurance: Option<String>,
}

impl FromRequest<Arc<ApiState>> for Given {
    type Rejection = Trouble;

    async fn from_request(request: Request, api: &Arc<ApiState>) -> Result<Self, Trouble> {
        // The page of a link of one product sends nothing.
        let form = Form::<Self>::from_request(request, api).await;
        Ok(form.map(|Form(given)| given).unwrap_or_default())
    }
}

impl Given {
    /// The tasks.
    pub(super) fn tasks(self) -> Vec<String> {
        [self.fund, self.insurance].into_iter().flatten().collect()
    }
}

/// The result that the person looked at.
#[derive(Deserialize)]
struct Looked {
    task: String,
}

/// Keeps the result of the product whose turn it is, and goes on.
pub(super) async fn accept(
    State(api): State<Arc<ApiState>>,
    Turn(visit): Turn,
    request: Request,
) -> Result<Response, Trouble> {
    let looked = Form::<Looked>::from_request(request, &api).await;
    let Form(looked) = looked.map_err(|rejection| Trouble::Odd(rejection.status()))?;
    api.engine.link_pages().accept(&visit.link, &looked.task).await?;
    now(&api, visit).await
}

/// Why a person goes on without a product, as the page sends it: a word of a closed set.
#[derive(Deserialize)]
struct Skipped {
    reason: String,
}

/// Goes on without the product whose turn it is.
pub(super) async fn skip(
    State(api): State<Arc<ApiState>>,
    Turn(visit): Turn,
    request: Request,
) -> Result<Response, Trouble> {
    let skipped = Form::<Skipped>::from_request(request, &api).await;
    let Form(skipped) = skipped.map_err(|rejection| Trouble::Odd(rejection.status()))?;
    let reason = match ExitReason::parse(&skipped.reason) {
        Some(reason @ (ExitReason::NoAccount | ExitReason::NotNow)) => reason,
        _ => return Err(Trouble::Odd(StatusCode::BAD_REQUEST)),
    };
    api.engine.link_pages().skip(&visit.link, reason).await?;
    now(&api, visit).await
}

/// Lets the person decide about a product anew.
pub(super) async fn reopen(
    State(api): State<Arc<ApiState>>,
    Acting(visit): Acting,
) -> Result<Response, Trouble> {
    let product = visit.asked.product.as_deref().and_then(Product::parse);
    let product = product.ok_or(Trouble::Odd(StatusCode::BAD_REQUEST))?;
    api.engine.link_pages().reopen(&visit.link, product).await?;
    now(&api, visit).await
}

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
