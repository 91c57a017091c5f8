//! The password decides how a portal behaves, as in a payment sandbox. This file names every
//! behaviour and computes, for a city, the final code each one is documented to end with.
//! It does not carry the behaviours out: `login`, `fault` and the families do.

use std::collections::HashMap;
use std::sync::LazyLock;

use md5::{Digest, Md5};
use serde_json::{Value, json};

use crate::city::{City, Pictures};

/// What a portal does with a visitor who used a certain password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Behaviour {
    Good,
    Wrong,
    Unknown,
    Format,
    Locked,
    Quota,
    Elsewhere,
    Maintenance,
    Slow,
    Flaky,
    Drops,
    Down,
    Blocked,
    Partial,
    Empty,
    Changed,
    ChangedRows,
    ChangedLogin,
    Captcha,
    Captcha3,
    BadPicture,
    Sms,
    SmsWrong,
    SmsWrong3,
    SmsLimit,
    Both,
    Lost,
    Relogin,
    Huge,
    Endless,
    Redirects,
    ElsewhereHost,
    BadGzip,
    Charset,
    Echo,
    EchoRows,
}

use Behaviour as B;

/// Each behaviour with its password and what it does, in the order the index page shows them.
pub(crate) const TABLE: &[(Behaviour, &str, &str)] = &[
    (B::Good, "good", "登录成功，数据完整 · everything works"),
    (B::Wrong, "wrong", "密码错误 · wrong password"),
    (B::Unknown, "unknown", "没有这个用户 · the portal says there is no such user"),
    (B::Format, "format", "格式不正确 · the portal complains about the form of the input"),
    (B::Locked, "locked", "账号已锁定 · the account is locked"),
    (B::Quota, "quota", "今日次数已用完 · the daily quota is used up"),
    (B::Elsewhere, "elsewhere", "须先到别处办理 · the person must first act elsewhere"),
    (B::Maintenance, "maintenance", "系统维护 · the portal is in maintenance"),
    (B::Slow, "slow", "每个应答都很慢 · every answer after the password is slow"),
    (B::Flaky, "flaky", "数据页第一次失败，重试成功 · the first try of each data GET fails"),
    (B::Drops, "drops", "登录时断开连接 · the connection is cut at login, every time"),
    (B::Down, "down", "登录时 503 · HTTP 503 at login, every time"),
    (B::Blocked, "blocked", "被防火墙拦截 · a firewall's page at login"),
    (B::Partial, "partial", "最后一项数据 500 · the last offered section answers 500"),
    (B::Empty, "empty", "各明细确实为空 · every row section is validly empty"),
    (B::Changed, "changed", "基本信息页改版 · labels and keys of the base page are renamed"),
    (B::ChangedRows, "changedrows", "明细改版 · columns and keys of the row pages are renamed"),
    (B::ChangedLogin, "changedlogin", "登录应答改版 · the login answer is no longer recognisable"),
    (
        B::Captcha,
        "captcha",
        "第一次验证码必被拒 · the first picture answer is refused, even when right",
    ),
    (B::Captcha3, "captcha3", "验证码永远被拒 · every picture answer is refused"),
    (
        B::BadPicture,
        "badpicture",
        "验证码不是图片 · refused once, then the picture is an HTML page",
    ),
    (B::Sms, "sms", "要短信码 · an SMS code is demanded after the login"),
    (
        B::SmsWrong,
        "smswrong",
        "第一次短信码必被拒 · the first SMS code is refused, even when right",
    ),
    (B::SmsWrong3, "smswrong3", "短信码永远被拒 · every SMS code is refused"),
    (B::SmsLimit, "smslimit", "短信次数已用完 · no more SMS today"),
    (B::Both, "both", "先图片后短信 · picture first, then SMS"),
    (B::Lost, "lost", "登录后会话丢失 · the session is lost right after the login"),
    (B::Relogin, "relogin", "已在别处登录，须强制登录 · someone is already logged in"),
    (B::Huge, "huge", "最后一项数据 100 MB · the last section answers 100 MB"),
    (B::Endless, "endless", "最后一项数据永不结束 · the last section trickles for ever"),
    (B::Redirects, "redirects", "最后一项数据循环跳转 · the last section redirects to itself"),
    (B::ElsewhereHost, "elsewherehost", "最后一项数据跳到别的主机 · redirects to another host"),
    (B::BadGzip, "badgzip", "最后一项数据压缩损坏 · broken gzip"),
    (B::Charset, "charset", "最后一项数据字符集不符 · declared charset and bytes differ"),
    (B::Echo, "echo", "拒绝登录并重复所填内容 · the refusal repeats everything that was typed"),
    (
        B::EchoRows,
        "echorows",
        "最后一项数据报错并带个人信息 · an error that tells who the person is instead of the last section",
    ),
];

static BY_MD5: LazyLock<HashMap<String, Behaviour>> = LazyLock::new(|| {
    TABLE.iter().map(|(b, password, _)| (hex::encode(Md5::digest(password)), *b)).collect()
});

impl Behaviour {
    /// The behaviour of a typed password; anything unknown is simply wrong. What follows a colon is
    /// ignored, so that a test can plant a word of its own in a password: `good:9f3c…`.
    pub(crate) fn of(password: &str) -> Self {
        let word = password.split_once(':').map_or(password, |(word, _)| word);
        TABLE.iter().find(|row| row.1 == word).map_or(B::Wrong, |row| row.0)
    }

    /// The same for portals that send the MD5 of the password (lower or upper case hex).
    pub(crate) fn of_md5(digest: &str) -> Self {
        BY_MD5.get(&digest.to_ascii_lowercase()).copied().unwrap_or(B::Wrong)
    }

    /// Whether a city can show this behaviour at all; elsewhere its password is merely wrong.
    pub(crate) fn is_offered(self, city: &City) -> bool {
        match self {
            B::Captcha | B::Captcha3 | B::BadPicture => city.pictures != Pictures::None,
            B::Sms | B::SmsWrong | B::SmsWrong3 | B::SmsLimit | B::Both => city.has_sms,
            B::Relogin => city.has_force,
            B::Format => city.has_format,
            B::Flaky => city.reads_by_get,
            B::Echo | B::EchoRows => city.is_model(),
            _ => true,
        }
    }
}

/// The documented end of one behaviour in one city.
pub(crate) struct Ending {
    /// The final `data.code`.
    pub(crate) code: &'static str,
    /// The sections named in `fail` (only with 40002).
    pub(crate) fail: Vec<&'static str>,
    /// The questions put to the person on the way, with the first login way.
    pub(crate) asks: Vec<&'static str>,
}

/// Computes the documented end (protocol P-40) of a behaviour in a city.
pub(crate) fn ending(city: &City, behaviour: Behaviour) -> Ending {
    let (code, fail) = match behaviour {
        B::Wrong | B::Unknown => ("50004", vec![]),
        B::Format => ("50006", vec![]),
        B::Locked | B::Quota | B::Elsewhere | B::Blocked | B::SmsLimit | B::Echo => {
            ("50001", vec![])
        }
        B::Maintenance => ("50005", vec![]),
        B::Drops | B::Down => ("50007", vec![]),
        B::ChangedLogin | B::BadPicture | B::Lost => ("50002", vec![]),
        B::Captcha3 | B::SmsWrong3 => ("50009", vec![]),
        B::Changed if city.has_base_as_hall => ("50002", vec![]),
        B::Changed => ("40002", vec!["baseInfo"]),
        B::ChangedRows => ("40002", city.row_sections()),
        B::Partial
        | B::Huge
        | B::Endless
        | B::Redirects
        | B::ElsewhereHost
        | B::BadGzip
        | B::EchoRows => ("40002", city.last_group().to_vec()),
        _ => ("40001", vec![]),
    };
    Ending { code, fail, asks: asks(city, behaviour) }
}

fn asks(city: &City, behaviour: Behaviour) -> Vec<&'static str> {
    let first = match city.pictures {
        Pictures::Letters | Pictures::Sum => 1,
        Pictures::None | Pictures::AfterFailure => 0,
    };
    let pictures = match behaviour {
        // After a refusal one more picture is asked for; bad pictures never reach the person.
        B::Captcha => first + 1,
        B::Captcha3 => 3,
        B::Relogin if !city.has_sms => first + 1,
        _ => first,
    };
    let codes = match behaviour {
        B::Sms | B::Both => 1,
        B::SmsWrong => 2,
        B::SmsWrong3 => 3,
        _ => 0,
    };
    let mut asks = vec!["captcha"; pictures];
    asks.extend(vec!["sms"; codes]);
    asks
}

/// The behaviours of a city as the JSON rows of `GET /behaviours`.
pub(crate) fn rows(city: &City) -> Vec<Value> {
    TABLE
        .iter()
        .filter(|(behaviour, ..)| behaviour.is_offered(city))
        .map(|(behaviour, password, about)| {
            let ending = ending(city, *behaviour);
            json!({
                "password": password,
                "about": about,
                "code": ending.code,
                "fail": ending.fail,
                "asks": ending.asks,
            })
        })
        .collect()
}
