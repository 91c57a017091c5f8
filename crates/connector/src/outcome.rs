//! What an answer can mean: a closed set, each with the failure it ends in.

use fiveone_model::failure::FailureKind;
use schemars::JsonSchema;
use serde::Deserialize;

/// The meaning of a text or another sign in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// The password is wrong.
    WrongPassword,
    /// Nobody of that account or identity.
    UnknownUser,
    /// One of them is wrong; the portal does not say which.
    WrongCredentials,
    /// The form of what was typed is refused.
    BadFormat,
    /// The captcha was read wrong.
    WrongCaptcha,
    /// The captcha is too old.
    ExpiredCaptcha,
    /// The SMS code is wrong or too old.
    WrongSms,
    /// The account is locked.
    Locked,
    /// The portal's own quota is used up.
    Quota,
    /// The person must do something at the portal first.
    ActionNeeded,
    /// The portal is closed.
    Maintenance,
    /// The portal is broken at this moment.
    Unstable,
    /// The portal let go of the session.
    SessionLost,
    /// A firewall's page.
    Blocked,
    /// There are no records; not a failure in a section.
    NoData,
    /// The login failed, for a reason the portal tells.
    LoginFailed,
    /// The portal does not look as it should.
    Changed,
    /// The file says something that cannot be worked out; no answer means that.
    #[serde(skip)]
    ConnectorFault,
    /// A limit of ours ended it; no answer means that.
    #[serde(skip)]
    LimitReached,
}

impl Outcome {
    /// The failure it ends in when nothing else is done about it.
    pub(crate) const fn failure(self) -> FailureKind {
        match self {
            Self::WrongPassword | Self::UnknownUser | Self::WrongCredentials | Self::NoData => {
                FailureKind::WrongCredentials
            }
            Self::BadFormat => FailureKind::BadFormat,
            Self::WrongCaptcha | Self::ExpiredCaptcha | Self::WrongSms => FailureKind::WrongCode,
            Self::Locked => FailureKind::Locked,
            Self::Quota => FailureKind::Quota,
            Self::ActionNeeded => FailureKind::ActionNeeded,
            Self::Maintenance => FailureKind::Maintenance,
            Self::Unstable => FailureKind::PortalUnstable,
            Self::SessionLost => FailureKind::SessionLost,
            Self::Blocked => FailureKind::Blocked,
            Self::LoginFailed => FailureKind::LoginFailed,
            Self::Changed => FailureKind::PortalChanged,
            Self::ConnectorFault => FailureKind::ConnectorFault,
            Self::LimitReached => FailureKind::LimitReached,
        }
    }

    /// Whether the shared texts may tell it of an answer inside a section.
    pub(crate) const fn counts_in_sections(self) -> bool {
        matches!(
            self,
            Self::SessionLost
                | Self::Maintenance
                | Self::Blocked
                | Self::Quota
                | Self::Locked
                | Self::ActionNeeded
                | Self::Unstable
                | Self::NoData
        )
    }

    /// Whether it is about what the person sent, or about what came of it.
    pub(crate) const fn is_about_input(self) -> bool {
        matches!(
            self,
            Self::WrongPassword
                | Self::UnknownUser
                | Self::WrongCredentials
                | Self::BadFormat
                | Self::WrongCaptcha
                | Self::ExpiredCaptcha
                | Self::WrongSms
                | Self::Locked
                | Self::Quota
                | Self::ActionNeeded
                | Self::SessionLost
                | Self::NoData
        )
    }

    /// The word logs use.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::WrongPassword => "wrong_password",
            Self::UnknownUser => "unknown_user",
            Self::WrongCredentials => "wrong_credentials",
            Self::BadFormat => "bad_format",
            Self::WrongCaptcha => "wrong_captcha",
            Self::ExpiredCaptcha => "expired_captcha",
            Self::WrongSms => "wrong_sms",
            Self::Locked => "locked",
            Self::Quota => "quota",
            Self::ActionNeeded => "action_needed",
            Self::Maintenance => "maintenance",
            Self::Unstable => "unstable",
            Self::SessionLost => "session_lost",
            Self::Blocked => "blocked",
            Self::NoData => "no_data",
            Self::LoginFailed => "login_failed",
            Self::Changed => "changed",
            Self::ConnectorFault => "connector_fault",
            Self::LimitReached => "limit_reached",
        }
    }
}
