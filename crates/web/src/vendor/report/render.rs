//! The `data` of a poll in the app's dialect (protocol §3, §6).

mod challenge;

use std::sync::Arc;

use bytes::Bytes;
use fiveone_engine::TaskView;
use fiveone_model::clock::shanghai_text;
use fiveone_model::finding::Finding;
use fiveone_model::product::Product;
use fiveone_model::report::{Dialect, Section};
use fiveone_model::state_code::StateCode;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// What is said of a tid that shows no task (P-43).
#[derive(Debug, Clone, Copy)]
pub(super) enum Verdict {
    /// None was sent.
    Missing,
    /// There is no such task for this product.
    Unknown,
    /// The task is another app's.
    NotYours,
    /// We failed.
    Fault,
}

/// The `data` of a verdict.
pub(super) fn verdict(verdict: Verdict, dialect: Dialect) -> Bytes {
    let (number, msg) = match verdict {
        Verdict::Missing => (-2, "参数错误：缺少参数 tid"),
        Verdict::Unknown => (-2, "参数错误：tid 不存在"),
        Verdict::NotYours => (-9, "权限认证失败"),
        Verdict::Fault => (-1, "接口异常"),
    };
    bytes(&json!({ "code": code(number, dialect), "msg": msg }))
}

/// How a question is shown beside its code.
#[derive(Default)]
pub(super) struct Asked {
    /// Whether it is there as data, too (P-53).
    pub(super) is_data: bool,
    /// Its picture, as padded base64 in one line.
    pub(super) picture: Option<Arc<str>>,
}

/// The `data` of a task.
pub(super) fn task(view: &TaskView, asked: &Asked, product: Product, dialect: Dialect) -> Bytes {
    let mut data = Map::new();
    let mut put = |name: &str, value: Value| data.insert(name.to_owned(), value);

    let (number, msg) = dialect.state(view.code, view.msg.clone());
    put("code", code(i64::from(number), dialect));
    put("msg", json!(msg));
    put("tid", json!(view.tid));
    if let Some(picture) = &asked.picture {
        put("base64_image_bytes", json!(picture));
    } else if view.code == StateCode::AWAITING_SMS {
        // The documents promise the key for 10003 too, and their own decoder fails without it.
        put("base64_image_bytes", json!(""));
    }
    if let Some(open) = view.question.as_ref().filter(|_| asked.is_data) {
        put("challenge", challenge::render(open));
    }
    if matches!(view.code, StateCode::FINISHED | StateCode::PARTLY_FINISHED)
        || !view.fail.is_empty()
    {
        put("fail", view.fail.iter().map(|section| section.as_str()).collect());
    }
    if let Some(at) = view.crawled_at {
        put("createTime", json!(shanghai_text(at)));
    }
    for (section, content) in &view.sections {
        let mut rendered = content.render(dialect);
        if (*section, product) == (Section::Base, Product::Insurance)
            && let Some(record) = rendered.as_object_mut()
        {
            record.shift_insert(0, "tid".to_owned(), json!(view.tid));
        }
        if (*section, product) == (Section::Bills, Product::Fund) {
            fill_pay_base(&mut rendered);
        }
        put(section.as_str(), rendered);
    }
    if let Some(findings) = &view.findings {
        let all = findings.iter().flat_map(|(section, odd)| {
            odd.iter().map(|finding| json!(SectionFinding { section: *section, finding }))
        });
        put("findings", all.collect());
    }
    bytes(&Value::Object(data))
}

/// Puts `payBase` into the rows whose portal has none: the documents' sample shows it as 0 in every
/// row.
fn fill_pay_base(rows: &mut Value) {
    for row in rows.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        row.entry("payBase").or_insert(json!(0));
    }
}

/// A finding as apps get it: its section, then what it says.
#[derive(Serialize)]
struct SectionFinding<'a> {
    section: Section,
    #[serde(flatten)]
    finding: &'a Finding,
}

/// `data.code`: a string as the tables say, or a number as the samples show.
fn code(number: i64, dialect: Dialect) -> Value {
    match dialect {
        Dialect::Table => json!(number.to_string()),
        Dialect::Example => json!(number),
    }
}

fn bytes(data: &Value) -> Bytes {
    Bytes::from(data.to_string())
}

#[cfg(test)]
mod tests;
