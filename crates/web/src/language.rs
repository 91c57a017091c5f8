//! The two languages of the pages: Simplified Chinese, and English for who asks for it.

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Language {
    /// 简体中文
    #[default]
    Chinese,
    /// English
    English,
}

impl Language {
    /// The language of `?lang=`; whatever is not English is Chinese.
    pub(crate) fn of(word: Option<&str>) -> Self {
        if word == Some("en") { Self::English } else { Self::Chinese }
    }

    /// Its tag in HTML.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    /// What stands behind every address, so that it is kept.
    pub(crate) const fn query(self) -> &'static str {
        match self {
            Self::Chinese => "lang=zh",
            Self::English => "lang=en",
        }
    }

    /// One of two texts.
    pub(crate) const fn say<'a>(self, chinese: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }
}
