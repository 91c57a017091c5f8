//! What a call is refused with: the twelve codes of the documents, and what is wrong.

use std::borrow::Cow;

use fiveone_engine::Fault;

use crate::auth::Denied;
use crate::state::log_fault;

/// The twelve codes of the documents' table 接口返回状态码表.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Status {
    /// 0
    Success,
    /// 1: our fault.
    Fault,
    /// 2: the request cannot be read, or lacks what every call needs.
    Parameter,
    /// 3: the result was there and is gone, or cannot be opened.
    Gone,
    /// 4: the app is unknown or not configured.
    UnknownApp,
    /// 5: the signature is wrong.
    TokenKey,
    /// 6: there is no such interface.
    NoInterface,
    /// 7: the app has no grant for it.
    NoGrant,
    /// 8: the app's grant is paused.
    Paused,
    /// 9: the app's free balance is too small.
    NoBalance,
    /// 10: too many calls.
    Busy,
    /// 11: an identical create is being processed at this moment.
    InProgress,
}

impl Status {
    /// Every status, at the index of its number.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 12] = [
        Self::Success,
        Self::Fault,
        Self::Parameter,
        Self::Gone,
        Self::UnknownApp,
        Self::TokenKey,
        Self::NoInterface,
        Self::NoGrant,
        Self::Paused,
        Self::NoBalance,
        Self::Busy,
        Self::InProgress,
    ];

    /// The number on the wire, in digits.
    #[must_use]
    pub(crate) const fn number(self) -> &'static str {
        match self {
            Self::Success => "0",
            Self::Fault => "1",
            Self::Parameter => "2",
            Self::Gone => "3",
            Self::UnknownApp => "4",
            Self::TokenKey => "5",
            Self::NoInterface => "6",
            Self::NoGrant => "7",
            Self::Paused => "8",
            Self::NoBalance => "9",
            Self::Busy => "10",
            Self::InProgress => "11",
        }
    }

    /// The text of the documents' table.
    #[must_use]
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Success => "成功",
            Self::Fault => "系统错误",
            Self::Parameter => "参数错误",
            Self::Gone => "数据异常，未能获取结果",
            Self::UnknownApp => "用户不存在或配置错误",
            Self::TokenKey => "TokenKey验证失败",
            Self::NoInterface => "接口未定义或停止使用",
            Self::NoGrant => "用户没有接口使用权限",
            Self::Paused => "用户接口暂停使用",
            Self::NoBalance => "用户余额不足",
            Self::Busy => "系统繁忙，请稍后再试",
            Self::InProgress => "数据处理中，请稍候再查询",
        }
    }
}

/// A call that gets no data: its status and what is wrong, in Chinese. The text never holds what a
/// client sent, but for the names the documents know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: Status,
    pub(crate) detail: Option<Cow<'static, str>>,
    /// With status 10, after how many seconds another try is worth it.
    pub(crate) retry_after_s: i64,
}

/// A place among the calls under way is free in a moment.
const RETRY_AFTER_S: i64 = 1;

impl Refusal {
    /// Status 2 with what is wrong.
    pub(crate) fn parameter(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::because(Status::Parameter, detail)
    }

    /// A status with what is wrong.
    pub(crate) fn because(status: Status, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: Some(detail.into()), ..Self::from(status) }
    }

    /// Status 10, and when another try is worth it.
    pub(crate) fn busy(retry_after_s: i64) -> Self {
        Self { retry_after_s, ..Self::from(Status::Busy) }
    }

    /// `message`: the table's text, and what is wrong.
    pub(crate) fn message(&self) -> Cow<'static, str> {
        match &self.detail {
            None => Cow::Borrowed(self.status.label()),
            Some(detail) => Cow::Owned(format!("{}：{detail}", self.status.label())),
        }
    }
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        Self { status, detail: None, retry_after_s: RETRY_AFTER_S }
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Elsewhere => Self::because(Status::NoGrant, "调用地址不在该用户允许的范围内"),
            Denied::NoGrant => Status::NoGrant.into(),
            Denied::Paused => Status::Paused.into(),
            Denied::Busy => Status::Busy.into(),
            Denied::TooOften { wait_s } | Denied::Guessing { wait_s } => Self::busy(wait_s),
        }
    }
}

impl From<Fault> for Refusal {
    /// Logs the fault with its chain; the client sees status 1 and nothing of it.
    fn from(fault: Fault) -> Self {
        log_fault(&fault);
        Self::from(Status::Fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_04_the_twelve_codes_stand_at_their_numbers_with_the_documents_texts() {
        let table: Vec<_> = Status::ALL
            .iter()
            .map(|status| format!("{} {}", status.number(), status.label()))
            .collect();
        insta::assert_snapshot!(table.join("\n"), @r"
        0 成功
        1 系统错误
        2 参数错误
        3 数据异常，未能获取结果
        4 用户不存在或配置错误
        5 TokenKey验证失败
        6 接口未定义或停止使用
        7 用户没有接口使用权限
        8 用户接口暂停使用
        9 用户余额不足
        10 系统繁忙，请稍后再试
        11 数据处理中，请稍候再查询
        ");
    }

    #[test]
    fn a_refusal_says_the_tables_text_and_what_is_wrong() {
        assert_eq!(Refusal::parameter("缺少参数 appId").message(), "参数错误：缺少参数 appId");
        assert_eq!(Refusal::from(Status::Busy).message(), "系统繁忙，请稍后再试");
    }
}
