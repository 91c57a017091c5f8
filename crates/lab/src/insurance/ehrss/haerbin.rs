//! 哈尔滨: a picture that is fetched by its identifier, lists by insurance and range of days. A row's own
//! `type` names its insurance: readers contradict each other on what the parameter `type` means, so it
//! is taken both ways, as 1 injury, 2 birth, 3 unemployment and by `paymentType` 11, 21, 31, 32, 41, 51.

use serde_json::{Value, json};

use super::{
    denied, entry, hall, let_in, listed, path_words, person_id, refused, signed_out, user,
};
use crate::behaviour::Behaviour;
use crate::calendar::Day;
use crate::city::{City, Pictures};
use crate::facts::{Sections, sections};
use crate::family::Family;
use crate::insurance::history::{Kind, Pay, Record};
use crate::lines::Arranging;
use crate::login::{Attempt, sign_in};
use crate::notation::Notation;
use crate::people::{Person, World};
use crate::session::{Session, random_hex};
use crate::shown::{Fact, Shown, aside, fact, text, told};
use crate::vary::Dimension;
use crate::visit::{Page, Visit};

const TITLE: &str = "社会保障个人网上业务大厅";

/// The portals of this family, as this city has them.
pub(crate) static FAMILY: Family =
    Family { cookie: "SESSION", ..Family::new("ehrss", answer, truth) };

/// Answers one request.
pub(crate) fn answer(visit: &Visit<'_>, session: &mut Session) -> Page {
    match (path_words(visit).as_slice(), visit.is_post()) {
        (["uaa", "captcha", "img"], false) if visit.pictures() != Pictures::None => {
            session.picture_id = random_hex();
            Page::json(&json!({"id": session.picture_id}))
        }
        (["uaa", "captcha", "img", id], false) if *id == session.picture_id => {
            visit.picture(session)
        }
        (["uaa", "api", "person", "idandmobile", "login"], true) => login(visit, session),
        (["uaa", "api", "person", "idandmobile"], _) => entry(""),
        (["" | "index.html" | "home"], _) => match visit.person(session) {
            Some(person) => hall(TITLE, &person),
            None => entry(""),
        },
        (["api", "security", "user"], _) => user(visit, session),
        (["ehrss-si-person", "api", rest @ ..], _) => data(visit, session, rest),
        _ => Page::missing(),
    }
}

fn login(visit: &Visit<'_>, session: &mut Session) -> Page {
    let is_right_picture = visit.field("captchaId") == session.picture_id;
    let attempt = Attempt {
        person: visit.world().by_any(visit.city, visit.field("username")),
        behaviour: Some(Behaviour::of(visit.field("password"))),
        code: Some(if is_right_picture { visit.field("captchaWord") } else { "" }),
        is_forced: false,
    };
    match sign_in(visit, session, &attempt) {
        Ok(()) => let_in(visit),
        Err(refusal) => refused(visit, refusal, entry),
    }
}

fn data(visit: &Visit<'_>, session: &Session, words: &[&str]) -> Page {
    let Some(person) = visit.person(session) else { return signed_out() };
    let record = visit.world().insured(visit.city, &person, session.is(Behaviour::Empty));
    let own = person_id(&person);
    match words {
        // Which of the base addresses the city used is not known; all are open.
        ["personCenter", "baseInfo", id] | ["rights", "persons", id] if *id == own => {
            base(visit, session, &person, &record)
        }
        ["rights", "person", "baseinfo"] | ["buzz", "person", "base", "info"]
            if visit.query.get("personId") == own =>
        {
            base(visit, session, &person, &record)
        }
        ["rights", "payment", "paydetail"] if visit.query.get("personId") == own => {
            range(visit, session, &record)
        }
        ["personCenter" | "rights" | "buzz", ..] => denied(),
        _ => Page::missing(),
    }
}

fn base_facts(person: &Person, record: &Record) -> Vec<Fact> {
    vec![
        fact("idSocialensureNumber", "socialSecurityNo", text(&person.employee_no)),
        fact("idNumber", "idcard", text(&person.id_card)).essential(),
        fact("name", "name", text(&person.name)).essential(),
        fact("sex", "sex", text(person.sex())),
        fact("retireStatus", "dimissionRetireType", text("未退休")),
        fact("individualStatus", "payStatus", text(record.state)),
        aside("officialMark", text("非公务员")),
    ]
}

fn base(visit: &Visit<'_>, session: &Session, person: &Person, record: &Record) -> Page {
    let is_changed = session.is(Behaviour::Changed);
    let arranging =
        Arranging { vary: &visit.vary, notation: Notation::json(&visit.vary), is_changed };
    let joined: Vec<Value> = PAYMENT_TYPES
        .iter()
        .map(|(code, _)| {
            json!({"insuranceType": code, "firstJoinDate": record.first_insured.compact()})
        })
        .collect();
    let answer = json!({
        "baseInfoDTO": arranging.object(&base_facts(person, record)),
        "insurInfoList": joined,
        "photo": null,
    });
    Page::json(&answer).data(&["baseInfo"])
}

const PAYMENT_TYPES: [(&str, Kind); 5] = [
    ("11", Kind::Pension),
    ("21", Kind::Unemployment),
    ("31", Kind::Medical),
    ("41", Kind::Injury),
    ("51", Kind::Birth),
];

/// The insurance that is asked for; nothing for serious illness and what is not known.
fn asked(visit: &Visit<'_>) -> Option<Kind> {
    let payment = visit.query.get("paymentType");
    if !payment.is_empty() {
        return PAYMENT_TYPES.iter().find(|row| row.0 == payment).map(|row| row.1);
    }
    match visit.query.get("type") {
        "1" => Some(Kind::Injury),
        "2" => Some(Kind::Birth),
        "3" => Some(Kind::Unemployment),
        _ => None,
    }
}

fn range(visit: &Visit<'_>, session: &Session, record: &Record) -> Page {
    let Some(kind) = asked(visit) else {
        return Page::json(&json!({"personPaymentInfoDetailDTO": []}));
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
    let vary = &visit.vary;
    let is_changed = session.is(Behaviour::ChangedRows);
    let notation = Notation::json(vary).compact_months();
    let arranging = Arranging { vary, notation, is_changed };
    let is_ignored = vary.has(Dimension::RangeIgnored);
    let rows = record
        .listed(vary, kind)
        .iter()
        .filter(|(_, pay)| {
            is_ignored || (from.in_month() <= pay.month && pay.month <= to.in_month())
        })
        .map(|(kind, pay)| arranging.object(&row_facts(*kind, pay)))
        .collect();
    listed(visit, is_changed, "personPaymentInfoDetailDTO", json!({}), rows).data(kind.group())
}

fn row_facts(kind: Kind, pay: &Pay) -> Vec<Fact> {
    vec![
        fact("issue", "payMonthly", Shown::Month(Some(pay.month))).alias("costperiod").essential(),
        aside("dissue", Shown::Month(Some(pay.month))),
        fact("companyPay", "payCompany", Shown::Money(pay.unit)).essential(),
        fact("personPay", "payPerson", Shown::Money(pay.own)).essential(),
        fact("countPay", "amount", Shown::Money(pay.unit + pay.own)),
        fact("companyName", "company", text(&pay.company)).alias("unitname"),
        aside("type", text(kind.word())).essential(),
        fact("basePay", "salary", Shown::MoneyText(pay.base)).alias("paymentbase"),
        fact("payFlag", "status", text(pay.state)),
        fact("payType", "describe", text(pay.describe)),
        fact("payDate", "payDate", Shown::Day(Some(pay.day))),
    ]
}

/// What a perfect connector returns.
pub(crate) fn truth(world: &World, city: &City, person: &Person, is_empty: bool) -> Sections {
    let vary = world.varied(city);
    let record = world.insured(city, person, is_empty);
    let due = city.row_sections();
    let kinds = Kind::ALL.into_iter().filter(|kind| due.contains(&kind.section()));
    let lists = kinds.map(|kind| {
        let rows = record.rows(kind).iter();
        let rows = rows.map(|pay| told(&vary, &row_facts(kind, pay)).value()).collect();
        (kind.section(), rows)
    });
    sections(told(&vary, &base_facts(person, &record)), lists.collect())
}
