//! The person-html portals: a token as login answer, server-made tables. 盘锦 shows its base as a row table
//! and the insurances in grids of ten rows padded with blank ones (pension in tab2 turned by pageNo1, the
//! others in tab3 by pageNo2); 无锡 shows lists of labels beside lists of values and one `dl` a column,
//! whose pages end when the columns are absent.
//!
//! 盘锦 base: 单位名称 company, 个人编号 personalNo, 姓名, 公民身份号码 idcard, 性别, 民族, 出生日期, 参加工作日期 workDate,
//! 缴费状态 payStatus, 户口性质 hukouType, 联系电话 selePhone. Rows: 单位名称, 缴费类型 describe, 缴费年月, 缴费标志 status,
//! 基数 salary, 个人, 单位, 到账日期 payDate.

mod wuxi;

use std::fmt::Write as _;

use serde_json::Value;

use super::history::{Kind, Pay, Record};
use crate::behaviour::Behaviour;
use crate::calendar::Day;
use crate::city::City;
use crate::facts::{Facts, Sections, sections};
use crate::html;
use crate::login::{Attempt, Refusal, sign_in};
use crate::money::grouped;
use crate::people::{Person, World};
use crate::session::Session;
use crate::visit::{Page, Visit};

fn is_panjin(city: &City) -> bool {
    city.area == "211100"
}

/// Answers one request. Pages lie in the root or below `person/`; both are open.
pub(crate) fn answer(visit: &Visit<'_>, session: &mut Session) -> Page {
    let name = visit.path.rsplit('/').next().unwrap_or("");
    let panjin = is_panjin(visit.city);
    match (name, visit.is_post()) {
        ("" | "index.html" | "person", false) => entry(),
        ("validatecode.svl", false) => visit.picture(session),
        ("loginvalidate.html" | "personloginvalidate.html", true) => login(visit, session),
        (name, _) => {
            let Some(person) = visit.person(session) else { return signed_out() };
            let record = visit.world().insured(visit.city, &person, session.is(Behaviour::Empty));
            match name {
                "personRYJBXX.html" if panjin => panjin_base(session, &person, &record),
                "personInfo.html" | "personBaseInfo.html" if !panjin => {
                    wuxi::base(session, &person, &record)
                }
                "personCBInfo.html" if !panjin => wuxi::insured(visit, &person, &record),
                "personMedCountInfo.html" if !panjin => wuxi::medical(visit, session, &record),
                name if panjin => match page_kind(name) {
                    Some(kind) => panjin_rows(visit, session, (&person, &record), kind),
                    None => Page::missing(),
                },
                _ => Page::missing(),
            }
        }
    }
}

/// Only the name of the pension page has a CX more.
fn page_kind(name: &str) -> Option<Kind> {
    Some(match name {
        "web_personYLCBJFXXCX_query.html" => Kind::Pension,
        "web_personYILCBJFXX_query.html" => Kind::Medical,
        "web_personGSCBJFXX_query.html" => Kind::Injury,
        "web_personSHYCBJFXX_query.html" => Kind::Birth,
        "web_personSYCBJFXX_query.html" => Kind::Unemployment,
        _ => return None,
    })
}

fn entry() -> Page {
    let body = "<form id=\"loginform\"><input id=\"account\" name=\"account\"/>\
        <input type=\"password\" name=\"password\"/><input name=\"captcha\"/>\
        <img id=\"f_svl\" src=\"validatecode.svl\"/><input type=\"hidden\" name=\"type\" value=\"1\"/>\
        </form><script>function cb(r){ if(r==\"['success']\"){location=\"person/index.html\";}\
        else if(r==\"['wrongpass']\"){alert(\"密码错误\");}\
        else if(r==\"['captchawrong']\"){alert(\"验证码错误\");} }</script>";
    Page::html(html::page("网上社保个人用户登录", "UTF-8", body))
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

fn started(record: &Record) -> String {
    record.work_start.map_or_else(|| Day::NONE_TEXT.to_owned(), Day::dashed)
}

fn panjin_base(session: &Session, person: &Person, record: &Record) -> Page {
    let is_changed = session.is(Behaviour::Changed);
    let columns: [(&str, String); 12] = [
        ("单位编号", record.company_no.clone()),
        ("单位名称", html::escape(&record.company)),
        ("个人编号", person.employee_no.clone()),
        ("姓 名", html::escape(&person.name)),
        ("公民身份号码", person.id_card.clone()),
        ("性 别", person.sex().into()),
        ("民 族", person.nation.into()),
        ("出生日期", person.birth.dashed()),
        ("参加工作日期", started(record)),
        ("缴费状态", record.state.into()),
        ("户口性质", "非农业户口".into()),
        ("联系电话", person.mobile.clone()),
    ];
    let titles: String =
        columns
            .iter()
            .enumerate()
            .map(|(place, (title, _))| {
                if is_changed {
                    format!("<th>项{place}</th>")
                } else {
                    format!("<th>{title}</th>")
                }
            })
            .collect();
    let cells: String =
        columns.iter().map(|(_, value)| format!("<td>{value}&nbsp;</td>")).collect();
    let id = if is_changed { "result" } else { "queryResult" };
    let body = format!(
        "<table class=\"grid\" id=\"{id}\"><tr>{titles}</tr>\r\n<tr class=\"odd\">{cells}</tr></table>"
    );
    Page::html(html::page("人员基本信息", "UTF-8", &body)).data(&["baseInfo"])
}

const TITLES: [&str; 15] = [
    "序号",
    "个人编号",
    "险种",
    "姓名",
    "公民身份号码",
    "统筹区",
    "单位编号",
    "单位名称",
    "缴费类型",
    "缴费年月",
    "缴费标志",
    "基数",
    "个人",
    "单位",
    "到账日期",
];

fn panjin_rows(
    visit: &Visit<'_>,
    session: &Session,
    (person, record): (&Person, &Record),
    kind: Kind,
) -> Page {
    let is_changed = session.is(Behaviour::ChangedRows);
    let (tab, turner) =
        if kind == Kind::Pension { ("tab2", "pageNo1") } else { ("tab3", "pageNo2") };
    let page = visit.number(turner).unwrap_or(1).max(1);
    let size = visit.city.page_rows;
    let rows = record.rows(kind);
    let pages = rows.len().div_ceil(size).max(1);
    let first = (page - 1).saturating_mul(size);
    let mut table = String::from("<tr>");
    for (place, title) in TITLES.iter().enumerate() {
        let _ = if is_changed {
            write!(table, "<th>列{place}</th>")
        } else {
            write!(table, "<th>{title}</th>")
        };
    }
    table.push_str("</tr>\r\n");
    for place in first..first.saturating_add(size) {
        let cells = rows.get(place).map(|pay| panjin_cells(person, kind, pay, place + 1));
        let cells = cells.unwrap_or_default();
        table.push_str(if place % 2 == 0 { "<tr class=\"odd\">" } else { "<tr class=\"even\">" });
        for column in 0..TITLES.len() {
            // The redesigned page of `changedrows` has its columns the other way round.
            let column = if is_changed { TITLES.len() - 1 - column } else { column };
            let value = cells.get(column).map_or("", String::as_str);
            let _ = write!(table, "<td>{value}&nbsp;</td>");
        }
        table.push_str("</tr>\r\n");
    }
    let body = format!(
        "<input type=\"hidden\" name=\"tzid\" value=\"{tab}\"/>\
         <div id=\"tab1\"><span>{}</span></div><div id=\"{tab}\">\
         <table class=\"grid\">{table}</table>\
         <div class=\"page_num\">{page}/{pages}页<input type=\"hidden\" name=\"{turner}\" value=\"{page}\"/>\
         </div></div>",
        html::escape(&person.name)
    );
    Page::html(html::page("个人参保缴费信息", "UTF-8", &body)).data(group(kind))
}

fn panjin_cells(person: &Person, kind: Kind, pay: &Pay, number: usize) -> Vec<String> {
    vec![
        number.to_string(),
        person.employee_no.clone(),
        kind.word().into(),
        html::escape(&person.name),
        person.id_card.clone(),
        "盘锦市本级".into(),
        pay.company_no.clone(),
        html::escape(&pay.company),
        pay.describe.into(),
        pay.month.compact(),
        pay.state.into(),
        grouped(pay.base),
        grouped(pay.own),
        grouped(pay.unit),
        pay.day.dashed(),
    ]
}

fn group(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Pension => &["oldageInsuranceInfos"],
        Kind::Medical => &["medicalInsuranceInfos"],
        Kind::Birth => &["birthInsuranceInfos"],
        Kind::Injury => &["injuryInsuranceInfos"],
        Kind::Unemployment => &["unemployInsuranceInfos"],
    }
}

/// What a perfect connector returns.
pub(crate) fn truth(world: &World, city: &City, person: &Person, is_empty: bool) -> Sections {
    let record = world.insured(city, person, is_empty);
    let base = Facts::default()
        .text("company", &record.company)
        .text("personalNo", &person.employee_no)
        .text("name", &person.name)
        .text("idcard", &person.id_card)
        .text("sex", person.sex())
        .text("nation", person.nation)
        .day("birthday", person.birth)
        .day("workDate", record.work_start)
        .text("payStatus", record.state)
        .text("hukouType", "非农业户口")
        .text("selePhone", &person.mobile);
    if is_panjin(city) {
        let lists = Kind::ALL
            .map(|kind| (kind.section(), record.rows(kind).iter().map(row_truth).collect()));
        return sections(base, lists.into());
    }
    let base = base
        .maybe("residenceAddress", person.address.as_deref())
        .text("residenceZipcode", &person.zipcode);
    let rows = wuxi::years(&record)
        .into_iter()
        .map(|(year, cents)| {
            Facts::default().text("describe", year.to_string()).money("amount", cents).value()
        })
        .collect();
    sections(base, vec![("medicalInsuranceInfos", rows)])
}

fn row_truth(pay: &Pay) -> Value {
    Facts::default()
        .text("company", &pay.company)
        .text("describe", pay.describe)
        .month("payMonthly", pay.month)
        .text("status", pay.state)
        .money_text("salary", pay.base)
        .money("payPerson", pay.own)
        .money("payCompany", pay.unit)
        .day("payDate", pay.day)
        .value()
}
