//! The ehrss portals (uaa + ehrss-si-person): JSON everywhere, the picture fetched by an identifier.
//! 哈尔滨 shows injury (type 1), birth (2) and unemployment (3) by date range; 海口 has no picture, wants a
//! csrf cookie repeated, logs in by GET, and shows one list a year for all five insurances.
//!
//! 哈尔滨 base in baseInfoDTO: idSocialensureNumber socialSecurityNo, idNumber idcard, name, sex, retireStatus
//! dimissionRetireType, individualStatus payStatus; officialMark has no field. Rows: issue payMonthly,
//! companyPay, personPay, countPay amount, companyName, basePay salary, payFlag status, payType describe,
//! payDate. 海口 base: name, sex and nation as national codes, certificateType (holds the identity number),
//! birthday, mobilenumber selePhone, unitname company. Rows: unitname, insurance (code), costperiod payMonthly,
//! paymentbase salary, unitacttransfersum payCompany, personalacttranssum payPerson, acttransfersum amount.

use serde_json::{Map, Value, json};

use super::history::{Kind, Pay, Record};
use crate::behaviour::Behaviour;
use crate::calendar::Day;
use crate::city::City;
use crate::html;
use crate::login::{Attempt, Refusal, sign_in};
use crate::money::plain;
use crate::people::{Person, World};

use crate::facts::{Facts, Sections, sections};
use crate::session::{Session, random_hex};
use crate::visit::{self, Page, Visit};

const HARBIN_TITLE: &str = "社会保障个人网上业务大厅";
const HAIKOU_TITLE: &str = "海南省人力资源和社会保障网上大厅";

fn is_haikou(city: &City) -> bool {
    city.area == "460100"
}

/// Answers one request.
pub(crate) fn answer(visit: &Visit<'_>, session: &mut Session) -> Page {
    let words: Vec<&str> = visit.path.trim_start_matches("person/").split('/').collect();
    match (words.as_slice(), is_haikou(visit.city)) {
        (["uaa", "captcha", "img"], false) => {
            session.picture_id = random_hex();
            Page::json(&json!({"id": session.picture_id}))
        }
        (["uaa", "captcha", "img", id], false) if *id == session.picture_id => {
            visit.picture(session)
        }
        (["uaa", "api", "person", "idandmobile", "login"], haikou) if haikou != visit.is_post() => {
            login(visit, session)
        }
        (["uaa", "api", "person", "idandmobile"], _) => entry(visit, session, ""),
        (["" | "index.html" | "home"], _) => match visit.person(session) {
            Some(person) => hall(visit, &person),
            None => entry(visit, session, ""),
        },
        (["api", "security", "user"], _) => user(visit, session),
        (["ehrss-si-person", "api", rest @ ..], _) => data(visit, session, rest),
        _ => Page::missing(),
    }
}

/// The login page. 海口 plants its csrf cookie here.
fn entry(visit: &Visit<'_>, session: &Session, error: &str) -> Page {
    let alert = if error.is_empty() {
        String::new()
    } else {
        format!("<div class=\"alert alert-danger\">{error}</div>")
    };
    let body = format!(
        "{alert}<form method=\"post\" action=\"/uaa/api/person/idandmobile/login\">\
         <input name=\"username\"/><input type=\"password\" name=\"password\"/></form>"
    );
    let page = Page::html(html::page("个人登录", "UTF-8", &body));
    if is_haikou(visit.city) {
        return page.cookie(format!("XSRF-TOKEN={}; Path={}", session.token, visit.mount));
    }
    page
}

fn hall(visit: &Visit<'_>, person: &Person) -> Page {
    let title = if is_haikou(visit.city) { HAIKOU_TITLE } else { HARBIN_TITLE };
    let body = format!("<p>{}，您好</p><a href=\"logout\">退出</a>", html::escape(&person.name));
    Page::html(html::page(title, "UTF-8", &body))
}

fn login(visit: &Visit<'_>, session: &mut Session) -> Page {
    let haikou = is_haikou(visit.city);
    if haikou {
        let cookie = visit::cookie(&visit.headers, "XSRF-TOKEN");
        if visit.field("_csrf") != session.token || cookie.as_deref() != Some(&session.token) {
            // Spring's page for a missing csrf token.
            return Page { status: 403, ..Page::tomcat(403, "Invalid CSRF Token") };
        }
    }
    let world = visit.world();
    let person = if haikou {
        let mobile = visit.field("mobilenumber");
        let found = world.by_id(visit.city, visit.field("idnumber"));
        found.filter(|index| world.person(visit.city, *index).mobile == mobile)
    } else {
        world.by_any(visit.city, visit.field("username"))
    };
    let is_right_picture = haikou || visit.field("captchaId") == session.picture_id;
    let code = if is_right_picture { visit.field("captchaWord") } else { "" };
    let attempt = Attempt {
        person,
        behaviour: Some(Behaviour::of(visit.field("password"))),
        code: (!haikou).then_some(code),
        is_forced: false,
    };
    let text = match sign_in(visit, session, &attempt) {
        // Whether the real portals redirect here is not known; our choice.
        Ok(()) => return Page::redirect(format!("{}/home", visit.mount)).login(),
        Err(Refusal::Picture | Refusal::PictureExpired) => "验证码错误",
        Err(Refusal::Password | Refusal::Format) => "用户名或密码错误",
        Err(Refusal::Unknown) => "用户不存在",
        // The sheets have no words of this family for the next four: our choice.
        Err(Refusal::Locked) => "账号已被锁定，请30分钟后重新登录",
        Err(Refusal::Quota) => "今日登录次数已达上限",
        Err(Refusal::Elsewhere) => "第一次登录，请完善您的注册手机号",
        Err(Refusal::Maintenance) => "系统维护，在此期间系统暂停服务",
        Err(other) => return other.page().unwrap_or_else(Page::missing),
    };
    entry(visit, session, text).login()
}

/// Spring's answer to scripts without a session. The sheets are silent; our choice.
fn signed_out() -> Page {
    let answer = json!({"error": "unauthorized", "error_description": "token无效"});
    Page { status: 401, ..Page::json(&answer) }
}

fn person_id(person: &Person) -> String {
    format!("2300000{:010}", person.index)
}

fn user(visit: &Visit<'_>, session: &Session) -> Page {
    let Some(person) = visit.person(session) else { return signed_out() };
    let mut persons = vec![json!({"id": person_id(&person), "name": person.name, "relation": "0"})];
    if person.index % 4 == 1 {
        // A second associated person; the portal's own pages show the first.
        let child = visit.world().person(visit.city, person.index + 1_000);
        persons.push(json!({"id": person_id(&child), "name": child.name, "relation": "1"}));
    }
    Page::json(&json!({
        "id": format!("u{}", person.index),
        "username": person.account,
        "associatedPersons": persons,
    }))
}

fn data(visit: &Visit<'_>, session: &Session, words: &[&str]) -> Page {
    let Some(person) = visit.person(session) else { return signed_out() };
    let record = visit.world().insured(visit.city, &person, session.is(Behaviour::Empty));
    let own = person_id(&person);
    let asked = match words {
        // Which of the four base addresses a city used is not known; all are open.
        ["personCenter", "baseInfo", id] | ["rights", "persons", id] => Some((*id, None)),
        ["rights", "person", "baseinfo"] | ["buzz", "person", "base", "info"] => {
            Some((visit.query.get("personId"), None))
        }
        ["rights", "payment", "paydetail"] if !is_haikou(visit.city) => {
            Some((visit.query.get("personId"), Some(())))
        }
        ["rights", "payment", id] if is_haikou(visit.city) => Some((*id, Some(()))),
        _ => None,
    };
    match asked {
        None => Page::missing(),
        Some((id, _)) if id != own => {
            let answer =
                json!({"error": "access_denied", "error_description": "无该功能的访问权限"});
            Page { status: 403, ..Page::json(&answer) }
        }
        Some((_, None)) => base(visit, session, &person, &record),
        Some((_, Some(()))) if is_haikou(visit.city) => year(visit, session, &record),
        Some((_, Some(()))) => range(visit, session, &record),
    }
}

/// Keys under other names, for the two behaviours of a redesigned portal.
fn shaped(is_changed: bool, row: Value) -> Value {
    if !is_changed {
        return row;
    }
    let fields = row.as_object().into_iter().flatten().enumerate();
    Value::Object(
        fields
            .map(|(place, (_, value))| (format!("field{place}"), value.clone()))
            .collect::<Map<_, _>>(),
    )
}

/// National codes; the sheet says only that 海口 answers with codes.
const NATION_CODES: [(&str, &str); 4] =
    [("汉族", "01"), ("回族", "03"), ("壮族", "08"), ("满族", "11")];

fn base(visit: &Visit<'_>, session: &Session, person: &Person, record: &Record) -> Page {
    let is_changed = session.is(Behaviour::Changed);
    let answer = if is_haikou(visit.city) {
        let nation = NATION_CODES.iter().find(|row| row.0 == person.nation).map(|row| row.1);
        let row = json!({
            "id": person_id(person),
            "name": person.name,
            "sex": if person.is_male { "1" } else { "2" },
            "nation": nation,
            "certificateType": person.id_card,
            "birthday": person.birth.dashed(),
            "mobilenumber": person.mobile,
            "unitname": record.company,
            "email": null,
        });
        shaped(is_changed, row)
    } else {
        let row = json!({
            "idSocialensureNumber": person.employee_no,
            "idNumber": person.id_card,
            "name": person.name,
            "sex": person.sex(),
            "retireStatus": "未退休",
            "individualStatus": record.state,
            "officialMark": "非公务员",
        });
        json!({"baseInfoDTO": shaped(is_changed, row), "photo": null})
    };
    Page::json(&answer).data(&["baseInfo"])
}

fn range(visit: &Visit<'_>, session: &Session, record: &Record) -> Page {
    let (kind, sections): (_, &'static [&'static str]) = match visit.query.get("type") {
        "1" => (Kind::Injury, &["injuryInsuranceInfos"]),
        "2" => (Kind::Birth, &["birthInsuranceInfos"]),
        "3" => (Kind::Unemployment, &["unemployInsuranceInfos"]),
        _ => return Page::json(&json!({"personPaymentInfoDetailDTO": []})),
    };
    let span = (
        Day::read(visit.query.get("startTime"), false),
        Day::read(visit.query.get("endTime"), true),
    );
    let (Some(from), Some(to)) = span else {
        let answer =
            json!({"error": "bad_request", "error_description": "查询失败，起止时间不正确"});
        return Page { status: 400, ..Page::json(&answer) };
    };
    let is_changed = session.is(Behaviour::ChangedRows);
    let rows: Vec<Value> = record
        .rows(kind)
        .iter()
        .filter(|pay| from.in_month() <= pay.month && pay.month <= to.in_month())
        .map(|pay| shaped(is_changed, detail(kind, pay)))
        .collect();
    let name = if is_changed { "records" } else { "personPaymentInfoDetailDTO" };
    Page::json(&json!({ "message": "查询成功", name: rows })).data(sections)
}

fn detail(kind: Kind, pay: &Pay) -> Value {
    json!({
        "issue": pay.month.compact(),
        "dissue": pay.month.compact(),
        "companyPay": plain(pay.unit),
        "personPay": plain(pay.own),
        "countPay": plain(pay.unit + pay.own),
        "companyName": pay.company,
        "type": kind.word(),
        "basePay": plain(pay.base),
        "payFlag": pay.state,
        "payType": pay.describe,
        "payDate": pay.day.dashed(),
    })
}

fn year(visit: &Visit<'_>, session: &Session, record: &Record) -> Page {
    let year = visit.query.get("year").get(..4).and_then(|year| year.parse::<i16>().ok());
    let wanted = visit.query.get("insurance");
    let is_changed = session.is(Behaviour::ChangedRows);
    let mut rows = Vec::new();
    for kind in Kind::ALL {
        if !wanted.is_empty() && wanted != kind.code() {
            continue;
        }
        let of_year = record.rows(kind).iter().filter(|pay| Some(pay.month.year) == year);
        rows.extend(of_year.map(|pay| shaped(is_changed, merged(kind, pay))));
    }
    let name = if is_changed { "records" } else { "list" };
    let sections = &[
        "oldageInsuranceInfos",
        "medicalInsuranceInfos",
        "birthInsuranceInfos",
        "injuryInsuranceInfos",
        "unemployInsuranceInfos",
    ];
    Page::json(&json!({ "message": "查询成功", "total": rows.len(), name: rows })).data(sections)
}

fn merged(kind: Kind, pay: &Pay) -> Value {
    json!({
        "unitname": pay.company,
        "insurance": kind.code(),
        "costperiod": pay.month.compact(),
        "paymentbase": plain(pay.base),
        "unitacttransfersum": plain(pay.unit),
        "personalacttranssum": plain(pay.own),
        "otheracttransfersum": "0.00",
        "acttransfersum": plain(pay.unit + pay.own),
    })
}

/// What a perfect connector returns.
pub(crate) fn truth(world: &World, city: &City, person: &Person, is_empty: bool) -> Sections {
    let record = world.insured(city, person, is_empty);
    if is_haikou(city) {
        let base = Facts::default()
            .text("name", &person.name)
            .text("sex", person.sex())
            .text("nation", person.nation)
            .text("idcard", &person.id_card)
            .day("birthday", person.birth)
            .text("selePhone", &person.mobile)
            .text("company", &record.company);
        return sections(base, lists(&record, &Kind::ALL, merged_truth));
    }
    let base = Facts::default()
        .text("socialSecurityNo", &person.employee_no)
        .text("idcard", &person.id_card)
        .text("name", &person.name)
        .text("sex", person.sex())
        .text("dimissionRetireType", "未退休")
        .text("payStatus", record.state);
    sections(base, lists(&record, &[Kind::Birth, Kind::Injury, Kind::Unemployment], detail_truth))
}

fn lists(
    record: &Record,
    kinds: &[Kind],
    row: fn(&Pay) -> Value,
) -> Vec<(&'static str, Vec<Value>)> {
    kinds
        .iter()
        .map(|kind| (kind.section(), record.rows(*kind).iter().map(row).collect()))
        .collect()
}

fn merged_truth(pay: &Pay) -> Value {
    Facts::default()
        .text("company", &pay.company)
        .month("payMonthly", pay.month)
        .money_text("salary", pay.base)
        .money("payCompany", pay.unit)
        .money("payPerson", pay.own)
        .money("amount", pay.unit + pay.own)
        .value()
}

fn detail_truth(pay: &Pay) -> Value {
    Facts::default()
        .month("payMonthly", pay.month)
        .money("payCompany", pay.unit)
        .money("payPerson", pay.own)
        .money("amount", pay.unit + pay.own)
        .text("company", &pay.company)
        .money_text("salary", pay.base)
        .text("status", pay.state)
        .text("describe", pay.describe)
        .day("payDate", pay.day)
        .value()
}
