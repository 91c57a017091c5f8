//! What /v1 tells of each product of a link.

use fiveone_engine as engine;
use schemars::JsonSchema;
use serde::Serialize;

use super::exit_words::{ExitReasonWord, ExitStageWord};
use super::tasks::ProductChoice;

/// A product of a link.
#[derive(Serialize, JsonSchema)]
pub(super) struct LinkPart {
    product: ProductChoice,
    status: PartStatus,
    /// The task that was handed over.
    task: Option<String>,
    /// Where the person was and why, when nothing of it was handed over.
    exit: Option<PartExit>,
}

/// What became of a product of a link.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum PartStatus {
    /// The link is not over.
    Pending,
    /// Its result is the app's.
    HandedOver,
    /// The app got nothing of it.
    NotGiven,
}

/// How a product of a link ended with nothing handed over.
#[derive(Serialize, JsonSchema)]
struct PartExit {
    stage: ExitStageWord,
    reason: ExitReasonWord,
}

impl LinkPart {
    pub(super) fn of(part: &engine::LinkPart, is_over: bool) -> Self {
        let is_given = part.state == engine::PartState::HandedOver;
        let status = match (is_over, is_given) {
            (false, _) => PartStatus::Pending,
            (true, true) => PartStatus::HandedOver,
            (true, false) => PartStatus::NotGiven,
        };
        let task = part.task.as_ref().filter(|_| is_over && is_given);
        let exit = part.exit.filter(|_| is_over);
        Self {
            product: part.product.into(),
            status,
            task: task.map(ToString::to_string),
            exit: exit
                .map(|exit| PartExit { stage: exit.stage.into(), reason: exit.reason.into() }),
        }
    }
}
