//! What an answer says to its reader: alerts that run, messages in JSON, error elements that are
//! filled and can be seen, a short plain answer. Announcements, footers and data are none of it.

use std::{collections::BTreeSet, sync::LazyLock};

use scraper::{Selector, node::Element};
use serde_json::Value as Json;

use super::{
    Page, attributes::attribute, lines, script, text::clean_text, text::squeezed, visible,
};

/// How long a plain answer may be to count as a message.
const PLAIN_CHARS_MAX: usize = 200;

/// How long an element's text may be to count as a message.
const ELEMENT_CHARS_MAX: usize = 300;

static CONTROLS: LazyLock<Selector> = LazyLock::new(|| {
    Selector::parse("a[href],input:not([type=hidden]),select,textarea,table")
        .expect("the selector is a constant")
});

/// Parts of ids and classes that mark messages.
const MARKS: [&str; 6] = ["err", "tip", "msg", "message", "warn", "alert"];

/// Parts of English words that hold such a mark and mean nothing of the kind: `preferred`, `multiple`.
const INNOCENT: [&str; 6] = ["preferr", "deferr", "referr", "transferr", "territor", "multip"];

/// JSON keys that hold messages, in lower case.
const KEYS: [&str; 14] = [
    "msg",
    "message",
    "error",
    "errmsg",
    "errormsg",
    "errormessage",
    "error_description",
    "info",
    "reason",
    "tip",
    "tips",
    "retmsg",
    "returnmsg",
    "topmsg",
];

/// JSON keys of objects that are envelopes of a message, in lower case.
const ENVELOPES: [&str; 8] =
    ["msgbox", "head", "header", "result", "response", "status", "error", "validateerrors"];

/// JSON keys that say whether the answer is a success.
const SUCCESS_KEYS: [&str; 5] = ["success", "flag", "ok", "succ", "issuccess"];

/// Words without which a whole page is no refusal.
const REFUSING: [&str; 13] =
    ["误", "错", "不", "失败", "无法", "未", "请", "拒绝", "锁", "禁", "过期", "失效", "超过"];

/// Messages that only say that all went well.
const WELL: [&str; 14] = [
    "成功",
    "查询成功",
    "操作成功",
    "处理成功",
    "获取成功",
    "执行成功",
    "交易成功",
    "登录成功",
    "success",
    "succeed",
    "ok",
    "true",
    "正常",
    "1",
];

/// Texts that stood on the login's pages before the person's input was sent: hints and announcements,
/// never the answer to it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standing(BTreeSet<String>);

impl Standing {
    /// Remembers what a page says before anything was sent to it. A page on which nothing can be done
    /// is no page to log in at but an answer, such as one about maintenance.
    pub(crate) fn remember(&mut self, page: &Page) {
        if !page.has_records() && page.json().is_none() {
            return;
        }
        self.0.extend(page.messages().iter().map(|text| squeezed(text)));
        self.0.extend(lines(page).iter().map(|text| squeezed(text)));
    }

    /// Whether this text stood there.
    pub(crate) fn has(&self, text: &str) -> bool {
        self.0.contains(&squeezed(text))
    }
}

/// Everything the answer says.
pub(super) fn of(page: &Page) -> Vec<String> {
    if let Some(json) = page.json() {
        return of_json(json);
    }
    if is_plain(page) {
        return vec![clean_text(page.text())];
    }
    let mut found = script::alerts(page.html());
    found.extend(error_elements(page));
    found
}

/// What the answer says so plainly that it is a refusal even when nobody knows the words: an alert, a
/// filled error element, bare text, or a page that holds a sentence and nothing to go on with.
pub(crate) fn spoken(page: &Page) -> Vec<String> {
    let mut found = page.messages().to_vec();
    if page.json().is_none() && !is_plain(page) && !has_controls(page) {
        let whole = clean_text(&lines(page).join(" "));
        let is_refusal = REFUSING.iter().any(|word| whole.contains(word));
        if is_refusal && whole.chars().count() <= PLAIN_CHARS_MAX {
            found.push(whole);
        }
    }
    found.retain(|text| text.chars().any(is_chinese));
    found
}

/// Whether a text is advice to everybody, however much it speaks of wrong passwords.
pub(super) fn is_advice(text: &str) -> bool {
    const BEGINNINGS: [&str; 4] = ["温馨提示", "友情提示", "重要提示", "使用说明"];
    const CHARS_MIN: usize = 24;
    BEGINNINGS.iter().any(|word| text.starts_with(word)) && text.chars().count() >= CHARS_MIN
}

/// Whether there is anything to go on with: a link, a field, a table.
pub(crate) fn has_controls(page: &Page) -> bool {
    page.select(&CONTROLS).next().is_some()
}

fn is_chinese(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}')
}

/// Whether an answer is text where a page was due.
fn is_plain(page: &Page) -> bool {
    let text = page.text();
    let is_data =
        |c: char| c == char::REPLACEMENT_CHARACTER || (c.is_control() && !c.is_whitespace());
    !text.contains('<') && !text.contains(is_data) && text.chars().count() <= PLAIN_CHARS_MAX
}

/// The error elements that are filled and can be seen: those whose id or class says so.
pub(crate) fn errors(page: &Page) -> Vec<String> {
    marked(page, &MARKS[..1])
}

fn error_elements(page: &Page) -> Vec<String> {
    marked(page, &MARKS)
}

fn marked(page: &Page, marks: &[&str]) -> Vec<String> {
    let is_marked = |element: &Element| {
        ["id", "class"].into_iter().filter_map(|name| attribute(element, name)).any(|words| {
            let mut words = words.to_ascii_lowercase();
            for innocent in INNOCENT {
                words = words.replace(innocent, "");
            }
            marks.iter().any(|mark| words.contains(mark))
        })
    };
    let mut found = visible::marked(page.html(), &is_marked, ELEMENT_CHARS_MAX);
    found.retain(|text| !is_advice(text));
    found
}

fn of_json(json: &Json) -> Vec<String> {
    let mut found = Vec::new();
    match json {
        Json::String(text) => found.push(clean_text(text)),
        // `['wrongpass']`: a word in brackets.
        Json::Array(items) if items.len() == 1 => {
            found.extend(items[0].as_str().map(clean_text));
        }
        Json::Object(_) => push_messages(json, &mut found),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) => {}
    }
    found.retain(|text| !text.is_empty());
    found
}

fn push_messages(json: &Json, found: &mut Vec<String>) {
    let Json::Object(map) = json else { return };
    for (key, value) in map {
        let key = key.to_ascii_lowercase();
        match value {
            Json::String(text) if KEYS.contains(&key.as_str()) => found.push(clean_text(text)),
            Json::Object(_) if ENVELOPES.contains(&key.as_str()) => push_messages(value, found),
            // A message of several parts.
            Json::Object(parts) if key == "message" => {
                let texts =
                    ["title", "detail"].iter().filter_map(|part| parts.get(*part)?.as_str());
                found.extend(texts.map(clean_text));
            }
            _ => {}
        }
    }
}

/// Whether a JSON answer says of itself that it is a success; `None` when it says neither.
pub(crate) fn claims_success(page: &Page) -> Option<bool> {
    let Some(Json::Object(map)) = page.json() else { return None };
    map.iter().find_map(|(key, value)| {
        if !SUCCESS_KEYS.contains(&key.to_ascii_lowercase().as_str()) {
            return None;
        }
        match value {
            Json::Bool(truth) => Some(*truth),
            Json::String(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "1" | "y" | "yes" | "success" => Some(true),
                "false" | "0" | "n" | "no" | "fail" | "error" => Some(false),
                _ => None,
            },
            Json::Number(number) => match number.as_i64() {
                Some(1) => Some(true),
                Some(0) => Some(false),
                _ => None,
            },
            Json::Null | Json::Array(_) | Json::Object(_) => None,
        }
    })
}

/// The messages of an answer that say something else than that all went well.
pub(crate) fn troubling(page: &Page) -> Vec<String> {
    let is_well = |text: &str| {
        let text = squeezed(text).trim_end_matches(['!', '！', '.', '。']).to_lowercase();
        text.is_empty() || WELL.contains(&text.as_str())
    };
    page.messages().iter().filter(|text| !is_well(text)).cloned().collect()
}
