//! One amount whose side is told by words.

use fiveone_model::report::{Kind, Record};

use super::{Changed, Raw};
use crate::{
    clean::{Cleaned, clean},
    definition::Sides,
};

/// Puts the amount into `inAmount` or `outAmount`.
pub(super) fn set(record: &mut Record, sides: &Sides, raw: &Raw) -> Result<(), Changed> {
    let first = |key: &str| raw.get(key).first().map_or("", String::as_str);
    let amount = match clean(Kind::Money, first(&sides.amount), None) {
        Cleaned::Value(amount) => amount,
        Cleaned::Nothing => return Ok(()),
        Cleaned::Impossible | Cleaned::Refused => {
            return Err(Changed::because(format!("`{}` is not an amount", sides.amount)));
        }
    };
    let words = first(&sides.by);
    let field = side(words, sides)
        .ok_or_else(|| Changed::because(format!("`{}` tells no side of the amount", sides.by)))?;
    if record.set(field, amount) {
        return Ok(());
    }
    Err(Changed::because("this record has no sides"))
}

/// The side of the longest word that is found; `None` when both sides or none has it.
fn side(words: &str, sides: &Sides) -> Option<&'static str> {
    let words = words.trim();
    let longest = |list: &[String]| {
        list.iter()
            .filter_map(|word| match word.strip_prefix('=') {
                Some(all) => (words == all).then_some(usize::MAX),
                None => (!word.is_empty() && words.contains(word.as_str())).then_some(word.len()),
            })
            .max()
            .unwrap_or(0)
    };
    let (income, expense) = (longest(&sides.incomes), longest(&sides.expenses));
    match income.cmp(&expense) {
        std::cmp::Ordering::Greater => Some("inAmount"),
        std::cmp::Ordering::Less => Some("outAmount"),
        std::cmp::Ordering::Equal => None,
    }
}
