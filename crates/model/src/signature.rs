//! `X-Fiveone-Signature`: a signature with time and nonce, beside the documents' tokenKey (P-14).
//!
//! It covers the body by its digest, so that nothing of what a person typed is digested without a
//! key, and a call that somebody recorded is worth nothing.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::clock::Millis;

/// The header's name.
pub const HEADER: &str = "x-fiveone-signature";

/// How far the signer's clock may be from ours, either way.
pub const WINDOW_MS: Millis = 5 * 60_000;

/// How long a nonce is remembered: from a clock that is early by the window until one that is late
/// by it, and a minute for nodes whose clocks differ.
pub const NONCE_KEPT_FOR_MS: Millis = 2 * WINDOW_MS + 60_000;

/// SHA-256 of a call's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyDigest([u8; 32]);

impl BodyDigest {
    /// The digest of a body as it is sent.
    #[must_use]
    pub fn of(body: &[u8]) -> Self {
        Self(Sha256::digest(body).into())
    }
}

/// What is signed of a call.
#[derive(Debug, Clone, Copy)]
pub struct SignedCall<'a> {
    /// The interface's name; what is signed is `/identity/<name>`, however the call gets here.
    pub name: &'a str,
    /// Its body.
    pub body: BodyDigest,
}

/// The header as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    timestamp_s: i64,
    nonce: String,
    code: [u8; 32],
}

impl Signature {
    /// Takes `t=<seconds>,n=<nonce>,v1=<hex>`: a Unix time, 16 to 64 letters, digits, `-` or `_`,
    /// and 64 hex digits in either case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(',').map(str::trim);
        let mut part = |name: &str| parts.next()?.strip_prefix(name)?.strip_prefix('=');
        let (time, nonce, code) = (part("t")?, part("n")?, part("v1")?);
        let is_nonce = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        let fits = (16..=64).contains(&nonce.len()) && nonce.bytes().all(is_nonce);
        let is_number = !time.is_empty() && time.bytes().all(|b| b.is_ascii_digit());
        if parts.next().is_some() || !fits || !is_number {
            return None;
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(code, &mut bytes).ok()?;
        Some(Self { timestamp_s: time.parse().ok()?, nonce: nonce.to_owned(), code: bytes })
    }

    /// The number that may be used once.
    #[must_use]
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// Whether it was made about now.
    #[must_use]
    pub fn is_fresh(&self, now: Millis) -> bool {
        let at = self.timestamp_s.saturating_mul(1_000);
        now.saturating_sub(at).abs() <= WINDOW_MS
    }

    /// Whether it was made of this call by somebody who knows the app's tokenId.
    #[must_use]
    pub fn is_of(&self, call: SignedCall<'_>, token_id: &str) -> bool {
        mac(call, token_id, self.timestamp_s, &self.nonce).verify_slice(&self.code).is_ok()
    }
}

/// The header's value for a call.
#[must_use]
pub fn sign(call: SignedCall<'_>, token_id: &str, timestamp_s: i64, nonce: &str) -> String {
    let code = mac(call, token_id, timestamp_s, nonce).finalize().into_bytes();
    format!("t={timestamp_s},n={nonce},v1={}", hex::encode(code))
}

/// HMAC-SHA256 with the tokenId over five lines: method, path, time, nonce, digest of the body.
fn mac(call: SignedCall<'_>, token_id: &str, timestamp_s: i64, nonce: &str) -> Hmac<Sha256> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(token_id.as_bytes())
        .expect("HMAC takes a key of any length");
    let (name, body) = (call.name, hex::encode(call.body.0));
    mac.update(format!("POST\n/identity/{name}\n{timestamp_s}\n{nonce}\n{body}").as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: &str = "0123456789abcdef";
    const CALL: SignedCall<'static> = SignedCall { name: "getFundB", body: BodyDigest([7; 32]) };

    #[test]
    fn p_14_the_signature_is_the_published_one() {
        let call = SignedCall { name: "getFundCitysB", body: BodyDigest::of(b"appId=a") };
        // printf 'POST\n/identity/getFundCitysB\n1506830400\n0123456789abcdef\n%s' \
        //   $(printf appId=a | sha256sum | cut -c-64) | openssl dgst -sha256 -hmac TOKEN001
        let made = sign(call, "TOKEN001", 1_506_830_400, NONCE);
        assert_eq!(
            made,
            "t=1506830400,n=0123456789abcdef,v1=64b38cb93e0a460417445fe334974c9c71b12a1451ca9e0e1137a25e55752dfc"
        );
        let read = Signature::parse(&made).unwrap();
        assert!(read.is_of(call, "TOKEN001"));
        assert_eq!(read.nonce(), NONCE);
    }

    #[test]
    fn p_14_nothing_of_a_call_can_be_changed() {
        let made = sign(CALL, "TOKEN001", 1_000, NONCE);
        let is_of = |text: &str, call, token: &str| {
            Signature::parse(text).is_some_and(|signature| signature.is_of(call, token))
        };
        assert!(is_of(&made, CALL, "TOKEN001"));
        assert!(!is_of(&made, CALL, "TOKEN002"));
        assert!(!is_of(&made, SignedCall { name: "getInsuranceB", ..CALL }, "TOKEN001"));
        let body = BodyDigest::of(b"other");
        assert!(!is_of(&made, SignedCall { body, ..CALL }, "TOKEN001"));
        assert!(!is_of(&made.replace("t=1000", "t=1001"), CALL, "TOKEN001"));
        assert!(!is_of(&made.replace("n=0", "n=1"), CALL, "TOKEN001"));
    }

    #[test]
    fn p_14_it_holds_for_five_minutes_either_way() {
        let read = Signature::parse(&sign(CALL, "t", 1_000, NONCE)).unwrap();
        let fresh = |seconds: i64| read.is_fresh((1_000 + seconds) * 1_000);
        assert_eq!([-301, -300, 0, 300, 301].map(fresh), [false, true, true, true, false]);
        let far = format!("t={},n={NONCE},v1={}", i64::MAX, "0".repeat(64));
        assert!(!Signature::parse(&far).unwrap().is_fresh(1_000_000));
    }

    #[test]
    fn what_is_malformed_is_no_signature() {
        let code = "a".repeat(64);
        for text in [
            String::new(),
            format!("t=1,n={NONCE}"),
            format!("n={NONCE},t=1,v1={code}"),
            format!("t=,n={NONCE},v1={code}"),
            format!("t=-1,n={NONCE},v1={code}"),
            format!("t=99999999999999999999,n={NONCE},v1={code}"),
            format!("t=1,n=short,v1={code}"),
            format!("t=1,n={NONCE} ,v1=zz"),
            format!("t=1,n={}é,v1={code}", &NONCE[2..]),
            format!("t=1,n={},v1={code}", NONCE.repeat(5)),
            format!("t=1,n={NONCE},v1={code},v2=1"),
        ] {
            assert_eq!(Signature::parse(&text), None, "{text}");
        }
        assert!(Signature::parse(&format!("t=1, n={NONCE}, v1={}", code.to_uppercase())).is_some());
    }
}
