//! The password scheme of the wt-web portals: textbook RSA without padding. Characters go in blocks of
//! 2 × (16-bit digits of the modulus − 1) bytes, the first character least significant; each block is
//! raised to the exponent and written in hex, blocks joined by a blank. Anything else is refused.

use std::sync::LazyLock;

use num_bigint::BigUint;

/// A key pair. It guards nothing: it is printed here.
pub(crate) struct Key {
    /// The modulus in hex, as the login page shows it.
    pub(crate) modulus: &'static str,
    secret: &'static str,
}

/// The public exponent in hex.
pub(crate) const EXPONENT: &str = "010001";

/// The 128-bit key that the family was seen with.
pub(crate) static SMALL: Key =
    Key { modulus: "d940f2f3bfdb3f04bda05a95aec1eacf", secret: "342a1c2bdacd51fbe8223fbbd6df0841" };

/// A 1024-bit key, for a portal that took longer ones.
pub(crate) static LARGE: Key = Key {
    modulus: concat!(
        "b61c422fc0f0653007fbec177f706f12371d4cd98b9c599c35eba8e97abff8ce",
        "f6e37001adc537fe55d6976b87a1548278786de77730f091925d667a97aaf5d2",
        "47e0e6637f1d9b6838bdfab354d016cc2675019c2ce830d486cfcc90aae97656",
        "3098d0fe25e9a1bedfe8e72bd2f1a2e62d62f78e0eba837999abaf40c9b3792d"
    ),
    secret: concat!(
        "317eb4ae6dede8528998faadd84122aefcb3c5f34a72901858bf58053d0b7800",
        "2831e07b545349c8a263d47bb13d33ced2174927a3c97558db42ef5b5a6568b1",
        "ec3c967a36696a9804bba32d9dfa3c5338fb15138c6199466e42b6c42a6911ac",
        "64202ab013ebcd3d7fc09906bb2e894a11556368d687c4f9a34cf752b13daf01"
    ),
};

static NUMBERS: LazyLock<[(BigUint, BigUint); 2]> =
    LazyLock::new(|| [&SMALL, &LARGE].map(|key| (parse(key.modulus), parse(key.secret))));

fn parse(hex: &str) -> BigUint {
    BigUint::parse_bytes(hex.as_bytes(), 16).unwrap_or_default()
}

impl Key {
    /// Deciphers what the page's script made; nothing when the scheme was another one.
    pub(crate) fn decipher(&self, cipher: &str) -> Option<String> {
        let (modulus, secret) = &NUMBERS[usize::from(self.modulus.len() != SMALL.modulus.len())];
        let block_bytes = 2 * (self.modulus.len() / 4 - 1);
        let mut text = Vec::new();
        for block in cipher.split_ascii_whitespace() {
            let number = BigUint::parse_bytes(block.as_bytes(), 16)?;
            if &number >= modulus {
                return None;
            }
            let bytes = number.modpow(secret, modulus).to_bytes_le();
            if bytes.len() > block_bytes {
                return None;
            }
            text.extend(bytes);
            // Zeros fill the last block; inside a text they would be a second scheme.
            text.resize(text.len().next_multiple_of(block_bytes), 0);
        }
        while text.last() == Some(&0) {
            text.pop();
        }
        let text = String::from_utf8(text).ok()?;
        let is_typed = !text.is_empty() && text.chars().all(|c| !c.is_control());
        is_typed.then_some(text)
    }

    /// What the page's script makes of a password.
    #[cfg(test)]
    pub(crate) fn encipher(&self, text: &str) -> String {
        let modulus = parse(self.modulus);
        let block_bytes = 2 * (self.modulus.len() / 4 - 1);
        let blocks: Vec<String> = text
            .as_bytes()
            .chunks(block_bytes)
            .map(|block| {
                let number = BigUint::from_bytes_le(block).modpow(&parse(EXPONENT), &modulus);
                format!("{number:x}")
            })
            .collect();
        blocks.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_little_endian_scheme_is_understood() {
        for key in [&SMALL, &LARGE] {
            for password in ["good", "a password of more than fourteen characters"] {
                assert_eq!(key.decipher(&key.encipher(password)).as_deref(), Some(password));
            }
            let big_endian =
                BigUint::from_bytes_be(b"good").modpow(&parse(EXPONENT), &parse(key.modulus));
            assert_ne!(key.decipher(&format!("{big_endian:x}")).as_deref(), Some("good"));
            assert_eq!(key.decipher("good"), None);
        }
    }
}
