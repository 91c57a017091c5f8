//! What an answer means: the step's own rules, the vendor's, the shared ones, the witness of success.

use fiveone_model::failure::{Failure, FailureKind};

use crate::{
    connector::Connector,
    definition::{Rule, Step},
    outcome::Outcome,
    page::{Pass, Prober},
};

/// An answer that is not a success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) outcome: Outcome,
    /// The portal's own words, or the file's.
    pub(super) words: String,
    /// For the log: what was not as it should be.
    pub(super) detail: String,
}

impl Verdict {
    pub(super) fn changed(detail: impl Into<String>) -> Self {
        Self { outcome: Outcome::Changed, words: String::new(), detail: detail.into() }
    }

    /// The failure, its reason without anything the person typed.
    pub(super) fn failure(&self, secrets: &[&str]) -> Failure {
        let kind = self.outcome.failure();
        if kind == FailureKind::PortalChanged {
            return Failure::of(kind);
        }
        let mut words = self.words.clone();
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            words = words.replace(secret, "***");
        }
        Failure::because(kind, &words)
    }
}

/// Where an answer is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    Login,
    Section,
}

/// Judges the answer of a step; `None` is success.
pub(super) fn judge(
    prober: &Prober<'_>,
    step: &Step,
    connector: &Connector,
    place: Where,
) -> Option<Verdict> {
    let (last, own): (Vec<&Rule>, Vec<&Rule>) =
        step.fail.iter().partition(|rule| rule.outcome == Outcome::LoginFailed);
    if let Some(verdict) = first(prober, &own, Pass::Messages, place, true)
        .or_else(|| first(prober, &own, Pass::Page, place, true))
    {
        return Some(verdict);
    }
    let texts = if step.texts == Some(false) { &[] } else { &*connector.outcomes.outcomes };
    let shared: Vec<&Rule> = connector.definition.outcomes.iter().chain(texts).collect();
    if let Some(verdict) = first(prober, &shared, Pass::Messages, place, false) {
        return Some(verdict);
    }
    // That it failed is known; why, any other text tells better.
    let failed = first(prober, &last, Pass::Messages, place, true)
        .or_else(|| first(prober, &last, Pass::Page, place, true));
    if failed.is_some() {
        return first(prober, &shared, Pass::Page, place, false).or(failed);
    }
    let status = status_verdict(prober, step, place);
    if step.expect.is_empty() && status.is_none() {
        return None;
    }
    if status.is_none() && step.expect.iter().any(|test| prober.test(test)) {
        return None;
    }
    first(prober, &shared, Pass::Page, place, false)
        .or(status)
        .or_else(|| Some(Verdict::changed("nothing that was expected is there")))
}

/// What the whole page says when reading it has failed.
pub(super) fn second_look(prober: &Prober<'_>, connector: &Connector) -> Option<Verdict> {
    let shared: Vec<&Rule> =
        connector.definition.outcomes.iter().chain(connector.outcomes.outcomes.iter()).collect();
    first(prober, &shared, Pass::Page, Where::Section, false)
        .filter(|verdict| verdict.outcome != Outcome::NoData)
}

/// Whether a shared text says that there are no records.
pub(super) fn says_no_data(prober: &Prober<'_>, connector: &Connector) -> bool {
    let rules = connector.definition.outcomes.iter().chain(connector.outcomes.outcomes.iter());
    let mut no_data = rules.filter(|rule| rule.outcome == Outcome::NoData);
    no_data.any(|rule| {
        prober.rule(rule, Pass::Messages).is_some() || prober.rule(rule, Pass::Page).is_some()
    })
}

fn first(
    prober: &Prober<'_>,
    rules: &[&Rule],
    pass: Pass,
    place: Where,
    is_own: bool,
) -> Option<Verdict> {
    rules.iter().find_map(|rule| {
        let counts = is_own || place == Where::Login || rule.outcome.counts_in_sections();
        // No records is not a failure while records are read: the reader asks for it itself.
        if !counts || (place == Where::Section && rule.outcome == Outcome::NoData) {
            return None;
        }
        let words = prober.rule(rule, pass)?;
        Some(Verdict {
            outcome: rule.outcome,
            words: rule.reason.clone().unwrap_or(words),
            detail: "a rule holds".to_owned(),
        })
    })
}

/// What the HTTP status alone means.
fn status_verdict(prober: &Prober<'_>, step: &Step, place: Where) -> Option<Verdict> {
    let status = prober.page.status;
    if (200..400).contains(&status) || step.accept.contains(&status) {
        return None;
    }
    let outcome = match status {
        401 if place == Where::Section => Outcome::SessionLost,
        403 | 405 | 418 | 429 | 406 if !prober.page.is_json() => Outcome::Blocked,
        429 => Outcome::Quota,
        500.. => Outcome::Unstable,
        _ => Outcome::Changed,
    };
    Some(Verdict { outcome, words: String::new(), detail: format!("HTTP {status}") })
}
