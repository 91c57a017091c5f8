//! The wscx portals: GBK bytes both ways, a form of hidden inputs that every later call must repeat,
//! label cells and row tables, years from a select. 日照 logs in by POST with a captcha and shows five
//! columns; 宝鸡 logs in by GET with `zh` and `pass`, without captcha, and shows six.
//!
//! Labels: 职工姓名 employeeName, 银行账号 bankAccount, 身份证号 idCard, 职工账号 employeeAccountNum, 所在单位
//! companyName, 所属管理部 depositManageDept (日照), 所属办事处 belongOffice (宝鸡), 开户日期, 当前状态, 月缴基数,
//! 个人/单位 the two ratios, 月缴金额, 单位月缴额/个人月缴额/上年利息 (日照), 上年余额, 本年缴交, 本年补缴, 本年支取, 本年利息,
//! 本年转入, 公积金余额, 缴至年月 (日照: an input without a label). 减少/借方 is out, 增加/贷方 is in.

mod bills;

use std::fmt::Write as _;

use super::history::{Account, Kind};
use crate::behaviour::Behaviour;
use crate::city::{City, Pictures};
use crate::facts::{Sections, sections};
use crate::family::Family;
use crate::html;
use crate::lines::Arranging;
use crate::login::{Attempt, Refusal, refusal_page, sign_in, words};
use crate::notation::Notation;
use crate::people::{Person, World};
use crate::session::Session;
use crate::shown::{Fact, Shown, aside, fact, told};
use crate::visit::{Page, Visit};

const RUNNING: &str = "当前年度";

/// What differs from city to city.
struct Habits {
    has_picture: bool,
    /// Whether the login form is posted.
    is_posted: bool,
    /// The fields of the login form.
    name: &'static str,
    password: &'static str,
    /// Whether the form that is repeated has a fifth field, the account's state.
    has_state: bool,
    /// Whether rows have six columns.
    is_wide: bool,
    unknown: &'static str,
}

const RIZHAO: Habits = Habits {
    has_picture: true,
    is_posted: true,
    name: "sfzh",
    password: "password",
    has_state: true,
    is_wide: false,
    unknown: "系统未登记该身份证号",
};
const BAOJI: Habits = Habits {
    has_picture: false,
    is_posted: false,
    name: "zh",
    password: "pass",
    has_state: false,
    is_wide: true,
    unknown: "系统未登记该职工账号或身份证",
};
const TAIAN: Habits = Habits { has_picture: false, is_posted: false, is_wide: true, ..RIZHAO };

fn habits(city: &City) -> &'static Habits {
    match city.area {
        "371100" => &RIZHAO,
        "370900" => &TAIAN,
        _ => &BAOJI,
    }
}

fn office(city: &City) -> String {
    format!("{}管理部", city.name)
}

/// The portals of this family.
pub(crate) static FAMILY: Family = Family::new("wscx-zfbzgl", answer, truth);

/// Answers one request. The two names of the first folder are both in use.
pub(crate) fn answer(visit: &Visit<'_>, session: &mut Session) -> Page {
    let words: Vec<&str> = visit.path.rsplitn(3, '/').collect();
    match (words.first().copied().unwrap_or(""), visit.is_post()) {
        ("image.jsp", false) if habits(visit.city).has_picture => visit.picture(session),
        // 日照 takes its login by POST and the others by GET; the other verb gets the entry page.
        ("login_hidden.jsp", is_post) if is_post == habits(visit.city).is_posted => {
            login(visit, session)
        }
        ("gjjxx_cx.jsp" | "gjjxxcx.jsp", true) => base(visit, session),
        ("gjjmx_cx.jsp", true) => bills::bills(visit, session),
        ("login.jsp" | "index.jsp" | "login_hidden.jsp" | "" | "wscx" | "rzwscx", false) => {
            entry(visit)
        }
        _ => Page::missing(),
    }
}

fn entry(visit: &Visit<'_>) -> Page {
    let Habits { is_posted, name, password, .. } = habits(visit.city);
    let method = if *is_posted { "post" } else { "get" };
    let picture = if visit.pictures() != Pictures::None {
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
             <input type=\"hidden\" name=\"dbname\" value=\"gjjmx9\"/>\
             <input type=\"hidden\" name=\"cxyd\" value=\"{RUNNING}\"/>\
             <input type=\"submit\" value=\"登录\"/></form>"
        ),
    ))
}

fn login(visit: &Visit<'_>, session: &mut Session) -> Page {
    let habits = habits(visit.city);
    let name = visit.field(habits.name);
    let is_short = name.len() != 15 && name.len() != 18 && habits.has_state;
    let attempt = Attempt {
        person: visit.world().by_any(visit.city, name),
        behaviour: Some(Behaviour::of(visit.field(habits.password))).filter(|_| !is_short),
        code: habits.has_picture.then(|| visit.field("yzm")),
        is_forced: false,
    };
    let refusal = match sign_in(visit, session, &attempt) {
        Ok(()) => {
            let index = session.person.unwrap_or(0);
            return hidden(visit, Some(&visit.world().person(visit.city, index)), "").login();
        }
        Err(refusal) => refusal,
    };
    let text = match refusal {
        Refusal::Picture | Refusal::PictureExpired => "验证码输入有误",
        Refusal::Password => "密码输入错误",
        Refusal::Unknown => habits.unknown,
        Refusal::Format if habits.has_state => "请输入15位或18位身份证号",
        Refusal::Format => "输入的身份证位数不对",
        // The sheets have no words of this family for the next four: our choice.
        Refusal::Locked => "该账户已被锁定，请到柜台办理",
        Refusal::Quota => "今日查询次数已达上限",
        Refusal::Elsewhere => "初始密码不能进行查询业务，请先修改密码",
        Refusal::Maintenance => "系统维护中，请稍后再进行查询",
        other => return other.page().unwrap_or_else(Page::missing),
    };
    let text = words(visit, refusal, text);
    refusal_page(visit, text, || entry(visit)).unwrap_or_else(|| hidden(visit, None, text).login())
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
    if habits(visit.city).has_state {
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

/// The facts of the base page, in the order shown.
fn base_facts(world: &World, city: &City, person: &Person, account: &Account) -> Vec<Fact> {
    let year = world.today.year();
    let yuan = Shown::Yuan;
    let until = fact("缴至年月", "payUntilDate", Shown::Month(account.paid_until()));
    let office_field = if !habits(city).is_wide { "depositManageDept" } else { "belongOffice" };
    let mut facts = vec![
        fact("职工姓名", "employeeName", Shown::text(&person.name)).essential(),
        fact("银行账号", "bankAccount", Shown::text(&person.bank_card)),
        fact("身份证号", "idCard", Shown::text(&person.id_card)).essential(),
        fact("职工账号", "employeeAccountNum", Shown::text(&person.account)).essential(),
        fact("所在单位", "companyName", Shown::text(&account.company)),
        fact(
            if !habits(city).is_wide { "所属管理部" } else { "所属办事处" },
            office_field,
            Shown::text(office(city)),
        ),
        fact("开户日期", "openAccountDate", Shown::Day(account.opened)),
        fact("当前状态", "houseFundStatus", Shown::text(account.state)),
        fact("月缴基数", "monthPayBaseAmount", yuan(account.base)),
        fact("个人/单位", "depositRatioPersonal", Shown::Ratios(account.percent, account.percent)),
        fact("月缴金额", "monthPayAmount", yuan(account.own * 2)),
        fact("上年余额", "lastYearBalance", yuan(account.balance_after(year - 1))),
        fact("本年缴交", "inYearPayAmount", yuan(account.sum(year, is_pay))),
        fact("本年补缴", "inYearAddPayAmount", yuan(account.sum(year, |k| k == Kind::Extra))),
        fact("本年支取", "inYearReceiveAmount", yuan(account.sum(year, Kind::is_out))),
        fact("本年利息", "inYearInterest", yuan(account.sum(year, |k| k == Kind::Interest))),
        fact(
            "本年转入",
            "inYearTranerin",
            Shown::MoneyText(account.sum(year, |k| k == Kind::TransferIn)),
        ),
        fact("公积金余额", "houseFundBalance", yuan(account.balance)),
    ];
    if !habits(city).is_wide {
        let last_interest = account.sum(year - 1, |k| k == Kind::Interest);
        facts.push(fact("单位月缴额", "companyMonthPayAmount", yuan(account.own)));
        facts.push(fact("个人月缴额", "personalMonthPayAmount", yuan(account.own)));
        facts.push(fact("上年利息", "lastYearInterest", yuan(last_interest)));
        facts.push(aside("是否做月对冲", Shown::text("否")));
    } else {
        facts.push(until);
    }
    facts
}

/// What 日照 shows in an input without a label.
fn unlabelled(account: &Account) -> Fact {
    fact("jzny", "payUntilDate", Shown::Month(account.paid_until()))
}

fn is_pay(kind: Kind) -> bool {
    matches!(kind, Kind::Pay | Kind::PayOwn | Kind::PayCompany | Kind::Reversal)
}

fn base(visit: &Visit<'_>, session: &Session) -> Page {
    let Some((person, account)) = repeated(visit, session) else { return signed_out() };
    let is_changed = session.is(Behaviour::Changed);
    let notation = Notation::html(&visit.vary);
    let arranging = Arranging { vary: &visit.vary, notation, is_changed };
    let mut facts = base_facts(visit.world(), visit.city, &person, &account);
    for fact in &mut facts {
        fact.label = spaced(fact.label);
    }
    let mut rows = String::new();
    for pair in arranging.lines(&facts).chunks(2) {
        rows.push_str("<tr class=\"jtpsoft\">");
        for line in pair {
            let (label, value) = (arranging.label_cell(line), html::escape(&line.text));
            let _ = write!(rows, "<td class=\"l\">{label}</td><td>&nbsp;{value}&nbsp;</td>");
        }
        rows.push_str("</tr>\r\n");
    }
    let until = unlabelled(&account);
    if !habits(visit.city).is_wide && !is_changed && until.is_on(&visit.vary) {
        let _ = write!(
            rows,
            "<tr class=\"jtpsoft\"><td colspan=\"4\"><input type=\"text\" name=\"jzny\" \
             value=\"{}\" readonly></td></tr>",
            notation.text(&until.value)
        );
    }
    let body = format!("<table border=\"1\" class=\"xx\">{rows}</table>");
    Page::html(html::page("公积金信息查询", "GBK", &body)).data(&["baseInfo"])
}

/// Layout blanks inside short labels, as typists of the time liked them.
fn spaced(label: &'static str) -> &'static str {
    match label {
        "月缴基数" => "月 缴 基 数",
        "职工姓名" => "职工姓　名",
        other => other,
    }
}

/// What a perfect connector returns.
pub(crate) fn truth(world: &World, city: &City, person: &Person, is_empty: bool) -> Sections {
    let vary = world.varied(city);
    let account = account(world, city, person, is_empty);
    let bills =
        account.bills.iter().map(|bill| told(&vary, &bills::bill_facts(city, bill)).value());
    let bills = bills.collect();
    let mut facts = base_facts(world, city, person, &account);
    if !habits(city).is_wide {
        facts.push(unlabelled(&account));
    }
    sections(told(&vary, &facts), vec![("billInfos", bills)])
}
