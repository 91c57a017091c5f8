//! Links to the person's page: how one ends with nothing handed over, what its app may hear of
//! it, and what its person may find wrong.

/// Where a person was when a link ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExitStage {
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

impl ExitStage {
    /// Every stage.
    pub const ALL: [Self; 6] =
        [Self::Consent, Self::Login, Self::Question, Self::Reading, Self::Result, Self::Failed];

    /// The word in tables and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::Login => "login",
            Self::Question => "question",
            Self::Reading => "reading",
            Self::Result => "result",
            Self::Failed => "failed",
        }
    }

    /// What a word made by [`ExitStage::as_str`] says.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == word)
    }
}

/// Why a link, or one of its products, ended with nothing handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExitReason {
    /// The person did not agree, or did not give what was read.
    Declined,
    /// The person stopped on the way.
    Stopped,
    /// The person said that what was read is wrong, and did not give it.
    WrongResult,
    /// Its time was over.
    Expired,
    /// The person has no account of this product: one of several that was skipped.
    NoAccount,
    /// The person did not want this one of several read.
    NotNow,
}

impl ExitReason {
    /// Every reason.
    pub const ALL: [Self; 6] = [
        Self::Declined,
        Self::Stopped,
        Self::WrongResult,
        Self::Expired,
        Self::NoAccount,
        Self::NotNow,
    ];

    /// The word in tables and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Declined => "declined",
            Self::Stopped => "stopped",
            Self::WrongResult => "wrong_result",
            Self::Expired => "expired",
            Self::NoAccount => "no_account",
            Self::NotNow => "not_now",
        }
    }

    /// What a word made by [`ExitReason::as_str`] says.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// What an app may hear of its link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkEvent {
    /// A browser has run its page for the first time.
    Opened,
    /// It ended, and nothing was handed over, or not all that was asked for.
    Exited,
}

impl LinkEvent {
    /// The word in tables and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "link.opened",
            Self::Exited => "link.exited",
        }
    }

    /// What a word made by [`LinkEvent::as_str`] says.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Opened, Self::Exited].into_iter().find(|event| event.as_str() == word)
    }
}

/// How a link, or one of its products, ended with nothing handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Exit {
    /// Where the person was.
    pub stage: ExitStage,
    /// Why.
    pub reason: ExitReason,
}

/// What a person finds wrong with what was read: a closed set, so that nothing of a person is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WrongReason {
    /// The records are somebody else's.
    NotMine,
    /// Amounts differ from what the portal shows.
    Amounts,
    /// Months or rows that the portal shows are not there.
    Incomplete,
    /// The portal shows newer ones.
    Outdated,
    /// Something else.
    Other,
}

impl WrongReason {
    /// Every reason.
    pub const ALL: [Self; 5] =
        [Self::NotMine, Self::Amounts, Self::Incomplete, Self::Outdated, Self::Other];

    /// The word in tables, metrics and forms.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotMine => "not_mine",
            Self::Amounts => "amounts",
            Self::Incomplete => "incomplete",
            Self::Outdated => "outdated",
            Self::Other => "other",
        }
    }

    /// What a word made by [`WrongReason::as_str`] says.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back() {
        for stage in ExitStage::ALL {
            assert_eq!(ExitStage::parse(stage.as_str()), Some(stage));
        }
        for reason in ExitReason::ALL {
            assert_eq!(ExitReason::parse(reason.as_str()), Some(reason));
        }
        for event in [LinkEvent::Opened, LinkEvent::Exited] {
            assert_eq!(LinkEvent::parse(event.as_str()), Some(event));
        }
        for reason in WrongReason::ALL {
            assert_eq!(WrongReason::parse(reason.as_str()), Some(reason));
        }
        assert_eq!((LinkEvent::parse("opened"), WrongReason::parse("")), (None, None));
        assert_eq!((ExitStage::parse("nowhere"), ExitReason::parse("")), (None, None));
    }
}
