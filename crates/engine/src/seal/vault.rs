//! What is kept: sealed with XChaCha20-Poly1305, each blob bound to the row it belongs to.
//!
//! A blob is `version, key number, 24-byte nonce, ciphertext`. The deployment key wraps the key of
//! each task; a task's key seals its session and sections. Destroying a task's key makes what
//! backups hold of it unreadable.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::random;
use crate::{Fault, causes};

const VERSION: u8 = 1;
const HEAD_BYTES: usize = 2;
const NONCE_BYTES: usize = 24;

type Key = Zeroizing<[u8; 32]>;

fn seal(key: &Key, number: u8, plain: &[u8], row: &str) -> Result<Vec<u8>, Fault> {
    let nonce = random::<NONCE_BYTES>()?;
    let cipher = XChaCha20Poly1305::new((&**key).into());
    let payload = Payload { msg: plain, aad: row.as_bytes() };
    let ciphertext = cipher
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| Fault::Seal("a blob cannot be sealed"))?;
    let mut sealed = Vec::with_capacity(HEAD_BYTES + NONCE_BYTES + ciphertext.len());
    sealed.extend_from_slice(&[VERSION, number]);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&ciphertext);
    Ok(sealed)
}

fn open(key: &Key, sealed: &[u8], row: &str) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let body = sealed.get(HEAD_BYTES..).ok_or(Fault::Seal("a blob is too short"))?;
    let (nonce, ciphertext) =
        body.split_first_chunk::<NONCE_BYTES>().ok_or(Fault::Seal("a blob is too short"))?;
    XChaCha20Poly1305::new((&**key).into())
        .decrypt(&XNonce::from(*nonce), Payload { msg: ciphertext, aad: row.as_bytes() })
        .map(Zeroizing::new)
        .map_err(|_| Fault::Seal("a blob does not open"))
}

/// Where the deployment's keys are read from once more; `None` when there is nothing to be read.
pub type KeySource = Box<dyn Fn() -> Option<DeploymentKeys> + Send + Sync>;

/// The deployment's keys: the newest seals, all of them open. Clones are the same keys, so that whoever
/// holds one sees what is taken up later.
#[derive(Clone)]
pub struct DeploymentKeys(Arc<Held>);

struct Held {
    /// By number, the newest first.
    keys: RwLock<Arc<Vec<(u8, Key)>>>,
    source: OnceLock<KeySource>,
}

/// Why keys are not taken up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OtherKeys {
    /// A number would be another key than before.
    #[error("key {0} is not the one that it was")]
    Changed(u8),
    /// None of the keys is there any more: they are another deployment's.
    #[error("none of the keys that were known is there")]
    Unrelated,
}

impl DeploymentKeys {
    fn of(keys: Vec<(u8, Key)>) -> Self {
        Self(Arc::new(Held { keys: RwLock::new(Arc::new(keys)), source: OnceLock::new() }))
    }

    fn all(&self) -> Arc<Vec<(u8, Key)>> {
        Arc::clone(&self.0.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From where to read the keys again when something was sealed with one that is not here: another
    /// node knows it already. The first source stays.
    pub fn read_again_from(&self, source: KeySource) {
        drop(self.0.source.set(source));
    }

    /// Takes up what was read again, for whoever holds these keys; whether they are others than before.
    ///
    /// # Errors
    /// They cannot be the same deployment's; then all stays as it was.
    pub fn take_up(&self, read: &Self) -> Result<bool, OtherKeys> {
        let (new, mut keys) =
            (read.all(), self.0.keys.write().unwrap_or_else(PoisonError::into_inner));
        let mut is_related = false;
        for (number, key) in keys.iter() {
            match new.iter().find(|(other, _)| other == number) {
                Some((_, other)) if **other != **key => return Err(OtherKeys::Changed(*number)),
                Some(_) => is_related = true,
                None => {}
            }
        }
        if !is_related {
            return Err(OtherKeys::Unrelated);
        }
        let numbers =
            |keys: &[(u8, Key)]| keys.iter().map(|(number, _)| *number).collect::<Vec<_>>();
        let is_changed = numbers(&new) != numbers(&keys);
        *keys = new;
        Ok(is_changed)
    }

    /// Reads them again, since one is missing; whether there are others now.
    fn read_again(&self) -> bool {
        let Some(read) = self.0.source.get().and_then(|source| source()) else { return false };
        match self.take_up(&read) {
            Ok(is_changed) => {
                if is_changed {
                    tracing::info!(newest = self.newest(), "deployment keys taken up");
                }
                is_changed
            }
            Err(error) => {
                tracing::error!(error = causes(&error), "deployment keys not taken up");
                false
            }
        }
    }

    /// Reads `NUMBER:64 hex digits` lines, newest first; blank lines and `#` comments are passed
    /// over. `None` when a line is not one, a number is a duplicate, or there is no key.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut keys: Vec<(u8, Key)> = Vec::new();
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (number, digits) = line.split_once(':')?;
            let number = number.trim().parse().ok()?;
            let mut key = Zeroizing::new([0; 32]);
            hex::decode_to_slice(digits.trim(), key.as_mut_slice()).ok()?;
            if keys.iter().any(|(taken, _)| *taken == number) {
                return None;
            }
            keys.push((number, key));
        }
        (!keys.is_empty()).then(|| Self::of(keys))
    }

    /// A first key as the text that [`DeploymentKeys::parse`] reads.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn generate() -> Result<Zeroizing<String>, Fault> {
        Self::generate_numbered(1)
    }

    /// A key of a number.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn generate_numbered(number: u8) -> Result<Zeroizing<String>, Fault> {
        let key = Zeroizing::new(random::<32>()?);
        let digits = Zeroizing::new(hex::encode(key.as_slice()));
        Ok(Zeroizing::new(format!("{number}:{}\n", digits.as_str())))
    }

    /// The number of the key that seals.
    #[must_use]
    pub fn newest(&self) -> u8 {
        self.all().first().map_or(0, |(number, _)| *number)
    }

    /// The number of the key that sealed something; `None` when it is no blob of this program.
    #[must_use]
    pub fn number_of(sealed: &[u8]) -> Option<u8> {
        match sealed.get(..HEAD_BYTES) {
            Some([VERSION, number]) => Some(*number),
            _ => None,
        }
    }

    /// Seals bytes that belong to a row, e.g. `app:ID`.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn seal(&self, plain: &[u8], row: &str) -> Result<Vec<u8>, Fault> {
        let keys = self.all();
        let (number, key) = keys.first().ok_or(Fault::Seal("there is no deployment key"))?;
        seal(key, *number, plain, row)
    }

    /// Opens what was sealed for the same row by any of the keys.
    ///
    /// # Errors
    /// The key is not among these, the row is another, or the blob has been changed.
    pub fn open(&self, sealed: &[u8], row: &str) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let number =
            Self::number_of(sealed).ok_or(Fault::Seal("a blob is of an unknown version"))?;
        let find = || self.all().iter().find(|(known, _)| *known == number).cloned();
        let found = find().or_else(|| self.read_again().then(find).flatten());
        let (_, key) = found.ok_or(Fault::Seal("a blob was sealed with a key that is not here"))?;
        open(&key, sealed, row)
    }

    /// Digests of something for one purpose, under each of the keys, the newest first: equal on every
    /// node of the deployment for as long as the key is there. Nothing may go in that is worth
    /// guessing, since whoever has the deployment key could try.
    #[must_use]
    pub fn digests(&self, purpose: &str, parts: &[&[u8]]) -> Vec<String> {
        let under = |(number, key): &(u8, Key)| {
            let all: Vec<&[u8]> = [purpose.as_bytes()].iter().chain(parts).copied().collect();
            format!("{number}:{}", keyed_digest(key, &all))
        };
        self.all().iter().map(under).collect()
    }

    /// A new task key, and the same wrapped for the task's row.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn new_task_key(&self, task: &str) -> Result<(TaskKey, Vec<u8>), Fault> {
        let key = Zeroizing::new(random::<32>()?);
        let wrapped = self.seal(key.as_slice(), &format!("task:{task}"))?;
        Ok((TaskKey { key, task: task.to_owned() }, wrapped))
    }

    /// The key of a task from its wrapped form.
    ///
    /// # Errors
    /// See [`DeploymentKeys::open`].
    pub fn task_key(&self, task: &str, wrapped: &[u8]) -> Result<TaskKey, Fault> {
        let plain = self.open(wrapped, &format!("task:{task}"))?;
        let key = <[u8; 32]>::try_from(plain.as_slice())
            .map_err(|_| Fault::Seal("a task key has another length"))?;
        Ok(TaskKey { key: Zeroizing::new(key), task: task.to_owned() })
    }
}

/// The key of one task's kept data.
pub struct TaskKey {
    key: Key,
    task: String,
}

impl TaskKey {
    /// Seals a part of the task, e.g. `session` or a section's name.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn seal(&self, plain: &[u8], part: &str) -> Result<Vec<u8>, Fault> {
        seal(&self.key, 0, plain, &format!("{}:{part}", self.task))
    }

    /// Opens the same part of the same task.
    ///
    /// # Errors
    /// It is another part or task, or has been changed.
    pub fn open(&self, sealed: &[u8], part: &str) -> Result<Zeroizing<Vec<u8>>, Fault> {
        open(&self.key, sealed, &format!("{}:{part}", self.task))
    }
}

/// A digest under a key, in lower hex: equal inputs have equal digests, and whoever does not have the
/// key cannot try inputs against one.
pub(crate) fn keyed_digest(key: &[u8; 32], parts: &[&[u8]]) -> String {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key)
        .expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> DeploymentKeys {
        DeploymentKeys::parse(&DeploymentKeys::generate().unwrap()).unwrap()
    }

    #[test]
    fn a_blob_opens_only_for_its_row_and_key() {
        let keys = keys();
        let sealed = keys.seal(b"token", "app:a").unwrap();
        assert_eq!(keys.open(&sealed, "app:a").unwrap().as_slice(), b"token");
        assert!(keys.open(&sealed, "app:b").is_err());
        assert!(self::keys().open(&sealed, "app:a").is_err());
        assert!(keys.open(&sealed[..10], "app:a").is_err());
        assert!(keys.open(&[], "app:a").is_err());
    }

    #[test]
    fn an_old_key_still_opens_after_a_new_one_is_put_before_it() {
        let old = format!("1:{}", "11".repeat(32));
        let sealed = DeploymentKeys::parse(&old).unwrap().seal(b"x", "app:a").unwrap();
        let both =
            DeploymentKeys::parse(&format!("# new\n2:{}\n{old}\n", "22".repeat(32))).unwrap();
        assert_eq!(both.open(&sealed, "app:a").unwrap().as_slice(), b"x");
        assert_eq!(both.seal(b"x", "app:a").unwrap()[1], 2);
    }

    fn numbered(numbers: &[u8]) -> DeploymentKeys {
        let line = |number: &u8| format!("{number}:{}\n", format!("{number:02}").repeat(32));
        DeploymentKeys::parse(&numbers.iter().map(line).collect::<String>()).unwrap()
    }

    #[test]
    fn whoever_holds_keys_sees_those_that_are_taken_up() {
        let (keys, new) = (numbered(&[1]), numbered(&[2]));
        let held = keys.clone();
        assert_eq!(keys.take_up(&new), Err(OtherKeys::Unrelated));
        let other = DeploymentKeys::parse(&format!("1:{}", "ff".repeat(32))).unwrap();
        assert_eq!(keys.take_up(&other), Err(OtherKeys::Changed(1)));
        assert_eq!(held.newest(), 1, "all is as it was");
        assert_eq!(keys.take_up(&numbered(&[1, 2])), Ok(true));
        let sealed = new.seal(b"x", "app:a").unwrap();
        assert_eq!(held.open(&sealed, "app:a").unwrap().as_slice(), b"x");
        assert_eq!(keys.take_up(&numbered(&[1, 2])), Ok(false));
        assert_eq!(keys.take_up(&numbered(&[2, 1])), Ok(true));
        assert_eq!((held.newest(), held.digests("x", &[]).len()), (2, 2));
        assert_eq!(keys.take_up(&new), Ok(true));
        assert_eq!(held.digests("x", &[]).len(), 1, "the old one is gone");
    }

    #[test]
    fn keys_are_read_again_when_one_is_missing() {
        let keys = numbered(&[1]);
        let asked = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        keys.read_again_from(Box::new(move || {
            counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Some(numbered(&[2, 1]))
        }));
        let known = numbered(&[1]).seal(b"x", "app:a").unwrap();
        keys.clone().open(&known, "app:a").unwrap();
        assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 0);
        let sealed = numbered(&[2]).seal(b"x", "app:a").unwrap();
        assert_eq!(keys.clone().open(&sealed, "app:a").unwrap().as_slice(), b"x");
        assert_eq!((keys.newest(), asked.load(std::sync::atomic::Ordering::Relaxed)), (2, 1));
        let stranger = numbered(&[3]).seal(b"x", "app:a").unwrap();
        assert!(keys.open(&stranger, "app:a").is_err());
    }

    #[test]
    fn key_files_with_mistakes_are_refused() {
        for text in ["", "1:zz", "x:00", &format!("1:{0}\n1:{0}", "11".repeat(32)), "1:1111"] {
            assert!(DeploymentKeys::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_task_key_opens_its_own_parts_only() {
        let keys = keys();
        let (key, wrapped) = keys.new_task_key("t1").unwrap();
        let sealed = key.seal(b"rows", "billInfos").unwrap();
        let again = keys.task_key("t1", &wrapped).unwrap();
        assert_eq!(again.open(&sealed, "billInfos").unwrap().as_slice(), b"rows");
        assert!(again.open(&sealed, "baseInfo").is_err());
        assert!(keys.task_key("t2", &wrapped).is_err());
    }
}
