//! Why a tokenKey was not taken: every text that was tried, and where the client's own text parts from it.
//! What is pasted here is used for this one answer; what a person typed is shown nowhere.

use askama::Template;
use axum::response::Response;
use fiveone_model::operator::Role;
use fiveone_model::product::Interface;
use fiveone_model::token_key::{Difference, Form, TokenKey, Tried};
use zeroize::Zeroizing;

use super::frame::Frame;
use super::visit::{Act, Seen, Trouble, page};
use crate::vendor::{Collector, Params, explain as explained};

#[derive(Template)]
#[template(path = "console/explain.html")]
struct Explain {
    frame: Frame,
    app: String,
    interfaces: Vec<(&'static str, bool)>,
    tried: Option<Vec<Row>>,
    fits: bool,
}

struct Row {
    rule: &'static str,
    form: &'static str,
    shown: String,
    fits: bool,
    difference: String,
}

/// The rule of the protocol by which a text is tried.
const fn rule(tried: &Tried) -> &'static str {
    match (tried.form, tried.is_trimmed) {
        (Form::Short, _) => "P-12",
        (_, true) | (Form::All | Form::Required, _) => "P-11",
        (Form::Filled, false) => "P-10",
    }
}

fn told(seen: &Seen, difference: &Difference) -> String {
    let Difference { at, place, bytes } = difference;
    let byte = |byte: Option<u8>| match byte {
        None => seen.say("结尾", "the end").to_owned(),
        Some(byte) if byte.is_ascii_graphic() => format!("{:?}", char::from(byte)),
        Some(byte) => format!("0x{byte:02x}"),
    };
    let place = format!("{} {at}（{place}）", seen.say("从第几字节起不同：", "differs at byte"));
    match bytes {
        None => format!("{place}：{}", seen.say("内容已遮盖", "what stands there is covered")),
        Some((ours, theirs)) => format!(
            "{place}：{} {}，{} {}",
            seen.say("应为", "ours is"),
            byte(*ours),
            seen.say("对方为", "theirs is"),
            byte(*theirs)
        ),
    }
}

fn shown(
    seen: &Seen,
    app: &str,
    interface: &str,
    tried: Option<Vec<Row>>,
) -> Result<Response, Trouble> {
    page(&Explain {
        frame: seen.frame("explain"),
        app: app.to_owned(),
        interfaces: Interface::ALL.map(|one| (one.name, one.name == interface)).to_vec(),
        fits: tried.iter().flatten().any(|row| row.fits),
        tried,
    })
}

/// The form.
pub(super) async fn show(seen: Seen) -> Result<Response, Trouble> {
    shown(&seen, "", "", None)
}

/// The parameters of lines `name=value`.
fn params(seen: &Seen, text: &str) -> Result<Params, Trouble> {
    let wrong = || {
        seen.typed("参数每行一个，name=value，不能重复。", "A line is name=value, each name once.")
    };
    let mut collector = Collector::new(seen.api.options.params_max);
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let (name, value) = line.split_once('=').ok_or_else(wrong)?;
        let (name, value) =
            (name.trim().to_owned(), Zeroizing::new(value.trim_end_matches('\r').to_owned()));
        collector.add(name, value).map_err(|_| wrong())?;
    }
    collector.finish().map_err(|_| wrong())
}

/// Explains.
pub(super) async fn explain(act: Act) -> Result<Response, Trouble> {
    let seen = &act.seen;
    seen.needs(Role::Operator)?;
    let id = seen.app_id(act.field("app"))?;
    let entry = seen.api.engine.app(&id).await?.ok_or_else(|| seen.missing())?;
    let interface = Interface::parse(act.field("interface")).ok_or_else(|| seen.missing())?;
    let key = TokenKey::parse(act.field("token_key")).ok_or_else(|| {
        seen.typed("tokenKey 应为 32 位十六进制。", "A tokenKey has 32 hex digits.")
    })?;
    let params = params(seen, act.field("params"))?;
    let theirs = Some(act.field("theirs")).filter(|text| !text.is_empty());
    let deed = seen.deed("explain", interface.name)?.on_app(&id);
    seen.api.engine.console().note(&deed).await?;
    let tried = explained(&seen.api, interface, &entry, (params, &key), theirs);
    let rows = tried.iter().map(|one| Row {
        rule: rule(one),
        form: one.form.as_str(),
        shown: one.shown.clone(),
        fits: one.fits,
        difference: one.difference.as_ref().map(|one| told(seen, one)).unwrap_or_default(),
    });
    let rows = rows.collect();
    shown(seen, id.as_str(), interface.name, Some(rows))
}
