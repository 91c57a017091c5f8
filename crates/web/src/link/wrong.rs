//! "This is wrong": what a person may say of what was read, and in which words.

use std::sync::Arc;

use axum::extract::{Form, FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use fiveone_model::link::WrongReason;
use fiveone_model::report::Section;
use serde::Deserialize;

use super::now;
use super::visit::{Trouble, Turn};
use crate::language::Language;
use crate::state::ApiState;

/// A reason in a person's words.
pub(crate) const fn reason_name(language: Language, reason: WrongReason) -> &'static str {
    match reason {
        WrongReason::NotMine => language.say("不是我的记录", "these are not my records"),
        WrongReason::Amounts => language.say("金额不对", "amounts are wrong"),
        WrongReason::Incomplete => language.say("有缺失的月份或条目", "months or rows are missing"),
        WrongReason::Outdated => language.say("不是最新的", "it is out of date"),
        WrongReason::Other => language.say("其他问题", "something else"),
    }
}

/// What was said, as the page sends it: words of closed sets alone, so that nothing of a person can be in
/// it.
pub(super) struct Said(Section, WrongReason);

impl FromRequest<Arc<ApiState>> for Said {
    type Rejection = Trouble;

    async fn from_request(request: Request, api: &Arc<ApiState>) -> Result<Self, Trouble> {
        #[derive(Deserialize)]
        struct Sent {
            section: String,
            reason: String,
        }
        let form = Form::<Sent>::from_request(request, api).await;
        let Form(sent) = form.map_err(|rejection| Trouble::Odd(rejection.status()))?;
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
