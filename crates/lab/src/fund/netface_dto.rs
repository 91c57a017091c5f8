//! The netface portals: a JSON login, `dto['…']` parameters, grids in JSON. 大同 shows labels by id and
//! asks for a picture only after a refused login; 成都 shows inputs, option lists in script and a list
//! of years (its slider is left out here).
//!
//! 大同 base by id: corpcode2 companyName, corpcode companyAccountNum, depname depositManageDept, bkname
//! bankName (its second use is the wage base), bmny monthPayBaseAmount, per/corpperscale ratios, perdepmny,
//! corpdepmny, depmny monthly, accbal houseFundBalance, accstate houseFundStatus, regtime openAccountDate,
//! payendmnh payUntilDate, bkcard bankAccount; in .glname/.glitem pairs 姓名, 证件号码, 个人账号 houseFundAccount.
//! Rows: accmnh payMonth, acctime payArriveDate, corpname, income, outcome, accbal, remark note.

mod chengdu;
mod loans;
mod person_page;

use serde_json::{Map, Value, json};

use super::history::{Account, Bill, Kind};
use crate::behaviour::Behaviour;
use crate::calendar::Day;
use crate::city::{City, Pictures};
use crate::facts::{Sections, sections};
use crate::family::Family;
use crate::html;
use crate::lines::Arranging;
use crate::login::{Attempt, Refusal, sign_in, words};
use crate::notation::Notation;
use crate::people::{Person, World};
use crate::session::Session;
use crate::shown::{Fact, Shown, aside, fact, told};
use crate::vary::{Dimension, Vary};
use crate::visit::{Page, Visit};
use crate::window;

const LIMIT_MAX: usize = 1_000;

fn is_luoyang(city: &City) -> bool {
    city.area == "410300"
}

fn is_chengdu(city: &City) -> bool {
    city.area == "510100"
}

/// The portals of this family.
pub(crate) static FAMILY: Family = Family::new("netface-dto", answer, truth);

/// Answers one request.
pub(crate) fn answer(visit: &Visit<'_>, session: &mut Session) -> Page {
    let folder = visit.city.path.trim_start_matches('/');
    let path = visit.path.strip_prefix(folder).unwrap_or(visit.path).trim_start_matches('/');
    match (path, visit.is_post(), is_chengdu(visit.city)) {
        ("" | "login.jsp" | "index.jsp" | "login.do", false, _) => entry(visit, session, ""),
        ("codeimg" | "code.do", false, false) => visit.picture(session),
        ("login.do", true, _) => login(visit, session),
        ("indexAction.do", false, true) => inside(visit, session),
        ("per/queryPerInfo.do", false, false) => person_page::base(visit, session),
        ("per/queryPerDeposit!queryPerByYear.do", true, false) => bills(visit, session),
        ("per/perPayRecord!getPerAccDetails.do", true, false) => payments(visit, session),
        ("per/queryPerAppState.do", false, false) => loans::page(visit, session),
        ("per/queryPerLoanPay!queryPerPay.do", true, false) => loans::repayments(visit, session),
        ("per/querPerInfo.do", false, true) => chengdu::base(visit, session),
        ("per/depositRecordQueryAction.do", false, true) => chengdu::years(visit, session),
        ("per/depositRecordQueryAction!queryAepositDetailInfo.do", true, true) => {
            chengdu::bills(visit, session)
        }
        _ => Page::missing(),
    }
}

fn entry(visit: &Visit<'_>, session: &Session, error: &str) -> Page {
    let body = if is_chengdu(visit.city) {
        format!(
            "<form id=\"loginForm\" action=\"login.do\" method=\"post\">\
             <select name=\"aType\"><option value=\"4\" selected>身份证号</option>\
             <option value=\"3\">个人客户号</option><option value=\"5\">联名卡号</option></select>\
             <p>用户名：<input name=\"j_username\" id=\"j_username\"/></p>\
             <p>密　码：<input type=\"password\" name=\"j_password\" id=\"j_password\"/></p>\
             <input type=\"hidden\" name=\"checkCode\" value=\"\"/>\
             <div id=\"msg\">{error}</div><input type=\"submit\" value=\"登录\"/></form>"
        )
    } else {
        let is_due = session.is_picture_due && visit.pictures() != Pictures::None;
        let shown = if is_due { "block" } else { "none" };
        format!(
            "<form id=\"loginForm\" action=\"login.do\" method=\"post\">\
             <p><input name=\"username\"/><input type=\"password\" name=\"password\"/></p>\
             <div id=\"codeBox\" style=\"display:{shown}\"><input name=\"vertcode\"/>\
             <img id=\"codeimg\" src=\"codeimg\"/></div>\
             <input type=\"hidden\" name=\"vertype\" value=\"1\"/>\
             <input type=\"hidden\" name=\"bsr\" value=\"\"/><div id=\"msg\">{error}</div></form>"
        )
    };
    Page::html(html::page("个人网上业务系统", "UTF-8", &body))
}

fn login(visit: &Visit<'_>, session: &mut Session) -> Page {
    let chengdu = is_chengdu(visit.city);
    let (name, password) =
        if chengdu { ("j_username", "j_password") } else { ("username", "password") };
    let had_picture = session.is_picture_due;
    let attempt = Attempt {
        person: visit.world().by_any(visit.city, visit.field(name)),
        behaviour: Some(Behaviour::of(visit.field(password))),
        code: (!chengdu).then(|| visit.field("vertcode")),
        is_forced: false,
    };
    let result = sign_in(visit, session, &attempt);
    if result.is_ok() {
        session.is_picture_due = false;
    }
    let text = match result {
        Ok(()) => "",
        Err(Refusal::Picture | Refusal::PictureExpired) => "验证码错误",
        // The two spellings are told apart by whether a picture is asked for.
        Err(Refusal::Password) if had_picture => "用户名或密码错误",
        Err(Refusal::Password) => "用户名/密码错误",
        Err(Refusal::Unknown) => "个人客户信息不存在",
        Err(Refusal::Format) => "无效的身份证号码",
        // The sheets have no words of this family for the next four: our choice.
        Err(Refusal::Locked) => "您的账户已被锁定，请到柜台解锁",
        Err(Refusal::Quota) => "今日登录次数已达上限",
        Err(Refusal::Elsewhere) => "初始密码不能进行查询业务，请先修改密码",
        Err(Refusal::Maintenance) => "系统维护中，请稍后再试",
        Err(other) => return other.page().unwrap_or_else(Page::missing),
    };
    let text = match result {
        Ok(()) => text,
        Err(refusal) => words(visit, refusal, text),
    };
    // Without the script's header the portal shows pages instead of JSON.
    if !visit.is_ajax() {
        return match result {
            Ok(()) => Page::redirect(format!("{}{}/indexAction.do", visit.mount, visit.city.path)),
            Err(_) => entry(visit, session, text),
        }
        .login();
    }
    let mut answer = framed(&visit.vary, result.is_ok(), text);
    answer.insert("validVertCode".into(), session.is_picture_due.into());
    Page::json(&Value::Object(answer)).login()
}

/// The vendor's frame of an answer. The message moves into a box when its kind is told, and empty
/// parts may be left out.
fn framed(vary: &Vary, is_success: bool, message: &str) -> Map<String, Value> {
    let mut answer = Map::new();
    answer.insert("success".into(), is_success.into());
    if vary.variant(Dimension::Frame) == Some(0) && !message.is_empty() {
        let kind = if is_success { "success" } else { "error" };
        answer.insert("msgBox".into(), json!({"msg": message, "msgType": kind}));
    } else if !(vary.has(Dimension::Frame) && message.is_empty()) {
        answer.insert("msg".into(), message.into());
    }
    if !vary.has(Dimension::Frame) {
        answer.insert("fieldData".into(), json!({}));
    }
    answer
}

fn inside(visit: &Visit<'_>, session: &Session) -> Page {
    match visit.person(session) {
        Some(person) => Page::html(html::page(
            "个人网上业务系统",
            "UTF-8",
            &format!(
                "<p>欢迎您，{}</p><a href=\"logout.do\">退出系统</a>",
                html::escape(&person.name)
            ),
        )),
        None => entry(visit, session, ""),
    }
}

/// Lost sessions: pages get the entry page, scripts get a short JSON. Our choice of words.
fn signed_out(visit: &Visit<'_>, session: &Session) -> Page {
    if visit.is_ajax() {
        return Page::json(&json!({"success": false, "msg": "用户登录已经失效，请重新登录"}));
    }
    entry(visit, session, "")
}

/// This line shows one account a person.
fn account(world: &World, city: &City, person: &Person, is_empty: bool) -> Account {
    world.accounts(city, person, is_empty).swap_remove(0)
}

fn signed_in(visit: &Visit<'_>, session: &Session) -> Option<(Person, Account)> {
    let person = visit.person(session)?;
    let account = account(visit.world(), visit.city, &person, session.is(Behaviour::Empty));
    Some((person, account))
}

fn arranging<'a>(visit: &'a Visit<'_>, session: &Session) -> Arranging<'a> {
    let notation = Notation::json(&visit.vary);
    let is_changed = session.is(Behaviour::ChangedRows);
    Arranging { vary: &visit.vary, notation, is_changed }
}

fn grid(visit: &Visit<'_>, session: &Session, name: &str, rows: Vec<Value>, total: usize) -> Page {
    let vary = &visit.vary;
    let key = if session.is(Behaviour::ChangedRows) { "records" } else { "list" };
    let none = "未查询到满足条件的记录";
    let message = window::message(vary, total == 0, none, "查询成功");
    let mut list = Map::new();
    window::count(vary, &mut list, "total", total);
    if let Some(rows) = window::list(vary, rows) {
        list.insert(key.into(), rows);
    }
    let mut answer = framed(vary, true, message);
    answer.insert("lists".into(), json!({ name: list }));
    Page::json(&Value::Object(answer)).data(&["billInfos"])
}

/// A row of the list with the person it is of.
#[derive(Clone)]
struct Row {
    person: String,
    name: String,
    bill: Bill,
}

fn bills(visit: &Visit<'_>, session: &Session) -> Page {
    let Some((person, account)) = signed_in(visit, session) else {
        return signed_out(visit, session);
    };
    let range = (
        Day::read(visit.field("dto['startdate']"), false),
        Day::read(visit.field("dto['enddate']"), true),
    );
    let (Some(from), Some(to)) = range else {
        return Page::json(&json!({"success": false, "msg": "查询条件不能为空"}));
    };
    let vary = &visit.vary;
    let is_asked =
        |bill: &Bill| vary.has(Dimension::RangeIgnored) || (from <= bill.day && bill.day <= to);
    let row = |person: &Person, number: &str, bill: &Bill| Row {
        person: number.to_owned(),
        name: person.name.clone(),
        bill: bill.clone(),
    };
    let found = account.bills.iter().filter(|bill| is_asked(bill));
    let mut rows: Vec<Row> = found.map(|bill| row(&person, &account.number, bill)).collect();
    if vary.has(Dimension::OthersRows) {
        let other = visit.world().person(visit.city, person.index + 17);
        let others = self::account(visit.world(), visit.city, &other, false);
        let found = others.bills.iter().filter(|bill| is_asked(bill)).take(7);
        rows.extend(found.map(|bill| row(&other, &others.number, bill)));
        rows.sort_by_key(|row| row.bill.day);
    }
    let rows = window::ordered(vary, rows);
    let limit = visit.number("gridInfo['dataList_limit']").unwrap_or(visit.city.page_rows);
    let start = visit.number("gridInfo['dataList_start']").unwrap_or(0);
    let shown = window::window(vary, &rows, start, limit.min(LIMIT_MAX));
    let arranging = arranging(visit, session);
    let list = shown.rows.iter().map(|row| arranging.object(&bill_facts(vary, row)));
    grid(visit, session, "dataList", list.collect(), shown.total)
}

fn bill_facts(vary: &Vary, row: &Row) -> Vec<Fact> {
    let bill = &row.bill;
    let mut facts = vec![
        fact("accmnh", "payMonth", Shown::Month(bill.month)),
        fact("acctime", "payArriveDate", Shown::Day(Some(bill.day))).essential(),
        fact("corpname", "companyName", Shown::text(&bill.company)),
        fact("income", "inAmount", Shown::Money(bill.income())).essential(),
        fact("outcome", "outAmount", Shown::Money(bill.outcome())).essential(),
        fact("accbal", "balance", Shown::Money(bill.balance)),
        fact("remark", "note", Shown::text(bill.word)),
    ];
    if vary.has(Dimension::OthersRows) || vary.has(Dimension::Masked) {
        let first: String = row.name.chars().take(1).collect();
        let masked = vary.has(Dimension::Masked);
        let name = if masked { format!("{first}**") } else { row.name.clone() };
        facts.push(aside("percode", Shown::text(&row.person)).essential());
        facts.push(aside("pername", Shown::text(name)).essential());
    }
    facts
}

/// The second list of 大同: payments only. The truth follows the first list, which has more.
fn payments(visit: &Visit<'_>, session: &Session) -> Page {
    let Some((_, account)) = signed_in(visit, session) else {
        return signed_out(visit, session);
    };
    let arranging = arranging(visit, session);
    let found = account.bills.iter().filter(|bill| bill.month.is_some());
    let rows: Vec<Value> =
        found.map(|bill| arranging.object(&payment_facts(&account, bill))).collect();
    let total = rows.len();
    grid(visit, session, "datalist", rows, total)
}

fn payment_facts(account: &Account, bill: &Bill) -> Vec<Fact> {
    let half = bill.cents / 2;
    let kind = if bill.kind == Kind::Extra { ("2", "补缴") } else { ("1", "汇缴") };
    vec![
        fact("corpname", "companyName", Shown::text(&bill.company)),
        aside("corpcode", Shown::text(&account.company_no)),
        fact("paybmnh", "payMonth", Shown::Month(bill.month)),
        aside("payemnh", Shown::Month(bill.month)),
        fact("acctime", "payArriveDate", Shown::Day(Some(bill.day))).essential(),
        aside("corpdepmny", Shown::Money(half)),
        aside("perdepmny", Shown::Money(bill.cents - half)),
        fact("depmny", "inAmount", Shown::Money(bill.cents)).essential(),
        fact("bustype", "note", Shown::Code(kind.0, kind.1)),
    ]
}

/// What a perfect connector returns.
pub(crate) fn truth(world: &World, city: &City, person: &Person, is_empty: bool) -> Sections {
    let vary = world.varied(city);
    let account = account(world, city, person, is_empty);
    if is_chengdu(city) {
        return chengdu::truth(&vary, person, &account);
    }
    let bills = account.bills.iter().map(|bill| {
        let (person, name) = (account.number.clone(), person.name.clone());
        told(&vary, &bill_facts(&vary, &Row { person, name, bill: bill.clone() })).value()
    });
    let bills = bills.collect();
    let facts = person_page::facts(city, person, &account);
    let mut rows = vec![("billInfos", bills)];
    rows.extend(loans::truth(world, city, &vary, (person, is_empty)).map(|of| ("loanInfos", of)));
    sections(told(&vary, &facts), rows)
}
