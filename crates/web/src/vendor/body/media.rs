//! What kind of body the Content-Type header declares, and in which charset.

use encoding_rs::{Encoding, GB18030, GBK, UTF_8, WINDOWS_1252};
use http::HeaderMap;
use http::header::CONTENT_TYPE;

use crate::vendor::refusal::Refusal;

/// The three kinds of body the interfaces take (P-01).
#[derive(Debug, PartialEq)]
pub(super) enum Kind {
    /// `application/x-www-form-urlencoded`
    Form,
    /// `application/json`
    Json,
    /// `multipart/form-data` with its boundary.
    Multipart(String),
}

/// A charset a form may declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Charset {
    Utf8,
    Gbk,
    /// Declared by clients that were never told a charset: nothing but ASCII is in it.
    Ascii,
}

impl Charset {
    /// The charset of a label, its aliases and GBK's subsets included.
    pub(super) fn parse(label: &str) -> Result<Self, Refusal> {
        if label.is_empty() {
            return Ok(Self::Utf8);
        }
        let encoding = Encoding::for_label_no_replacement(label.as_bytes());
        match encoding {
            Some(encoding) if encoding == UTF_8 => Ok(Self::Utf8),
            Some(encoding) if encoding == GBK || encoding == GB18030 => Ok(Self::Gbk),
            // ISO-8859-1, US-ASCII and their aliases.
            Some(encoding) if encoding == WINDOWS_1252 => Ok(Self::Ascii),
            _ => Err(Refusal::parameter("不支持的字符集，请使用 UTF-8 或 GBK")),
        }
    }
}

/// A Content-Type, as far as it matters here.
#[derive(Debug, PartialEq)]
pub(super) struct MediaType {
    pub(super) kind: Kind,
    pub(super) charset: Charset,
}

impl MediaType {
    /// What the headers declare; without a Content-Type it is a form in UTF-8.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let mut declared = headers.get_all(CONTENT_TYPE).iter();
        let Some(first) = declared.next() else {
            return Ok(Self { kind: Kind::Form, charset: Charset::Utf8 });
        };
        if declared.next().is_some() {
            return Err(Refusal::parameter("Content-Type 重复"));
        }
        let text = first.to_str().map_err(|_| Refusal::parameter("Content-Type 无法识别"))?;
        Self::parse(text)
    }

    fn parse(text: &str) -> Result<Self, Refusal> {
        let mut parts = text.split(';').map(str::trim);
        let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
        let mut charsets = parts.filter_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
        });
        let charset = charsets.next().map_or(Ok(Charset::Utf8), Charset::parse)?;
        if charsets.next().is_some() {
            return Err(Refusal::parameter("Content-Type 中的 charset 重复"));
        }
        let kind = match essence.as_str() {
            "" | "application/x-www-form-urlencoded" => Kind::Form,
            "application/json" if charset != Charset::Gbk => Kind::Json,
            "application/json" => return Err(Refusal::parameter("JSON 只能使用 UTF-8")),
            "multipart/form-data" => Kind::Multipart(
                multer::parse_boundary(text)
                    .map_err(|_| Refusal::parameter("multipart/form-data 缺少 boundary"))?,
            ),
            _ => {
                return Err(Refusal::parameter(
                    "不支持的 Content-Type，请使用 application/x-www-form-urlencoded、\
                     application/json 或 multipart/form-data",
                ));
            }
        };
        Ok(Self { kind, charset })
    }
}
