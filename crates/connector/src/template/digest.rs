//! Digests and encodings portals ask for. None of them protects anything here: they are what the
//! portals' own pages do.

use aes::cipher::BlockCipherEncrypt;
use aes::cipher::consts::U16;
use aes::{Aes128, Aes192, Aes256};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use sha1::Sha1;
use sha2::{Digest, Sha256};

const AES_BLOCK: usize = 16;

/// What browsers leave as it is in forms.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// AES in ECB mode with PKCS#7 padding, as base64: what pages make of a picture's answer.
pub(super) fn aes_ecb(text: &str, key: &str) -> Option<String> {
    fn encrypt<C: BlockCipherEncrypt<BlockSize = U16> + aes::cipher::KeyInit>(
        bytes: &mut [u8],
        key: &[u8],
    ) -> Option<()> {
        let cipher = <C as aes::cipher::KeyInit>::new_from_slice(key).ok()?;
        for block in bytes.as_chunks_mut::<AES_BLOCK>().0 {
            cipher.encrypt_block(block.into());
        }
        Some(())
    }
    let mut bytes = text.as_bytes().to_vec();
    let padding = AES_BLOCK - bytes.len() % AES_BLOCK;
    bytes.resize(bytes.len() + padding, u8::try_from(padding).ok()?);
    match key.len() {
        16 => encrypt::<Aes128>(&mut bytes, key.as_bytes()),
        24 => encrypt::<Aes192>(&mut bytes, key.as_bytes()),
        32 => encrypt::<Aes256>(&mut bytes, key.as_bytes()),
        _ => None,
    }?;
    Some(STANDARD.encode(bytes))
}

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
