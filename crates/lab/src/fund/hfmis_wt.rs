//! The hfmis portals, as 岳阳 runs it: a JSON login, an account number in a page's script, numbered
//! services that answer with a data set in upper-case keys. `null` in quotes means nothing.

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
    Words {
        password: "您输入的用户名或密码不正确", unknown: "用户名不存在", ..Words::KNOWN
    };

/// The portals of this family.
pub(crate) static FAMILY: Family = Family::new("hfmis-wt", answer, truth);

/// Answers one request.
pub(crate) fn answer(visit: &Visit<'_>, session: &mut Session) -> Page {
    match (visit.path, visit.is_post()) {
        ("" | "login" | "index", false) => entry(visit),
        ("captcha.jpg", false) => visit.picture(session),
        ("login", true) => login(visit, session),
        ("personal/ace/main/grcx_index", false) => index(visit, session),
        ("common/zhfw/invoke/01A003", false) => base(visit, session),
        ("common/zhfw/invoke/020102", true) => bills(visit, session),
        _ => Page::missing(),
    }
}

fn entry(visit: &Visit<'_>) -> Page {
    let code = if visit.pictures() == Pictures::None {
        ""
    } else {
        "<p><input name=\"captcha\"/><img id=\"captchaimg\" src=\"captcha.jpg\"/></p>"
    };
    let body = format!(
        "<form action=\"login\" method=\"post\"><p><input name=\"username\"/></p>\
         <p><input type=\"password\" name=\"password\"/></p>{code}\
         <input type=\"hidden\" name=\"usertype\" value=\"2\"/>\
         <input type=\"hidden\" name=\"captchaType\" value=\"9\"/></form>"
    );
    Page::html(html::page("住房公积金网上业务大厅", "UTF-8", &body))
}

fn login(visit: &Visit<'_>, session: &mut Session) -> Page {
    let attempt = Attempt {
        person: visit.world().by_any(visit.city, visit.field("username")),
        behaviour: Some(Behaviour::of(visit.field("password"))),
        code: Some(visit.field("captcha")),
        is_forced: false,
    };
    let answer =
        |code: i32, message: &str| Page::json(&json!({"code": code, "message": message})).login();
    match sign_in(visit, session, &attempt) {
        Ok(()) => answer(0, "登入成功"),
        Err(refusal) => WORDS.refuse(visit, refusal, |words| answer(1, words)),
    }
}

/// A lost session is told to scripts; our choice of words.
fn signed_out() -> Page {
    Page::json(&json!({"code": 401, "message": "没有登录"}))
}

fn signed_in(visit: &Visit<'_>, session: &Session) -> Option<(Person, Account)> {
    let person = visit.person(session)?;
    let is_empty = session.is(Behaviour::Empty);
    let account = visit.world().accounts(visit.city, &person, is_empty).swap_remove(0);
    Some((person, account))
}

fn index(visit: &Visit<'_>, session: &Session) -> Page {
    let Some((_, account)) = signed_in(visit, session) else { return entry(visit) };
    let body = format!(
        "<script>var spcode = \"{}\";\r\nvar snname = \"\";</script><div id=\"grid\"></div>",
        account.number
    );
    Page::html(html::page("个人查询", "UTF-8", &body))
}

fn base_facts(person: &Person, account: &Account) -> Vec<Fact> {
    vec![
        fact("DWZH", "companyAccountNum", text(&account.company_no)),
        fact("DWMC", "companyName", text(&account.company)),
        fact("GRZH", "houseFundAccount", text(&account.number)).essential(),
        fact("XM", "employeeName", text(&person.name)).alias("XINGMING").essential(),
        fact("ZJHM", "idCard", text(&person.id_card)).essential(),
        aside("GDDHHM", text("null")),
        fact("SJH", "bindMobile", text(&person.mobile)),
        fact("JTDZ", "homeAddress", Shown::Maybe(person.address.clone())),
        fact("YJE", "monthPayAmount", Shown::Money(account.own * 2)),
        fact("GRZHYE", "houseFundBalance", Shown::Money(account.balance)),
        fact("HJNY", "payUntilDate", Shown::Month(account.paid_until())),
        fact("GZJS", "monthPayBaseAmount", Shown::Money(account.base)),
        fact("ZGJJL", "depositRatioPersonal", account.shown_ratio()),
        fact("DWJJL", "depositRatioCompany", account.shown_ratio()),
        fact("GRZHZTMC", "houseFundStatus", text(account.state)),
        fact("KHRQ", "openAccountDate", Shown::Day(account.opened)),
        aside("SFDK", text("否")),
    ]
}

/// `{code, dataset: {rows}}`, with the number of rows where the stranger counts.
fn dataset(visit: &Visit<'_>, rows: Vec<Value>, total: usize) -> Page {
    let mut set = Map::new();
    window::count(&visit.vary, &mut set, "total", total);
    let is_empty = rows.is_empty();
    if let Some(rows) = window::list(&visit.vary, rows) {
        set.insert("rows".into(), rows);
    }
    let message = window::message(&visit.vary, is_empty, "没有查询到相关数据", "");
    Page::json(&json!({"code": 0, "message": message, "dataset": set}))
}

fn base(visit: &Visit<'_>, session: &Session) -> Page {
    let Some((person, account)) = signed_in(visit, session) else { return signed_out() };
    if visit.query.get("grzh") != account.number || visit.query.get("zjhm") != person.id_card {
        return Page::json(&json!({"code": 1, "message": "查询参数错误"}));
    }
    let is_changed = session.is(Behaviour::Changed);
    let notation = Notation::json(&visit.vary);
    let arranging = Arranging { vary: &visit.vary, notation, is_changed };
    let row = arranging.object(&base_facts(&person, &account));
    Page::json(&json!({"code": 0, "message": "", "dataset": {"rows": [row]}})).data(&["baseInfo"])
}

fn bill_facts(bill: &Bill) -> Vec<Fact> {
    vec![
        fact("QRRQ", "payArriveDate", Shown::Day(Some(bill.day))).essential(),
        fact("CLLXMC", "note", text(bill.word)).alias("YWLXMC"),
        fact("JZNY", "payMonth", Shown::Month(bill.month)).alias("HJNY"),
        fact("SR", "inAmount", Shown::Money(bill.income())).essential(),
        fact("ZC", "outAmount", Shown::Money(bill.outcome())).essential(),
        aside("LX", Shown::Money(0)),
        fact("GRZHYE", "balance", Shown::Money(bill.balance)).alias("YE"),
        fact("DWMC", "companyName", text(&bill.company)),
    ]
}

fn bills(visit: &Visit<'_>, session: &Session) -> Page {
    let Some((person, account)) = signed_in(visit, session) else { return signed_out() };
    if visit.field("grzh") != account.number || visit.field("zjhm") != person.id_card {
        return Page::json(&json!({"code": 1, "message": "查询参数错误"}));
    }
    let range = (Day::read(visit.field("start"), false), Day::read(visit.field("end"), true));
    let (Some(from), Some(to)) = range else {
        return Page::json(&json!({"code": 1, "message": "起止日期不能为空"}));
    };
    let vary = &visit.vary;
    let is_ignored = vary.has(Dimension::RangeIgnored);
    let found = account.bills.iter();
    let found: Vec<&Bill> =
        found.filter(|bill| is_ignored || (from <= bill.day && bill.day <= to)).collect();
    let rows = window::ordered(vary, found);
    let size = visit.number("pagesize").unwrap_or(visit.city.page_rows).clamp(1, ROWS_MAX);
    // Pages are numbered from 0.
    let shown = window::page(vary, &rows, visit.number("pagenum").unwrap_or(0) + 1, size);
    let is_changed = session.is(Behaviour::ChangedRows);
    let arranging = Arranging { vary, notation: Notation::json(vary).compact_months(), is_changed };
    let list = shown.rows.iter().map(|bill| arranging.object(&bill_facts(bill))).collect();
    dataset(visit, list, shown.total).data(&["billInfos"])
}

/// What a perfect connector returns.
pub(crate) fn truth(world: &World, city: &City, person: &Person, is_empty: bool) -> Sections {
    let vary = world.varied(city);
    let account = world.accounts(city, person, is_empty).swap_remove(0);
    let bills = account.bills.iter().map(|bill| told(&vary, &bill_facts(bill)).value()).collect();
    sections(told(&vary, &base_facts(person, &account)), vec![("billInfos", bills)])
}
