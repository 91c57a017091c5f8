//! What a task's runs did at the portal, as its page tells it.

use fiveone_engine::{LoggedStep, LoggedSteps};

use super::frame::time;
use crate::language::Language;

/// The login, or what was read for a section.
pub(super) struct Stretch {
    pub(super) name: String,
    pub(super) at: String,
    pub(super) left_out: usize,
    pub(super) steps: Vec<Step>,
}

/// One request or question.
pub(super) struct Step {
    pub(super) name: String,
    /// `GET /path`, or which kind of question.
    pub(super) what: String,
    pub(super) status: String,
    pub(super) ms: u64,
    pub(super) captured: String,
    pub(super) outcome: String,
    /// Whether it ended otherwise than it should.
    pub(super) is_bad: bool,
}

impl Stretch {
    pub(super) fn of(language: Language, logged: &LoggedSteps) -> Self {
        let name = match logged.section {
            Some(section) => format!("{} {}", section.label(), section.as_str()),
            None => language.say("登录", "Login").to_owned(),
        };
        let steps = logged.steps.iter().map(Step::of).collect();
        Self { name, at: time(logged.at), left_out: logged.left_out, steps }
    }
}

impl Step {
    fn of(step: &LoggedStep) -> Self {
        let is_question = step.method == "ASK";
        Self {
            name: step.step.clone(),
            what: format!("{} {}", step.method, step.path).trim().to_owned(),
            status: step.status.map_or_else(String::new, |status| status.to_string()),
            ms: step.ms,
            captured: step.captured.join(", "),
            is_bad: !step.outcome.is_empty() && !is_question,
            outcome: step.outcome.clone(),
        }
    }
}
