//! The list of areas: every prefecture-level area and provincial office, connector or not.

use std::{collections::BTreeMap, sync::Arc};

use fiveone_model::{area::AreaCode, product::Product};

use crate::{
    complaint::{Complaint, Complaints},
    connector::Connector,
};

/// The model city: it has an entry only where it has a connector.
const MODEL_CITY: &str = "990000";

/// One area of one product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaEntry {
    /// Its key.
    pub code: AreaCode,
    /// Its Chinese name, e.g. 鞍山.
    pub name: String,
    /// Its name in pinyin without tones, e.g. `anshan`.
    pub pinyin: String,
    /// The first letters, e.g. `as`.
    pub initials: String,
    /// The province's Chinese name.
    pub province: String,
    /// What the person should know before logging in; may be blank.
    pub tips: String,
    /// The portal's address for people, when known.
    pub url: Option<String>,
    /// Whether there is a connector.
    pub has_connector: bool,
}

const FILE: &str = "areas.csv";
const HEADER: &str = "code,name,pinyin,initials,province";

/// Reads `areas.csv`; `None` where there is none.
pub(super) fn read(
    csv: Option<&str>,
    connectors: &BTreeMap<(Product, AreaCode), Arc<Connector>>,
    complaints: &mut Complaints,
) -> BTreeMap<Product, Vec<AreaEntry>> {
    let mut areas: BTreeMap<Product, Vec<AreaEntry>> = BTreeMap::new();
    let mut known: BTreeMap<AreaCode, usize> = BTreeMap::new();
    let Some(csv) = csv else {
        let message =
            format!("the file is not there; it lists the areas, its first line is {HEADER}");
        complaints.push(Complaint::at(FILE, (1, 1), message));
        return areas;
    };
    if csv.lines().next().map(str::trim) != Some(HEADER) {
        complaints.push(Complaint::at(FILE, (1, 1), format!("the first line must be {HEADER}")));
        return areas;
    }
    for (at, line) in csv.lines().enumerate().skip(1).filter(|(_, line)| !line.trim().is_empty()) {
        let parts: Vec<&str> = line.split(',').map(str::trim).collect();
        let code = parts.first().and_then(|code| AreaCode::parse(code));
        let (Some(code), [_, name, pinyin, initials, province]) = (code, parts.as_slice()) else {
            let message = format!("expected {HEADER}; a code has six digits");
            complaints.push(Complaint::at(FILE, (at + 1, 1), message));
            continue;
        };
        if let Some(first) = known.insert(code.clone(), at + 1) {
            let message = format!("{code} stands in line {first} too; take one away");
            complaints.push(Complaint::at(FILE, (at + 1, 1), message));
            continue;
        }
        for product in Product::ALL {
            let connector = connectors.get(&(product, code.clone()));
            if code.as_str() == MODEL_CITY && connector.is_none() {
                continue;
            }
            areas.entry(product).or_default().push(AreaEntry {
                code: code.clone(),
                name: (*name).to_owned(),
                pinyin: (*pinyin).to_owned(),
                initials: (*initials).to_owned(),
                province: (*province).to_owned(),
                tips: connector.and_then(|c| c.definition.tips.clone()).unwrap_or_default(),
                url: connector.and_then(|c| c.definition.url.clone()),
                has_connector: connector.is_some(),
            });
        }
    }
    let end = csv.lines().count() + 1;
    for (product, area) in connectors.keys().filter(|(_, area)| !known.contains_key(area)) {
        let message = format!(
            "{}/{area} has a connector and no line; add {area},name,pinyin,initials,province",
            product.as_str()
        );
        complaints.push(Complaint::at(FILE, (end, 1), message));
    }
    areas
}
