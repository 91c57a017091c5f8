//! The key pair of a node: X25519, made at start, never written (HPKE, RFC 9180, base mode with
//! HKDF-SHA256 and ChaCha20-Poly1305).

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256 as Kem;
use hpke::{Deserializable as _, Kem as _, OpModeR, OpModeS, Serializable as _};
use zeroize::Zeroizing;

use crate::Fault;

/// Bytes of the encapsulated key before the ciphertext.
const ENCAPPED_BYTES: usize = 32;
/// Sets our blobs apart from other uses of the same key.
const INFO: &[u8] = b"fiveone node seal v1";

/// A node's key pair. The private half is zeroed when dropped and has no way out.
pub struct NodeKey {
    private: <Kem as hpke::Kem>::PrivateKey,
    public: Vec<u8>,
}

impl NodeKey {
    /// A new pair.
    #[must_use]
    pub fn generate() -> Self {
        let (private, public) = Kem::gen_keypair();
        Self { private, public: public.to_bytes().to_vec() }
    }

    /// The public half, as it stands in the node's row.
    #[must_use]
    pub fn public(&self) -> &[u8] {
        &self.public
    }

    /// Opens what [`seal_to`] sealed to this key for the same purpose and task.
    ///
    /// # Errors
    /// It was sealed to another key, for something else, or has been changed.
    pub fn open(&self, sealed: &[u8], about: &str) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let fail = |_| Fault::Seal("a blob sealed to this node does not open");
        let (encapped, ciphertext) = sealed
            .split_at_checked(ENCAPPED_BYTES)
            .ok_or(Fault::Seal("a blob sealed to this node is too short"))?;
        let encapped = <Kem as hpke::Kem>::EncappedKey::from_bytes(encapped).map_err(fail)?;
        hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Kem>(
            &OpModeR::Base,
            &self.private,
            &encapped,
            INFO,
            ciphertext,
            about.as_bytes(),
        )
        .map(Zeroizing::new)
        .map_err(fail)
    }
}

/// Seals bytes to a node's public key; `about` (purpose and task) must be given again to open.
///
/// # Errors
/// The key is not one.
pub fn seal_to(public: &[u8], plain: &[u8], about: &str) -> Result<Vec<u8>, Fault> {
    let fail = |_| Fault::Seal("a node's public key cannot be sealed to");
    let public = <Kem as hpke::Kem>::PublicKey::from_bytes(public).map_err(fail)?;
    let (encapped, ciphertext) = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, Kem>(
        &OpModeS::Base,
        &public,
        INFO,
        plain,
        about.as_bytes(),
    )
    .map_err(fail)?;
    let mut sealed = encapped.to_bytes().to_vec();
    sealed.extend_from_slice(&ciphertext);
    Ok(sealed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_node_opens_and_only_for_the_same_task() {
        let (node, other) = (NodeKey::generate(), NodeKey::generate());
        let sealed = seal_to(node.public(), "密码".as_bytes(), "login:t1").unwrap();
        assert_eq!(node.open(&sealed, "login:t1").unwrap().as_slice(), "密码".as_bytes());
        assert!(other.open(&sealed, "login:t1").is_err());
        assert!(node.open(&sealed, "login:t2").is_err());
        assert!(node.open(&sealed[..20], "login:t1").is_err());
        let mut changed = sealed.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(node.open(&changed, "login:t1").is_err());
        assert!(!sealed.windows(6).any(|window| window == "密码".as_bytes()));
    }

    #[test]
    fn a_key_that_is_none_is_refused() {
        assert!(seal_to(b"short", b"x", "login:t1").is_err());
    }
}
