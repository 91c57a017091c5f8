//! Shares in percent. Portals write `12`, `12%`, `12.00` and `0.12` for the same one.

use fiveone_model::report::{Kind, Value};
use rust_decimal::Decimal;

use super::{Cleaned, money};

/// A share as text with two places. Without a percent sign a number below 1 is a fraction where no
/// share of that kind is so small; where it could be either, nothing is told.
pub(super) fn parse(kind: Kind, text: &str) -> Cleaned {
    let bare = text.trim_end_matches(['%', '％', ' ']);
    let Some(number) = money::parse(bare).filter(|number| !number.is_sign_negative()) else {
        return Cleaned::Refused;
    };
    let has_sign = bare.len() < text.len();
    let hundredths = |n: i64| Decimal::new(n, 2);
    let percent = if has_sign || number.is_zero() || number >= Decimal::ONE {
        number
    } else {
        match kind {
            // Nobody saves less than a twentieth of a wage, nor as much as half of it.
            Kind::FundRatio if number <= hundredths(50) => number * Decimal::ONE_HUNDRED,
            // An employer pays from 0.1 % for injuries to 20 % for pensions.
            Kind::InsuranceRatio if number <= hundredths(9) => number * Decimal::ONE_HUNDRED,
            Kind::InsuranceRatio if number > hundredths(30) => number,
            _ => return Cleaned::Refused,
        }
    };
    if percent > Decimal::ONE_HUNDRED {
        return Cleaned::Refused;
    }
    let mut percent = percent.round_dp(2);
    percent.rescale(2);
    Cleaned::Value(Value::Text(percent.to_string()))
}
