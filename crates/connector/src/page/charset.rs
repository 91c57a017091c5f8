//! Which charset an answer is in, and its text.
//!
//! What is told (by the file, a header, a `<meta>`) is believed only as far as the bytes agree: servers
//! name the charset of their template, not of their data. One broken character does not turn a page
//! into another script: the charset is decided by what most of the bytes say.

use std::sync::LazyLock;

use encoding_rs::{Encoding, GB18030, GBK, UTF_8, WINDOWS_1252};
use regex::bytes::Regex;

use crate::definition::Charset;

/// How far into a page its `<meta>` is looked for.
const SNIFF_BYTES: usize = 2048;

/// So many characters of several bytes in a row are no accident: text in GBK is hardly ever valid
/// UTF-8 for longer.
const CHARACTERS_THAT_PROVE: usize = 4;

/// How many good characters must stand against each broken one.
const GOOD_FOR_EACH_BROKEN: usize = 4;

static META: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)<meta[^>]{0,200}charset\s*=\s*["']?\s*([a-z0-9_:.-]+)"#)
        .expect("the pattern is a constant")
});

/// The text of an answer. `file` is what the connector says of this answer, `fallback` what it says of
/// answers that do not tell theirs.
pub(crate) fn decode(
    bytes: &[u8],
    content_type: Option<&str>,
    file: Option<Charset>,
    fallback: Option<Charset>,
) -> String {
    if let Some(Charset(encoding)) = file {
        return encoding.decode(bytes).0.into_owned();
    }
    if let Some((encoding, skip)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[skip..]).0.into_owned();
    }
    let claimed = content_type.and_then(of_header).or_else(|| of_meta(bytes));
    let utf8 = Utf8Evidence::of(bytes);
    let encoding = match claimed {
        _ if utf8.is_proof() => UTF_8,
        Some(claimed) if claimed == UTF_8 && utf8.broken == 0 => UTF_8,
        Some(claimed) if claimed == UTF_8 => GB18030,
        Some(claimed) => claimed,
        None if utf8.broken == 0 => UTF_8,
        None => fallback.map_or(GB18030, |Charset(encoding)| encoding),
    };
    // GB18030 is GBK and more; portals say the one and send the other.
    let encoding = if encoding == GBK { GB18030 } else { encoding };
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

/// What speaks for UTF-8.
#[derive(Default)]
struct Utf8Evidence {
    /// Characters of several bytes that are whole.
    whole: usize,
    /// Chinese characters among them, counted while there are few.
    chinese: usize,
    /// Places that are no UTF-8.
    broken: usize,
}

impl Utf8Evidence {
    fn of(bytes: &[u8]) -> Self {
        let mut counted = Self::default();
        for chunk in bytes.utf8_chunks() {
            // A character of several bytes has one that begins it.
            counted.whole += chunk.valid().bytes().filter(|byte| *byte >= 0xc0).count();
            counted.broken += usize::from(!chunk.invalid().is_empty());
            if counted.whole < CHARACTERS_THAT_PROVE {
                let is_chinese = |c: &char| matches!(c, '\u{4e00}'..='\u{9fff}');
                counted.chinese += chunk.valid().chars().filter(is_chinese).count();
            }
        }
        counted
    }

    const fn is_proof(&self) -> bool {
        // Two characters are enough where both are Chinese and nothing speaks against them: bytes of
        // GBK that happen to be such UTF-8 would be words that nobody writes.
        let is_plain_chinese = self.broken == 0 && self.chinese >= 2 && self.chinese == self.whole;
        let is_enough =
            self.whole >= CHARACTERS_THAT_PROVE && self.whole >= self.broken * GOOD_FOR_EACH_BROKEN;
        is_plain_chinese || is_enough
    }
}

fn of_header(content_type: &str) -> Option<&'static Encoding> {
    let label = content_type.split(';').find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    })?;
    of_label(label.as_bytes())
}

fn of_meta(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(SNIFF_BYTES)];
    of_label(META.captures(head)?.get(1)?.as_bytes())
}

/// Servers and pages say ISO-8859-1 when they were never told anything.
fn of_label(label: &[u8]) -> Option<&'static Encoding> {
    Encoding::for_label(label).filter(|encoding| *encoding != WINDOWS_1252)
}
