//! 示范市, the model city: a portal of our own that offers every field and every section of both documents,
//! in a mix of shapes, so that its connectors can serve as a tutorial. `notes` documents it; whoever
//! writes those connectors gets that page and not this code.

mod fund;
mod insurance;
mod kit;
mod sheet;
mod today;

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::behaviour::Behaviour;
use crate::city::{City, Product};
use crate::facts::Sections;
use crate::family::Family;
use crate::html;
use crate::login::{Attempt, Refusal, check_sms, sign_in};
use crate::people::{Person, World};
use crate::session::Session;
use crate::visit::{Page, Part, Visit};

/// What the number of an account begins with that was closed.
const CLOSED_ACCOUNT: &str = "0000";

static NOTES: LazyLock<[String; 2]> = LazyLock::new(|| {
    let notes = |product: &str, own: &str, tables: String| {
        include_str!("model_city/notes.md")
            .replace("{{product}}", product)
            .replace("{{own}}", own)
            .replace("{{tables}}", &tables)
    };
    [
        notes("fund", include_str!("model_city/notes_fund.md"), fund::notes()),
        notes("insurance", include_str!("model_city/notes_insurance.md"), insurance::notes()),
    ]
});

/// The page that documents this portal for a product.
pub(crate) fn notes(product: &str) -> Option<&'static str> {
    match product {
        "fund" => Some(&NOTES[0]),
        "insurance" => Some(&NOTES[1]),
        _ => None,
    }
}

/// What a perfect connector returns.
pub(crate) fn truth(world: &World, city: &City, person: &Person, is_empty: bool) -> Sections {
    match city.product {
        Product::Fund => fund::truth(world, city, person, is_empty),
        Product::Insurance => insurance::truth(world, city, person, is_empty),
    }
}

/// The portals of this family.
pub(crate) static FAMILY: Family = Family::new("model", answer, truth);

/// Answers one request.
pub(crate) fn answer(visit: &Visit<'_>, session: &mut Session) -> Page {
    match (visit.path, visit.is_post()) {
        ("" | "login", false) => entry(visit, session),
        ("captcha.png", false) => visit.picture(session),
        ("login", true) => login(visit, session),
        ("login/sms", true) => sms(visit, session),
        ("login/resend", true) => resend(visit, session),
        ("login/force", true) => force(visit, session),
        ("login/account", true) => today::choose(visit, session),
        ("login/confirmed", true) => today::confirmed(visit, session),
        ("qrCode/getQrcode", true) => today::code(visit),
        ("qrCode/checkQrCode", true) => today::state(visit),
        (path, true) if path.starts_with("captcha/") => {
            kit::answer(visit, session, path.trim_start_matches("captcha/"))
        }
        (_, true) => Page::missing(),
        (path, false) => {
            let Some(person) = visit.person(session) else { return signed_out(visit) };
            let page = match visit.city.product {
                Product::Fund => fund::answer(visit, session, &person, path),
                Product::Insurance => insurance::answer(visit, session, &person, path),
            };
            let is_last = matches!(page.part, Part::Data(sections)
                if sections.iter().any(|one| visit.city.last_group().contains(one)));
            if is_last && session.is(Behaviour::EchoRows) { told(&person) } else { page }
        }
    }
}

/// JSON addresses say so in JSON; pages send the reader to the login.
fn signed_out(visit: &Visit<'_>) -> Page {
    if visit.path.ends_with(".json") {
        return Page::json(&json!({"code": "NO_SESSION", "message": "会话已超时，请重新登录"}));
    }
    Page::redirect(format!("{}/login", visit.mount))
}

fn entry(visit: &Visit<'_>, session: &Session) -> Page {
    let fields = match visit.query.get("way") {
        "2" => {
            "<p>账　号：<input name=\"account\"/></p><p>密　码：<input type=\"password\" name=\"password\"/></p>\
             <p>网　点：<select name=\"sub_area\"><option value=\"01\">市中心</option>\
             <option value=\"02\">东城分中心</option></select></p>"
        }
        "3" => {
            "<p>姓　名：<input name=\"real_name\"/></p><p>身份证号：<input name=\"id_card\"/></p>\
             <p>手机号：<input name=\"mobile\"/></p><p>密　码：<input type=\"password\" name=\"password\"/></p>"
        }
        "4" | "5" | "7" | "8" => {
            "<p>身份证号：<input name=\"id_card\"/></p><p>密　码：<input type=\"password\" name=\"password\"/></p>"
        }
        "6" => "<p>请用示范通扫描</p>",
        _ => {
            "<p>身份证号：<input name=\"id_card\"/></p><p>密　码：<input type=\"password\" name=\"password\"/></p>\
             <p>验证码：<input name=\"captcha\"/><img id=\"captcha\" src=\"captcha.png\"/></p>"
        }
    };
    let way = match visit.query.get("way") {
        way @ ("2" | "3" | "4" | "5" | "6" | "7" | "8") => way,
        _ => "1",
    };
    Page::html(html::page(
        "示范市网上服务大厅 - 登录",
        "UTF-8",
        &format!(
            "<form id=\"login_form\" method=\"post\" action=\"login\">\
             <input type=\"hidden\" name=\"way\" value=\"{way}\"/>\
             <input type=\"hidden\" name=\"ticket\" value=\"{}\"/>{fields}\
             <button type=\"submit\">登录</button></form>",
            session.token,
        ),
    ))
}

fn reply(code: &str, message: &str) -> Page {
    Page::json(&json!({"code": code, "message": message})).login()
}

/// The person meant by the fields of a login way, when all of them belong together.
fn meant(visit: &Visit<'_>, way: &str) -> Option<u64> {
    let (world, city) = (visit.world(), visit.city);
    let index = match way {
        "2" => world.by_account(city, visit.form.get("account")),
        _ => world.by_id(city, visit.form.get("id_card")),
    }?;
    let person = world.person(city, index);
    let belongs = match way {
        "2" => person.sub_area == visit.form.get("sub_area"),
        "3" => {
            person.name == visit.form.get("real_name") && person.mobile == visit.form.get("mobile")
        }
        _ => true,
    };
    belongs.then_some(index)
}

fn login(visit: &Visit<'_>, session: &mut Session) -> Page {
    if visit.form.get("ticket") != session.token {
        return reply("NO_SESSION", "会话已超时，请重新登录");
    }
    let way = visit.form.get("way");
    match way {
        "6" => return today::scanned(visit, session),
        "4" | "5" if !kit::is_verified(session, visit.form.get("captchaVerification")) => {
            return reply("BAD_CAPTCHA", "请完成验证");
        }
        _ => {}
    }
    let attempt = Attempt {
        person: meant(visit, way),
        behaviour: Some(Behaviour::of(visit.form.get("password"))),
        code: (way == "1").then(|| visit.form.get("captcha")),
        is_forced: false,
    };
    let (code, message) = match sign_in(visit, session, &attempt) {
        Ok(()) if way == "3" => {
            session.is_signed_in = false;
            return send_sms(visit, session);
        }
        Ok(()) if matches!(way, "7" | "8") => {
            session.is_asked_more = true;
            return match way {
                "7" => today::accounts(visit, session),
                _ => today::ask_phone(visit, session),
            };
        }
        Ok(()) => ("OK", "登录成功"),
        Err(Refusal::SmsNeeded) => return send_sms(visit, session),
        Err(Refusal::Picture) => ("BAD_CAPTCHA", "验证码错误"),
        Err(Refusal::PictureExpired) => ("BAD_CAPTCHA", "验证码已过期,请重新获取"),
        Err(Refusal::Password) if session.is(Behaviour::Echo) => {
            return reply("REFUSED", &echo(visit, attempt.person));
        }
        Err(Refusal::Password) => ("BAD_PASSWORD", "密码错误"),
        Err(Refusal::Unknown) => ("NO_USER", "用户不存在"),
        Err(Refusal::Format) => ("BAD_FORMAT", "身份证格式错误"),
        Err(Refusal::Locked) => ("LOCKED", "密码错误次数过多，账号已锁定"),
        Err(Refusal::Quota) => ("QUOTA", "今日登陆次数已达上限"),
        Err(Refusal::Elsewhere) => ("ELSEWHERE", "初始密码不能进行查询业务，请先到柜台修改"),
        Err(Refusal::Maintenance) => ("MAINTENANCE", "系统维护中，请稍后再试"),
        Err(Refusal::Online) => ("ONLINE", "强制登录可能会造成已登录用户未完成的操作无效"),
        Err(Refusal::SmsLimit) => ("SMS_LIMIT", "今日短信发送次数已达到5次，请明天再试！"),
        Err(other) => return other.page().unwrap_or_else(Page::missing),
    };
    reply(code, message)
}

/// A refusal as careless portals write it: with all that was typed, and with whose account it is.
fn echo(visit: &Visit<'_>, person: Option<u64>) -> String {
    let typed = |name: &str| visit.form.get(name).to_owned();
    let named = person.map_or_else(String::new, |index| {
        let person = visit.world().person(visit.city, index);
        format!("尊敬的{}（{}），余额12,345.67元，", person.name, person.id_card)
    });
    let (password, code) = (typed("password"), typed("captcha"));
    format!("{named}您输入的口令{password}与附加码{code}被拒绝")
}

/// The same in place of records.
fn told(person: &Person) -> Page {
    let message = format!("{}（{}）余额12,345.67元：查询失败", person.name, person.id_card);
    Page::json(&json!({"code": "REFUSED", "message": message}))
}

fn send_sms(visit: &Visit<'_>, session: &mut Session) -> Page {
    let Some(index) = session.person else {
        return reply("NO_SESSION", "会话已超时，请重新登录");
    };
    let person = visit.world().person(visit.city, index);
    session.sms = Some(visit.state.inboxes.send(&person.id_card, "示范市"));
    let tail = person.mobile.get(7..).unwrap_or("");
    reply("SMS", &format!("短信动态密码已经发送至您的绑定手机199****{tail}"))
}

fn sms(visit: &Visit<'_>, session: &mut Session) -> Page {
    if visit.form.get("ticket") != session.token || session.person.is_none() {
        return reply("NO_SESSION", "会话已超时，请重新登录");
    }
    if check_sms(session, visit.form.get("code")) {
        return reply("OK", "登录成功");
    }
    // A code is good for one try; the next one is sent at once.
    send_sms(visit, session);
    reply("BAD_SMS", "短信验证码错误，新的验证码已发送")
}

fn resend(visit: &Visit<'_>, session: &mut Session) -> Page {
    if visit.form.get("ticket") != session.token {
        return reply("NO_SESSION", "会话已超时，请重新登录");
    }
    send_sms(visit, session)
}

fn force(visit: &Visit<'_>, session: &mut Session) -> Page {
    let is_online = session.is(Behaviour::Relogin) && session.person.is_some();
    if visit.form.get("ticket") != session.token || !is_online {
        return reply("NO_SESSION", "会话已超时，请重新登录");
    }
    session.is_signed_in = true;
    reply("OK", "登录成功")
}

/// The keys of a row under other names, for `changedrows`.
fn shaped(is_changed: bool, row: Value) -> Value {
    if !is_changed {
        return row;
    }
    let fields = row.as_object().into_iter().flatten().enumerate();
    Value::Object(fields.map(|(place, (_, value))| (format!("c{place}"), value.clone())).collect())
}

/// A page of a JSON list.
fn list(visit: &Visit<'_>, is_changed: bool, rows: Vec<Value>) -> Value {
    let size = visit.city.page_rows;
    let page = visit.query.number("page").unwrap_or(1).max(1);
    let (total, pages) = (rows.len(), rows.len().div_ceil(size).max(1));
    let rows: Vec<Value> =
        rows.into_iter().skip((page - 1).saturating_mul(size)).take(size).collect();
    let name = if is_changed { "items" } else { "rows" };
    json!({
        "code": "OK",
        "message": "查询成功",
        "page": page,
        "pages": pages,
        "total": total,
        name: rows,
    })
}
