//! A section of the report, or a list that several sections share.

use fiveone_model::report::Section as Name;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Loop, OneOrMany, Ordered, Predicate, Rows, Source, Step};

/// The sections by the documents' names.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Sections {
    /// 基础信息
    #[serde(rename = "baseInfo")]
    pub(crate) base: Option<Section>,
    /// 缴存信息
    #[serde(rename = "billInfos")]
    pub(crate) bills: Option<Section>,
    /// 贷款信息
    #[serde(rename = "loanInfos")]
    pub(crate) loans: Option<Section>,
    /// 养老保险
    #[serde(rename = "oldageInsuranceInfos")]
    pub(crate) oldage: Option<Section>,
    /// 医疗保险
    #[serde(rename = "medicalInsuranceInfos")]
    pub(crate) medical: Option<Section>,
    /// 生育保险
    #[serde(rename = "birthInsuranceInfos")]
    pub(crate) birth: Option<Section>,
    /// 工伤保险
    #[serde(rename = "injuryInsuranceInfos")]
    pub(crate) injury: Option<Section>,
    /// 失业保险
    #[serde(rename = "unemployInsuranceInfos")]
    pub(crate) unemploy: Option<Section>,
}

impl Sections {
    pub(crate) const fn get(&self, name: Name) -> Option<&Section> {
        match name {
            Name::Base => self.base.as_ref(),
            Name::Bills => self.bills.as_ref(),
            Name::Loans => self.loans.as_ref(),
            Name::Oldage => self.oldage.as_ref(),
            Name::Medical => self.medical.as_ref(),
            Name::Birth => self.birth.as_ref(),
            Name::Injury => self.injury.as_ref(),
            Name::Unemploy => self.unemploy.as_ref(),
        }
    }
}

/// How one section is read.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Section {
    /// Done once, before any loop.
    pub(crate) before: Vec<Step>,
    /// Loops around `steps`, the outer first; at most two.
    pub(crate) each: OneOrMany<Loop>,
    /// The requests; what is read is the answer of the last that ran.
    pub(crate) steps: Vec<Step>,
    #[serde(flatten)]
    pub(crate) content: Option<Content>,
    /// In `lists`: which rows belong to which section.
    pub(crate) split: Option<Split>,
    /// What else proves that there are no rows, besides an empty list, a total of 0 or the table's
    /// own header. It must be something that is there, in the place where rows would be.
    pub(crate) empty: OneOrMany<Predicate>,
    /// What is true of the first answer where the portal has no such part at all, as only some of its family
    /// do. It is asked only when nothing could be read and no other page came; the section is then left out
    /// and not missing.
    pub(crate) not_offered: OneOrMany<Predicate>,
    /// Rows that are the same in every value, and come from different turns of the loops.
    pub(crate) overlap: Option<Overlap>,
    /// In `loanInfos`: the lists inside a loan.
    pub(crate) parts: Parts,
}

/// What a section reads.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Content {
    /// One record; several sources are merged.
    Record(OneOrMany<Source>),
    /// A list of rows.
    Rows(Box<Rows>),
    /// The name of the list that this section's rows come from.
    From(String),
}

impl Section {
    /// Its rows, when it reads rows.
    pub(crate) fn rows(&self) -> Option<&Rows> {
        match &self.content {
            Some(Content::Rows(rows)) => Some(rows),
            Some(Content::Record(_) | Content::From(_)) | None => None,
        }
    }

    /// The sources of its record; none when it reads no record.
    pub(crate) fn record(&self) -> &[Source] {
        match &self.content {
            Some(Content::Record(sources)) => sources,
            Some(Content::Rows(_) | Content::From(_)) | None => &[],
        }
    }
}

/// What happens to identical rows of different turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Overlap {
    /// The turns overlap: the later copy is dropped.
    Drop,
    /// They are different payments: both stay. This is the default.
    Keep,
}

/// Rows shared out to the insurances.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Split {
    /// The vendor's key (header, JSON key) whose value decides, or several names of it.
    pub(crate) by: OneOrMany<String>,
    /// Section → codes, or words that are a part of the value; `=x` means that all of it is x.
    pub(crate) into: Ordered<Vec<String>>,
    /// Codes or words, in the same way, of rows that belong to no section.
    #[serde(default)]
    pub(crate) ignore: Vec<String>,
}

/// The lists inside a loan.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Parts {
    /// Who repays.
    #[serde(rename = "loanRepayerInfos")]
    pub(crate) repayers: Option<Part>,
    /// What was repaid.
    #[serde(rename = "loanRepayInfos")]
    pub(crate) repays: Option<Part>,
    /// What is overdue.
    #[serde(rename = "loanOverdueInfos")]
    pub(crate) overdues: Option<Part>,
}

/// A list inside a loan: fetched by its own steps, or standing in the loan's own JSON.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    /// Loops around `steps`.
    #[serde(default)]
    pub(crate) each: OneOrMany<Loop>,
    /// The requests; values kept from the loan's row can be used.
    #[serde(default)]
    pub(crate) steps: Vec<Step>,
    /// The rows. Without `steps`, a JSON path that starts at the loan's own row.
    pub(crate) rows: Rows,
    /// What else proves that there are none.
    #[serde(default)]
    pub(crate) empty: OneOrMany<Predicate>,
}
