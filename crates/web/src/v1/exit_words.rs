//! The words of /v1 for where persons leave a link, and why.

use fiveone_model::link::{ExitReason, ExitStage};
use schemars::JsonSchema;
use serde::Serialize;

/// Where the person was.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ExitStageWord {
    /// Before agreeing.
    Consent,
    /// Choosing a city, or typing login fields.
    Login,
    /// At a question of the portal.
    Question,
    /// While the portal was logged in to, or read.
    Reading,
    /// At what was read.
    Result,
    /// At a failure.
    Failed,
}

/// Why nothing was handed over.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ExitReasonWord {
    /// The person did not agree, or did not give what was read.
    Declined,
    /// The person stopped on the way.
    Stopped,
    /// The person said that what was read is wrong, and did not give it.
    WrongResult,
    /// Its time was over.
    Expired,
    /// The person has no account of this one of several products.
    NoAccount,
    /// The person did not want this one of several products read.
    NotNow,
}

impl From<ExitStage> for ExitStageWord {
    fn from(stage: ExitStage) -> Self {
        match stage {
            ExitStage::Consent => Self::Consent,
            ExitStage::Login => Self::Login,
            ExitStage::Question => Self::Question,
            ExitStage::Reading => Self::Reading,
            ExitStage::Result => Self::Result,
            ExitStage::Failed => Self::Failed,
        }
    }
}

impl From<ExitReason> for ExitReasonWord {
    fn from(reason: ExitReason) -> Self {
        match reason {
            ExitReason::Declined => Self::Declined,
            ExitReason::Stopped => Self::Stopped,
            ExitReason::WrongResult => Self::WrongResult,
            ExitReason::Expired => Self::Expired,
            ExitReason::NoAccount => Self::NoAccount,
            ExitReason::NotNow => Self::NotNow,
        }
    }
}
