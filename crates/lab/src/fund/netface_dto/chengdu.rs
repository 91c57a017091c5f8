//! The pages of 成都, which differ from its family's: inputs, option lists in script, a list of years.
//!
//! 成都 base: percode employeeAccountNum, pername1, idcard1, birthday, mail bindEmail, phone1 bindMobile,
//! bankcode bankAccount, selects idtype cardType and banktype bankName, basemny. Rows: corpname, paybmnh
//! payMonth, acctime payArriveDate, depmny inAmount, bustype 1 汇缴 2 补缴 note.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{arranging, grid, payment_facts, signed_in, signed_out};
use crate::behaviour::Behaviour;
use crate::facts::{Sections, sections};
use crate::fund::history::Account;
use crate::html;
use crate::lines::Arranging;
use crate::notation::Notation;
use crate::people::Person;
use crate::session::Session;
use crate::shown::{Fact, Shown, fact, told};
use crate::vary::{Dimension, Vary};
use crate::visit::{Page, Visit};
use crate::window;

const BANKS: [(&str, &str); 3] =
    [("01", "模拟银行（城东）支行"), ("02", "样板银行营业部"), ("03", "示例银行中心支行")];

/// What stands in inputs, each behind its label.
fn input_facts(person: &Person, account: &Account) -> Vec<Fact> {
    vec![
        fact("percode", "employeeAccountNum", Shown::text(&account.number))
            .label("个人客户号")
            .essential(),
        fact("pername1", "employeeName", Shown::text(&person.name)).label("姓　名").essential(),
        fact("idcard1", "idCard", Shown::text(&person.id_card)).label("证件号码").essential(),
        fact("birthday", "birthday", Shown::Day(Some(person.birth))).label("出生日期"),
        fact("mail", "bindEmail", Shown::text(&person.email)).label("电子邮箱"),
        fact("phone1", "bindMobile", Shown::text(&person.mobile)).label("手机号码"),
        fact("bankcode", "bankAccount", Shown::text(&person.bank_card)).label("银行卡号"),
    ]
}

/// What is chosen from lists by the page's script.
fn chosen_facts(person: &Person) -> [Fact; 2] {
    [
        fact("idtype", "cardType", Shown::text("身份证")),
        fact("banktype", "bankName", Shown::maybe(person.bank)),
    ]
}

/// What stands in the page's script alone.
fn script_fact(account: &Account) -> Fact {
    fact("basemny", "monthPayBaseAmount", Shown::Money(account.base))
}

pub(super) fn base(visit: &Visit<'_>, session: &Session) -> Page {
    let Some((person, account)) = signed_in(visit, session) else {
        return signed_out(visit, session);
    };
    let is_changed = session.is(Behaviour::Changed);
    let notation = Notation::html(&visit.vary).plain_money(&visit.vary);
    let arranging = Arranging { vary: &visit.vary, notation, is_changed };
    let mut inputs = String::new();
    for pair in arranging.lines(&input_facts(&person, &account)).chunks(2) {
        inputs += "<tr>";
        for line in pair {
            let (label, value) = (arranging.label_cell(line), html::escape(&line.text));
            let name = &line.name;
            let _ = write!(
                inputs,
                "<td>{label}</td><td><input type=\"text\" id=\"{name}\" name=\"{name}\" value=\"{value}\"/></td>"
            );
        }
        inputs += "</tr>";
    }
    let [idtype, banktype] = chosen_facts(&person);
    let select = |fact: &str, is_on: bool, options: &[(&str, &str)]| {
        let options: String =
            options.iter().map(|o| format!("<option value=\"{}\">{}</option>", o.0, o.1)).collect();
        let name = if is_changed { "y" } else { fact };
        if !is_on {
            return String::new();
        }
        format!(
            "<td><select id=\"{name}\" name=\"{name}\"><option value=\"\">请选择</option>{options}</select></td>"
        )
    };
    let bank = person.bank.and_then(|bank| BANKS.iter().find(|b| b.1 == bank)).map_or("", |b| b.0);
    let chosen = if is_changed { "choice" } else { "slectInput" };
    let basemny = script_fact(&account);
    let state = if basemny.is_on(&visit.vary) {
        let name = if is_changed { "amount9" } else { basemny.name };
        format!(",\"{name}\":\"{}\"", notation.text(&basemny.value))
    } else {
        String::new()
    };
    let body = format!(
        "<form><table>{inputs}<tr>{}{}{}</tr></table></form>\
         <script>var {chosen}_idtype=[],{chosen}_signflag=[],{chosen}_banktype=[];\r\n\
         {chosen}_idtype[0]=\"01\";\r\n{chosen}_signflag[0]=\"1\";\r\n{chosen}_banktype[0]=\"{bank}\";\r\n\
         var fields={{\"corpcode\":\"{}\"{state},\"state\":\"0\"}};</script>",
        select(
            "idtype",
            idtype.is_on(&visit.vary),
            &[("01", "身份证"), ("02", "军官证"), ("03", "护照")]
        ),
        select("signflag", true, &[("0", "未签约"), ("1", "已签约")]),
        select("banktype", banktype.is_on(&visit.vary), &BANKS),
        account.company_no,
    );
    Page::html(html::page("个人基本信息", "UTF-8", &body)).data(&["baseInfo"])
}

pub(super) fn years(visit: &Visit<'_>, session: &Session) -> Page {
    if visit.person(session).is_none() {
        return signed_out(visit, session);
    }
    let this_year = visit.world().today.year();
    let years: Vec<String> = (0..9).map(|back| (this_year - back).to_string()).collect();
    let list = Value::from(years).to_string();
    let body = format!(
        "<select id=\"year\" name=\"dto['year']\"></select>\
         <script>var yearList = $.parseJSON('{list}');</script><table id=\"dataList\"></table>"
    );
    Page::html(html::page("缴存记录查询", "UTF-8", &body))
}

pub(super) fn bills(visit: &Visit<'_>, session: &Session) -> Page {
    let Some((_, account)) = signed_in(visit, session) else {
        return signed_out(visit, session);
    };
    let Ok(year) = visit.field("dto['year']").parse::<i16>() else {
        return Page::json(&json!({"success": false, "msg": "请选择年份"}));
    };
    let is_ignored = visit.vary.has(Dimension::RangeIgnored);
    let found = account.bills.iter().filter(|bill| is_ignored || bill.day.year == year);
    let paid: Vec<_> = found.filter(|bill| bill.month.is_some()).collect();
    let arranging = arranging(visit, session);
    let rows: Vec<Value> = window::ordered(&visit.vary, paid)
        .into_iter()
        .map(|bill| arranging.object(&payment_facts(&account, bill)))
        .collect();
    let total = rows.len();
    grid(visit, session, "dataList", rows, total)
}

/// What a perfect connector returns.
pub(super) fn truth(vary: &Vary, person: &Person, account: &Account) -> Sections {
    let paid = account.bills.iter().filter(|bill| bill.month.is_some());
    let bills = paid.map(|bill| told(vary, &payment_facts(account, bill)).value()).collect();
    let mut facts = input_facts(person, account);
    facts.extend(chosen_facts(person));
    facts.push(script_fact(account));
    sections(told(vary, &facts), vec![("billInfos", bills)])
}
