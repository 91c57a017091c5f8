//! The report of a task in English snake_case, and its erasure.
//!
//! Names are the documents' own in snake_case, but for those that are misspelt or say something else
//! there. Money is a text in yuan with two places, so that no client rounds it.

use fiveone_engine::{OwnReport, ReportOf};
use fiveone_model::clock::rfc3339;
use fiveone_model::product::Product;
use fiveone_model::report::{Content, Kind, Loan, Record, Section, Table, Value};
use http::StatusCode;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::call::Call;
use super::code::Code;
use super::task::{ProductWord, SectionWord, section_word};
use super::{Outcome, json as answer};

/// The documents' names that would mislead, and what they are called here.
const RENAMED: [(&str, &str); 9] = [
    ("inYearTranerin", "in_year_transfer_in"),
    ("loanIDCard", "loan_id_card"),
    ("repayname", "repay_name"),
    ("idcard", "id_card"),
    ("selePhone", "phone"),
    ("duePrincipal", "repaid_principal"),
    ("gjjLoanNum", "fund_loan_num"),
    ("describe", "description"),
    ("payMonthly", "pay_month"),
];

/// What was read for a task.
#[derive(Serialize, JsonSchema)]
pub(super) struct Report {
    /// The task's id.
    task: String,
    product: ProductWord,
    /// The area's code.
    area: String,
    /// When the newest section was read.
    read_at: Option<String>,
    records: Records,
    /// The offered sections that could not be read.
    missing: Vec<SectionWord>,
    /// What is odd about what was read, in names and never in values.
    findings: Vec<Finding>,
}

/// Something odd about a section.
#[derive(Serialize, JsonSchema)]
struct Finding {
    section: SectionWord,
    /// What kind of thing it is, such as `absent` or `unreadable`.
    kind: &'static str,
    /// The field of the report.
    field: Option<String>,
    /// The portal's own word.
    key: Option<String>,
    detail: Option<String>,
}

/// The sections that were read, by their words; one that could not be read is left out, and one that is
/// empty is an empty list.
#[derive(Serialize)]
#[serde(transparent)]
struct Records(Map<String, Json>);

/// GET /v1/tasks/{id}/report
pub(super) async fn show(call: Call<'_>) -> Outcome {
    call.own_task().await?;
    match call.front.api.engine.own_report(&call.app.app.id, &call.id).await? {
        ReportOf::Unknown => Err(Code::TaskNotFound.into()),
        ReportOf::UnderWay => Err(Code::ReportNotReady.into()),
        ReportOf::Failed(_) => Err(Code::NoReport.into()),
        ReportOf::Erased => Err(Code::ReportErased.into()),
        ReportOf::Here(own) => {
            call.allow(own.task.product)?;
            answer(StatusCode::OK, &Report::of(&own))
        }
    }
}

/// What was erased.
#[derive(Serialize, JsonSchema)]
pub(super) struct Erasure {
    /// The id of the receipt, which the operator keeps.
    receipt: String,
    /// The task's id.
    task: String,
    /// When, in Asia/Shanghai.
    at: String,
    /// Whether there was something to erase and it is gone.
    erased: bool,
    /// Whether the task is under way: it is erased as soon as it ends.
    pending: bool,
}

/// DELETE /v1/tasks/{id}/report
pub(super) async fn erase(call: Call<'_>) -> Outcome {
    call.own_task().await?;
    let receipt = call.front.api.engine.erase_own(&call.app.app.id, &call.id).await?;
    let receipt = receipt.ok_or(Code::TaskNotFound)?;
    let erasure = Erasure {
        receipt: receipt.receipt,
        task: call.id,
        at: receipt.at,
        erased: receipt.tasks > 0,
        pending: receipt.under_way > 0,
    };
    answer(StatusCode::OK, &erasure)
}

impl Report {
    fn of(own: &OwnReport) -> Self {
        let sections = own.sections.iter();
        let records = sections
            .map(|(section, content)| (section_word(*section).to_owned(), of_content(content)))
            .collect();
        let findings = own.findings.iter().flat_map(|(section, findings)| {
            findings.iter().map(|finding| Finding {
                section: SectionWord(section_word(*section)),
                kind: finding.kind.as_str(),
                field: finding.field.as_deref().map(field_name),
                key: finding.key.clone(),
                detail: finding.detail.clone(),
            })
        });
        Self {
            task: own.task.id.to_string(),
            product: ProductWord(own.task.product.as_str()),
            area: own.task.area.to_string(),
            read_at: own.task.crawled_at.map(rfc3339),
            records: Records(records),
            missing: own.missing.iter().map(|one| SectionWord(section_word(*one))).collect(),
            findings: findings.collect(),
        }
    }
}

fn of_content(content: &Content) -> Json {
    match content {
        Content::Record(record) => of_record(record),
        Content::Rows(rows) => of_rows(rows),
        Content::Loans(loans) => loans.iter().map(of_loan).collect(),
        Content::NotOffered => Json::Null,
    }
}

fn of_rows(rows: &[Record]) -> Json {
    rows.iter().map(of_record).collect()
}

fn of_loan(loan: &Loan) -> Json {
    json!({
        "detail": of_record(&loan.detail),
        "repayers": of_rows(&loan.repayers),
        "repayments": of_rows(&loan.repays),
        "overdues": of_rows(&loan.overdues),
    })
}

fn of_record(record: &Record) -> Json {
    let values = record.iter().map(|(field, value)| (field_name(field.name), of_value(value)));
    Json::Object(values.collect())
}

fn of_value(value: &Value) -> Json {
    match value {
        Value::Text(text) => json!(text),
        Value::Amount(amount) => json!(Value::yuan(*amount)),
        Value::Count(count) => json!(count),
        Value::Day(day) => json!(day.to_string()),
        Value::Month { year, month } => json!(format!("{year:04}-{month:02}")),
    }
}

/// A name of the documents as it is called here.
fn field_name(name: &str) -> String {
    if let Some((_, renamed)) = RENAMED.iter().find(|(own, _)| *own == name) {
        return (*renamed).to_owned();
    }
    let mut words = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            words.push('_');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

impl JsonSchema for Records {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Records".into()
    }

    /// Of the documents' own tables, field by field.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let of = |product: Product| {
            let sections = Section::of(product).iter();
            let properties = sections
                .map(|section| (section_word(*section).to_owned(), schema_of(*section, product)))
                .collect::<Map<_, _>>();
            json!({
                "title": product.as_str(),
                "type": "object",
                "properties": properties,
                "additionalProperties": false,
            })
        };
        let what = "The sections that were read; those that could not be read are left out.";
        json_schema!({
            "description": what,
            "anyOf": [of(Product::Fund), of(Product::Insurance)],
        })
    }
}

fn schema_of(section: Section, product: Product) -> Json {
    let record = schema_of_table(section.table(product));
    let rows = |table| json!({ "type": "array", "items": schema_of_table(table) });
    let mut schema = match section {
        Section::Base => record,
        Section::Loans => {
            let properties = json!({
                "detail": record,
                "repayers": rows(Table::LoanRepayer),
                "repayments": rows(Table::LoanRepay),
                "overdues": rows(Table::LoanOverdue),
            });
            json!({ "type": "array", "items": { "type": "object", "properties": properties } })
        }
        _ => rows(section.table(product)),
    };
    schema["description"] = json!(section.label());
    schema
}

fn schema_of_table(table: Table) -> Json {
    let properties = table.fields().iter().map(|field| {
        let mut schema = match field.kind {
            Kind::Text => json!({ "type": "string" }),
            Kind::Money | Kind::MoneyText => {
                json!({ "type": "string", "pattern": "^-?[0-9]+\\.[0-9]{2}$" })
            }
            Kind::Count => json!({ "type": "integer" }),
            Kind::Date => {
                json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$" })
            }
            Kind::Month => json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$" }),
            Kind::FundRatio | Kind::InsuranceRatio => {
                json!({ "type": "string", "pattern": "^[0-9]+\\.[0-9]{2}$" })
            }
        };
        schema["description"] = json!(field.label);
        (field_name(field.name), schema)
    });
    let properties: Map<_, _> = properties.collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_snake_case_and_unlike_within_a_table() {
        for table in Table::ALL {
            let names: BTreeSet<_> =
                table.fields().iter().map(|field| field_name(field.name)).collect();
            assert_eq!(names.len(), table.fields().len(), "{table:?}");
            let is_plain = |name: &String| {
                let has_plain = name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
                has_plain && !name.contains("__") && !name.starts_with('_')
            };
            assert!(names.iter().all(is_plain), "{names:?}");
        }
        assert_eq!(field_name("personalMonthPayAmount"), "personal_month_pay_amount");
        assert_eq!(field_name("inYearTranerin"), "in_year_transfer_in");
        let known = |name: &str| Table::ALL.iter().any(|table| table.field(name).is_some());
        assert!(RENAMED.iter().all(|(name, _)| known(name)));
    }
}
