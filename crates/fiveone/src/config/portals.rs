//! `[portals]`: other base addresses for areas' portals, and how many tasks talk to one at once.

use std::collections::BTreeMap;

use fiveone_model::area::AreaCode;
use fiveone_model::product::Product;
use url::Url;

use super::section::Section;

/// What the operator changes about portals.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Portals {
    /// Tasks that talk to one portal at once; `None` leaves it to the connector.
    pub(crate) concurrency: Option<usize>,
    /// The base address of an area's portal instead of its connector's, by `product/area`.
    pub(crate) bases: BTreeMap<String, String>,
}

impl Portals {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let concurrency = section.number("concurrency", 0_usize, 0..=10_000);
        let mut bases = BTreeMap::new();
        for product in Product::ALL {
            let must_be = "an area code and an http or https address";
            bases.extend(section.table(product.as_str(), must_be, |area, address| {
                let url = Url::parse(address).ok()?;
                let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
                let area = AreaCode::parse(area).filter(|_| is_web)?;
                Some((format!("{product}/{area}"), address.to_owned()))
            }));
        }
        Self { concurrency: (concurrency > 0).then_some(concurrency), bases }
    }
}
