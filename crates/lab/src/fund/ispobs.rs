//! The ispobs portals, as 遂宁 runs it: a login with the MD5 of the password in upper case, a record in
//! `DATA`, a list by months in `rows`.

use serde_json::{Map, Value, json};

use super::history::{Account, Bill};
use crate::behaviour::Behaviour;
use crate::calendar::Day;
use crate::city::{City, Pictures};
use crate::facts::{Sections, sections};
use crate::family::Family;
use crate::html;
use crate::lines::Arranging;
use crate::login::{Attempt, Words, sign_in};
use crate::notation::Notation;
use crate::people::{Person, World};
use crate::session::Session;
use crate::shown::{Fact, Shown, aside, fact, text, told};
use crate::vary::Dimension;
use crate::visit::{Page, Visit};
use crate::window;

const ROWS_MAX: usize = 1_000;

const WORDS: Words =
    Words { password: "用户密码错误", unknown: "证件号码不存在", ..Words::KNOWN };

/// The portals of this family.
pub(crate) static FAMILY: Family = Family::new("ispobs", answer, truth);

/// Answers one request.
pub(crate) fn answer(visit: &Visit<'_>, session: &mut Session) -> Page {
    match (visit.path, visit.is_post()) {
        ("" | "index.html" | "login.html" | "login", false) => entry(visit),
        ("globalController/CreateVerifyImg.do", false) => visit.picture(session),
        ("loginController/grLoginVerify.do", true) => login(visit, session),
        ("grQueryController/grzhxxcx.do", true) => record(visit, session),
        ("grQueryController/grzhmxcx.do", true) => bills(visit, session),
        _ => Page::missing(),
    }
}

fn entry(visit: &Visit<'_>) -> Page {
    let code = if visit.pictures() == Pictures::None {
        ""
    } else {
        "<input id=\"VERIFYCODE\"/><img id=\"imgVERIFYCODE\" \
         src=\"globalController/CreateVerifyImg.do\"/>"
    };
    let body = format!(
        "<form><input id=\"USERCODE\"/><input type=\"password\" id=\"USERPWD\"/>{code}</form>\
         <script src=\"js/md5.js\"></script>"
    );
    Page::html(html::page("住房公积金网上查询", "UTF-8", &body))
}

fn login(visit: &Visit<'_>, session: &mut Session) -> Page {
    let digest = visit.field("USERPWD");
    let is_upper = digest.bytes().all(|byte| !byte.is_ascii_lowercase());
    let attempt = Attempt {
        person: visit.world().by_any(visit.city, visit.field("USERCODE")),
        behaviour: Some(Behaviour::of_md5(if is_upper { digest } else { "" })),
        code: Some(visit.field("VERIFYCODE")),
        is_forced: false,
    };
    let answer = |message: &str| Page::json(&json!({"MSG": message})).login();
    match sign_in(visit, session, &attempt) {
        Ok(()) => answer("登录成功"),
        Err(refusal) => WORDS.refuse(visit, refusal, answer),
    }
}

/// A lost session is told to scripts; our choice of words.
fn signed_out() -> Page {
    Page::json(&json!({"MSG": "没有登录"}))
}

fn signed_in(visit: &Visit<'_>, session: &Session) -> Option<(Person, Account)> {
    let person = visit.person(session)?;
    let is_empty = session.is(Behaviour::Empty);
    let account = visit.world().accounts(visit.city, &person, is_empty).swap_remove(0);
    Some((person, account))
}

fn record_facts(person: &Person, account: &Account) -> Vec<Fact> {
    vec![
        fact("GRZH", "houseFundAccount", text(&account.number)).essential(),
        fact("XINGMING", "employeeName", text(&person.name)).essential(),
        fact("XINGBIEDISP", "gender", text(person.sex())),
        fact("ZJHM", "idCard", text(&person.id_card)).essential(),
        fact("CSNY", "birthday", Shown::BirthMonth(person.birth.in_month())),
        fact("TOTALBALANCE", "houseFundBalance", Shown::Money(account.balance)),
        fact("GRJCJS", "monthPayBaseAmount", Shown::Money(account.base)),
        fact("DWYJCE", "companyMonthPayAmount", Shown::Money(account.own)),
        fact("GRYJCE", "personalMonthPayAmount", Shown::Money(account.own)),
        fact("CURSTATUSDISP", "houseFundStatus", text(account.state)),
        fact("KHRQ", "openAccountDate", Shown::Day(account.opened)),
        fact("SJHM", "bindMobile", text(&person.mobile)),
        fact("DWMC", "companyName", text(&account.company)),
    ]
}

fn record(visit: &Visit<'_>, session: &Session) -> Page {
    let Some((person, account)) = signed_in(visit, session) else { return signed_out() };
    let is_changed = session.is(Behaviour::Changed);
    let notation = Notation::json(&visit.vary);
    let arranging = Arranging { vary: &visit.vary, notation, is_changed };
    let row = arranging.object(&record_facts(&person, &account));
    let data = match visit.vary.variant(Dimension::RecordPlace) {
        None => json!([row]),
        Some(_) => row,
    };
    Page::json(&json!({"MSG": "", "DATA": data})).data(&["baseInfo"])
}

fn bill_facts(bill: &Bill) -> Vec<Fact> {
    vec![
        fact("CALINTERDATE", "payArriveDate", Shown::Day(Some(bill.day))).essential(),
        aside("PAYNAME", text(bill.word)),
        fact("ABSTRACT", "note", text(bill.word)),
        fact("PAYMONEYIN", "inAmount", Shown::Money(bill.income())).essential(),
        fact("PAYMONEYOUT", "outAmount", Shown::Money(bill.outcome())).essential(),
        fact("TOTALBALANCE", "balance", Shown::Money(bill.balance)),
    ]
}

fn bills(visit: &Visit<'_>, session: &Session) -> Page {
    let Some((_, account)) = signed_in(visit, session) else { return signed_out() };
    let range = (Day::read(visit.field("KSNY"), false), Day::read(visit.field("JSNY"), true));
    let (Some(from), Some(to)) = range else {
        return Page::json(&json!({"MSG": "起止年月不能为空"}));
    };
    let vary = &visit.vary;
    let is_ignored = vary.has(Dimension::RangeIgnored);
    let found = account.bills.iter();
    let mut rows: Vec<&Bill> =
        found.filter(|bill| is_ignored || (from <= bill.day && bill.day <= to)).collect();
    if visit.field("isasc") == "DESC" {
        rows.reverse();
    }
    let rows = window::ordered(vary, rows);
    let size = visit.number("pagesize").unwrap_or(visit.city.page_rows).clamp(1, ROWS_MAX);
    let shown = window::page(vary, &rows, visit.number("pageindex").unwrap_or(1), size);
    let is_changed = session.is(Behaviour::ChangedRows);
    let arranging = Arranging { vary, notation: Notation::json(vary), is_changed };
    let list = shown.rows.iter().map(|bill| arranging.object(&bill_facts(bill))).collect();
    let mut answer = Map::new();
    window::count(vary, &mut answer, "total", shown.total);
    if let Some(list) = window::list(vary, list) {
        answer.insert("rows".into(), list);
    }
    let message = window::message(vary, rows.is_empty(), "没有查询到相关数据", "");
    answer.insert("MSG".into(), message.into());
    Page::json(&Value::Object(answer)).data(&["billInfos"])
}

/// What a perfect connector returns.
pub(crate) fn truth(world: &World, city: &City, person: &Person, is_empty: bool) -> Sections {
    let vary = world.varied(city);
    let account = world.accounts(city, person, is_empty).swap_remove(0);
    let bills = account.bills.iter().map(|bill| told(&vary, &bill_facts(bill)).value()).collect();
    sections(told(&vary, &record_facts(person, &account)), vec![("billInfos", bills)])
}
