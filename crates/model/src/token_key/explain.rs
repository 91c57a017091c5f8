//! Why a tokenKey is not taken: every text that is tried, in the order in which they are tried, and where
//! the client's own text parts from it. What a person typed and the tokenId are covered with dots.

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{Claim, DIGESTS_MAX, Form, Param, TokenKey, Trim, digest, pieces};

/// Stands for what is not shown, however long it is.
const COVERED: &str = "••••••••";

/// A text that is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Which parameters are in it.
    pub form: Form,
    /// Whether blanks at its ends are left out.
    pub is_trimmed: bool,
    /// The text, covered where it must be.
    pub shown: String,
    /// Whether the tokenKey was made over it.
    pub fits: bool,
    /// Where the client's text parts from it; `None` when it does not, or none was given.
    pub difference: Option<Difference>,
}

/// The first byte in which two texts differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its place, from 0.
    pub at: usize,
    /// What stands there in ours: `url`, `tokenId`, or a parameter's name.
    pub place: String,
    /// Our byte and the client's; none where a text ends, or where it is covered: then the place is where
    /// the covered piece begins, or guesses would tell it character by character.
    pub bytes: Option<(Option<u8>, Option<u8>)>,
}

/// A piece of a text with what it belongs to.
struct Piece {
    place: String,
    text: Zeroizing<String>,
    is_covered: bool,
}

impl Claim<'_> {
    /// Every text that is tried for a tokenKey. Of the parameters' values only those are shown that
    /// `may_show` says of, by name and value. `theirs` is the text that the client digested, if it is known.
    #[must_use]
    pub fn explain(
        &self,
        key: &TokenKey,
        may_show: fn(&str, &str) -> bool,
        theirs: Option<&str>,
    ) -> Vec<Tried> {
        let forms = self.forms();
        let tried = self.candidates(&forms).take(DIGESTS_MAX).map(|(base, form, params, trim)| {
            let slash = if base.ends_with('/') { "" } else { "/" };
            let address = [base, slash, self.name];
            let made = digest(&address, self.token_id, params, trim);
            let parts = parts(&address, self.token_id, params, trim, may_show);
            Tried {
                form,
                is_trimmed: trim == Trim::Yes,
                shown: parts.iter().map(shown).collect(),
                fits: made.ct_eq(&key.0).into(),
                difference: theirs.and_then(|theirs| difference(&parts, theirs.as_bytes())),
            }
        });
        tried.collect()
    }
}

fn parts(
    address: &[&str; 3],
    token_id: &str,
    params: &[Param<'_>],
    trim: Trim,
    may_show: fn(&str, &str) -> bool,
) -> Vec<Piece> {
    let mut parts: Vec<Piece> = Vec::new();
    pieces(address, token_id, params, trim, |piece| {
        let at = parts.len();
        let text = Zeroizing::new(piece.to_owned());
        // After the address and the tokenId come name, `=`, value, and a comma before the next.
        let (place, is_value) = match at.checked_sub(address.len() + 1) {
            None if at < address.len() => ("url", false),
            None => ("tokenId", true),
            Some(at) => (params.get(at / 4).map_or("", |(name, _)| *name), at % 4 == 2),
        };
        let is_blank = piece.is_empty();
        let is_secret = place == "tokenId" || !may_show(place, piece);
        let is_covered = is_value && is_secret && !is_blank;
        parts.push(Piece { place: place.to_owned(), text, is_covered });
    });
    parts
}

fn shown(piece: &Piece) -> String {
    if piece.is_covered {
        return COVERED.to_owned();
    }
    piece.text.as_str().to_owned()
}

fn difference(parts: &[Piece], theirs: &[u8]) -> Option<Difference> {
    let mut at = 0;
    for piece in parts {
        if piece.is_covered {
            if theirs.get(at..).is_none_or(|rest| !rest.starts_with(piece.text.as_bytes())) {
                return Some(Difference { at, place: piece.place.clone(), bytes: None });
            }
            at += piece.text.len();
            continue;
        }
        for ours in piece.text.bytes() {
            let byte = theirs.get(at).copied();
            if byte != Some(ours) {
                let bytes = Some((Some(ours), byte));
                return Some(Difference { at, place: piece.place.clone(), bytes });
            }
            at += 1;
        }
    }
    let more = theirs.get(at).copied()?;
    let place = parts.last().map(|piece| piece.place.clone()).unwrap_or_default();
    Some(Difference { at, place, bytes: Some((None, Some(more))) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token_key::{sign, signed_text};

    const URL: &str = "http://api.tcredit.com/identity/createFundSearchTaskB";

    /// What no person types.
    fn area_alone(name: &str, _: &str) -> bool {
        name == "area_code"
    }

    fn claim<'a>(params: &'a [Param<'a>]) -> Claim<'a> {
        Claim {
            name: "createFundSearchTaskB",
            token_id: "TOKEN001",
            public_bases: &[],
            params,
            required: &[],
            accepts_short: false,
        }
    }

    #[test]
    fn the_text_that_fits_is_told_and_what_was_typed_is_covered() {
        let params = [("area_code", "210300"), ("password", "Pässwörd"), ("real_name", "")];
        let key = TokenKey::parse(&sign(URL, "TOKEN001", &params)).unwrap();
        let tried = claim(&params).explain(&key, area_alone, None);
        let fitting: Vec<_> = tried.iter().filter(|one| one.fits).collect();
        assert_eq!(fitting.len(), 1);
        let shown = "http://api.tcredit.com/identity/createFundSearchTaskB••••••••\
                     area_code=210300,password=••••••••";
        assert_eq!((fitting[0].shown.as_str(), fitting[0].form), (shown, Form::Filled));
        assert!(
            tried.iter().any(|one| one.form == Form::All && one.shown.ends_with(",real_name="))
        );
        for one in &tried {
            assert!(!one.shown.contains("Pässwörd") && !one.shown.contains("TOKEN001"), "{one:?}");
        }
    }

    #[test]
    fn the_first_byte_that_differs_is_told_with_its_place() {
        let params = [("area_code", "210300"), ("password", "secret")];
        let key = TokenKey::parse(&"0".repeat(32)).unwrap();
        let ours = signed_text(URL, "TOKEN001", &params);
        let check = |theirs: &str, at: usize, place: &str, bytes| {
            let tried = claim(&params).explain(&key, area_alone, Some(theirs));
            let expected = Difference { at, place: place.to_owned(), bytes };
            assert_eq!(tried[0].difference, Some(expected), "{theirs}");
        };
        let both = |ours, theirs| Some((Some(ours), Some(theirs)));
        check(&ours.replace("http:", "https:"), 4, "url", both(b':', b's'));
        check(&ours.replace("210300", "210301"), 76, "area_code", both(b'0', b'1'));
        // However much of a guess is right.
        for guess in ["TOKEN002", "XOKEN001", "TOKEN", ""] {
            check(&ours.replace("TOKEN001", guess), 53, "tokenId", None);
        }
        for guess in ["secreT", "Secret", "sec"] {
            check(&ours.replace("secret", guess), 87, "password", None);
        }
        check(&format!("{}&", *ours), ours.len(), "password", Some((None, Some(b'&'))));
        let same = claim(&params).explain(&key, area_alone, Some(&ours));
        assert_eq!(same[0].difference, None);
    }
}
