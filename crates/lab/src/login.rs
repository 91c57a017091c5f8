//! The decision every portal takes when somebody logs in: picture first, then the person, then what
//! the password stands for. Families put the result into their own words.

use crate::behaviour::Behaviour;
use crate::city::Pictures;
use crate::session::Session;
use crate::vary::Dimension;
use crate::visit::{Body, Page, Visit};

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
        Behaviour::Wrong | Behaviour::Echo => Err(wrong(session, Refusal::Password)),
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
    let pictures = visit.pictures();
    if pictures == Pictures::None {
        return Ok(());
    }
    let asks_late = pictures == Pictures::AfterFailure;
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

/// Other texts that portals were seen to refuse with, by what they mean.
fn known_words(refusal: Refusal) -> &'static [&'static str] {
    match refusal {
        Refusal::Picture | Refusal::PictureExpired => &[
            "验证码错误",
            "您输入的验证码与图片不符",
            "验证码不正确",
            "验证码输入有误",
            "您输入的验证码有误",
            "验证码输入错误",
        ],
        Refusal::Password => &[
            "密码错误",
            "密码输入错误",
            "密码不正确",
            "用户密码错误",
            "您输入的密码有误",
            "用户名或密码错误",
            "用户名或密码不正确",
            "身份证号或密码不正确",
            "账号或密码错误",
            "密码不正确,不能登录",
        ],
        Refusal::Unknown => &[
            "用户不存在",
            "用户名不存在",
            "证件号码不存在",
            "系统未登记该身份证号",
            "系统中不存在该身份证，请重新输入",
            "用户不存在，不能登录",
        ],
        Refusal::Format => &["身份证格式错误", "密码格式不正确", "无效的身份证号码"],
        Refusal::Locked => &[
            "帐户被锁定,不能登录",
            "密码输入错误次数大于5次，账号被锁定",
            "您的账号累计输错密码3次，请30分钟后重新登陆",
        ],
        Refusal::Quota => &["今日登陆次数已达上限", "您今天的缴费历史查询已经达到5次"],
        Refusal::Elsewhere => &[
            "初始密码不能进行查询业务",
            "您第一次登录系统，请修改密码",
            "超过有效日期:90天,请修改密码",
        ],
        Refusal::Maintenance => &["系统日终尚未结束", "系统维护，在此期间系统暂停服务"],
        _ => &[],
    }
}

/// The text of a refusal: the family's own, or another known one.
pub(crate) fn words(visit: &Visit<'_>, refusal: Refusal, plain: &'static str) -> &'static str {
    let known = known_words(refusal);
    if known.is_empty() || !visit.vary.has(Dimension::RefusalWords) {
        return plain;
    }
    visit.vary.rng(Dimension::RefusalWords, &format!("{refusal:?}")).pick(known)
}

/// A portal's texts for refusals.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    pub(crate) picture: &'static str,
    pub(crate) password: &'static str,
    pub(crate) unknown: &'static str,
    pub(crate) format: &'static str,
    pub(crate) locked: &'static str,
    pub(crate) quota: &'static str,
    pub(crate) elsewhere: &'static str,
    pub(crate) maintenance: &'static str,
}

impl Words {
    /// Texts that are known of many portals, for families whose own are not.
    pub(crate) const KNOWN: Self = Self {
        picture: "验证码错误",
        password: "密码错误",
        unknown: "用户不存在",
        format: "身份证格式错误",
        locked: "账号已被锁定",
        quota: "今日登录次数已达上限",
        elsewhere: "初始密码不能进行查询业务",
        maintenance: "系统维护中，请稍后再试",
    };

    /// The answer to a refusal: shown in the portal's words, or the page that stands for it.
    pub(crate) fn refuse(
        &self,
        visit: &Visit<'_>,
        refusal: Refusal,
        show: impl FnOnce(&'static str) -> Page,
    ) -> Page {
        let text = match refusal {
            Refusal::Picture | Refusal::PictureExpired => self.picture,
            Refusal::Password => self.password,
            Refusal::Unknown => self.unknown,
            Refusal::Format => self.format,
            Refusal::Locked => self.locked,
            Refusal::Quota => self.quota,
            Refusal::Elsewhere => self.elsewhere,
            Refusal::Maintenance => self.maintenance,
            other => return other.page().unwrap_or_else(Page::missing),
        };
        show(words(visit, refusal, text)).login()
    }
}

/// A refusal shown where the stranger shows it; nothing where it does as its family does.
pub(crate) fn refusal_page(
    visit: &Visit<'_>,
    text: &str,
    entry: impl FnOnce() -> Page,
) -> Option<Page> {
    let page = match visit.vary.variant(Dimension::RefusalPlace)? {
        0 => Page::html(text.to_owned()),
        variant => {
            let words = if variant == 1 {
                format!("<script type=\"text/javascript\">alert('{text}');</script>")
            } else {
                format!("<div class=\"error_msg\" style=\"color:red\">{text}</div>")
            };
            let mut page = entry();
            if let Body::Text(html) = &mut page.body {
                *html = html.replacen("</body>", &format!("{words}</body>"), 1);
            }
            page
        }
    };
    Some(page.login())
}
