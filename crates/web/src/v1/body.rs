//! The JSON body of a call.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use http::{HeaderMap, header};
use serde::de::{DeserializeOwned, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;

use super::code::Code;
use super::problem::Problem;
use crate::Options;

/// Reads a body whole. What is too large is read to its end where that is bearable, because a sender
/// who is still writing when the connection closes never sees the answer.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Body,
    options: &Options,
) -> Result<Bytes, Problem> {
    if !is_json(headers) {
        return Err(Code::UnsupportedMediaType.into());
    }
    let arriving = collect(body, options);
    let arrived = tokio::time::timeout(options.body_for, arriving).await;
    arrived.map_err(|_| Problem::from(Code::BodyTooSlow))?
}

fn is_json(headers: &HeaderMap) -> bool {
    let is_plain = headers
        .get(header::CONTENT_ENCODING)
        .is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mut parts = media.unwrap_or_default().split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    let is_utf_8 = parts.all(|part| {
        let charset = part.to_ascii_lowercase();
        let charset = charset.strip_prefix("charset=").map(|name| name.trim_matches('"'));
        charset.is_none_or(|name| matches!(name, "utf-8" | "utf8"))
    });
    is_plain && is_json && is_utf_8
}

async fn collect(body: Body, options: &Options) -> Result<Bytes, Problem> {
    let mut chunks = body.into_data_stream();
    let mut whole = BytesMut::new();
    let mut bytes_read = 0_usize;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Problem::from(Code::BodyTooSlow))?;
        bytes_read = bytes_read.saturating_add(chunk.len());
        if bytes_read <= options.body_bytes_max {
            whole.extend_from_slice(&chunk);
        } else if bytes_read > options.body_bytes_drained_max {
            break;
        }
    }
    if bytes_read > options.body_bytes_max {
        let detail = format!("more than {} bytes", options.body_bytes_max);
        return Err(Problem::because(Code::BodyTooLarge, detail));
    }
    Ok(whole.freeze())
}

/// What a body says. Members that nobody knows are refused, because a misspelt one would be passed over.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // A list would be read as an object whose members have no names.
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::parameter("the body must be an object"));
    }
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        Category::Data => Problem::parameter(without_values(&error.to_string())),
        _ => {
            let (line, column) = (error.line(), error.column());
            let detail = format!("line {line}, column {column} is not JSON");
            Problem::because(Code::MalformedJson, detail)
        }
    })
}

/// An object's members, none of which comes twice: whoever checked the other one was deceived.
pub(super) fn each_once<'de, D, K, V>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de> + Ord,
    V: Deserialize<'de>,
{
    struct EachOnce<K, V>(PhantomData<(K, V)>);

    impl<'de, K: Deserialize<'de> + Ord, V: Deserialize<'de>> Visitor<'de> for EachOnce<K, V> {
        type Value = BTreeMap<K, V>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
            let mut members = BTreeMap::new();
            while let Some((name, value)) = from.next_entry()? {
                if members.insert(name, value).is_some() {
                    return Err(A::Error::custom("duplicate field"));
                }
            }
            Ok(members)
        }
    }

    deserializer.deserialize_map(EachOnce(PhantomData))
}

/// The reader's complaint without the value it found: that may be a password.
fn without_values(complaint: &str) -> String {
    match complaint.rsplit_once(", expected ") {
        Some((found, _)) if found.starts_with("unknown field ") => complaint.to_owned(),
        Some((_, expected)) => format!("expected {expected}"),
        None => complaint.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it reads matters")]
    struct Sample {
        login: u32,
        #[serde(default, deserialize_with = "each_once")]
        fields: BTreeMap<String, String>,
    }

    fn refused(text: &str) -> (&'static str, String) {
        let problem = parse::<Sample>(text.as_bytes()).unwrap_err();
        (problem.code.as_str(), problem.detail.unwrap().into_owned())
    }

    #[test]
    fn complaints_tell_the_place_and_no_value() {
        let check = |text, code, detail: &str| {
            assert_eq!(refused(text), (code, detail.to_owned()), "{text}");
        };
        check("{", "malformed_json", "line 1, column 1 is not JSON");
        check("", "malformed_json", "line 1, column 0 is not JSON");
        check("{\n\"login\": x}", "malformed_json", "line 2, column 10 is not JSON");
        let secret = r#"{"login": "secret, expected x"}"#;
        check(secret, "invalid_parameter", "expected u32 at line 1 column 30");
        check("{}", "invalid_parameter", "missing field `login` at line 1 column 2");
        let unknown = "unknown field `nosuch`, expected `login` or `fields` at line 1 column 9";
        check(r#"{"nosuch": 1}"#, "invalid_parameter", unknown);
        let twice = r#"{"login": 1, "fields": {"a": "x", "a": "y"}}"#;
        check(twice, "invalid_parameter", "duplicate field at line 1 column 43");
        check("[1]", "invalid_parameter", "the body must be an object");
    }

    #[test]
    fn only_json_in_utf_8_is_read() {
        let is_read = |kind: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
            is_json(&headers)
        };
        for kind in ["application/json", "Application/JSON; charset=UTF-8"] {
            assert!(is_read(kind), "{kind}");
        }
        for kind in ["text/json", "application/json; charset=gbk", "", "application/jsonp"] {
            assert!(!is_read(kind), "{kind}");
        }
    }
}
