//! What a task costs, and when a partly read report is paid for (protocol §8).

use crate::report::Section;

/// When a report with parts missing (40002) is captured; else its hold is released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartialRule {
    /// `baseInfo` and at least one more section came (the default).
    BaseAndOneMore,
    /// Any section came.
    Always,
    /// Never.
    Never,
}

impl PartialRule {
    const ALL: [Self; 3] = [Self::BaseAndOneMore, Self::Always, Self::Never];

    /// The word in tables and commands.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BaseAndOneMore => "base_and_one_more",
            Self::Always => "always",
            Self::Never => "never",
        }
    }

    /// The rule of a word made by [`PartialRule::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.as_str() == word)
    }

    /// Whether a report that holds `came` is captured.
    #[must_use]
    pub fn captures(self, came: &[Section]) -> bool {
        match self {
            Self::BaseAndOneMore => came.contains(&Section::Base) && came.len() > 1,
            Self::Always => !came.is_empty(),
            Self::Never => false,
        }
    }
}

/// The price of one task for an app and product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tariff {
    /// What is held and captured, in 分; never negative.
    pub price_fen: i64,
    /// What happens at 40002.
    pub partial: PartialRule,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_report_is_captured_by_the_rule() {
        let (base, bills) = (Section::Base, Section::Bills);
        let check = |rule: PartialRule, came: &[Section], expected| {
            assert_eq!(rule.captures(came), expected, "{rule:?} {came:?}");
        };
        check(PartialRule::BaseAndOneMore, &[base, bills], true);
        check(PartialRule::BaseAndOneMore, &[base], false);
        check(PartialRule::BaseAndOneMore, &[bills, Section::Loans], false);
        check(PartialRule::Always, &[bills], true);
        check(PartialRule::Always, &[], false);
        check(PartialRule::Never, &[base, bills], false);
    }
}
