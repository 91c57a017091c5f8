//! What the person is asked in the terminal.

use std::collections::BTreeMap;
use std::io::{BufRead as _, IsTerminal as _, Write as _};

use base64::Engine as _;
use fiveone_model::challenge::ChallengeKind;
use serde_json::Value;

use super::picture;
use crate::client::text;
use crate::exit::{Failed, Reason};
use crate::output::complain;

fn none() -> Vec<Value> {
    Vec::new()
}

/// The login method with this number; asked for when there are several and none was given.
pub(super) fn method(methods: &Value, number: Option<i64>) -> Result<&Value, Failed> {
    let Some(all) = methods.as_array().filter(|all| !all.is_empty()) else {
        return Err(Failed::message(Reason::Refused, "this area has no way to log in"));
    };
    let number = match number {
        None if all.len() == 1 => return Ok(&all[0]),
        Some(number) => number.to_string(),
        None => {
            for method in all {
                complain(&format!("  {}  {}", method["login_type"], text(&method["login_name"])));
            }
            line("登录方式")?
        }
    };
    all.iter()
        .find(|method| text(&method["login_type"]) == number)
        .ok_or_else(|| Failed::message(Reason::Usage, format!("no login method {number}")))
}

/// Every field of a method: as given, or asked for.
pub(super) fn fields(
    method: &Value,
    given: &BTreeMap<String, String>,
) -> Result<Vec<(String, String)>, Failed> {
    let params = method["login_params"].as_array().cloned().unwrap_or_else(none);
    let mut fields = Vec::new();
    for param in &params {
        let name = text(&param["name"]);
        let value = match given.get(&name) {
            Some(value) => value.clone(),
            None => field(param)?,
        };
        if !value.is_empty() {
            fields.push((name, value));
        }
    }
    if let Some(unknown) =
        given.keys().find(|name| !params.iter().any(|param| param["name"] == **name))
    {
        return Err(Failed::message(Reason::Usage, format!("this login has no field {unknown}")));
    }
    Ok(fields)
}

fn field(param: &Value) -> Result<String, Failed> {
    let label = text(&param["label"]);
    if param["type"] == "password" && std::io::stdin().is_terminal() {
        return Ok(rpassword::prompt_password(format!("{label}: "))?);
    }
    let options = param["list"].as_array().cloned().unwrap_or_else(none);
    for (index, option) in options.iter().enumerate() {
        complain(&format!("  {}  {}", index + 1, text(&option["key"])));
    }
    let typed = line(&label)?;
    // The number in front of an option, its words, or its value itself.
    let chosen = options.iter().enumerate().find(|(index, option)| {
        typed == (index + 1).to_string() || option["key"] == *typed || option["value"] == *typed
    });
    Ok(chosen.map_or(typed, |(_, option)| text(&option["value"])))
}

/// The code of the question that is open: shows the picture and what to do with it, or tells of the
/// SMS. Blank when the person has nothing to type, and the portal tells the rest.
pub(super) fn code(kind: ChallengeKind, data: &Value) -> Result<String, Failed> {
    if kind == ChallengeKind::Sms {
        return line("短信验证码");
    }
    let msg = text(&data["msg"]);
    let label = msg.split_once('：').map_or("图片验证码", |(_, what_to_do)| what_to_do);
    let encoded = text(&data["base64_image_bytes"]);
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded)?;
    let path = save(&bytes)?;
    match picture::blocks(&bytes) {
        Some(blocks) => complain(&blocks),
        None => complain("(这张图片无法在终端显示)"),
    }
    complain(&format!("图片: {}", path.display()));
    line(label)
}

/// Keeps the picture where the person can open it; the system's temporary folder forgets it.
fn save(bytes: &[u8]) -> Result<std::path::PathBuf, Failed> {
    let extension = match bytes {
        [0x89, b'P', ..] => ".png",
        [0xff, 0xd8, ..] => ".jpg",
        _ => ".gif",
    };
    let mut file =
        tempfile::Builder::new().prefix("fiveone-captcha-").suffix(extension).tempfile()?;
    file.write_all(bytes)?;
    let (_, path) = file.keep()?;
    Ok(path)
}

fn line(label: &str) -> Result<String, Failed> {
    let mut error = std::io::stderr().lock();
    write!(error, "{label}: ")?;
    error.flush()?;
    let mut text = String::new();
    if std::io::stdin().lock().read_line(&mut text)? == 0 {
        return Err(Failed::message(Reason::Usage, format!("nobody is there to type {label}")));
    }
    Ok(text.trim().to_owned())
}
