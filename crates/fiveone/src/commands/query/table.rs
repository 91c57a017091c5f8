//! A report as tables a person reads: labels of the documents, one table a list, totals of money.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table as Sheet, presets};
use fiveone_model::product::Product;
use fiveone_model::report::{Kind, Section, Table};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::client::text;
use crate::output::say;

/// Prints every section the report has.
pub(super) fn print(product: Product, data: &Value) {
    for &section in Section::of(product) {
        let Some(content) = data.get(section.as_str()) else { continue };
        match section {
            Section::Base => record(section.label(), section.table(product), content),
            Section::Loans => loans(content),
            _ => rows(section.label(), section.table(product), content),
        }
    }
}

fn loans(content: &Value) {
    let all = content.as_array().map(Vec::as_slice).unwrap_or_default();
    if all.is_empty() {
        say("\n贷款信息：无");
    }
    for (index, loan) in all.iter().enumerate() {
        record(&format!("贷款 {}", index + 1), Table::LoanDetail, &loan["detailInfo"]);
        rows("还款人", Table::LoanRepayer, &loan["loanRepayerInfos"]);
        rows("还款", Table::LoanRepay, &loan["loanRepayInfos"]);
        rows("逾期", Table::LoanOverdue, &loan["loanOverdueInfos"]);
    }
}

fn sheet() -> Sheet {
    let mut sheet = Sheet::new();
    sheet.load_style(presets::UTF8_FULL_CONDENSED);
    sheet.set_content_arrangement(ContentArrangement::Disabled);
    sheet
}

fn record(title: &str, table: Table, content: &Value) {
    let mut sheet = sheet();
    for field in table.fields() {
        if let Some(value) = content.get(field.name) {
            sheet.add_row([field.label.to_owned(), shown(field.kind, value)]);
        }
    }
    say(&format!("\n{title}\n{sheet}"));
}

fn rows(title: &str, table: Table, content: &Value) {
    let all = content.as_array().map(Vec::as_slice).unwrap_or_default();
    if all.is_empty() {
        say(&format!("\n{title}：无"));
        return;
    }
    let fields: Vec<_> = table
        .fields()
        .iter()
        .filter(|field| all.iter().any(|row| row.get(field.name).is_some()))
        .collect();
    let mut sheet = sheet();
    sheet.set_header(fields.iter().map(|field| field.label));
    for row in all {
        sheet.add_row(fields.iter().map(|field| {
            let cell = Cell::new(
                row.get(field.name).map(|value| shown(field.kind, value)).unwrap_or_default(),
            );
            if is_money(field.kind) { cell.set_alignment(CellAlignment::Right) } else { cell }
        }));
    }
    // A balance or a base is no sum; what moved is.
    let totals = fields.iter().enumerate().map(|(index, field)| {
        let is_summed = is_money(field.kind)
            && !matches!(field.name, "balance" | "payBase" | "salary" | "overdueBalance");
        let total = match index {
            0 => format!("合计 {} 行", all.len()),
            _ if is_summed => total(all, field.name),
            _ => String::new(),
        };
        Cell::new(total).set_alignment(CellAlignment::Right)
    });
    sheet.add_row(totals.collect::<Vec<_>>());
    say(&format!("\n{title}\n{sheet}"));
}

const fn is_money(kind: Kind) -> bool {
    matches!(kind, Kind::Money | Kind::MoneyText)
}

/// A value as a person reads it: money always with its two places.
fn shown(kind: Kind, value: &Value) -> String {
    let text = text(value);
    let amount = text.parse::<Decimal>().ok().filter(|_| is_money(kind));
    amount.map_or(text, |amount| format!("{amount:.2}"))
}

/// The exact sum of a column.
fn total(rows: &[Value], name: &str) -> String {
    let amounts = rows.iter().filter_map(|row| row.get(name).map(text)?.parse::<Decimal>().ok());
    format!("{:.2}", amounts.sum::<Decimal>())
}
