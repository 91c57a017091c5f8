//! A question to the person, and what each kind of it needs.

use fiveone_model::challenge::ChallengeKind;
use fiveone_model::question::PictureRole;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{AskKind, Capture, OneOrMany, Ordered, Predicate, Request};
use crate::template::Template;

/// The bounds of `every` and the most of `for` and `expires`, in seconds: a portal is asked no more
/// often, nobody waits longer.
const EVERY: std::ops::RangeInclusive<u32> = 3..=60;
const POLL_SECS_MAX: u32 = 120;
const EXPIRES_SECS_MAX: u32 = 600;

/// A question to the person.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    /// What is asked, and what it is made of.
    pub(crate) of: AskOf,
    /// The request that brings the picture or sends the SMS.
    pub(crate) request: Option<Request>,
    /// The name the answer gets.
    pub(crate) to: String,
    /// What the person is told beside the question.
    pub(crate) hint: Option<String>,
    /// The step to go back to when the code was wrong; `None` for this one.
    pub(crate) again: Option<String>,
    /// How many seconds the portal takes an answer for.
    pub(crate) expires: Option<u32>,
}

/// What is asked, and what it is made of.
#[derive(Debug, Clone)]
pub(crate) enum AskOf {
    /// The code of a picture: where that is, when it is not the answer itself.
    Captcha(CodePicture),
    /// The code of an SMS.
    Sms {
        /// A picture that stands beside it and is not shown; it must be there.
        picture: CodePicture,
        /// Whether a wrong code is asked for again with another SMS.
        resend: bool,
        /// Whether an earlier answer has sent it: the request sends another, when the person wants one.
        is_sent: bool,
    },
    /// A QR code to scan: its picture, what it says, or both; neither where the answer is the picture.
    Scan {
        /// The picture.
        picture: Option<Capture>,
        /// What it says, where the portal tells that.
        text: Option<Template>,
        /// The app to scan with, and how the portal is asked.
        elsewhere: Box<Elsewhere>,
    },
    /// A piece to be put in its place.
    Slide {
        /// The picture with the gap.
        background: Capture,
        /// What fits into it.
        piece: Capture,
        /// How far below the top of the background the piece is; `None` for 0.
        piece_y: Option<Template>,
    },
    /// Words to be clicked in order.
    Click {
        /// The picture, when it is not the answer itself.
        background: Option<Capture>,
        /// The name of a captured list: what is clicked.
        words: Option<String>,
    },
    /// One of several.
    Choose(AskChoices),
    /// What is confirmed in another app.
    Confirm(Box<Elsewhere>),
}

/// Where the picture of a code is: data, base64, or an address. Several are joined side by side.
pub(crate) type CodePicture = OneOrMany<Capture>;

/// What the person does in another app.
#[derive(Debug, Clone)]
pub(crate) struct Elsewhere {
    /// The app.
    pub(crate) app: Option<Template>,
    /// How the portal is asked whether the person has done it.
    pub(crate) poll: Poll,
}

/// A question as a file writes it.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AskKeys {
    /// Asks the person.
    ask: Option<AskKind>,
    /// Where the picture is, when it is not the answer itself: data, base64, or an address. Several
    /// are joined side by side.
    picture: OneOrMany<Capture>,
    /// The pictures of a question by their role: `background` and `piece`, or `qr`.
    pictures: Ordered<Capture>,
    /// What a QR code says, where the portal tells that and no picture.
    qr: Option<Template>,
    /// The app to scan or to confirm with.
    app: Option<Template>,
    /// The name of a captured list: what is clicked, in order.
    words: Option<String>,
    /// What is chosen from.
    choices: Option<AskChoices>,
    /// How far below the top of the background the piece is, in pixels; default: 0.
    piece_y: Option<Template>,
    /// How many seconds the portal takes an answer for.
    expires: Option<u32>,
    /// How the portal is asked whether the person has scanned or confirmed.
    poll: Option<Poll>,
    /// The name the answer gets; default: the one of its kind.
    to: Option<String>,
    /// What the person is told beside the question.
    hint: Option<String>,
    /// The step to go back to when the code was wrong; default: this one.
    again: Option<String>,
    /// `false`: a wrong SMS code is asked for again without sending another SMS.
    resend: Option<bool>,
    /// `true`: an earlier answer has sent the SMS, and so does the portal after a wrong code; the request
    /// sends another when the person wants one.
    sent: Option<bool>,
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
    pub(crate) request: Request,
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
        Ok(())
    }
}

/// The parts that the kind of a question makes use of; whatever is left is of no use to it.
impl AskKeys {
    fn picture_of(&mut self, role: PictureRole) -> Option<Capture> {
        self.pictures.remove(role.as_str())
    }

    fn elsewhere(&mut self) -> Result<Box<Elsewhere>, String> {
        let poll = self.poll.take().ok_or("a scan or a confirmation needs `poll`")?;
        poll.check()?;
        Ok(Box::new(Elsewhere { app: self.app.take(), poll }))
    }

    fn of_kind(&mut self, kind: ChallengeKind, request: Option<&Request>) -> Result<AskOf, String> {
        Ok(match kind {
            ChallengeKind::Captcha => {
                let picture = std::mem::take(&mut self.picture);
                if request.is_none() && picture.is_empty() {
                    return Err("a captcha needs a request or a `picture`".to_owned());
                }
                AskOf::Captcha(picture)
            }
            ChallengeKind::Sms => {
                let is_sent = self.sent.take().unwrap_or(false);
                if is_sent && request.is_none() {
                    return Err("`sent` goes with the request that sends another SMS".to_owned());
                }
                let resend = self.resend.take().unwrap_or(true);
                AskOf::Sms { picture: std::mem::take(&mut self.picture), resend, is_sent }
            }
            ChallengeKind::Scan => {
                let (picture, text) = (self.picture_of(PictureRole::Qr), self.qr.take());
                if picture.is_none() && text.is_none() && request.is_none() {
                    let needs =
                        "a scan needs `pictures` with `qr`, or `qr`, or a request for the picture";
                    return Err(needs.to_owned());
                }
                AskOf::Scan { picture, text, elsewhere: self.elsewhere()? }
            }
            ChallengeKind::Slide => {
                let background = self.picture_of(PictureRole::Background);
                let piece = self.picture_of(PictureRole::Piece);
                let (Some(background), Some(piece)) = (background, piece) else {
                    let needs = "a slide needs `pictures` with `background` and `piece`";
                    return Err(needs.to_owned());
                };
                AskOf::Slide { background, piece, piece_y: self.piece_y.take() }
            }
            ChallengeKind::Click => {
                let background = self.picture_of(PictureRole::Background);
                if background.is_none() && request.is_none() {
                    let needs = "a click needs `pictures` with `background`, or a request for it";
                    return Err(needs.to_owned());
                }
                AskOf::Click { background, words: self.words.take() }
            }
            ChallengeKind::Choose => {
                AskOf::Choose(self.choices.take().ok_or("a choice needs `choices`")?)
            }
            ChallengeKind::Confirm => AskOf::Confirm(self.elsewhere()?),
        })
    }

    /// A key that the kind has left.
    fn left(&self) -> Option<&'static str> {
        let Self { ask: _, expires: _, to: _, hint: _, again: _, .. } = self;
        let left = [
            ("picture", !self.picture.is_empty()),
            ("pictures", !self.pictures.is_empty()),
            ("qr", self.qr.is_some()),
            ("app", self.app.is_some()),
            ("words", self.words.is_some()),
            ("choices", self.choices.is_some()),
            ("piece_y", self.piece_y.is_some()),
            ("poll", self.poll.is_some()),
            ("resend", self.resend.is_some()),
            ("sent", self.sent.is_some()),
        ];
        left.into_iter().find(|(_, is_left)| *is_left).map(|(key, _)| key)
    }
}

impl AskOf {
    /// What the person is asked for.
    pub(crate) const fn kind(&self) -> ChallengeKind {
        match self {
            Self::Captcha(_) => ChallengeKind::Captcha,
            Self::Sms { .. } => ChallengeKind::Sms,
            Self::Scan { .. } => ChallengeKind::Scan,
            Self::Slide { .. } => ChallengeKind::Slide,
            Self::Click { .. } => ChallengeKind::Click,
            Self::Choose(_) => ChallengeKind::Choose,
            Self::Confirm(_) => ChallengeKind::Confirm,
        }
    }

    /// Its pictures by their role.
    pub(crate) fn pictures(&self) -> Vec<(PictureRole, &Capture)> {
        match self {
            Self::Scan { picture: Some(picture), .. } => vec![(PictureRole::Qr, picture)],
            Self::Click { background: Some(background), .. } => {
                vec![(PictureRole::Background, background)]
            }
            Self::Slide { background, piece, .. } => {
                vec![(PictureRole::Background, background), (PictureRole::Piece, piece)]
            }
            Self::Captcha(_)
            | Self::Sms { .. }
            | Self::Scan { picture: None, .. }
            | Self::Click { background: None, .. }
            | Self::Choose(_)
            | Self::Confirm(_) => Vec::new(),
        }
    }

    /// The picture of a code.
    pub(crate) fn code_picture(&self) -> &[Capture] {
        match self {
            Self::Captcha(picture) | Self::Sms { picture, .. } => picture,
            Self::Scan { .. }
            | Self::Slide { .. }
            | Self::Click { .. }
            | Self::Choose(_)
            | Self::Confirm(_) => &[],
        }
    }

    /// What the person does in another app.
    pub(crate) const fn elsewhere(&self) -> Option<&Elsewhere> {
        match self {
            Self::Scan { elsewhere, .. } | Self::Confirm(elsewhere) => Some(&**elsewhere),
            Self::Captcha(_)
            | Self::Sms { .. }
            | Self::Slide { .. }
            | Self::Click { .. }
            | Self::Choose(_) => None,
        }
    }

    /// Its texts that are made of values, by the key each stands under.
    pub(crate) fn texts(&self) -> Vec<(&'static str, &Template)> {
        let own = match self {
            Self::Scan { text, .. } => text.as_ref().map(|text| ("qr", text)),
            Self::Slide { piece_y, .. } => piece_y.as_ref().map(|y| ("piece_y", y)),
            Self::Captcha(_)
            | Self::Sms { .. }
            | Self::Click { .. }
            | Self::Choose(_)
            | Self::Confirm(_) => None,
        };
        let app = self.elsewhere().and_then(|elsewhere| elsewhere.app.as_ref());
        own.into_iter().chain(app.map(|app| ("app", app))).collect()
    }
}

impl Ask {
    /// The question of a file's keys, with the request beside it.
    pub(super) fn of(mut keys: AskKeys, request: Option<Request>) -> Result<Self, String> {
        let AskKind(kind) = keys.ask.take().ok_or("a question needs `ask`")?;
        let of = keys.of_kind(kind, request.as_ref())?;
        if let Some(key) = keys.left() {
            let role = keys.pictures.iter().next().map(|(role, _)| format!(" with `{role}`"));
            let role = role.unwrap_or_default();
            return Err(format!("`{key}`{role} does not go with `ask: {}`", kind.as_str()));
        }
        if keys.expires.is_some_and(|secs| secs == 0 || secs > EXPIRES_SECS_MAX) {
            return Err("`expires` is from 1 to 600 seconds".to_owned());
        }
        Ok(Self {
            of,
            request,
            to: keys.to.unwrap_or_else(|| kind.answer_name().to_owned()),
            hint: keys.hint,
            again: keys.again,
            expires: keys.expires,
        })
    }

    /// What the person is asked for.
    pub(crate) const fn kind(&self) -> ChallengeKind {
        self.of.kind()
    }

    /// Every capture of a picture, and the key it stands under.
    pub(crate) fn captures(&self) -> impl Iterator<Item = (&'static str, String, &Capture)> {
        let joined = self.of.code_picture().iter().enumerate();
        let joined = joined.map(|(at, one)| ("picture", at.to_string(), one));
        let named = self.of.pictures().into_iter();
        joined.chain(named.map(|(role, one)| ("pictures", role.as_str().to_owned(), one)))
    }

    /// How long it can be answered at the portal, in seconds.
    pub(crate) fn secs(&self) -> Option<u32> {
        let polled = self.of.elsewhere().map(|elsewhere| elsewhere.poll.for_);
        [self.expires, polled].into_iter().flatten().min()
    }
}
