//! The dimensions in which strangers differ, each with its name and with the kind of source that it
//! is known from. A portal can only differ in what it has (`traits`).

use crate::city::City;
use crate::traits::Trait;

/// One way to differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dimension {
    Absent,
    Synonyms,
    Aliases,
    Account,
    Pay,
    Amount,
    Blanks,
    Colon,
    Units,
    Moved,
    Added,
    Head,
    Filler,
    Totals,
    HiddenRow,
    Rowspan,
    TwoTables,
    NewestFirst,
    Reversal,
    Ratio,
    Money,
    Minus,
    Day,
    Month,
    NoDay,
    Nothing,
    ZeroBlank,
    Pager,
    FormPager,
    Empty,
    Total,
    LastAgain,
    Overlap,
    AllAtOnce,
    RangeIgnored,
    OthersRows,
    Masked,
    Mixed,
    Accounts,
    AccountIgnored,
    Persons,
    RecordPlace,
    Frame,
    JsonText,
    JsonNumbers,
    CharsetHeader,
    CharsetMeta,
    BrokenByte,
    Notice,
    Redirect,
    NoPicture,
    RefusalWords,
    RefusalPlace,
    MaintenancePage,
    Closed,
    Loans,
}

/// A dimension as strangers and people need it.
pub(crate) struct Entry {
    pub(crate) dimension: Dimension,
    /// Its name in addresses and tables.
    pub(crate) name: &'static str,
    /// What differs, for people.
    pub(crate) about: &'static str,
    /// The kind of source that tells of it.
    pub(crate) source: &'static str,
    /// In how many ways it differs.
    pub(crate) variants: usize,
    /// How many times rarer than the others it is drawn.
    pub(crate) rarer: usize,
    any: &'static [Trait],
}

impl Entry {
    /// Whether a city has something that can differ so.
    pub(crate) fn fits(&self, city: &City) -> bool {
        self.any.iter().any(|one| city.traits.has(*one))
    }
}

const SHEET: &str = "survey of readers";
const CORRECTION: &str = "second survey";
const PAGE: &str = "real page or vendor's source";
const REPORT: &str = "public report";

use Dimension as D;
use Trait as T;

const fn entry(
    dimension: Dimension,
    name: &'static str,
    variants: usize,
    any: &'static [Trait],
    source: &'static str,
    about: &'static str,
) -> Entry {
    Entry { dimension, name, about, source, variants, rarer: 1, any }
}

/// All dimensions, in the order of [`Dimension`].
#[rustfmt::skip]
pub(crate) static DIMENSIONS: [Entry; 56] = [
    // Real answers lack keys that siblings have; one city's answers lack seven of the family's.
    entry(D::Absent, "absent", 1, &[T::Facts], PAGE, "keys and labels are nowhere on the portal"),
    // Readers of one family name the same cell by different words.
    entry(D::Synonyms, "synonyms", 1, &[T::Labels], SHEET, "labels under another known word"),
    // One family's cities call the same key by two names.
    entry(D::Aliases, "aliases", 1, &[T::Aliases], SHEET, "keys under another known name"),
    // Labels are written with 帐 and with 账.
    entry(D::Account, "zhang", 1, &[T::Labels], SHEET, "帐 for 账 in labels"),
    entry(D::Pay, "jiao", 1, &[T::Labels], SHEET, "交 for 缴 in labels"),
    entry(D::Amount, "amount", 1, &[T::Labels], SHEET, "金额 for 额, and the reverse, in labels"),
    // Labels with blanks inside, of both widths.
    entry(D::Blanks, "blanks", 2, &[T::Labels], SHEET, "blanks inside labels"),
    entry(D::Colon, "colon", 4, &[T::Labels], SHEET, "colons of another width, behind a blank, or none"),
    entry(D::Units, "units", 3, &[T::Labels], SHEET, "units in brackets behind labels"),
    // 56 readers take cells by position: "a new column silently shifts all fields".
    entry(D::Moved, "moved", 1, &[T::Labels, T::Json], SHEET, "columns, labels and keys in another order"),
    entry(D::Added, "added", 1, &[T::Facts], SHEET, "columns, labels and keys that nobody knows"),
    // Heads in th and td, in a thead, and in a table of their own.
    entry(D::Head, "head", 4, &[T::Table], REPORT, "the head row in other cells or in a table of its own"),
    entry(D::Filler, "filler", 2, &[T::Table], SHEET, "blank rows at the end"),
    // Sums and carried-over rows stand in any cell, with or without a date.
    entry(D::Totals, "totals", 6, &[T::Table], PAGE, "合计, 小计 and 上年结转 rows"),
    // One portal keeps a template row at index 0.
    entry(D::HiddenRow, "hidden_row", 2, &[T::Table], SHEET, "a hidden template row with values"),
    entry(D::Rowspan, "rowspan", 1, &[T::Table], REPORT, "equal cells of a column merged"),
    // Several tables with equal headings: one a tab, or several a year.
    entry(D::TwoTables, "two_tables", 2, &[T::Table], PAGE, "several tables with equal heads"),
    entry(D::NewestFirst, "newest_first", 1, &[T::Facts], SHEET, "rows newest first"),
    // 冲正, 冲红, 冲账, 退回; with and without a minus sign.
    entry(D::Reversal, "reversal", 6, &[T::Worded], PAGE, "words and signs of reversals"),
    entry(D::Ratio, "ratio", 5, &[T::Ratio], SHEET, "ratios as 12, 12%, 12.00, 0.12"),
    entry(D::Money, "money", 6, &[T::Facts], SHEET, "amounts with commas, 元, ￥, without end zeros"),
    entry(D::Minus, "minus", 4, &[T::Facts], REPORT, "full-width and typographic minus, parentheses, signs"),
    entry(D::Day, "day", 12, &[T::Day], SHEET, "days as 年月日, with dots, as JVMs and JSON libraries write them"),
    entry(D::Month, "month", 7, &[T::Facts], SHEET, "months as 年月, with dots, as their first day"),
    // 1899-12-31 and 1900-01-01 stand for none.
    entry(D::NoDay, "no_day", 4, &[T::Day], SHEET, "other writings for a day that is none"),
    entry(D::Nothing, "nothing", 3, &[T::Facts], SHEET, "null, blanks or a missing key for no value"),
    entry(D::ZeroBlank, "zero_blank", 1, &[T::Facts], SHEET, "nothing printed for an amount of zero"),
    entry(D::Pager, "pager", 5, &[T::Pager], PAGE, "1/29页, 当前[1/29]页, 共29页, 总29页"),
    // Many pages turn by a post of their own form, with the other pagers' numbers in it.
    entry(D::FormPager, "form_pager", 1, &[T::FormPager], PAGE, "pages turn by a post of the page's form alone"),
    // What an empty list looks like is known for one family only.
    entry(D::Empty, "empty", 4, &[T::Facts], CORRECTION, "how a list without rows looks"),
    // total: null when the server did not count; 0 beside rows.
    entry(D::Total, "total", 4, &[T::Total], PAGE, "the total null, absent, text, or 0 beside rows"),
    // One reader asks the last page n times and sees it n times.
    entry(D::LastAgain, "last_again", 1, &[T::Pages], REPORT, "beyond the last page it comes again"),
    entry(D::Overlap, "overlap", 1, &[T::Pages], REPORT, "a page begins with the last row of the one before"),
    // Readers send one huge page, and some portals take no notice of the number.
    entry(D::AllAtOnce, "all_at_once", 1, &[T::Pages], REPORT, "every page has all rows"),
    // A portal of a family that asks by year ignores the year.
    entry(D::RangeIgnored, "range_ignored", 1, &[T::Range], REPORT, "the year or range asked for is ignored"),
    // Without its account parameter a real portal answered with everybody's rows.
    entry(D::OthersRows, "others_rows", 1, &[T::Owned], PAGE, "rows of other people in the answer"),
    entry(D::Masked, "masked", 1, &[T::Owned], PAGE, "names and numbers in rows masked or blank"),
    // One list can hold several insurances: the row's own kind decides, not the parameter.
    entry(D::Mixed, "mixed", 1, &[T::Kinds], PAGE, "rows of another insurance, told by their own kind"),
    entry(D::Accounts, "accounts", 2, &[T::Accounts], SHEET, "several accounts, the closed one first"),
    entry(D::AccountIgnored, "account_ignored", 1, &[T::Accounts], REPORT, "rows of all own accounts, whichever is asked for"),
    entry(D::Persons, "persons", 1, &[T::Persons], SHEET, "several persons, the other one first"),
    // Some cities put the record into data, some into results[0], some send one object for a list.
    entry(D::RecordPlace, "record_place", 3, &[T::Record], PAGE, "the record in its other place"),
    entry(D::Frame, "frame", 2, &[T::Frame], PAGE, "messages in msgBox, empty parts left out"),
    entry(D::JsonText, "json_text", 5, &[T::Json], REPORT, "JSON that only pages can read"),
    entry(D::JsonNumbers, "json_numbers", 1, &[T::Json], REPORT, "amounts as JSON numbers"),
    entry(D::CharsetHeader, "charset_header", 3, &[T::Any], REPORT, "the header names no or another charset"),
    entry(D::CharsetMeta, "charset_meta", 2, &[T::Labels], REPORT, "the page names no or another charset"),
    entry(D::BrokenByte, "broken_byte", 1, &[T::Any], REPORT, "one text is cut inside a character"),
    // Many pages hold words of outcomes in help texts, hidden elements and announcements.
    entry(D::Notice, "notice", 6, &[T::Any], REPORT, "announcements with words of outcomes"),
    entry(D::Redirect, "redirect", 4, &[T::Redirect], PAGE, "a redirect by script or meta refresh"),
    // The picture is verified at one of nine cities of a family.
    entry(D::NoPicture, "no_picture", 1, &[T::Picture], SHEET, "no picture code is asked for"),
    entry(D::RefusalWords, "refusal_words", 1, &[T::RefusalWords], SHEET, "other known texts of a refusal"),
    entry(D::RefusalPlace, "refusal_place", 3, &[T::RefusalPage], PAGE, "a refusal in an alert, an element, as bare text"),
    entry(D::MaintenancePage, "maintenance_page", 3, &[T::Any], SHEET, "maintenance told by a page with status 200"),
    Entry { rarer: 4, ..entry(D::Closed, "closed", 3, &[T::Any], SHEET, "the whole portal is a page about maintenance") },
    // One vendor's portals have a page of loans or do not.
    entry(D::Loans, "loans", 2, &[T::Loans], PAGE, "no page of loans: a 404, or the first page"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dimension_stands_at_its_place_under_its_own_name() {
        let mut names = Vec::new();
        for (place, entry) in DIMENSIONS.iter().enumerate() {
            assert_eq!(entry.dimension as usize, place, "{}", entry.name);
            assert!(entry.variants > 0 && !names.contains(&entry.name), "{}", entry.name);
            names.push(entry.name);
        }
    }
}
