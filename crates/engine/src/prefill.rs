//! What the login fields of a link hold at first: said by the app, sealed like all that is of a person, gone
//! with the link's end, and never a secret.

use fiveone_model::login::{Credentials, FieldKind, FieldName, LoginMethod};
use fiveone_model::words::is_trick;

use crate::Fault;
use crate::seal::DeploymentKeys;

/// The longest value of a field, in characters.
const CHARS_MAX: usize = 64;

/// Whether an app may say all of it, whatever the area.
pub(crate) fn is_fit(prefill: &Credentials) -> bool {
    prefill.iter().all(|(name, value)| {
        let is_open = name != FieldName::Password && !name.is_corporate();
        let length = value.chars().count();
        is_open && (1..=CHARS_MAX).contains(&length) && !value.chars().any(is_trick)
    })
}

/// The complaint about what an app would have the fields of an area hold; each must be taken by one of its
/// ways to log in.
#[must_use]
pub fn prefill_complaint(methods: &[LoginMethod], prefill: &Credentials) -> Option<String> {
    let own = methods.iter().filter(|method| !method.is_corporate());
    let own: Vec<_> = own.collect();
    prefill.iter().find_map(|(name, _)| {
        let takes = |method: &&&LoginMethod| of_method(method, prefill).get(name).is_some();
        let is_taken = own.iter().any(|method| takes(&method));
        (!is_taken).then(|| format!("the area takes no such {} at first", name.as_str()))
    })
}

/// What of it a way to log in has fields for, and takes.
pub(crate) fn of_method(method: &LoginMethod, prefill: &Credentials) -> Credentials {
    let mut taken = Credentials::default();
    for field in method.fields.iter().filter(|field| field.kind != FieldKind::Password) {
        let Some(value) = prefill.get(field.name) else { continue };
        let mut one = Credentials::default();
        one.set(field.name, value.to_owned());
        let alone = LoginMethod { fields: vec![field.clone()], ..method.clone() };
        if alone.check(&one).is_ok() {
            taken.set(field.name, value.to_owned());
        }
    }
    taken
}

/// Sealed with the deployment key; nothing for nothing.
pub(crate) fn seal(
    keys: &DeploymentKeys,
    link: &str,
    prefill: &Credentials,
) -> Result<Option<Vec<u8>>, Fault> {
    if prefill.iter().next().is_none() {
        return Ok(None);
    }
    keys.seal(&prefill.to_bytes(), &format!("link:{link}")).map(Some)
}
