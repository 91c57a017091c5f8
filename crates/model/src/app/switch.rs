//! What of an app an operator can switch, each with its name, its kind and how it is read and written: the
//! command line and the console have the same list.

use super::{App, CallbackAddress};
use crate::networks::Networks;
use crate::product::Product;
use crate::report::Dialect;

/// Something of an app that an operator can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Switch {
    /// How it hears values.
    Dialect,
    /// Where its tasks of a product are called back.
    Callback(Product),
    /// Where it hears of its links.
    LinkEvents,
    /// Whether questions are called back, too.
    ChallengeCallbacks,
    /// Whether polls have a question as data.
    Challenge,
    /// Whether reports tell what could not be read.
    Findings,
    /// Whether HTTP 201 alone acknowledges.
    AcknowledgesBy201,
    /// Whether it may use employers' logins.
    EmployerLogins,
    /// Whether it must sign with `X-Fiveone-Signature`.
    Signature,
    /// Whether the short signature of fundUserCode is taken.
    LegacyCodeSignature,
    /// Its calls a second.
    CallsPerSecond,
    /// Its tasks that have not ended.
    OpenTasksMax,
    /// Its tasks of an hour that end for what was typed.
    UnpaidPerHourMax,
    /// From where it may call.
    AllowedNetworks,
}

/// What a switch takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwitchKind {
    /// `true` or `false`.
    Flag,
    /// A number.
    Number,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// An address; blank is none.
    Address,
    /// Addresses and networks, separated by commas; blank is any.
    Networks,
}

impl Switch {
    /// Every switch.
    pub const ALL: [Self; 15] = [
        Self::Dialect,
        Self::Callback(Product::Fund),
        Self::Callback(Product::Insurance),
        Self::LinkEvents,
        Self::ChallengeCallbacks,
        Self::Challenge,
        Self::Findings,
        Self::AcknowledgesBy201,
        Self::EmployerLogins,
        Self::Signature,
        Self::LegacyCodeSignature,
        Self::CallsPerSecond,
        Self::OpenTasksMax,
        Self::UnpaidPerHourMax,
        Self::AllowedNetworks,
    ];

    /// The name of its option and of its field in a form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dialect => "dialect",
            Self::Callback(Product::Fund) => "fund-callback",
            Self::Callback(Product::Insurance) => "insurance-callback",
            Self::LinkEvents => "link-events",
            Self::ChallengeCallbacks => "challenge-callbacks",
            Self::Challenge => "challenge",
            Self::Findings => "findings",
            Self::AcknowledgesBy201 => "acknowledges-by-201",
            Self::EmployerLogins => "employer-logins",
            Self::Signature => "signature",
            Self::LegacyCodeSignature => "legacy-code-signature",
            Self::CallsPerSecond => "calls-per-second",
            Self::OpenTasksMax => "open-tasks-max",
            Self::UnpaidPerHourMax => "unpaid-per-hour-max",
            Self::AllowedNetworks => "allowed-networks",
        }
    }

    /// What it does, in a line.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::Dialect => {
                "How it hears values: as the documents' field tables, or as their samples"
            }
            Self::Callback(Product::Fund) => {
                "Where fund tasks are called back; an empty one ends it"
            }
            Self::Callback(Product::Insurance) => {
                "Where insurance tasks are called back; an empty one ends it"
            }
            Self::LinkEvents => {
                "Where it hears that a link was opened, or left with nothing handed over; an empty one ends it"
            }
            Self::ChallengeCallbacks => "Calls back for captcha and SMS questions too",
            Self::Challenge => {
                "Gives questions as data beside the picture, and takes answers to that"
            }
            Self::Findings => "Tells in reports what could not be read, beside the sections",
            Self::AcknowledgesBy201 => "Takes only HTTP 201 for an acknowledgement",
            Self::EmployerLogins => "May use employers' logins, which open other people's records",
            Self::Signature => {
                "Demands X-Fiveone-Signature with every call; tokenKey alone is refused then"
            }
            Self::LegacyCodeSignature => {
                "Accepts the fund document's short signature for fundUserCode"
            }
            Self::CallsPerSecond => "Calls a second",
            Self::OpenTasksMax => "Tasks it may have that have not ended",
            Self::UnpaidPerHourMax => {
                "Its tasks of an hour that may end for what was typed, and cost nothing"
            }
            Self::AllowedNetworks => {
                "Addresses and networks it may call from, separated by commas; an empty one is any"
            }
        }
    }

    /// Its name and what it does, in Chinese.
    #[must_use]
    pub const fn in_chinese(self) -> (&'static str, &'static str) {
        match self {
            Self::Dialect => ("取值方式", "table 按字段表，example 按示例"),
            Self::Callback(Product::Fund) => ("公积金回调地址", "留空为不回调"),
            Self::Callback(Product::Insurance) => ("社保回调地址", "留空为不回调"),
            Self::LinkEvents => ("链接事件地址", "本人打开、离开链接时通知，留空为不通知"),
            Self::ChallengeCallbacks => ("验证码也回调", "等待验证码时也通知应用"),
            Self::Challenge => ("结构化问题", "查询结果里给出问题的数据"),
            Self::Findings => ("给出读不出的内容", "报告旁列出没能读到的字段名"),
            Self::AcknowledgesBy201 => ("只认 HTTP 201", "其他 2xx 不算确认"),
            Self::EmployerLogins => ("允许单位登录", "可读取他人记录，谨慎开启"),
            Self::Signature => ("必须签名", "每次调用都要 X-Fiveone-Signature"),
            Self::LegacyCodeSignature => ("fundUserCode 短签名", "接受公积金文档的旧式签名"),
            Self::CallsPerSecond => ("每秒调用数", ""),
            Self::OpenTasksMax => ("未结束任务上限", ""),
            Self::UnpaidPerHourMax => ("每小时免费失败上限", "因用户输入失败、不收费的任务"),
            Self::AllowedNetworks => ("允许的 IP", "逗号分隔，留空为不限"),
        }
    }

    /// What it takes.
    #[must_use]
    pub const fn kind(self) -> SwitchKind {
        match self {
            Self::Dialect => SwitchKind::Choice(&["table", "example"]),
            Self::Callback(_) | Self::LinkEvents => SwitchKind::Address,
            Self::AllowedNetworks => SwitchKind::Networks,
            Self::CallsPerSecond | Self::OpenTasksMax | Self::UnpaidPerHourMax => {
                SwitchKind::Number
            }
            _ => SwitchKind::Flag,
        }
    }

    /// How it stands.
    #[must_use]
    pub fn get(self, app: &App) -> String {
        match self {
            Self::Dialect => app.dialect.as_str().to_owned(),
            Self::Callback(product) => {
                app.callback(product).map(|address| address.url.clone()).unwrap_or_default()
            }
            Self::LinkEvents => {
                app.link_events.as_ref().map(|address| address.url.clone()).unwrap_or_default()
            }
            Self::AllowedNetworks => app.allowed_networks.as_str().to_owned(),
            Self::CallsPerSecond => app.calls_per_second.to_string(),
            Self::OpenTasksMax => app.open_tasks_max.to_string(),
            Self::UnpaidPerHourMax => app.unpaid_per_hour_max.to_string(),
            _ => {
                let mut app = app.clone();
                self.flag(&mut app).is_some_and(|flag| *flag).to_string()
            }
        }
    }

    /// Switches it; a callback's address is taken as it is, since where one may lead to is not known here.
    ///
    /// # Errors
    /// What it takes.
    pub fn set(self, app: &mut App, text: &str) -> Result<(), &'static str> {
        match self {
            Self::Dialect => app.dialect = Dialect::parse(text).ok_or("table or example")?,
            Self::Callback(product) => {
                *app.callbacks.get_mut(product) = address_of(text);
            }
            Self::LinkEvents => app.link_events = address_of(text),
            Self::AllowedNetworks => {
                let such_as = "addresses and networks, e.g. 203.0.113.7,2001:db8::/32, at most 64";
                app.allowed_networks = Networks::parse(text).ok_or(such_as)?;
            }
            Self::CallsPerSecond => app.calls_per_second = number(text)?.max(1),
            Self::OpenTasksMax => app.open_tasks_max = number(text)?.max(1),
            Self::UnpaidPerHourMax => app.unpaid_per_hour_max = number(text)?,
            _ => {
                let is_on = text.parse().map_err(|_| "true or false")?;
                if let Some(flag) = self.flag(app) {
                    *flag = is_on;
                }
            }
        }
        Ok(())
    }

    const fn flag(self, app: &mut App) -> Option<&mut bool> {
        Some(match self {
            Self::ChallengeCallbacks => &mut app.wants_challenge_callbacks,
            Self::Challenge => &mut app.wants_challenges,
            Self::Findings => &mut app.wants_findings,
            Self::AcknowledgesBy201 => &mut app.acknowledges_by_201,
            Self::EmployerLogins => &mut app.has_employer_grant,
            Self::Signature => &mut app.requires_signature,
            Self::LegacyCodeSignature => &mut app.has_legacy_code_signature,
            _ => return None,
        })
    }
}

fn address_of(text: &str) -> Option<CallbackAddress> {
    (!text.is_empty()).then(|| CallbackAddress { url: text.to_owned() })
}

fn number(text: &str) -> Result<u32, &'static str> {
    text.parse().map_err(|_| "a whole number")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::AppId;

    #[test]
    fn every_switch_is_read_back_as_it_was_set_and_takes_nothing_else() {
        let new = App::new(AppId::parse("a").unwrap(), "");
        for switch in Switch::ALL {
            let (taken, refused) = match switch.kind() {
                SwitchKind::Flag => (["true", "false"], "yes"),
                SwitchKind::Number => (["1", "4294967295"], "-1"),
                SwitchKind::Choice(words) => ([words[0], words[1]], "other"),
                SwitchKind::Address => (["http://127.0.0.1:1/cb", ""], ""),
                SwitchKind::Networks => (["203.0.113.7/32", ""], "everywhere"),
            };
            let mut app = new.clone();
            for text in taken {
                switch.set(&mut app, text).unwrap();
                assert_eq!(switch.get(&app), text, "{}", switch.name());
            }
            let before = app.clone();
            if !refused.is_empty() {
                assert!(switch.set(&mut app, refused).is_err(), "{}", switch.name());
            }
            assert_eq!(app, before);
            // No switch moves another one.
            switch.set(&mut app, &switch.get(&new)).unwrap();
            assert_eq!(app, new, "{}", switch.name());
        }
    }
}
