//! `application/x-www-form-urlencoded`, in UTF-8 or in GBK.

use encoding_rs::GBK;
use percent_encoding::percent_decode;
use zeroize::Zeroizing;

use super::media::Charset;
use crate::vendor::params::{Collector, Params};
use crate::vendor::refusal::Refusal;

/// The parameters of a form. A `%` that begins no escape stands for itself, as browsers have it.
pub(super) fn parse(
    bytes: &[u8],
    charset: Charset,
    mut collector: Collector,
) -> Result<Params, Refusal> {
    for pair in bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let (name, value) = (&pair[..at], pair.get(at + 1..).unwrap_or_default());
        let name = unescape(name, charset)?.to_string();
        collector.add(name, unescape(value, charset)?)?;
    }
    collector.finish()
}

fn unescape(escaped: &[u8], charset: Charset) -> Result<Zeroizing<String>, Refusal> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(escaped.len()));
    let mut runs = escaped.split(|byte| *byte == b'+');
    bytes.extend(runs.next().map(percent_decode).into_iter().flatten());
    for run in runs {
        bytes.push(b' ');
        bytes.extend(percent_decode(run));
    }
    decode(bytes, charset)
}

/// The text of bytes in a charset; nothing is replaced or guessed.
pub(super) fn decode(
    mut bytes: Zeroizing<Vec<u8>>,
    charset: Charset,
) -> Result<Zeroizing<String>, Refusal> {
    let text = match charset {
        Charset::Utf8 => String::from_utf8(std::mem::take(&mut *bytes))
            .map_err(|_| Refusal::parameter("参数不是有效的 UTF-8"))?,
        Charset::Ascii if bytes.is_ascii() => String::from_utf8(std::mem::take(&mut *bytes))
            .map_err(|_| Refusal::parameter("参数不是有效的 ASCII"))?,
        Charset::Ascii => {
            return Err(Refusal::parameter("中文参数请声明 UTF-8 或 GBK 字符集"));
        }
        Charset::Gbk => GBK
            .decode_without_bom_handling_and_without_replacement(&bytes)
            .ok_or_else(|| Refusal::parameter("参数不是有效的 GBK"))?
            .into_owned(),
    };
    Ok(Zeroizing::new(text))
}
