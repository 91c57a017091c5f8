//! The wt-web portals (`jcr` generation): RSA login page, captcha, JSON answers, numbered pages.
//! 鞍山 answers the login directly, has a 128-bit key and shows every account of a person;
//! 西宁 redirects to `home` after the login, has a 1024-bit key and takes a mobile number as name.
//!
//! Fields of the base answer that the documents have: xingming employeeName, csny birthday (a month),
//! xingbie gender, zjlx cardType, zjhm idCard, sjhm bindMobile, jtzz homeAddress, grzh houseFundAccount,
//! grbh employeeAccountNum, grzhzt houseFundStatus, grzhye houseFundBalance, djrq openAccountDate, dwmc
//! companyName, dwzh companyAccountNum, grjcl/dwjcl ratios, grjcjs base, yjce/gryjce/dwyjce monthly,
//! grckzhkhyhmc bankName, grckzhhm bankAccount, jzny payUntilDate. Rows: jzrq payArriveDate, gjhtqywlx
//! note (its words decide the side of fse), yue balance.

use serde_json::{Map, Value, json};

use super::history::{Account, Bill};
use super::rsa::{self, Key};
use crate::behaviour::Behaviour;
use crate::calendar::Day;
use crate::city::{City, Pictures};
use crate::facts::{Sections, sections};
use crate::family::Family;
use crate::html;
use crate::lines::Arranging;
use crate::login::{Attempt, Refusal, refusal_page, sign_in, words};
use crate::money::Cents;
use crate::notation::Notation;
use crate::people::{Person, World};
use crate::session::Session;
use crate::shown::{Fact, Shown, aside, fact, told};
use crate::vary::{Dimension, Vary};
use crate::visit::{Page, Visit};
use crate::window;

const ROWS_MAX: usize = 1_000;

/// The portals of this family.
pub(crate) static FAMILY: Family = Family::new("wt-web-jcr", answer, truth);

/// Answers one request.
pub(crate) fn answer(visit: &Visit<'_>, session: &mut Session) -> Page {
    match (visit.path.strip_prefix("wt-web/").unwrap_or(visit.path), visit.is_post()) {
        ("grlogin" | "" | "wt-web", false) => login_page(visit, &Tips::default()),
        ("captcha", false) => visit.picture(session),
        ("grlogin", true) => login(visit, session),
        ("home", false) => match visit.person(session) {
            Some(person) => home(&person),
            None => login_page(visit, &Tips::default()),
        },
        ("jcr/jcrkhxxcx_mh.service", true) => base(visit, session),
        ("jcr/jcrxxcxzhmxcx.service", false) => bills(visit, session),
        _ => Page::missing(),
    }
}

fn redirects_home(city: &City) -> bool {
    matches!(city.area, "630100" | "230600")
}

/// Keys that the answers of 大庆 lack.
fn lacks(city: &City, key: &str) -> bool {
    const MISSING: [&str; 7] = ["gryjce", "dwyjce", "grjcl", "dwjcl", "jzny", "dwzh", "grbh"];
    city.area == "230600" && MISSING.contains(&key)
}

fn key(city: &City) -> &'static Key {
    if city.area == "630100" { &rsa::LARGE } else { &rsa::SMALL }
}

/// The three places where the login page complains.
#[derive(Default)]
struct Tips {
    user: &'static str,
    password: &'static str,
    picture: &'static str,
}

fn login_page(visit: &Visit<'_>, tips: &Tips) -> Page {
    let password_id = if visit.city.area == "630100" { "in_password" } else { "password" };
    let Tips { user, password, picture } = tips;
    let code = if visit.pictures() == Pictures::None {
        String::new()
    } else {
        format!(
            "<p>验证码：<input id=\"captcha\" name=\"captcha\"/>\
             <img id=\"captcha_img\" src=\"captcha\"/><span id=\"yzm_tip\">{picture}</span></p>"
        )
    };
    Page::html(html::page(
        "个人网厅登录页",
        "UTF-8",
        &format!(
            "<form id=\"grlogin_form\" action=\"grlogin\" method=\"post\">\
             <input type=\"hidden\" id=\"modulus\" value=\"{}\"/>\
             <input type=\"hidden\" id=\"exponent\" value=\"{}\"/>\
             <input type=\"hidden\" name=\"force\" id=\"force\" value=\"\"/>\
             <input type=\"hidden\" name=\"grloginDxyz\" value=\"0\"/>\
             <p>用户名：<input id=\"username\" name=\"username\"/>\
             <span id=\"username_tip\">{user}</span></p>\
             <p>密　码：<input type=\"password\" id=\"{password_id}\" name=\"password\"/>\
             <span id=\"pwd_tip\">{password}</span></p>\
             {code}<button id=\"login_btn\">登　录</button></form>\
             <script>function doLogin(){{ /* 个人密码错误 用户名无效 验证码错误 */\
             $(\"#password\").val(encryptedString(k, p)); }}</script>",
            key(visit.city).modulus,
            rsa::EXPONENT,
        ),
    ))
}

fn login(visit: &Visit<'_>, session: &mut Session) -> Page {
    let plain = key(visit.city).decipher(visit.form.get("password"));
    let attempt = Attempt {
        person: visit.world().by_any(visit.city, visit.form.get("username")),
        behaviour: plain.as_deref().map(Behaviour::of),
        code: Some(visit.form.get("captcha")),
        is_forced: visit.form.get("force") == "force",
    };
    let refusal = match sign_in(visit, session, &attempt) {
        Ok(()) if redirects_home(visit.city) => {
            return Page::redirect(format!("{}/wt-web/home?logintype=1", visit.mount)).login();
        }
        Ok(()) => {
            let index = session.person.unwrap_or(0);
            return home(&visit.world().person(visit.city, index)).login();
        }
        Err(Refusal::Online) => return forced_page(visit).login(),
        Err(refusal) => refusal,
    };
    let is_short = visit.form.get("captcha").trim().len() != 4;
    let text = match refusal {
        Refusal::Picture | Refusal::PictureExpired if is_short => "验证码格式不正确",
        Refusal::Picture | Refusal::PictureExpired => "验证码错误",
        Refusal::Password => "个人密码错误",
        Refusal::Unknown => "用户名无效",
        Refusal::Format => "密码格式不正确",
        Refusal::Quota => "今日登陆次数已达上限",
        // The sheets have no words of this family for the next three: our choice.
        Refusal::Locked => "用户已锁定，请到柜台办理",
        Refusal::Elsewhere => "初始密码不能进行查询业务",
        Refusal::Maintenance => "系统日终尚未结束",
        other => return other.page().unwrap_or_else(Page::missing),
    };
    let text = words(visit, refusal, text);
    if let Some(page) = refusal_page(visit, text, || login_page(visit, &Tips::default())) {
        return page;
    }
    let tips = match refusal {
        Refusal::Picture | Refusal::PictureExpired => Tips { picture: text, ..Tips::default() },
        Refusal::Password | Refusal::Format | Refusal::Elsewhere => {
            Tips { password: text, ..Tips::default() }
        }
        _ => Tips { user: text, ..Tips::default() },
    };
    login_page(visit, &tips).login()
}

/// Somebody is logged in with this name: the second page, with a picture of its own.
fn forced_page(visit: &Visit<'_>) -> Page {
    Page::html(html::page(
        "强制登录",
        "UTF-8",
        &format!(
            "<form id=\"qz_form\" action=\"grlogin\" method=\"post\">\
             <p class=\"warn\">强制登录可能会造成已登录用户未完成的操作无效</p>\
             <input type=\"hidden\" name=\"username\" value=\"{}\"/>\
             <input type=\"hidden\" name=\"password\" value=\"{}\"/>\
             <input type=\"hidden\" name=\"force\" value=\"force\"/>\
             <p>验证码：<input id=\"force_captcha\" name=\"captcha\"/>\
             <img id=\"captcha_img\" src=\"captcha\"/></p>\
             <button id=\"qzdl\">强制登录</button></form>",
            html::escape(visit.form.get("username")),
            html::escape(visit.form.get("password")),
        ),
    ))
}

fn home(person: &Person) -> Page {
    Page::html(html::page(
        "住房公积金网上服务大厅",
        "UTF-8",
        &format!(
            "<div class=\"hello\">{}，您好&nbsp;|&nbsp;<a href=\"logout\">退出服务大厅</a></div>\
             <script>var grzh='{}';var grbh='{}';\
             function quit(){{ return confirm(\"您确定退出吗\"); }}</script>",
            html::escape(&person.name),
            person.account,
            person.employee_no,
        ),
    ))
}

/// Without a session the portal shows its login page, also to data requests.
fn signed_out(visit: &Visit<'_>) -> Page {
    login_page(visit, &Tips::default())
}

fn arranging<'a>(vary: &'a Vary, is_changed: bool) -> Arranging<'a> {
    Arranging { vary, notation: Notation::json(vary), is_changed }
}

/// The accounts in the order in which the portal shows them.
fn accounts_shown(visit: &Visit<'_>, session: &Session, person: &Person) -> Vec<Account> {
    let is_empty = session.is(Behaviour::Empty);
    let mut accounts = visit.world().accounts(visit.city, person, is_empty);
    if visit.vary.has(Dimension::Accounts) {
        accounts.reverse();
    }
    accounts
}

fn base(visit: &Visit<'_>, session: &Session) -> Page {
    let Some(person) = visit.person(session) else { return signed_out(visit) };
    let arranging = arranging(&visit.vary, session.is(Behaviour::Changed));
    let accounts = accounts_shown(visit, session, &person);
    let rows: Vec<Value> = accounts
        .iter()
        .map(|account| arranging.object(&base_facts(visit.city, &person, account)))
        .collect();
    let mut answer = Map::from_iter([("success".into(), true.into())]);
    window::count(&visit.vary, &mut answer, "totalcount", rows.len());
    let (first, is_one) = (rows.first().cloned().unwrap_or_default(), rows.len() == 1);
    match visit.vary.variant(Dimension::RecordPlace) {
        Some(0) if is_one => answer.insert("data".into(), first),
        // A list of one is an object, as some JSON libraries make it of XML.
        Some(1) if is_one => answer.insert("results".into(), first),
        Some(_) => {
            answer.insert("data".into(), json!({}));
            answer.insert("results".into(), rows.into())
        }
        None => {
            answer.insert("data".into(), first);
            answer.insert("results".into(), rows.into())
        }
    };
    Page::json(&Value::Object(answer)).data(&["baseInfo"])
}

fn base_facts(city: &City, person: &Person, account: &Account) -> Vec<Fact> {
    let none = || Shown::Maybe(None);
    let mut facts = vec![
        fact("xingming", "employeeName", Shown::text(&person.name)).essential(),
        fact("csny", "birthday", Shown::BirthMonth(person.birth.in_month())),
        fact("xingbie", "gender", Shown::text(person.sex())),
        fact("zjlx", "cardType", Shown::text("身份证")),
        fact("zjhm", "idCard", Shown::text(&person.id_card)),
        fact("sjhm", "bindMobile", Shown::text(&person.mobile)),
        aside("gddhhm", Shown::text("null")),
        aside("yzbm", Shown::text(&person.zipcode)),
        aside("jtysr", none()),
        fact("jtzz", "homeAddress", Shown::Maybe(person.address.clone())),
        aside("hyzk", none()),
        aside("dkqk", Shown::text("无")),
        fact("grzh", "houseFundAccount", Shown::text(&account.number)).essential(),
        fact("grbh", "employeeAccountNum", Shown::text(&person.employee_no)),
        fact("grzhzt", "houseFundStatus", Shown::text(account.state)),
        fact("grzhye", "houseFundBalance", Shown::Money(account.balance)),
        fact("djrq", "openAccountDate", Shown::Day(account.opened)),
        fact("dwmc", "companyName", Shown::text(&account.company)),
        fact("dwzh", "companyAccountNum", Shown::text(&account.company_no)),
        aside("jcbl", none()),
        fact("grjcl", "depositRatioPersonal", account.shown_ratio()),
        fact("dwjcl", "depositRatioCompany", account.shown_ratio()),
        fact("grjcjs", "monthPayBaseAmount", Shown::Money(account.base)),
        fact("yjce", "monthPayAmount", Shown::Money(account.own * 2)),
        fact("gryjce", "personalMonthPayAmount", Shown::Money(account.own)),
        fact("dwyjce", "companyMonthPayAmount", Shown::Money(account.own)),
        fact("jzny", "payUntilDate", Shown::Month(account.paid_until())),
        fact("grckzhkhyhmc", "bankName", Shown::maybe(person.bank)),
        fact("grckzhhm", "bankAccount", Shown::text(&person.bank_card)),
    ];
    facts.retain(|fact| !lacks(city, fact.name));
    facts
}

/// A row of the list with the account it is of.
#[derive(Clone)]
struct Row {
    account: String,
    name: String,
    bill: Bill,
    number: String,
}

fn rows_of(person: &Person, account: &Account, from: Day, to: Day) -> Vec<Row> {
    let found = account.bills.iter().filter(|bill| from <= bill.day && bill.day <= to);
    let row = |(place, bill): (usize, &Bill)| Row {
        account: account.number.clone(),
        name: person.name.clone(),
        bill: bill.clone(),
        number: format!("{}{place:06}", bill.day.compact()),
    };
    found.enumerate().map(row).collect()
}

fn bills(visit: &Visit<'_>, session: &Session) -> Page {
    let Some(person) = visit.person(session) else { return signed_out(visit) };
    let vary = &visit.vary;
    let accounts = accounts_shown(visit, session, &person);
    let asked = visit.query.get("grxx");
    let range =
        (Day::read(visit.query.get("ksrq"), false), Day::read(visit.query.get("jsrq"), true));
    let (Some(account), (Some(from), Some(to))) =
        (accounts.iter().find(|account| account.number == asked), range)
    else {
        return Page::json(&json!({"success": false, "msg": "查询参数不正确"}));
    };
    let (from, to) = if vary.has(Dimension::RangeIgnored) {
        (Day { year: 0, ..from }, Day { year: 9999, ..to })
    } else {
        (from, to)
    };
    let mut rows = rows_of(&person, account, from, to);
    if vary.has(Dimension::AccountIgnored) {
        let all = accounts.iter().flat_map(|account| rows_of(&person, account, from, to));
        rows = all.collect();
        rows.sort_by_key(|row| row.bill.day);
    }
    if vary.has(Dimension::OthersRows) {
        // The portal takes no notice of the account.
        let other = visit.world().person(visit.city, person.index + 17);
        let others = visit.world().accounts(visit.city, &other, false);
        rows.extend(rows_of(&other, &others[0], from, to).into_iter().take(7));
        rows.sort_by_key(|row| row.bill.day);
    }
    let rows = window::ordered(vary, rows);
    let number = |name, default| visit.query.number(name).filter(|n| *n > 0).unwrap_or(default);
    let size = number("pageSize", visit.city.page_rows).min(ROWS_MAX);
    let shown = window::page(vary, &rows, number("pageNum", 1), size);
    let is_changed = session.is(Behaviour::ChangedRows);
    let arranging = arranging(vary, is_changed);
    let list: Vec<Value> =
        shown.rows.iter().map(|row| arranging.object(&bill_facts(vary, row))).collect();
    let (total, key) = if is_changed { ("count", "items") } else { ("totalcount", "results") };
    let none = "未查询到满足条件的个人明细";
    let message = window::message(vary, rows.is_empty(), none, "查询成功");
    let mut answer = Map::new();
    answer.insert("success".into(), true.into());
    answer.insert("msg".into(), message.into());
    window::count(vary, &mut answer, total, shown.total);
    if let Some(list) = window::list(vary, list) {
        answer.insert(key.into(), list);
    }
    answer.insert("data".into(), json!({}));
    Page::json(&Value::Object(answer)).data(&["billInfos"])
}

/// The amount as the portal signs it: some print a reversal without its minus.
fn signed(vary: &Vary, bill: &Bill) -> Cents {
    match vary.variant(Dimension::Reversal) {
        Some(1 | 3) if bill.cents < 0 => -bill.cents,
        _ => bill.cents,
    }
}

fn bill_facts(vary: &Vary, row: &Row) -> Vec<Fact> {
    let bill = &row.bill;
    let name = if vary.has(Dimension::Masked) {
        let first: String = row.name.chars().take(1).collect();
        format!("{first}**")
    } else {
        row.name.clone()
    };
    vec![
        aside("ywlsh", Shown::text(&row.number)),
        aside("grzh", Shown::text(&row.account)).essential(),
        aside("xingming", Shown::text(name)),
        fact("jzrq", "payArriveDate", Shown::Day(Some(bill.day))).essential(),
        fact("gjhtqywlx", "note", Shown::text(bill.word)).essential(),
        fact("fse", side(bill), Shown::Money(signed(vary, bill))).essential(),
        aside("fslxe", Shown::Money(0)),
        fact("yue", "balance", Shown::Money(bill.balance)).alias("grzhye"),
        aside("tqyy", Shown::text(if bill.kind.is_out() { "购买自住住房" } else { "" })),
        aside("tqfs", Shown::Maybe(None)),
    ]
}

fn side(bill: &Bill) -> &'static str {
    if bill.kind.is_out() { "outAmount" } else { "inAmount" }
}

/// What a perfect connector returns.
pub(crate) fn truth(world: &World, city: &City, person: &Person, is_empty: bool) -> Sections {
    let vary = world.varied(city);
    let accounts = world.accounts(city, person, is_empty);
    let (from, to) = (Day { year: 0, month: 1, day: 1 }, Day { year: 9999, month: 1, day: 1 });
    let rows = accounts.iter().flat_map(|account| rows_of(person, account, from, to));
    let bills = rows.map(|row| {
        // Whatever sign is printed, a reversal takes away.
        let facts = told(&vary, &bill_facts(&vary, &row));
        facts.money(side(&row.bill), row.bill.cents).value()
    });
    let bills = bills.collect();
    let base = told(&vary, &base_facts(city, person, &accounts[0]));
    sections(base, vec![("billInfos", bills)])
}
