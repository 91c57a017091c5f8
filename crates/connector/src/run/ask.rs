//! Questions to the person. While the person thinks, the run holds neither page nor picture.

use fiveone_model::{
    challenge::ChallengeKind,
    clock::Millis,
    failure::{Failure, FailureKind},
    question::{AnswerShape, PictureRole, Question, REFRESH},
};
use serde_json::{Value as Json, json};
use url::Url;

use super::{
    Person, Run, Unanswered,
    code_words::speaks_of_code,
    fetch::Fetched,
    note::StepNote,
    step::{Context, StepEnd},
    verdict::judge,
};
use crate::{
    definition::{Ask, AskOf, Capture, Elsewhere, Request},
    outcome::Outcome,
    page::{Page, Prober, Standing, json_text},
    picture,
    unexpected::UnexpectedPage,
};

/// The longest answer that is passed on, in characters.
const ANSWER_CHARS_MAX: usize = fiveone_model::challenge::ANSWER_CHARS_MAX;

/// Whether a request brings the question, which can be sent once more. Where none does, a code that came with
/// another step's answer cannot be had again.
const fn can_refresh(ask: &Ask, refreshes: u32) -> bool {
    ask.request.is_some() && refreshes < ask.kind().refreshes_max()
}

/// How a question ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asking {
    /// The person answered.
    Answered,
    /// The portal has no picture, so there was nothing to ask.
    NothingToAsk,
}

/// What was made ready for a question.
pub(super) enum Prepared {
    /// What is to be shown.
    Question(Question),
    /// There is one answer, so nobody is asked.
    Answer(Json),
    /// The portal has no picture.
    NoPicture,
}

impl Run {
    /// Gets the picture or has the SMS sent, asks, and keeps the answer. Where the portal has no
    /// picture there is nothing to ask, and the answer is blank.
    pub(super) async fn ask_person(
        &mut self,
        (name, ask): (String, &Ask),
        attempt: u32,
        context: Context<'_>,
        person: &mut dyn Person,
    ) -> Result<Asking, StepEnd> {
        for refreshes in 0.. {
            let once = self.ask_once((&name, ask), (attempt, refreshes), context, person);
            let asking = Box::pin(once).await?;
            if let Some(asking) = asking {
                return Ok(asking);
            }
        }
        Ok(Asking::NothingToAsk)
    }

    /// The same until the person answers or wants another picture or SMS: `None`.
    async fn ask_once(
        &mut self,
        (name, ask): (&str, &Ask),
        (attempt, refreshes): (u32, u32),
        context: Context<'_>,
        person: &mut dyn Person,
    ) -> Result<Option<Asking>, StepEnd> {
        // The SMS that the person has already.
        let is_there = refreshes == 0
            && matches!(ask.of, AskOf::Sms { resend, is_sent, .. } if is_sent || (attempt > 1 && !resend));
        let prepared = if is_there {
            Prepared::Question(Question::sms())
        } else {
            Box::pin(self.prepare(ask, context)).await?
        };
        let mut question = match prepared {
            Prepared::Question(question) => question,
            Prepared::Answer(answer) => {
                self.vars.insert(ask.to.clone(), answer);
                return Ok(Some(Asking::Answered));
            }
            Prepared::NoPicture => {
                self.vars.insert(ask.to.clone(), Json::String(String::new()));
                return Ok(Some(Asking::NothingToAsk));
            }
        };
        question.can_refresh = can_refresh(ask, refreshes);
        question.prompt = ask.hint.clone().unwrap_or_default();
        question.expires_ms = ask.secs().map(|secs| Millis::from(secs) * 1_000);
        self.forget_pages();
        self.note(StepNote {
            method: "ASK",
            outcome: format!("{} {attempt}", ask.kind().as_str()),
            ..StepNote::of(name.to_owned())
        });
        if let Some(Elsewhere { poll, .. }) = ask.of.elsewhere() {
            self.poll_portal(poll, (question, attempt), context, person).await?;
            return Ok(Some(Asking::Answered));
        }
        let shape = question.answer;
        let answer = person.ask(question, attempt).await.map_err(failure_of)?;
        if *answer == REFRESH {
            return Ok(None);
        }
        let answer: String = answer.trim().chars().take(ANSWER_CHARS_MAX).collect();
        self.vars.insert(ask.to.clone(), json_of(shape, answer));
        self.answered.insert(ask.to.clone());
        Ok(Some(Asking::Answered))
    }

    /// Everything that is to be shown.
    async fn prepare(&mut self, ask: &Ask, context: Context<'_>) -> Result<Prepared, StepEnd> {
        if ask.kind().is_code() {
            self.prepare_code(ask, context).await
        } else {
            self.prepare_shown(ask, context).await
        }
    }

    /// The picture of a code to read, or an SMS that was sent.
    async fn prepare_code(&mut self, ask: &Ask, context: Context<'_>) -> Result<Prepared, StepEnd> {
        let is_captcha = ask.kind() == ChallengeKind::Captcha;
        let captures = ask.of.code_picture();
        let mut fetched = None;
        if let Some(request) = &ask.request {
            let answer = self.fetch_step(request, context).await?;
            // Where one portal answers with the picture, its neighbour may answer with JSON of it.
            if is_captcha && captures.is_empty() {
                return match picture::shown(&answer.answer.body) {
                    Ok(shown) => Ok(captcha(shown)),
                    Err(reason) => self.no_picture(request, &answer, context, reason),
                };
            }
            if is_captcha && let Ok(shown) = picture::shown(&answer.answer.body) {
                return Ok(captcha(shown));
            }
            // Of a picture's own address; a login page that is gone is no portal without pictures.
            let is_page = captures.iter().any(|capture| capture.from.is_address());
            if is_captcha && !is_page && matches!(answer.answer.status, 404 | 410) {
                return self.no_picture(request, &answer, context, "no picture".to_owned());
            }
            self.take_in(request, &answer, context)?;
            self.remember_entry(request, &answer, context);
            fetched = Some((request, answer));
        }
        if captures.is_empty() {
            return Ok(Prepared::Question(Question::sms()));
        }
        let fetched = fetched.as_ref().map(|(request, answer)| (*request, answer));
        if let Some(fetched) = fetched
            && self.shows_no_picture(captures, fetched, context)
        {
            return Ok(Prepared::NoPicture);
        }
        let mut pictures = Vec::new();
        for capture in captures {
            pictures.push(self.picture_at(capture, fetched, context).await?);
        }
        let joined = picture::join(pictures).ok_or_else(|| {
            StepEnd::unexpected(&UnexpectedPage::portal("the pictures cannot be joined"))
        })?;
        Ok(if is_captcha { captcha(joined) } else { Prepared::Question(Question::sms()) })
    }

    /// The picture that a capture finds.
    pub(super) async fn picture_at(
        &mut self,
        capture: &Capture,
        fetched: Option<(&Request, &Fetched)>,
        context: Context<'_>,
    ) -> Result<Vec<u8>, StepEnd> {
        let text = self.find_picture(capture, fetched, context)?;
        match picture::of_text(&text) {
            Some(bytes) => Ok(bytes),
            None => self.fetch_picture(&text, fetched.map(|(_, fetched)| &fetched.url)).await,
        }
    }

    /// What came instead of a picture: maintenance, a wall, a refusal; or nothing, where the portal
    /// has no address for one any more.
    pub(super) fn no_picture(
        &mut self,
        request: &Request,
        fetched: &Fetched,
        context: Context<'_>,
        reason: String,
    ) -> Result<Prepared, StepEnd> {
        let end = self.judge_no_picture(request, fetched, context, reason);
        // Only where the page to log in at was seen, and has no place for a code.
        let is_gone = matches!(fetched.answer.status, 404 | 410);
        if is_gone
            && self.entry_has_code == Some(false)
            && matches!(&end, StepEnd::Verdict(verdict) if verdict.outcome == Outcome::Changed)
        {
            return Ok(Prepared::NoPicture);
        }
        if let StepEnd::Verdict(verdict) = &end {
            self.log.end(format!("{}: {}", verdict.outcome.as_str(), verdict.detail));
        }
        Err(end)
    }

    /// Whether a login page has no picture and does not speak of a code either.
    fn shows_no_picture(
        &self,
        captures: &[Capture],
        (request, fetched): (&Request, &Fetched),
        context: Context<'_>,
    ) -> bool {
        let Ok(page) = self.page(request, fetched) else { return false };
        let cookies = self.cookies(&fetched.url);
        let scope = self.scope(context.fields, context.locals);
        let prober = Prober::new(&page, &scope, &cookies, &self.standing);
        let is_there = |capture: &Capture| matches!(prober.capture(capture), Ok(Some(_)) | Err(_));
        page.has_password_field() && !captures.iter().any(is_there) && !speaks_of_code(&page)
    }

    fn judge_no_picture(
        &self,
        request: &Request,
        fetched: &Fetched,
        context: Context<'_>,
        reason: String,
    ) -> StepEnd {
        let missing = UnexpectedPage::portal(reason);
        let Ok(page) = self.page(request, fetched) else {
            return StepEnd::unexpected(&missing);
        };
        let cookies = self.cookies(&fetched.url);
        let scope = self.scope(context.fields, context.locals);
        let prober = Prober::new(&page, &scope, &cookies, &self.standing);
        judge(&prober, &request.answer, Some(&missing), &self.connector, self.place(context))
            .map_or_else(|| StepEnd::unexpected(&missing), StepEnd::Verdict)
    }

    /// Base64, a `data:` address or an address of a picture.
    fn find_picture(
        &self,
        capture: &Capture,
        fetched: Option<(&Request, &Fetched)>,
        context: Context<'_>,
    ) -> Result<String, StepEnd> {
        let scope = self.scope(context.fields, context.locals);
        let url = fetched.map_or_else(|| self.base_url(), |(_, fetched)| &fetched.url).clone();
        let cookies = self.cookies(&url);
        let page = match fetched {
            Some((request, fetched)) => self.page(request, fetched),
            None => Ok(Page::blank(url)),
        };
        let page = page.map_err(|page| StepEnd::unexpected(&page))?;
        let nothing = Standing::default();
        let prober = Prober::new(&page, &scope, &cookies, &nothing);
        let missing = || match fetched {
            Some((request, fetched)) => {
                let reason = "the picture is not there".to_owned();
                self.judge_no_picture(request, fetched, context, reason)
            }
            None => StepEnd::unexpected(&UnexpectedPage::portal("the picture is not there")),
        };
        let found = prober.capture(capture);
        // A template of ours that cannot be filled is no fault of the portal's.
        let found =
            found.map_err(|error| StepEnd::unexpected(&UnexpectedPage::definition(error.0)))?;
        let value = found.ok_or_else(missing)?;
        let text = json_text(&value);
        let is_data = picture::of_text(&text).is_some();
        Ok(match page.url.join(&text) {
            Ok(url) if !is_data => url.to_string(),
            _ => text,
        })
    }

    /// The picture at an address; portals want to see the page that it stands on.
    async fn fetch_picture(
        &mut self,
        address: &str,
        page: Option<&Url>,
    ) -> Result<Vec<u8>, StepEnd> {
        let refused = |reason: String| StepEnd::unexpected(&UnexpectedPage::portal(reason));
        let url =
            Url::parse(address).map_err(|_| refused("the picture's address is none".to_owned()))?;
        let built = self.get(url);
        let mut built =
            built.map_err(|error| StepEnd::unexpected(&UnexpectedPage::definition(error.0)))?;
        if let Some(page) = page {
            let referer = page.as_str().as_bytes().to_vec();
            built.request.headers.push(("referer".to_owned(), referer));
        }
        let fetched = self.fetch(built, true).await?;
        picture::shown(&fetched.answer.body).map_err(refused)
    }
}

fn captcha(picture: Vec<u8>) -> Prepared {
    Prepared::Question(Question::captcha(picture::measured(PictureRole::Captcha, picture)))
}

/// What the task has failed with when there is no answer.
pub(super) fn failure_of(unanswered: Unanswered) -> StepEnd {
    StepEnd::Failure(Failure::of(match unanswered {
        Unanswered::TimedOut => FailureKind::NoAnswer,
        Unanswered::Abandoned => FailureKind::Cancelled,
    }))
}

/// An answer as templates know it.
fn json_of(shape: AnswerShape, answer: String) -> Json {
    match shape {
        AnswerShape::X { .. } => answer.parse::<u32>().map_or(Json::String(answer), Json::from),
        AnswerShape::Points { .. } => {
            let points = AnswerShape::points(&answer).into_iter();
            points.map(|point| json!({ "x": point.x, "y": point.y })).collect()
        }
        AnswerShape::Text { .. } | AnswerShape::Value | AnswerShape::None => Json::String(answer),
    }
}

/// The kind of question that a wrong code belongs to.
pub(super) const fn kind_of_wrong(outcome: Outcome) -> Option<ChallengeKind> {
    match outcome {
        Outcome::WrongCaptcha | Outcome::ExpiredCaptcha => Some(ChallengeKind::Captcha),
        Outcome::WrongSms => Some(ChallengeKind::Sms),
        _ => None,
    }
}
