//! A link of several products: what the person decides about each.

use std::sync::Arc;

use axum::extract::{Form, FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use fiveone_model::link::ExitReason;
use fiveone_model::product::Product;
use serde::Deserialize;

use super::now;
use super::visit::{Acting, Sent, Trouble, Turn};
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
pub(super) struct Looked {
    task: String,
}

/// Keeps the result of the product whose turn it is, and goes on.
pub(super) async fn accept(
    State(api): State<Arc<ApiState>>,
    Turn(visit): Turn,
    Sent(looked): Sent<Looked>,
) -> Result<Response, Trouble> {
    api.engine.link_pages().accept(&visit.link, &looked.task).await?;
    now(&api, visit).await
}

/// Why a person goes on without a product, as the page sends it: a word of a closed set.
#[derive(Deserialize)]
pub(super) struct Skipped {
    reason: String,
}

/// Goes on without the product whose turn it is.
pub(super) async fn skip(
    State(api): State<Arc<ApiState>>,
    Turn(visit): Turn,
    Sent(skipped): Sent<Skipped>,
) -> Result<Response, Trouble> {
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
