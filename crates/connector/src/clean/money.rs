//! Amounts and counts.

use rust_decimal::Decimal;

/// Digits, sign and point in half width; currency marks and separators gone.
fn digits(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            '０'..='９' | '．' | '－' | '＋' => char::from_u32(u32::from(c) - 0xfee0),
            '，' | ',' | ' ' | '元' | '￥' | '¥' => None,
            c => Some(c),
        })
        .collect()
}

/// An amount: an optional sign, digits, an optional fraction or exponent, and nothing else.
pub(super) fn parse(text: &str) -> Option<Decimal> {
    let digits = digits(text);
    let (sign, plain) = match digits.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", digits.strip_prefix('+').unwrap_or(&digits)),
    };
    if !plain.starts_with(|c: char| c.is_ascii_digit() || c == '.') || plain == "." {
        return None;
    }
    let whole =
        if plain.starts_with('.') { format!("{sign}0{plain}") } else { format!("{sign}{plain}") };
    let is_scientific = whole.contains(['e', 'E']);
    let is_clean =
        whole.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '.' | 'e' | 'E' | '+'));
    if !is_clean {
        return None;
    }
    let amount = if is_scientific {
        Decimal::from_scientific(&whole).ok()?
    } else {
        whole.trim_end_matches('.').parse::<Decimal>().ok()?
    };
    // Zero has no sign.
    Some(if amount.is_zero() { amount.abs() } else { amount })
}

/// A whole number, with or without the word for what is counted.
pub(super) fn count(text: &str) -> Option<i64> {
    let plain = text.trim_end_matches(['期', '次', '个', '月', '笔', ' ']);
    let amount = parse(plain)?.normalize();
    (amount.scale() == 0).then(|| amount.to_string().parse().ok())?
}
