//! Loans of 大同 and 洛阳: a page whose script holds them as JSON text, and a grid of repayments for each.
//! Not every portal of the vendor has them.
//!
//! loanData: loancontractno loanNum, ydhkr paymentDay, loanmny loanAmount, loanbal loanBalance, loanacc gjjLoanNum,
//! repayway paymentType, loanmnhs loanLength, loanstate loanStatus, loanbk bankName, rate loanRate, address
//! houseAddress, nextpaymny paymentAmount; paymnhs and nextpaytime are in no field. Rows: bkdebitdate date, repaymny
//! principal, repayratemny interest, repaytotal sum, punishratemny repayPunishInterest, loanbal balance, debittype
//! describe.

use serde_json::{Value, json};

use super::{account, arranging, grid, inside, signed_in, signed_out};
use crate::behaviour::Behaviour;
use crate::calendar::Day;
use crate::city::City;
use crate::fund::loans::{Loan, Repayment};
use crate::html;
use crate::people::{Person, World};
use crate::session::Session;
use crate::shown::{Fact, Shown, aside, fact, told};
use crate::vary::{Dimension, Vary};
use crate::visit::{Page, Visit};
use crate::window;

/// Whether the portal has loans at all.
fn is_offered(vary: &Vary) -> bool {
    !vary.has(Dimension::Loans)
}

fn of_person(visit: &Visit<'_>, session: &Session, person: &Person) -> Vec<Loan> {
    visit.world().loans(visit.city, person, session.is(Behaviour::Empty))
}

pub(super) fn page(visit: &Visit<'_>, session: &Session) -> Page {
    if !is_offered(&visit.vary) {
        return match visit.vary.variant(Dimension::Loans) {
            // Some servers answer every unknown address with the first page.
            Some(1) => inside(visit, session),
            _ => Page::missing(),
        };
    }
    let Some((person, account)) = signed_in(visit, session) else {
        return signed_out(visit, session);
    };
    let arranging = arranging(visit, session);
    let loans = of_person(visit, session, &person);
    let body = if loans.is_empty() {
        "<h3>贷款办理进度</h3><p>对不起,您当前无贷款信息</p>".to_owned()
    } else {
        let rows = loans.iter().map(|loan| arranging.object(&loan_facts(&person, &account, loan)));
        let text = Value::Array(rows.collect()).to_string();
        let name = if session.is(Behaviour::ChangedRows) { "creditData" } else { "loanData" };
        // A text of a script: what would end it, or the script, is escaped.
        let text = text.replace('\\', "\\\\").replace('\'', "\\'").replace('/', "\\/");
        format!(
            "<h3>贷款办理进度</h3><div id=\"loan\"></div><script>var {name} = '{text}';</script>"
        )
    };
    Page::html(html::page("贷款查询", "UTF-8", &body)).data(&["loanInfos"])
}

pub(super) fn repayments(visit: &Visit<'_>, session: &Session) -> Page {
    let Some((person, _)) = signed_in(visit, session) else {
        return signed_out(visit, session);
    };
    let wanted = visit.field("dto['loancardcode']");
    let loans = of_person(visit, session, &person);
    let Some(loan) = loans.iter().find(|loan| loan.number == wanted) else {
        return Page::json(&json!({"success": false, "msg": "查询条件不能为空"}));
    };
    let range = (
        Day::read(visit.field("dto['startdate']"), false),
        Day::read(visit.field("dto['enddate']"), true),
    );
    let (Some(from), Some(to)) = range else {
        return Page::json(&json!({"success": false, "msg": "查询条件不能为空"}));
    };
    let vary = &visit.vary;
    let found = loan.repayments.iter().filter(|one| from <= one.day && one.day <= to);
    let rows: Vec<Repayment> = window::ordered(vary, found.cloned().collect());
    let limit = visit.number("gridInfo['dataList_limit']").unwrap_or(visit.city.page_rows);
    let start = visit.number("gridInfo['dataList_start']").unwrap_or(0);
    let shown = window::window(vary, &rows, start, limit.min(super::LIMIT_MAX));
    let arranging = arranging(visit, session);
    let list = shown.rows.iter().map(|row| arranging.object(&repayment_facts(row)));
    grid(visit, session, "dataList", list.collect(), shown.total).data(&["loanInfos"])
}

fn loan_facts(person: &Person, account: &super::Account, loan: &Loan) -> Vec<Fact> {
    let paid = loan.repayments.len();
    vec![
        fact("loancontractno", "loanNum", Shown::text(&loan.number)).essential(),
        fact("ydhkr", "paymentDay", Shown::text("25")),
        fact("loanmny", "loanAmount", Shown::Money(loan.amount)).essential(),
        fact("loanbal", "loanBalance", Shown::Money(loan.balance)).essential(),
        fact("loanacc", "gjjLoanNum", Shown::text(format!("{}01", account.number))),
        fact("repayway", "paymentType", Shown::text("等额本金")),
        fact("loanmnhs", "loanLength", Shown::text((loan.years * 12).to_string())),
        aside("paymnhs", Shown::text(paid.to_string())),
        fact("loanstate", "loanStatus", Shown::text(loan.state)),
        fact("loanbk", "bankName", Shown::maybe(person.bank)),
        fact("rate", "loanRate", Shown::text(&loan.rate)),
        fact("address", "houseAddress", Shown::maybe(person.address.as_deref())),
        fact("nextpaymny", "paymentAmount", Shown::MoneyText(loan.monthly)),
        aside("nextpaytime", Shown::text("")),
    ]
}

fn repayment_facts(one: &Repayment) -> Vec<Fact> {
    let sum = one.principal + one.interest;
    vec![
        fact("bkdebitdate", "date", Shown::Day(Some(one.day))).essential(),
        aside("bkdebitmnt", Shown::Month(Some(one.month))),
        fact("repaymny", "principal", Shown::Money(one.principal)).essential(),
        fact("repayratemny", "interest", Shown::Money(one.interest)).essential(),
        fact("punishratemny", "repayPunishInterest", Shown::Money(one.punish)),
        fact("repaytotal", "sum", Shown::Money(sum)),
        fact("loanbal", "balance", Shown::Money(one.balance)),
        fact("debittype", "describe", Shown::text(one.describe)),
        aside("debitstate", Shown::text("成功")),
    ]
}

/// The loans as reports tell them; `None` where the portal has none of the kind.
pub(super) fn truth(
    world: &World,
    city: &City,
    vary: &Vary,
    (person, is_empty): (&Person, bool),
) -> Option<Vec<Value>> {
    let account = account(world, city, person, is_empty);
    let loan = |loan: &Loan| {
        let repays = loan.repayments.iter().map(|one| told(vary, &repayment_facts(one)).value());
        json!({
            "detailInfo": told(vary, &loan_facts(person, &account, loan)).value(),
            "loanRepayerInfos": [],
            "loanRepayInfos": repays.collect::<Vec<_>>(),
            "loanOverdueInfos": [],
        })
    };
    is_offered(vary).then(|| world.loans(city, person, is_empty).iter().map(loan).collect())
}
