//! What stands in the templates of `templates/link`, and what they may ask for.

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fiveone_engine::{Link, PartState};
use fiveone_model::area::{Area, AreaStatus};
use fiveone_model::challenge::ChallengeKind;
use fiveone_model::link::WrongReason;
use fiveone_model::login::{Credentials, FieldKind, LoginField, LoginMethod};
use fiveone_model::look::Theme;
use fiveone_model::product::Product;
use fiveone_model::question::{AnswerShape, OpenQuestion, Picture, PictureRole, Question};
use fiveone_model::report::Section;

use super::cities::City;
use super::fragment::Fragment;
use super::summary::Summary;
use super::words::reason_name;
use crate::language::Language;
use crate::state::ApiState;

/// What every template has.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) token: &'a str,
    pub(super) language: Language,
    pub(super) link: &'a Link,
}

impl Frame<'_> {
    /// An address of this page; of several products it says of which the page is, so that what is sent late
    /// is not taken for the next.
    pub(super) fn at(&self, what: &str) -> String {
        let of = match self.link.row.turn().filter(|_| self.link.row.has_several()) {
            Some(turn) => format!("&of={}", turn.product),
            None => String::new(),
        };
        format!("/link/{}/{what}?{}{of}", self.token, self.language.query())
    }

    pub(super) fn say<'t>(&self, chinese: &'t str, english: &'t str) -> &'t str {
        self.language.say(chinese, english)
    }

    /// The digits of the buttons' colour.
    fn accent(&self) -> Option<String> {
        let colour = self.link.row.made.accent?;
        Some(colour.to_string().trim_start_matches('#').to_owned())
    }

    /// What the browser is told of light and dark.
    const fn color_scheme(&self) -> &'static str {
        match self.link.row.made.theme {
            Theme::Auto => "light dark",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// What it asks for, all of it.
    fn products(&self) -> String {
        let names =
            self.link.row.parts.iter().map(|part| product_name(part.product, self.language));
        names.collect::<Vec<_>>().join(self.say("和", " and "))
    }

    /// The name of the product whose turn it is.
    fn product(&self) -> &'static str {
        let turn = self.link.row.turn();
        turn.map_or("", |turn| product_name(turn.product, self.language))
    }

    /// Its word.
    fn word(&self) -> &'static str {
        self.link.row.turn().map_or("", |turn| turn.product.as_str())
    }

    /// Which of several it is, from 1, and how many they are.
    fn turn(&self) -> Option<(usize, usize)> {
        let parts = &self.link.row.parts;
        let at = parts.iter().position(|part| part.state == PartState::Open)?;
        self.link.row.has_several().then_some((at + 1, parts.len()))
    }

    /// Whether a part of it was read before.
    fn has_kept(&self) -> bool {
        self.link.row.turn().is_some_and(|turn| turn.kept.is_some())
    }

    /// Whether another is to be decided about after it.
    fn has_more(&self) -> bool {
        let open = self.link.row.parts.iter().filter(|part| part.state == PartState::Open);
        open.count() > 1
    }
}

/// A product in a person's words.
pub(super) const fn product_name(product: Product, language: Language) -> &'static str {
    match (product, language) {
        (Product::Fund, Language::Chinese) => "住房公积金",
        (Product::Fund, Language::English) => "housing fund",
        (Product::Insurance, Language::Chinese) => "社会保险",
        (Product::Insurance, Language::English) => "social insurance",
    }
}

#[derive(Template)]
#[template(path = "link/page.html")]
pub(super) struct Page<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) fragment: &'a Fragment,
    pub(super) version: &'static str,
    pub(super) other_tag: &'static str,
    pub(super) is_live: bool,
}

#[derive(Template)]
#[template(path = "link/consent.html")]
pub(super) struct Consent<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) minutes: i64,
}

#[derive(Template)]
#[template(path = "link/cities.html")]
pub(super) struct Cities<'a> {
    pub(super) frame: Frame<'a>,
}

#[derive(Template)]
#[template(path = "link/city_list.html")]
pub(super) struct CityList<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) cities: Vec<City<'a>>,
}

#[derive(Template)]
#[template(path = "link/form.html")]
pub(super) struct Form<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) area: &'a Area,
    pub(super) methods: &'a [LoginMethod],
    pub(super) method: &'a LoginMethod,
    pub(super) seal: &'a Seal,
    pub(super) complaint: Option<&'a str>,
    pub(super) may_choose: bool,
    /// What its fields hold at first.
    pub(super) prefill: &'a Credentials,
    /// What is to be read again; nothing when all is.
    pub(super) missing: &'a [Section],
}

#[derive(Template)]
#[template(path = "link/working.html")]
pub(super) struct Working<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) title: &'a str,
    pub(super) sections: Vec<(&'static str, bool)>,
}

#[derive(Template)]
#[template(path = "link/question.html")]
pub(super) struct Asking<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) open: &'a OpenQuestion,
    pub(super) question: &'a Question,
    pub(super) seal: &'a Seal,
    /// Why another one was not had.
    pub(super) complaint: Option<&'a str>,
    pub(super) now: i64,
}

#[derive(Template)]
#[template(path = "link/failed.html")]
pub(super) struct Failed<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) said: &'a str,
    pub(super) advice: &'a str,
    pub(super) again: String,
}

#[derive(Template)]
#[template(path = "link/result.html")]
pub(super) struct ResultPage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) tid: &'a str,
    pub(super) summary: Summary,
    pub(super) is_partial: bool,
    pub(super) is_paused: bool,
    pub(super) wrong: Wrong,
}

/// What the person may say is wrong, and what was said.
pub(super) struct Wrong {
    pub(super) sections: Vec<(&'static str, &'static str)>,
    pub(super) reasons: Vec<(&'static str, &'static str)>,
    pub(super) said: Vec<(&'static str, &'static str)>,
}

impl Wrong {
    pub(super) fn of(
        language: Language,
        sections: &[Section],
        said: &[(Section, WrongReason)],
    ) -> Self {
        let name = |reason| reason_name(language, reason);
        Self {
            sections: sections.iter().map(|one| (one.as_str(), one.label())).collect(),
            reasons: WrongReason::ALL.map(|reason| (reason.as_str(), name(reason))).to_vec(),
            said: said.iter().map(|(section, reason)| (section.label(), name(*reason))).collect(),
        }
    }
}

#[derive(Template)]
#[template(path = "link/ended.html")]
pub(super) struct Ended<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) title: &'a str,
    pub(super) text: &'a str,
    pub(super) receipts: Vec<Receipt<'a>>,
    pub(super) back: Option<String>,
    /// Whether the person may go on without the product whose turn it is.
    pub(super) may_skip: bool,
}

/// What became of a product, with a number that the person may keep.
pub(super) struct Receipt<'a> {
    /// Of which of several, and what became of it.
    pub(super) about: String,
    pub(super) number: Option<&'a str>,
    /// What stands in its place.
    pub(super) said: &'a str,
    /// What it is good for.
    pub(super) hint: &'a str,
}

#[derive(Template)]
#[template(path = "link/review.html")]
pub(super) struct Review<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) items: Vec<ReviewItem>,
    /// Whether anything can be handed over.
    pub(super) has_any: bool,
    pub(super) complaint: Option<&'a str>,
    pub(super) is_paused: bool,
}

/// A product that is decided about.
pub(super) struct ReviewItem {
    pub(super) word: &'static str,
    pub(super) name: &'static str,
    /// Its task, when its result can be handed over.
    pub(super) task: Option<String>,
    pub(super) area: String,
    pub(super) summary: Option<Summary>,
    pub(super) is_partial: bool,
    /// Why there is none.
    pub(super) note: &'static str,
}

/// What the page seals to, and about what.
pub(super) struct Seal {
    key: String,
    about: String,
}

impl Seal {
    pub(super) fn of(api: &ApiState, link: &Link) -> Self {
        let key = STANDARD.encode(api.engine.link_pages().key());
        Self { key, about: link.about() }
    }
}

impl Form<'_> {
    /// What a field holds at first.
    fn held(&self, field: &LoginField) -> &str {
        self.prefill.get(field.name).unwrap_or_default()
    }
}

impl CityList<'_> {
    /// Why a city cannot be chosen.
    fn note(&self, city: &City<'_>) -> &'static str {
        match city.status {
            AreaStatus::Usable => "",
            AreaStatus::Maintenance => self.frame.say("维护中", "under maintenance"),
            AreaStatus::InDevelopment => self.frame.say("暂未开通", "not yet available"),
        }
    }
}

impl Asking<'_> {
    fn picture(&self, role: PictureRole) -> Option<&Picture> {
        self.question.picture(role)
    }

    /// A picture as an address that holds it.
    #[expect(clippy::unused_self, reason = "templates call methods")]
    fn data(&self, picture: &Picture) -> String {
        let kind = match picture.data.as_slice() {
            [0xff, 0xd8, ..] => "jpeg",
            [b'G', b'I', b'F', ..] => "gif",
            _ => "png",
        };
        format!("data:image/{kind};base64,{}", STANDARD.encode(&picture.data))
    }

    /// The largest `x`, of a slider.
    const fn x_max(&self) -> u32 {
        match self.question.answer {
            AnswerShape::X { max } => max,
            _ => 0,
        }
    }

    /// How many points are asked for.
    const fn points(&self) -> u32 {
        match self.question.answer {
            AnswerShape::Points { min, .. } => min,
            _ => 0,
        }
    }

    const fn kind(&self) -> ChallengeKind {
        self.question.kind
    }

    /// What brings another one.
    fn refresh(&self) -> &'static str {
        match self.question.kind {
            ChallengeKind::Sms => {
                self.frame.say("没收到？重新发送短信", "Nothing came? Send it again")
            }
            _ => self.frame.say("看不清？换一张", "Hard to read? Another picture"),
        }
    }

    fn app(&self) -> &str {
        self.question.app.as_deref().unwrap_or(self.frame.language.say("手机应用", "the app"))
    }

    /// What the QR code leads to, where that is an address that this phone can open.
    fn on_this_phone(&self) -> Option<&str> {
        self.question.qr_text.as_deref().filter(|text| text.starts_with("https://"))
    }
}
