//! The older wt-web portals (`personal` generation), as 四平 runs it: RSA with a modulus and no exponent
//! in the page, coded keys in the record, one list by POST.

use serde_json::{Map, Value, json};

use super::history::{Account, Bill};
use super::rsa;
use crate::behaviour::Behaviour;
use crate::calendar::Day;
use crate::city::{City, Pictures};
use crate::facts::{Sections, sections};
use crate::family::Family;
use crate::html;
use crate::lines::Arranging;
use crate::login::{Attempt, Refusal, Words, refusal_page, sign_in};
use crate::notation::Notation;
use crate::people::{Person, World};
use crate::session::Session;
use crate::shown::{Fact, Shown, aside, fact, text, told};
use crate::vary::Dimension;
use crate::visit::{Page, Visit};
use crate::window;

const ROWS_MAX: usize = 1_000;

const WORDS: Words =
    Words {
        password: "密码不正确", unknown: "该证件号码或手机号码未注册", ..Words::KNOWN
    };

/// The portals of this family.
pub(crate) static FAMILY: Family = Family::new("wt-web-personal", answer, truth);

/// Answers one request.
pub(crate) fn answer(visit: &Visit<'_>, session: &mut Session) -> Page {
    match (visit.path.strip_prefix("wt-web/").unwrap_or(visit.path), visit.is_post()) {
        ("login" | "logout" | "" | "wt-web", false) => login_page(visit, None, ""),
        ("captcha", false) => visit.picture(session),
        ("login", true) => login(visit, session),
        ("home", false) => match visit.person(session) {
            Some(person) => home(&person),
            None => login_page(visit, None, ""),
        },
        ("person/bgcx", true) => record(visit, session),
        ("personal/jcmxlist", true) => bills(visit, session),
        _ => Page::missing(),
    }
}

fn login_page(visit: &Visit<'_>, refusal: Option<Refusal>, error: &str) -> Page {
    let place = refusal.map(|refusal| match refusal {
        Refusal::Picture | Refusal::PictureExpired => "captcha_error",
        Refusal::Password | Refusal::Elsewhere => "in_error",
        _ => "gr_error_1",
    });
    let tip = |id: &str| {
        let words = if place == Some(id) { error } else { "" };
        format!("<span id=\"{id}\" class=\"error\">{words}</span>")
    };
    let code = if visit.pictures() == Pictures::None {
        String::new()
    } else {
        format!(
            "<p>验证码：<input name=\"captcha\"/><img id=\"captcha_img\" src=\"captcha\"/>{}</p>",
            tip("captcha_error")
        )
    };
    Page::html(html::page(
        "个人用户登录",
        "UTF-8",
        &format!(
            "<form id=\"gr_form\" action=\"login\" method=\"post\">\
             <input type=\"hidden\" id=\"modulus\" value=\"{}\"/>\
             <input type=\"hidden\" name=\"logintype\" value=\"1\"/>\
             <p>个人账号：<input name=\"a001\"/></p>\
             <p>身份证号：<input name=\"username\"/>{}</p>\
             <p>密　码：<input type=\"password\" name=\"password\"/>{}</p>{code}\
             <button>登　录</button></form>",
            rsa::SMALL.modulus,
            tip("gr_error_1"),
            tip("in_error"),
        ),
    ))
}

fn home(person: &Person) -> Page {
    let body = format!(
        "<div>{}&nbsp;<a href=\"logout\">安全退出</a></div><ul><li>缴存信息</li></ul>",
        html::escape(&person.name)
    );
    Page::html(html::page("住房公积金个人业务", "UTF-8", &body))
}

fn login(visit: &Visit<'_>, session: &mut Session) -> Page {
    let world = visit.world();
    let found = world.by_any(visit.city, visit.form.get("username"));
    let account = visit.form.get("a001");
    let is_meant =
        |index: &u64| account.is_empty() || world.person(visit.city, *index).account == account;
    let plain = rsa::SMALL.decipher(visit.form.get("password"));
    let attempt = Attempt {
        person: found.filter(is_meant),
        behaviour: plain.as_deref().map(Behaviour::of),
        code: Some(visit.form.get("captcha")),
        is_forced: false,
    };
    match sign_in(visit, session, &attempt) {
        Ok(()) => {
            let index = session.person.unwrap_or(0);
            home(&visit.world().person(visit.city, index)).login()
        }
        Err(refusal) => WORDS.refuse(visit, refusal, |words| {
            refusal_page(visit, words, || login_page(visit, None, ""))
                .unwrap_or_else(|| login_page(visit, Some(refusal), words).login())
        }),
    }
}

fn account(visit: &Visit<'_>, session: &Session, person: &Person) -> Account {
    visit.world().accounts(visit.city, person, session.is(Behaviour::Empty)).swap_remove(0)
}

fn record_facts(world: &World, person: &Person, account: &Account) -> Vec<Fact> {
    let last = world.today.year() - 1;
    vec![
        fact("a001", "houseFundAccount", text(&account.number)).essential(),
        fact("a002", "employeeName", text(&person.name)).essential(),
        fact("a003", "companyAccountNum", text(&account.company_no)),
        fact("a004", "companyName", text(&account.company)),
        fact("a008", "idCard", text(&person.id_card)).essential(),
        fact("a011", "monthPayBaseAmount", Shown::Money(account.base)),
        fact("a013", "openAccountDate", Shown::Day(account.opened)),
        fact("a021", "cardType", text("身份证")),
        fact("a034", "personalMonthPayAmount", Shown::Money(account.own)),
        fact("a035", "companyMonthPayAmount", Shown::Money(account.own)),
        fact("a036", "lastYearBalance", Shown::Money(account.balance_after(last))).open(),
        fact("a044", "houseFundBalance", Shown::Money(account.balance)),
        fact("a077", "payUntilDate", Shown::Month(account.paid_until())),
        fact("a079", "bankAccount", text(&person.bank_card)),
        fact("a083", "bankName", Shown::maybe(person.bank)),
        fact("mc", "houseFundStatus", text(account.state)),
        fact("yddh", "bindMobile", text(&person.mobile)),
        fact("jtzz", "homeAddress", Shown::Maybe(person.address.clone())),
    ]
}

fn record(visit: &Visit<'_>, session: &Session) -> Page {
    let Some(person) = visit.person(session) else { return login_page(visit, None, "") };
    let is_changed = session.is(Behaviour::Changed);
    let notation = Notation::json(&visit.vary);
    let arranging = Arranging { vary: &visit.vary, notation, is_changed };
    let account = account(visit, session, &person);
    let row = arranging.object(&record_facts(visit.world(), &person, &account));
    Page::json(&json!({"success": true, "msg": null, "results": [row]})).data(&["baseInfo"])
}

fn bill_facts(bill: &Bill, place: usize) -> Vec<Fact> {
    vec![
        aside("ywlsh", text(format!("{}{place:06}", bill.day.compact()))),
        fact("rq", "payArriveDate", Shown::Day(Some(bill.day))).essential(),
        fact("jfje", "outAmount", Shown::Money(bill.outcome())).essential(),
        fact("dfje", "inAmount", Shown::Money(bill.income())).essential(),
        fact("ye", "balance", Shown::Money(bill.balance)),
        fact("zy", "note", text(bill.summary())),
    ]
}

fn bills(visit: &Visit<'_>, session: &Session) -> Page {
    let Some(person) = visit.person(session) else { return login_page(visit, None, "") };
    let range =
        (Day::read(visit.field("beginDate"), false), Day::read(visit.field("endDate"), true));
    let (Some(from), Some(to)) = range else {
        return Page::json(&json!({"success": false, "msg": "查询日期不正确"}));
    };
    let vary = &visit.vary;
    let account = account(visit, session, &person);
    let is_ignored = vary.has(Dimension::RangeIgnored);
    let found: Vec<(usize, &Bill)> = account
        .bills
        .iter()
        .enumerate()
        .filter(|(_, bill)| is_ignored || (from <= bill.day && bill.day <= to))
        .collect();
    let rows = window::ordered(vary, found);
    let size = visit.number("pageSize").unwrap_or(visit.city.page_rows).clamp(1, ROWS_MAX);
    let shown = window::page(vary, &rows, visit.number("pageNum").unwrap_or(1), size);
    let is_changed = session.is(Behaviour::ChangedRows);
    let arranging = Arranging { vary, notation: Notation::json(vary), is_changed };
    let list = shown
        .rows
        .iter()
        .map(|(place, bill)| arranging.object(&bill_facts(bill, *place)))
        .collect();
    let message = window::message(vary, rows.is_empty(), "无查询结果", "查询成功");
    let mut answer = Map::new();
    answer.insert("success".into(), true.into());
    answer.insert("msg".into(), message.into());
    let (total, key) = if is_changed { ("count", "items") } else { ("totalcount", "results") };
    window::count(vary, &mut answer, total, shown.total);
    if let Some(list) = window::list(vary, list) {
        answer.insert(key.into(), list);
    }
    Page::json(&Value::Object(answer)).data(&["billInfos"])
}

/// What a perfect connector returns.
pub(crate) fn truth(world: &World, city: &City, person: &Person, is_empty: bool) -> Sections {
    let vary = world.varied(city);
    let account = world.accounts(city, person, is_empty).swap_remove(0);
    let bills = account.bills.iter().map(|bill| told(&vary, &bill_facts(bill, 0)).value());
    let bills = bills.collect();
    sections(told(&vary, &record_facts(world, person, &account)), vec![("billInfos", bills)])
}
