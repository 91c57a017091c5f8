//! One amount whose side is told by words.
//!
//! A reversal keeps the side of what it reverses and is negative, whatever sign the portal prints:
//! 汇缴冲红 −600 and 汇缴冲正 600 are both an income of −600. An expense that the portal prints with a
//! minus is an expense. A sign alone says nothing, and zero needs no side.

use fiveone_model::report::{Kind, Record, Value};
use rust_decimal::Decimal;

use super::{Raw, words::best_fit};
use crate::{
    clean::{Cleaned, clean},
    definition::Sides,
    unexpected::UnexpectedPage,
};

/// Words of reversals.
const REVERSALS: [&str; 11] =
    ["冲正", "冲红", "冲账", "冲帐", "冲销", "冲回", "红冲", "退回", "退款", "撤销", "撤回"];

/// An amount of which the words of its row do not tell the side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Undecided {
    pub(super) amount: Decimal,
    /// The key of the amount.
    pub(super) key: String,
    /// The key of the words.
    pub(super) by: String,
    /// Whether the words are known for movements that may be on no side.
    pub(super) is_neutral: bool,
}

impl Undecided {
    /// Whether its row is a movement, whatever side it is on.
    pub(super) const fn moves(&self) -> bool {
        !self.is_neutral
    }
}

/// Puts the amount into `inAmount` or `outAmount`; returns it where no words tell which.
pub(super) fn set(
    record: &mut Record,
    sides: &Sides,
    raw: &Raw,
) -> Result<Option<Undecided>, UnexpectedPage> {
    let mut amounts = Vec::new();
    for key in sides.amount.iter() {
        match clean(Kind::Money, raw.first(key), None) {
            Cleaned::Value(Value::Amount(amount)) => amounts.push((key, amount)),
            // Another stands for the first where that is zero, and not where it is gone.
            Cleaned::Nothing if amounts.is_empty() => return Ok(None),
            Cleaned::Nothing => {}
            Cleaned::Value(_) | Cleaned::Impossible | Cleaned::Refused => {
                return Err(UnexpectedPage::portal(format!("`{key}` is not an amount")));
            }
        }
    }
    let moved = amounts.iter().find(|(_, amount)| !amount.is_zero());
    let Some((key, amount)) = moved.or(amounts.first()).cloned() else { return Ok(None) };
    let undecided =
        |is_neutral| Undecided { amount, key: key.clone(), by: sides.by.clone(), is_neutral };
    let (field, amount) = match direction(raw.first(&sides.by), amount, sides) {
        Direction::In(amount) => ("inAmount", amount),
        Direction::Out(amount) => ("outAmount", amount),
        Direction::Neither => return Ok(Some(undecided(true))),
        Direction::Unknown if amount.is_zero() => return Ok(None),
        Direction::Unknown => return Ok(Some(undecided(false))),
    };
    if record.set(field, Value::Amount(amount)) {
        return Ok(None);
    }
    Err(UnexpectedPage::definition("this record has no sides"))
}

/// Words of expenses that every portal has.
const EXPENSES: [&str; 9] =
    ["提取", "支取", "还贷", "还款", "偿还", "转出", "购房", "租房", "销户"];

/// Mends the minus in lists of two columns, one for each side: where every expense has one, the portal
/// prints expenses so, and an expense in the column of incomes is none. A reversal keeps its minus, and
/// so does an expense after which there was more than before: it was taken back. The records are in the
/// portal's own order.
pub(crate) fn mend_columns(records: &mut [&mut Record]) {
    let moves: Vec<Moved> = records.iter().map(|record| Moved::of(record)).collect();
    let are_all_negative = moves.iter().all(|one| one.is_reversal || one.expense <= Decimal::ZERO);
    for (at, record) in records.iter_mut().enumerate() {
        let one = &moves[at];
        let before = at.checked_sub(1).and_then(|at| moves.get(at));
        let beside = [before, moves.get(at + 1)].into_iter().flatten();
        let out = if one.is_reversal {
            continue;
        } else if one.expense < Decimal::ZERO && are_all_negative {
            if one.is_taken_back(beside) {
                continue;
            }
            -one.expense
        } else if one.income < Decimal::ZERO && one.expense.is_zero() && tells_expense(record) {
            record.remove("inAmount");
            -one.income
        } else {
            continue;
        };
        record.remove("outAmount");
        let is_set = record.set("outAmount", Value::Amount(out));
        debug_assert!(is_set, "a bill has an outAmount");
    }
}

/// What a bill moved as its portal prints it.
struct Moved {
    income: Decimal,
    expense: Decimal,
    balance: Option<Decimal>,
    is_reversal: bool,
}

impl Moved {
    fn of(record: &Record) -> Self {
        let balance = match record.get("balance") {
            Some(Value::Amount(amount)) => Some(*amount),
            Some(_) | None => None,
        };
        Self {
            income: amount_or_zero(record, "inAmount"),
            expense: amount_or_zero(record, "outAmount"),
            balance,
            is_reversal: is_reversal(record),
        }
    }

    /// Whether the balances tell that an expense with a minus is one that was taken back, and nothing
    /// else: a bill beside it has the balance of before.
    fn is_taken_back<'m>(&self, beside: impl Iterator<Item = &'m Self>) -> bool {
        let Some(balance) = self.balance else { return false };
        let known: Vec<Decimal> = beside.filter_map(|one| one.balance).collect();
        let spent = balance - self.income - self.expense;
        let taken_back = balance - self.income + self.expense;
        known.contains(&taken_back) && !known.contains(&spent)
    }
}

/// An amount of a record; where there is none, zero.
pub(super) fn amount_or_zero(record: &Record, field: &str) -> Decimal {
    match record.get(field) {
        Some(Value::Amount(amount)) => *amount,
        Some(_) | None => Decimal::ZERO,
    }
}

fn note(record: &Record) -> &str {
    match record.get("note") {
        Some(Value::Text(note)) => note,
        Some(_) | None => "",
    }
}

fn is_reversal(record: &Record) -> bool {
    REVERSALS.iter().any(|word| note(record).contains(word))
}

fn tells_expense(record: &Record) -> bool {
    let note = note(record);
    EXPENSES.iter().any(|word| note.contains(word)) && !note.contains("利息")
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
    let reversals = REVERSALS.iter().filter(|word| words.contains(*word)).count();
    // 退款冲正: what was taken back is taken back again, or it is one thing said twice.
    if reversals > 1 {
        return Direction::Unknown;
    }
    let is_reversal = reversals == 1;
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
    fn a_minus_of_every_expense_is_the_portals_way_to_print_one() {
        use fiveone_model::report::{Dialect, Record, Table, Value};
        let check = |rows: &[(&str, i64, i64)], expect: &[(i64, i64)]| {
            let of = |(note, income, expense): &(&str, i64, i64)| {
                let mut record = Record::new(Table::FundBill);
                assert!(record.set("note", Value::Text((*note).to_owned())));
                for (field, amount) in [("inAmount", income), ("outAmount", expense)] {
                    assert!(record.set(field, Value::Amount((*amount).into())));
                }
                record
            };
            let mut records: Vec<Record> = rows.iter().map(of).collect();
            super::mend_columns(&mut records.iter_mut().collect::<Vec<_>>());
            let told = |record: &Record| {
                let shown = record.render(Dialect::Table);
                let number =
                    |field: &str| shown.get(field).map_or(0, |value| value.as_i64().unwrap_or(0));
                (number("inAmount"), number("outAmount"))
            };
            assert_eq!(records.iter().map(told).collect::<Vec<_>>(), expect, "{rows:?}");
        };
        check(&[("汇缴", 5, 0), ("支取", 0, -7), ("提取", 0, -9)], &[(5, 0), (0, 7), (0, 9)]);
        check(&[("支取", 0, 7), ("支取", 0, -7)], &[(0, 7), (0, -7)]);
        check(&[("支取", 0, -7), ("支取冲正", 0, -7)], &[(0, 7), (0, -7)]);
        check(&[("购房提取", -3, 0), ("汇缴", -5, 0)], &[(0, 3), (-5, 0)]);
    }

    #[test]
    fn balances_tell_an_expense_that_was_taken_back() {
        use fiveone_model::report::{Record, Table, Value};
        let check = |rows: &[(i64, i64, i64)], expect: &[i64]| {
            let of = |(income, expense, balance): &(i64, i64, i64)| {
                let mut record = Record::new(Table::FundBill);
                let amounts = [("inAmount", income), ("outAmount", expense), ("balance", balance)];
                for (field, amount) in amounts {
                    assert!(record.set(field, Value::Amount((*amount).into())));
                }
                record
            };
            let mut records: Vec<Record> = rows.iter().map(of).collect();
            super::mend_columns(&mut records.iter_mut().collect::<Vec<_>>());
            let told: Vec<Decimal> =
                records.iter().map(|record| super::amount_or_zero(record, "outAmount")).collect();
            let expect: Vec<Decimal> = expect.iter().map(|one| (*one).into()).collect();
            assert_eq!(told, expect, "{rows:?}");
        };
        // Up in time and down: 100, then 7 spent, then 7 taken back.
        check(&[(100, 0, 100), (0, -7, 93), (0, -7, 100)], &[0, 7, -7]);
        check(&[(0, -7, 100), (0, -7, 93), (100, 0, 100)], &[-7, 7, 0]);
        check(&[(100, 0, 100), (0, -7, 107)], &[0, -7]);
        check(&[(100, 0, 100), (0, -7, 93)], &[0, 7]);
        // Nothing beside it tells what was before.
        check(&[(0, -7, 93)], &[7]);
    }

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
