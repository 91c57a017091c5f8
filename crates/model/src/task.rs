//! A task's life: its stages, what may follow what, and the code a client sees of each (§6).

use serde::{Deserialize, Serialize};

use crate::challenge::ChallengeKind;
use crate::failure::{Failure, FailureKind};
use crate::report::Section;

/// A task's key, `tid` on the wire: 32 lower-hex digits of chance (P-31).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskId(String);

impl TaskId {
    /// The id made of 16 random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(hex::encode(bytes))
    }

    /// Takes exactly 32 lower-hex digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_hex = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        (text.len() == 32 && is_hex).then(|| Self(text.to_owned()))
    }

    /// The id as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for TaskId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a task is. Every stage but the last two has a lease or a deadline that ends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Entered by admit; left when its node claims it. Lasts until the task's deadline at most.
    Queued,
    /// Entered by claim and by an answer; left by a question, by success or by failure. While in
    /// it the login fields are in one node's memory only: that node lost, the task has failed.
    LoggingIn,
    /// Entered when the connector asks; left by an answer or when the challenge's time is over
    /// (captcha 120 s, SMS 180 s). Holds no run slot.
    Asking(ChallengeKind),
    /// Entered when the portal let us in, with the session checkpointed; from here on any node
    /// can go on. Left when the first section is begun.
    LoggedIn,
    /// Entered with the first section; left when the last one has been tried.
    Crawling,
    /// Entered after the last section; the report is being sealed. Left by settlement.
    Storing,
    /// Final: the report is there. Money captured, or released by the tariff's partial rule.
    Done {
        /// The offered sections that could not be read.
        missing: Vec<Section>,
    },
    /// Final: no report, money released.
    Failed(Failure),
}

/// The stages as single words, for tables and for the transition rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageName {
    /// [`Stage::Queued`]
    Queued,
    /// [`Stage::LoggingIn`]
    LoggingIn,
    /// [`Stage::Asking`]
    Asking,
    /// [`Stage::LoggedIn`]
    LoggedIn,
    /// [`Stage::Crawling`]
    Crawling,
    /// [`Stage::Storing`]
    Storing,
    /// [`Stage::Done`]
    Done,
    /// [`Stage::Failed`]
    Failed,
}

impl StageName {
    /// Every name, in the order of a task's life.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::LoggingIn,
        Self::Asking,
        Self::LoggedIn,
        Self::Crawling,
        Self::Storing,
        Self::Done,
        Self::Failed,
    ];

    /// The word in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::LoggingIn => "logging_in",
            Self::Asking => "asking",
            Self::LoggedIn => "logged_in",
            Self::Crawling => "crawling",
            Self::Storing => "storing",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// The name of a word made by [`StageName::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == word)
    }

    /// Whether the task has ended; final stages never change (P-41).
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }

    /// Whether the login fields are needed and live in one node's memory only.
    #[must_use]
    pub const fn needs_credentials(self) -> bool {
        matches!(self, Self::Queued | Self::LoggingIn | Self::Asking)
    }

    /// Whether a task may go from this stage to that one. This is the whole machine.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Queued => matches!(next, Self::LoggingIn | Self::Failed),
            Self::LoggingIn => matches!(next, Self::Asking | Self::LoggedIn | Self::Failed),
            Self::Asking => matches!(next, Self::LoggingIn | Self::Failed),
            Self::LoggedIn => matches!(next, Self::Crawling | Self::Failed),
            Self::Crawling => matches!(next, Self::Storing | Self::Failed),
            Self::Storing => matches!(next, Self::Done | Self::Failed),
            Self::Done | Self::Failed => false,
        }
    }
}

impl Stage {
    /// The stage as a word.
    #[must_use]
    pub const fn name(&self) -> StageName {
        match self {
            Self::Queued => StageName::Queued,
            Self::LoggingIn => StageName::LoggingIn,
            Self::Asking(_) => StageName::Asking,
            Self::LoggedIn => StageName::LoggedIn,
            Self::Crawling => StageName::Crawling,
            Self::Storing => StageName::Storing,
            Self::Done { .. } => StageName::Done,
            Self::Failed(_) => StageName::Failed,
        }
    }

    /// The code a client sees; `has_sections` tells whether one is stored already.
    #[must_use]
    pub fn code(&self, has_sections: bool) -> StateCode {
        StateCode(match self {
            Self::Queued | Self::LoggingIn => 10001,
            Self::Asking(ChallengeKind::Sms) => 10003,
            Self::Asking(ChallengeKind::Captcha) => 10004,
            Self::LoggedIn => 10002,
            Self::Crawling if has_sections => 20005,
            Self::Crawling => 20001,
            Self::Storing => 30001,
            Self::Done { missing } if missing.is_empty() => 40001,
            Self::Done { .. } => 40002,
            Self::Failed(failure) => failure.kind.code(),
        })
    }

    /// The text beside the code: the documents' label, and for a failure its reason (P-40).
    #[must_use]
    pub fn msg(&self, has_sections: bool) -> String {
        let label = self.code(has_sections).label();
        match self {
            Self::Failed(failure) => format!("{label}：{}", failure.reason),
            Self::Done { missing } if !missing.is_empty() => {
                let names: Vec<_> = missing.iter().map(|section| section.label()).collect();
                format!("{label}：{}", names.join("、"))
            }
            _ => label.to_owned(),
        }
    }

    /// What the table keeps beside the stage's name.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Asking(kind) => kind.as_str().to_owned(),
            Self::Done { missing } => {
                missing.iter().map(|section| section.as_str()).collect::<Vec<_>>().join(",")
            }
            Self::Failed(failure) => format!("{}:{}", failure.kind.as_str(), failure.reason),
            _ => String::new(),
        }
    }

    /// Reads what [`Stage::name`] and [`Stage::detail`] told; `None` when it is something else.
    #[must_use]
    pub fn parse(name: &str, detail: &str) -> Option<Self> {
        Some(match StageName::parse(name)? {
            StageName::Queued => Self::Queued,
            StageName::LoggingIn => Self::LoggingIn,
            StageName::Asking => Self::Asking(ChallengeKind::parse(detail)?),
            StageName::LoggedIn => Self::LoggedIn,
            StageName::Crawling => Self::Crawling,
            StageName::Storing => Self::Storing,
            StageName::Done => {
                let names = detail.split(',').filter(|name| !name.is_empty());
                Self::Done { missing: names.map(Section::parse).collect::<Option<_>>()? }
            }
            StageName::Failed => {
                let (kind, reason) = detail.split_once(':')?;
                let kind = FailureKind::parse(kind)?;
                Self::Failed(Failure { kind, reason: reason.to_owned() })
            }
        })
    }
}

/// `data.code`: what a client sees of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StateCode(u32);

impl StateCode {
    /// Every code of a task's life with the documents' label for it.
    pub const ALL: [(u32, &'static str); 18] = [
        (10001, "登录中"),
        (10002, "登陆成功,准备爬取"),
        (10003, "登录中，等待用户输入短信"),
        (10004, "登录中，等待用户输入图片码"),
        (20001, "爬取中"),
        (20005, "阶段性爬取成功"),
        (30001, "存储中"),
        (40001, "爬取结束"),
        (40002, "爬取结束,部分数据缺失"),
        (50001, "登录失败"),
        (50002, "爬取失败"),
        (50003, "爬取失败,网站未开发"),
        (50004, "登录失败,用户名密码输入错误"),
        (50005, "登录失败,网站维护中"),
        (50006, "登录失败,请求参数错误"),
        (50007, "爬取失败,网站不稳定"),
        (50008, "登录失败,等待用户输入超时"),
        (50009, "登录失败,验证码输入错误"),
    ];

    /// The number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The documents' label.
    #[must_use]
    pub fn label(self) -> &'static str {
        Self::ALL.iter().find(|(code, _)| *code == self.0).map_or("", |(_, label)| label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stages() -> Vec<Stage> {
        vec![
            Stage::Queued,
            Stage::LoggingIn,
            Stage::Asking(ChallengeKind::Captcha),
            Stage::Asking(ChallengeKind::Sms),
            Stage::LoggedIn,
            Stage::Crawling,
            Stage::Storing,
            Stage::Done { missing: vec![] },
            Stage::Done { missing: vec![Section::Base, Section::Loans] },
            Stage::Failed(Failure::because(FailureKind::Locked, "密码错误3次: 请30分钟后重试")),
        ]
    }

    #[test]
    fn every_stage_and_its_followers() {
        let followers = |name: StageName| -> Vec<_> {
            StageName::ALL.into_iter().filter(|next| name.may_become(*next)).collect()
        };
        use StageName as S;
        assert_eq!(followers(S::Queued), [S::LoggingIn, S::Failed]);
        assert_eq!(followers(S::LoggingIn), [S::Asking, S::LoggedIn, S::Failed]);
        assert_eq!(followers(S::Asking), [S::LoggingIn, S::Failed]);
        assert_eq!(followers(S::LoggedIn), [S::Crawling, S::Failed]);
        assert_eq!(followers(S::Crawling), [S::Storing, S::Failed]);
        assert_eq!(followers(S::Storing), [S::Done, S::Failed]);
        assert_eq!(followers(S::Done), []);
        assert_eq!(followers(S::Failed), []);
    }

    #[test]
    fn p_41_every_stage_has_its_public_code() {
        let codes: Vec<_> = stages().iter().map(|stage| stage.code(false).number()).collect();
        let expected = [10001, 10001, 10004, 10003, 10002, 20001, 30001, 40001, 40002, 50001];
        assert_eq!(codes, expected);
        assert_eq!(Stage::Crawling.code(true).number(), 20005);
    }

    #[test]
    fn p_40_every_failure_has_a_code_of_the_documents() {
        let code = |kind: FailureKind| Stage::Failed(Failure::of(kind)).code(false);
        for kind in FailureKind::ALL {
            assert!(!code(kind).label().is_empty(), "{kind:?}");
            assert_eq!(FailureKind::parse(kind.as_str()), Some(kind));
        }
        let reached: std::collections::BTreeSet<_> =
            FailureKind::ALL.into_iter().map(|kind| code(kind).number()).collect();
        assert_eq!(reached.into_iter().collect::<Vec<_>>(), (50001..=50009).collect::<Vec<_>>());
    }

    #[test]
    fn p_40_msg_is_the_label_and_the_reason() {
        let failure = Failure::because(FailureKind::WrongCredentials, " 密码错误\n请重试 ");
        assert_eq!(
            Stage::Failed(failure).msg(false),
            "登录失败,用户名密码输入错误：密码错误 请重试"
        );
        let partial = Stage::Done { missing: vec![Section::Base, Section::Loans] };
        assert_eq!(partial.msg(true), "爬取结束,部分数据缺失：基础信息、贷款信息");
        assert_eq!(Stage::Queued.msg(false), "登录中");
    }

    #[test]
    fn a_stage_reads_back_as_written() {
        for stage in stages() {
            let parsed = Stage::parse(stage.name().as_str(), &stage.detail());
            assert_eq!(parsed.as_ref(), Some(&stage));
        }
        assert_eq!(Stage::parse("asking", "phone"), None);
        assert_eq!(Stage::parse("done", "billInfos,nothing"), None);
        assert_eq!(Stage::parse("failed", "no_colon"), None);
        assert_eq!(Stage::parse("lost", ""), None);
    }

    #[test]
    fn p_31_a_tid_is_32_lower_hex_digits() {
        let tid = TaskId::from_random([0xab; 16]);
        assert_eq!(TaskId::parse(tid.as_str()), Some(tid));
        for text in
            ["", "ABABABABABABABABABABABABABABABAB", "ab", "g0000000000000000000000000000000"]
        {
            assert_eq!(TaskId::parse(text), None, "{text}");
        }
    }
}
