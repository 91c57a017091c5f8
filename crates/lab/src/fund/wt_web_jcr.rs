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

use serde_json::{Value, json};

use super::history::{Account, Bill};
use super::rsa::{self, Key};
use crate::behaviour::Behaviour;
use crate::calendar::Day;
use crate::city::City;
use crate::facts::{Facts, Sections, sections};
use crate::html;
use crate::login::{Attempt, Refusal, sign_in};
use crate::money;
use crate::people::{Person, World};
use crate::session::Session;
use crate::visit::{Page, Visit};

const ROWS_MAX: usize = 1_000;

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
    city.area == "630100"
}

fn key(city: &City) -> &'static Key {
    if redirects_home(city) { &rsa::LARGE } else { &rsa::SMALL }
}

/// The three places where the login page complains.
#[derive(Default)]
struct Tips {
    user: &'static str,
    password: &'static str,
    picture: &'static str,
}

fn login_page(visit: &Visit<'_>, tips: &Tips) -> Page {
    let password_id = if redirects_home(visit.city) { "in_password" } else { "password" };
    let Tips { user, password, picture } = tips;
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
             <p>验证码：<input id=\"captcha\" name=\"captcha\"/><img id=\"captcha_img\" src=\"captcha\"/>\
             <span id=\"yzm_tip\">{picture}</span></p>\
             <button id=\"login_btn\">登　录</button></form>\
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
    let tips = match sign_in(visit, session, &attempt) {
        Ok(()) if redirects_home(visit.city) => {
            return Page::redirect(format!("{}/wt-web/home?logintype=1", visit.mount)).login();
        }
        Ok(()) => {
            let index = session.person.unwrap_or(0);
            return home(&visit.world().person(visit.city, index)).login();
        }
        Err(Refusal::Online) => return forced_page(visit).login(),
        Err(Refusal::Picture | Refusal::PictureExpired) => {
            let is_short = visit.form.get("captcha").trim().len() != 4;
            let picture = if is_short { "验证码格式不正确" } else { "验证码错误" };
            Tips { picture, ..Tips::default() }
        }
        Err(Refusal::Password) => Tips { password: "个人密码错误", ..Tips::default() },
        Err(Refusal::Unknown) => Tips { user: "用户名无效", ..Tips::default() },
        Err(Refusal::Format) => Tips { password: "密码格式不正确", ..Tips::default() },
        Err(Refusal::Quota) => Tips { user: "今日登陆次数已达上限", ..Tips::default() },
        // The sheets have no words of this family for the next three: our choice.
        Err(Refusal::Locked) => {
            Tips { user: "用户已锁定，请到柜台办理", ..Tips::default() }
        }
        Err(Refusal::Elsewhere) => {
            Tips { password: "初始密码不能进行查询业务", ..Tips::default() }
        }
        Err(Refusal::Maintenance) => Tips { user: "系统日终尚未结束", ..Tips::default() },
        Err(other) => return other.page().unwrap_or_else(Page::missing),
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

fn base(visit: &Visit<'_>, session: &Session) -> Page {
    let Some(person) = visit.person(session) else { return signed_out(visit) };
    let is_empty = session.is(Behaviour::Empty);
    let accounts = visit.world().accounts(visit.city, &person, is_empty);
    let rows: Vec<Value> = accounts
        .iter()
        .map(|account| {
            let row = base_row(&person, account);
            if session.is(Behaviour::Changed) { renamed(&row) } else { row }
        })
        .collect();
    let answer = json!({
        "success": true,
        "totalcount": rows.len(),
        "data": rows.first(),
        "results": rows,
    });
    Page::json(&answer).data(&["baseInfo"])
}

fn base_row(person: &Person, account: &Account) -> Value {
    let opened = account.opened.map_or_else(|| Day::NONE_TEXT.to_owned(), Day::dashed);
    json!({
        "xingming": person.name,
        "csny": person.birth.in_month().dashed(),
        "xingbie": person.sex(),
        "zjlx": "身份证",
        "zjhm": person.id_card,
        "sjhm": person.mobile,
        "gddhhm": "null",
        "yzbm": person.zipcode,
        "jtysr": null,
        "jtzz": person.address,
        "hyzk": null,
        "dkqk": "无",
        "grzh": account.number,
        "grbh": person.employee_no,
        "grzhzt": account.state,
        "grzhye": money::plain(account.balance),
        "djrq": opened,
        "dwmc": account.company,
        "dwzh": account.company_no,
        "jcbl": null,
        "grjcl": account.ratio(),
        "dwjcl": account.ratio(),
        "grjcjs": money::plain(account.base),
        "yjce": money::plain(account.own * 2),
        "gryjce": money::plain(account.own),
        "dwyjce": money::plain(account.own),
        "jzny": account.paid_until().map(|month| month.dashed()),
        "grckzhkhyhmc": person.bank,
        "grckzhhm": person.bank_card,
    })
}

/// The redesigned answer of `changed`: the same values under other keys.
fn renamed(row: &Value) -> Value {
    let fields = row.as_object().into_iter().flatten();
    Value::Object(fields.map(|(key, value)| (format!("f_{key}_v2"), value.clone())).collect())
}

fn bills(visit: &Visit<'_>, session: &Session) -> Page {
    let Some(person) = visit.person(session) else { return signed_out(visit) };
    let accounts = visit.world().accounts(visit.city, &person, session.is(Behaviour::Empty));
    let asked = visit.query.get("grxx");
    let range =
        (Day::read(visit.query.get("ksrq"), false), Day::read(visit.query.get("jsrq"), true));
    let (Some(account), (Some(from), Some(to))) =
        (accounts.iter().find(|account| account.number == asked), range)
    else {
        return Page::json(&json!({"success": false, "msg": "查询参数不正确"}));
    };
    let number = |name, default| visit.query.number(name).filter(|n| *n > 0).unwrap_or(default);
    let size = number("pageSize", visit.city.page_rows).min(ROWS_MAX);
    let found: Vec<&Bill> =
        account.bills.iter().filter(|bill| from <= bill.day && bill.day <= to).collect();
    let first = (number("pageNum", 1) - 1).saturating_mul(size);
    let is_changed = session.is(Behaviour::ChangedRows);
    let rows: Vec<Value> = found
        .iter()
        .skip(first)
        .take(size)
        .enumerate()
        .map(|(place, bill)| bill_row(&person, account, bill, first + place))
        .map(|row| if is_changed { renamed(&row) } else { row })
        .collect();
    let (total, list) = if is_changed { ("count", "items") } else { ("totalcount", "results") };
    let answer =
        json!({"success": true, "msg": "查询成功", total: found.len(), list: rows, "data": {}});
    Page::json(&answer).data(&["billInfos"])
}

fn bill_row(person: &Person, account: &Account, bill: &Bill, place: usize) -> Value {
    json!({
        "ywlsh": format!("{}{place:06}", bill.day.compact()),
        "grzh": account.number,
        "xingming": person.name,
        "jzrq": bill.day.dashed(),
        "gjhtqywlx": bill.kind.word(),
        "fse": money::plain(bill.cents),
        "fslxe": "0.00",
        "yue": money::plain(bill.balance),
        "tqyy": if bill.kind.is_out() { "购买自住住房" } else { "" },
        "tqfs": null,
    })
}

/// What a perfect connector returns.
pub(crate) fn truth(world: &World, city: &City, person: &Person, is_empty: bool) -> Sections {
    let accounts = world.accounts(city, person, is_empty);
    let bills = accounts.iter().flat_map(|account| &account.bills).map(|bill| {
        let side = if bill.kind.is_out() { "outAmount" } else { "inAmount" };
        Facts::default()
            .day("payArriveDate", bill.day)
            .text("note", bill.kind.word())
            .money(side, bill.cents)
            .money("balance", bill.balance)
            .value()
    });
    let bills = bills.collect();
    sections(base_truth(person, &accounts[0]), vec![("billInfos", bills)])
}

fn base_truth(person: &Person, account: &Account) -> Facts {
    Facts::default()
        .text("employeeName", &person.name)
        .month("birthday", person.birth.in_month())
        .text("gender", person.sex())
        .text("cardType", "身份证")
        .text("idCard", &person.id_card)
        .text("bindMobile", &person.mobile)
        .maybe("homeAddress", person.address.as_deref())
        .text("houseFundAccount", &account.number)
        .text("employeeAccountNum", &person.employee_no)
        .text("houseFundStatus", account.state)
        .money("houseFundBalance", account.balance)
        .day("openAccountDate", account.opened)
        .text("companyName", &account.company)
        .text("companyAccountNum", &account.company_no)
        .text("depositRatioPersonal", account.ratio())
        .text("depositRatioCompany", account.ratio())
        .money("monthPayBaseAmount", account.base)
        .money("monthPayAmount", account.own * 2)
        .money("personalMonthPayAmount", account.own)
        .money("companyMonthPayAmount", account.own)
        .month("payUntilDate", account.paid_until())
        .maybe("bankName", person.bank)
        .text("bankAccount", &person.bank_card)
}
