//! Mutants of pages: labels and ids renamed, cells dropped, emptied and glued, columns and rows moved,
//! amounts and days that are none, hidden rows and rows of others added.

use std::{collections::BTreeSet, ops::Range, sync::LazyLock};

use regex::Regex;

use super::{Mutant, is_amount_or_day, of_somebody_else, other_amount_or_day};

fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant")
}

static LABEL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r">([^<>\n]{2,24})</(?:t[dh]|li|dt|span)>"));
static NAMED: LazyLock<Regex> = LazyLock::new(|| pattern(r#"\b(?:id|name)="(\w+)""#));
static CELL: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?s)<td[^>]*>(.*?)</td>"));
static STRICT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?:>|value=")([￥¥]?-?[\d.,-]{4,20}元?)(?:&nbsp;)*[<"]"#));
static ROW: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?s)<tr\b[^>]*>.*?</tr>"));
static CELLS: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?s)<(t[dh])\b[^>]*>.*?</t[dh]>"));
static PAGES: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"共\D{0,30}(\d+)\D{0,12}页|/\s*(\d+)\s*页"));
static GRID: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?s)<table[^>]*>\s*<tr[^>]*>\s*(?:<th|<td>日期).*?</table>"#));

pub(super) fn mutants(
    text: &str,
    values: &BTreeSet<String>,
    person: &BTreeSet<String>,
) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    let mut push = |what: String, text: String| mutants.push(Mutant { what, text });
    // Labels: texts of elements that are nobody's value.
    for found in LABEL.captures_iter(text) {
        let label = found.get(1).expect("the group always matches");
        let plain: String =
            label.as_str().replace("&nbsp;", "").chars().filter(|c| !c.is_whitespace()).collect();
        let is_label = plain.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
            && values
                .iter()
                .all(|value| !value.contains(&plain) && !plain.contains(value.as_str()));
        if is_label {
            push(
                format!("label {plain} renamed"),
                splice(text, label.range(), &format!("新{plain}")),
            );
            push(format!("label {plain} is another"), splice(text, label.range(), "其他项目"));
        }
    }
    let names: BTreeSet<&str> = NAMED
        .captures_iter(text)
        .map(|found| found.get(1).map_or("", |name| name.as_str()))
        .collect();
    for name in names {
        let renamed = text.replace(&format!("=\"{name}\""), &format!("=\"{name}New\""));
        push(format!("id {name} renamed"), renamed);
    }
    for found in CELL.find_iter(text) {
        push(format!("cell {} dropped", found.as_str()), splice(text, found.range(), ""));
    }
    let strict = STRICT.captures_iter(text).filter_map(|found| found.get(1));
    let strict: Vec<_> = strict.filter(|found| is_amount_or_day(found.as_str())).collect();
    for amount in &strict {
        let word = |with: &str| splice(text, amount.range(), with);
        push(format!("{} is no number", amount.as_str()), word("改版"));
    }
    for pair in strict.windows(2) {
        let glued = format!("{}{}", pair[0].as_str(), pair[1].as_str());
        push(format!("{glued} glued"), splice(text, pair[0].range(), &glued));
    }
    mutants.extend(moved_columns(text));
    mutants.extend(changed_rows(text, person));
    mutants
}

/// Rows turned and swapped, a hidden row with other values, a row of somebody else.
fn changed_rows(text: &str, person: &BTreeSet<String>) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    let Some(table) = GRID.find(text).filter(|table| !table.as_str().contains('：')) else {
        return mutants;
    };
    let rows: Vec<&str> = ROW.find_iter(table.as_str()).map(|row| row.as_str()).collect();
    // Rows that hold an amount or a day: neither heads nor fillers nor sums.
    let has_value = |row: &&&str| {
        let is_sum =
            ["合计", "总计", "小计", "共", "页", "colspan"].iter().any(|w| row.contains(w));
        !is_sum && STRICT.captures_iter(row).any(|found| is_amount_or_day(&found[1]))
    };
    let own: Vec<&str> = rows.iter().filter(has_value).copied().collect();
    let Some(last) = own.last() else { return mutants };
    let mut push = |what: &str, changed: String| {
        let text = splice(text, table.range(), &changed);
        mutants.push(Mutant { what: what.to_owned(), text });
    };
    let behind_last = |added: &str| table.as_str().replacen(last, &format!("{last}{added}"), 1);
    if own.len() > 1 {
        let mut turned = own.iter().rev();
        let replaced = ROW.replace_all(table.as_str(), |found: &regex::Captures<'_>| {
            let is_own = own.contains(&&found[0]);
            let next = if is_own { turned.next().copied() } else { None };
            next.unwrap_or(&found[0]).to_owned()
        });
        push("rows turned", replaced.into_owned());
    }
    let other = STRICT.replace_all(last, |found: &regex::Captures<'_>| {
        found[0].replace(&found[1], &other_amount_or_day(&found[1]))
    });
    for style in ["style=\"display:none\"", "hidden", "style='visibility: hidden'"] {
        let hidden = other.replacen("<tr", &format!("<tr {style}"), 1);
        push("a hidden row with other values", behind_last(&hidden));
    }
    let mut is_of_another = false;
    let others = CELL.replace_all(&other, |found: &regex::Captures<'_>| {
        match of_somebody_else(&found[1], person) {
            Some(name) => {
                is_of_another = true;
                found[0].replace(&found[1], &name)
            }
            None => found[0].to_owned(),
        }
    });
    if is_of_another {
        push("a row of somebody else", behind_last(&others));
    }
    mutants
}

/// Every row of every table of more than two cells turned by one: columns move with their headers.
fn moved_columns(text: &str) -> Option<Mutant> {
    let table = GRID.find(text)?;
    let turned = ROW.replace_all(table.as_str(), |found: &regex::Captures<'_>| {
        let own: Vec<&str> = CELLS.find_iter(&found[0]).map(|cell| cell.as_str()).collect();
        match own.split_first() {
            // A note over several columns moves nothing.
            Some((first, rest)) if own.len() > 2 && !found[0].contains("colspan") => {
                format!("<tr>{}{first}</tr>", rest.concat())
            }
            _ => found[0].to_owned(),
        }
    });
    let is_pairs = text[table.range()].contains('：');
    let changed = splice(text, table.range(), &turned);
    (!is_pairs).then(|| Mutant { what: "columns moved".to_owned(), text: changed })
}

fn splice(text: &str, range: Range<usize>, with: &str) -> String {
    format!("{}{with}{}", &text[..range.start], &text[range.end..])
}

/// Whether these answers are the pages of one list that tells how many pages it has.
pub(super) fn is_one_list(texts: &[String]) -> bool {
    let told = |text: &String| {
        let found = PAGES.captures(text)?;
        found.get(1).or_else(|| found.get(2))?.as_str().parse::<usize>().ok()
    };
    texts.len() > 1 && texts.iter().all(|text| told(text) == Some(texts.len()))
}
