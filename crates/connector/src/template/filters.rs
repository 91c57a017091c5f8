//! The filters of templates, by name.

use std::collections::BTreeSet;

use minijinja::{Environment, Error, Value};

use super::{date, digest, refuse::refuse, rsa};

/// Every filter a file may use.
pub(crate) const NAMES: &[&str] = &[
    "aes",
    "base64",
    "date",
    "default",
    "first",
    "first_of_month",
    "first_of_year",
    "hex",
    "hmac",
    "int",
    "join",
    "last",
    "last_of_month",
    "last_of_year",
    "length",
    "lower",
    "md5",
    "minus_days",
    "minus_months",
    "minus_years",
    "pad",
    "replace",
    "reverse",
    "rsa",
    "rsa_pkcs1",
    "sha1",
    "sha256",
    "slice",
    "tojson",
    "trim",
    "upper",
    "urlencode",
];

pub(super) fn install(environment: &mut Environment<'static>) {
    environment.add_filter("md5", |text: String| digest::md5(&text));
    environment.add_filter("sha1", |text: String| digest::sha1(&text));
    environment.add_filter("sha256", |text: String| digest::sha256(&text));
    environment.add_filter("hmac", |text: String, hash: String, key: String| {
        digest::hmac(&hash, &key, &text).ok_or_else(|| refuse("hmac knows md5, sha1 and sha256"))
    });
    environment.add_filter("aes", |text: String, key: String| {
        digest::aes_ecb(&text, &key).ok_or_else(|| refuse("a key of aes has 16, 24 or 32 bytes"))
    });
    environment.add_filter("tojson", |value: Value| {
        serde_json::to_string(&value).map_err(|_| refuse("not JSON"))
    });
    environment.add_filter("base64", |text: String| digest::base64(&text));
    environment.add_filter("hex", |text: String| hex::encode(text));
    environment.add_filter("urlencode", |text: String, charset: Option<String>| {
        digest::urlencode(&text, charset.as_deref()).ok_or_else(|| refuse("no such charset"))
    });
    environment.add_filter("rsa", |text: String, modulus: String, exponent: String| {
        rsa::unpadded(&text, &modulus, &exponent).ok_or_else(|| refuse("not an RSA key"))
    });
    environment.add_filter("rsa_pkcs1", |text: String, modulus: String, exponent: String| {
        rsa::pkcs1(&text, &modulus, &exponent).ok_or_else(|| refuse("not an RSA key"))
    });
    environment
        .add_filter("slice", |text: String, from: i64, to: Option<i64>| slice(&text, from, to));
    environment.add_filter("pad", |text: String, width: usize, with: Option<String>| {
        let with = with.unwrap_or_else(|| "0".to_owned());
        format!("{}{text}", with.repeat(width.min(64).saturating_sub(text.chars().count())))
    });
    environment.add_filter("date", |text: String, format: Option<String>| {
        let day = date::parse(&text)?;
        Some(date::format(day, format.as_deref().unwrap_or("yyyy-MM-dd")))
            .ok_or_else(|| refuse("not a date"))
    });
    environment.add_filter("minus_years", |text: String, n: String| {
        count(&n).and_then(|n| date::minus(&text, n, 0, 0))
    });
    environment.add_filter("minus_months", |text: String, n: String| {
        count(&n).and_then(|n| date::minus(&text, 0, n, 0))
    });
    environment.add_filter("minus_days", |text: String, n: String| {
        count(&n).and_then(|n| date::minus(&text, 0, 0, n))
    });
    environment.add_filter("first_of_month", |text: String| {
        date::parse(&text).map(|day| date::first_of_month(day).to_string())
    });
    environment.add_filter("last_of_month", |text: String| {
        date::parse(&text).map(|day| date::last_of_month(day).to_string())
    });
    environment.add_filter("first_of_year", |text: String| date::edge_of_year(&text, 1, 1));
    environment.add_filter("last_of_year", |text: String| date::edge_of_year(&text, 12, 31));
}

/// A whole number, also where a parameter gives it as text.
fn count(text: &str) -> Result<i64, Error> {
    text.trim().parse().map_err(|_| refuse("not a whole number"))
}

/// An expression without what stands in quotes.
fn without_texts(expression: &str) -> String {
    let mut plain = String::new();
    let mut quote = None;
    for c in expression.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => {
                quote = Some(c);
                plain.push('0');
            }
            (None, c) => plain.push(c),
        }
    }
    plain
}

/// Complains of filters that do not exist, with the nearest name.
pub(super) fn check_names(expression: &str) -> Result<(), String> {
    for part in without_texts(expression).split('|').skip(1) {
        let name: String = part
            .trim_start()
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect();
        if !NAMES.contains(&name.as_str()) {
            let near = crate::complaint::did_you_mean(&name, NAMES.iter().copied());
            return Err(format!("no filter `{name}`{near}"));
        }
    }
    Ok(())
}

/// The names an expression needs from outside, and those it can do without. The engine's own list
/// leaves out what is sliced.
pub(super) fn names_in(expression: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    const WORDS: [&str; 12] = [
        "if",
        "else",
        "and",
        "or",
        "not",
        "in",
        "is",
        "true",
        "false",
        "none",
        "defined",
        "undefined",
    ];
    let plain = without_texts(expression);
    let (mut names, mut soft) = (BTreeSet::new(), BTreeSet::new());
    let mut before = ' ';
    let mut rest = plain.as_str();
    while let Some(c) = rest.chars().next() {
        let is_start = c.is_alphabetic() || c == '_';
        if !is_start && !c.is_ascii_digit() {
            if !c.is_whitespace() {
                before = c;
            }
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let word = &rest[..end];
        if is_start && !matches!(before, '|' | '.') && !WORDS.contains(&word) {
            let after = rest[end..].trim_start();
            let has_default = after
                .strip_prefix('|')
                .is_some_and(|filter| filter.trim_start().starts_with("default"))
                || after.starts_with("is defined")
                || after.starts_with("is undefined");
            if has_default {
                soft.insert(word.to_owned())
            } else {
                names.insert(word.to_owned())
            };
        }
        before = 'a';
        rest = &rest[end..];
    }
    (names, soft)
}

/// A part of a text by characters; negative positions count from the end.
fn slice(text: &str, from: i64, to: Option<i64>) -> String {
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let place = |at: i64| if at < 0 { (length + at).max(0) } else { at.min(length) };
    let (from, to) = (place(from), place(to.unwrap_or(length)));
    let count = usize::try_from(to - from).unwrap_or(0);
    text.chars().skip(usize::try_from(from).unwrap_or(0)).take(count).collect()
}
