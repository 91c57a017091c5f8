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

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::history::{Account, Bill, Kind};
use crate::behaviour::Behaviour;
use crate::calendar::Day;
use crate::city::City;
use crate::facts::{Facts, Sections, sections};
use crate::html;
use crate::login::{Attempt, Refusal, sign_in};
use crate::money::{grouped, plain};
use crate::people::{Person, World};
use crate::session::Session;
use crate::visit::{Page, Visit};

const LIMIT_MAX: usize = 1_000;

fn is_chengdu(city: &City) -> bool {
    city.area == "510100"
}

/// Answers one request.
pub(crate) fn answer(visit: &Visit<'_>, session: &mut Session) -> Page {
    let folder = visit.city.path.trim_start_matches('/');
    let path = visit.path.strip_prefix(folder).unwrap_or(visit.path).trim_start_matches('/');
    match (path, visit.is_post(), is_chengdu(visit.city)) {
        ("" | "login.jsp" | "index.jsp" | "login.do", false, _) => entry(visit, session, ""),
        ("codeimg" | "code.do", false, false) => visit.picture(session),
        ("login.do", true, _) => login(visit, session),
        ("indexAction.do", false, true) => inside(visit, session),
        ("per/queryPerInfo.do", false, false) => base(visit, session),
        ("per/queryPerDeposit!queryPerByYear.do", true, false) => bills(visit, session),
        ("per/perPayRecord!getPerAccDetails.do", true, false) => payments(visit, session),
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
        let shown = if session.is_picture_due { "block" } else { "none" };
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
    // Without the script's header the portal shows pages instead of JSON.
    if !visit.is_ajax() {
        return match result {
            Ok(()) => Page::redirect(format!("{}{}/indexAction.do", visit.mount, visit.city.path)),
            Err(_) => entry(visit, session, text),
        }
        .login();
    }
    Page::json(&json!({
        "success": result.is_ok(),
        "msg": text,
        "validVertCode": session.is_picture_due,
        "fieldData": {},
    }))
    .login()
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

fn department(city: &City) -> String {
    format!("{}管理部", city.name)
}

fn opened(account: &Account) -> String {
    account.opened.map_or_else(|| Day::NONE_TEXT.to_owned(), Day::dashed)
}

fn base(visit: &Visit<'_>, session: &Session) -> Page {
    let Some((person, account)) = signed_in(visit, session) else {
        return signed_out(visit, session);
    };
    let until = account.paid_until().map(|month| month.dashed()).unwrap_or_default();
    let cells: [(&str, &str, String); 15] = [
        ("单位名称", "corpcode2", html::escape(&account.company)),
        ("单位账号", "corpcode", account.company_no.clone()),
        ("管 理 部", "depname", department(visit.city)),
        ("缴存银行", "bkname", person.bank.unwrap_or("null").into()),
        ("缴存基数", "bmny", grouped(account.base)),
        ("个人缴存比例", "perperscale", account.ratio()),
        ("单位缴存比例", "percorpscale", account.ratio()),
        ("个人月缴额", "perdepmny", grouped(account.own)),
        ("单位月缴额", "corpdepmny", grouped(account.own)),
        ("月缴存额", "depmny", grouped(account.own * 2)),
        ("账户余额", "accbal", format!("￥{}", grouped(account.balance))),
        ("账户状态", "accstate", account.state.into()),
        ("开户日期", "regtime", opened(&account)),
        ("缴至年月", "payendmnh", until),
        ("工资基数", "bkname", grouped(account.base)),
    ];
    let is_changed = session.is(Behaviour::Changed);
    let mut rows = String::new();
    for (place, (label, id, value)) in cells.iter().enumerate() {
        let (label, id) = if is_changed {
            (format!("项目{place}"), format!("x{place}"))
        } else {
            ((*label).to_owned(), (*id).to_owned())
        };
        let _ = write!(rows, "<tr><td>{label}：</td><td id=\"{id}\">{value}&nbsp;</td></tr>");
    }
    let (name_class, item_class) = if is_changed { ("n", "i") } else { ("glname", "glitem") };
    let pair = |label: &str, id: &str, value: &str| {
        let label = if is_changed { "项目" } else { label };
        format!(
            "<span class=\"{name_class}\">{label}：</span>\
             <span class=\"{item_class}\"{id}>{value}</span>\r\n"
        )
    };
    let id = |id: &str| if is_changed { String::new() } else { format!(" id=\"{id}\"") };
    let head = pair("姓　名", "", &html::escape(&person.name))
        + &pair("证件号码", "", &person.id_card)
        + &pair("个人账号", "", &account.number)
        + &pair("联名卡银行", &id("bkcardname"), person.bank.unwrap_or(""))
        + &pair("联名卡号", &id("bkcard"), &person.bank_card);
    let table = if is_changed { "info2" } else { "user_info_table" };
    let body = format!("<div class=\"gl\">{head}</div><table id=\"{table}\">{rows}</table>");
    Page::html(html::page("个人信息查询", "UTF-8", &body)).data(&["baseInfo"])
}

/// Renames the keys of a row under `changedrows`.
fn shaped(session: &Session, row: Value) -> Value {
    if !session.is(Behaviour::ChangedRows) {
        return row;
    }
    let fields = row.as_object().into_iter().flatten().enumerate();
    Value::Object(
        fields
            .map(|(place, (_, value))| (format!("col{place}"), value.clone()))
            .collect::<Map<_, _>>(),
    )
}

fn grid(session: &Session, name: &str, rows: Vec<Value>, total: usize) -> Page {
    let list = if session.is(Behaviour::ChangedRows) { "records" } else { "list" };
    Page::json(&json!({
        "success": true,
        "msg": "查询成功",
        "fieldData": {},
        "lists": { name: { "total": total, list: rows } },
    }))
    .data(&["billInfos"])
}

fn bills(visit: &Visit<'_>, session: &Session) -> Page {
    let Some((_, account)) = signed_in(visit, session) else {
        return signed_out(visit, session);
    };
    let range = (
        Day::read(visit.field("dto['startdate']"), false),
        Day::read(visit.field("dto['enddate']"), true),
    );
    let (Some(from), Some(to)) = range else {
        return Page::json(&json!({"success": false, "msg": "查询条件不能为空"}));
    };
    let limit = visit.number("gridInfo['dataList_limit']").unwrap_or(visit.city.page_rows);
    let start = visit.number("gridInfo['dataList_start']").unwrap_or(0);
    let found: Vec<&Bill> =
        account.bills.iter().filter(|bill| from <= bill.day && bill.day <= to).collect();
    let rows = found.iter().skip(start).take(limit.min(LIMIT_MAX)).map(|bill| {
        let row = json!({
            "accmnh": bill.month.map(|month| month.dashed()),
            "acctime": bill.day.dashed(),
            "corpname": bill.company,
            "income": plain(bill.income()),
            "outcome": plain(bill.outcome()),
            "accbal": plain(bill.balance),
            "remark": bill.kind.word(),
        });
        shaped(session, row)
    });
    grid(session, "dataList", rows.collect(), found.len())
}

/// The second list of 大同: payments only. The truth follows the first list, which has more.
fn payments(visit: &Visit<'_>, session: &Session) -> Page {
    let Some((_, account)) = signed_in(visit, session) else {
        return signed_out(visit, session);
    };
    let rows: Vec<Value> = account
        .bills
        .iter()
        .filter(|bill| bill.month.is_some())
        .map(|bill| shaped(session, payment(&account, bill)))
        .collect();
    let total = rows.len();
    grid(session, "datalist", rows, total)
}

fn payment(account: &Account, bill: &Bill) -> Value {
    let half = bill.cents / 2;
    let month = bill.month.map(|month| month.dashed());
    json!({
        "corpname": bill.company,
        "corpcode": account.company_no,
        "paybmnh": month,
        "payemnh": month,
        "acctime": bill.day.dashed(),
        "corpdepmny": plain(half),
        "perdepmny": plain(bill.cents - half),
        "depmny": plain(bill.cents),
        "bustype": if bill.kind == Kind::Extra { "2" } else { "1" },
    })
}

/// What a perfect connector returns.
pub(crate) fn truth(world: &World, city: &City, person: &Person, is_empty: bool) -> Sections {
    let account = account(world, city, person, is_empty);
    if is_chengdu(city) {
        return chengdu::truth(person, &account);
    }
    let bills = account.bills.iter().map(|bill| {
        Facts::default()
            .month("payMonth", bill.month)
            .day("payArriveDate", bill.day)
            .text("companyName", &bill.company)
            .money("inAmount", bill.income())
            .money("outAmount", bill.outcome())
            .money("balance", bill.balance)
            .text("note", bill.kind.word())
            .value()
    });
    let bills = bills.collect();
    sections(base_truth(city, person, &account), vec![("billInfos", bills)])
}

fn base_truth(city: &City, person: &Person, account: &Account) -> Facts {
    Facts::default()
        .text("employeeName", &person.name)
        .text("idCard", &person.id_card)
        .text("houseFundAccount", &account.number)
        .text("bankAccount", &person.bank_card)
        .text("companyName", &account.company)
        .text("companyAccountNum", &account.company_no)
        .text("depositManageDept", department(city))
        .maybe("bankName", person.bank)
        .money("monthPayBaseAmount", account.base)
        .text("depositRatioPersonal", account.ratio())
        .text("depositRatioCompany", account.ratio())
        .money("personalMonthPayAmount", account.own)
        .money("companyMonthPayAmount", account.own)
        .money("monthPayAmount", account.own * 2)
        .money("houseFundBalance", account.balance)
        .text("houseFundStatus", account.state)
        .day("openAccountDate", account.opened)
        .month("payUntilDate", account.paid_until())
}
