//! Questions to the person. While the person thinks, the run holds neither page nor picture.

use fiveone_model::{
    challenge::ChallengeKind,
    failure::{Failure, FailureKind},
};
use serde_json::Value as Json;
use url::Url;

use super::{
    Person, Question, Run, Unanswered,
    fetch::Fetched,
    note::StepNote,
    step::{Context, StepEnd},
    verdict::{Where, judge},
};
use crate::{
    definition::{Ask, Step},
    page::{Page, Prober, Standing, json_text},
    picture,
    unexpected::UnexpectedPage,
};

/// The longest answer that is passed on, in characters.
const ANSWER_CHARS_MAX: usize = fiveone_model::challenge::ANSWER_CHARS_MAX;

impl Run {
    /// Gets the picture or has the SMS sent, asks, and keeps the answer.
    pub(super) async fn ask_person(
        &mut self,
        step: &Step,
        ask: &Ask,
        attempt: u32,
        context: Context<'_>,
        person: &mut dyn Person,
    ) -> Result<(), StepEnd> {
        let is_sent = !(ask.kind == ChallengeKind::Sms && attempt > 1 && !ask.resend);
        let picture =
            if is_sent { Box::pin(self.prepare(step, ask, context)).await? } else { Vec::new() };
        let hint = ask.hint.clone().unwrap_or_default();
        self.note(StepNote {
            method: "ASK",
            outcome: format!("{} {attempt}", ask.kind.as_str()),
            ..StepNote::of(step)
        });
        let question = Question { kind: ask.kind, picture, hint, attempt };
        let answer = person.ask(question).await.map_err(|unanswered| {
            Failure::of(match unanswered {
                Unanswered::TimedOut => FailureKind::NoAnswer,
                Unanswered::Abandoned => FailureKind::Cancelled,
            })
        })?;
        let answer: String = answer.trim().chars().take(ANSWER_CHARS_MAX).collect();
        self.vars.insert(ask.to.clone(), Json::String(answer));
        Ok(())
    }

    /// The picture to show; blank when none is needed.
    async fn prepare(
        &mut self,
        step: &Step,
        ask: &Ask,
        context: Context<'_>,
    ) -> Result<Vec<u8>, StepEnd> {
        let is_captcha = ask.kind == ChallengeKind::Captcha;
        let mut fetched = None;
        if let Some(request) = &ask.request {
            let mut answer = self.fetch_step(step, request, context).await?;
            // Where one portal answers with the picture, its neighbour may answer with JSON of it.
            if is_captcha && picture::is_picture(&answer.answer.body) {
                return Ok(std::mem::take(&mut answer.answer.body));
            }
            self.take_in(step, &answer, context)?;
            if is_captcha && ask.picture.is_empty() {
                return Err(self.no_picture(step, &answer, context));
            }
            fetched = Some(answer);
        }
        if ask.picture.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.find_pictures(step, ask, fetched.as_ref(), context)?;
        let mut pictures = Vec::new();
        for text in found {
            pictures.push(match picture::of_text(&text) {
                Some(bytes) => bytes,
                None => self.fetch_picture(&text).await?,
            });
        }
        picture::join(pictures).filter(|bytes| picture::is_picture(bytes)).ok_or_else(|| {
            StepEnd::unexpected(&UnexpectedPage::portal("the pictures cannot be joined"))
        })
    }

    /// What a page says that came instead of a picture: maintenance, a wall, a refusal.
    fn no_picture(&self, step: &Step, fetched: &Fetched, context: Context<'_>) -> StepEnd {
        let missing = UnexpectedPage::portal("the picture is not a picture");
        let rules = step.request().map(|request| &request.answer);
        let (Ok(page), Some(rules)) = (self.page(step, fetched), rules) else {
            return StepEnd::unexpected(&missing);
        };
        let cookies = self.cookies(&fetched.url);
        let scope = self.scope(context.fields, context.locals);
        let prober = Prober::new(&page, &scope, &cookies, &self.standing);
        judge(&prober, rules, Some(&missing), &self.connector, Where::Login)
            .map_or_else(|| StepEnd::unexpected(&missing), StepEnd::Verdict)
    }

    /// Base64, `data:` addresses or addresses of the pictures.
    fn find_pictures(
        &self,
        step: &Step,
        ask: &Ask,
        fetched: Option<&Fetched>,
        context: Context<'_>,
    ) -> Result<Vec<String>, StepEnd> {
        let scope = self.scope(context.fields, context.locals);
        let url = fetched.map_or_else(|| self.base_url().clone(), |fetched| fetched.url.clone());
        let cookies = self.cookies(&url);
        let page = match fetched {
            Some(fetched) => self.page(step, fetched),
            None => Ok(Page::blank(url)),
        };
        let page = page.map_err(|page| StepEnd::unexpected(&page))?;
        let nothing = Standing::default();
        let prober = Prober::new(&page, &scope, &cookies, &nothing);
        let mut found = Vec::new();
        for capture in ask.picture.iter() {
            let missing = || match fetched {
                Some(fetched) => self.no_picture(step, fetched, context),
                None => StepEnd::unexpected(&UnexpectedPage::portal("the picture is not there")),
            };
            let value = prober.capture(capture).ok().flatten().ok_or_else(missing)?;
            let text = json_text(&value);
            let is_data = picture::of_text(&text).is_some();
            found.push(match page.url.join(&text) {
                Ok(url) if !is_data => url.to_string(),
                _ => text,
            });
        }
        Ok(found)
    }

    async fn fetch_picture(&mut self, address: &str) -> Result<Vec<u8>, StepEnd> {
        let not_a_picture =
            || StepEnd::unexpected(&UnexpectedPage::portal("the picture is not a picture"));
        let url = Url::parse(address).map_err(|_| not_a_picture())?;
        let fetched = self.fetch(self.get(url), true).await?;
        if picture::is_picture(&fetched.answer.body) {
            return Ok(fetched.answer.body);
        }
        Err(not_a_picture())
    }
}

/// The kind of question that a wrong code belongs to.
pub(super) const fn kind_of_wrong(outcome: crate::outcome::Outcome) -> Option<ChallengeKind> {
    use crate::outcome::Outcome;
    match outcome {
        Outcome::WrongCaptcha | Outcome::ExpiredCaptcha => Some(ChallengeKind::Captcha),
        Outcome::WrongSms => Some(ChallengeKind::Sms),
        _ => None,
    }
}
