//! The sandbox: how a test app makes the model city end its tasks as it wants. The simulated portal behaves
//! as the password says that is typed, so a wish is a password put in the place of the person's own.

use crate::failure::FailureKind;

/// Each code that can be wished for with the password of the model city that leads there, and the kind of
/// failure that ends a task at once with it.
const OUTCOMES: [(u32, Option<&str>, Option<FailureKind>); 12] = [
    (10_003, Some("sms"), None),
    (10_004, Some("captcha"), None),
    (40_001, Some("good"), None),
    (40_002, Some("partial"), None),
    (50_001, Some("locked"), Some(FailureKind::Locked)),
    (50_002, Some("changedlogin"), Some(FailureKind::PortalChanged)),
    (50_004, Some("wrong"), Some(FailureKind::WrongCredentials)),
    (50_005, Some("maintenance"), Some(FailureKind::Maintenance)),
    (50_006, Some("format"), Some(FailureKind::BadFormat)),
    (50_007, Some("down"), Some(FailureKind::PortalUnstable)),
    (50_008, None, Some(FailureKind::NoAnswer)),
    (50_009, Some("captcha3"), Some(FailureKind::WrongCode)),
];

/// The password of a portal that is down.
pub const DOWN: &str = "down";

/// What an app set up for its test tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sandbox {
    /// The code that its next test task comes to, when one was wished for.
    pub next: Option<u32>,
    /// Whether the model city is down for it.
    pub is_down: bool,
}

impl Sandbox {
    /// The password that is typed in place of the person's own, if any.
    #[must_use]
    pub fn password(self) -> Option<&'static str> {
        if self.is_down { Some(DOWN) } else { self.next.and_then(password_for) }
    }
}

/// The password that leads a task to a code.
#[must_use]
pub fn password_for(code: u32) -> Option<&'static str> {
    OUTCOMES.iter().find(|(known, ..)| *known == code)?.1
}

/// How a task fails at once with a code.
#[must_use]
pub fn failure_for(code: u32) -> Option<FailureKind> {
    OUTCOMES.iter().find(|(known, ..)| *known == code)?.2
}

/// The codes that the next task can be led to.
pub fn codes_ahead() -> impl Iterator<Item = u32> {
    OUTCOMES.iter().filter(|(_, password, _)| password.is_some()).map(|(code, ..)| *code)
}

/// The codes that a task can fail with at once.
pub fn codes_at_once() -> impl Iterator<Item = u32> {
    OUTCOMES.iter().filter(|(.., failure)| failure.is_some()).map(|(code, ..)| *code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_at_once_has_the_code_that_was_wished_for() {
        for code in codes_at_once() {
            let failure = failure_for(code).unwrap();
            assert_eq!(failure.code().number(), code);
        }
        assert_eq!((password_for(10_001), failure_for(40_001)), (None, None));
    }

    #[test]
    fn a_portal_that_is_down_is_down_whatever_was_wished_for() {
        let sandbox = Sandbox { next: Some(40_002), is_down: false };
        assert_eq!(sandbox.password(), Some("partial"));
        assert_eq!(Sandbox { is_down: true, ..sandbox }.password(), Some(DOWN));
        assert_eq!(Sandbox::default().password(), None);
    }
}
