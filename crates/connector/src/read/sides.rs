//! One amount whose side is told by words.
//!
//! A reversal keeps the side of what it reverses and is negative, whatever sign the portal prints:
//! 汇缴冲红 −600 and 汇缴冲正 600 are both an income of −600. An expense that the portal prints with a
//! minus is an expense. A sign alone says nothing, and zero needs no side.

use fiveone_model::{
    finding::{Finding, FindingKind},
    report::{Kind, Record, Value},
};
use rust_decimal::Decimal;

use super::{Raw, words::best_fit};
use crate::{
    clean::{Cleaned, clean},
    definition::Sides,
    unexpected::UnexpectedPage,
};

/// Words of reversals.
const REVERSALS: [&str; 8] = ["冲正", "冲红", "冲账", "冲帐", "冲销", "退回", "退款", "撤销"];

/// Puts the amount into `inAmount` or `outAmount`.
pub(super) fn set(
    record: &mut Record,
    sides: &Sides,
    raw: &Raw,
    findings: &mut Vec<Finding>,
) -> Result<(), UnexpectedPage> {
    let amount = match clean(Kind::Money, raw.first(&sides.amount), None) {
        Cleaned::Value(Value::Amount(amount)) => amount,
        Cleaned::Nothing => return Ok(()),
        Cleaned::Value(_) | Cleaned::Impossible | Cleaned::Refused => {
            let reason = format!("`{}` is not an amount", sides.amount);
            return Err(UnexpectedPage::portal(reason));
        }
    };
    let (field, amount) = match direction(raw.first(&sides.by), amount, sides) {
        Direction::In(amount) => ("inAmount", amount),
        Direction::Out(amount) => ("outAmount", amount),
        Direction::Neither => {
            findings.push(Finding::of_key(FindingKind::NoSide, &sides.amount));
            return Ok(());
        }
        Direction::Unknown if amount.is_zero() => return Ok(()),
        Direction::Unknown => {
            let reason = format!("`{}` tells no side of the amount", sides.by);
            return Err(UnexpectedPage::portal(reason));
        }
    };
    if record.set(field, Value::Amount(amount)) {
        return Ok(());
    }
    Err(UnexpectedPage::definition("this record has no sides"))
}

#[derive(Debug, PartialEq)]
enum Direction {
    In(Decimal),
    Out(Decimal),
    /// It moves nothing in or out.
    Neither,
    /// Both sides have words for it, or none has.
    Unknown,
}

/// The side of the longest word that is found.
fn direction(words: &str, amount: Decimal, sides: &Sides) -> Direction {
    let words = words.trim();
    let (income, expense) = (best_fit(&sides.incomes, words), best_fit(&sides.expenses, words));
    let neutral = best_fit(&sides.neutral, words);
    let is_reversal = REVERSALS.iter().any(|word| words.contains(word));
    if neutral > income.max(expense) {
        // Only a minus is a sign: portals that print none print every amount without.
        let is_signed_out = amount.is_sign_negative() && !amount.is_zero();
        return if is_signed_out { Direction::Out(-amount) } else { Direction::Neither };
    }
    match income.cmp(&expense) {
        std::cmp::Ordering::Greater if is_reversal => Direction::In(-amount.abs()),
        std::cmp::Ordering::Greater => Direction::In(amount),
        std::cmp::Ordering::Less if is_reversal => Direction::Out(-amount.abs()),
        std::cmp::Ordering::Less => Direction::Out(amount.abs()),
        // A reversal of something that is not named.
        std::cmp::Ordering::Equal if is_reversal && income == 0 => Direction::Neither,
        std::cmp::Ordering::Equal => Direction::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::{Decimal, Direction, Sides, direction};

    #[test]
    fn words_and_reversals_tell_the_side() {
        let sides: Sides = serde_json::from_value(serde_json::json!({
            "amount": "fse", "by": "w", "in": ["汇缴", "结息", "销户结息"],
            "out": ["提取", "销户"], "neutral": ["内部转移", "上年结转", "基数调整"],
        }))
        .unwrap();
        let check = |words: &str, amount: i64, expect: Direction| {
            assert_eq!(direction(words, amount.into(), &sides), expect, "{words} {amount}");
        };
        let amount = Decimal::from(600);
        check("2018年汇缴", 600, Direction::In(amount));
        check("购房提取", 600, Direction::Out(amount));
        check("购房提取", -600, Direction::Out(amount));
        check("销户结息", 600, Direction::In(amount));
        check("汇缴冲红", -600, Direction::In(-amount));
        check("汇缴冲正", 600, Direction::In(-amount));
        check("提取撤销", 600, Direction::Out(-amount));
        check("内部转移", -600, Direction::Out(amount));
        check("内部转移", 600, Direction::Neither);
        check("上年结转", 600, Direction::Neither);
        check("冲账", -600, Direction::Neither);
        check("调整", 600, Direction::Unknown);
        check("汇缴提取", 600, Direction::Unknown);
    }
}
