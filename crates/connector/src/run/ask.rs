//! Questions to the person. While the person thinks, the run holds neither page nor picture.

use fiveone_model::{
    challenge::ChallengeKind,
    failure::{Failure, FailureKind},
};
use serde_json::Value as Json;
use url::Url;

use super::{
    Person, Question, Run, Unanswered, changed,
    fetch::Fetched,
    judge::Verdict,
    note::StepNote,
    step::{Context, StepEnd, name_of},
};
use crate::{
    definition::{Ask, Step},
    page::{Page, Prober, json_text},
    picture,
};

/// The longest answer that is passed on, in characters.
const ANSWER_CHARS_MAX: usize = fiveone_model::challenge::ANSWER_CHARS_MAX;

impl Run {
    /// Gets the picture or has the SMS sent, asks, and keeps the answer.
    pub(super) async fn ask_person(
        &mut self,
        step: &Step,
        ask: Ask,
        attempt: u32,
        context: Context<'_>,
        person: &mut dyn Person,
    ) -> Result<(), StepEnd> {
        let is_sent = !(ask == Ask::Sms && attempt > 1 && step.resend == Some(false));
        let picture =
            if is_sent { Box::pin(self.prepare(step, ask, context)).await? } else { Vec::new() };
        let hint = step.hint.clone().unwrap_or_default();
        self.log.push(StepNote {
            step: name_of(step),
            method: "ASK",
            path: String::new(),
            status: None,
            ms: 0,
            captured: Vec::new(),
            outcome: format!("{} {attempt}", ask.as_str()),
        });
        let question = Question { kind: ask.kind(), picture, hint, attempt };
        let answer = person.ask(question).await.map_err(|unanswered| {
            Failure::of(match unanswered {
                Unanswered::TimedOut => FailureKind::NoAnswer,
                Unanswered::Abandoned => FailureKind::Cancelled,
            })
        })?;
        let answer: String = answer.trim().chars().take(ANSWER_CHARS_MAX).collect();
        let name = step.to.clone().unwrap_or_else(|| ask.as_str().to_owned());
        self.vars.insert(name, Json::String(answer));
        Ok(())
    }

    /// The picture to show; blank when none is needed.
    async fn prepare(
        &mut self,
        step: &Step,
        ask: Ask,
        context: Context<'_>,
    ) -> Result<Vec<u8>, StepEnd> {
        let mut fetched = None;
        if step.is_request() {
            let mut answer = self.fetch_step(step, context).await?;
            let is_bare = ask == Ask::Captcha && step.picture.is_empty();
            // Where one portal answers with the picture, its neighbour may answer with JSON of it.
            if ask == Ask::Captcha && picture::is_picture(&answer.answer.body) {
                let body = std::mem::take(&mut answer.answer.body);
                self.take_in(
                    &Step { expect: Default::default(), ..step.clone() },
                    &answer,
                    context,
                )?;
                return Ok(body);
            }
            self.take_in(step, &answer, context)?;
            if is_bare {
                return Err(StepEnd::Verdict(Verdict::changed("the picture is not a picture")));
            }
            fetched = Some(answer);
        }
        if step.picture.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.find_pictures(step, fetched.as_ref(), context)?;
        let mut pictures = Vec::new();
        for text in found {
            pictures.push(match picture::of_text(&text) {
                Some(bytes) => bytes,
                None => self.fetch_picture(&text).await?,
            });
        }
        picture::join(pictures)
            .filter(|bytes| picture::is_picture(bytes))
            .ok_or_else(|| StepEnd::Verdict(Verdict::changed("the pictures cannot be joined")))
    }

    /// Base64, `data:` addresses or addresses of the pictures.
    fn find_pictures(
        &self,
        step: &Step,
        fetched: Option<&Fetched>,
        context: Context<'_>,
    ) -> Result<Vec<String>, StepEnd> {
        let scope = self.scope(context.fields, context.locals);
        let url = fetched.map_or_else(|| self.base_url().clone(), |fetched| fetched.url.clone());
        let cookies = self.cookies(&url);
        let page = match fetched {
            Some(fetched) => self.page(step, fetched),
            None => Some(Page::new(200, url, Vec::new(), b"", None, None)),
        };
        let page =
            page.ok_or_else(|| Verdict::changed("the answer is not wrapped as it should be"));
        let page = page.map_err(StepEnd::Verdict)?;
        let prober = Prober::new(&page, &scope, &cookies);
        let mut found = Vec::new();
        for capture in step.picture.iter() {
            let missing = || StepEnd::Verdict(Verdict::changed("the picture is not there"));
            let value = prober.capture(capture).map_err(|_| missing())?.ok_or_else(missing)?;
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
        let url = Url::parse(address).map_err(|_| changed())?;
        let fetched = self.fetch(self.get(url), true).await?;
        if picture::is_picture(&fetched.answer.body) {
            return Ok(fetched.answer.body);
        }
        Err(StepEnd::Verdict(Verdict::changed("the picture is not a picture")))
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
