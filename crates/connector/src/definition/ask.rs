//! A question to the person, and what each kind of it needs.

use fiveone_model::challenge::ChallengeKind;
use fiveone_model::question::PictureRole;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Capture, OneOrMany, Ordered, Predicate, Request, Step};
use crate::template::Template;

/// The bounds of `every` and the most of `for` and `expires`, in seconds: a portal is asked no more
/// often, nobody waits longer.
const EVERY: std::ops::RangeInclusive<u32> = 3..=60;
const POLL_SECS_MAX: u32 = 120;
const EXPIRES_SECS_MAX: u32 = 600;

/// A question to the person.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    /// What the person is asked for.
    pub(crate) kind: ChallengeKind,
    /// The request that brings the picture or sends the SMS.
    pub(crate) request: Option<Request>,
    /// Where the picture of a captcha is, when it is not the answer itself: data, base64, or an
    /// address. Several are joined side by side.
    pub(crate) picture: OneOrMany<Capture>,
    /// The name the answer gets.
    pub(crate) to: String,
    /// What the person is told beside the question.
    pub(crate) hint: Option<String>,
    /// The step to go back to when the code was wrong; `None` for this one.
    pub(crate) again: Option<String>,
    /// Whether a wrong SMS code is asked for again with another SMS.
    pub(crate) resend: bool,
    /// Whether an earlier answer has sent the SMS: the request sends another, when the person wants one.
    pub(crate) is_sent: bool,
    /// What the kinds after the documents show.
    pub(crate) shown: Box<AskShown>,
}

/// What a question of today is made of.
#[derive(Debug, Clone, Default)]
pub(crate) struct AskShown {
    /// Its pictures by their role.
    pub(crate) pictures: Ordered<Capture>,
    /// What a QR code says, where the portal tells that and no picture.
    pub(crate) qr: Option<Template>,
    /// The app to scan or confirm with.
    pub(crate) app: Option<Template>,
    /// The name of a captured list: what is clicked, in order.
    pub(crate) words: Option<String>,
    /// What is chosen from.
    pub(crate) choices: Option<AskChoices>,
    /// How far below the top of the background the piece is.
    pub(crate) piece_y: Option<Template>,
    /// How many seconds the portal takes an answer for.
    pub(crate) expires: Option<u32>,
    /// How the portal is asked whether the person has done it.
    pub(crate) poll: Option<Box<Poll>>,
}

/// What is chosen from.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskChoices {
    /// The name of a captured list; `it` is one of it.
    pub(crate) of: String,
    /// What later steps get; default: `{{ it }}`.
    #[serde(default = "it")]
    pub(crate) value: Template,
    /// What the person reads; default: `{{ it }}`.
    #[serde(default = "it")]
    pub(crate) label: Template,
}

fn it() -> Template {
    Template::parse("{{ it }}").unwrap_or_else(|_| Template::plain(""))
}

/// How the portal is asked whether the person has done it: one request at a time.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Poll {
    /// Seconds between two looks, from 3 to 60.
    #[serde(default = "every")]
    pub(crate) every: u32,
    /// For how many seconds, 120 at most; less where `expires` is.
    #[serde(rename = "for", default = "poll_for")]
    pub(crate) for_: u32,
    /// What the answer is like when the person has done it; then `capture` of the request is kept.
    pub(crate) until: OneOrMany<Predicate>,
    /// The request. While nothing of `until`, `fail` or the shared texts is in its answer, the portal
    /// waits.
    pub(crate) request: Step,
}

const fn every() -> u32 {
    5
}

const fn poll_for() -> u32 {
    POLL_SECS_MAX
}

impl Poll {
    fn check(&self) -> Result<(), &'static str> {
        if !EVERY.contains(&self.every) {
            return Err("`every` is from 3 to 60 seconds");
        }
        if self.for_ > POLL_SECS_MAX || self.for_ < self.every {
            return Err("`for` is at most 120 seconds, and at least `every`");
        }
        if self.until.is_empty() {
            return Err("a poll needs `until`");
        }
        if self.request.request().is_none() || self.request.ask().is_some() {
            return Err("`request` of a poll is a `get` or `post`");
        }
        if !self.request.when.is_empty() {
            return Err("`request` of a poll is always sent; leave `when` out");
        }
        Ok(())
    }
}

impl Ask {
    /// Its picture of a role.
    pub(crate) fn picture_of(&self, role: PictureRole) -> Option<&Capture> {
        let mut pictures = self.shown.pictures.iter();
        pictures.find(|(name, _)| *name == role.as_str()).map(|(_, capture)| capture)
    }

    /// Every capture of a picture, and the key it stands under.
    pub(crate) fn captures(&self) -> impl Iterator<Item = (&'static str, String, &Capture)> {
        let joined =
            self.picture.iter().enumerate().map(|(at, one)| ("picture", at.to_string(), one));
        let named = self.shown.pictures.iter();
        joined.chain(named.map(|(name, one)| ("pictures", name.to_owned(), one)))
    }

    /// How long it can be answered at the portal, in seconds.
    pub(crate) fn secs(&self) -> Option<u32> {
        let polled = self.shown.poll.as_ref().map(|poll| poll.for_);
        [self.shown.expires, polled].into_iter().flatten().min()
    }

    /// What is missing for its kind, or does not belong to it.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        use ChallengeKind as K;
        let shown = &self.shown;
        let has = |role| self.picture_of(role).is_some();
        let is_role = |(name, _): (&str, &Capture)| {
            matches!(
                (PictureRole::parse(name), self.kind),
                (Some(PictureRole::Background), K::Slide | K::Click)
                    | (Some(PictureRole::Piece), K::Slide)
                    | (Some(PictureRole::Qr), K::Scan)
            )
        };
        if !shown.pictures.iter().all(is_role) {
            return Err(
                "`pictures` are `background` and `piece` of a slide, `background` of a click, \
                        `qr` of a scan",
            );
        }
        let of_kind = [
            (shown.qr.is_some(), matches!(self.kind, K::Scan), "`qr` goes with `ask: scan`"),
            (
                shown.app.is_some(),
                matches!(self.kind, K::Scan | K::Confirm),
                "`app` goes with `ask: scan` or `ask: confirm`",
            ),
            (shown.words.is_some(), matches!(self.kind, K::Click), "`words` go with `ask: click`"),
            (
                shown.choices.is_some(),
                matches!(self.kind, K::Choose),
                "`choices` go with `ask: choose`",
            ),
            (
                shown.piece_y.is_some(),
                matches!(self.kind, K::Slide),
                "`piece_y` goes with `ask: slide`",
            ),
            (
                shown.poll.is_some(),
                !self.kind.is_typed(),
                "`poll` goes with `ask: scan` or `ask: confirm`",
            ),
            (
                !self.picture.is_empty(),
                matches!(self.kind, K::Captcha | K::Sms),
                "`picture` is a captcha's; here it is `pictures`",
            ),
        ];
        if let Some((.., message)) = of_kind.iter().find(|(is_there, fits, _)| *is_there && !fits) {
            return Err(message);
        }
        if self.is_sent && (self.kind != K::Sms || self.request.is_none()) {
            return Err("`sent` goes with `ask: sms` and the request that sends another");
        }
        if shown.expires.is_some_and(|secs| secs == 0 || secs > EXPIRES_SECS_MAX) {
            return Err("`expires` is from 1 to 600 seconds");
        }
        if !self.kind.is_typed() {
            shown.poll.as_ref().ok_or("a scan or a confirmation needs `poll`")?.check()?;
        }
        let is_answer = self.request.is_some() && shown.pictures.is_empty();
        match self.kind {
            K::Captcha if self.request.is_none() && self.picture.is_empty() => {
                Err("a captcha needs a request or a `picture`")
            }
            K::Slide if !has(PictureRole::Background) || !has(PictureRole::Piece) => {
                Err("a slide needs `pictures` with `background` and `piece`")
            }
            K::Click if !has(PictureRole::Background) && !is_answer => {
                Err("a click needs `pictures` with `background`, or a request for it")
            }
            K::Scan if !has(PictureRole::Qr) && shown.qr.is_none() && !is_answer => {
                Err("a scan needs `pictures` with `qr`, or `qr`, or a request for the picture")
            }
            K::Choose if shown.choices.is_none() => Err("a choice needs `choices`"),
            K::Captcha | K::Sms | K::Scan | K::Slide | K::Click | K::Choose | K::Confirm => Ok(()),
        }
    }
}
