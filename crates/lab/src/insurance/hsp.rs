//! The hsp portals of Shandong: a version hidden in the login page, MD5, parameters in a little XML, every
//! cell an input. 济南 mixes the version with the identity number, reads by GET with `year`, keeps three
//! calendar years; 淄博 sends the version plain, reads by POST without a year, and its picture is a sum.
//!
//! Base by input id: xm name, sfzhm idcard, xbmc sex, csrq birthday, mzmc nation, whcdmc education, hkxzmc
//! hukouType, sjhm (and lxdh) selePhone, yzbm residenceZipcode, jtzz (and txdz) residenceAddress, hkszd
//! hukouAddress, dwmc company. Rows: 缴费年月 payMonthly, 缴费基数/个人基数 salary, 记账额 amount, 单位缴费, 个人缴费,
//! 发生日期/缴费日期 payDate, 缴费类型 describe.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::history::{Kind, Pay, Record};
use crate::behaviour::Behaviour;
use crate::city::City;
use crate::facts::{Facts, Sections, sections};
use crate::html;
use crate::login::{Attempt, Refusal, sign_in};
use crate::money::{Cents, plain};
use crate::people::{Person, World};
use crate::session::Session;
use crate::visit::{Page, Visit};

const JINAN_VERSION: &str = "2.0.13";
const ZIBO_VERSION: &str = "1.0.9";

fn is_jinan(city: &City) -> bool {
    city.area == "370100"
}

/// Answers one request.
pub(crate) fn answer(visit: &Visit<'_>, session: &mut Session) -> Page {
    let path = visit.path.strip_prefix("hsp/").filter(|_| is_jinan(visit.city));
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
    let body = if is_jinan(visit.city) {
        format!(
            "<script>var appversion = \"{JINAN_VERSION}\";\r\nfunction onLogin(){{ \
             /* 您输入的密码不正确! */ doLogon(appversion); }}</script>\
             <p>身份证号：<input id=\"yhmInput\"/></p><p>密码：<input type=\"password\" id=\"mmInput\"/></p>\
             <p>验证码：<input id=\"validatecodevalue1\"/><img id=\"authcodeImg\" src=\"authcode\"/></p>"
        )
    } else {
        format!(
            "<p>身份证号：<input id=\"yhmInput\"/></p><p>密码：<input type=\"password\" id=\"mmInput\"/></p>\
             <p>计算结果：<input id=\"validatecodevalue1\"/><img id=\"authcodeImg\" src=\"authcode\"/></p>\
             <img class=\"logonBtn\" src=\"logon.gif\" onclick=\"onLogin('{ZIBO_VERSION}','1')\"/>"
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
fn version(city: &City, id: &str) -> Option<String> {
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
    if visit.field("method") != "doLogon" {
        return Page::missing();
    }
    let xml = visit.field("_xmlString").to_owned();
    let id = parameter(&xml, "userid");
    if version(visit.city, &id).as_deref() != Some(parameter(&xml, "appversion").as_str()) {
        return refused("系统版本与数据库版本两者不一致！");
    }
    let code = parameter(&xml, "authcode");
    let attempt = Attempt {
        person: visit.world().by_id(visit.city, &id),
        behaviour: Some(Behaviour::of_md5(&parameter(&xml, "usermm"))),
        code: Some(&code),
        is_forced: false,
    };
    let text = match sign_in(visit, session, &attempt) {
        Ok(()) => {
            let uuid = format!("USERSESSION_{}", session.token);
            return Page::json(&json!({"flag": true, "message": "", "__usersession_uuid": uuid}))
                .login();
        }
        Err(Refusal::Picture | Refusal::PictureExpired) => "输入的验证码不正确，请检查!",
        Err(Refusal::Password) if is_jinan(visit.city) => "您输入的密码不正确!",
        Err(Refusal::Password) => "用户名或密码不正确",
        Err(Refusal::Unknown) => "查不到用户信息，请先注册",
        // The sheets have no words of this family for the next five: our choice.
        Err(Refusal::Format) => "身份证号码格式不正确",
        Err(Refusal::Locked) => "您的账号累计输错密码3次，请30分钟后重新登陆",
        Err(Refusal::Quota) => "您今天的缴费历史查询已经达到5次",
        Err(Refusal::Elsewhere) => "第一次登录请先修改初始密码",
        Err(Refusal::Maintenance) => "在此期间系统暂停服务",
        Err(other) => return other.page().unwrap_or_else(Page::missing),
    };
    refused(text)
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

fn base(visit: &Visit<'_>, session: &Session, person: &Person, record: &Record) -> Page {
    let address = person.address.as_deref().unwrap_or("");
    let home = hukou_address(visit.city);
    let birth = person.birth.dashed();
    let fields: [(&str, &str, &str); 18] = [
        ("姓 名", "xm", &person.name),
        ("身份证号", "sfzhm", &person.id_card),
        ("性 别", "xbmc", person.sex()),
        ("出生日期", "csrq", &birth),
        ("民 族", "mzmc", person.nation),
        ("婚姻状况", "hyzkmc", ""),
        ("文化程度", "whcdmc", "大学本科"),
        ("户口性质", "hkxzmc", "非农业户口"),
        ("行政职务", "xzzwmc", "null"),
        ("联 系 人", "lxr", ""),
        ("联系电话", "lxdh", &person.mobile),
        ("手机号码", "sjhm", &person.mobile),
        ("邮政编码", "yzbm", &person.zipcode),
        ("家庭住址", "jtzz", address),
        ("通讯地址", "txdz", address),
        ("户口所在地", "hkszd", &home),
        ("单位名称", "dwmc", &record.company),
        ("单位编号", "dwbh", &record.company_no),
    ];
    let mut table = String::new();
    for (place, pair) in fields.chunks(2).enumerate() {
        table.push_str("<tr>");
        for (side, (label, id, value)) in pair.iter().enumerate() {
            let (label, id) = if session.is(Behaviour::Changed) {
                (format!("项目{side}"), format!("aac{place}{side}"))
            } else {
                ((*label).to_owned(), (*id).to_owned())
            };
            let value = html::escape(value);
            let _ = write!(
                table,
                "<td>{label}：</td><td><input type=\"text\" id=\"{id}\" value=\"{value}\" readonly></td>"
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

fn cell(title: &str, kind: Kind, pay: &Pay) -> String {
    match title {
        "缴费险种" => kind.word().into(),
        "缴费年月" => pay.month.compact(),
        "缴费基数" | "单位基数" | "个人基数" => plain(pay.base),
        "记账额" => plain(credited(pay)),
        "发生日期" | "缴费日期" => pay.day.dashed(),
        "个人缴" | "个人缴费" => plain(pay.own),
        "单位缴费" => plain(pay.unit),
        "缴费类型" => pay.describe.into(),
        "门诊统筹扣减额" => "6.50".into(),
        "大额扣减金额" => "5.00".into(),
        _ => String::new(),
    }
}

fn rows(visit: &Visit<'_>, session: &Session, record: &Record, kind: Kind) -> Page {
    let titles = titles(visit.city, kind);
    let mut table = String::from("<tr>");
    for (place, title) in titles.iter().enumerate() {
        let changed = session.is(Behaviour::ChangedRows);
        let _ = if changed {
            write!(table, "<th>栏目{place}</th>")
        } else {
            write!(table, "<th>{title}</th>")
        };
    }
    table.push_str("</tr>\r\n");
    let year = visit.field("year").parse::<i16>().ok();
    let shown = |pay: &&Pay| !is_jinan(visit.city) || Some(pay.month.year) == year;
    let mut count = 0;
    for pay in record.rows(kind).iter().filter(shown) {
        count += 1;
        table.push_str("<tr ondblclick=\"showDetail(this)\" onmouseover=\"over(this)\">");
        if session.is(Behaviour::ChangedRows) {
            table.push_str("<td><input type=\"text\" value=\"新\" readonly></td>");
        }
        for title in titles {
            let value = cell(title, kind, pay);
            let _ = write!(table, "<td><input type=\"text\" value=\"{value}\" readonly></td>");
        }
        table.push_str("</tr>\r\n");
    }
    let mut body = format!("<table class=\"dataTable\" name=\"payhis\">{table}</table>");
    if count > 0 {
        let _ = write!(body, "<p class=\"total\">合计：{count}条</p>");
    }
    Page::html(html::page("缴费历史", "UTF-8", &body)).data(group(kind))
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
        .text("name", &person.name)
        .text("idcard", &person.id_card)
        .text("sex", person.sex())
        .day("birthday", person.birth)
        .text("nation", person.nation)
        .text("education", "大学本科")
        .text("hukouType", "非农业户口")
        .text("selePhone", &person.mobile)
        .text("residenceZipcode", &person.zipcode)
        .maybe("residenceAddress", person.address.as_deref())
        .text("hukouAddress", hukou_address(city))
        .text("company", &record.company);
    let lists = Kind::ALL.map(|kind| {
        let rows = record.rows(kind).iter().map(|pay| row_truth(city, kind, pay)).collect();
        (kind.section(), rows)
    });
    sections(base, lists.into())
}

fn row_truth(city: &City, kind: Kind, pay: &Pay) -> Value {
    titles(city, kind)
        .iter()
        .fold(Facts::default(), |facts, title| match *title {
            "缴费年月" => facts.month("payMonthly", pay.month),
            "缴费基数" | "个人基数" => facts.money_text("salary", pay.base),
            "记账额" => facts.money("amount", credited(pay)),
            "发生日期" | "缴费日期" => facts.day("payDate", pay.day),
            "个人缴" | "个人缴费" => facts.money("payPerson", pay.own),
            "单位缴费" => facts.money("payCompany", pay.unit),
            "缴费类型" => facts.text("describe", pay.describe),
            _ => facts,
        })
        .value()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city::CITIES;

    #[test]
    fn version_is_mixed_with_the_identity_number() {
        let city = CITIES.iter().find(|city| city.area == "370100").unwrap();
        // h = 9853398 2013 7291166723
        let mixed = version(city, "123456789012345678").unwrap();
        assert_eq!(mixed, "82056798531234667232345339823456783729");
    }
}
