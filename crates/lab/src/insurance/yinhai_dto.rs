//! The yinhai portals, as 贵港 runs it: a form login with a picture, one page that probes the login, and
//! `dto['…']` parameters answered in the vendor's JSON frame. A year without rows has a message instead
//! of a list.

use serde_json::{Map, Value, json};

use super::history::{Kind, Pay, Record};
use crate::behaviour::Behaviour;
use crate::city::{City, Pictures};
use crate::facts::{Sections, sections};
use crate::family::Family;
use crate::html;
use crate::lines::Arranging;
use crate::login::{Attempt, Words, refusal_page, sign_in};
use crate::notation::Notation;
use crate::people::{Person, World};
use crate::session::Session;
use crate::shown::{Fact, Shown, aside, fact, text, told};
use crate::vary::{Dimension, Vary};
use crate::visit::{Page, Visit};
use crate::window;

const TITLE: &str = "贵港市社会保险网上大厅";
const NO_ROWS: &str = "对不起，你查询的月份没有缴费信息";

const WORDS: Words = Words {
    picture: "验证码输入错误",
    password: "验证失败，用户名密码不对",
    unknown: "请填写正确的身份信息",
    ..Words::KNOWN
};

/// The portals of this family.
pub(crate) static FAMILY: Family = Family::new("yinhai-dto", answer, truth);

/// Answers one request.
pub(crate) fn answer(visit: &Visit<'_>, session: &mut Session) -> Page {
    match (visit.path, visit.is_post()) {
        ("" | "login.jsp" | "loginPerson.jsp", false) => entry(visit, ""),
        ("CaptchaImg", false) => visit.picture(session),
        ("j_spring_security_check", true) => login(visit, session),
        ("indexAction.do", false) => match visit.person(session) {
            Some(person) => hall(&person),
            None => entry(visit, ""),
        },
        ("privateHomeAction!query.do", _) => home_facts(visit, session),
        ("yhwssb/query/queryInsuranceInfoAction!toSearchPersonInfo.do", _) => info(visit, session),
        ("yhwssb/query/queryPersPayAction!queryPayment.do", _) => payments(visit, session),
        _ => Page::missing(),
    }
}

fn entry(visit: &Visit<'_>, error: &str) -> Page {
    let code = if visit.pictures() == Pictures::None {
        ""
    } else {
        "<input name=\"checkCode\"/><img id=\"codeimg\" src=\"CaptchaImg\"/>"
    };
    let body = format!(
        "<form id=\"loginForm\" action=\"j_spring_security_check\" method=\"post\">\
         <p>身份证号：<input name=\"c_username\"/></p>\
         <p>密　码：<input type=\"password\" name=\"c_password\"/></p>{code}\
         <div id=\"error\" style=\"color:red\">{error}</div></form>"
    );
    Page::html(html::page("用户登录", "UTF-8", &body))
}

fn hall(person: &Person) -> Page {
    let body = format!(
        "<p>{}，您好</p><a>全部功能</a><a href=\"logout.do\">退出系统</a>",
        html::escape(&person.name)
    );
    Page::html(html::page(TITLE, "UTF-8", &body))
}

fn user_id(person: &Person) -> String {
    format!("45080{:08}", person.index)
}

fn login(visit: &Visit<'_>, session: &mut Session) -> Page {
    let attempt = Attempt {
        person: visit.world().by_id(visit.city, visit.form.get("c_username")),
        behaviour: Some(Behaviour::of(visit.form.get("c_password"))),
        code: Some(visit.form.get("checkCode")),
        is_forced: false,
    };
    match sign_in(visit, session, &attempt) {
        Ok(()) => {
            let person = visit.world().person(visit.city, session.person.unwrap_or(0));
            Page::redirect(format!("{}/indexAction.do?indexstyle=default", visit.mount))
                .cookie(format!("userid={}; Path={}", user_id(&person), visit.mount))
                .login()
        }
        Err(refusal) => WORDS.refuse(visit, refusal, |words| {
            refusal_page(visit, words, || entry(visit, ""))
                .unwrap_or_else(|| entry(visit, words).login())
        }),
    }
}

/// Scripts without a session get success false and no word.
fn signed_out() -> Page {
    Page::json(&json!({"success": false}))
}

fn signed_in(visit: &Visit<'_>, session: &Session) -> Option<(Person, Record)> {
    let person = visit.person(session)?;
    let record = visit.world().insured(visit.city, &person, session.is(Behaviour::Empty));
    Some((person, record))
}

/// The vendor's frame: a message moves into a box when its kind is told.
fn framed(vary: &Vary, message: &str) -> Map<String, Value> {
    let mut answer = Map::new();
    answer.insert("success".into(), true.into());
    match vary.variant(Dimension::Frame) {
        Some(0) if !message.is_empty() => {
            answer.insert("msgBox".into(), json!({"msg": message, "msgType": "warn"}));
        }
        None => {
            answer.insert("msg".into(), message.into());
        }
        Some(_) if message.is_empty() => {}
        Some(_) => {
            answer.insert("msg".into(), message.into());
        }
    }
    answer
}

fn summary_facts(person: &Person, record: &Record) -> Vec<Fact> {
    let medical = record.rows(Kind::Medical).iter().map(|pay| pay.own).sum();
    let pension = record.rows(Kind::Pension).iter().map(|pay| pay.own).sum();
    vec![
        fact("aac003", "name", text(&person.name)).essential(),
        fact("aab069", "company", text(&record.company)),
        fact("aac031", "payStatus", text(record.state)),
        fact("aac002", "idcard", text(&person.id_card)).essential(),
        fact("aae005", "selePhone", text(&person.mobile)),
        aside("aae240yl", Shown::Money(pension)),
        fact("aae240yb", "medicalBankBalance", Shown::MoneyText(medical)),
        fact(
            "maxaab191",
            "lastPayDate",
            // A field of days: a first day would be one.
            record.last_month().map_or(Shown::Month(None), Shown::BirthMonth),
        ),
    ]
}

fn info_facts(person: &Person, record: &Record) -> Vec<Fact> {
    vec![
        fact("aac001", "personalNo", text(&person.employee_no)),
        fact("aac004", "sex", text(person.sex())),
        fact("aac005", "nation", text(person.nation)),
        fact("aac006", "birthday", Shown::Day(Some(person.birth))),
        fact("aac007", "workDate", Shown::Day(record.work_start)),
        aside("aac008", text("参保缴费")),
        fact("aac009", "hukouType", text("非农业户口")),
        fact("aac010", "hukouAddress", Shown::Maybe(person.address.clone())),
    ]
}

fn arranging<'a>(vary: &'a Vary, is_changed: bool) -> Arranging<'a> {
    Arranging { vary, notation: Notation::json(vary).compact_months(), is_changed }
}

fn home_facts(visit: &Visit<'_>, session: &Session) -> Page {
    let Some((person, record)) = signed_in(visit, session) else { return signed_out() };
    if visit.field("userid") != user_id(&person) {
        return signed_out();
    }
    let arranging = arranging(&visit.vary, session.is(Behaviour::Changed));
    let mut answer = framed(&visit.vary, "");
    answer.insert("fieldData".into(), arranging.object(&summary_facts(&person, &record)));
    Page::json(&Value::Object(answer)).data(&["baseInfo"])
}

fn info(visit: &Visit<'_>, session: &Session) -> Page {
    let Some((person, record)) = signed_in(visit, session) else { return signed_out() };
    let arranging = arranging(&visit.vary, session.is(Behaviour::Changed));
    let mut answer = framed(&visit.vary, "");
    let info = arranging.object(&info_facts(&person, &record));
    answer.insert("fieldData".into(), json!({ "info": info }));
    Page::json(&Value::Object(answer)).data(&["baseInfo"])
}

fn row_facts(pay: &Pay) -> Vec<Fact> {
    vec![
        fact("aab069", "company", text(&pay.company)),
        fact("aae002", "payMonthly", Shown::Month(Some(pay.month))).essential(),
        fact("aic020", "salary", Shown::MoneyText(pay.base)),
        fact("dwjfhtcje", "payCompany", Shown::Money(pay.unit)).essential(),
        fact("grjnje", "payPerson", Shown::Money(pay.own)).essential(),
        fact("aab191", "payDate", Shown::Day(Some(pay.day))),
        aside("aac066", text("企业职工")),
    ]
}

fn payments(visit: &Visit<'_>, session: &Session) -> Page {
    let Some((_, record)) = signed_in(visit, session) else { return signed_out() };
    let code = visit.field("dto['aae140']");
    let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.code() == code) else {
        return Page::json(&json!({"success": false, "msg": "请选择险种"}));
    };
    let vary = &visit.vary;
    let year = visit.field("dto['aae002']").parse::<i16>().ok();
    let is_ignored = vary.has(Dimension::RangeIgnored);
    let is_changed = session.is(Behaviour::ChangedRows);
    let arranging = arranging(vary, is_changed);
    let found = record.listed(vary, kind);
    let rows: Vec<Value> = found
        .iter()
        .filter(|(_, pay)| is_ignored || Some(pay.month.year) == year)
        .map(|(_, pay)| arranging.object(&row_facts(pay)))
        .collect();
    if rows.is_empty() && vary.variant(Dimension::Empty) != Some(3) {
        return Page::json(&Value::Object(framed(vary, NO_ROWS))).data(kind.group());
    }
    let mut list = Map::new();
    window::count(vary, &mut list, "total", rows.len());
    list.insert((if is_changed { "records" } else { "list" }).into(), rows.into());
    let mut answer = framed(vary, "");
    answer.insert("lists".into(), json!({ "dg_payment": list }));
    Page::json(&Value::Object(answer)).data(kind.group())
}

/// What a perfect connector returns.
pub(crate) fn truth(world: &World, city: &City, person: &Person, is_empty: bool) -> Sections {
    let vary = world.varied(city);
    let record = world.insured(city, person, is_empty);
    let lists = Kind::ALL.map(|kind| {
        let rows = record.rows(kind).iter().map(|pay| told(&vary, &row_facts(pay)).value());
        (kind.section(), rows.collect())
    });
    let mut facts = summary_facts(person, &record);
    facts.extend(info_facts(person, &record));
    sections(told(&vary, &facts), lists.into())
}
