//! The unieap portals, as 日照 runs it: one address for all data, asked in a script's notation that is
//! not quite JSON. Each key has the name of its row set in front; days are milliseconds, words are codes.

use serde_json::{Map, Value, json};

use super::history::{Kind, Pay, Record};
use crate::behaviour::Behaviour;
use crate::calendar::Month;
use crate::city::{City, Pictures};
use crate::facts::{Sections, sections};
use crate::family::Family;
use crate::html;
use crate::lines::Arranging;
use crate::login::{Attempt, Words, refusal_page, sign_in};
use crate::notation::Notation;
use crate::people::{Person, World};
use crate::session::Session;
use crate::shown::{Fact, Shown, fact, text, told};
use crate::vary::Dimension;
use crate::visit::{Page, Visit};
use crate::window;

const ROWS_MAX: usize = 1_000;
const RECORD: &str = "pq.vpq_gg_ac01";

const WORDS: Words = Words {
    picture: "错误的验证码",
    password: "您输入的密码与您的用户名不匹配",
    unknown: "用户名不存在或密码错误",
    ..Words::KNOWN
};

/// The portals of this family.
pub(crate) static FAMILY: Family = Family::new("unieap", answer, truth);

/// Answers one request.
pub(crate) fn answer(visit: &Visit<'_>, session: &mut Session) -> Page {
    match (visit.path, visit.is_post()) {
        ("" | "logAction.do", false) => entry(visit, ""),
        ("jcaptcha", false) => visit.picture(session),
        ("j_unieap_security_check.do", true) => login(visit, session),
        ("rpc.do", true) => query(visit, session),
        _ => Page::missing(),
    }
}

fn entry(visit: &Visit<'_>, error: &str) -> Page {
    let code = if visit.pictures() == Pictures::None {
        ""
    } else {
        "<input name=\"jcaptcha_response\"/><img id=\"jcaptcha\" src=\"jcaptcha\"/>"
    };
    let body = format!(
        "<script>function setEsgStyle(){{ document.body.className = \"esg\"; }}</script>\
         <form action=\"j_unieap_security_check.do?logtype=1\" method=\"post\">\
         <input name=\"j_username\"/><input type=\"password\" name=\"j_password\"/>{code}\
         <span class=\"error\">{error}</span></form>"
    );
    Page::html(html::page("社会保险网上服务", "UTF-8", &body))
}

fn login(visit: &Visit<'_>, session: &mut Session) -> Page {
    let attempt = Attempt {
        person: visit.world().by_any(visit.city, visit.field("j_username")),
        behaviour: Some(Behaviour::of(visit.field("j_password"))),
        code: Some(visit.field("jcaptcha_response")),
        is_forced: false,
    };
    match sign_in(visit, session, &attempt) {
        Ok(()) => {
            let body = "<iframe id=\"mianFrame\" name=\"mianFrame\" src=\"main.jsp\"></iframe>";
            Page::html(html::page("社会保险个人网上服务", "UTF-8", body)).login()
        }
        Err(refusal) => WORDS.refuse(visit, refusal, |words| {
            refusal_page(visit, words, || entry(visit, ""))
                .unwrap_or_else(|| entry(visit, words).login())
        }),
    }
}

/// The value of an unquoted or quoted key in the query.
fn value_of<'a>(body: &'a str, key: &str) -> Option<&'a str> {
    let mut rest = body;
    while let Some(at) = rest.find(key) {
        let after = rest[at + key.len()..].trim_start_matches(['"', '\'']).trim_start();
        rest = &rest[at + key.len()..];
        let Some(value) = after.strip_prefix(':').map(str::trim_start) else { continue };
        return match value.chars().next()? {
            quote @ ('"' | '\'') => value[1..].split(quote).next(),
            _ => value.split([',', '}']).next().map(str::trim),
        };
    }
    None
}

/// The months between which the condition asks.
fn months_asked(body: &str) -> Option<(String, String)> {
    let condition = body.split_once("condition")?.1;
    let digits: Vec<&str> = condition
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| part.len() == 6)
        .take(2)
        .collect();
    Some((digits.first()?.to_string(), digits.get(1)?.to_string()))
}

fn kind_of(set: &str) -> Option<Kind> {
    Some(match set {
        "pq.vpq_yl_sj" => Kind::Pension,
        "pq.vpq_yil_sj" => Kind::Medical,
        "pq.vpq_shiy_jc01" => Kind::Unemployment,
        "pq.vpq_gs_ac20" => Kind::Injury,
        "pq.vpq_sy_ac20" => Kind::Birth,
        _ => return None,
    })
}

fn query(visit: &Visit<'_>, session: &Session) -> Page {
    let signed_out =
        || Page::html(html::page("提示", "UTF-8", "<p>您没有登录或者连结超时，请重新登录</p>"));
    let Some(person) = visit.person(session) else { return signed_out() };
    if visit.headers.get("referer").is_none() {
        return Page::missing();
    }
    let record = visit.world().insured(visit.city, &person, session.is(Behaviour::Empty));
    let set = value_of(&visit.body, "rowSetName").unwrap_or("");
    let is_record = set == RECORD;
    let is_changed =
        session.is(if is_record { Behaviour::Changed } else { Behaviour::ChangedRows });
    let notation = Notation::json(&visit.vary).compact_months().epoch_days();
    let arranging = Arranging { vary: &visit.vary, notation, is_changed };
    if is_record {
        let row = arranging.object(&record_facts(&person, &record));
        return answered(visit, set, vec![row], 1).data(&["baseInfo"]);
    }
    let (Some(kind), Some((from, to))) = (kind_of(set), months_asked(&visit.body)) else {
        return Page::json(
            &json!({"header": {"code": "-1", "message": {"title": "查询异常"}}, "body": {}}),
        );
    };
    let vary = &visit.vary;
    let is_ignored = vary.has(Dimension::RangeIgnored);
    let is_asked = |month: Month| is_ignored || (from <= month.compact() && month.compact() <= to);
    let found = record.rows(kind).iter().filter(|pay| is_asked(pay.month)).collect();
    let rows = window::ordered(vary, found);
    let number = |key| value_of(&visit.body, key).and_then(|text| text.parse().ok());
    let size = number("pageSize").unwrap_or(visit.city.page_rows).clamp(1, ROWS_MAX);
    let shown = window::page(vary, &rows, number("pageNumber").unwrap_or(1), size);
    let list = shown.rows.iter().map(|pay| arranging.object(&row_facts(kind, pay))).collect();
    answered(visit, set, list, shown.total).data(kind.group())
}

fn answered(visit: &Visit<'_>, set: &str, rows: Vec<Value>, total: usize) -> Page {
    let vary = &visit.vary;
    let mut primary = Map::new();
    if let Some(rows) = window::list(vary, rows) {
        primary.insert("primary".into(), rows);
    }
    primary.insert("filter".into(), json!([]));
    primary.insert("delete".into(), json!([]));
    let mut store = Map::new();
    store.insert("rowSet".into(), Value::Object(primary));
    store.insert("rowSetName".into(), set.into());
    window::count(vary, &mut store, "recordCount", total);
    let name = if vary.has(Dimension::RecordPlace) { "" } else { "queryStore" };
    Page::json(&json!({
        "header": {"code": 0, "message": {"title": "", "detail": ""}},
        "body": {"parameters": {}, "dataStores": { name: store }},
    }))
}

fn record_facts(person: &Person, record: &Record) -> Vec<Fact> {
    let sex = if person.is_male { "1" } else { "2" };
    vec![
        fact("AAC001", "personalNo", text(&person.employee_no)).essential(),
        fact("AAC002", "idcard", text(&person.id_card)).essential(),
        fact("AAC003", "name", text(&person.name)).essential(),
        fact("AAC004", "sex", Shown::Code(sex, person.sex())),
        fact("AAC006", "birthday", Shown::Day(Some(person.birth))),
        fact("AAC007", "workDate", Shown::Day(record.work_start)),
        fact("AAC009", "hukouType", Shown::Code("10", "非农业户口(城镇)")),
        fact("AAC011", "education", Shown::Code("21", "大学")),
        fact("AAC012", "identityType", Shown::Code("1", "普通工人")).open(),
        fact("AAB004", "company", text(&record.company)),
        fact("AAE005", "selePhone", text(&person.mobile)),
        fact("AAE006", "residenceAddress", Shown::Maybe(person.address.clone())),
        fact("AAE007", "residenceZipcode", text(&person.zipcode)),
        fact("AAE015", "mail", text(&person.email)),
        fact("AKC021", "insurePersonType", Shown::Code("11", "在职")).open(),
    ]
}

fn state(pay: &Pay) -> Shown {
    if pay.state == "退费" {
        Shown::Code("3", "已退费")
    } else {
        Shown::Code("1", "已缴费")
    }
}

fn row_facts(kind: Kind, pay: &Pay) -> Vec<Fact> {
    let month = |name| fact(name, "payMonthly", Shown::Month(Some(pay.month))).essential();
    let base = |name| fact(name, "salary", Shown::MoneyText(pay.base));
    let unit = |name| fact(name, "payCompany", Shown::Money(pay.unit)).essential();
    let own = |name| fact(name, "payPerson", Shown::Money(pay.own));
    let paid = |name| fact(name, "status", state(pay));
    match kind {
        Kind::Pension => vec![
            month("VPQ_YL_SJ_AAE003"),
            base("VPQ_YL_SJ_BAC121"),
            unit("VPQ_YL_SJ_DWYI"),
            own("VPQ_YL_SJ_GRYJ"),
            paid("VPQ_YL_SJ_AAE114"),
        ],
        Kind::Medical => vec![
            month("VPQ_YIL_SJ_AAE003"),
            base("VPQ_YIL_SJ_BAC121"),
            unit("VPQ_YIL_SJ_DWYI"),
            own("VPQ_YIL_SJ_GRYJ"),
            paid("VPQ_YIL_SJ_AAE114"),
        ],
        Kind::Unemployment => vec![
            month("VPQ_SHIY_JC01_AAE003"),
            base("VPQ_SHIY_JC01_AJC020"),
            unit("VPQ_SHIY_JC01_AJC031"),
            own("VPQ_SHIY_JC01_AJC030"),
        ],
        Kind::Injury => vec![
            month("VPQ_GS_AC20_AAE003"),
            base("VPQ_GS_AC20_AAC150"),
            unit("VPQ_GS_AC20_DWJGR"),
            own("VPQ_GS_AC20_GRJN"),
            paid("VPQ_GS_AC20_AAE114"),
        ],
        Kind::Birth => vec![
            month("VPQ_SY_AC20_AAE003"),
            base("VPQ_SY_AC20_AAC150"),
            unit("VPQ_SY_AC20_DWJGR"),
            own("VPQ_SY_AC20_GRJN"),
            paid("VPQ_SY_AC20_AAE114"),
        ],
    }
}

/// What a perfect connector returns.
pub(crate) fn truth(world: &World, city: &City, person: &Person, is_empty: bool) -> Sections {
    let vary = world.varied(city);
    let record = world.insured(city, person, is_empty);
    let lists = Kind::ALL.map(|kind| {
        let rows = record.rows(kind).iter().map(|pay| told(&vary, &row_facts(kind, pay)).value());
        (kind.section(), rows.collect())
    });
    sections(told(&vary, &record_facts(person, &record)), lists.into())
}
