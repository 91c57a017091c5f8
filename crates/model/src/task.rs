//! A task's life: its stages, what may follow what, and the code a client sees of each (§6).

use serde::{Deserialize, Serialize};

use crate::challenge::ChallengeKind;
use crate::failure::{Failure, FailureKind};
use crate::report::Section;
use crate::state_code::StateCode;

/// A task's key, `tid` on the wire: 32 random lower-hex digits (P-31).
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
    /// ([`ChallengeKind::default_patience`]). Holds no run slot.
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

    /// The stages in which the login fields are needed and live in one node's memory only.
    pub const WITH_CREDENTIALS: [Self; 3] = [Self::Queued, Self::LoggingIn, Self::Asking];

    /// The stages past login, from which any node can go on with the sealed session.
    pub const RESUMABLE: [Self; 3] = [Self::LoggedIn, Self::Crawling, Self::Storing];

    /// Whether the login fields are needed and live in one node's memory only.
    #[must_use]
    pub fn needs_credentials(self) -> bool {
        Self::WITH_CREDENTIALS.contains(&self)
    }

    /// Whether a task may go from this stage to that one. This is the whole machine; beside it, a row
    /// whose stage nobody can read may fail.
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

/// How far the reading of records has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrawlProgress {
    /// No section is stored.
    NothingYet,
    /// At least one section is stored.
    SomeSections,
}

impl CrawlProgress {
    /// The progress of a task that has stored so many sections.
    #[must_use]
    pub const fn of_stored(sections: usize) -> Self {
        if sections == 0 { Self::NothingYet } else { Self::SomeSections }
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

    /// The code a client sees; `progress` only matters while records are being read.
    #[must_use]
    pub fn code(&self, progress: CrawlProgress) -> StateCode {
        match self {
            Self::Queued | Self::LoggingIn => StateCode::LOGGING_IN,
            Self::Asking(kind) => kind.code(),
            Self::LoggedIn => StateCode::LOGGED_IN,
            Self::Crawling => match progress {
                CrawlProgress::NothingYet => StateCode::CRAWLING,
                CrawlProgress::SomeSections => StateCode::PARTLY_CRAWLED,
            },
            Self::Storing => StateCode::STORING,
            Self::Done { missing } if missing.is_empty() => StateCode::FINISHED,
            Self::Done { .. } => StateCode::PARTLY_FINISHED,
            Self::Failed(failure) => failure.kind.code(),
        }
    }

    /// The text beside the code: the documents' label, and for a failure its reason (P-40).
    #[must_use]
    pub fn msg(&self, progress: CrawlProgress) -> String {
        let label = self.code(progress).label();
        match self {
            // Erased with all else that a portal said of a person.
            Self::Failed(failure) if failure.reason.is_empty() => label.to_owned(),
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

    /// Reads what [`Stage::name`] and [`Stage::detail`] wrote; `None` when it is something else.
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
    fn every_open_stage_either_needs_the_login_or_can_be_resumed() {
        let sets = StageName::WITH_CREDENTIALS.into_iter().chain(StageName::RESUMABLE);
        let open = StageName::ALL.into_iter().filter(|name| !name.is_final());
        assert_eq!(sets.collect::<Vec<_>>(), open.collect::<Vec<_>>());
    }

    #[test]
    fn p_41_every_stage_has_its_public_code() {
        let codes: Vec<_> =
            stages().iter().map(|stage| stage.code(CrawlProgress::NothingYet).number()).collect();
        let expected = [10001, 10001, 10004, 10003, 10002, 20001, 30001, 40001, 40002, 50001];
        assert_eq!(codes, expected);
        assert_eq!(Stage::Crawling.code(CrawlProgress::SomeSections).number(), 20005);
    }

    #[test]
    fn p_40_every_failure_has_a_code_of_the_documents() {
        let code =
            |kind: FailureKind| Stage::Failed(Failure::of(kind)).code(CrawlProgress::NothingYet);
        for kind in FailureKind::ALL {
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
            Stage::Failed(failure).msg(CrawlProgress::NothingYet),
            "登录失败,用户名密码输入错误：密码错误 请重试"
        );
        let partial = Stage::Done { missing: vec![Section::Base, Section::Loans] };
        assert_eq!(
            partial.msg(CrawlProgress::SomeSections),
            "爬取结束,部分数据缺失：基础信息、贷款信息"
        );
        assert_eq!(Stage::Queued.msg(CrawlProgress::NothingYet), "登录中");
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
