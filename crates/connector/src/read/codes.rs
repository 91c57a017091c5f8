//! What a code or a pattern makes of a text, and what becomes of a text that fits none.

use fiveone_model::finding::{Finding, FindingKind};

use crate::{
    definition::{Ordered, Otherwise, Target},
    unexpected::UnexpectedPage,
};

/// What a code means; portals write a number with zeros before it or without.
pub(super) fn meaning<'t>(table: &'t Ordered<String>, text: &str) -> Option<&'t String> {
    let number = |text: &str| text.parse::<u32>().ok().filter(|_| !text.starts_with('+'));
    let own = number(text);
    let as_number = || {
        let mut same = table.iter().filter(|(code, _)| own.is_some() && number(code) == own);
        same.next().filter(|_| same.next().is_none()).map(|(_, meaning)| meaning)
    };
    table.get(text).or_else(as_number)
}

/// What a text was to fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Pattern,
    Code,
}

impl Wanted {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Pattern => "pattern",
            Self::Code => "code",
        }
    }
}

fn is_code(text: &str) -> bool {
    text.len() <= 6 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// What becomes of a text that fits no pattern or code of its target.
pub(super) fn misfit(
    text: String,
    target: &Target,
    wanted: Wanted,
    findings: &mut Vec<Finding>,
) -> Result<Option<String>, UnexpectedPage> {
    match target.detail.otherwise {
        // Words may stand where codes do; a code that no table knows means nothing to anybody.
        Some(Otherwise::Keep) if wanted == Wanted::Pattern || !is_code(&text) => Ok(Some(text)),
        Some(Otherwise::Blank) => Ok(None),
        Some(Otherwise::Keep | Otherwise::LeaveOut) | None => {
            findings.push(Finding::of_field(FindingKind::Unreadable, &target.field));
            Ok(None)
        }
        Some(Otherwise::Fail) => {
            let reason = format!("what stands for {} fits no {}", target.field, wanted.as_str());
            Err(UnexpectedPage::portal(reason))
        }
    }
}
