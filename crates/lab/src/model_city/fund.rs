//! The model city's housing fund: a label table, a list of accounts, bills in JSON pages, and loans as a
//! JSON list with a page for each.

use serde_json::{Value, json};

use super::sheet::{self, Line, Shown};
use super::{list, shaped};
use crate::behaviour::Behaviour;
use crate::city::City;
use crate::facts::{Facts, Sections, sections};
use crate::fund::history::{Account, Bill, Kind};
use crate::fund::loans::{Loan, Overdue, Repayer, Repayment};
use crate::html;
use crate::money::plain;
use crate::people::{Person, World};
use crate::session::Session;
use crate::visit::{Page, Visit};

/// Answers a request of somebody who is logged in.
pub(crate) fn answer(visit: &Visit<'_>, session: &Session, person: &Person, path: &str) -> Page {
    let is_empty = session.is(Behaviour::Empty);
    let is_changed = session.is(Behaviour::ChangedRows);
    let accounts = visit.world().accounts(visit.city, person, is_empty);
    match path {
        "base" => {
            let lines = base(visit.world(), visit.city, person, &accounts[0]);
            let table = sheet::label_table("base", &lines, session.is(Behaviour::Changed));
            Page::html(html::page("个人公积金信息", "UTF-8", &table)).data(&["baseInfo"])
        }
        "accounts.json" => {
            let rows = accounts.iter().map(|account| {
                shaped(is_changed, json!({"number": account.number, "company": account.company}))
            });
            let rows = rows.collect::<Vec<_>>();
            Page::json(&json!({"code": "OK", "message": "查询成功", "accounts": rows}))
                .data(&["billInfos"])
        }
        "bills.json" => bills(visit, &accounts, is_changed),
        "loans.json" => {
            let loans = visit.world().loans(visit.city, person, is_empty);
            let rows = loans.iter().map(|loan| {
                shaped(is_changed, json!({"contract": loan.number, "state": loan.state}))
            });
            let rows = rows.collect::<Vec<_>>();
            // A redesigned answer no longer calls its list `loans`.
            let name = if is_changed { "items" } else { "loans" };
            Page::json(&json!({"code": "OK", "message": "查询成功", name: rows}))
                .data(&["loanInfos"])
        }
        "loan" => {
            let loans = visit.world().loans(visit.city, person, is_empty);
            let wanted = visit.query.get("contract");
            let Some(loan) = loans.iter().find(|loan| loan.number == wanted) else {
                return Page::missing();
            };
            loan_page(visit, person, &accounts[0], loan, is_changed)
        }
        _ => Page::missing(),
    }
}

fn bills(visit: &Visit<'_>, accounts: &[Account], is_changed: bool) -> Page {
    let wanted = visit.query.get("account");
    let Some(account) = accounts.iter().find(|account| account.number == wanted) else {
        return Page::json(&json!({"code": "NO_ACCOUNT", "message": "账号不存在"}));
    };
    let rows = account.bills.iter().map(|bill| shaped(is_changed, bill_row(bill))).collect();
    Page::json(&list(visit, is_changed, rows)).data(&["billInfos"])
}

fn bill_row(bill: &Bill) -> Value {
    json!({
        "date": bill.day.dashed(),
        "month": bill.month.map(|month| month.compact()),
        "summary": bill.summary(),
        "base": bill.base.map(plain),
        "in": plain(bill.income()),
        "out": plain(bill.outcome()),
        "balance": plain(bill.balance),
        "company": bill.company,
    })
}

fn base(world: &World, city: &City, person: &Person, account: &Account) -> Vec<Line> {
    use Shown::{Day, Money, MoneyText, Month};
    let year = world.today.year();
    let text = Shown::text;
    let pays = |kind| matches!(kind, Kind::Pay | Kind::PayOwn | Kind::PayCompany | Kind::Reversal);
    vec![
        ("姓名", "employeeName", text(&person.name)),
        ("性别", "gender", text(person.sex())),
        ("出生日期", "birthday", Day(Some(person.birth))),
        ("证件类型", "cardType", text("身份证")),
        ("证件号码", "idCard", text(&person.id_card)),
        ("绑定手机", "bindMobile", text(&person.mobile)),
        ("电子邮箱", "bindEmail", text(&person.email)),
        ("通讯地址", "homeAddress", Shown::Text(person.address.clone().unwrap_or_default())),
        ("实名认证", "nameAuth", text("已认证")),
        ("公积金帐号", "houseFundAccount", text(&account.number)),
        ("职工账号", "employeeAccountNum", text(&person.employee_no)),
        ("账户状态", "houseFundStatus", text(account.state)),
        ("开户日期", "openAccountDate", Day(account.opened)),
        ("缴至年月", "payUntilDate", Month(account.paid_until())),
        ("单位名称", "companyName", text(&account.company)),
        ("单位账号", "companyAccountNum", text(&account.company_no)),
        ("缴存管理部", "depositManageDept", Shown::Text(format!("{}管理部", city.name))),
        ("所属办事处", "belongOffice", Shown::Text(format!("{}办事处", city.name))),
        ("缴存银行", "bankName", text(person.bank.unwrap_or(""))),
        ("银行账号", "bankAccount", text(&person.bank_card)),
        ("缴存基数", "monthPayBaseAmount", Money(account.base)),
        ("个人缴存比例", "depositRatioPersonal", Shown::Text(account.ratio())),
        ("单位缴存比例", "depositRatioCompany", Shown::Text(account.ratio())),
        ("个人月缴额", "personalMonthPayAmount", Money(account.own)),
        ("单位月缴额", "companyMonthPayAmount", Money(account.own)),
        ("月缴存额", "monthPayAmount", Money(account.own * 2)),
        ("公积金余额", "houseFundBalance", Money(account.balance)),
        ("上年余额", "lastYearBalance", Money(account.balance_after(year - 1))),
        ("上年利息", "lastYearInterest", Money(account.sum(year - 1, |k| k == Kind::Interest))),
        ("本年缴交", "inYearPayAmount", Money(account.sum(year, pays))),
        ("本年补缴", "inYearAddPayAmount", Money(account.sum(year, |k| k == Kind::Extra))),
        ("本年支取", "inYearReceiveAmount", Money(account.sum(year, Kind::is_out))),
        ("本年利息", "inYearInterest", Money(account.sum(year, |k| k == Kind::Interest))),
        ("本年转入", "inYearTranerin", MoneyText(account.sum(year, |k| k == Kind::TransferIn))),
    ]
}

fn loan_page(
    visit: &Visit<'_>,
    person: &Person,
    account: &Account,
    loan: &Loan,
    is_changed: bool,
) -> Page {
    let rows = |lines: Vec<Vec<Line>>| lines;
    let sample = Samples::new(visit.world(), visit.city);
    let detail = sheet::label_table("loan", &detail(person, account, loan), is_changed);
    let repayers = rows(loan.repayers.iter().map(repayer).collect());
    let repayments = rows(loan.repayments.iter().map(repayment).collect());
    let overdues = rows(loan.overdues.iter().map(overdue).collect());
    let body = detail
        + &sheet::row_table("repayers", &sample.repayer, &repayers, is_changed)
        + &sheet::row_table("repayments", &sample.repayment, &repayments, is_changed)
        + &sheet::row_table("overdues", &sample.overdue, &overdues, is_changed);
    Page::html(html::page("贷款信息", "UTF-8", &body)).data(&["loanInfos"])
}

fn detail(person: &Person, account: &Account, loan: &Loan) -> Vec<Line> {
    use Shown::{Count, Day, Money, MoneyText};
    let text = Shown::text;
    let late: i64 = loan.overdues.iter().map(|row| row.principal).sum();
    let late_interest: i64 = loan.overdues.iter().map(|row| row.interest).sum();
    let late_count = i64::try_from(loan.overdues.len()).unwrap_or(0);
    vec![
        ("借款人", "loanName", text(&person.name)),
        ("借款人证件号", "loanIDCard", text(&person.id_card)),
        ("借款人手机", "loanPhone", text(&person.mobile)),
        ("借款人地址", "address", Shown::Text(person.address.clone().unwrap_or_default())),
        ("房屋地址", "houseAddress", Shown::Text(format!("示范市模型小区{}栋", loan.years))),
        ("工作单位", "companyName", text(&account.company)),
        ("受托银行", "bankName", text(person.bank.unwrap_or(""))),
        ("还款账户", "bankAccount", text(&person.bank_card)),
        ("合同编号", "loanNum", text(&loan.number)),
        ("公积金贷款账号", "gjjLoanNum", Shown::Text(format!("G{}", loan.number))),
        ("商业贷款账号", "commercialLoanNum", Shown::Text(format!("S{}", loan.number))),
        ("贷款金额", "loanAmount", Money(loan.amount)),
        ("贷款类型", "loanType", text("组合贷款")),
        ("贷款年限", "loanLength", Shown::Text(format!("{}年", loan.years))),
        ("贷款利率", "loanRate", text(&loan.rate)),
        ("还款状态", "loanStatus", text(loan.state)),
        ("申请状态", "loanApplyStatus", text("已放款")),
        ("放款日期", "loanDate", Day(Some(loan.start))),
        ("到期日期", "loanEndDate", Day(Some(loan.end))),
        ("购房类型", "houseType", text("商品房")),
        ("担保方式", "guaranteeType", text("房产抵押")),
        ("还款方式", "paymentType", text("等额本金")),
        ("月还款日", "paymentDay", text("25")),
        ("月还款额", "paymentAmount", MoneyText(loan.monthly)),
        ("月最低还款", "monthLowestRepay", Money(loan.monthly)),
        ("已还本金", "duePrincipal", Money(loan.repaid)),
        ("已还利息", "repayInterest", Money(loan.interest_paid)),
        ("贷款余额", "loanBalance", Money(loan.balance)),
        ("逾期金额", "overdueAmount", Money(late)),
        ("当前逾期期数", "currentOverdueCount", Count(late_count)),
        ("当前逾期利息", "currentOverdueInterest", Money(late_interest)),
        ("历史逾期期数", "hisOverdueCount", Count(late_count)),
        ("历史逾期金额", "hisOverdueAmount", Money(late)),
        ("已收罚息", "receivePunishInterest", Money(0)),
        ("冲还贷方式", "isMonthHedge", text("月冲")),
    ]
}

fn repayer(row: &Repayer) -> Vec<Line> {
    let text = Shown::text;
    vec![
        ("顺序", "repayNo", text(&row.order)),
        ("姓名", "repayname", text(&row.name)),
        ("证件号码", "idCard", text(&row.id_card)),
        ("手机", "phone", text(&row.phone)),
        ("工作单位", "corporationName", text(&row.company)),
        ("银行账号", "bankAccount", text(&row.bank_account)),
        ("与申请人关系", "relation", text(row.relation)),
        ("签约日期", "signDate", Shown::Day(Some(row.signed))),
    ]
}

fn repayment(row: &Repayment) -> Vec<Line> {
    use Shown::{Day, Money, Month};
    vec![
        ("还款日期", "date", Day(Some(row.day))),
        ("还款期次", "repayMonth", Month(Some(row.month))),
        ("偿还本金", "principal", Money(row.principal)),
        ("偿还利息", "interest", Money(row.interest)),
        ("本息合计", "sum", Money(row.principal + row.interest)),
        ("银行扣款", "bankDeduction", Money(row.bank)),
        ("本人对冲", "selfHedge", Money(row.own_hedge)),
        ("配偶对冲", "mateHedge", Money(row.mate_hedge)),
        ("本金余额", "balance", Money(row.balance)),
        ("还款描述", "describe", Shown::text(row.describe)),
        ("偿还罚息", "repayPunishInterest", Money(row.punish)),
    ]
}

fn overdue(row: &Overdue) -> Vec<Line> {
    use Shown::{Day, Money};
    let sum = row.principal + row.interest + row.penalty;
    vec![
        ("逾期日期", "date", Day(Some(row.day))),
        ("逾期本金", "principal", Money(row.principal)),
        ("逾期利息", "interest", Money(row.interest)),
        ("逾期罚息", "penalty", Money(row.penalty)),
        ("逾期余额", "overdueBalance", Money(sum)),
        ("合计", "summary", Money(sum)),
    ]
}

/// Lines of a loan that has everything, for headers and notes.
struct Samples {
    base: Vec<Line>,
    detail: Vec<Line>,
    repayer: Vec<Line>,
    repayment: Vec<Line>,
    overdue: Vec<Line>,
}

impl Samples {
    fn new(world: &World, city: &City) -> Self {
        // Every sixteenth person from the fifteenth has overdue loans.
        let person = world.person(city, 15);
        let account = world.accounts(city, &person, false).swap_remove(0);
        let loan = world.loans(city, &person, false).swap_remove(0);
        Self {
            base: base(world, city, &person, &account),
            detail: detail(&person, &account, &loan),
            repayer: loan.repayers.first().map(repayer).unwrap_or_default(),
            repayment: loan.repayments.first().map(repayment).unwrap_or_default(),
            overdue: loan.overdues.first().map(overdue).unwrap_or_default(),
        }
    }
}

/// The tables of the notes page.
pub(crate) fn notes() -> String {
    let Some(city) = City::find("fund", "990000") else { return String::new() };
    let world = World { seed: 51, today: jiff::civil::date(2017, 12, 7), vary: None };
    let sample = Samples::new(&world, city);
    sheet::notes_table("`GET base`, `table#base` → `baseInfo`", &sample.base)
        + &sheet::notes_table("`GET loan`, `table#loan` → `detailInfo`", &sample.detail)
        + &sheet::notes_table(
            "`table#repayers`, one row each → `loanRepayerInfos`",
            &sample.repayer,
        )
        + &sheet::notes_table("`table#repayments` → `loanRepayInfos`", &sample.repayment)
        + &sheet::notes_table("`table#overdues` → `loanOverdueInfos`", &sample.overdue)
}

/// What a perfect connector returns.
pub(crate) fn truth(world: &World, city: &City, person: &Person, is_empty: bool) -> Sections {
    let accounts = world.accounts(city, person, is_empty);
    let bills = accounts.iter().flat_map(|account| &account.bills).map(bill_truth).collect();
    let loans = world.loans(city, person, is_empty);
    let loans = loans.iter().map(|loan| loan_truth(person, &accounts[0], loan)).collect();
    sections(
        sheet::facts(&base(world, city, person, &accounts[0])),
        vec![("billInfos", bills), ("loanInfos", loans)],
    )
}

fn bill_truth(bill: &Bill) -> Value {
    let facts = Facts::default()
        .day("payArriveDate", bill.day)
        .month("payMonth", bill.month)
        .text("note", bill.summary())
        .money("inAmount", bill.income())
        .money("outAmount", bill.outcome())
        .money("balance", bill.balance)
        .text("companyName", &bill.company);
    bill.base.map_or_else(|| facts.clone(), |base| facts.clone().money("payBase", base)).value()
}

fn loan_truth(person: &Person, account: &Account, loan: &Loan) -> Value {
    let rows = |lines: Vec<Vec<Line>>| {
        lines.iter().map(|line| sheet::facts(line).value()).collect::<Vec<_>>()
    };
    json!({
        "detailInfo": sheet::facts(&detail(person, account, loan)).value(),
        "loanRepayerInfos": rows(loan.repayers.iter().map(repayer).collect()),
        "loanRepayInfos": rows(loan.repayments.iter().map(repayment).collect()),
        "loanOverdueInfos": rows(loan.overdues.iter().map(overdue).collect()),
    })
}
