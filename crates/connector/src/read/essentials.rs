//! What makes a record or a row one, by the nature of its table. Everything else that a file maps is
//! expected, and costs its field alone when it is not there.

use fiveone_model::report::{Record, Table};

/// Of each group one field must be there.
pub(crate) const fn essentials(table: Table) -> &'static [&'static [&'static str]] {
    match table {
        Table::FundBase => &[&["employeeName", "idCard", "houseFundAccount", "employeeAccountNum"]],
        Table::InsuranceBase => {
            &[&["name", "idcard", "papersNum", "socialSecurityNo", "personalNo"]]
        }
        Table::FundBill => &[&["payArriveDate", "payMonth"], &["inAmount", "outAmount", "balance"]],
        Table::InsuranceRow => {
            &[&["payMonthly", "payDate"], &["salary", "payCompany", "payPerson", "amount"]]
        }
        Table::LoanDetail => {
            &[&["loanNum", "gjjLoanNum", "commercialLoanNum", "loanAmount", "loanBalance"]]
        }
        Table::LoanRepayer => &[&["repayname", "idCard"]],
        Table::LoanRepay => &[
            &["date", "repayMonth"],
            &["principal", "interest", "sum", "bankDeduction", "selfHedge", "mateHedge", "balance"],
        ],
        Table::LoanOverdue => {
            &[&["date"], &["principal", "interest", "penalty", "overdueBalance", "summary"]]
        }
    }
}

/// The fields whose value orders rows in time, the more telling first.
pub(crate) const fn dates(table: Table) -> &'static [&'static str] {
    match table {
        Table::FundBill => &["payArriveDate", "payMonth"],
        Table::InsuranceRow => &["payMonthly", "payDate"],
        Table::LoanRepay | Table::LoanOverdue => &["date"],
        Table::LoanDetail => &["loanDate"],
        Table::FundBase | Table::InsuranceBase | Table::LoanRepayer => &[],
    }
}

/// Whether a record has one field of each group.
pub(super) fn has_all(record: &Record, groups: &[Vec<&str>]) -> bool {
    groups.iter().all(|group| group.iter().any(|field| record.get(field).is_some()))
}
