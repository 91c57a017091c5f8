//! The decision every portal takes when somebody logs in: picture first, then the person, then what
//! the password stands for. Families put the result into their own words.

use crate::behaviour::Behaviour;
use crate::city::Pictures;
use crate::session::Session;
use crate::visit::{Page, Visit};

const WRONG_MAX: u8 = 5;

/// Why somebody is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The picture code is wrong.
    Picture,
    /// There was no picture, or its code was used before.
    PictureExpired,
    Password,
    Unknown,
    Format,
    Locked,
    Quota,
    Elsewhere,
    Maintenance,
    /// Somebody is already logged in with this name.
    Online,
    /// The portal wants an SMS code now.
    SmsNeeded,
    SmsLimit,
    /// An answer that nobody can interpret.
    Strange,
    Cut,
    Down,
    Blocked,
}

impl Refusal {
    /// The pages that look the same in every portal.
    pub(crate) fn page(self) -> Option<Page> {
        let page = match self {
            Self::Cut => Page::cut(),
            Self::Down => Page::tomcat(503, "Service Temporarily Unavailable"),
            Self::Blocked => Page { status: 403, ..Page::html(FIREWALL) },
            Self::Strange => Page::html(STRANGE),
            _ => return None,
        };
        Some(page.login())
    }
}

const FIREWALL: &str = "<html><head><title>网站防火墙</title></head><body><div class=\"waf\">\
    <h2>您的请求带有不合法参数，已被网站管理员设置拦截！</h2>\
    <p>Request forbidden by administrative rules. 事件编号 51-0403</p></div></body></html>";
const STRANGE: &str = "<html><head><meta name=\"generator\" content=\"portal 9\"></head><body>\
    <div id=\"app\"></div><script>window.__STATE__={\"view\":\"v2\"}</script></body></html>";

/// What was typed into the login form.
pub(crate) struct Attempt<'a> {
    /// Who is meant, when anybody.
    pub(crate) person: Option<u64>,
    /// What the password stands for; nothing when it could not be deciphered.
    pub(crate) behaviour: Option<Behaviour>,
    /// The picture code, in portals that want one.
    pub(crate) code: Option<&'a str>,
    /// Whether the person insists although somebody is logged in.
    pub(crate) is_forced: bool,
}

/// Takes the decision and remembers it in the session.
pub(crate) fn sign_in(
    visit: &Visit<'_>,
    session: &mut Session,
    attempt: &Attempt<'_>,
) -> Result<(), Refusal> {
    let offered = |behaviour: Behaviour| {
        if behaviour.is_offered(visit.city) { behaviour } else { Behaviour::Wrong }
    };
    let behaviour = attempt.behaviour.map(offered);
    session.is_signed_in = false;
    session.behaviour = behaviour;
    check_picture(visit, session, attempt)?;
    let behaviour = behaviour.ok_or(Refusal::Format)?;
    if session.wrong >= WRONG_MAX {
        return Err(Refusal::Locked);
    }
    let Some(person) = attempt.person else {
        return Err(wrong(session, Refusal::Unknown));
    };
    match behaviour {
        Behaviour::Wrong => Err(wrong(session, Refusal::Password)),
        Behaviour::Unknown => Err(wrong(session, Refusal::Unknown)),
        Behaviour::Format => Err(Refusal::Format),
        Behaviour::Locked => Err(Refusal::Locked),
        Behaviour::Quota => Err(Refusal::Quota),
        Behaviour::Elsewhere => Err(Refusal::Elsewhere),
        Behaviour::Maintenance => Err(Refusal::Maintenance),
        Behaviour::ChangedLogin => Err(Refusal::Strange),
        Behaviour::Drops => Err(Refusal::Cut),
        Behaviour::Down => Err(Refusal::Down),
        Behaviour::Blocked => Err(Refusal::Blocked),
        Behaviour::Relogin if !attempt.is_forced => {
            session.person = Some(person);
            Err(Refusal::Online)
        }
        Behaviour::Sms | Behaviour::SmsWrong | Behaviour::SmsWrong3 | Behaviour::Both => {
            session.person = Some(person);
            Err(Refusal::SmsNeeded)
        }
        Behaviour::SmsLimit => Err(Refusal::SmsLimit),
        _ => {
            session.person = Some(person);
            session.is_signed_in = true;
            session.wrong = 0;
            Ok(())
        }
    }
}

fn wrong(session: &mut Session, refusal: Refusal) -> Refusal {
    session.wrong += 1;
    session.is_picture_due = true;
    refusal
}

/// A picture is good for one try. Behaviours refuse right answers, as bad recognisers make portals do.
fn check_picture(
    visit: &Visit<'_>,
    session: &mut Session,
    attempt: &Attempt<'_>,
) -> Result<(), Refusal> {
    let asks_late = visit.city.pictures == Pictures::AfterFailure;
    let is_asked = attempt.code.is_some() && (!asks_late || session.is_picture_due);
    if is_asked {
        let expected = session.picture.take().ok_or(Refusal::PictureExpired)?;
        let typed = attempt.code.unwrap_or_default().trim();
        if !expected.eq_ignore_ascii_case(typed) {
            return Err(Refusal::Picture);
        }
    }
    let is_refused = match session.behaviour {
        Some(Behaviour::Captcha | Behaviour::BadPicture) => session.refused < 1,
        Some(Behaviour::Captcha3) => true,
        _ => false,
    };
    if is_refused && attempt.code.is_some() {
        session.refused = session.refused.saturating_add(1);
        session.is_picture_due = true;
        return Err(Refusal::Picture);
    }
    Ok(())
}

/// What comes of a typed SMS code.
pub(crate) fn check_sms(session: &mut Session, typed: &str) -> bool {
    let expected = session.sms.take();
    let is_right = expected.is_some_and(|code| code == typed.trim());
    let is_refused = match session.behaviour {
        Some(Behaviour::SmsWrong) => session.sms_refused < 1,
        Some(Behaviour::SmsWrong3) => true,
        _ => false,
    };
    if is_right && is_refused {
        session.sms_refused = session.sms_refused.saturating_add(1);
        return false;
    }
    if is_right {
        session.is_signed_in = true;
    }
    is_right
}
