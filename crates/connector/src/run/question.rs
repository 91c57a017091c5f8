//! What a question of today shows: pictures by their role, words, values to choose from.

use fiveone_model::{
    challenge::ChallengeKind,
    question::{AnswerShape, CHOICES_MAX, Choice, POINTS_MAX, Picture, PictureRole, Question},
};
use serde_json::Value as Json;

use super::{
    Run, Vars,
    ask::Prepared,
    fetch::Fetched,
    step::{Context, StepEnd},
};
use crate::{
    definition::{Ask, AskChoices, AskOf, Request},
    page::json_text,
    picture,
    template::Template,
    unexpected::UnexpectedPage,
};

/// The most characters of what is shown in one place.
const SHOWN_CHARS_MAX: usize = 100;

impl Run {
    /// Makes a question of what the portal shows.
    pub(super) async fn prepare_shown(
        &mut self,
        ask: &Ask,
        context: Context<'_>,
    ) -> Result<Prepared, StepEnd> {
        let fetched = match &ask.request {
            Some(request) => Some((request, self.fetch_step(request, context).await?)),
            None => None,
        };
        let fetched = fetched.as_ref().map(|(request, answer)| (*request, answer));
        let mut question = Question::new(ask.kind(), AnswerShape::None);
        match (own_role(ask), fetched) {
            (Some(role), Some((request, answer))) => match picture::shown(&answer.answer.body) {
                Ok(shown) => question.pictures.push(picture::measured(role, shown)),
                Err(reason) => return self.no_picture(request, answer, context, reason),
            },
            (None, Some((request, answer))) => {
                self.take_in(request, answer, context)?;
            }
            (_, None) => {}
        }
        self.add_pictures(&mut question, ask, fetched, context).await?;
        self.add_texts(&mut question, ask, context)?;
        question.answer = match ask.kind() {
            ChallengeKind::Slide => {
                let (back, piece) = (PictureRole::Background, PictureRole::Piece);
                let (back, piece) = (size_of(&question, back)?, size_of(&question, piece)?);
                AnswerShape::X { max: back.0.saturating_sub(piece.0) }
            }
            ChallengeKind::Click => {
                let (width, height) = size_of(&question, PictureRole::Background)?;
                let words = u32::try_from(question.words.len()).unwrap_or(POINTS_MAX);
                let (min, max) = if words == 0 { (1, POINTS_MAX) } else { (words, words) };
                AnswerShape::Points { min, max, width, height }
            }
            ChallengeKind::Choose => AnswerShape::Value,
            ChallengeKind::Captcha
            | ChallengeKind::Sms
            | ChallengeKind::Scan
            | ChallengeKind::Confirm => AnswerShape::None,
        };
        Ok(match &*question.choices {
            [only] if ask.kind() == ChallengeKind::Choose => {
                Prepared::Answer(Json::String(only.value.clone()))
            }
            _ => Prepared::Question(question),
        })
    }

    async fn add_pictures(
        &mut self,
        question: &mut Question,
        ask: &Ask,
        fetched: Option<(&Request, &Fetched)>,
        context: Context<'_>,
    ) -> Result<(), StepEnd> {
        for (role, capture) in ask.of.pictures() {
            let shown = self.picture_at(capture, fetched, context).await?;
            question.pictures.push(picture::measured(role, shown));
        }
        if let AskOf::Scan { text: Some(template), .. } = &ask.of {
            let text = self.shown_text(template, context)?;
            if question.pictures.is_empty() {
                let drawn =
                    picture::qr(&text).ok_or_else(|| unexpected("a QR code of too much"))?;
                question.pictures.push(picture::measured(PictureRole::Qr, drawn));
            }
            question.qr_text = Some(text);
        }
        if let Some(piece) = question.picture(PictureRole::Piece) {
            question.piece_left = picture::blank_columns(&piece.data);
        }
        Ok(())
    }

    fn add_texts(
        &mut self,
        question: &mut Question,
        ask: &Ask,
        context: Context<'_>,
    ) -> Result<(), StepEnd> {
        match &ask.of {
            AskOf::Scan { elsewhere, .. } | AskOf::Confirm(elsewhere) => {
                if let Some(app) = &elsewhere.app {
                    question.app = Some(cut(&self.shown_text(app, context)?));
                }
            }
            AskOf::Slide { piece_y, .. } => {
                let text = match piece_y {
                    Some(template) => self.shown_text(template, context)?,
                    None => "0".to_owned(),
                };
                // Some portals send half pixels.
                let whole = text.split('.').next().unwrap_or_default();
                let y = whole.trim().parse().map_err(|_| unexpected("`piece_y` is no number"))?;
                question.piece_y = Some(y);
            }
            AskOf::Click { words: Some(name), .. } => {
                let words = self.list(name)?.iter().map(|word| cut(&json_text(word))).collect();
                question.words = words;
                if question.words.len() > POINTS_MAX as usize {
                    let many = UnexpectedPage::limit("too many words to click");
                    return Err(StepEnd::unexpected(&many));
                }
            }
            AskOf::Choose(choices) => question.choices = self.choices(choices, context)?,
            AskOf::Click { words: None, .. } | AskOf::Captcha(_) | AskOf::Sms { .. } => {}
        }
        Ok(())
    }

    fn choices(&self, choices: &AskChoices, context: Context<'_>) -> Result<Vec<Choice>, StepEnd> {
        let items = self.list(&choices.of)?;
        if items.is_empty() {
            return Err(unexpected("there is nothing to choose from"));
        }
        if items.len() > CHOICES_MAX {
            return Err(StepEnd::unexpected(&UnexpectedPage::limit("too much to choose from")));
        }
        let choice = |item: &Json| {
            let mut locals: Vars = context.locals.clone();
            locals.insert("it".to_owned(), item.clone());
            let scope = self.scope(context.fields, &locals);
            let text = |template: &Template| {
                let text = template.render(&scope);
                text.map_err(|error| StepEnd::unexpected(&UnexpectedPage::definition(error.0)))
            };
            Ok(Choice { value: text(&choices.value)?, label: cut(&text(&choices.label)?) })
        };
        items.iter().map(choice).collect()
    }

    /// A captured list.
    fn list(&self, name: &str) -> Result<&[Json], StepEnd> {
        let list = self.vars.get(name).and_then(Json::as_array);
        list.map(Vec::as_slice).ok_or_else(|| unexpected(format!("`{name}` is no list")))
    }

    fn shown_text(&self, template: &Template, context: Context<'_>) -> Result<String, StepEnd> {
        let text = template.render(&self.scope(context.fields, context.locals));
        text.map_err(|error| StepEnd::unexpected(&UnexpectedPage::definition(error.0)))
    }
}

/// The role of the request's own answer, where it is the picture.
const fn own_role(ask: &Ask) -> Option<PictureRole> {
    match &ask.of {
        AskOf::Scan { picture: None, text: None, .. } => Some(PictureRole::Qr),
        AskOf::Click { background: None, .. } => Some(PictureRole::Background),
        AskOf::Scan { .. }
        | AskOf::Click { .. }
        | AskOf::Captcha(_)
        | AskOf::Sms { .. }
        | AskOf::Slide { .. }
        | AskOf::Choose(_)
        | AskOf::Confirm(_) => None,
    }
}

/// Width and height, without which no place in a picture can be told.
fn size_of(question: &Question, role: PictureRole) -> Result<(u32, u32), StepEnd> {
    let size = |picture: &Picture| (picture.width, picture.height);
    let size = question.picture(role).map(size).filter(|size| size.0 > 0 && size.1 > 0);
    size.ok_or_else(|| unexpected("a picture that cannot be measured"))
}

fn cut(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(SHOWN_CHARS_MAX).collect()
}

fn unexpected(reason: impl Into<String>) -> StepEnd {
    StepEnd::unexpected(&UnexpectedPage::portal(reason))
}
