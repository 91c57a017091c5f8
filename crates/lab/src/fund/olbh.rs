//! The olbh portals, as 邯郸 runs it: a csrf token from the login page in every post, a flat record and
//! a list by days.

use serde_json::{Map, Value, json};

use super::history::{Account, Bill};
use crate::behaviour::Behaviour;
use crate::calendar::Day;
use crate::city::{City, Pictures};
use crate::facts::{Sections, sections};
use crate::family::Family;
use crate::html;
use crate::lines::Arranging;
use crate::login::{Attempt, Words, refusal_page, sign_in};
use crate::notation::Notation;
use crate::people::{Person, World};
use crate::session::Session;
use crate::shown::{Fact, Shown, fact, text, told};
use crate::vary::Dimension;
use crate::visit::{Page, Visit};
use crate::window;

const ROWS_MAX: usize = 1_000;

const WORDS: Words =
    Words {
        password: "身份证号或密码不正确", unknown: "当前账号未注册", ..Words::KNOWN
    };

/// The portals of this family.
pub(crate) static FAMILY: Family = Family::new("olbh", answer, truth);

/// Answers one request.
pub(crate) fn answer(visit: &Visit<'_>, session: &mut Session) -> Page {
    match (visit.path, visit.is_post()) {
        ("" | "index", false) => entry(visit, session, ""),
        ("personPic" | "verifyCode", false) => visit.picture(session),
        ("main", false) => match visit.person(session) {
            Some(person) => hall(visit, session, &person),
            None => entry(visit, session, ""),
        },
        // Spring's page for a missing csrf token.
        (_, true) if visit.form.get("_csrf") != session.token => {
            Page { status: 403, ..Page::tomcat(403, "Invalid CSRF Token") }
        }
        ("auth", true) => login(visit, session),
        ("qryPersonInfo.do", true) => record(visit, session),
        ("qryPersonAccDetails.do", true) => bills(visit, session),
        _ => Page::missing(),
    }
}

fn csrf(visit: &Visit<'_>, session: &Session) -> String {
    // The family has it in an input or in the page's script.
    if visit.vary.has(Dimension::Aliases) {
        return format!("<script>var csrfVal = \"{}\";</script>", session.token);
    }
    format!("<input type=\"hidden\" name=\"_csrf\" value=\"{}\"/>", session.token)
}

fn entry(visit: &Visit<'_>, session: &Session, error: &str) -> Page {
    let code = if visit.pictures() == Pictures::None {
        ""
    } else {
        "<input name=\"verifyCode\"/><img id=\"person_pic\" src=\"personPic\"/>"
    };
    let body = format!(
        "<form action=\"auth\" method=\"post\">{}<input type=\"hidden\" name=\"loginType\" \
         value=\"person\"/><input type=\"hidden\" name=\"bizno\" value=\"\"/>\
         <input name=\"idNumber\"/><input type=\"password\" name=\"password\"/>{code}\
         <div class=\"error\">{error}</div></form>",
        csrf(visit, session)
    );
    Page::html(html::page("住房公积金网上营业厅", "UTF-8", &body))
}

fn hall(visit: &Visit<'_>, session: &Session, person: &Person) -> Page {
    let body = format!(
        "{}<p>欢迎您，{}</p><a href=\"logout\">退出登录</a>",
        csrf(visit, session),
        html::escape(&person.name)
    );
    Page::html(html::page("个人网上营业厅", "UTF-8", &body))
}

fn login(visit: &Visit<'_>, session: &mut Session) -> Page {
    let attempt = Attempt {
        person: visit.world().by_any(visit.city, visit.form.get("idNumber")),
        behaviour: Some(Behaviour::of(visit.form.get("password"))),
        code: Some(visit.form.get("verifyCode")),
        is_forced: false,
    };
    match sign_in(visit, session, &attempt) {
        Ok(()) => Page::redirect(format!("{}/main", visit.mount)).login(),
        Err(refusal) => WORDS.refuse(visit, refusal, |words| {
            refusal_page(visit, words, || entry(visit, session, ""))
                .unwrap_or_else(|| entry(visit, session, words).login())
        }),
    }
}

/// A lost session is told to scripts.
fn signed_out() -> Page {
    Page::json(&json!({"recode": "999999", "msg": "Unlogin"}))
}

fn signed_in(visit: &Visit<'_>, session: &Session) -> Option<(Person, Account)> {
    let person = visit.person(session)?;
    let is_empty = session.is(Behaviour::Empty);
    let account = visit.world().accounts(visit.city, &person, is_empty).swap_remove(0);
    Some((person, account))
}

fn record_facts(person: &Person, account: &Account) -> Vec<Fact> {
    vec![
        fact("accnum", "houseFundAccount", text(&account.number)).essential(),
        fact("accname", "employeeName", text(&person.name)).essential(),
        fact("certinum", "idCard", text(&person.id_card)).essential(),
        fact("unitaccnum", "companyAccountNum", text(&account.company_no)),
        fact("unitaccname", "companyName", text(&account.company)),
        fact("bal", "houseFundBalance", Shown::Money(account.balance)).alias("balance"),
        fact("basenum", "monthPayBaseAmount", Shown::Money(account.base)).alias("basenumber"),
        fact("indiprop", "depositRatioPersonal", account.shown_ratio()),
        fact("unitprop", "depositRatioCompany", account.shown_ratio()),
        fact("indipayamt", "personalMonthPayAmount", Shown::Money(account.own)),
        fact("unitpayamt", "companyMonthPayAmount", Shown::Money(account.own)),
        fact("indipaysum", "monthPayAmount", Shown::Money(account.own * 2)),
        fact("indiaccstate", "houseFundStatus", text(account.state)),
        fact("opnaccdate", "openAccountDate", Shown::Day(account.opened)),
        fact("lpaym", "payUntilDate", Shown::Month(account.paid_until())).alias("lastpaydate"),
    ]
}

fn record(visit: &Visit<'_>, session: &Session) -> Page {
    let Some((person, account)) = signed_in(visit, session) else { return signed_out() };
    let is_changed = session.is(Behaviour::Changed);
    let notation = Notation::json(&visit.vary).compact_months();
    let arranging = Arranging { vary: &visit.vary, notation, is_changed };
    let mut answer = arranging.object(&record_facts(&person, &account));
    if let Some(map) = answer.as_object_mut() {
        map.insert("recode".into(), "000000".into());
        map.insert("msg".into(), "".into());
    }
    Page::json(&answer).data(&["baseInfo"])
}

fn bill_facts(bill: &Bill) -> Vec<Fact> {
    vec![
        fact("transdate", "payArriveDate", Shown::Day(Some(bill.day))).essential(),
        fact("paybegindate", "payMonth", Shown::Month(bill.month)).open(),
        fact("payenddate", "", Shown::Month(bill.month)),
        fact("summary", "note", text(bill.word)),
        fact("damt", "outAmount", Shown::Money(bill.outcome())).essential(),
        fact("camt", "inAmount", Shown::Money(bill.income())).essential(),
        fact("balance", "balance", Shown::Money(bill.balance)),
    ]
}

fn bills(visit: &Visit<'_>, session: &Session) -> Page {
    let Some((_, account)) = signed_in(visit, session) else { return signed_out() };
    let range =
        (Day::read(visit.form.get("begDate"), false), Day::read(visit.form.get("endDate"), true));
    let (Some(from), Some(to)) = range else {
        return Page::json(&json!({"recode": "100001", "msg": "查询日期不能为空"}));
    };
    let vary = &visit.vary;
    let is_ignored = vary.has(Dimension::RangeIgnored);
    let found = account.bills.iter();
    let found: Vec<&Bill> =
        found.filter(|bill| is_ignored || (from <= bill.day && bill.day <= to)).collect();
    let rows = window::ordered(vary, found);
    let size = visit.number("limits").unwrap_or(visit.city.page_rows).clamp(1, ROWS_MAX);
    let shown = window::page(vary, &rows, visit.number("currentPage").unwrap_or(1), size);
    let is_changed = session.is(Behaviour::ChangedRows);
    let arranging = Arranging { vary, notation: Notation::json(vary).compact_months(), is_changed };
    let list = shown.rows.iter().map(|bill| arranging.object(&bill_facts(bill))).collect();
    let message = window::message(vary, rows.is_empty(), "没有查询到相关数据", "");
    let mut answer = Map::new();
    answer.insert("recode".into(), "000000".into());
    answer.insert("msg".into(), message.into());
    window::count(vary, &mut answer, "totalnum", shown.total);
    if let Some(list) = window::list(vary, list) {
        // A sibling of the family has its rows in `results`.
        let key = if vary.has(Dimension::RecordPlace) { "results" } else { "result" };
        answer.insert(key.into(), list);
    }
    Page::json(&Value::Object(answer)).data(&["billInfos"])
}

/// What a perfect connector returns.
pub(crate) fn truth(world: &World, city: &City, person: &Person, is_empty: bool) -> Sections {
    let vary = world.varied(city);
    let account = world.accounts(city, person, is_empty).swap_remove(0);
    let bills = account.bills.iter().map(|bill| told(&vary, &bill_facts(bill)).value()).collect();
    sections(told(&vary, &record_facts(person, &account)), vec![("billInfos", bills)])
}
