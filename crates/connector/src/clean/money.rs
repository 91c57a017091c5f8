//! Amounts and counts.

use rust_decimal::Decimal;

use crate::page::half_width;

/// What may stand before or behind an amount and says only what it is in.
const CURRENCIES: [&str; 8] = ["元整", "元", "￥", "¥", "人民币", "RMB", "CNY", "圆"];

/// An amount: one number, its sign in any shape, currency around it, and nothing else.
///
/// Thousands are set apart in threes, or in fours as Chinese accountants do; a number that is cut
/// otherwise is two that were glued.
pub(super) fn parse(text: &str) -> Option<Decimal> {
    let plain: String = text.chars().map(plain_char).collect();
    let (is_negative, number) = signed(without_currency(&plain))?;
    let amount = match number.split_once(['e', 'E']) {
        Some(_) => Decimal::from_scientific(&number.replace("E+", "E").replace("e+", "e")).ok()?,
        None => unsigned(number)?,
    };
    // Zero has no sign.
    Some(if is_negative && !amount.is_zero() { -amount } else { amount.abs() })
}

/// Digits, points, signs and brackets in half width.
fn plain_char(c: char) -> char {
    match half_width(c) {
        '−' | '–' | '—' | '﹣' | '‐' => '-',
        '，' => ',',
        '\u{a0}' => ' ',
        c => c,
    }
}

fn without_currency(text: &str) -> &str {
    let mut rest = text.trim();
    if rest.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b',' | b'-' | b'+')) {
        return rest;
    }
    for currency in CURRENCIES {
        rest = rest.trim_start_matches(currency).trim_end_matches(currency).trim();
    }
    rest
}

/// The sign, and the number without it: before it, behind it, or as brackets.
fn signed(text: &str) -> Option<(bool, &str)> {
    let bare = |rest: &'_ str| !rest.starts_with(['-', '+', '(']);
    if let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        let inner = without_currency(inner);
        return bare(inner).then_some((true, inner));
    }
    if let Some(rest) = text.strip_prefix('-') {
        let rest = without_currency(rest);
        return bare(rest).then_some((true, rest));
    }
    if let Some(rest) = text.strip_suffix('-') {
        return bare(rest).then_some((true, rest.trim()));
    }
    let rest = text.strip_prefix('+').unwrap_or(text).trim();
    bare(rest).then_some((false, without_currency(rest)))
}

fn unsigned(text: &str) -> Option<Decimal> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !is_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let groups: Vec<&str> = whole.split(',').collect();
    let are_of = |size: usize| {
        let (first, rest) = (groups[0], &groups[1..]);
        (1..=size).contains(&first.len()) && rest.iter().all(|group| group.len() == size)
    };
    let is_cut_well = groups.len() == 1 || are_of(3) || are_of(4);
    if !groups.iter().all(|group| is_digits(group)) || !is_cut_well {
        return None;
    }
    let digits = groups.concat();
    let whole = if digits.is_empty() { "0" } else { &digits };
    let number = if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") };
    number.parse().ok()
}

/// A whole number, with or without the word for what is counted.
pub(super) fn count(text: &str) -> Option<i64> {
    let plain = text.trim_end_matches(['期', '次', '个', '月', '笔', ' ']);
    let amount = parse(plain)?.normalize();
    (amount.scale() == 0).then(|| amount.to_string().parse().ok())?
}
