//! Operators of the console: made and changed from the command line, signed in by a password and, where
//! they have one, a second factor. Changing them needs no running node.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use fiveone_model::clock::Millis;
use fiveone_model::operator::{OperatorName, Role};
use fiveone_store::{Deed, OperatorChange, OperatorRow, SessionRow, Store};
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use totp_rs::{Builder, Secret, Totp};
use zeroize::Zeroizing;

use crate::Fault;
use crate::seal::{DeploymentKeys, random};
use crate::time::Time;

/// Passwords looked at, at once: each takes 19 MiB and a core.
const HASHING_MAX: usize = 2;
/// A session's use is written down when the last is so long ago.
const USE_NOTED_EVERY_MS: Millis = 60_000;
/// The shortest password.
const PASSWORD_CHARS_MIN: usize = 10;
/// The longest, in bytes: nobody types more.
const PASSWORD_BYTES_MAX: usize = 1_024;

/// How long sessions last.
#[derive(Debug, Clone, Copy)]
pub struct SessionLimits {
    /// For who does nothing.
    pub idle_for_ms: Millis,
    /// At most.
    pub last_for_ms: Millis,
}

/// The operators of a store.
#[derive(Clone)]
pub struct Operators {
    store: Store,
    keys: DeploymentKeys,
    time: Arc<dyn Time>,
    limits: SessionLimits,
    hashing: Arc<Semaphore>,
}

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub operator: OperatorName,
    /// What that one may do.
    pub role: Role,
    /// What every form of this session bears, and no other site knows.
    pub form_token: String,
}

/// A new second factor; it is shown once.
pub struct NewTotp {
    /// The secret as authenticators take it by hand.
    pub secret: Zeroizing<String>,
    /// The same as an address, for a QR code.
    pub address: Zeroizing<String>,
}

impl Operators {
    /// The operators of a store.
    #[must_use]
    pub fn new(
        store: Store,
        keys: DeploymentKeys,
        time: Arc<dyn Time>,
        limits: SessionLimits,
    ) -> Self {
        Self { store, keys, time, limits, hashing: Arc::new(Semaphore::new(HASHING_MAX)) }
    }

    /// A password that nobody guesses.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn new_password() -> Result<Zeroizing<String>, Fault> {
        Ok(Zeroizing::new(hex::encode(random::<12>()?)))
    }

    /// What is wrong with a password that somebody chose.
    #[must_use]
    pub fn complaint(password: &str) -> Option<&'static str> {
        if password.chars().count() < PASSWORD_CHARS_MIN {
            return Some("a password has at least 10 characters");
        }
        (password.len() > PASSWORD_BYTES_MAX).then_some("a password has at most 1024 bytes")
    }

    /// Makes an operator; `false` when the name is taken.
    ///
    /// # Errors
    /// The store failed, or the system gives no random bytes.
    pub async fn add(
        &self,
        name: &OperatorName,
        role: Role,
        password: &str,
    ) -> Result<bool, Fault> {
        let row = OperatorRow {
            name: name.clone(),
            role,
            password: self.digest(password).await?,
            totp_sealed: None,
            created_at: self.time.now(),
            disabled_at: None,
        };
        Ok(self.store.write.create_operator(&row).await?)
    }

    /// Every operator, by name.
    ///
    /// # Errors
    /// The store failed.
    pub async fn all(&self) -> Result<Vec<OperatorRow>, Fault> {
        Ok(self.store.read.operators().await?)
    }

    /// Gives an operator another password and signs it out; `false` when there is none of this name.
    ///
    /// # Errors
    /// The store failed, or the system gives no random bytes.
    pub async fn set_password(&self, name: &OperatorName, password: &str) -> Result<bool, Fault> {
        let digest = self.digest(password).await?;
        self.change(name, OperatorChange::Password(&digest)).await
    }

    /// Gives an operator another role and signs it out; `false` when there is none of this name.
    ///
    /// # Errors
    /// The store failed.
    pub async fn set_role(&self, name: &OperatorName, role: Role) -> Result<bool, Fault> {
        self.change(name, OperatorChange::Role(role)).await
    }

    /// Lets an operator sign in, or no more; `false` when there is none of this name.
    ///
    /// # Errors
    /// The store failed.
    pub async fn set_disabled(
        &self,
        name: &OperatorName,
        is_disabled: bool,
    ) -> Result<bool, Fault> {
        let at = is_disabled.then(|| self.time.now());
        self.change(name, OperatorChange::Disabled(at)).await
    }

    /// Gives an operator a new second factor and signs it out; `None` when there is none of this name.
    ///
    /// # Errors
    /// The store failed, or the system gives no random bytes.
    pub async fn new_totp(&self, name: &OperatorName) -> Result<Option<NewTotp>, Fault> {
        let bytes = Zeroizing::new(random::<20>()?);
        let sealed = self.keys.seal(bytes.as_slice(), &row_of(name))?;
        if !self.change(name, OperatorChange::Totp(Some(&sealed))).await? {
            return Ok(None);
        }
        let secret = Zeroizing::new(Secret::new_stack(*bytes).to_base32());
        let name = name.as_str().replace('@', "%40");
        let address = format!("otpauth://totp/fiveone:{name}?secret={}&issuer=fiveone", *secret);
        Ok(Some(NewTotp { secret, address: Zeroizing::new(address) }))
    }

    /// Takes an operator's second factor away and signs it out; `false` when there is none of this name.
    ///
    /// # Errors
    /// The store failed.
    pub async fn end_totp(&self, name: &OperatorName) -> Result<bool, Fault> {
        self.change(name, OperatorChange::Totp(None)).await
    }

    async fn change(&self, name: &OperatorName, to: OperatorChange<'_>) -> Result<bool, Fault> {
        Ok(self.store.write.change_operator(name, to).await?)
    }

    /// Begins a session for who knows the password and, where there is one, the second factor's code of
    /// now. Returns what its cookie holds; `None` for everybody else, whatever was wrong.
    ///
    /// # Errors
    /// The store failed, or the system gives no random bytes.
    pub async fn sign_in(
        &self,
        name: &str,
        password: &str,
        code: &str,
        address: &str,
    ) -> Result<Option<Zeroizing<String>>, Fault> {
        let Some(row) = self.known(name).await? else {
            // As long as for a name that there is.
            self.digest(password).await?;
            return Ok(None);
        };
        let is_right = self.verify(password, &row.password).await?;
        if !is_right || row.disabled_at.is_some() || !self.takes_code(&row, code).await? {
            let about = if is_right { "code" } else { "password" };
            let deed = self.deed(&row.name, address, "sign_in_refused", about)?;
            self.store.write.note_deed(&deed).await?;
            return Ok(None);
        }
        let token = Zeroizing::new(hex::encode(random::<32>()?));
        let now = self.time.now();
        let session = SessionRow {
            digest: digest_of(&token),
            operator: row.name.clone(),
            address: address.to_owned(),
            created_at: now,
            used_at: now,
        };
        let store = self.store.on_behalf(self.deed(&row.name, address, "sign_in", "")?);
        store.write.begin_operator_session(&session, &row.password).await?;
        Ok(Some(token))
    }

    async fn known(&self, name: &str) -> Result<Option<OperatorRow>, Fault> {
        let Some(name) = OperatorName::parse(name) else { return Ok(None) };
        Ok(self.store.read.operator(&name).await?)
    }

    /// Whether a code is the second factor's, and was not used before.
    async fn takes_code(&self, row: &OperatorRow, code: &str) -> Result<bool, Fault> {
        let Some(sealed) = &row.totp_sealed else { return Ok(true) };
        let secret = self.keys.open(sealed, &row_of(&row.name))?;
        let now = u64::try_from(self.time.now() / 1_000).unwrap_or_default();
        let Some(step) = totp(&secret).check(code.trim(), now) else { return Ok(false) };
        let step = i64::try_from(step).unwrap_or(i64::MAX);
        Ok(self.store.write.use_totp_step(&row.name, step).await?)
    }

    /// Who is signed in with what a cookie holds.
    ///
    /// # Errors
    /// The store failed.
    pub async fn session(&self, token: &str) -> Result<Option<Session>, Fault> {
        let (digest, now) = (digest_of(token), self.time.now());
        let (begun_after, used_after) =
            (now - self.limits.last_for_ms, now - self.limits.idle_for_ms);
        let found = self.store.read.operator_session(&digest, begun_after, used_after).await?;
        let Some((session, operator)) = found else { return Ok(None) };
        if now - session.used_at >= USE_NOTED_EVERY_MS {
            self.store.write.use_operator_session(&digest, now).await?;
        }
        let form_token = digest_of(&format!("form {token}"));
        Ok(Some(Session { operator: operator.name, role: operator.role, form_token }))
    }

    /// Ends the session of a cookie.
    ///
    /// # Errors
    /// The store failed.
    pub async fn sign_out(&self, token: &str) -> Result<(), Fault> {
        Ok(self.store.write.end_operator_session(&digest_of(token)).await?)
    }

    /// Forgets sessions that are over.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) async fn forget_sessions(&self) -> Result<(), Fault> {
        let now = self.time.now();
        let (begun, used) = (now - self.limits.last_for_ms, now - self.limits.idle_for_ms);
        self.store.write.forget_operator_sessions(begun, used).await?;
        Ok(())
    }

    fn deed(
        &self,
        name: &OperatorName,
        address: &str,
        action: &'static str,
        about: &str,
    ) -> Result<Deed, Fault> {
        new_deed(&*self.time, (name, address), action, about)
    }

    async fn digest(&self, password: &str) -> Result<String, Fault> {
        let (password, salt) = (Zeroizing::new(password.to_owned()), random::<16>()?);
        self.hash(move || {
            let hashed = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
            hashed.map(|hash| hash.to_string()).map_err(|_| Fault::Seal("a password is not hashed"))
        })
        .await?
    }

    async fn verify(&self, password: &str, digest: &str) -> Result<bool, Fault> {
        let (password, digest) = (Zeroizing::new(password.to_owned()), digest.to_owned());
        self.hash(move || {
            let digest = PasswordHash::new(&digest)
                .map_err(|_| Fault::Seal("a password's digest is none"))?;
            Ok(Argon2::default().verify_password(password.as_bytes(), &digest).is_ok())
        })
        .await?
    }

    /// Does what takes a core for long on a thread of its own, few at once.
    async fn hash<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let _place = self.hashing.acquire().await;
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|error| Fault::Impossible(format!("hashing ended: {error}")))
    }
}

/// What somebody, from an address, is about to do.
///
/// # Errors
/// The system gives no random bytes.
pub(crate) fn new_deed(
    time: &dyn Time,
    (who, address): (&OperatorName, &str),
    action: &'static str,
    about: &str,
) -> Result<Deed, Fault> {
    Ok(Deed {
        id: format!("deed_{}", hex::encode(random::<8>()?)),
        at: time.now(),
        operator: who.as_str().to_owned(),
        address: address.to_owned(),
        action: action.to_owned(),
        app: None,
        task: None,
        about: about.to_owned(),
    })
}

/// What is kept of a cookie.
fn digest_of(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// Where a second factor's secret is sealed to.
fn row_of(name: &OperatorName) -> String {
    format!("operator:{name}")
}

/// Six digits, SHA-1, 30 seconds, and those beside them: what every authenticator does.
fn totp(secret: &[u8]) -> Totp {
    Builder::new().with_secret(Secret::new(secret.into())).with_skew(1).build_noncompliant()
}

#[cfg(test)]
mod tests;
