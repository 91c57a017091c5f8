//! The ehrss portals (uaa + ehrss-si-person): JSON everywhere, a login that ends in a redirect. What
//! 哈尔滨 and 海口 have in common; each has a file of its own, since they share no data address.

pub(crate) mod haerbin;
pub(crate) mod haikou;

use serde_json::{Value, json};

use crate::html;
use crate::login::{Refusal, refusal_page, words};
use crate::people::Person;
use crate::session::Session;
use crate::vary::Dimension;
use crate::visit::{Page, Visit};

/// The words of a path; the portal's pages lie in the root or below `person/`.
fn path_words<'a>(visit: &Visit<'a>) -> Vec<&'a str> {
    visit.path.trim_start_matches("person/").split('/').collect()
}

/// The login page.
fn entry(error: &str) -> Page {
    let alert = if error.is_empty() {
        String::new()
    } else {
        format!("<div class=\"alert alert-danger\">{error}</div>")
    };
    let body = format!(
        "{alert}<form method=\"post\" action=\"/uaa/api/person/idandmobile/login\">\
         <input name=\"username\"/><input type=\"password\" name=\"password\"/></form>"
    );
    Page::html(html::page("个人登录", "UTF-8", &body))
}

/// What somebody who is logged in sees first.
fn hall(title: &str, person: &Person) -> Page {
    let body = format!("<p>{}，您好</p><a href=\"logout\">退出</a>", html::escape(&person.name));
    Page::html(html::page(title, "UTF-8", &body))
}

/// Whether the real portals redirect here is not known; our choice.
fn let_in(visit: &Visit<'_>) -> Page {
    Page::redirect(format!("{}/home", visit.mount)).login()
}

fn refused(visit: &Visit<'_>, refusal: Refusal, entry: impl Fn(&str) -> Page) -> Page {
    let text = match refusal {
        Refusal::Picture | Refusal::PictureExpired => "验证码错误",
        Refusal::Password | Refusal::Format => "用户名或密码错误",
        Refusal::Unknown => "用户不存在",
        // The sheets have no words of this family for the next four: our choice.
        Refusal::Locked => "账号已被锁定，请30分钟后重新登录",
        Refusal::Quota => "今日登录次数已达上限",
        Refusal::Elsewhere => "第一次登录，请完善您的注册手机号",
        Refusal::Maintenance => "系统维护，在此期间系统暂停服务",
        other => return other.page().unwrap_or_else(Page::missing),
    };
    let text = words(visit, refusal, text);
    refusal_page(visit, text, || entry("")).unwrap_or_else(|| entry(text).login())
}

/// Spring's answer to scripts without a session. The sheets are silent; our choice.
fn signed_out() -> Page {
    let answer = json!({"error": "unauthorized", "error_description": "token无效"});
    Page { status: 401, ..Page::json(&answer) }
}

/// The answer to somebody who asks for another person's records.
fn denied() -> Page {
    let answer = json!({"error": "access_denied", "error_description": "无该功能的访问权限"});
    Page { status: 403, ..Page::json(&answer) }
}

fn person_id(person: &Person) -> String {
    format!("2300000{:010}", person.index)
}

/// The persons behind a login: the own one, and for some a child.
fn user(visit: &Visit<'_>, session: &Session) -> Page {
    let Some(person) = visit.person(session) else { return signed_out() };
    let entry = |person: &Person, relation: &str| json!({"id": person_id(person), "name": person.name, "relation": relation});
    let mut persons = vec![entry(&person, "0")];
    let is_turned = visit.vary.has(Dimension::Persons);
    if is_turned || person.index % 4 == 1 {
        // A second associated person; the portal's own pages show the first.
        let child = visit.world().person(visit.city, person.index + 1_000);
        persons.push(entry(&child, "1"));
    }
    if is_turned {
        persons.reverse();
    }
    Page::json(&json!({
        "id": format!("u{}", person.index),
        "username": person.account,
        "idNumber": person.id_card,
        "name": person.name,
        "associatedPersons": persons,
    }))
}

/// A list of rows under the name that the portal has for it, or bare.
fn listed(
    visit: &Visit<'_>,
    is_changed: bool,
    name: &str,
    mut answer: Value,
    rows: Vec<Value>,
) -> Page {
    let vary = &visit.vary;
    let name = match vary.variant(Dimension::RecordPlace) {
        _ if is_changed => "records",
        Some(0) => "empPaymentDTO",
        Some(1) if name == "list" => "personPaymentInfoDetailDTO",
        Some(1) => "list",
        Some(_) => return Page::json(&Value::Array(rows)),
        None => name,
    };
    let is_empty = rows.is_empty();
    if let (Some(map), Some(rows)) = (answer.as_object_mut(), crate::window::list(vary, rows)) {
        let message = crate::window::message(vary, is_empty, "没有查询出相关数据", "查询成功");
        map.insert("message".into(), message.into());
        map.insert(name.into(), rows);
    }
    Page::json(&answer)
}
