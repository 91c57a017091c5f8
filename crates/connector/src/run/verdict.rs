//! What an answer means, asked in one order: a wall, the witness of success, the step's own rules, the
//! vendor's and the shared texts, the portal's own words, and only then "unexpected".
//!
//! The witness comes first because pages of a successful login are full of hints, announcements and
//! counters that speak of passwords, locks and maintenance. For the same reason a refusal is looked
//! for only in what is an answer to the input: what stood on the page before is left out.

use fiveone_model::failure::{Failure, FailureKind};

use super::reason;
use crate::unexpected::{Cause, UnexpectedPage};
use crate::{
    connector::Connector,
    definition::{AnswerRules, Rule},
    outcome::Outcome,
    page::{Prober, TextPass, all_lines, claims_success, has_controls, is_wall},
};

/// An answer that is not a success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) outcome: Outcome,
    /// The portal's own words, or the file's.
    pub(super) reason: String,
    /// For the log: what was not as it should be.
    pub(super) detail: String,
}

impl Verdict {
    pub(super) fn unexpected(page: &UnexpectedPage) -> Self {
        let outcome = match page.cause {
            Cause::Portal => Outcome::Changed,
            Cause::Definition => Outcome::ConnectorFault,
            Cause::Limit => Outcome::LimitReached,
        };
        Self { outcome, reason: String::new(), detail: page.reason.clone() }
    }

    pub(super) fn of(outcome: Outcome, detail: impl Into<String>) -> Self {
        Self { outcome, reason: String::new(), detail: detail.into() }
    }

    /// The failure, its reason without anything of `private` and without numbers of people.
    pub(super) fn failure(&self, private: &[&str]) -> Failure {
        self.failure_as(self.outcome.failure(), private)
    }

    /// The same as another kind of failure.
    pub(super) fn failure_as(&self, kind: FailureKind, private: &[&str]) -> Failure {
        if kind == FailureKind::PortalChanged {
            return Failure::of(kind);
        }
        Failure::because(kind, &reason::passed_on(&self.reason, private))
    }
}

/// Where an answer is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    /// A login's pages before anything was sent to them.
    Entry,
    /// What answers the person's input.
    Login,
    /// Records.
    Section,
}

/// Judges the answer of a request; `None` is success. `missing` says which of the step's captures is
/// not there, which is a witness too: where nothing is expected, the captures are.
pub(super) fn judge(
    prober: &Prober<'_>,
    rules: &AnswerRules,
    missing: Option<&UnexpectedPage>,
    connector: &Connector,
    place: Where,
) -> Option<Verdict> {
    let judge = Judge { prober, connector, place };
    let status = judge.status(rules);
    // A wall's own statuses say all there is to know, whatever its page says.
    if status.is_some() && matches!(prober.page.status, 412 | 521) {
        return status;
    }
    let is_expected = status.is_none() && rules.expect.iter().any(|one| prober.holds(one));
    if is_expected && missing.is_none() {
        return None;
    }
    if status.is_none() && is_wall(prober.page) {
        return Some(Verdict::of(Outcome::Blocked, "a page of scripts alone, or a firewall's"));
    }
    let (last, own): (Vec<&Rule>, Vec<&Rule>) =
        rules.fail.iter().partition(|rule| rule.outcome == Outcome::LoginFailed);
    if let Some(verdict) = judge.first_of_both(&own, Source::Own) {
        return Some(verdict);
    }
    let has_witness =
        !rules.expect.is_empty() || rules.capture.iter().any(|(_, capture)| capture.is_witness());
    let failed = judge.first_of_both(&last, Source::Own);
    let is_in = status.is_none() && failed.is_none() && missing.is_none();
    if is_in && rules.expect.is_empty() && (has_witness || place == Where::Section) {
        return None;
    }
    // Where codes tell all, a page in their place is told by its texts.
    let has_texts = rules.has_texts || (missing.is_some() && !prober.page.is_json());
    let texts = judge.texts(has_texts);
    if let Some(verdict) = judge.first(&texts, TextPass::Messages, Source::Shared) {
        return Some(verdict);
    }
    // The login page again: why, it may say anywhere.
    let is_shown_again = place == Where::Login && prober.page.has_password_field();
    if is_in && !has_witness && is_shown_again {
        let verdict = judge.first(&texts, TextPass::Page, Source::Shared);
        if let Some(verdict) = verdict.filter(|verdict| verdict.outcome.is_about_input()) {
            return Some(verdict);
        }
    }
    if is_in && !has_witness {
        // A hall speaks of maintenance, too; a first page without so much as a link is about what it says.
        let page = prober.page;
        let is_bare = place == Where::Entry && !has_controls(page);
        let said = if is_bare { all_lines(page) } else { vec![page.title()] };
        return judge.closed(&texts, &said);
    }
    // That it failed is known; why, a text of the page tells better than a rule that only says so.
    judge
        .first(&texts, TextPass::Page, Source::Shared)
        .or_else(|| judge.closed(&texts, &all_lines(prober.page)))
        .or(failed)
        .or(status)
        .or_else(|| judge.spoken())
        .or_else(|| Some(nothing_expected(prober, missing)))
}

/// Whether words about a lock only tell that there will be one after some more mistakes.
fn is_only_threat(words: &str) -> bool {
    const THREATS: [&str; 8] = ["将被", "将会", "将锁", "还可", "还有", "还剩", "剩余", "机会"];
    // What has happened is no threat, whatever will come of it: 已被锁定，将会在24小时后解锁.
    const DONE: [&str; 6] = ["已锁", "已被锁", "已经锁", "已经被锁", "已冻", "已被冻"];
    let has = |marks: &[&str]| marks.iter().any(|mark| words.contains(mark));
    has(&THREATS) && !has(&DONE)
}

/// Whether words about maintenance only tell who does it: 系统维护：某公司.
fn is_only_credit(words: &str) -> bool {
    const CREDITS: [&str; 6] = ["：", ":", "电话", "单位", "商", "人员"];
    // 系统维护：6月16日暂停服务 is no credit.
    const CLOSED: [&str; 6] = ["暂停", "停止", "停机", "升级", "期间", "维护中"];
    let mut told = words.split("维护").skip(1).map(str::trim_start).peekable();
    told.peek().is_some()
        && !CLOSED.iter().any(|word| words.contains(word))
        && told.all(|behind| CREDITS.iter().any(|credit| behind.starts_with(credit)))
}

/// What is missing, and what stands there instead as far as its shape tells.
fn nothing_expected(prober: &Prober<'_>, missing: Option<&UnexpectedPage>) -> Verdict {
    let reason = missing.map_or("nothing that was expected is on the page", |page| &page.reason);
    let cause = missing.map_or(Cause::Portal, |page| page.cause);
    let shape = prober.page.shape();
    Verdict::unexpected(&UnexpectedPage::new(cause, format!("{reason}; it is {shape}")))
}

/// What an answer says when it could not be read: why there is nothing to read.
pub(super) fn second_look(prober: &Prober<'_>, connector: &Connector) -> Option<Verdict> {
    if is_wall(prober.page) {
        return Some(Verdict::of(Outcome::Blocked, "a page of scripts alone, or a firewall's"));
    }
    let judge = Judge { prober, connector, place: Where::Section };
    let texts = judge.texts(true);
    if let Some(verdict) = judge.first(&texts, TextPass::Messages, Source::Shared) {
        return Some(verdict);
    }
    // A page with tables or lists is a page of records, and what it says beside them is about other
    // things; a page without any has nothing else to say.
    let is_bare = !prober.page.is_json() && !prober.page.has_records();
    is_bare.then(|| judge.first(&texts, TextPass::Page, Source::Shared)).flatten()
}

/// What a page to log in at says where it answers a login, in words that no rule knows.
pub(super) fn refused_again(prober: &Prober<'_>) -> Option<Verdict> {
    if !prober.page.has_password_field() || claims_success(prober.page) == Some(true) {
        return None;
    }
    prober.spoken().map(spoken_by)
}

fn spoken_by(reason: String) -> Verdict {
    let detail = "the portal says something that no rule knows".to_owned();
    Verdict { outcome: Outcome::LoginFailed, reason, detail }
}

/// Whose rules are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// The step's.
    Own,
    /// The vendor's, or everybody's.
    Shared,
}

struct Judge<'a> {
    prober: &'a Prober<'a>,
    connector: &'a Connector,
    place: Where,
}

impl<'a> Judge<'a> {
    /// The vendor's texts, then everybody's.
    fn texts(&self, has_shared: bool) -> Vec<&'a Rule> {
        let shared = has_shared.then_some(&self.connector.outcomes.outcomes);
        self.connector.definition.outcomes.iter().chain(shared.into_iter().flatten()).collect()
    }

    fn first_of_both(&self, rules: &[&Rule], source: Source) -> Option<Verdict> {
        self.first(rules, TextPass::Messages, source)
            .or_else(|| self.first(rules, TextPass::Page, source))
    }

    fn first(&self, rules: &[&Rule], pass: TextPass, source: Source) -> Option<Verdict> {
        rules.iter().find_map(|rule| {
            let counts = match (source, self.place) {
                (_, Where::Login) => true,
                // Nothing was sent, so nothing is wrong with it: what the page says of passwords and
                // locks is advice.
                (_, Where::Entry) => !rule.outcome.is_about_input(),
                (Source::Own, Where::Section) => rule.outcome != Outcome::NoData,
                // No records is not a failure while records are read: the reader asks for it itself.
                (Source::Shared, Where::Section) => {
                    rule.outcome.counts_in_sections() && rule.outcome != Outcome::NoData
                }
            };
            let words = counts.then(|| self.prober.rule(rule, pass)).flatten()?;
            let is_something_else = match rule.outcome {
                Outcome::Locked => is_only_threat(&words),
                Outcome::Maintenance => is_only_credit(&words),
                _ => false,
            };
            if is_something_else {
                return None;
            }
            Some(Verdict {
                outcome: self.locked_by(rule.outcome, &words).unwrap_or(rule.outcome),
                reason: rule.reason.clone().unwrap_or(words),
                detail: "a rule holds".to_owned(),
            })
        })
    }

    /// A portal that is nothing but a page about its maintenance, be it an announcement: one of these
    /// texts of it says so, and nothing can be typed or chosen there.
    fn closed(&self, texts: &[&Rule], said: &[String]) -> Option<Verdict> {
        let page = self.prober.page;
        let is_page = matches!(page.status, 200 | 503) && !page.is_json() && !page.has_fields();
        if self.place == Where::Section || !is_page {
            return None;
        }
        texts.iter().filter(|rule| rule.outcome == Outcome::Maintenance).find_map(|rule| {
            let says = |words: &&String| rule.predicate.says(words) && !is_only_credit(words);
            let words = said.iter().find(says)?;
            let detail = "the whole page is about it".to_owned();
            let reason = rule.reason.clone().unwrap_or_else(|| words.trim().to_owned());
            Some(Verdict { outcome: rule.outcome, reason, detail })
        })
    }

    /// What locks a person out weighs more than the wrong password that did it, where one sentence says
    /// both.
    fn locked_by(&self, outcome: Outcome, words: &str) -> Option<Outcome> {
        let is_about_input = outcome.is_about_input() || outcome == Outcome::LoginFailed;
        let locks = |rule: &&Rule| {
            matches!(rule.outcome, Outcome::Locked | Outcome::Quota) && rule.predicate.says(words)
        };
        if is_only_threat(words) {
            return None;
        }
        is_about_input
            .then(|| self.texts(true).into_iter().find(locks).map(|rule| rule.outcome))
            .flatten()
    }

    /// The portal refuses in words that nobody knows.
    fn spoken(&self) -> Option<Verdict> {
        if self.place == Where::Section || claims_success(self.prober.page) == Some(true) {
            return None;
        }
        self.prober.spoken().map(spoken_by)
    }

    /// What the HTTP status alone means.
    fn status(&self, rules: &AnswerRules) -> Option<Verdict> {
        let status = self.prober.page.status;
        if (200..400).contains(&status) || rules.accept.contains(&status) {
            return None;
        }
        let is_json = self.prober.page.is_json();
        let outcome = match status {
            401 if self.place == Where::Section => Outcome::SessionLost,
            412 | 521 => Outcome::Blocked,
            403 | 405 | 406 | 418 | 429 if !is_json => Outcome::Blocked,
            429 => Outcome::Quota,
            500.. => Outcome::Unstable,
            _ => Outcome::Changed,
        };
        Some(Verdict::of(outcome, format!("HTTP {status}")))
    }
}
