//! Callbacks: what is sent to an app when a task has ended, and when it is tried again (§9).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha2::Sha256;

use crate::clock::Millis;

/// Waits after the first, second … failed attempt; after the last the callback is kept for replay.
pub const RETRY_AFTER_MS: [Millis; 7] =
    [5_000, 5 * 60_000, 30 * 60_000, 2 * 3_600_000, 5 * 3_600_000, 10 * 3_600_000, 10 * 3_600_000];

/// When to try again after `attempts` failed attempts; `None` when no more are made.
#[must_use]
pub fn retry_at(attempts: u32, now: Millis) -> Option<Millis> {
    let index = usize::try_from(attempts).ok()?.checked_sub(1)?;
    RETRY_AFTER_MS.get(index).map(|wait| now + wait)
}

/// The three parameters of the fund document, and the key that lets an old helper verify them:
/// `md5(callback_url + tokenId + "msg=…,status=…,tid=…")`.
#[must_use]
pub fn token_key(url: &str, token_id: &str, tid: &str, status: &str, msg: &str) -> String {
    let mut digest = Md5::new();
    for part in [url, token_id, "msg=", msg, ",status=", status, ",tid=", tid] {
        digest.update(part.as_bytes());
    }
    hex::encode(digest.finalize())
}

/// The `webhook-signature` of the Standard Webhooks convention: `v1,` and the padded base64 of
/// HMAC-SHA256 over `id.timestamp.body`; the secret is the bytes of the app's tokenId.
#[must_use]
pub fn webhook_signature(secret: &[u8], id: &str, timestamp_s: i64, body: &str) -> String {
    let mut mac =
        <Hmac<Sha256> as KeyInit>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(format!("{id}.{timestamp_s}.").as_bytes());
    mac.update(body.as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// An app's secret as the convention writes it, for its receivers: `whsec_` and base64.
#[must_use]
pub fn webhook_secret(token_id: &str) -> String {
    format!("whsec_{}", STANDARD.encode(token_id))
}

/// The addresses a callback may never go to unless an operator allows it: whatever is not a
/// public unicast address (loopback, private, link-local and so the metadata service, shared,
/// multicast, documentation, unspecified), IPv4 in IPv6 included.
#[must_use]
pub fn is_forbidden(address: std::net::IpAddr) -> bool {
    use std::net::IpAddr;
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            // Azure's platform address looks like any public one.
            v4.octets() == [168, 63, 129, 16]
                || v4.is_loopback()
                || v4.is_private()
                || v4.is_link_local()
                || v4.is_broadcast()
                || v4.is_multicast()
                || v4.is_documentation()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0 && c == 0)
                || (a == 192 && b == 88 && c == 99)
                || (a == 198 && (b == 18 || b == 19))
        }
        IpAddr::V6(v6) => {
            if let Some(v4) = v6.to_ipv4_mapped() {
                return is_forbidden(IpAddr::V4(v4));
            }
            let [head, second, ..] = v6.segments();
            // Only global unicast 2000::/3 is public; 2002:: (6to4) and 64:ff9b:: wrap IPv4, 2001::/23 is for
            // protocols, two are for documents.
            (head & 0xe000) != 0x2000
                || head == 0x2002
                || (head == 0x2001 && (second < 0x0200 || second == 0x0db8))
                || (head == 0x3fff && second < 0x1000)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_is_the_documented_one_and_then_it_ends() {
        let waits: Vec<_> = (1..=8).map(|attempts| retry_at(attempts, 0)).collect();
        let minutes = |m: i64| Some(m * 60_000);
        let expected = [
            Some(5_000),
            minutes(5),
            minutes(30),
            minutes(120),
            minutes(300),
            minutes(600),
            minutes(600),
            None,
        ];
        assert_eq!(waits, expected);
        assert_eq!(retry_at(0, 0), None);
    }

    #[test]
    fn the_token_key_is_md5_over_address_token_and_sorted_parameters() {
        let key = token_key("http://a.example/cb", "TOKEN001", "t1", "40001", "爬取结束");
        // Made by md5sum of "http://a.example/cbTOKEN001msg=爬取结束,status=40001,tid=t1".
        assert_eq!(key, "fb4c0b676a1a54e6f975fc0f1b880409");
    }

    #[test]
    fn the_webhook_signature_is_the_one_of_the_convention() {
        // The example of the Standard Webhooks specification and of its libraries' tests.
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = r#"{"test": 2432232314}"#;
        let signature =
            webhook_signature(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(webhook_secret("TOKEN001"), "whsec_VE9LRU4wMDE=");
    }

    #[test]
    fn only_public_addresses_may_be_called() {
        let forbidden = [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.0.8",
            "240.0.0.1",
            "168.63.129.16",
            "100.100.100.200",
            "169.254.0.23",
            "192.0.0.192",
            "192.88.99.1",
            "fd00:ec2::254",
            "::ffff:168.63.129.16",
            "64:ff9b::a9fe:a9fe",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "2001:db8::1",
            "2001:2::1",
            "2001:20::1",
            "3fff:fff::1",
            "2002:7f00:1::",
            "64:ff9b::7f00:1",
            "::127.0.0.1",
        ];
        for text in forbidden {
            assert!(is_forbidden(text.parse().unwrap()), "{text}");
        }
        for text in [
            "8.8.8.8",
            "114.114.114.114",
            "2400:3200::1",
            "2001:250::1",
            "172.32.0.1",
            "100.128.0.1",
        ] {
            assert!(!is_forbidden(text.parse().unwrap()), "{text}");
        }
    }
}
