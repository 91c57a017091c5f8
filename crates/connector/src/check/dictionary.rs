//! Dictionaries: every key fills fields of its table.

use std::collections::BTreeMap;

use fiveone_model::report::Table;

use crate::{
    complaint::{Complaints, did_you_mean, did_you_mean_one_of},
    connector::map_of,
    definition::{CodeTable, Dictionary},
    yaml::Node,
};

/// The key under which the map of a table stands.
const fn key_of(table: Table) -> &'static str {
    match table {
        Table::FundBase => "fund_base",
        Table::FundBill => "fund_bill",
        Table::LoanDetail => "loan_detail",
        Table::LoanRepayer => "loan_repayer",
        Table::LoanRepay => "loan_repay",
        Table::LoanOverdue => "loan_overdue",
        Table::InsuranceBase => "insurance_base",
        Table::InsuranceRow => "insurance_row",
    }
}

/// Checks a dictionary beside all others, whose code tables it may name.
pub(crate) fn check(
    node: &Node,
    name: &str,
    all: &BTreeMap<String, Dictionary>,
    complaints: &mut Complaints,
) {
    let Some(dictionary) = all.get(name) else { return };
    let tables = || all.values().flat_map(|dictionary| dictionary.codes.keys().map(String::as_str));
    for table in Table::ALL {
        for (key, targets) in map_of(dictionary, table).iter() {
            let at = node.nearest(&[key_of(table).to_owned(), key.to_owned()]);
            for target in &targets.0 {
                let field = &target.field;
                if table.field(field).is_none() {
                    let near = did_you_mean(field, table.fields().iter().map(|field| field.name));
                    complaints
                        .push(at.complaint(format!("this table has no field `{field}`{near}")));
                }
                if target.is_optional {
                    let message = format!(
                        "`{field}?`: a dictionary has no `?`; `fields` tells what a portal gives"
                    );
                    complaints.push(at.complaint(message));
                }
                if let Some(message) = super::misfit(target) {
                    complaints.push(at.complaint(message));
                }
                if let Some(CodeTable::Named(codes)) = &target.detail.codes
                    && !tables().any(|known| known == codes)
                {
                    let near = did_you_mean_one_of(codes, tables());
                    complaints.push(at.complaint(format!("no code table `{codes}`{near}")));
                }
            }
        }
    }
}
