//! The pages of 成都, which differ from its family's: inputs, option lists in script, a list of years.
//!
//! 成都 base: percode employeeAccountNum, pername1, idcard1, birthday, mail bindEmail, phone1 bindMobile,
//! bankcode bankAccount, selects idtype cardType and banktype bankName, basemny. Rows: corpname, paybmnh
//! payMonth, acctime payArriveDate, depmny inAmount, bustype 1 汇缴 2 补缴 note.

use serde_json::{Value, json};

use super::{grid, payment, shaped, signed_in, signed_out};
use crate::behaviour::Behaviour;
use crate::facts::{Facts, Sections, sections};
use crate::fund::history::{Account, Kind};
use crate::html;
use crate::money::plain;
use crate::people::Person;
use crate::session::Session;
use crate::visit::{Page, Visit};

pub(super) fn base(visit: &Visit<'_>, session: &Session) -> Page {
    let Some((person, account)) = signed_in(visit, session) else {
        return signed_out(visit, session);
    };
    let is_changed = session.is(Behaviour::Changed);
    let input = |label: &str, name: &str, value: &str| {
        let (label, name) = if is_changed { ("项目", "x") } else { (label, name) };
        let value = html::escape(value);
        format!(
            "<td>{label}：</td><td><input type=\"text\" id=\"{name}\" name=\"{name}\" value=\"{value}\"/></td>"
        )
    };
    let select = |name: &str, options: &[(&str, &str)]| {
        let options: String =
            options.iter().map(|o| format!("<option value=\"{}\">{}</option>", o.0, o.1)).collect();
        let name = if is_changed { "y" } else { name };
        format!(
            "<td><select id=\"{name}\" name=\"{name}\"><option value=\"\">请选择</option>{options}</select></td>"
        )
    };
    let banks =
        [("01", "模拟银行（城东）支行"), ("02", "样板银行营业部"), ("03", "示例银行中心支行")];
    let bank = person.bank.and_then(|bank| banks.iter().find(|b| b.1 == bank)).map_or("", |b| b.0);
    let basemny = if is_changed { "amount9" } else { "basemny" };
    let chosen = if is_changed { "choice" } else { "slectInput" };
    let body = format!(
        "<form><table><tr>{}{}</tr><tr>{}{}</tr><tr>{}{}</tr><tr>{}{}{}{}</tr></table></form>\
         <script>var {chosen}_idtype=[],{chosen}_signflag=[],{chosen}_banktype=[];\r\n\
         {chosen}_idtype[0]=\"01\";\r\n{chosen}_signflag[0]=\"1\";\r\n{chosen}_banktype[0]=\"{bank}\";\r\n\
         var fields={{\"corpcode\":\"{}\",\"{basemny}\":\"{}\",\"state\":\"0\"}};</script>",
        input("个人客户号", "percode", &account.number),
        input("姓　名", "pername1", &person.name),
        input("证件号码", "idcard1", &person.id_card),
        input("出生日期", "birthday", &person.birth.dashed()),
        input("电子邮箱", "mail", &person.email),
        input("手机号码", "phone1", &person.mobile),
        input("银行卡号", "bankcode", &person.bank_card),
        select("idtype", &[("01", "身份证"), ("02", "军官证"), ("03", "护照")]),
        select("signflag", &[("0", "未签约"), ("1", "已签约")]),
        select("banktype", &banks),
        account.company_no,
        plain(account.base),
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
    let rows: Vec<Value> = account
        .bills
        .iter()
        .filter(|bill| bill.day.year == year && bill.month.is_some())
        .map(|bill| shaped(session, payment(&account, bill)))
        .collect();
    let total = rows.len();
    grid(session, "dataList", rows, total)
}

/// What a perfect connector returns.
pub(super) fn truth(person: &Person, account: &Account) -> Sections {
    let paid = account.bills.iter().filter(|bill| bill.month.is_some());
    let bills = paid.map(|bill| {
        Facts::default()
            .text("companyName", &bill.company)
            .month("payMonth", bill.month)
            .day("payArriveDate", bill.day)
            .money("inAmount", bill.cents)
            .text("note", if bill.kind == Kind::Extra { "补缴" } else { "汇缴" })
            .value()
    });
    let bills = bills.collect();
    sections(base_truth(person, account), vec![("billInfos", bills)])
}

fn base_truth(person: &Person, account: &Account) -> Facts {
    Facts::default()
        .text("employeeAccountNum", &account.number)
        .text("employeeName", &person.name)
        .text("idCard", &person.id_card)
        .day("birthday", person.birth)
        .text("bindEmail", &person.email)
        .text("bindMobile", &person.mobile)
        .text("bankAccount", &person.bank_card)
        .text("cardType", "身份证")
        .maybe("bankName", person.bank)
        .money("monthPayBaseAmount", account.base)
}
