//! The bills of a wscx portal: a table for each fund year, its pages, and the years to choose from.

use std::fmt::Write as _;

use super::{RUNNING, habits, repeated, signed_out};
use crate::behaviour::Behaviour;
use crate::calendar::{Day, fund_year};
use crate::city::City;
use crate::fund::history::{Account, Bill, Kind};
use crate::grid::Grid;
use crate::html;
use crate::lines::Arranging;
use crate::notation::Notation;
use crate::people::{Quirk, World};
use crate::session::Session;
use crate::shown::{Fact, Shown, aside, fact};
use crate::vary::{Dimension, Vary};
use crate::visit::{Page, Visit};
use crate::window;

/// The years with a page of their own, newest first, after the running one.
fn years(world: &World) -> (i16, Vec<i16>) {
    let running = fund_year(Day::from(world.today));
    (running, (1..=9).map(|back| running - back).collect())
}

fn year_text(year: i16) -> String {
    format!("{year}-{}", year + 1)
}

/// The rows of a fund year. Some pages repeat the closing row of the year before.
fn rows_of<'a>(vary: &Vary, account: &'a Account, year: i16, quirk: Quirk) -> Vec<&'a Bill> {
    if vary.has(Dimension::RangeIgnored) {
        return account.bills.iter().collect();
    }
    let overlaps = |bill: &Bill| {
        quirk == Quirk::Overlap && bill.kind == Kind::Interest && fund_year(bill.day) == year - 1
    };
    account.bills.iter().filter(|b| fund_year(b.day) == year || overlaps(b)).collect()
}

pub(super) fn bills(visit: &Visit<'_>, session: &Session) -> Page {
    let Some((person, account)) = repeated(visit, session) else { return signed_out() };
    let (running, closed) = years(visit.world());
    // Which of the three fields names the year is not known; any that holds one does.
    let year = ["cxydone", "cxydtwo", "cxyd"]
        .iter()
        .find_map(|name| closed.iter().find(|year| visit.form.get(name) == year_text(**year)))
        .copied()
        .unwrap_or(running);
    let vary = &visit.vary;
    let rows = window::ordered(vary, rows_of(vary, &account, year, person.quirk));
    let asked = visit.form.number("yss").unwrap_or(1).max(1);
    let shown = window::page(vary, &rows, asked, visit.city.page_rows);
    let (page, pages) = (shown.page, shown.pages);
    let is_changed = session.is(Behaviour::ChangedRows);
    let grid = Grid {
        arranging: Arranging { vary, notation: Notation::html(vary), is_changed },
        table: " class=\"mx\" border=\"1\"",
        head_cell: "td",
        row: |_| " class=\"jtpsoft\"",
        cell: str::to_owned,
        none: "没有查询到相关数据",
        is_last: shown.is_last(),
        has_total: true,
        padded_to: 0,
    };
    let facts: Vec<Vec<Fact>> =
        shown.rows.iter().map(|bill| bill_facts(visit.city, bill)).collect();
    let table = grid.html(&bill_facts(visit.city, &Bill::sample()), &facts);
    let mut options = format!("<option value=\"{RUNNING}\" selected>{RUNNING}</option>");
    for year in closed {
        let text = year_text(year);
        let _ = write!(options, "<option value=\"{text}\">{text}</option>");
    }
    let plain = format!("共{pages}页&nbsp;第{page}页");
    let pager = window::pager(vary, page, pages, rows.len(), &plain);
    let total = match vary.variant(Dimension::Pager) {
        Some(_) => String::new(),
        None => format!("<input type=\"hidden\" name=\"totalpages\" value=\"{pages}\">"),
    };
    let body = format!(
        "<form name=\"form1\" method=\"post\" action=\"gjjmx_cx.jsp\">\r\n\
         <select name=\"zgzhxz\"><option>{}</option></select>\r\n\
         <select name=\"cxydone\">{options}</select>至<select name=\"cxydtwo\">{options}</select>\r\n\
         <input type=\"hidden\" name=\"yss\" value=\"{page}\">{total}\
         </form>\r\n{table}<p>{pager}</p>",
        person.account
    );
    Page::html(html::page("公积金明细查询", "GBK", &body)).data(&["billInfos"])
}

pub(super) fn bill_facts(city: &City, bill: &Bill) -> Vec<Fact> {
    let day = fact("日期", "payArriveDate", Shown::Day(Some(bill.day))).essential();
    let note = fact("摘要", "note", Shown::text(bill.summary()));
    let balance = fact("余额", "balance", Shown::Money(bill.balance));
    let (out, income) = (Shown::Money(bill.outcome()), Shown::Money(bill.income()));
    if !habits(city).is_wide {
        let out = fact("减少", "outAmount", out).essential();
        return vec![day, note, out, fact("增加", "inAmount", income).essential(), balance];
    }
    let side = Shown::text(if bill.kind.is_out() { "借" } else { "贷" });
    let out = fact("借方", "outAmount", out).essential();
    let income = fact("贷方", "inAmount", income).essential();
    vec![day, out, income, balance, aside("借贷方向", side), note]
}
