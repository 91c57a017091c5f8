//! A report as sheets: the labels of the documents above cells of text or money. Tables on the screen,
//! files for spreadsheets are made of them.

use fiveone_model::product::Product;
use fiveone_model::report::{Kind, Section, Table};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::client::text;

/// A sheet with a name of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sheet {
    pub(super) name: String,
    pub(super) labels: Vec<&'static str>,
    pub(super) rows: Vec<Vec<Cell>>,
}

/// What a cell holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    Blank,
    /// Somebody's words: never a formula.
    Text(String),
    Money(Decimal),
}

/// The sheets of a report: one a section that was read, four for loans. Those without rows are there
/// with their labels alone.
pub(super) fn of(product: Product, data: &Value) -> Vec<Sheet> {
    let mut sheets = Vec::new();
    for &section in Section::of(product) {
        let Some(content) = data.get(section.as_str()) else { continue };
        match section {
            Section::Base => {
                let table = section.table(product);
                sheets.push(sheet(section.label(), table, &[(None, content)]));
            }
            Section::Loans => sheets.extend(loans(content)),
            _ => {
                let rows: Vec<_> = list(content).iter().map(|row| (None, row)).collect();
                sheets.push(sheet(section.label(), section.table(product), &rows));
            }
        }
    }
    sheets
}

/// Each loan is a row; its people and movements say by its number whose they are.
fn loans(content: &Value) -> [Sheet; 4] {
    let all = list(content);
    let numbered = |name: &'static str| -> Vec<(Option<usize>, &Value)> {
        let rows = all.iter().enumerate().flat_map(|(index, loan)| {
            list(&loan[name]).iter().map(move |row| (Some(index + 1), row))
        });
        rows.collect()
    };
    let details: Vec<_> = all
        .iter()
        .enumerate()
        .map(|(index, loan)| (Some(index + 1), &loan["detailInfo"]))
        .collect();
    [
        sheet("贷款信息", Table::LoanDetail, &details),
        sheet("贷款还款人", Table::LoanRepayer, &numbered("loanRepayerInfos")),
        sheet("贷款还款", Table::LoanRepay, &numbered("loanRepayInfos")),
        sheet("贷款逾期", Table::LoanOverdue, &numbered("loanOverdueInfos")),
    ]
}

fn list(content: &Value) -> &[Value] {
    content.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The fields of a table that any row has; of no rows, all.
fn sheet(name: &str, table: Table, all: &[(Option<usize>, &Value)]) -> Sheet {
    let is_numbered = all.iter().any(|(number, _)| number.is_some());
    let is_there =
        |name: &str| all.is_empty() || all.iter().any(|(_, row)| row.get(name).is_some());
    let fields: Vec<_> = table.fields().iter().filter(|field| is_there(field.name)).collect();
    let number = is_numbered.then_some("贷款序号");
    let labels = number.into_iter().chain(fields.iter().map(|field| field.label)).collect();
    let row = |(number, row): &(Option<usize>, &Value)| {
        let number = number.map(|number| Cell::Text(number.to_string()));
        let cells = fields.iter().map(|field| cell(field.kind, row.get(field.name)));
        number.into_iter().chain(cells).collect()
    };
    Sheet { name: name.to_owned(), labels, rows: all.iter().map(row).collect() }
}

fn cell(kind: Kind, value: Option<&Value>) -> Cell {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Cell::Blank };
    let text = text(value);
    let is_money = matches!(kind, Kind::Money | Kind::MoneyText);
    match text.parse().ok().filter(|_| is_money) {
        Some(amount) => Cell::Money(amount),
        None if text.is_empty() => Cell::Blank,
        None => Cell::Text(text),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_report_has_a_sheet_a_section_and_four_for_loans() {
        let data = json!({
            "baseInfo": { "employeeName": "张三" },
            "billInfos": [],
            "loanInfos": [{
                "detailInfo": { "loanNum": "007" },
                "loanRepayInfos": [{ "repayAmount": 12.5 }, { "repayAmount": "3.00" }],
            }],
        });
        let sheets = of(Product::Fund, &data);
        let names: Vec<_> = sheets.iter().map(|sheet| sheet.name.as_str()).collect();
        assert_eq!(
            names,
            ["基础信息", "缴存信息", "贷款信息", "贷款还款人", "贷款还款", "贷款逾期"]
        );
        assert_eq!(sheets[0].rows, [[Cell::Text("张三".to_owned())]]);
        assert_eq!(sheets[1].rows, [[]; 0]);
        assert!(!sheets[1].labels.is_empty(), "what it would have");
        assert_eq!(sheets[2].labels[0], "贷款序号");
        assert_eq!(sheets[2].rows[0][1], Cell::Text("007".to_owned()), "no number");
    }
}
