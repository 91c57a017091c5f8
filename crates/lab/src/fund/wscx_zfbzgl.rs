//! The wscx portals: GBK bytes both ways, a form of hidden inputs that every later call must repeat,
//! label cells and row tables, years from a select. 日照 logs in by POST with a captcha and shows five
//! columns; 宝鸡 logs in by GET with `zh` and `pass`, without captcha, and shows six.
//!
//! Labels: 职工姓名 employeeName, 银行账号 bankAccount, 身份证号 idCard, 职工账号 employeeAccountNum, 所在单位
//! companyName, 所属管理部 depositManageDept (日照), 所属办事处 belongOffice (宝鸡), 开户日期, 当前状态, 月缴基数,
//! 个人/单位 the two ratios, 月缴金额, 单位月缴额/个人月缴额/上年利息 (日照), 上年余额, 本年缴交, 本年补缴, 本年支取, 本年利息,
//! 本年转入, 公积金余额, 缴至年月 (日照: an input without a label). 减少/借方 is out, 增加/贷方 is in.

use std::fmt::Write as _;

use super::history::{Account, Bill, Kind};
use crate::behaviour::Behaviour;
use crate::calendar::{Day, fund_year};
use crate::city::City;
use crate::facts::{Facts, Sections, sections};
use crate::html;
use crate::login::{Attempt, Refusal, sign_in};
use crate::money::{grouped, plain};
use crate::people::{Person, Quirk, World};
use crate::session::Session;
use crate::visit::{Page, Visit};

const RUNNING: &str = "当前年度";

fn has_picture(city: &City) -> bool {
    city.area == "371100"
}

fn office(city: &City) -> String {
    format!("{}管理部", city.name)
}

/// Answers one request. The two names of the first folder are both in use.
pub(crate) fn answer(visit: &Visit<'_>, session: &mut Session) -> Page {
    let words: Vec<&str> = visit.path.rsplitn(3, '/').collect();
    match (words.first().copied().unwrap_or(""), visit.is_post()) {
        ("image.jsp", false) if has_picture(visit.city) => visit.picture(session),
        // 宝鸡 takes its login by GET and 日照 by POST; the other verb gets the entry page.
        ("login_hidden.jsp", is_post) if is_post == has_picture(visit.city) => {
            login(visit, session)
        }
        ("gjjxx_cx.jsp" | "gjjxxcx.jsp", true) => base(visit, session),
        ("gjjmx_cx.jsp", true) => bills(visit, session),
        ("login.jsp" | "index.jsp" | "login_hidden.jsp" | "" | "wscx" | "rzwscx", false) => {
            entry(visit)
        }
        _ => Page::missing(),
    }
}

fn entry(visit: &Visit<'_>) -> Page {
    let (method, name, password, dbname) = if has_picture(visit.city) {
        ("post", "sfzh", "password", "gjjmx9")
    } else {
        ("get", "zh", "pass", "gjjmx9")
    };
    let picture = if has_picture(visit.city) {
        "<p>验证码：<input name=\"yzm\"/><img src=\"image.jsp\"/></p>"
    } else {
        ""
    };
    Page::html(html::page(
        "住房公积金查询",
        "GBK",
        &format!(
            "<form name=\"form1\" action=\"login_hidden.jsp\" method=\"{method}\">\
             <p>身份证号（职工账号）：<input name=\"{name}\"/></p>\
             <p>密　　码：<input type=\"password\" name=\"{password}\"/></p>{picture}\
             <input type=\"hidden\" name=\"dlfs\" value=\"0\"/>\
             <input type=\"hidden\" name=\"dbname\" value=\"{dbname}\"/>\
             <input type=\"hidden\" name=\"cxyd\" value=\"{RUNNING}\"/>\
             <input type=\"submit\" value=\"登录\"/></form>"
        ),
    ))
}

fn login(visit: &Visit<'_>, session: &mut Session) -> Page {
    let picture = has_picture(visit.city);
    let (name, password) = if picture { ("sfzh", "password") } else { ("zh", "pass") };
    let name = visit.field(name);
    let is_short = name.len() != 15 && name.len() != 18 && picture;
    let attempt = Attempt {
        person: visit.world().by_any(visit.city, name),
        behaviour: Some(Behaviour::of(visit.field(password))).filter(|_| !is_short),
        code: picture.then(|| visit.field("yzm")),
        is_forced: false,
    };
    let text = match sign_in(visit, session, &attempt) {
        Ok(()) => {
            let index = session.person.unwrap_or(0);
            return hidden(visit, Some(&visit.world().person(visit.city, index)), "").login();
        }
        Err(Refusal::Picture | Refusal::PictureExpired) => "验证码输入有误",
        Err(Refusal::Password) => "密码输入错误",
        Err(Refusal::Unknown) if picture => "系统未登记该身份证号",
        Err(Refusal::Unknown) => "系统未登记该职工账号或身份证",
        Err(Refusal::Format) if picture => "请输入15位或18位身份证号",
        Err(Refusal::Format) => "输入的身份证位数不对",
        // The sheets have no words of this family for the next four: our choice.
        Err(Refusal::Locked) => "该账户已被锁定，请到柜台办理",
        Err(Refusal::Quota) => "今日查询次数已达上限",
        Err(Refusal::Elsewhere) => "初始密码不能进行查询业务，请先修改密码",
        Err(Refusal::Maintenance) => "系统维护中，请稍后再进行查询",
        Err(other) => return other.page().unwrap_or_else(Page::missing),
    };
    hidden(visit, None, text).login()
}

/// The answer of step one: hidden inputs, empty when nobody was let in, and perhaps an alert.
fn hidden(visit: &Visit<'_>, person: Option<&Person>, alert: &str) -> Page {
    let account = person.map(|p| account(visit.world(), visit.city, p, true));
    let input = |name: &str, value: &str| {
        format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">\r\n", html::escape(value))
    };
    let person_text = |read: fn(&Person) -> &str| person.map_or("", read);
    let mut inputs = input("zgzh", person_text(|p| &p.account))
        + &input("sfzh", person_text(|p| &p.id_card))
        + &input("zgxm", person_text(|p| &p.name))
        + &input("dwbm", account.as_ref().map_or("", |a| &a.company_no));
    if has_picture(visit.city) {
        inputs += &input("zgzt", account.as_ref().map_or("", |a| a.state));
    }
    inputs += &input("cxyd", if person.is_some() { RUNNING } else { "" });
    let script = if alert.is_empty() {
        "document.form1.submit();".to_owned()
    } else {
        format!("alert(\"{alert}\");window.history.back();")
    };
    Page::html(html::page(
        "正在登录",
        "GBK",
        &format!(
            "<form name=\"form1\" method=\"post\" action=\"../main_menu.jsp\">\r\n{inputs}</form>\r\n\
             <script language=\"javascript\">{script}</script>"
        ),
    ))
}

/// This line shows one account a person.
fn account(world: &World, city: &City, person: &Person, is_empty: bool) -> Account {
    world.accounts(city, person, is_empty).swap_remove(0)
}

/// The person, if the session holds and the hidden form was repeated to the letter.
fn repeated(visit: &Visit<'_>, session: &Session) -> Option<(Person, Account)> {
    let person = visit.person(session)?;
    let account = account(visit.world(), visit.city, &person, session.is(Behaviour::Empty));
    let is_same = visit.form.get("zgzh") == person.account
        && visit.form.get("sfzh") == person.id_card
        && visit.form.get("zgxm") == person.name
        && visit.form.get("dwbm") == account.company_no;
    is_same.then_some((person, account))
}

fn signed_out() -> Page {
    Page::html(html::page(
        "住房公积金查询",
        "GBK",
        "<script>alert(\"会话已超时，请重新登录\");top.location=\"login.jsp\";</script>",
    ))
}

/// The labels and values of the base page, in the order shown.
fn labels(visit: &Visit<'_>, person: &Person, account: &Account) -> Vec<(&'static str, String)> {
    let year = visit.world().today.year();
    let yuan = |cents| format!("{}元", grouped(cents));
    let opened = account.opened.map_or_else(|| Day::NONE_TEXT.to_owned(), Day::dashed);
    let mut labels = vec![
        ("职工姓名", html::escape(&person.name)),
        ("银行账号", person.bank_card.clone()),
        ("身份证号", person.id_card.clone()),
        ("职工账号", person.account.clone()),
        ("所在单位", html::escape(&account.company)),
        (if has_picture(visit.city) { "所属管理部" } else { "所属办事处" }, office(visit.city)),
        ("开户日期", opened),
        ("当前状态", account.state.into()),
        ("月缴基数", yuan(account.base)),
        ("个人/单位", format!("{}/{}", account.ratio(), account.ratio())),
        ("月缴金额", yuan(account.own * 2)),
        ("上年余额", yuan(account.balance_after(year - 1))),
        ("本年缴交", yuan(account.sum(year, is_pay))),
        ("本年补缴", yuan(account.sum(year, |k| k == Kind::Extra))),
        ("本年支取", yuan(account.sum(year, Kind::is_out))),
        ("本年利息", yuan(account.sum(year, |k| k == Kind::Interest))),
        ("本年转入", yuan(account.sum(year, |k| k == Kind::TransferIn))),
        ("公积金余额", format!("￥{}", grouped(account.balance))),
    ];
    if has_picture(visit.city) {
        let last_interest = account.sum(year - 1, |k| k == Kind::Interest);
        labels.push(("单位月缴额", yuan(account.own)));
        labels.push(("个人月缴额", yuan(account.own)));
        labels.push(("上年利息", yuan(last_interest)));
        labels.push(("是否做月对冲", "否".into()));
    } else {
        labels.push(("缴至年月", paid_until(account)));
    }
    labels
}

fn is_pay(kind: Kind) -> bool {
    matches!(kind, Kind::Pay | Kind::PayOwn | Kind::PayCompany | Kind::Reversal)
}

fn paid_until(account: &Account) -> String {
    account.paid_until().map(|month| month.dashed()).unwrap_or_default()
}

fn base(visit: &Visit<'_>, session: &Session) -> Page {
    let Some((person, account)) = repeated(visit, session) else { return signed_out() };
    let mut rows = String::new();
    for pair in labels(visit, &person, &account).chunks(2) {
        rows.push_str("<tr class=\"jtpsoft\">");
        for (label, value) in pair {
            let label = if session.is(Behaviour::Changed) {
                format!("项目{}", label.chars().count())
            } else {
                spaced(label)
            };
            let _ = write!(rows, "<td class=\"l\">{label}：</td><td>&nbsp;{value}&nbsp;</td>");
        }
        rows.push_str("</tr>\r\n");
    }
    if has_picture(visit.city) && !session.is(Behaviour::Changed) {
        let _ = write!(
            rows,
            "<tr class=\"jtpsoft\"><td colspan=\"4\"><input type=\"text\" name=\"jzny\" \
             value=\"{}\" readonly></td></tr>",
            paid_until(&account)
        );
    }
    let body = format!("<table border=\"1\" class=\"xx\">{rows}</table>");
    Page::html(html::page("公积金信息查询", "GBK", &body)).data(&["baseInfo"])
}

/// Layout blanks inside short labels, as typists of the time liked them.
fn spaced(label: &str) -> String {
    match label {
        "月缴基数" => "月 缴 基 数".into(),
        "职工姓名" => "职工姓　名".into(),
        other => other.into(),
    }
}

/// The years with a page of their own, newest first, after the running one.
fn years(world: &World) -> (i16, Vec<i16>) {
    let running = fund_year(Day::from(world.today));
    (running, (1..=9).map(|back| running - back).collect())
}

fn year_text(year: i16) -> String {
    format!("{year}-{}", year + 1)
}

/// The rows of a fund year. Some pages repeat the closing row of the year before.
fn rows_of(account: &Account, year: i16, quirk: Quirk) -> Vec<&Bill> {
    let overlaps = |bill: &Bill| {
        quirk == Quirk::Overlap && bill.kind == Kind::Interest && fund_year(bill.day) == year - 1
    };
    account.bills.iter().filter(|b| fund_year(b.day) == year || overlaps(b)).collect()
}

fn bills(visit: &Visit<'_>, session: &Session) -> Page {
    let Some((person, account)) = repeated(visit, session) else { return signed_out() };
    let (running, closed) = years(visit.world());
    // Which of the three fields names the year is not known; any that holds one does.
    let year = ["cxydone", "cxydtwo", "cxyd"]
        .iter()
        .find_map(|name| closed.iter().find(|year| visit.form.get(name) == year_text(**year)))
        .copied()
        .unwrap_or(running);
    let rows = rows_of(&account, year, person.quirk);
    let size = visit.city.page_rows;
    let pages = rows.len().div_ceil(size).max(1);
    let page = visit.form.number("yss").unwrap_or(1).max(1);
    let mut table = header(visit, session);
    for bill in rows.iter().skip((page - 1).saturating_mul(size)).take(size) {
        table += &row(visit, bill);
    }
    if !rows.is_empty() && page == pages {
        let income: i64 = rows.iter().map(|bill| bill.income()).sum();
        let _ = write!(
            table,
            "<tr class=\"jtpsoft\"><td>合计</td><td colspan=\"4\">{}</td></tr>\r\n",
            grouped(income)
        );
    }
    let mut options = format!("<option value=\"{RUNNING}\" selected>{RUNNING}</option>");
    for year in closed {
        let text = year_text(year);
        let _ = write!(options, "<option value=\"{text}\">{text}</option>");
    }
    let body = format!(
        "<form name=\"form1\" method=\"post\" action=\"gjjmx_cx.jsp\">\r\n\
         <select name=\"zgzhxz\"><option>{}</option></select>\r\n\
         <select name=\"cxydone\">{options}</select>至<select name=\"cxydtwo\">{options}</select>\r\n\
         <input type=\"hidden\" name=\"yss\" value=\"{page}\">\
         <input type=\"hidden\" name=\"totalpages\" value=\"{pages}\">\
         </form>\r\n<table class=\"mx\" border=\"1\">{table}</table><p>共{pages}页&nbsp;第{page}页</p>",
        person.account
    );
    Page::html(html::page("公积金明细查询", "GBK", &body)).data(&["billInfos"])
}

fn header(visit: &Visit<'_>, session: &Session) -> String {
    let titles: &[&str] = match (has_picture(visit.city), session.is(Behaviour::ChangedRows)) {
        (true, false) => &["日期", "摘要", "减少", "增加", "余额"],
        (false, false) => &["日期", "借方", "贷方", "余额", "借贷方向", "摘要"],
        (_, true) => &["序号", "说明", "发生时间", "金额", "结存", "经办", "备用"],
    };
    let cells: String = titles.iter().map(|title| format!("<td>{title}</td>")).collect();
    format!("<tr class=\"jtpsoft\">{cells}</tr>\r\n")
}

fn row(visit: &Visit<'_>, bill: &Bill) -> String {
    let (day, note) = (bill.day.dashed(), bill.summary());
    let (out, income) = (grouped(bill.outcome()), grouped(bill.income()));
    let balance = grouped(bill.balance);
    let cells = if has_picture(visit.city) {
        [day, note, out, income, balance].join("</td><td>")
    } else {
        let side = if bill.kind.is_out() { "借" } else { "贷" };
        [day, out, income, balance, side.into(), note].join("</td><td>")
    };
    format!("<tr class=\"jtpsoft\"><td>{cells}</td></tr>\r\n")
}

/// What a perfect connector returns.
pub(crate) fn truth(world: &World, city: &City, person: &Person, is_empty: bool) -> Sections {
    let account = account(world, city, person, is_empty);
    let bills = account.bills.iter().map(|bill| {
        Facts::default()
            .day("payArriveDate", bill.day)
            .text("note", bill.summary())
            .money("outAmount", bill.outcome())
            .money("inAmount", bill.income())
            .money("balance", bill.balance)
            .value()
    });
    let bills = bills.collect();
    sections(base_truth(world, city, person, &account), vec![("billInfos", bills)])
}

fn base_truth(world: &World, city: &City, person: &Person, account: &Account) -> Facts {
    let year = world.today.year();
    let office_field = if has_picture(city) { "depositManageDept" } else { "belongOffice" };
    let facts = Facts::default()
        .text("employeeName", &person.name)
        .text("bankAccount", &person.bank_card)
        .text("idCard", &person.id_card)
        .text("employeeAccountNum", &person.account)
        .text("companyName", &account.company)
        .text(office_field, office(city))
        .day("openAccountDate", account.opened)
        .text("houseFundStatus", account.state)
        .money("monthPayBaseAmount", account.base)
        .text("depositRatioPersonal", account.ratio())
        .text("depositRatioCompany", account.ratio())
        .money("monthPayAmount", account.own * 2)
        .money("lastYearBalance", account.balance_after(year - 1))
        .money("inYearPayAmount", account.sum(year, is_pay))
        .money("inYearAddPayAmount", account.sum(year, |k| k == Kind::Extra))
        .money("inYearReceiveAmount", account.sum(year, Kind::is_out))
        .money("inYearInterest", account.sum(year, |k| k == Kind::Interest))
        .text("inYearTranerin", plain(account.sum(year, |k| k == Kind::TransferIn)))
        .money("houseFundBalance", account.balance)
        .month("payUntilDate", account.paid_until());
    if !has_picture(city) {
        return facts;
    }
    facts
        .money("companyMonthPayAmount", account.own)
        .money("personalMonthPayAmount", account.own)
        .money("lastYearInterest", account.sum(year - 1, |k| k == Kind::Interest))
}
