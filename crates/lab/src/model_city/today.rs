//! Logins of today: by a scan, with an account to choose, and confirmed on the phone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{CLOSED_ACCOUNT, reply};
use crate::behaviour::Behaviour;
use crate::handset::Act;
use crate::login::{Attempt, sign_in};
use crate::puzzle;
use crate::session::Session;
use crate::visit::{Page, Visit};

/// `POST qrCode/getQrcode`: a fresh code.
pub(super) fn code(visit: &Visit<'_>) -> Page {
    let id = visit.state.handsets.ask();
    let link = format!("http://{}/phone/{id}", visit.state.address);
    visit.state.handsets.show(&link);
    let picture = puzzle::qr(&link).unwrap_or_default();
    Page::json(&json!({"data": {"sessionId": id, "qrCode": STANDARD.encode(picture)}}))
}

/// `POST qrCode/checkQrCode`: whether it was scanned.
pub(super) fn state(visit: &Visit<'_>) -> Page {
    let id = visit.form.get("random");
    Page::json(&match visit.state.handsets.act(id) {
        Act::Waits => json!({"status": "waiting"}),
        Act::Done(id_card) if visit.world().by_id(visit.city, &id_card).is_none() => {
            json!({"status": "success", "data": "3"})
        }
        Act::Done(_) => json!({"status": "success", "data": "1"}),
        Act::Refused => json!({"status": "success", "data": "2"}),
        Act::Expired => json!({"status": "success", "data": "9"}),
    })
}

/// `POST login` of a code that was scanned.
pub(super) fn scanned(visit: &Visit<'_>, session: &mut Session) -> Page {
    let Act::Done(id_card) = visit.state.handsets.act(visit.form.get("qrCode")) else {
        return reply("NO_SESSION", "会话已超时，请重新登录");
    };
    let person = visit.world().by_id(visit.city, &id_card);
    let behaviour = Some(Behaviour::Good);
    let attempt = Attempt { person, behaviour, code: None, is_forced: false };
    match sign_in(visit, session, &attempt) {
        Ok(()) => reply("OK", "登录成功"),
        Err(_) => reply("NO_USER", "用户不存在"),
    }
}

/// The accounts of whoever typed a right password: one of them was closed long ago.
pub(super) fn accounts(visit: &Visit<'_>, session: &mut Session) -> Page {
    session.is_signed_in = false;
    let Some(index) = session.person else {
        return reply("NO_SESSION", "会话已超时，请重新登录");
    };
    let own = visit.world().person(visit.city, index).account;
    let old = format!("{CLOSED_ACCOUNT}{}", own.get(4..).unwrap_or(&own));
    visit.state.handsets.show(&own);
    let account =
        |no: &str, name: &str, state: &str| json!({"no": no, "name": name, "state": state});
    let accounts = [account(&old, "示范市旧单位", "销户"), account(&own, "示范市现单位", "正常")];
    let message = "请选择账户";
    Page::json(&json!({"code": "CHOOSE", "message": message, "accounts": accounts})).login()
}

/// `POST login/account`: one of them.
pub(super) fn choose(visit: &Visit<'_>, session: &mut Session) -> Page {
    let person = session.person.filter(|_| session.is_asked_more);
    let Some(index) = person.filter(|_| visit.form.get("ticket") == session.token) else {
        return reply("NO_SESSION", "会话已超时，请重新登录");
    };
    if visit.form.get("account") != visit.world().person(visit.city, index).account {
        return reply("CLOSED_ACCOUNT", "该账户已销户，请选择其他账户");
    }
    session.is_signed_in = true;
    reply("OK", "登录成功")
}

/// Asks the phone of whoever typed a right password.
pub(super) fn ask_phone(visit: &Visit<'_>, session: &mut Session) -> Page {
    session.is_signed_in = false;
    let id = visit.state.handsets.ask();
    visit.state.handsets.show(&format!("http://{}/phone/{id}", visit.state.address));
    session.phone = id;
    reply("CONFIRM", "请在示范通中确认登录")
}

/// `POST login/confirmed`: whether the phone said yes.
pub(super) fn confirmed(visit: &Visit<'_>, session: &mut Session) -> Page {
    let state = |state: &str| -> Value { json!({"state": state}) };
    Page::json(&match visit.state.handsets.act(&session.phone) {
        Act::Waits => state("waiting"),
        Act::Done(_) if session.is_asked_more => {
            session.is_signed_in = true;
            state("ok")
        }
        Act::Done(_) | Act::Refused => state("refused"),
        Act::Expired => state("expired"),
    })
}
