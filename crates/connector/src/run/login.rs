//! The login: steps in order, back to the question when a code was wrong, three asks of a kind.

use fiveone_model::{
    challenge::{ASKS_MAX, ChallengeKind, PerChallenge},
    failure::{Failure, FailureKind},
    login::{Credentials, FieldName},
};
use serde_json::Value as Json;

use super::{
    Person, Run, Vars,
    ask::{Asking, kind_of_wrong},
    code_words::CODES,
    step::{Context, StepEnd},
    verdict::Verdict,
};
use crate::{
    definition::{Action, Login, Step},
    outcome::Outcome,
    page::Standing,
    unexpected::UnexpectedPage,
};

/// The most steps of one login, repeated ones included.
const STEPS_MAX: usize = 80;

/// Captures of a login by which the portal names who logged in: records of others are refused then,
/// though an account alone was typed.
pub(crate) const OWN_NAMES: [&str; 2] = ["own_identity", "own_name"];

/// Which questions were asked so far.
struct Asked {
    counts: PerChallenge<u32>,
    /// Where each kind was asked last in this pass.
    at: Vec<(ChallengeKind, usize)>,
    /// The question that was left out by its `when` and that the portal wants all the same: gone back to
    /// once, and asked then.
    caught_up: Option<usize>,
    /// Whether a picture was not there to ask about.
    has_no_picture: bool,
}

impl Asked {
    fn count(&mut self, kind: ChallengeKind) -> &mut u32 {
        self.counts.get_mut(kind)
    }

    /// The last question a wrong code can belong to: of its kind, or else of the other, because
    /// portals call both 验证码. Whatever is seen and not sent to a phone is of a picture's kind.
    fn last(&self, kind: ChallengeKind) -> Option<(ChallengeKind, usize)> {
        let is_sms = |kind| kind == ChallengeKind::Sms;
        let of_kind = self.at.iter().rev().find(|(own, _)| is_sms(*own) == is_sms(kind));
        of_kind.or_else(|| self.at.last()).copied()
    }
}

impl Run {
    pub(super) async fn log_in(
        &mut self,
        method: u32,
        credentials: &Credentials,
        person: &mut dyn Person,
    ) -> Result<(), Failure> {
        let connector = self.connector.clone();
        let login = connector.definition.login.iter().find(|login| login.number == method);
        let login = login.ok_or_else(|| Failure::of(FailureKind::NotDeveloped))?;
        // At many portals the identity number is the account.
        let account = credentials.get(FieldName::Account).filter(|text| is_resident_number(text));
        self.whose.identity = credentials.get(FieldName::IdCard).or(account).map(str::to_owned);
        self.whose.name = credentials.get(FieldName::RealName).map(str::to_owned);
        self.whose.typed_account = credentials
            .get(FieldName::Account)
            .filter(|text| is_account_of_records(login, text))
            .map(str::to_owned);
        let ended = self.walk(&login.steps, credentials, person).await;
        self.learn_own();
        self.forget_login(credentials);
        ended
    }

    async fn walk(
        &mut self,
        steps: &[Step],
        credentials: &Credentials,
        person: &mut dyn Person,
    ) -> Result<(), Failure> {
        let locals = Vars::new();
        let context = Context { fields: Some(credentials), locals: &locals };
        let mut asked = Asked {
            counts: PerChallenge::from_fn(|_| 0),
            at: Vec::new(),
            caught_up: None,
            has_no_picture: false,
        };
        let mut at = 0;
        for _ in 0..STEPS_MAX {
            let Some(step) = steps.get(at) else { return Ok(()) };
            if asked.caught_up != Some(at) && !self.holds(&step.when, context) {
                at += 1;
                continue;
            }
            let ended = match &step.action {
                Action::Ask(ask) => {
                    *asked.count(ask.kind()) += 1;
                    let attempt = *asked.count(ask.kind());
                    asked.at.push((ask.kind(), at));
                    let ended =
                        Box::pin(self.ask_person((step.name(), ask), attempt, context, person))
                            .await;
                    asked.has_no_picture |= matches!(ended, Ok(Asking::NothingToAsk));
                    ended.map(drop)
                }
                Action::Request(request) => {
                    Box::pin(self.do_request(request, context)).await.map(drop)
                }
                Action::Set(values) => self.set_values(values, context).map_err(StepEnd::Failure),
            };
            at = match ended {
                Ok(()) => at + 1,
                Err(StepEnd::Failure(failure)) => return Err(failure),
                Err(StepEnd::Verdict(verdict)) => {
                    back_to(steps, &mut asked, &verdict, &self.private(Some(credentials)))?
                }
            };
        }
        Err(self.unexpected(&UnexpectedPage::limit("more steps than a login may have")))
    }

    /// What nobody may read in the portal's words: what the person typed, what was made of it, and who
    /// they are.
    pub(super) fn private<'a>(&'a self, fields: Option<&'a Credentials>) -> Vec<&'a str> {
        let typed = fields.into_iter().flat_map(Credentials::iter).map(|(_, value)| value);
        let made = self.typed.iter().chain(&self.answered);
        let made = made.filter_map(|name| self.vars.get(name)).filter_map(Json::as_str);
        typed.chain(made).chain(self.whose.names()).collect()
    }

    /// Remembers what the portal told of the person who logged in, where nothing was typed that names
    /// them.
    fn learn_own(&mut self) {
        let told = OWN_NAMES.map(|name| match self.vars.get(name) {
            Some(Json::String(text)) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            Some(_) | None => None,
        });
        let [identity, name] = told;
        self.whose.identity = self.whose.identity.take().or(identity);
        self.whose.name = self.whose.name.take().or(name);
    }

    /// Keeps what the sections need and nothing else; never the password.
    fn forget_login(&mut self, credentials: &Credentials) {
        self.standing = Standing::default();
        // It may repeat what was typed.
        self.refusal = None;
        let names = self.connector.names_in_sections.clone();
        self.vars.retain(|name, _| names.contains(name));
        for (field, value) in credentials.iter() {
            let is_needed = field != FieldName::Password && names.contains(field.as_str());
            if is_needed {
                self.vars
                    .entry(field.as_str().to_owned())
                    .or_insert_with(|| Json::String(value.to_owned()));
            }
        }
    }
}

/// Whether the person read that the account is the one that records name, and typed such a number: an
/// `账号` alone may be a user name, and a card has a number of its own.
fn is_account_of_records(login: &Login, typed: &str) -> bool {
    const LEAST: usize = 6;
    let field = login.fields.iter().find(|field| field.field == FieldName::Account);
    let label = field.and_then(|field| field.detail.label.as_deref()).unwrap_or_default();
    let is_own = ["个人账号", "公积金账号", "职工账号", "个人编号", "个人编码"];
    is_own.iter().any(|word| label.contains(word))
        && typed.len() >= LEAST
        && typed.bytes().all(|byte| byte.is_ascii_digit())
}

/// Eighteen characters as an identity number has them.
fn is_resident_number(text: &str) -> bool {
    let (digits, last) = text.split_at_checked(17).unwrap_or(("", ""));
    let is_last = matches!(last.as_bytes(), [b'0'..=b'9' | b'X' | b'x']);
    is_last && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Where to go on after a wrong code; the failure for everything else.
fn back_to(
    steps: &[Step],
    asked: &mut Asked,
    verdict: &Verdict,
    private: &[&str],
) -> Result<usize, Failure> {
    let kind = kind_of_wrong(verdict.outcome);
    let is_about_code = kind.map_or_else(
        || CODES.iter().any(|word| verdict.reason.contains(word)),
        |kind| kind == ChallengeKind::Captcha,
    );
    // The portal wants a code of a picture that it did not show: nobody typed anything wrong.
    if is_about_code && asked.has_no_picture {
        return Err(Verdict::of(Outcome::Changed, "a code without a picture").failure(private));
    }
    let Some(kind) = kind else { return Err(verdict.failure(private)) };
    let (kind, ask_at) = match asked.last(kind) {
        Some(last) => last,
        // The portal wants a code that was not asked for: the question was left out by its `when`.
        None => {
            let left_out = |step: &Step| step.ask().is_some_and(|ask| ask.kind() == kind);
            let at = steps.iter().position(left_out).filter(|_| asked.caught_up.is_none());
            let refused = || verdict.failure_as(FailureKind::LoginFailed, private);
            let at = at.ok_or_else(refused)?;
            asked.caught_up = Some(at);
            (kind, at)
        }
    };
    if *asked.count(kind) >= ASKS_MAX {
        return Err(Failure::of(FailureKind::WrongCode));
    }
    let again = steps[ask_at].ask().and_then(|ask| ask.again.as_deref());
    let at = again
        .and_then(|id| steps.iter().position(|step| step.id.as_deref() == Some(id)))
        .unwrap_or(ask_at);
    asked.at.retain(|(_, place)| *place < at);
    Ok(at)
}
