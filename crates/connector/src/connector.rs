//! One area's connector: its definition with everything it refers to.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use fiveone_model::{
    area::AreaCode,
    login::{FieldKind, FieldName, LoginField, LoginMethod},
    product::Product,
    report::{Section, Table},
};
use url::Url;

use crate::{
    definition::{Definition, Dictionary, Field, Map, Ordered, Outcomes, Rule, Subject},
    outcome::Outcome,
};

/// The most characters a login field takes when a file says nothing.
const FIELD_CHARS_MAX: usize = 64;

/// People served at one portal at once when a file says nothing.
const CONCURRENCY: usize = 4;

/// Everything needed to serve one area.
#[derive(Debug)]
pub struct Connector {
    pub(crate) product: Product,
    pub(crate) area: AreaCode,
    pub(crate) version: String,
    pub(crate) definition: Definition,
    /// Parameters of the family, `base` among them.
    pub(crate) params: BTreeMap<String, String>,
    /// Where relative addresses start; a second one is tried when nothing is found at the first.
    pub(crate) bases: Vec<Url>,
    /// Host and port of everything that may be reached.
    pub(crate) hosts: BTreeSet<String>,
    pub(crate) dictionaries: Arc<BTreeMap<String, Dictionary>>,
    pub(crate) outcomes: Arc<Outcomes>,
    pub(crate) logins: Vec<LoginMethod>,
    pub(crate) sections: Vec<Section>,
    /// The portal's keys that name a person, with the field they fill in its base record.
    pub(crate) person_keys: BTreeMap<String, String>,
    /// The portal's keys that name an account in its base record.
    pub(crate) account_keys: Vec<String>,
    /// Names that sections use: what must be remembered after the login.
    pub(crate) names_in_sections: BTreeSet<String>,
}

impl Connector {
    /// The product it reads.
    #[must_use]
    pub const fn product(&self) -> Product {
        self.product
    }

    /// The area it serves.
    #[must_use]
    pub const fn area(&self) -> &AreaCode {
        &self.area
    }

    /// The family it belongs to, if any.
    #[must_use]
    pub fn family(&self) -> Option<&str> {
        self.definition.family.as_deref()
    }

    /// Short hash of its files; changes when one of them does.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Where its portal is: the first that answers is used.
    #[must_use]
    pub fn bases(&self) -> &[Url] {
        &self.bases
    }

    /// The ways to log in, as the interfaces tell them.
    #[must_use]
    pub fn logins(&self) -> &[LoginMethod] {
        &self.logins
    }

    /// The sections it offers, in reading order.
    #[must_use]
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// How many runs the portal may see at once.
    #[must_use]
    pub fn concurrency(&self) -> usize {
        self.definition.concurrency.map_or(CONCURRENCY, |told| told as usize)
    }

    /// The words that portals have for "no records": the vendor's, then the shared ones.
    pub(crate) fn words_for_none(&self) -> impl Iterator<Item = &str> {
        let rules = self.definition.outcomes.iter().chain(&self.outcomes.outcomes);
        rules.filter(|rule| rule.outcome == Outcome::NoData).flat_map(|rule| {
            match &rule.predicate.subject {
                Subject::Text(texts) | Subject::Exact(texts) => &texts[..],
                _ => &[],
            }
            .iter()
            .map(String::as_str)
        })
    }

    /// The rules whose texts mean, in an answer inside a section, that there is no answer.
    pub(crate) fn rules_in_sections(&self) -> impl Iterator<Item = &Rule> {
        let rules = self.definition.outcomes.iter().chain(&self.outcomes.outcomes);
        rules.filter(|rule| rule.outcome.counts_in_sections() && rule.outcome != Outcome::NoData)
    }

    /// Whether a text holds the vendor's own words for "no records".
    pub(crate) fn vendor_says_none(&self, text: &str) -> bool {
        let mut rules = self.definition.outcomes.iter();
        rules.any(|rule| rule.outcome == Outcome::NoData && rule.predicate.says(text))
    }

    /// A dictionary's map for a table.
    pub(crate) fn dictionary(&self, name: &str, table: Table) -> Option<&Map> {
        self.dictionaries.get(name).map(|dictionary| map_of(dictionary, table))
    }

    /// A code table by name: of the files, then of any dictionary.
    pub(crate) fn codes(&self, name: &str) -> Option<&Ordered<String>> {
        let shared =
            || self.dictionaries.values().find_map(|dictionary| dictionary.codes.get(name));
        self.definition.codes.get(name).or_else(shared)
    }

    /// Whether an address belongs to the closed set of hosts.
    pub(crate) fn may_reach(&self, url: &Url) -> bool {
        matches!(url.scheme(), "http" | "https") && self.hosts.contains(&host_of(url))
    }
}

/// Host and port; the usual ports of http and https count as one.
pub(crate) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        None | Some(80 | 443) => host.to_owned(),
        Some(port) => format!("{host}:{port}"),
    }
}

/// A dictionary's map for a table.
pub(crate) const fn map_of(dictionary: &Dictionary, table: Table) -> &Map {
    match table {
        Table::FundBase => &dictionary.fund_base,
        Table::FundBill => &dictionary.fund_bill,
        Table::LoanDetail => &dictionary.loan_detail,
        Table::LoanRepayer => &dictionary.loan_repayer,
        Table::LoanRepay => &dictionary.loan_repay,
        Table::LoanOverdue => &dictionary.loan_overdue,
        Table::InsuranceBase => &dictionary.insurance_base,
        Table::InsuranceRow => &dictionary.insurance_row,
    }
}

/// The login methods as the interfaces tell them.
pub(crate) fn methods(definition: &Definition) -> Vec<LoginMethod> {
    definition
        .login
        .iter()
        .map(|login| LoginMethod {
            number: login.number,
            name: login.name.clone(),
            fields: login.fields.iter().map(field).collect(),
        })
        .collect()
}

fn field(field: &Field) -> LoginField {
    let detail = &field.detail;
    let usual =
        if field.field == FieldName::Password { FieldKind::Password } else { FieldKind::Text };
    let kind = if detail.options.is_empty() { usual } else { FieldKind::Select };
    LoginField {
        name: field.field,
        label: detail.label.clone().unwrap_or_else(|| field.field.label().to_owned()),
        kind: detail.kind.unwrap_or(kind),
        is_required: !detail.optional,
        options: detail
            .options
            .iter()
            .map(|(key, value)| fiveone_model::login::Choice {
                key: key.to_owned(),
                value: value.clone(),
            })
            .collect(),
        tip: detail.tip.clone().unwrap_or_default(),
        chars_max: detail.chars_max.unwrap_or(FIELD_CHARS_MAX),
    }
}
