//! The person-html portals: a token as login answer, server-made tables. What 盘锦 and 无锡 have in
//! common; their pages are in files of their own.

mod panjin;
mod wuxi;

use super::history::Record;
use crate::behaviour::Behaviour;
use crate::city::{City, Pictures};
use crate::facts::{Sections, sections};
use crate::family::Family;
use crate::html;
use crate::insurance::history::Kind;
use crate::login::{Attempt, Refusal, sign_in};
use crate::people::{Person, World};
use crate::session::Session;
use crate::shown::{Fact, Shown, fact, text, told};
use crate::vary::{Dimension, Vary};
use crate::visit::{Page, Visit};

fn is_panjin(city: &City) -> bool {
    city.area == "211100"
}

/// The address of the picture; two readers name another one.
fn picture_address(vary: &Vary) -> &'static str {
    if vary.has(Dimension::Aliases) { "captcha.svl" } else { "validatecode.svl" }
}

/// The portals of this family.
pub(crate) static FAMILY: Family = Family::new("person-html", answer, truth);

/// Answers one request. Pages lie in the root or below `person/`; both are open.
pub(crate) fn answer(visit: &Visit<'_>, session: &mut Session) -> Page {
    let name = visit.path.rsplit('/').next().unwrap_or("");
    match (name, visit.is_post()) {
        ("" | "index.html" | "person", false) => entry(visit),
        (name, false) if name == picture_address(&visit.vary) => visit.picture(session),
        ("loginvalidate.html" | "personloginvalidate.html", true) => login(visit, session),
        (name, _) => {
            let Some(person) = visit.person(session) else { return signed_out() };
            let record = visit.world().insured(visit.city, &person, session.is(Behaviour::Empty));
            if is_panjin(visit.city) {
                panjin::answer(visit, session, (&person, &record), name)
            } else {
                wuxi::answer(visit, session, (&person, &record), name)
            }
        }
    }
}

fn entry(visit: &Visit<'_>) -> Page {
    let code = if visit.pictures() == Pictures::None {
        String::new()
    } else {
        format!(
            "<input name=\"captcha\"/><img id=\"f_svl\" src=\"{}\"/>",
            picture_address(&visit.vary)
        )
    };
    let body = format!(
        "<form id=\"loginform\"><input id=\"account\" name=\"account\"/>\
        <input type=\"password\" name=\"password\"/>{code}\
        <input type=\"hidden\" name=\"type\" value=\"1\"/>\
        </form><script>function cb(r){{ if(r==\"['success']\"){{location=\"person/index.html\";}}\
        else if(r==\"['wrongpass']\"){{alert(\"密码错误\");}}\
        else if(r==\"['captchawrong']\"){{alert(\"验证码错误\");}} }}</script>"
    );
    Page::html(html::page("网上社保个人用户登录", "UTF-8", &body))
}

fn login(visit: &Visit<'_>, session: &mut Session) -> Page {
    let attempt = Attempt {
        person: visit.world().by_account(visit.city, visit.field("account")),
        behaviour: Some(Behaviour::of(visit.field("password"))),
        code: Some(visit.field("captcha")),
        is_forced: false,
    };
    let word = match sign_in(visit, session, &attempt) {
        // Some people of 盘锦 get the second word, which also lets in.
        Ok(()) if is_panjin(visit.city) && session.person.is_some_and(|i| i % 2 == 1) => "success1",
        Ok(()) => "success",
        Err(Refusal::Picture) => "captchawrong",
        Err(Refusal::PictureExpired) => "captchaexpire",
        Err(Refusal::Password) => "wrongpass",
        Err(Refusal::Unknown) => "wrongaccount",
        Err(Refusal::Locked) => "isLocked",
        Err(Refusal::Quota) => "isLocked1",
        Err(Refusal::Elsewhere) => "allstop",
        Err(Refusal::Format) => "errors",
        Err(Refusal::Maintenance) => {
            // No word stands for it; portals of this age then showed a page. Our choice.
            let body = "<h2>系统升级，在此期间系统暂停服务，敬请谅解。</h2>";
            return Page::html(html::page("系统维护", "UTF-8", body)).login();
        }
        Err(other) => return other.page().unwrap_or_else(Page::missing),
    };
    Page::text(format!("['{word}']")).login()
}

fn signed_out() -> Page {
    let body = "<script>alert(\"您没有登录或者连结超时，请重新登录\");\
        top.location.href=\"index.html\";</script>";
    Page::html(html::page("提示", "UTF-8", body))
}

/// The facts that both cities show about a person.
fn person_facts(person: &Person, record: &Record) -> Vec<Fact> {
    vec![
        fact("姓 名", "name", text(&person.name)).essential(),
        fact("公民身份号码", "idcard", text(&person.id_card)).essential(),
        fact("性 别", "sex", text(person.sex())),
        fact("民 族", "nation", text(person.nation)),
        fact("出生日期", "birthday", Shown::Day(Some(person.birth))),
        fact("参加工作日期", "workDate", Shown::Day(record.work_start)),
        fact("缴费状态", "payStatus", text(record.state)),
        fact("户口性质", "hukouType", text("非农业户口")),
        fact("联系电话", "selePhone", text(&person.mobile)),
        fact("单位名称", "company", text(&record.company)),
    ]
}

/// What a perfect connector returns.
pub(crate) fn truth(world: &World, city: &City, person: &Person, is_empty: bool) -> Sections {
    let vary = world.varied(city);
    let record = world.insured(city, person, is_empty);
    if is_panjin(city) {
        let lists = Kind::ALL.map(|kind| {
            let rows = record.rows(kind).iter();
            let rows = rows.map(|pay| told(&vary, &panjin::row_facts(&vary, person, kind, pay, 1)));
            (kind.section(), rows.map(crate::facts::Facts::value).collect())
        });
        return sections(told(&vary, &panjin::base_facts(person, &record)), lists.into());
    }
    let years = wuxi::years(&record);
    let rows = (0..years.len()).map(|place| told(&vary, &wuxi::year_facts(&years, place)).value());
    let rows = rows.collect();
    let base = told(&vary, &wuxi::base_facts(person, &record));
    let mut lists = vec![("medicalInsuranceInfos", rows)];
    // Sections that a reader may offer from the monthly payments.
    for (section, kind) in [
        ("?oldageInsuranceInfos", Kind::Pension),
        ("?birthInsuranceInfos", Kind::Birth),
        ("?injuryInsuranceInfos", Kind::Injury),
        ("?unemployInsuranceInfos", Kind::Unemployment),
    ] {
        lists.push((section, wuxi::month_truth(&vary, &record, kind)));
    }
    sections(base, lists)
}
