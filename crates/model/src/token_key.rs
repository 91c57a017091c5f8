//! tokenKey: `lower_hex(md5(url + tokenId + param))` over what a client says it sent (P-10…P-13).
//!
//! Clients disagree on blanks, trimming, `http` or `https`, and on which fields count; the set of
//! spellings accepted is fixed here and is never wider than [`DIGESTS_MAX`] digests a call. What is
//! digested holds the person's password: it is streamed, zeroed, never kept and never shown but by
//! [`signed_text`], which is for the one who signs. Reading a request's body is not done here.

mod explain;

use md5::{Digest, Md5};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

pub use explain::{Difference, Tried};

/// The addresses the documents print, in both schemes that clients sign (P-10).
pub const DOCUMENTED_BASES: [&str; 2] =
    ["http://api.tcredit.com/identity/", "https://api.tcredit.com/identity/"];

/// The most digests made for one call (P-11).
pub const DIGESTS_MAX: usize = 24;

/// The parameters that are sent but never signed (P-11).
pub const UNSIGNED: [&str; 2] = ["appId", "tokenKey"];

/// A parameter's name and value, as sent and before any URL encoding.
pub type Param<'a> = (&'a str, &'a str);

/// A tokenKey as sent: 32 hex digits in either case. It has no `Debug` that shows it (P-13).
#[derive(Clone)]
pub struct TokenKey([u8; 16]);

impl TokenKey {
    /// Takes exactly 32 hex digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenKey(…)")
    }
}

/// Which parameters a client signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// All that have a value.
    Filled,
    /// All, blank ones too.
    All,
    /// Only those the documents and the city require.
    Required,
    /// None, where the fund document allows it (P-12).
    Short,
}

impl Form {
    /// The word in metrics and explanations.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Filled => "filled",
            Self::All => "all",
            Self::Required => "required",
            Self::Short => "short",
        }
    }
}

/// What a call must have been signed over, in every accepted spelling.
pub struct Claim<'a> {
    /// The interface's name, the last segment of its address.
    pub name: &'a str,
    /// The app's tokenId.
    pub token_id: &'a str,
    /// The operator's public bases beside [`DOCUMENTED_BASES`], each with or without its last `/`.
    pub public_bases: &'a [String],
    /// Every parameter sent, sorted by name; [`UNSIGNED`] ones are passed over.
    pub params: &'a [Param<'a>],
    /// The names of the fallback set; empty where there is none.
    pub required: &'a [&'a str],
    /// Whether `md5(url + tokenId)` will do (P-12).
    pub accepts_short: bool,
}

impl Claim<'_> {
    /// The form in which the key was made, or `None` when it was made over something else.
    ///
    /// The documents say "the parameters" and no more, and three readings are in the field: helpers
    /// that leave blank values out (most, so they are tried first), helpers that sign whatever they
    /// send, and clients that add parameters of their own after signing the documented ones. Each
    /// is tried as sent and trimmed, within [`DIGESTS_MAX`]: at the documented addresses first, so
    /// that however many bases an operator has, no client of the documents is refused for them.
    #[must_use]
    pub fn verify(&self, key: &TokenKey) -> Option<Form> {
        let forms = self.forms();
        let fits = |(base, _, params, trim): &(&str, Form, &[Param<'_>], Trim)| {
            let slash = if base.ends_with('/') { "" } else { "/" };
            let made = digest(&[base, slash, self.name], self.token_id, params, *trim);
            bool::from(made.ct_eq(&key.0))
        };
        self.candidates(&forms).take(DIGESTS_MAX).find(fits).map(|(_, form, ..)| form)
    }

    /// The texts that are tried, in their order: base, form, parameters, and whether they are trimmed.
    fn candidates<'a>(
        &'a self,
        forms: &'a [(Form, Vec<Param<'a>>)],
    ) -> impl Iterator<Item = (&'a str, Form, &'a [Param<'a>], Trim)> {
        let ways = move || {
            forms.iter().flat_map(|(form, params)| {
                let trims = [Trim::No, Trim::Yes].into_iter();
                let trims = trims.filter(|trim| *trim == Trim::No || is_changed_by_trim(params));
                trims.map(move |trim| (*form, params.as_slice(), trim))
            })
        };
        let documented = ways().flat_map(|(form, params, trim)| {
            DOCUMENTED_BASES.map(|base| (base, form, params, trim))
        });
        let public = ways().flat_map(|(form, params, trim)| {
            let bases = self.public_bases.iter();
            bases.map(move |base| (base.as_str(), form, params, trim))
        });
        documented.chain(public)
    }

    /// What may have been signed, the likelier first; none is listed twice.
    fn forms(&self) -> Vec<(Form, Vec<Param<'_>>)> {
        let sent = || self.params.iter().copied().filter(|(name, _)| !UNSIGNED.contains(name));
        let filled: Vec<_> = sent().filter(|(_, value)| !is_blank(value)).collect();
        let all: Vec<_> = sent().collect();
        let is_required = |(name, _): &Param<'_>| self.required.contains(name);
        let required: Vec<_> = filled.iter().copied().filter(is_required).collect();
        let has_blanks = all.len() > filled.len();
        let has_fallback = !self.required.is_empty() && required.len() < filled.len();
        let mut forms = vec![(Form::Filled, filled)];
        forms.extend(has_blanks.then_some((Form::All, all)));
        forms.extend(has_fallback.then_some((Form::Required, required)));
        forms.extend(self.accepts_short.then_some((Form::Short, Vec::new())));
        forms
    }
}

/// The exact text a client digests, for `fiveone sign`: `url + tokenId + param`, where `param` is
/// every parameter with a value but [`UNSIGNED`] ones, in order of name. Zeroed when dropped.
#[must_use]
pub fn signed_text(url: &str, token_id: &str, params: &[Param<'_>]) -> Zeroizing<String> {
    let params = to_sign(params);
    let mut size = 0;
    pieces(&[url], token_id, &params, Trim::No, |piece| size += piece.len());
    // Sized at once, so that no shorter copy of it is left behind by growth.
    let mut text = Zeroizing::new(String::with_capacity(size));
    pieces(&[url], token_id, &params, Trim::No, |piece| text.push_str(piece));
    text
}

/// The tokenKey over [`signed_text`].
#[must_use]
pub fn sign(url: &str, token_id: &str, params: &[Param<'_>]) -> String {
    hex::encode(digest(&[url], token_id, &to_sign(params), Trim::No))
}

fn to_sign<'a>(params: &[Param<'a>]) -> Vec<Param<'a>> {
    let mut params: Vec<_> = params
        .iter()
        .copied()
        .filter(|(name, value)| !UNSIGNED.contains(name) && !is_blank(value))
        .collect();
    params.sort_unstable();
    params
}

#[derive(Clone, Copy, PartialEq)]
enum Trim {
    No,
    Yes,
}

/// What the clients' `trim()` takes off: every character up to the space.
const fn is_trimmed_off(c: char) -> bool {
    c <= ' '
}

fn is_blank(value: &str) -> bool {
    value.chars().all(|c| is_trimmed_off(c) || c.is_whitespace())
}

fn is_changed_by_trim(params: &[Param<'_>]) -> bool {
    params.first().is_some_and(|(name, _)| name.starts_with(is_trimmed_off))
        || params.last().is_some_and(|(_, value)| value.ends_with(is_trimmed_off))
}

/// Hands out, piece by piece, the text that is digested. Trimming `param` as a whole can only
/// shorten the first name and the last value, since `=` and `,` stand between all others.
fn pieces(
    address: &[&str],
    token_id: &str,
    params: &[Param<'_>],
    trim: Trim,
    mut take: impl FnMut(&str),
) {
    address.iter().for_each(|part| take(part));
    take(token_id);
    let last = params.len().saturating_sub(1);
    for (index, (name, value)) in params.iter().enumerate() {
        if index > 0 {
            take(",");
        }
        let is_cut = |at| trim == Trim::Yes && index == at;
        take(if is_cut(0) { name.trim_start_matches(is_trimmed_off) } else { name });
        take("=");
        take(if is_cut(last) { value.trim_end_matches(is_trimmed_off) } else { value });
    }
}

fn digest(address: &[&str], token_id: &str, params: &[Param<'_>], trim: Trim) -> [u8; 16] {
    // The hasher zeroes its state and block when dropped (feature `zeroize` of md-5).
    let mut md5 = Md5::new();
    pieces(address, token_id, params, trim, |piece| md5.update(piece.as_bytes()));
    md5.finalize_reset().into()
}

#[cfg(test)]
mod tests;
