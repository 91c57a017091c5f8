//! Which charset an answer is in, and its text.

use std::sync::LazyLock;

use encoding_rs::{Encoding, GB18030, UTF_8};
use regex::bytes::Regex;

use crate::definition::Charset;

/// How far into a page its `<meta>` is looked for.
const SNIFF_BYTES: usize = 2048;

static META: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)<meta[^>]{0,200}charset\s*=\s*["']?\s*([a-z0-9_:.-]+)"#)
        .expect("the pattern is a constant")
});

/// The order: told by the file, BOM, header, `<meta>`, the file's usual one, UTF-8 when it is valid,
/// GB18030. A header or meta that says UTF-8 of bytes that are not is not believed.
pub(super) fn decode(
    bytes: &[u8],
    kind: Option<&str>,
    told: Option<Charset>,
    usual: Option<Charset>,
) -> String {
    if let Some(Charset(encoding)) = told {
        return encoding.decode(bytes).0.into_owned();
    }
    if let Some((encoding, skip)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[skip..]).0.into_owned();
    }
    let claimed = kind.and_then(of_header).or_else(|| of_meta(bytes));
    let is_utf8 = std::str::from_utf8(bytes).is_ok();
    let encoding = match claimed {
        Some(claimed) if claimed == UTF_8 && !is_utf8 => GB18030,
        Some(claimed) => claimed,
        None if is_utf8 => UTF_8,
        None => usual.map_or(GB18030, |Charset(encoding)| encoding),
    };
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

fn of_header(kind: &str) -> Option<&'static Encoding> {
    let label = kind.split(';').find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    })?;
    let encoding = Encoding::for_label(label.as_bytes())?;
    // Servers say ISO-8859-1 when they were never told anything.
    (encoding != encoding_rs::WINDOWS_1252).then_some(encoding)
}

fn of_meta(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(SNIFF_BYTES)];
    Encoding::for_label(META.captures(head)?.get(1)?.as_bytes())
}
