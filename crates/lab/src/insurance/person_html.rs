//! The person-html portals: a token as login answer, server-made tables. 盘锦 shows its base as a row table
//! and the insurances in grids of ten rows padded with blank ones (pension in tab2 turned by pageNo1, the
//! others in tab3 by pageNo2); 无锡 shows lists of labels beside lists of values and one `dl` a column,
//! whose pages end when the columns are absent.
//!
//! 盘锦 base: 单位名称 company, 个人编号 personalNo, 姓名, 公民身份号码 idcard, 性别, 民族, 出生日期, 参加工作日期 workDate,
//! 缴费状态 payStatus, 户口性质 hukouType, 联系电话 selePhone. Rows: 单位名称, 缴费类型 describe, 缴费年月, 缴费标志 status,
//! 基数 salary, 个人, 单位, 到账日期 payDate.
//! 无锡 base: 个人编码 personalNo, 姓名, 公民身份号码, 性别, 出生日期, 民族, 参加工作日期, 单位名称, 户口性质, 联系电话, 缴费状态,
//! 联系地址 residenceAddress, 邮政编码 residenceZipcode. Medical is a yearly account: 年度 describe, 本年划入 amount.

use std::fmt::Write as _;

use serde_json::Value;

use super::history::{Kind, Pay, Record};
use crate::behaviour::Behaviour;
use crate::calendar::Day;
use crate::city::City;
use crate::html;
use crate::login::{Attempt, Refusal, sign_in};
use crate::money::{Cents, grouped};
use crate::people::{Person, World};
use crate::session::Session;
use crate::truth::{Facts, Sections, sections};
use crate::visit::{Page, Visit};

const YEARS_A_PAGE: usize = 5;

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
                    wuxi_base(session, &person, &record)
                }
                "personCBInfo.html" if !panjin => wuxi_insured(visit, &person, &record),
                "personMedCountInfo.html" if !panjin => wuxi_medical(visit, session, &record),
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

fn wuxi_base(session: &Session, person: &Person, record: &Record) -> Page {
    let pairs: [(&str, String); 13] = [
        ("个人编码", person.employee_no.clone()),
        ("姓　　名", html::escape(&person.name)),
        ("公民身份号码", person.id_card.clone()),
        ("性　　别", person.sex().into()),
        ("出生日期", person.birth.dashed()),
        ("民　　族", person.nation.into()),
        ("参加工作日期", started(record)),
        ("单位名称", html::escape(&record.company)),
        ("户口性质", "非农业户口".into()),
        ("联系电话", person.mobile.clone()),
        ("缴费状态", record.state.into()),
        ("联系地址", person.address.clone().unwrap_or_else(|| "null".into())),
        ("邮政编码", person.zipcode.clone()),
    ];
    let is_changed = session.is(Behaviour::Changed);
    let (mut labels, mut values) = (String::new(), String::new());
    for (place, (label, value)) in pairs.iter().enumerate() {
        let _ = if is_changed {
            write!(labels, "<li>字段{place}</li>")
        } else {
            write!(labels, "<li>{label}：</li>")
        };
        let _ = write!(values, "<li>{value}</li>");
    }
    let body = format!(
        "<div class=\"info\"><ul class=\"left\">{labels}</ul>\r\n<ul class=\"right\">{values}</ul></div>"
    );
    Page::html(html::page("个人基本信息", "UTF-8", &body)).data(&["baseInfo"])
}

/// One `dl` a column: the title in `dt`, then a `dd` a row.
fn columns(class: &str, columns: &[(&str, Vec<String>)]) -> String {
    let mut list = format!("<div class=\"{class}\">");
    for (title, cells) in columns {
        let _ = write!(list, "<dl><dt>{title}</dt>");
        for cell in cells {
            let _ = write!(list, "<dd>{cell}</dd>");
        }
        list.push_str("</dl>\r\n");
    }
    list + "</div>"
}

/// The list of insurances a person is in; no section of the document stands for it.
fn wuxi_insured(visit: &Visit<'_>, person: &Person, record: &Record) -> Page {
    let class = "listinfo";
    let body = if visit.number("pageNo").unwrap_or(1) > 1 {
        columns(class, &[])
    } else {
        let each = |value: fn(Kind) -> String| Kind::ALL.map(value).to_vec();
        columns(
            class,
            &[
                ("个人编码", vec![person.employee_no.clone(); 5]),
                ("险种类型", each(|kind| kind.word().into())),
                ("参保状态", vec![record.state.into(); 5]),
                ("首次参保年月", vec![record.first_insured.dashed(); 5]),
            ],
        )
    };
    Page::html(html::page("参保信息", "UTF-8", &body))
}

/// What went into the medical account in each year, oldest first.
fn years(record: &Record) -> Vec<(i16, Cents)> {
    let mut years: Vec<(i16, Cents)> = Vec::new();
    for pay in record.rows(Kind::Medical) {
        let cents = pay.own + pay.unit / 4;
        match years.last_mut() {
            Some(last) if last.0 == pay.month.year => last.1 += cents,
            _ => years.push((pay.month.year, cents)),
        }
    }
    years
}

fn wuxi_medical(visit: &Visit<'_>, session: &Session, record: &Record) -> Page {
    let page = visit.number("pageNo").unwrap_or(1).max(1);
    let years = years(record);
    let shown: Vec<_> = years
        .iter()
        .enumerate()
        .skip((page - 1).saturating_mul(YEARS_A_PAGE))
        .take(YEARS_A_PAGE)
        .collect();
    let before = |place: usize| years[..place].iter().map(|year| year.1).sum::<Cents>();
    let column = |cell: &dyn Fn(usize, (i16, Cents)) -> String| {
        shown.iter().map(|(place, year)| cell(*place, **year)).collect::<Vec<_>>()
    };
    let is_changed = session.is(Behaviour::ChangedRows);
    let title = |title: &'static str, other: &'static str| if is_changed { other } else { title };
    let class = if is_changed { "grid2" } else { "listinfo" };
    let body = if shown.is_empty() {
        columns(class, &[])
    } else {
        columns(
            class,
            &[
                (title("年度", "栏一"), column(&|_, year| year.0.to_string())),
                (title("上年结转", "栏二"), column(&|place, _| grouped(before(place)))),
                (title("本年划入", "栏三"), column(&|_, year| grouped(year.1))),
                (title("本年支出", "栏四"), column(&|_, _| "0.00".into())),
                (title("账户余额", "栏五"), column(&|place, year| grouped(before(place) + year.1))),
            ],
        )
    };
    Page::html(html::page("医疗账户信息", "UTF-8", &body)).data(&["medicalInsuranceInfos"])
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
    let rows = years(&record)
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
