//! The pages of 盘锦: the base as a row table, and the insurances in grids of ten rows padded with blank
//! ones. Pension stands in tab2 and is turned by pageNo1, the others in tab3 by pageNo2.

use super::person_facts;
use crate::behaviour::Behaviour;
use crate::grid::Grid;
use crate::html;
use crate::insurance::history::{Kind, Pay, Record};
use crate::lines::Arranging;
use crate::notation::Notation;
use crate::people::Person;
use crate::session::Session;
use crate::shown::{Fact, Shown, aside, fact, text};
use crate::vary::{Dimension, Vary};
use crate::visit::{Page, Visit};
use crate::window;

pub(super) fn answer(
    visit: &Visit<'_>,
    session: &Session,
    (person, record): (&Person, &Record),
    name: &str,
) -> Page {
    if name == "personRYJBXX.html" {
        return base(visit, session, person, record);
    }
    match page_kind(name) {
        Some(kind) => rows(visit, session, (person, record), kind),
        None => Page::missing(),
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

pub(super) fn base_facts(person: &Person, record: &Record) -> Vec<Fact> {
    let mut facts = person_facts(person, record);
    facts.insert(0, fact("个人编号", "personalNo", text(&person.employee_no)));
    facts.insert(0, aside("单位编号", text(&record.company_no)));
    facts
}

fn base(visit: &Visit<'_>, session: &Session, person: &Person, record: &Record) -> Page {
    let is_changed = session.is(Behaviour::Changed);
    let notation = Notation::html(&visit.vary);
    let arranging = Arranging { vary: &visit.vary, notation, is_changed };
    let (mut titles, mut cells) = (String::new(), String::new());
    for line in arranging.lines(&base_facts(person, record)) {
        titles += &format!("<th>{}</th>", html::escape(&arranging.label(&line)));
        cells += &format!("<td>{}&nbsp;</td>", html::escape(&line.text));
    }
    let id = if is_changed { "result" } else { "queryResult" };
    let body = format!(
        "<table class=\"grid\" id=\"{id}\"><tr>{titles}</tr>\r\n<tr class=\"odd\">{cells}</tr></table>"
    );
    Page::html(html::page("人员基本信息", "UTF-8", &body)).data(&["baseInfo"])
}

/// A row with the person it is of.
#[derive(Clone)]
struct Row<'a> {
    person: &'a Person,
    kind: Kind,
    pay: Pay,
}

fn rows(
    visit: &Visit<'_>,
    session: &Session,
    (person, record): (&Person, &Record),
    kind: Kind,
) -> Page {
    let vary = &visit.vary;
    let (tab, turner) =
        if kind == Kind::Pension { ("tab2", "pageNo1") } else { ("tab3", "pageNo2") };
    let row = |person, (kind, pay)| Row { person, kind, pay };
    let mut rows: Vec<Row<'_>> =
        record.listed(vary, kind).into_iter().map(|one| row(person, one)).collect();
    let other = visit.world().person(visit.city, person.index + 17);
    if vary.has(Dimension::OthersRows) {
        let others = visit.world().insured(visit.city, &other, false);
        rows.extend(others.listed(vary, kind).into_iter().take(4).map(|one| row(&other, one)));
    }
    let is_form = vary.has(Dimension::FormPager);
    let asked = if is_form { visit.form.number(turner) } else { visit.number(turner) };
    let asked = asked.unwrap_or(1);
    let shown = window::page(vary, &rows, asked, visit.city.page_rows);
    let grid = Grid {
        arranging: Arranging {
            vary,
            notation: Notation::html(vary).compact_months(),
            is_changed: session.is(Behaviour::ChangedRows),
        },
        table: " class=\"grid\"",
        head_cell: "th",
        row: |place| match place {
            0 => "",
            place if place % 2 == 0 => " class=\"even\"",
            _ => " class=\"odd\"",
        },
        cell: |value| format!("{value}&nbsp;"),
        none: "没有查询出相关数据",
        is_last: shown.is_last(),
        has_total: false,
        padded_to: visit.city.page_rows,
    };
    let facts: Vec<Vec<Fact>> = shown
        .rows
        .iter()
        .enumerate()
        .map(|(place, row)| row_facts(vary, row.person, row.kind, &row.pay, place + 1))
        .collect();
    let table = grid.html(&row_facts(vary, person, kind, &Pay::sample(), 1), &facts);
    let (page, pages) = (shown.page, shown.pages);
    let pager = window::pager(vary, page, pages, shown.total, &format!("{page}/{pages}页"));
    let (open, others) = if is_form {
        let others = ["pageNo1", "pageNo2", "pageNo3"].into_iter().filter(|name| *name != turner);
        let inputs: String = others
            .map(|name| format!("<input type=\"hidden\" name=\"{name}\" value=\"1\"/>"))
            .collect();
        ("<form name=\"form1\" id=\"form1\" method=\"post\">", inputs + "</form>")
    } else {
        ("", String::new())
    };
    let body = format!(
        "{open}<input type=\"hidden\" name=\"tzid\" value=\"{tab}\"/>\
         <div id=\"tab1\"><span>{}</span></div><div id=\"{tab}\">{table}\
         <div class=\"page_num\">{pager}<input type=\"hidden\" name=\"{turner}\" value=\"{page}\"/>\
         </div></div>{others}",
        html::escape(&person.name)
    );
    Page::html(html::page("个人参保缴费信息", "UTF-8", &body)).data(kind.group())
}

pub(super) fn row_facts(
    vary: &Vary,
    person: &Person,
    kind: Kind,
    pay: &Pay,
    number: usize,
) -> Vec<Fact> {
    let (name, id) = if vary.has(Dimension::Masked) {
        let first: String = person.name.chars().take(1).collect();
        let (head, tail) = (&person.id_card[..6], &person.id_card[14..]);
        (format!("{first}**"), format!("{head}********{tail}"))
    } else {
        (person.name.clone(), person.id_card.clone())
    };
    vec![
        aside("序号", text(number.to_string())),
        aside("个人编号", text(&person.employee_no)),
        aside("险种", text(kind.word())).essential(),
        aside("姓名", text(name)),
        aside("公民身份号码", text(id)).essential(),
        aside("统筹区", text("盘锦市本级")),
        aside("单位编号", text(&pay.company_no)),
        fact("单位名称", "company", text(&pay.company)),
        fact("缴费类型", "describe", text(pay.describe)),
        fact("缴费年月", "payMonthly", Shown::Month(Some(pay.month))).essential(),
        fact("缴费标志", "status", text(pay.state)),
        fact("基数", "salary", Shown::MoneyText(pay.base)),
        fact("个人", "payPerson", Shown::Money(pay.own)).essential(),
        fact("单位", "payCompany", Shown::Money(pay.unit)).essential(),
        fact("到账日期", "payDate", Shown::Day(Some(pay.day))),
    ]
}
