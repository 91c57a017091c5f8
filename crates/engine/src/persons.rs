//! By what the tasks of a person, and the logins of an account, are found again: keyed digests of what
//! was typed. The key is random and sealed with the deployment key; without it nothing can be tried
//! against a digest.

use fiveone_model::clock::Millis;
use fiveone_model::login::{Credentials, FieldName, id_card_check_character};
use fiveone_store::Store;
use zeroize::Zeroizing;

use crate::Fault;
use crate::seal::{DeploymentKeys, keyed_digest, random};

/// The name of the key's row.
const NAME: &str = "person";
/// What it is sealed as.
const ROW: &str = "kept_key:person";

/// Makes digests of identity numbers and accounts.
#[derive(Clone)]
pub(crate) struct Persons(Zeroizing<[u8; 32]>);

impl Persons {
    /// Opens the key, and makes it where there is none.
    ///
    /// # Errors
    /// The store failed, or the deployment key is another deployment's.
    pub(crate) async fn open(
        store: &Store,
        keys: &DeploymentKeys,
        now: Millis,
    ) -> Result<Self, Fault> {
        if store.read.kept_key(NAME).await?.is_none() {
            let sealed = keys.seal(Zeroizing::new(random::<32>()?).as_slice(), ROW)?;
            store.write.keep_key(NAME, &sealed, now).await?;
        }
        let sealed = store.read.kept_key(NAME).await?;
        let sealed = sealed.ok_or(Fault::Seal("the key of persons is gone"))?;
        let plain = keys.open(&sealed, ROW).map_err(|_| Fault::WrongDeploymentKey)?;
        let key = <[u8; 32]>::try_from(plain.as_slice())
            .map_err(|_| Fault::Seal("the key of persons has another length"))?;
        Ok(Self(Zeroizing::new(key)))
    }

    /// The digest of an identity number, however it is written.
    pub(crate) fn digest(&self, id_number: &str) -> String {
        keyed_digest(&self.0, &[b"identity number", normal(id_number).as_bytes()])
    }

    /// The digest of the identity number among login fields.
    pub(crate) fn of(&self, credentials: &Credentials) -> Option<String> {
        let number = credentials.get(FieldName::IdCard)?;
        (!number.trim().is_empty()).then(|| self.digest(number))
    }

    /// The digest of the account that logs in at a place.
    pub(crate) fn login_of(&self, place: &str, credentials: &Credentials) -> Option<String> {
        let account = normal(credentials.account()?);
        Some(keyed_digest(&self.0, &[b"account", place.as_bytes(), account.as_bytes()]))
    }
}

/// One form for a number: no blanks, a capital X, 18 places where it had 15.
fn normal(id_number: &str) -> Zeroizing<String> {
    let kept = id_number.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase());
    let number = Zeroizing::new(kept.collect::<String>());
    if number.len() != 15 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return number;
    }
    // The old form has two digits for the year, all before 2000, and no check character.
    let mut long = Zeroizing::new(format!("{}19{}", &number[..6], &number[6..]));
    if let Some(check) = id_card_check_character(&long) {
        long.push(check);
    }
    long
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_has_one_digest_and_another_has_another() {
        let (persons, others) =
            (Persons(Zeroizing::new([1; 32])), Persons(Zeroizing::new([2; 32])));
        let digest = persons.digest("99130019930502001X");
        for same in [" 99130019930502001x ", "991300 19930502 001X"] {
            assert_eq!(persons.digest(same), digest, "{same}");
        }
        assert_ne!(persons.digest("991300199305020021"), digest);
        assert_ne!(others.digest("99130019930502001X"), digest, "another deployment's");
        let check = id_card_check_character("99130019930502001").unwrap();
        let long = persons.digest(&format!("99130019930502001{check}"));
        assert_eq!(persons.digest("991300930502001"), long, "the old form of the same");
        assert_ne!(persons.digest("E12345678"), persons.digest("E12345679"), "a passport");
    }

    #[test]
    fn a_login_is_told_by_its_place_and_its_account_alone() {
        let persons = Persons(Zeroizing::new([1; 32]));
        let login = |place: &str, fields: &[(FieldName, &str)]| {
            let mut credentials = Credentials::default();
            fields.iter().for_each(|(name, value)| credentials.set(*name, (*value).to_owned()));
            persons.login_of(place, &credentials)
        };
        let (id, password) = (FieldName::IdCard, FieldName::Password);
        let one = login("fund/210300", &[(id, "99130019930502001x"), (password, "a")]);
        assert!(one.is_some());
        assert_eq!(login("fund/210300", &[(id, " 99130019930502001X"), (password, "b")]), one);
        assert_ne!(login("fund/630100", &[(id, "99130019930502001x")]), one);
        assert_ne!(login("fund/210300", &[(id, "991300199305020021")]), one);
        let account = [(FieldName::Account, "zhang"), (id, "99130019930502001x")];
        assert_ne!(login("fund/210300", &account), one, "the account is what portals lock");
        assert_eq!(login("fund/210300", &[(password, "a")]), None);
    }
}
