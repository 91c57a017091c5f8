//! The summer portals, as 昆明 runs it: pages of numbered processes whose script carries the state that
//! every request must repeat; a command fills a work table, which the list is then read from.

use std::fmt::Write as _;

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
use crate::shown::{Fact, Shown, aside, fact, text, told};
use crate::vary::Dimension;
use crate::visit::{Page, Visit};
use crate::window;

const ROWS_MAX: usize = 1_000;
const BASE: &str = "70000013";
const BILLS: &str = "70000002";

const WORDS: Words = Words {
    picture: "您输入的验证码与图片不符",
    password: "密码错误请重试",
    unknown: "此身份证号无对应账户信息",
    format: "身份证号不正确",
    maintenance: "系统日终尚未结束",
    ..Words::KNOWN
};

/// The portals of this family.
pub(crate) static FAMILY: Family = Family::new("summer-ydpx", answer, truth);

/// Answers one request.
pub(crate) fn answer(visit: &Visit<'_>, session: &mut Session) -> Page {
    match (visit.path.strip_prefix("kmnbp/").unwrap_or(visit.path), visit.is_post()) {
        ("" | "kmnbp" | "index.jsp", false) => entry(visit, ""),
        ("vericode.jsp", false) => visit.picture(session),
        ("per.login", true) => login(visit, session),
        ("init.summer", false) => process(visit, session),
        ("command.summer", true) => command(visit, session),
        ("dynamictable", true) => table(visit, session),
        _ => Page::missing(),
    }
}

fn entry(visit: &Visit<'_>, error: &str) -> Page {
    let code = if visit.pictures() == Pictures::None {
        ""
    } else {
        "<input name=\"vericode\"/><img src=\"vericode.jsp\"/>"
    };
    let error = if error.is_empty() {
        String::new()
    } else {
        format!("<div class=\"WTLoginError\"><ul><li class=\"text\">{error}</li></ul></div>")
    };
    let body = format!(
        "<form action=\"per.login\" method=\"post\"><input name=\"certinum\"/>\
         <input type=\"password\" name=\"pwd\"/>{code}\
         <input type=\"hidden\" name=\"unitcode\" value=\"\"/>\
         <input type=\"hidden\" name=\"devcode\" value=\"\"/></form>{error}"
    );
    Page::html(html::page("住房公积金网上业务", "UTF-8", &body))
}

fn login(visit: &Visit<'_>, session: &mut Session) -> Page {
    let attempt = Attempt {
        person: visit.world().by_any(visit.city, visit.form.get("certinum")),
        behaviour: Some(Behaviour::of(visit.form.get("pwd"))),
        code: Some(visit.form.get("vericode")),
        is_forced: false,
    };
    match sign_in(visit, session, &attempt) {
        Ok(()) => {
            let person = visit.world().person(visit.city, session.person.unwrap_or(0));
            let body = format!("<div>欢迎您，{}</div>", html::escape(&person.name));
            Page::html(html::page("网上业务大厅", "UTF-8", &body)).login()
        }
        Err(refusal) => WORDS.refuse(visit, refusal, |words| {
            refusal_page(visit, words, || entry(visit, ""))
                .unwrap_or_else(|| entry(visit, words).login())
        }),
    }
}

fn signed_in(visit: &Visit<'_>, session: &Session) -> Option<(Person, Account)> {
    let person = visit.person(session)?;
    let is_empty = session.is(Behaviour::Empty);
    let account = visit.world().accounts(visit.city, &person, is_empty).swap_remove(0);
    Some((person, account))
}

/// The text in which a server-made object travels, with the line breaks of its encoder.
fn ghost(session: &Session, name: &str) -> String {
    format!("rO0ABXNyAB5jb20ueWR5ZC5uYnAu{name}\r\n{}\r\nc3FsdAACTDE=", session.token)
}

/// The instance of a process; the state of a page belongs to one.
fn instance(session: &Session, process: &str) -> String {
    format!("-{process}{}", session.token.chars().take(6).collect::<String>())
}

fn base_facts(city: &City, person: &Person, account: &Account) -> Vec<Fact> {
    vec![
        fact("accnum", "houseFundAccount", text(&account.number)).essential(),
        fact("accname", "employeeName", text(&person.name)).essential(),
        fact("certinum", "idCard", text(&person.id_card)).essential(),
        fact("peraccstate", "houseFundStatus", text(account.state)),
        fact("balance", "houseFundBalance", Shown::Money(account.balance)),
        fact("lastpaydate", "payUntilDate", Shown::Month(account.paid_until())),
        aside("lastdrawdate", Shown::Day(None)),
        fact("basenumber", "monthPayBaseAmount", Shown::Money(account.base)),
        fact("monpaysum", "monthPayAmount", Shown::Money(account.own * 2)),
        fact("indiprop", "depositRatioPersonal", account.shown_ratio()),
        fact("unitprop", "depositRatioCompany", account.shown_ratio()),
        fact("unitaccnum", "companyAccountNum", text(&account.company_no)),
        fact("unitaccname", "companyName", text(&account.company)),
        fact("accinstcode", "depositManageDept", text(format!("{}管理部", city.name))).open(),
    ]
}

/// The page of a process: its form, the state in its script, the objects in text areas.
fn process(visit: &Visit<'_>, session: &Session) -> Page {
    let Some((person, account)) = signed_in(visit, session) else { return entry(visit, "") };
    let process = visit.query.get("_PROCID");
    let names: &[&str] = match process {
        BASE => &[
            "accnum",
            "accname",
            "certinum",
            "peraccstate",
            "balance",
            "lastpaydate",
            "lastdrawdate",
            "basenumber",
            "monpaysum",
            "indiprop",
            "unitprop",
            "unitaccnum",
            "unitaccname",
            "accinstcode",
        ],
        BILLS => &["accnum", "begdate", "enddate"],
        _ => return Page::missing(),
    };
    let mut inputs = String::new();
    for name in names {
        let value = if *name == "accnum" { account.number.as_str() } else { "" };
        let _ = write!(
            inputs,
            "<input type=\"text\" name=\"{name}\" id=\"{name}\" value=\"{value}\"/>\r\n"
        );
    }
    let body = format!(
        "<form id=\"form1\">{inputs}<textarea name=\"DATAlISTGHOST\" style=\"display:none\">{}</textarea>\
         <textarea name=\"_DATAPOOL_\" style=\"display:none\">{}</textarea></form>\
         <script>\r\n//数据总线\r\nvar poolSelect = {{\"_ACCNUM\":\"{}\",'_PAGEID':'step1',\"_IS\":\"{}\",\
         '_PROCID':'{process}',\"_SENDOPERID\":\"{}\",\"_DEPUTYIDCARDNUM\":\"{}\",'_TYPE':'init',\
         \"$page\":\"/ydpx/{process}/{process}_01.ydpx\"}};\r\n</script>",
        ghost(session, "DataListGhost"),
        ghost(session, "DataPool"),
        account.number,
        instance(session, process),
        person.id_card,
        person.id_card,
    );
    Page::html(html::page("业务办理", "UTF-8", &body))
}

/// Whether the state of the process's page was repeated.
fn is_repeated(visit: &Visit<'_>, session: &Session, process: &str) -> bool {
    visit.form.get("_PROCID") == process && visit.form.get("_IS") == instance(session, process)
}

fn failed(message: &str) -> Page {
    Page::json(&json!({"returnCode": "-1", "message": message, "data": {}}))
}

fn command(visit: &Visit<'_>, session: &mut Session) -> Page {
    let Some((person, account)) = signed_in(visit, session) else { return failed("没有登录") };
    if is_repeated(visit, session, BASE) {
        let is_changed = session.is(Behaviour::Changed);
        let notation = Notation::json(&visit.vary);
        let arranging = Arranging { vary: &visit.vary, notation, is_changed };
        let data = arranging.object(&base_facts(visit.city, &person, &account));
        let answer = json!({"returnCode": "0", "message": "", "data": data});
        return Page::json(&answer).data(&["baseInfo"]);
    }
    if !is_repeated(visit, session, BILLS) || visit.form.get("accnum") != account.number {
        return failed("操作失败:系统错误");
    }
    session.work =
        Some((visit.form.get("begdate").to_owned(), visit.form.get("enddate").to_owned()));
    Page::json(&json!({"returnCode": "0", "message": "", "data": {"msg": "查询成功"}}))
}

fn bill_facts(bill: &Bill) -> Vec<Fact> {
    vec![
        fact("transdate", "payArriveDate", Shown::Day(Some(bill.day))).essential(),
        fact("amt1", "outAmount", Shown::Money(bill.outcome())).essential(),
        fact("amt2", "inAmount", Shown::Money(bill.income())).essential(),
        fact("amt3", "balance", Shown::Money(bill.balance)),
        fact("begindate", "payMonth", Shown::Month(bill.month)).open(),
        aside("enddate", Shown::Month(bill.month)),
        aside("instcode", text("530100")),
    ]
}

fn table(visit: &Visit<'_>, session: &Session) -> Page {
    let Some((_, account)) = signed_in(visit, session) else { return failed("没有登录") };
    let is_same = |name: &str, ghost: String| {
        let blank = |text: &str| text.split_whitespace().collect::<String>();
        blank(visit.form.get(name)) == blank(&ghost)
    };
    let has_state = visit.form.get("dynamicTable_id") == "datalist2"
        && visit.form.get("dynamicTable_paging") == "true"
        && is_same("DATAlISTGHOST", ghost(session, "DataListGhost"))
        && is_same("_DATAPOOL_", ghost(session, "DataPool"));
    let Some((from, to)) = session.work.clone().filter(|_| has_state) else {
        return failed("操作失败:系统错误");
    };
    let (Some(from), Some(to)) = (Day::read(&from, false), Day::read(&to, true)) else {
        return failed("日期不正确");
    };
    let vary = &visit.vary;
    let is_ignored = vary.has(Dimension::RangeIgnored);
    let found = account.bills.iter();
    let found: Vec<&Bill> =
        found.filter(|bill| is_ignored || (from <= bill.day && bill.day <= to)).collect();
    let rows = window::ordered(vary, found);
    let size = visit.number("dynamicTable_pageSize").unwrap_or(visit.city.page_rows);
    let page = visit.number("dynamicTable_nextPage").unwrap_or(1);
    let shown = window::page(vary, &rows, page, size.clamp(1, ROWS_MAX));
    let is_changed = session.is(Behaviour::ChangedRows);
    let arranging = Arranging { vary, notation: Notation::json(vary), is_changed };
    let list = shown.rows.iter().map(|bill| arranging.object(&bill_facts(bill))).collect();
    let mut data = Map::new();
    window::count(vary, &mut data, "totalCount", shown.total);
    if let Some(list) = window::list(vary, list) {
        data.insert("data".into(), list);
    }
    let none = "未查询到满足条件的个人明细";
    let message = window::message(vary, rows.is_empty(), none, "");
    let answer = json!({"returnCode": "0", "message": message, "data": Value::Object(data)});
    Page::json(&answer).data(&["billInfos"])
}

/// What a perfect connector returns.
pub(crate) fn truth(world: &World, city: &City, person: &Person, is_empty: bool) -> Sections {
    let vary = world.varied(city);
    let account = world.accounts(city, person, is_empty).swap_remove(0);
    let bills = account.bills.iter().map(|bill| told(&vary, &bill_facts(bill)).value()).collect();
    sections(told(&vary, &base_facts(city, person, &account)), vec![("billInfos", bills)])
}
