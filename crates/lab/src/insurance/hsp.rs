//! The hsp portals of Shandong: a version hidden in the login page, MD5, parameters in a little XML, every
//! cell an input. 济南 mixes the version with the identity number, reads by GET with `year`, keeps three
//! calendar years; 淄博 sends the version plain, reads by POST without a year, and its picture is a sum.
//!
//! Base by input id: xm name, sfzhm idcard, xbmc sex, csrq birthday, mzmc nation, whcdmc education, hkxzmc
//! hukouType, sjhm (and lxdh) selePhone, yzbm residenceZipcode, jtzz (and txdz) residenceAddress, hkszd
//! hukouAddress, dwmc company. Rows: 缴费年月 payMonthly, 缴费基数/个人基数 salary, 记账额 amount, 单位缴费, 个人缴费,
//! 发生日期/缴费日期 payDate, 缴费类型 describe.

use std::fmt::Write as _;

use md5::{Digest, Md5};
use serde_json::json;

use super::history::{Kind, Pay, Record};
use crate::behaviour::Behaviour;
use crate::city::{City, Pictures};
use crate::facts::{Sections, sections};
use crate::family::Family;
use crate::grid::Grid;
use crate::html;
use crate::lines::Arranging;
use crate::login::{Attempt, Refusal, sign_in, words};
use crate::money::Cents;
use crate::notation::Notation;
use crate::people::{Person, World};
use crate::session::Session;
use crate::shown::{Fact, Shown, aside, fact, text, told};
use crate::vary::Dimension;
use crate::visit::{Page, Visit};

const JINAN_VERSION: &str = "2.0.13";
const ROW: &str = " ondblclick=\"showDetail(this)\" onmouseover=\"over(this)\"";
const ZIBO_VERSION: &str = "1.0.9";

/// 泰安 wants the clear password in a step of its own before the login.
fn is_taian(city: &City) -> bool {
    city.area == "370900"
}

fn is_jinan(city: &City) -> bool {
    city.area == "370100"
}

/// The portals of this family.
pub(crate) static FAMILY: Family = Family::new("hsp", answer, truth);

/// Answers one request.
pub(crate) fn answer(visit: &Visit<'_>, session: &mut Session) -> Page {
    let path = visit.path.strip_prefix("hsp/").filter(|_| !visit.city.path.is_empty());
    let path = path.unwrap_or(visit.path);
    match (path, visit.is_post()) {
        ("logon.do", true) => login(visit, session),
        ("authcode", false) => visit.picture(session),
        ("" | "hsp", false) => entry(visit),
        (name, false) if name.starts_with("logonDialog") => entry(visit),
        (_, is_post) if is_post != is_jinan(visit.city) => data(visit, session, path),
        _ => Page::missing(),
    }
}

fn entry(visit: &Visit<'_>) -> Page {
    let code = |label: &str| {
        if visit.pictures() == Pictures::None {
            return String::new();
        }
        format!(
            "<p>{label}：<input id=\"validatecodevalue1\"/>\
             <img id=\"authcodeImg\" src=\"authcode\"/></p>"
        )
    };
    let body = if is_jinan(visit.city) {
        format!(
            "<script>var appversion = \"{JINAN_VERSION}\";\r\nfunction onLogin(){{ \
             /* 您输入的密码不正确! */ doLogon(appversion); }}</script>\
             <p>身份证号：<input id=\"yhmInput\"/></p><p>密码：<input type=\"password\" id=\"mmInput\"/></p>{}",
            code("验证码")
        )
    } else {
        format!(
            "<p>身份证号：<input id=\"yhmInput\"/></p><p>密码：<input type=\"password\" id=\"mmInput\"/></p>\
             {}\
             <img class=\"logonBtn\" src=\"logon.gif\" onclick=\"onLogin('{ZIBO_VERSION}','1')\"/>",
            code("计算结果")
        )
    };
    Page::html(html::page("人力资源和社会保障网上服务", "UTF-8", &body))
}

/// The value of `<s name="…"/>` in the parameter text.
fn parameter(xml: &str, name: &str) -> String {
    for quote in ['"', '\''] {
        let start = format!(" {name}={quote}");
        if let Some(rest) = xml.split_once(&start).map(|parts| parts.1) {
            let value = rest.split(quote).next().unwrap_or("");
            return value
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&amp;", "&");
        }
    }
    String::new()
}

/// The version as the page's script sends it: mixed with slices of the identity number at 济南.
pub(crate) fn version(city: &City, id: &str) -> Option<String> {
    if !is_jinan(city) {
        return Some(ZIBO_VERSION.into());
    }
    let h = format!("9853398{}7291166723", JINAN_VERSION.replace('.', ""));
    let parts = [
        h.get(6..9),
        id.get(4..7),
        h.get(0..4),
        id.get(0..4),
        h.get(h.len() - 5..),
        id.get(11..15),
        h.get(3..7),
        id.get(11..),
        h.get(10..14),
    ];
    parts.into_iter().collect::<Option<Vec<_>>>().map(|parts| parts.concat())
}

fn login(visit: &Visit<'_>, session: &mut Session) -> Page {
    if visit.field("method") == "writeMM2Temp" && is_taian(visit.city) {
        let secret = parameter(visit.field("_xmlString"), "tempmm");
        session.work = Some(("tempmm".into(), hex::encode(Md5::digest(secret))));
        return Page::text("true").login();
    }
    if visit.field("method") != "doLogon" {
        return Page::missing();
    }
    let xml = visit.field("_xmlString").to_owned();
    let id = parameter(&xml, "userid");
    if version(visit.city, &id).as_deref() != Some(parameter(&xml, "appversion").as_str()) {
        return refused("系统版本与数据库版本两者不一致！");
    }
    let digest = parameter(&xml, "usermm");
    let is_told = session.work.take().is_some_and(|work| work.1 == digest.to_ascii_lowercase());
    if is_taian(visit.city) && !is_told {
        return refused("系统忙，请稍后再试");
    }
    let code = parameter(&xml, "authcode");
    let attempt = Attempt {
        person: visit.world().by_id(visit.city, &id),
        behaviour: Some(Behaviour::of_md5(&digest)),
        code: Some(&code),
        is_forced: false,
    };
    let refusal = match sign_in(visit, session, &attempt) {
        Ok(()) => {
            let uuid = format!("USERSESSION_{}", session.token);
            return Page::json(&json!({"flag": true, "message": "", "__usersession_uuid": uuid}))
                .login();
        }
        Err(refusal) => refusal,
    };
    let text = match refusal {
        Refusal::Picture | Refusal::PictureExpired => "输入的验证码不正确，请检查!",
        Refusal::Password if is_jinan(visit.city) => "您输入的密码不正确!",
        Refusal::Password => "用户名或密码不正确",
        Refusal::Unknown => "查不到用户信息，请先注册",
        // The sheets have no words of this family for the next five: our choice.
        Refusal::Format => "身份证号码格式不正确",
        Refusal::Locked => "您的账号累计输错密码3次，请30分钟后重新登陆",
        Refusal::Quota => "您今天的缴费历史查询已经达到5次",
        Refusal::Elsewhere => "第一次登录请先修改初始密码",
        Refusal::Maintenance => "在此期间系统暂停服务",
        other => return other.page().unwrap_or_else(Page::missing),
    };
    refused(words(visit, refusal, text))
}

fn refused(text: &str) -> Page {
    Page::json(&json!({"flag": false, "message": text})).login()
}

fn signed_out() -> Page {
    Page::html(html::page(
        "提示",
        "UTF-8",
        "<script>alert('您没有登录或者连结超时，请重新登录');top.location.href='logonDialog.jsp';</script>",
    ))
}

fn data(visit: &Visit<'_>, session: &Session, path: &str) -> Page {
    let kind = match (path, visit.field("method")) {
        ("hspUser.do", "fwdQueryPerInfo") => None,
        ("siAd.do", "queryAgedPayHis") => Some(Kind::Pension),
        ("siMedi.do", "queryMediPayHis") => Some(Kind::Medical),
        ("siLost.do", "queryLostPayHis") => Some(Kind::Unemployment),
        ("siHarm.do", "queryHarmPayHis") => Some(Kind::Injury),
        ("siBirth.do", "queryBirthPayHis") => Some(Kind::Birth),
        _ => return Page::missing(),
    };
    let uuid = format!("USERSESSION_{}", session.token);
    let person = visit.person(session).filter(|_| visit.field("__usersession_uuid") == uuid);
    let Some(person) = person else { return signed_out() };
    let record = visit.world().insured(visit.city, &person, session.is(Behaviour::Empty));
    match kind {
        None => base(visit, session, &person, &record),
        Some(kind) => rows(visit, session, &record, kind),
    }
}

fn base_facts(city: &City, person: &Person, record: &Record) -> Vec<Fact> {
    let address = person.address.as_deref().unwrap_or("");
    vec![
        fact("xm", "name", text(&person.name)).label("姓 名").essential(),
        fact("sfzhm", "idcard", text(&person.id_card)).label("身份证号").essential(),
        fact("xbmc", "sex", text(person.sex())).label("性 别"),
        fact("csrq", "birthday", Shown::Day(Some(person.birth))).label("出生日期"),
        fact("mzmc", "nation", text(person.nation)).label("民 族"),
        aside("hyzkmc", text("")).label("婚姻状况"),
        fact("whcdmc", "education", text("大学本科")).label("文化程度"),
        fact("hkxzmc", "hukouType", text("非农业户口")).label("户口性质"),
        aside("xzzwmc", text("null")).label("行政职务"),
        aside("lxr", text("")).label("联 系 人"),
        // Two labels for one number: either will do.
        aside("lxdh", text(&person.mobile)).label("联系电话").essential(),
        fact("sjhm", "selePhone", text(&person.mobile)).label("手机号码").essential(),
        fact("yzbm", "residenceZipcode", text(&person.zipcode)).label("邮政编码"),
        fact("jtzz", "residenceAddress", text(address)).label("家庭住址").essential(),
        aside("txdz", text(address)).label("通讯地址"),
        fact("hkszd", "hukouAddress", text(hukou_address(city))).label("户口所在地"),
        fact("dwmc", "company", text(&record.company)).label("单位名称"),
        aside("dwbh", text(&record.company_no)).label("单位编号"),
    ]
}

fn base(visit: &Visit<'_>, session: &Session, person: &Person, record: &Record) -> Page {
    let notation = Notation::html(&visit.vary).plain_money(&visit.vary);
    let is_changed = session.is(Behaviour::Changed);
    let arranging = Arranging { vary: &visit.vary, notation, is_changed };
    let mut table = String::new();
    for pair in arranging.lines(&base_facts(visit.city, person, record)).chunks(2) {
        table.push_str("<tr>");
        for line in pair {
            let (label, value) = (arranging.label_cell(line), html::escape(&line.text));
            let _ = write!(
                table,
                "<td>{label}</td><td><input type=\"text\" id=\"{}\" value=\"{value}\" readonly></td>",
                line.name
            );
        }
        table.push_str("</tr>\r\n");
    }
    let body = format!("<table class=\"defaultTableClass\">{table}</table>");
    Page::html(html::page("个人基本信息", "UTF-8", &body)).data(&["baseInfo"])
}

fn hukou_address(city: &City) -> String {
    format!("{}市示例区", city.name)
}

/// The columns of a city's row table; their order differs by insurance.
fn titles(city: &City, kind: Kind) -> &'static [&'static str] {
    if is_taian(city) {
        return match kind {
            Kind::Pension => &["缴费年月", "单位基数", "单位缴费", "个人基数", "个人缴费"],
            Kind::Medical => {
                &["缴费年月", "缴费类型", "单位基数", "单位缴费", "个人基数", "个人缴费"]
            }
            Kind::Unemployment => &["缴费年月", "单位名称", "缴费基数", "单位缴费", "个人缴费"],
            Kind::Injury | Kind::Birth => &["缴费年月", "单位名称", "缴费基数", "单位缴费"],
        };
    }
    match (is_jinan(city), kind) {
        (true, Kind::Pension) => &["缴费年月", "缴费基数", "记账额", "发生日期"],
        (true, Kind::Medical) => {
            &["缴费年月", "缴费基数", "记账额", "发生日期", "门诊统筹扣减额", "大额扣减金额"]
        }
        (true, Kind::Unemployment) => &["缴费年月", "缴费基数", "个人缴", "缴费日期", "缴费类型"],
        (true, Kind::Injury | Kind::Birth) => &["缴费年月", "缴费日期", "缴费类型"],
        (false, Kind::Medical) => {
            &["缴费险种", "缴费年月", "单位基数", "个人基数", "单位缴费", "个人缴费"]
        }
        (false, Kind::Injury | Kind::Birth) => &["缴费险种", "缴费年月", "缴费基数", "单位缴费"],
        (false, _) => &["缴费险种", "缴费年月", "缴费基数", "单位缴费", "个人缴费"],
    }
}

fn credited(pay: &Pay) -> Cents {
    pay.own + pay.unit / 10
}

fn cell(title: &'static str, kind: Kind, pay: &Pay) -> Fact {
    match title {
        "缴费险种" => aside(title, Shown::text(kind.word())).essential(),
        "缴费年月" => fact(title, "payMonthly", Shown::Month(Some(pay.month))).essential(),
        "缴费基数" | "个人基数" => fact(title, "salary", Shown::MoneyText(pay.base)),
        "单位基数" => aside(title, Shown::MoneyText(pay.base)),
        "记账额" => fact(title, "amount", Shown::Money(credited(pay))).essential(),
        "发生日期" | "缴费日期" => fact(title, "payDate", Shown::Day(Some(pay.day))),
        "个人缴" | "个人缴费" => fact(title, "payPerson", Shown::Money(pay.own)),
        "单位缴费" => fact(title, "payCompany", Shown::Money(pay.unit)).essential(),
        "单位名称" => fact(title, "company", text(&pay.company)),
        "缴费类型" => fact(title, "describe", Shown::text(pay.describe)),
        "门诊统筹扣减额" => aside(title, Shown::Money(650)),
        _ => aside(title, Shown::Money(500)),
    }
}

fn row_facts(city: &City, kind: Kind, pay: &Pay) -> Vec<Fact> {
    titles(city, kind).iter().map(|title| cell(title, kind, pay)).collect()
}

fn rows(visit: &Visit<'_>, session: &Session, record: &Record, kind: Kind) -> Page {
    let vary = &visit.vary;
    let year = visit.field("year").parse::<i16>().ok();
    let reads_all = !is_jinan(visit.city) || vary.has(Dimension::RangeIgnored);
    let listed = record.listed(vary, kind);
    let shown: Vec<_> =
        listed.iter().filter(|row| reads_all || Some(row.1.month.year) == year).collect();
    let grid = Grid {
        arranging: Arranging {
            vary,
            notation: Notation::html(vary).plain_money(vary).compact_months(),
            is_changed: session.is(Behaviour::ChangedRows),
        },
        table: " class=\"dataTable\" name=\"payhis\"",
        head_cell: "th",
        // In one city the head has the handler too, and it does nothing.
        row: if is_taian(visit.city) {
            |place| if place == 0 { " ondblclick=null" } else { ROW }
        } else {
            |place| if place == 0 { "" } else { ROW }
        },
        cell: |value| format!("<input type=\"text\" value=\"{value}\" readonly>"),
        none: "没有查询出相关数据",
        is_last: true,
        has_total: false,
        padded_to: 0,
    };
    let facts: Vec<Vec<Fact>> =
        shown.iter().map(|(kind, pay)| row_facts(visit.city, *kind, pay)).collect();
    let mut body = grid.html(&row_facts(visit.city, kind, &Pay::sample()), &facts);
    if !shown.is_empty() {
        let _ = write!(body, "<p class=\"total\">合计：{}条</p>", shown.len());
    }
    Page::html(html::page("缴费历史", "UTF-8", &body)).data(kind.group())
}

/// What a perfect connector returns.
pub(crate) fn truth(world: &World, city: &City, person: &Person, is_empty: bool) -> Sections {
    let vary = world.varied(city);
    let record = world.insured(city, person, is_empty);
    let lists = Kind::ALL.map(|kind| {
        let rows = record.rows(kind).iter();
        let rows = rows.map(|pay| told(&vary, &row_facts(city, kind, pay)).value()).collect();
        (kind.section(), rows)
    });
    sections(told(&vary, &base_facts(city, person, &record)), lists.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cities::CITIES;

    #[test]
    fn version_is_mixed_with_the_identity_number() {
        let city = CITIES.iter().find(|city| city.area == "370100").unwrap();
        // h = 9853398 2013 7291166723
        let mixed = version(city, "123456789012345678").unwrap();
        assert_eq!(mixed, "82056798531234667232345339823456783729");
    }
}
