//! Amounts as whole 分 (hundredths of a yuan) and the ways portals and documents write them.
//! No fractions are computed anywhere in this crate.

use serde_json::Value;

/// An amount in 分.
pub(crate) type Cents = i64;

/// `1234.50`, the way JSON portals and the truth write an amount.
pub(crate) fn plain(cents: Cents) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let whole = cents.unsigned_abs() / 100;
    format!("{sign}{whole}.{:02}", cents.unsigned_abs() % 100)
}

/// `1,234.50`, the way HTML portals write an amount.
pub(crate) fn grouped(cents: Cents) -> String {
    let text = plain(cents);
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.as_str()),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "00"));
    let mut out = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    format!("{sign}{out}.{fraction}")
}

/// A JSON number with at most two decimals; whole amounts are integers.
pub(crate) fn number(cents: Cents) -> Value {
    if cents % 100 == 0 {
        return Value::from(cents / 100);
    }
    plain(cents).parse::<f64>().map_or(Value::Null, Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_in_three_ways() {
        assert_eq!(plain(-5), "-0.05");
        assert_eq!(grouped(123_456_789), "1,234,567.89");
        assert_eq!(grouped(-100_000), "-1,000.00");
        assert_eq!(number(105_400).to_string(), "1054");
        assert_eq!(number(439_167).to_string(), "4391.67");
    }
}
