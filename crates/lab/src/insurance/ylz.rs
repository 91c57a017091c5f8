//! The ylz portals, as 泉州 runs it: pages whose script holds the address of the page with the insured,
//! and payments by POST for a range of months. There is no unemployment.

use std::fmt::Write as _;

use super::history::{Kind, Pay, Record};
use crate::behaviour::Behaviour;
use crate::calendar::Day;
use crate::city::{City, Pictures};
use crate::facts::{Sections, sections};
use crate::family::Family;
use crate::grid::Grid;
use crate::html;
use crate::lines::Arranging;
use crate::login::{Attempt, Words, refusal_page, sign_in};
use crate::notation::Notation;
use crate::people::{Person, World};
use crate::session::Session;
use crate::shown::{Fact, Shown, aside, fact, text, told};
use crate::vary::{Dimension, Vary};
use crate::visit::{Page, Visit};
use crate::window;

const KINDS: [Kind; 4] = [Kind::Pension, Kind::Medical, Kind::Birth, Kind::Injury];
const ROWS_MAX: usize = 1_000;

/// What an insurance is called in addresses: its page, the page of the insured, that of payments.
fn addresses(kind: Kind) -> (&'static str, &'static str, &'static str) {
    match kind {
        Kind::Pension => {
            ("corpPersion.html", "queryCorpPersionInsu.do", "queryCorpPersionPerFund.do")
        }
        Kind::Medical => {
            ("corpMedical.html", "queryCorpMedicalInsu.do", "queryCorpMedicalPerFund.do")
        }
        Kind::Injury => ("injury.html", "queryInjuryInsu.do", "queryPerFund.do"),
        _ => ("birth.html", "queryBirInsu.do", "queryBirthPerFund.do"),
    }
}

/// What the portal says when there are no payments.
fn none(kind: Kind) -> &'static str {
    match kind {
        Kind::Pension => "查询不到缴费划拨信息",
        Kind::Medical => "查无缴费记录",
        Kind::Injury => "找不到工伤保险个人的缴费信息",
        _ => "查无缴费信息",
    }
}

/// The portals of this family.
pub(crate) static FAMILY: Family = Family::new("ylz", answer, truth);

/// Answers one request.
pub(crate) fn answer(visit: &Visit<'_>, session: &mut Session) -> Page {
    let name = visit.path.rsplit('/').next().unwrap_or("");
    match (name, visit.is_post()) {
        ("" | "loginPage.html", false) => return entry(visit, ""),
        ("checkImg", false) => return visit.picture(session),
        ("login.html", true) => return login(visit, session),
        _ => {}
    }
    let Some(person) = visit.person(session) else { return entry(visit, "") };
    let record = visit.world().insured(visit.city, &person, session.is(Behaviour::Empty));
    match (name, visit.is_post()) {
        ("index.html", false) => hall(&person),
        ("queryPersonInfo.html", _) => base(visit, session, &person, &record),
        (name, _) => {
            for kind in KINDS {
                let (page, insured, payments) = addresses(kind);
                if name == page {
                    return kind_page(kind);
                } else if name == insured {
                    return insured_page(visit, &person, &record);
                } else if name == payments && visit.is_post() {
                    return rows(visit, session, &record, kind);
                }
            }
            Page::missing()
        }
    }
}

fn entry(visit: &Visit<'_>, error: &str) -> Page {
    let code = if visit.pictures() == Pictures::None {
        ""
    } else {
        "<input name=\"randCode\"/><img id=\"checkImg\" src=\"checkImg\"/>"
    };
    let body = format!(
        "<form id=\"default\" action=\"login.html\" method=\"post\">\
         <p>身份证号：<input name=\"aac002\"/></p>\
         <p>密码：<input type=\"password\" name=\"ysc002\"/></p>{code}\
         <div class=\"error\">{error}</div></form>"
    );
    Page::html(html::page("社会保险网上查询", "UTF-8", &body))
}

fn hall(person: &Person) -> Page {
    let body = format!("<p>{}，您好</p><a href=\"out\">退出</a>", html::escape(&person.name));
    Page::html(html::page("个人首页", "UTF-8", &body))
}

fn login(visit: &Visit<'_>, session: &mut Session) -> Page {
    let attempt = Attempt {
        person: visit.world().by_any(visit.city, visit.form.get("aac002")),
        behaviour: Some(Behaviour::of(visit.form.get("ysc002"))),
        code: Some(visit.form.get("randCode")),
        is_forced: false,
    };
    match sign_in(visit, session, &attempt) {
        Ok(()) => Page::redirect(format!("{}/index.html", visit.mount)).login(),
        Err(refusal) => Words::KNOWN.refuse(visit, refusal, |words| {
            refusal_page(visit, words, || entry(visit, ""))
                .unwrap_or_else(|| entry(visit, words).login())
        }),
    }
}

fn label_table(arranging: &Arranging<'_>, facts: &[Fact]) -> String {
    let mut table = String::from("<table class=\"info\">");
    for line in arranging.lines(facts) {
        let (label, value) = (arranging.label_cell(&line), html::escape(&line.text));
        let _ = write!(table, "<tr><th>{label}</th><td>{value}&nbsp;</td></tr>\r\n");
    }
    table + "</table>"
}

fn base_facts(person: &Person, record: &Record) -> Vec<Fact> {
    vec![
        fact("姓名", "name", text(&person.name)).essential(),
        fact("身份证号", "idcard", text(&person.id_card)).essential(),
        fact("通讯地址", "residenceAddress", Shown::Maybe(person.address.clone())).open(),
        fact("邮政编码", "residenceZipcode", text(&person.zipcode)).open(),
        fact("电子邮箱", "mail", text(&person.email)),
        fact("社保卡号", "socialSecurityNo", text(&person.bank_card)).open(),
        fact("当前状态", "payStatus", text(record.state)).open(),
    ]
}

fn insured_facts(person: &Person, record: &Record) -> Vec<Fact> {
    vec![
        fact("单位名称", "company", text(&record.company)).open(),
        fact("人员编号", "personalNo", text(&person.employee_no)).open(),
        aside("参保状态", text(record.state)),
        fact("首次参保时间", "firstInsuredDate", Shown::Month(Some(record.first_insured))).open(),
        aside("工作状态", text("在职")),
    ]
}

fn base(visit: &Visit<'_>, session: &Session, person: &Person, record: &Record) -> Page {
    let is_changed = session.is(Behaviour::Changed);
    let notation = Notation::html(&visit.vary).nothing("");
    let arranging = Arranging { vary: &visit.vary, notation, is_changed };
    let table = label_table(&arranging, &base_facts(person, record));
    Page::html(html::page("个人基本信息", "UTF-8", &table)).data(&["baseInfo"])
}

fn kind_page(kind: Kind) -> Page {
    let (_, insured, _) = addresses(kind);
    let body = format!(
        "<div id=\"content\"></div><script>$(function(){{ $(\"#content\").load(\"{insured}?aae140={}\"); \
         }});</script>",
        kind.code()
    );
    Page::html(html::page("参保信息", "UTF-8", &body))
}

fn insured_page(visit: &Visit<'_>, person: &Person, record: &Record) -> Page {
    let notation = Notation::html(&visit.vary);
    let arranging = Arranging { vary: &visit.vary, notation, is_changed: false };
    let table = label_table(&arranging, &insured_facts(person, record));
    Page::html(html::page("参保信息", "UTF-8", &table)).data(&["baseInfo"])
}

fn rate(kind: Kind) -> String {
    let (unit, _) = kind.rates();
    format!("{}.{}%", unit / 10, unit % 10)
}

fn row_facts(kind: Kind, pay: &Pay) -> Vec<Fact> {
    let month = fact("缴费年月", "payMonthly", Shown::Month(Some(pay.month))).essential();
    let base = fact("缴费基数", "salary", Shown::MoneyText(pay.base));
    let unit = fact("单位缴费", "payCompany", Shown::Money(pay.unit)).essential();
    if matches!(kind, Kind::Injury | Kind::Birth) {
        let rate = fact("单位费率", "payCompanyScale", text(rate(kind))).open();
        return vec![month, unit, base, rate];
    }
    let company = fact("单位名称", "company", text(&pay.company));
    let rest = [
        fact("缴费类型", "describe", text(pay.describe)).open(),
        fact("个人缴费", "payPerson", Shown::Money(pay.own)).essential(),
        unit,
        aside("划入账户", Shown::Money(pay.own)),
        base,
    ];
    let company = (kind == Kind::Pension).then_some(company);
    std::iter::once(month).chain(company).chain(rest).collect()
}

fn rows(visit: &Visit<'_>, session: &Session, record: &Record, kind: Kind) -> Page {
    let range =
        (Day::read(visit.form.get("aae041"), false), Day::read(visit.form.get("aae042"), true));
    let (Some(from), Some(to)) = range else {
        return Page::html(html::page("提示", "UTF-8", "<p>查询条件不能为空</p>"));
    };
    let vary = &visit.vary;
    let is_ignored = vary.has(Dimension::RangeIgnored);
    let found = record
        .rows(kind)
        .iter()
        .filter(|pay| is_ignored || (from.in_month() <= pay.month && pay.month <= to.in_month()));
    let rows = window::ordered(vary, found.collect::<Vec<_>>());
    let size = visit.number("ylzps_mr_").unwrap_or(visit.city.page_rows).clamp(1, ROWS_MAX);
    let shown = window::page(vary, &rows, visit.number("ylzps_p_").unwrap_or(1), size);
    let grid = Grid {
        arranging: Arranging {
            vary,
            notation: Notation::html(vary).compact_months(),
            is_changed: session.is(Behaviour::ChangedRows),
        },
        table: " id=\"ylzps\"",
        head_cell: "th",
        row: |_| "",
        cell: str::to_owned,
        none: none(kind),
        is_last: shown.is_last(),
        has_total: false,
        padded_to: 0,
    };
    let facts: Vec<Vec<Fact>> = shown.rows.iter().map(|pay| row_facts(kind, pay)).collect();
    let table = if rows.is_empty() && !vary.has(Dimension::Empty) {
        // The family says it in place of the table.
        format!("<div class=\"result\">{}</div>", none(kind))
    } else {
        grid.html(&row_facts(kind, &Pay::sample()), &facts)
    };
    let (page, pages) = (shown.page, shown.pages);
    let plain = format!("共{}条 第{page}/{pages}页", shown.total);
    let pager = window::pager(vary, page, pages, shown.total, &plain);
    let body = format!("{table}<div class=\"pages\">{pager}</div>");
    Page::html(html::page("缴费信息", "UTF-8", &body)).data(kind.group())
}

/// What a perfect connector returns.
pub(crate) fn truth(world: &World, city: &City, person: &Person, is_empty: bool) -> Sections {
    let vary: Vary = world.varied(city);
    let record = world.insured(city, person, is_empty);
    let lists = KINDS.map(|kind| {
        let rows = record.rows(kind).iter().map(|pay| told(&vary, &row_facts(kind, pay)).value());
        (kind.section(), rows.collect())
    });
    let mut facts = base_facts(person, &record);
    facts.extend(insured_facts(person, &record));
    sections(told(&vary, &facts), lists.into())
}
