//! What was read: sections of records, typed by the two documents' own field tables (P-44, P-45).
//!
//! A value can only be built with the kind its field has, so a report cannot hold a date where the
//! documents promise money. Turning a portal's text into a value is the connector's work.

mod catalogue;
mod render;

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::product::Product;

pub use render::Dialect;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Text as the portal shows it, trimmed.
    Text,
    /// `double`: money, sent as a JSON number with at most two places.
    Money,
    /// Money that the documents declare a string.
    MoneyText,
    /// A whole number.
    Count,
    /// A date `yyyy-MM-dd`; `yyyy-MM` where the portal tells no day.
    Date,
    /// A month `yyyy-MM`.
    Month,
    /// A share of the fund in percent, as text with two places: `12.00`.
    FundRatio,
    /// A share of an insurance in percent, as text with two places: `0.50`.
    InsuranceRatio,
}

/// One field of a table of the documents.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Field {
    /// Its verbatim name.
    pub name: &'static str,
    /// What a person reads.
    pub label: &'static str,
    /// What it holds.
    pub kind: Kind,
}

/// A table of the documents: which fields a record may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// Fund `baseInfo`.
    FundBase,
    /// Fund `billInfos[]`.
    FundBill,
    /// `loanInfos[].detailInfo`.
    LoanDetail,
    /// `loanInfos[].loanRepayerInfos[]`.
    LoanRepayer,
    /// `loanInfos[].loanRepayInfos[]`.
    LoanRepay,
    /// `loanInfos[].loanOverdueInfos[]`.
    LoanOverdue,
    /// Insurance `baseInfo`.
    InsuranceBase,
    /// A row of one of the five insurances.
    InsuranceRow,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 8] = [
        Self::FundBase,
        Self::FundBill,
        Self::LoanDetail,
        Self::LoanRepayer,
        Self::LoanRepay,
        Self::LoanOverdue,
        Self::InsuranceBase,
        Self::InsuranceRow,
    ];

    /// Its fields in the documents' order.
    #[must_use]
    pub const fn fields(self) -> &'static [Field] {
        match self {
            Self::FundBase => catalogue::FUND_BASE,
            Self::FundBill => catalogue::FUND_BILL,
            Self::LoanDetail => catalogue::LOAN_DETAIL,
            Self::LoanRepayer => catalogue::LOAN_REPAYER,
            Self::LoanRepay => catalogue::LOAN_REPAY,
            Self::LoanOverdue => catalogue::LOAN_OVERDUE,
            Self::InsuranceBase => catalogue::INSURANCE_BASE,
            Self::InsuranceRow => catalogue::INSURANCE_ROW,
        }
    }

    /// The field of that name.
    #[must_use]
    pub fn field(self, name: &str) -> Option<&'static Field> {
        self.fields().iter().find(|field| field.name == name)
    }
}

/// A named part of a report; the name is the JSON key of the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Section {
    /// 基础信息
    #[serde(rename = "baseInfo")]
    Base,
    /// 缴存信息
    #[serde(rename = "billInfos")]
    Bills,
    /// 贷款信息
    #[serde(rename = "loanInfos")]
    Loans,
    /// 养老保险
    #[serde(rename = "oldageInsuranceInfos")]
    Oldage,
    /// 医疗保险
    #[serde(rename = "medicalInsuranceInfos")]
    Medical,
    /// 生育保险
    #[serde(rename = "birthInsuranceInfos")]
    Birth,
    /// 工伤保险
    #[serde(rename = "injuryInsuranceInfos")]
    Injury,
    /// 失业保险
    #[serde(rename = "unemployInsuranceInfos")]
    Unemploy,
}

impl Section {
    /// The sections of a product, in the documents' order.
    #[must_use]
    pub const fn of(product: Product) -> &'static [Self] {
        match product {
            Product::Fund => &[Self::Base, Self::Bills, Self::Loans],
            Product::Insurance => &[
                Self::Base,
                Self::Oldage,
                Self::Medical,
                Self::Birth,
                Self::Injury,
                Self::Unemploy,
            ],
        }
    }

    /// The JSON key.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Base => "baseInfo",
            Self::Bills => "billInfos",
            Self::Loans => "loanInfos",
            Self::Oldage => "oldageInsuranceInfos",
            Self::Medical => "medicalInsuranceInfos",
            Self::Birth => "birthInsuranceInfos",
            Self::Injury => "injuryInsuranceInfos",
            Self::Unemploy => "unemployInsuranceInfos",
        }
    }

    /// What a person reads.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Base => "基础信息",
            Self::Bills => "缴存信息",
            Self::Loans => "贷款信息",
            Self::Oldage => "养老保险",
            Self::Medical => "医疗保险",
            Self::Birth => "生育保险",
            Self::Injury => "工伤保险",
            Self::Unemploy => "失业保险",
        }
    }

    /// The section of a JSON key.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Product::ALL
            .into_iter()
            .flat_map(|product| Self::of(product).iter().copied())
            .find(|section| section.as_str() == name)
    }

    /// The table of its record or rows; for loans, that of the detail.
    #[must_use]
    pub const fn table(self, product: Product) -> Table {
        match (self, product) {
            (Self::Base, Product::Fund) => Table::FundBase,
            (Self::Base, Product::Insurance) => Table::InsuranceBase,
            (Self::Bills, _) => Table::FundBill,
            (Self::Loans, _) => Table::LoanDetail,
            _ => Table::InsuranceRow,
        }
    }
}

/// A clean value. Which variant a field takes is decided by its [`Kind`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// For [`Kind::Text`], and for ratios, whose text is a number with two places.
    Text(String),
    /// For [`Kind::Money`] and [`Kind::MoneyText`]; the scale is that of the portal, at most two.
    Amount(Decimal),
    /// For [`Kind::Count`].
    Count(i64),
    /// For [`Kind::Date`].
    Day(Date),
    /// For [`Kind::Month`], and for [`Kind::Date`] where no day is given.
    Month {
        /// 1900–2200.
        year: i16,
        /// 1–12.
        month: i8,
    },
}

impl Value {
    /// Whether a field of `kind` may hold this.
    #[must_use]
    pub const fn fits(&self, kind: Kind) -> bool {
        matches!(
            (self, kind),
            (Self::Text(_), Kind::Text | Kind::FundRatio | Kind::InsuranceRatio)
                | (Self::Amount(_), Kind::Money | Kind::MoneyText)
                | (Self::Count(_), Kind::Count)
                | (Self::Day(_), Kind::Date)
                | (Self::Month { .. }, Kind::Month | Kind::Date)
        )
    }
}

/// One record of a table: only fields the table has, only values of their kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    table: Table,
    values: BTreeMap<&'static str, Value>,
}

impl Record {
    /// An empty record.
    #[must_use]
    pub const fn new(table: Table) -> Self {
        Self { table, values: BTreeMap::new() }
    }

    /// The table it belongs to.
    #[must_use]
    pub const fn table(&self) -> Table {
        self.table
    }

    /// Sets a field. `false`, and nothing changes, when the table has no such field or the value
    /// is not of its kind.
    #[must_use]
    pub fn set(&mut self, name: &str, value: Value) -> bool {
        let Some(field) = self.table.field(name) else { return false };
        let fits = value.fits(field.kind);
        if fits {
            self.values.insert(field.name, value);
        }
        fits
    }

    /// Takes a field out again.
    pub fn remove(&mut self, name: &str) {
        self.values.remove(name);
    }

    /// The value of a field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// Whether no field has a value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The fields that have a value, in the documents' order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static Field, &Value)> {
        self.table.fields().iter().filter_map(|field| Some((field, self.values.get(field.name)?)))
    }
}

/// One element of `loanInfos`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loan {
    /// `detailInfo`
    pub detail: Record,
    /// `loanRepayerInfos`
    pub repayers: Vec<Record>,
    /// `loanRepayInfos`
    pub repays: Vec<Record>,
    /// `loanOverdueInfos`
    pub overdues: Vec<Record>,
}

/// What a section was read to hold. An empty `Rows` is a section that *is* empty, not one that
/// could not be read (P-44).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// `baseInfo`
    Record(Record),
    /// A list of rows, in the portal's order.
    Rows(Vec<Record>),
    /// `loanInfos`
    Loans(Vec<Loan>),
    /// The portal has no such part, where only some of its kind do; it is left out of the report, and is no
    /// part that is missing.
    NotOffered,
}

impl Content {
    /// How many rows (or loans) there are; a record counts as one.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Record(_) => 1,
            Self::Rows(rows) => rows.len(),
            Self::Loans(loans) => loans.len(),
            Self::NotOffered => 0,
        }
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
