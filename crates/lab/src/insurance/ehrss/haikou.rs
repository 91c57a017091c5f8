//! 海口: no picture, a csrf cookie that must be repeated, a login by GET, and one list a year for all five
//! insurances. Sex and nation are codes; `certificateType` holds the identity number.

use serde_json::{Map, Value};

use super::{
    denied, entry, hall, let_in, listed, path_words, person_id, refused, signed_out, user,
};
use crate::behaviour::Behaviour;
use crate::city::City;
use crate::facts::{Sections, sections};
use crate::family::Family;
use crate::insurance::history::{Kind, Pay, Record};
use crate::lines::Arranging;
use crate::login::{Attempt, sign_in};
use crate::notation::Notation;
use crate::people::{Person, World};
use crate::session::Session;
use crate::shown::{Fact, Shown, aside, fact, text, told};
use crate::vary::Dimension;
use crate::visit::{self, Page, Visit};
use crate::window;

const TITLE: &str = "海南省人力资源和社会保障网上大厅";

/// The portals of this family, as this city has them.
pub(crate) static FAMILY: Family =
    Family { cookie: "SESSION", ..Family::new("ehrss", answer, truth) };

/// Answers one request.
pub(crate) fn answer(visit: &Visit<'_>, session: &mut Session) -> Page {
    match (path_words(visit).as_slice(), visit.is_post()) {
        (["uaa", "api", "person", "idandmobile", "login"], false) => login(visit, session),
        (["uaa", "api", "person", "idandmobile"], _) => planted(visit, session, ""),
        (["" | "index.html" | "home"], _) => match visit.person(session) {
            Some(person) => hall(TITLE, &person),
            None => planted(visit, session, ""),
        },
        (["api", "security", "user"], _) => user(visit, session),
        (["ehrss-si-person", "api", rest @ ..], _) => data(visit, session, rest),
        _ => Page::missing(),
    }
}

/// The login page with its csrf cookie.
fn planted(visit: &Visit<'_>, session: &Session, error: &str) -> Page {
    entry(error).cookie(format!("XSRF-TOKEN={}; Path={}", session.token, visit.mount))
}

fn login(visit: &Visit<'_>, session: &mut Session) -> Page {
    let cookie = visit::cookie(&visit.headers, "XSRF-TOKEN");
    if visit.field("_csrf") != session.token || cookie.as_deref() != Some(&session.token) {
        // Spring's page for a missing csrf token.
        return Page { status: 403, ..Page::tomcat(403, "Invalid CSRF Token") };
    }
    let world = visit.world();
    let mobile = visit.field("mobilenumber");
    let found = world.by_id(visit.city, visit.field("idnumber"));
    let attempt = Attempt {
        person: found.filter(|index| world.person(visit.city, *index).mobile == mobile),
        behaviour: Some(Behaviour::of(visit.field("password"))),
        code: None,
        is_forced: false,
    };
    match sign_in(visit, session, &attempt) {
        Ok(()) => let_in(visit),
        Err(refusal) => refused(visit, refusal, |error| planted(visit, session, error)),
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
        ["rights", "payment", id] if *id == own => year(visit, session, &record),
        ["personCenter" | "rights" | "buzz", ..] => denied(),
        _ => Page::missing(),
    }
}

/// National codes; the survey says only that the portal answers with codes.
const NATION_CODES: [(&str, &str); 4] =
    [("汉族", "01"), ("回族", "03"), ("壮族", "08"), ("满族", "11")];

fn base_facts(person: &Person, record: &Record) -> Vec<Fact> {
    let nation = NATION_CODES.iter().find(|row| row.0 == person.nation).map_or("", |row| row.1);
    vec![
        aside("id", text(person_id(person))).essential(),
        fact("name", "name", text(&person.name)).essential(),
        fact("sex", "sex", Shown::Code(if person.is_male { "1" } else { "2" }, person.sex())),
        fact("nation", "nation", Shown::Code(nation, person.nation)),
        fact("certificateType", "idcard", text(&person.id_card)).essential(),
        fact("birthday", "birthday", Shown::Day(Some(person.birth))),
        fact("mobilenumber", "selePhone", text(&person.mobile)),
        fact("unitname", "company", text(&record.company)),
        aside("email", Shown::Maybe(None)),
    ]
}

fn base(visit: &Visit<'_>, session: &Session, person: &Person, record: &Record) -> Page {
    let is_changed = session.is(Behaviour::Changed);
    let arranging =
        Arranging { vary: &visit.vary, notation: Notation::json(&visit.vary), is_changed };
    Page::json(&arranging.object(&base_facts(person, record))).data(&["baseInfo"])
}

fn year(visit: &Visit<'_>, session: &Session, record: &Record) -> Page {
    let year = visit.query.get("year").get(..4).and_then(|year| year.parse::<i16>().ok());
    let wanted = visit.query.get("insurance");
    let vary = &visit.vary;
    let is_changed = session.is(Behaviour::ChangedRows);
    let notation = Notation::json(vary).compact_months();
    let arranging = Arranging { vary, notation, is_changed };
    let is_ignored = vary.has(Dimension::RangeIgnored);
    let mut rows = Vec::new();
    for kind in Kind::ALL {
        if wanted.is_empty() || wanted == kind.code() {
            let of_year = record.rows(kind).iter();
            let of_year = of_year.filter(|pay| is_ignored || Some(pay.month.year) == year);
            rows.extend(of_year.map(|pay| arranging.object(&row_facts(kind, pay))));
        }
    }
    let rows = window::ordered(vary, rows);
    let mut answer = Map::new();
    window::count(vary, &mut answer, "total", rows.len());
    let sections = &[
        "oldageInsuranceInfos",
        "medicalInsuranceInfos",
        "birthInsuranceInfos",
        "injuryInsuranceInfos",
        "unemployInsuranceInfos",
    ];
    listed(visit, is_changed, "list", Value::Object(answer), rows).data(sections)
}

fn row_facts(kind: Kind, pay: &Pay) -> Vec<Fact> {
    vec![
        fact("unitname", "company", text(&pay.company)).alias("companyName"),
        aside("insurance", text(kind.code())).essential(),
        fact("costperiod", "payMonthly", Shown::Month(Some(pay.month))).alias("issue").essential(),
        fact("paymentbase", "salary", Shown::MoneyText(pay.base)).alias("basePay"),
        fact("unitacttransfersum", "payCompany", Shown::Money(pay.unit)).essential(),
        fact("personalacttranssum", "payPerson", Shown::Money(pay.own)).essential(),
        aside("otheracttransfersum", Shown::Money(0)),
        fact("acttransfersum", "amount", Shown::Money(pay.unit + pay.own)),
    ]
}

/// What a perfect connector returns.
pub(crate) fn truth(world: &World, city: &City, person: &Person, is_empty: bool) -> Sections {
    let vary = world.varied(city);
    let record = world.insured(city, person, is_empty);
    let lists = Kind::ALL.map(|kind| {
        let rows = record.rows(kind).iter();
        let rows = rows.map(|pay| told(&vary, &row_facts(kind, pay)).value()).collect();
        (kind.section(), rows)
    });
    sections(told(&vary, &base_facts(person, &record)), lists.into())
}
