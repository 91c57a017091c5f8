//! The key that the person's page seals to, in the browser: P-256, HKDF-SHA256 and AES-256-GCM, the
//! suite of RFC 9180 that every browser's own cryptography can do.
//!
//! It is made from the key that all nodes share and that none has written down, so whichever node gets
//! what was sealed can open it, and nobody else. When the last node ends it is gone; pages get the new one.

use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::DhP256HkdfSha256 as Kem;
use hpke::{Deserializable as _, Kem as _, OpModeR, Serializable as _};
use zeroize::Zeroizing;

use super::keyed_digest;
use crate::Fault;

/// Bytes of the encapsulated key before the ciphertext.
const ENCAPPED_BYTES: usize = 65;
/// Sets what pages seal apart from other uses of the same key.
const INFO: &[u8] = b"fiveone page seal v1";

/// The key pair of pages.
pub(crate) struct PageKey {
    private: <Kem as hpke::Kem>::PrivateKey,
    public: Vec<u8>,
}

impl PageKey {
    /// The pair that comes of the shared key.
    pub(crate) fn derive(shared: &[u8; 32]) -> Self {
        let seed = Zeroizing::new(keyed_digest(shared, &[INFO]));
        let (private, public) = Kem::derive_keypair(seed.as_bytes());
        Self { private, public: public.to_bytes().to_vec() }
    }

    /// The public half: an uncompressed point.
    pub(crate) fn public(&self) -> &[u8] {
        &self.public
    }

    /// Opens what a page sealed about this link; `None` when it was sealed to another key or about
    /// something else.
    pub(crate) fn open(&self, sealed: &[u8], about: &str) -> Option<Zeroizing<Vec<u8>>> {
        let (encapped, ciphertext) = sealed.split_at_checked(ENCAPPED_BYTES)?;
        let encapped = <Kem as hpke::Kem>::EncappedKey::from_bytes(encapped).ok()?;
        hpke::single_shot_open::<AesGcm256, HkdfSha256, Kem>(
            &OpModeR::Base,
            &self.private,
            &encapped,
            INFO,
            ciphertext,
            about.as_bytes(),
        )
        .map(Zeroizing::new)
        .ok()
    }
}

/// Seals as a page does.
///
/// # Errors
/// The key is not one.
#[doc(hidden)]
pub fn seal_as_page(public: &[u8], plain: &[u8], about: &str) -> Result<Vec<u8>, Fault> {
    let fail = |_| Fault::Seal("a page's key cannot be sealed to");
    let public = <Kem as hpke::Kem>::PublicKey::from_bytes(public).map_err(fail)?;
    let (encapped, ciphertext) = hpke::single_shot_seal::<AesGcm256, HkdfSha256, Kem>(
        &hpke::OpModeS::Base,
        &public,
        INFO,
        plain,
        about.as_bytes(),
    )
    .map_err(fail)?;
    Ok([encapped.to_bytes().as_slice(), &ciphertext].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_who_share_a_key_open_what_a_page_sealed_and_nobody_else() {
        let (one, same, other) =
            (PageKey::derive(&[7; 32]), PageKey::derive(&[7; 32]), PageKey::derive(&[8; 32]));
        let sealed = seal_as_page(one.public(), "密码".as_bytes(), "link:a").unwrap();
        assert_eq!(same.open(&sealed, "link:a").unwrap().as_slice(), "密码".as_bytes());
        assert!(other.open(&sealed, "link:a").is_none());
        assert!(one.open(&sealed, "link:b").is_none());
        assert!(one.open(&sealed[..64], "link:a").is_none());
        assert!(one.open(&[4; 200], "link:a").is_none());
    }
}
