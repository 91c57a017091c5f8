//! What of the login fields that were sent is taken, and what of it may be kept.

use fiveone_model::login::{Credentials, FieldName, LoginMethod};

/// Extra parameters are part of the signature, and of nothing else (P-30).
pub(super) fn only_fields_of(method: &LoginMethod, sent: &Credentials) -> Credentials {
    let mut kept = Credentials::default();
    for field in &method.fields {
        if let Some(value) = sent.get(field.name) {
            kept.set(field.name, value.to_owned());
        }
    }
    kept
}

/// Who is asked about, and not what opens it: what a repeated create is recognised by for a day.
pub(super) fn without_password(sent: &Credentials) -> Credentials {
    let mut kept = Credentials::default();
    for (name, value) in sent.iter().filter(|(name, _)| *name != FieldName::Password) {
        kept.set(name, value.to_owned());
    }
    kept
}
