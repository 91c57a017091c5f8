//! A report as JSON: in a client's dialect (protocol §3), and in the form it is sealed in.

use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value as Json, json};

use super::{Content, Field, Kind, Loan, Record, Section, Table, Value};
use crate::product::Product;
use crate::state_code::StateCode;

/// Which of the documents' two voices an app hears: their field tables or their samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// As the field tables say; the default.
    #[default]
    Table,
    /// As the samples show.
    Example,
}

impl Dialect {
    /// The word in tables and commands.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Example => "example",
        }
    }

    /// The dialect of a word made by [`Dialect::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Table, Self::Example].into_iter().find(|dialect| dialect.as_str() == word)
    }

    /// A task's code and message, in polls and callbacks alike: the samples show a whole report as
    /// `0 获取成功`.
    #[must_use]
    pub fn state(self, code: StateCode, msg: String) -> (u32, String) {
        match self {
            Self::Example if code == StateCode::FINISHED => (0, "获取成功".to_owned()),
            Self::Example | Self::Table => (code.number(), msg),
        }
    }
}

/// Money strings of the field tables that the samples show as numbers (protocol §3).
const NUMBERS_IN_EXAMPLES: [(Table, &str); 3] = [
    (Table::InsuranceRow, "salary"),
    (Table::FundBase, "inYearTranerin"),
    (Table::LoanDetail, "paymentAmount"),
];

/// Money outside: at most two places, half away from zero (P-45).
fn two_places(amount: Decimal) -> Decimal {
    if amount.scale() <= 2 {
        return amount;
    }
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// A JSON number with the digits of the decimal; whole amounts have no fraction.
fn number(amount: Decimal) -> Json {
    let digits = two_places(amount).normalize().to_string();
    digits.parse::<Number>().map_or(Json::Null, Json::Number)
}

impl Value {
    /// An amount in yuan with exactly two places, `12.30`.
    #[must_use]
    pub fn yuan(amount: Decimal) -> String {
        let mut amount = two_places(amount);
        amount.rescale(2);
        amount.to_string()
    }

    fn render(&self, table: Table, field: &Field, dialect: Dialect) -> Json {
        match self {
            Self::Text(text) => Json::String(text.clone()),
            Self::Amount(amount) => {
                let is_number = field.kind == Kind::Money
                    || (dialect == Dialect::Example
                        && NUMBERS_IN_EXAMPLES.contains(&(table, field.name)));
                if is_number {
                    number(*amount)
                } else {
                    Json::String(two_places(*amount).to_string())
                }
            }
            Self::Count(count) => json!(count),
            Self::Day(day) => Json::String(day.to_string()),
            Self::Month { year, month } => {
                let is_day = dialect == Dialect::Example && field.name == "payMonthly";
                Json::String(format!("{year:04}-{month:02}{}", if is_day { "-01" } else { "" }))
            }
        }
    }

    fn parse(kind: Kind, json: &Json) -> Option<Self> {
        Some(match (kind, json) {
            (Kind::Text | Kind::FundRatio | Kind::InsuranceRatio, Json::String(text)) => {
                Self::Text(text.clone())
            }
            (Kind::Money | Kind::MoneyText, Json::String(digits)) => {
                Self::Amount(digits.parse().ok()?)
            }
            (Kind::Count, Json::Number(count)) => Self::Count(count.as_i64()?),
            (Kind::Date | Kind::Month, Json::String(text)) if text.len() == 7 => {
                let (year, month) = text.split_once('-')?;
                Self::Month { year: year.parse().ok()?, month: month.parse().ok()? }
            }
            (Kind::Date, Json::String(text)) => Self::Day(text.parse::<Date>().ok()?),
            _ => return None,
        })
    }
}

impl Record {
    /// The record in a client's dialect.
    #[must_use]
    pub fn render(&self, dialect: Dialect) -> Map<String, Json> {
        self.iter()
            .map(|(field, value)| (field.name.to_owned(), value.render(self.table, field, dialect)))
            .collect()
    }

    /// As sealed: like the table dialect, but every amount is a string with its own scale.
    fn to_json(&self) -> Json {
        let values = self.iter().map(|(field, value)| {
            let json = match value {
                Value::Amount(amount) => Json::String(amount.to_string()),
                other => other.render(self.table, field, Dialect::Table),
            };
            (field.name.to_owned(), json)
        });
        Json::Object(values.collect())
    }

    fn from_json(table: Table, json: &Json) -> Option<Self> {
        let mut record = Self::new(table);
        for (name, json) in json.as_object()? {
            let value = Value::parse(table.field(name)?.kind, json)?;
            if !record.set(name, value) {
                return None;
            }
        }
        Some(record)
    }
}

const LOAN_PARTS: [(&str, Table); 3] = [
    ("loanRepayerInfos", Table::LoanRepayer),
    ("loanRepayInfos", Table::LoanRepay),
    ("loanOverdueInfos", Table::LoanOverdue),
];

impl Loan {
    fn map(&self, record: impl Fn(&Record) -> Json) -> Json {
        let rows = |rows: &[Record]| Json::Array(rows.iter().map(&record).collect());
        json!({
            "detailInfo": record(&self.detail),
            "loanRepayerInfos": rows(&self.repayers),
            "loanRepayInfos": rows(&self.repays),
            "loanOverdueInfos": rows(&self.overdues),
        })
    }

    fn from_json(json: &Json) -> Option<Self> {
        let detail = Record::from_json(Table::LoanDetail, json.get("detailInfo")?)?;
        let mut parts = LOAN_PARTS.into_iter().map(|(name, table)| rows(table, json.get(name)?));
        Some(Self {
            detail,
            repayers: parts.next()??,
            repays: parts.next()??,
            overdues: parts.next()??,
        })
    }
}

fn rows(table: Table, json: &Json) -> Option<Vec<Record>> {
    json.as_array()?.iter().map(|row| Record::from_json(table, row)).collect()
}

impl Content {
    /// The section in a client's dialect; null where the portal has none.
    #[must_use]
    pub fn render(&self, dialect: Dialect) -> Json {
        self.map(|record| Json::Object(record.render(dialect)))
    }

    /// The section in the form it is sealed in; [`Content::from_json`] reads it back unchanged.
    #[must_use]
    pub fn to_json(&self) -> Json {
        self.map(Record::to_json)
    }

    fn map(&self, record: impl Fn(&Record) -> Json) -> Json {
        match self {
            Self::Record(one) => record(one),
            Self::Rows(rows) => Json::Array(rows.iter().map(record).collect()),
            Self::Loans(loans) => Json::Array(loans.iter().map(|loan| loan.map(&record)).collect()),
            Self::NotOffered => Json::Null,
        }
    }

    /// Reads what [`Content::to_json`] wrote; `None` when it is something else.
    #[must_use]
    pub fn from_json(section: Section, product: Product, json: &Json) -> Option<Self> {
        let table = section.table(product);
        Some(match section {
            _ if json.is_null() => Self::NotOffered,
            Section::Base => Self::Record(Record::from_json(table, json)?),
            Section::Loans => {
                Self::Loans(json.as_array()?.iter().map(Loan::from_json).collect::<Option<_>>()?)
            }
            _ => Self::Rows(rows(table, json)?),
        })
    }
}
