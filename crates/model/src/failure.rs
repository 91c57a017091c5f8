//! Why a task ended without a report: a closed set, each with its code of the documents (P-40).

use serde::{Deserialize, Serialize};

use crate::state_code::StateCode;

/// What a portal, a person or a connector did that ended a task. The reason text beside it is
/// written for the client; it never holds what the person typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// 50004: wrong or unknown account, password or identity.
    WrongCredentials,
    /// 50006: the portal complains of the form of what was typed.
    BadFormat,
    /// 50009: the code was wrong three times.
    WrongCode,
    /// 50008: nobody answered in time.
    NoAnswer,
    /// 50005: the portal says it is closed.
    Maintenance,
    /// 50001: the account is locked at the portal.
    Locked,
    /// 50001: the portal wants the person to act there first.
    ActionNeeded,
    /// 50001: the portal's own quota is used up.
    Quota,
    /// 50001: a firewall's page came instead of the portal.
    Blocked,
    /// 50001: the login failed and the portal gave another reason.
    LoginFailed,
    /// 50002: the portal does not look as the connector knows it.
    PortalChanged,
    /// 50002: the connector says something that cannot be worked out.
    ConnectorFault,
    /// 50002: a limit of ours ended the reading: pages, rows, bytes, redirects.
    LimitReached,
    /// 50002: the portal answered with the records of somebody else.
    OtherPerson,
    /// 50002: the node that held the person's login fields is gone.
    NodeLost,
    /// 50002: two nodes died one after the other while they had the task.
    NodesDied,
    /// 50002: the portal let go of the session while records were read.
    SessionLost,
    /// 50002: the task was cancelled.
    Cancelled,
    /// 50002: the task took longer than a task may.
    DeadlinePassed,
    /// 50002: something of ours failed; the log says what.
    Internal,
    /// 50003: there is no connector for this.
    NotDeveloped,
    /// 50007: timeouts, broken connections or server errors, after retries.
    PortalUnstable,
}

impl FailureKind {
    /// Every kind.
    pub const ALL: [Self; 22] = [
        Self::WrongCredentials,
        Self::BadFormat,
        Self::WrongCode,
        Self::NoAnswer,
        Self::Maintenance,
        Self::Locked,
        Self::ActionNeeded,
        Self::Quota,
        Self::Blocked,
        Self::LoginFailed,
        Self::PortalChanged,
        Self::ConnectorFault,
        Self::LimitReached,
        Self::OtherPerson,
        Self::NodeLost,
        Self::NodesDied,
        Self::SessionLost,
        Self::Cancelled,
        Self::DeadlinePassed,
        Self::Internal,
        Self::NotDeveloped,
        Self::PortalUnstable,
    ];

    /// The word in tables, logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WrongCredentials => "wrong_credentials",
            Self::BadFormat => "bad_format",
            Self::WrongCode => "wrong_code",
            Self::NoAnswer => "no_answer",
            Self::Maintenance => "maintenance",
            Self::Locked => "locked",
            Self::ActionNeeded => "action_needed",
            Self::Quota => "quota",
            Self::Blocked => "blocked",
            Self::LoginFailed => "login_failed",
            Self::PortalChanged => "portal_changed",
            Self::ConnectorFault => "connector_fault",
            Self::LimitReached => "limit_reached",
            Self::OtherPerson => "other_person",
            Self::NodeLost => "node_lost",
            Self::NodesDied => "nodes_died",
            Self::SessionLost => "session_lost",
            Self::Cancelled => "cancelled",
            Self::DeadlinePassed => "deadline_passed",
            Self::Internal => "internal",
            Self::NotDeveloped => "not_developed",
            Self::PortalUnstable => "portal_unstable",
        }
    }

    /// Whether it ended for what was typed, or not typed: no fault of the portal or ours.
    #[must_use]
    pub const fn is_of_input(self) -> bool {
        matches!(self, Self::WrongCredentials | Self::BadFormat | Self::WrongCode | Self::NoAnswer)
    }

    /// The kind of a word made by [`FailureKind::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The code of the documents (P-40).
    #[must_use]
    pub const fn code(self) -> StateCode {
        match self {
            Self::Locked | Self::ActionNeeded | Self::Quota | Self::Blocked | Self::LoginFailed => {
                StateCode::LOGIN_FAILED
            }
            Self::PortalChanged
            | Self::ConnectorFault
            | Self::LimitReached
            | Self::OtherPerson
            | Self::NodeLost
            | Self::NodesDied
            | Self::SessionLost
            | Self::Cancelled
            | Self::DeadlinePassed
            | Self::Internal => StateCode::CRAWL_FAILED,
            Self::NotDeveloped => StateCode::NOT_DEVELOPED,
            Self::WrongCredentials => StateCode::WRONG_CREDENTIALS,
            Self::Maintenance => StateCode::MAINTENANCE,
            Self::BadFormat => StateCode::BAD_FORMAT,
            Self::PortalUnstable => StateCode::UNSTABLE,
            Self::NoAnswer => StateCode::NO_ANSWER,
            Self::WrongCode => StateCode::WRONG_CODE,
        }
    }

    /// What the client reads when the portal gave no reason of its own.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::WrongCredentials => "账号、密码或身份信息不正确",
            Self::BadFormat => "网站提示填写格式不正确",
            Self::WrongCode => "验证码多次输入错误",
            Self::NoAnswer => "未在规定时间内输入验证码",
            Self::Maintenance => "网站维护中，请稍后再试",
            Self::Locked => "账号已被网站锁定，请按网站提示解锁后再试",
            Self::ActionNeeded => "请先登录该网站完成其要求的操作",
            Self::Quota => "已达到网站的次数上限，请改日再试",
            Self::Blocked => "网站的防火墙拒绝了访问",
            Self::LoginFailed => "网站拒绝登录",
            Self::PortalChanged => "网站页面与预期不符",
            Self::ConnectorFault => "该城市的读取规则有误，需要运营方修正",
            Self::LimitReached => "网站返回的内容超出处理上限",
            Self::OtherPerson => "网站返回的资料不属于登录人",
            Self::NodeLost => "处理节点已停止，登录信息未被保存，请重新提交",
            Self::NodesDied => "处理该任务时系统多次中断，已停止重试",
            Self::SessionLost => "网站会话已失效",
            Self::Cancelled => "任务已取消",
            Self::DeadlinePassed => "任务超过最长处理时间",
            Self::Internal => "系统内部错误，请稍后重新提交",
            Self::NotDeveloped => "该城市尚未开发",
            Self::PortalUnstable => "网站无响应或响应异常",
        }
    }
}

/// A kind of failure and the reason the client reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Which of the closed set.
    pub kind: FailureKind,
    /// Chinese, for the person; at most [`Failure::REASON_CHARS_MAX`] characters.
    pub reason: String,
}

impl Failure {
    /// The longest reason kept, in characters.
    pub const REASON_CHARS_MAX: usize = 120;

    /// A failure with the reason of its kind.
    #[must_use]
    pub fn of(kind: FailureKind) -> Self {
        Self { kind, reason: kind.reason().to_owned() }
    }

    /// A failure with a reason of its own, cut to the longest length; blank means the kind's own.
    #[must_use]
    pub fn because(kind: FailureKind, reason: &str) -> Self {
        let reason: String = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        if reason.is_empty() {
            return Self::of(kind);
        }
        Self { kind, reason: reason.chars().take(Self::REASON_CHARS_MAX).collect() }
    }
}
