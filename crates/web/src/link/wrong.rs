//! "This is wrong": what a person may say of what was read.

use std::sync::Arc;

use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use fiveone_model::link::WrongReason;
use fiveone_model::report::Section;
use serde::Deserialize;

use super::now;
use super::visit::{Sent, Trouble, Turn};
use crate::state::ApiState;

/// What was said, as the page sends it: words of closed sets alone, so that nothing of a person can be in
/// it.
pub(super) struct Said(Section, WrongReason);

impl FromRequest<Arc<ApiState>> for Said {
    type Rejection = Trouble;

    async fn from_request(request: Request, api: &Arc<ApiState>) -> Result<Self, Trouble> {
        #[derive(Deserialize)]
        struct Words {
            section: String,
            reason: String,
        }
        let Sent(sent) = Sent::<Words>::from_request(request, api).await?;
        let (section, reason) = (Section::parse(&sent.section), WrongReason::parse(&sent.reason));
        let said = section.zip(reason).ok_or(Trouble::Odd(StatusCode::BAD_REQUEST))?;
        Ok(Self(said.0, said.1))
    }
}

/// Notes what is wrong; the person then decides about it, as before.
pub(super) async fn say(
    State(api): State<Arc<ApiState>>,
    Turn(visit): Turn,
    Said(section, reason): Said,
) -> Result<Response, Trouble> {
    api.engine.link_pages().say_wrong(&visit.link, section, reason).await?;
    now(&api, visit).await
}
