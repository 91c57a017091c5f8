//! Digests and encodings portals ask for. None of them protects anything here: they are what the
//! portals' own pages do.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// What browsers leave as it is in forms.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(super) fn md5(text: &str) -> String {
    hex::encode(Md5::digest(text))
}

pub(super) fn sha1(text: &str) -> String {
    hex::encode(Sha1::digest(text))
}

pub(super) fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

pub(super) fn hmac(hash: &str, key: &str, text: &str) -> Option<String> {
    fn mac<M: Mac + KeyInit>(key: &str, text: &str) -> Option<String> {
        let mut mac = <M as KeyInit>::new_from_slice(key.as_bytes()).ok()?;
        mac.update(text.as_bytes());
        Some(hex::encode(mac.finalize().into_bytes()))
    }
    match hash {
        "md5" => mac::<Hmac<Md5>>(key, text),
        "sha1" => mac::<Hmac<Sha1>>(key, text),
        "sha256" => mac::<Hmac<Sha256>>(key, text),
        _ => None,
    }
}

pub(super) fn base64(text: &str) -> String {
    STANDARD.encode(text)
}

pub(super) fn urlencode(text: &str, charset: Option<&str>) -> Option<String> {
    let encoding = encoding_rs::Encoding::for_label(charset.unwrap_or("utf-8").as_bytes())?;
    let (bytes, _, _) = encoding.encode(text);
    Some(percent_encode(&bytes, UNRESERVED).to_string())
}
