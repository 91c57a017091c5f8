//! Lines of a list that are no rows: sums, and what was carried over.
//!
//! They are told by a whole cell, because 合计 stands inside real words too (合计缴补, 联合计算机公司).

use std::sync::LazyLock;

use regex::Regex;

use fiveone_model::report::Record;
use rust_decimal::Decimal;

use super::{Raw, sides::amount_or_zero};
use crate::page::normal;

static TOTAL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^(?:\d{4}年?度?|\d{1,2}月份?|本?[年月日页季期次]度?份?|当[年月页]|全部|以上|截[至止].{0,12})?",
        r"(?:(?:合计|小计|总计|累计|总额合计|汇总|总合计)(?:数|额|金额|\(元\)|\d{1,4}个?[月期笔条])?|(?i:sub-?)?(?i:total)|总和|总金?额)$"
    ))
    .expect("the pattern is a constant")
});
static CARRIED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^(?:(?:上年|上期|上页|上年度|年初|期初|承前|\d{4}年?)(?:结转|结余|余额|结转额|余额结转|年结转)",
        r"|承前页|过次页|转下页|结转下[年页]|余额结转)$"
    ))
        .expect("the pattern is a constant")
});

/// Amounts by the fields that they would be in a row.
pub(crate) type Amounts = Vec<(&'static str, Decimal)>;

/// Whether a line has the sums of these rows, as far as it has any.
pub(crate) fn is_sum_of<'r>(sum: &Amounts, rows: impl Iterator<Item = &'r Record> + Clone) -> bool {
    let told: Vec<_> = sum.iter().filter(|(_, amount)| !amount.is_zero()).collect();
    let of_rows = |field| rows.clone().map(|row| amount_or_zero(row, field)).sum::<Decimal>();
    !told.is_empty() && told.iter().all(|(field, amount)| of_rows(field) == *amount)
}

/// Whether one of the cells says that this is a sum, or what was carried over; `more` are words of
/// the file.
pub(super) fn is_total(raw: &Raw, more: &[String]) -> bool {
    raw.values().any(|cell| is_total_word(cell) || is_one_of(cell, more))
}

/// Whether a whole cell is the word of a sum.
pub(super) fn is_total_word(cell: &str) -> bool {
    // Longer cells are texts in which such a word may stand.
    let is_short = cell.len() <= 64;
    if !is_short || !cell.contains(['计', '汇', '转', '余', '页', '和', '总', 't', 'T']) {
        return false;
    }
    let cell = normal(cell);
    TOTAL.is_match(&cell) || CARRIED.is_match(&cell)
}

/// Whether one of the cells says that this was carried over: nobody's sum, and a line that was counted.
pub(super) fn is_carried(raw: &Raw) -> bool {
    raw.values().any(|cell| is_total_word(cell) && CARRIED.is_match(&normal(cell)))
}

fn is_one_of(cell: &str, words: &[String]) -> bool {
    !cell.is_empty() && words.iter().any(|word| normal(word) == normal(cell))
}

#[cfg(test)]
mod tests {
    use super::is_total_word;

    #[test]
    fn sums_are_told_by_a_whole_cell() {
        for total in [
            "合计",
            "合 计：",
            "本年合计",
            "2017年度小计",
            "累计",
            "本页小计",
            "上年结转",
            "年初余额",
            "承前页",
            "结转下年",
            "总计(元)",
            "累计金额",
            "小　计",
            "Total",
            "合计金额：",
            "合计38个月",
            "总金额",
        ] {
            assert!(is_total_word(total), "{total}");
        }
        for word in [
            "合计缴补",
            "总公司",
            "联合计算机公司",
            "汇缴2017年01月",
            "累计缴存",
            "结转利息",
            "2017-01",
            "",
        ] {
            assert!(!is_total_word(word), "{word}");
        }
    }
}
