//! The page about a person in 大同 and 洛阳: the person above, and a table whose values have identifiers.

use std::fmt::Write as _;

use super::{is_luoyang, signed_in, signed_out};
use crate::behaviour::Behaviour;
use crate::city::City;
use crate::fund::history::Account;
use crate::html;
use crate::lines::Arranging;
use crate::notation::Notation;
use crate::people::Person;
use crate::session::Session;
use crate::shown::{Fact, Shown, aside, fact, text};
use crate::vary::Dimension;
use crate::visit::{Page, Visit};

/// Everything that the page shows.
pub(super) fn facts(city: &City, person: &Person, account: &Account) -> Vec<Fact> {
    let mut facts = head_facts(city, person, account);
    facts.extend(table_facts(city, person, account));
    facts
}

fn department(city: &City) -> String {
    format!("{}管理部", city.name)
}

pub(super) fn base(visit: &Visit<'_>, session: &Session) -> Page {
    let Some((person, account)) = signed_in(visit, session) else {
        return signed_out(visit, session);
    };
    let is_changed = session.is(Behaviour::Changed);
    let notation = Notation::html(&visit.vary).nothing("null");
    let arranging = Arranging { vary: &visit.vary, notation, is_changed };
    let mut rows = String::new();
    for line in arranging.lines(&table_facts(visit.city, &person, &account)) {
        let (label, value) = (arranging.label_cell(&line), html::escape(&line.text));
        let _ =
            write!(rows, "<tr><td>{label}</td><td id=\"{}\">{value}&nbsp;</td></tr>", line.name);
    }
    let head = head(
        &arranging,
        &head_facts(visit.city, &person, &account),
        person.sex(),
        is_luoyang(visit.city),
    );
    let table = if is_changed { "info2" } else { "user_info_table" };
    let body = format!("<div class=\"gl\">{head}</div><table id=\"{table}\">{rows}</table>");
    Page::html(html::page("个人信息查询", "UTF-8", &body)).data(&["baseInfo"])
}

/// The person above the table: pairs of elements, or a name and elements that hold their label.
fn head(arranging: &Arranging<'_>, facts: &[Fact], sex: &str, is_real: bool) -> String {
    // 洛阳 is known to have the second shape.
    let plain = is_real.then_some(0);
    let place = arranging.vary.variant(Dimension::RecordPlace).or(plain);
    let (name_class, item_class) =
        if arranging.is_changed { ("n", "i") } else { ("glname", "glitem") };
    let mut out = String::new();
    for line in arranging.lines(facts) {
        let (label, value) = (arranging.label_cell(&line), html::escape(&line.text));
        let is_name = line.fact.field == "employeeName";
        let id = match line.fact.name {
            name @ ("bkcardname" | "bkcard") if !arranging.is_changed => format!(" id=\"{name}\""),
            _ => String::new(),
        };
        let _ = match place {
            Some(0) if is_name => write!(out, "<div class=\"{name_class}\">{value}</div>\r\n"),
            Some(1) if is_name => {
                write!(out, "<div class=\"{name_class}\">{value}({sex})</div>\r\n")
            }
            Some(_) => {
                write!(out, "<div class=\"{item_class}\">{label}<div{id}>{value}</div></div>\r\n")
            }
            None => write!(
                out,
                "<span class=\"{name_class}\">{label}</span>\
                 <span class=\"{item_class}\"{id}>{value}</span>\r\n"
            ),
        };
    }
    out
}

fn head_facts(city: &City, person: &Person, account: &Account) -> Vec<Fact> {
    if is_luoyang(city) {
        return vec![
            fact("xm", "employeeName", text(&person.name)).label("姓名").essential(),
            fact("zjhm", "idCard", text(&person.id_card)).label("证件号码").essential(),
            fact("grzh", "houseFundAccount", text(&account.number)).label("个人账号"),
            fact("sjhm", "bindMobile", text(&person.mobile)).label("手机号码"),
        ];
    }
    vec![
        fact("xm", "employeeName", Shown::text(&person.name)).label("姓　名").essential(),
        fact("zjhm", "idCard", Shown::text(&person.id_card)).label("证件号码").essential(),
        fact("grzh", "houseFundAccount", Shown::text(&account.number)).label("个人账号"),
        aside("bkcardname", Shown::text(person.bank.unwrap_or(""))).label("联名卡银行"),
        fact("bkcard", "bankAccount", Shown::text(&person.bank_card)).label("联名卡号"),
    ]
}

fn table_facts(city: &City, person: &Person, account: &Account) -> Vec<Fact> {
    let yuan = Shown::Yuan;
    let base = || yuan(account.base);
    vec![
        fact("corpcode2", "companyName", Shown::text(&account.company)).label("单位名称"),
        fact("corpcode", "companyAccountNum", Shown::text(&account.company_no)).label("单位账号"),
        fact("depname", "depositManageDept", Shown::text(department(city))).label("管 理 部"),
        fact("bkname", "bankName", Shown::maybe(person.bank)).label("缴存银行"),
        fact("bmny", "monthPayBaseAmount", base()).label("缴存基数"),
        fact("perperscale", "depositRatioPersonal", account.shown_ratio()).label("个人缴存比例"),
        fact("percorpscale", "depositRatioCompany", account.shown_ratio()).label("单位缴存比例"),
        fact("perdepmny", "personalMonthPayAmount", yuan(account.own)).label("个人月缴额"),
        fact("corpdepmny", "companyMonthPayAmount", yuan(account.own)).label("单位月缴额"),
        fact("depmny", "monthPayAmount", yuan(account.own * 2)).label("月缴存额"),
        fact("accbal", "houseFundBalance", yuan(account.balance)).label("账户余额"),
        fact("accstate", "houseFundStatus", Shown::text(account.state)).label("账户状态"),
        fact("regtime", "openAccountDate", Shown::Day(account.opened)).label("开户日期"),
        fact("payendmnh", "payUntilDate", Shown::Month(account.paid_until())).label("缴至年月"),
        aside("bkname", base()).label("工资基数"),
    ]
}
