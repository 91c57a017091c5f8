//! `[portals]`: other base addresses for areas' portals, and how hard one portal is used.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;

use fiveone_connector::Limits;
use fiveone_model::area::AreaCode;
use fiveone_model::product::Product;
use url::Url;

use super::section::Section;

/// What the operator changes about portals.
#[derive(Debug, Clone)]
pub(crate) struct Portals {
    /// Tasks that talk to one portal at once; `None` leaves it to the connector.
    pub(crate) concurrency: Option<usize>,
    /// What this process may ask of portals.
    pub(crate) limits: Limits,
    /// A PEM file of certificates that are trusted besides the usual authorities.
    pub(crate) extra_certificates: Option<PathBuf>,
    /// The base address of an area's portal instead of its connector's, by `product/area`.
    pub(crate) bases: BTreeMap<String, String>,
}

impl Portals {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let default = Limits::default();
        let per_second = default.requests_per_second.map_or(0, NonZeroU32::get);
        let per_second = section.number("requests_per_second", per_second, 0..=1_000_000);
        let concurrency = section.number("concurrency", 0_usize, 0..=10_000);
        let extra = section.text("extra_certificates", "");
        let must_be = "\"fund/AREA\" or \"insurance/AREA\" and an http or https address";
        let bases = section.rows(|name| name.contains('/'), must_be, base);
        Self {
            concurrency: (concurrency > 0).then_some(concurrency),
            extra_certificates: (!extra.is_empty()).then(|| PathBuf::from(extra)),
            limits: Limits { requests_per_second: NonZeroU32::new(per_second), ..default },
            bases: bases.into_iter().collect(),
        }
    }
}

fn base(name: &str, address: &str) -> Option<(String, String)> {
    let (product, area) = name.split_once('/')?;
    Product::parse(product)?;
    AreaCode::parse(area)?;
    let url = Url::parse(address).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    is_web.then(|| (name.to_owned(), address.to_owned()))
}
