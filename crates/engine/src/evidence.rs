//! What speaks for a change of a portal: which keys are missing or what was refused, and the page without
//! any value. Sealed with the deployment key, shown to operators.

use fiveone_connector::Evidence;
use fiveone_model::area::AreaCode;
use fiveone_model::clock::Millis;
use fiveone_model::finding::Finding;
use fiveone_model::product::Product;
use fiveone_model::report::Section;
use fiveone_store::{EvidenceRow, Reader, Store};
use serde::{Deserialize, Serialize};

use crate::Fault;
use crate::seal::DeploymentKeys;

/// What was seen at one part of a portal when it seemed to have changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalChange {
    /// The step whose answer it is.
    pub step: String,
    /// Its path at the portal.
    pub path: String,
    /// Why the page was refused; blank when it was read.
    pub reason: String,
    /// The keys that people lack, or that seem to have another name.
    pub suspected: Vec<Finding>,
    /// The page: its build and its known labels; each value is replaced by its kind.
    pub page: String,
}

impl PortalChange {
    pub(crate) fn new(evidence: Evidence, suspected: Vec<Finding>) -> Self {
        let Evidence { step, path, reason, page } = evidence;
        let reason = if suspected.is_empty() { reason } else { String::new() };
        Self { step, path, reason, suspected, page }
    }
}

/// A change as it is kept.
#[derive(Debug, PartialEq, Eq)]
pub struct KeptChange {
    /// The section that was read; `None` for the login.
    pub section: Option<Section>,
    /// The connector's version.
    pub version: String,
    /// When it was seen.
    pub seen_at: Millis,
    /// What was seen; `None` when it does not open with this deployment key.
    pub change: Option<PortalChange>,
}

/// Where a blob belongs.
fn row_name(product: Product, area: &AreaCode, section: Option<Section>) -> String {
    let part = section.map_or("login", Section::as_str);
    format!("evidence:{}:{}:{part}", product.as_str(), area.as_str())
}

/// Seals a change for its row.
///
/// # Errors
/// The system gives no random bytes.
pub(crate) fn seal(
    keys: &DeploymentKeys,
    (product, area, section): (Product, &AreaCode, Option<Section>),
    change: &PortalChange,
) -> Result<Vec<u8>, Fault> {
    let plain =
        serde_json::to_vec(change).map_err(|_| Fault::Seal("a change cannot be written"))?;
    keys.seal(&plain, &row_name(product, area, section))
}

/// What portals changed, as far as it was seen.
pub struct PortalEvidence {
    read: Reader,
    keys: DeploymentKeys,
}

impl PortalEvidence {
    /// The evidence of a store. It needs no running node.
    #[must_use]
    pub fn new(store: &Store, keys: DeploymentKeys) -> Self {
        Self { read: store.read.clone(), keys }
    }

    /// What was seen at an area's portal: the newest of each part, the login first.
    ///
    /// # Errors
    /// The store failed, or a row cannot be decoded.
    pub async fn of(&self, product: Product, area: &AreaCode) -> Result<Vec<KeptChange>, Fault> {
        let rows = self.read.evidence(product, area).await?;
        Ok(rows.into_iter().map(|row| self.open(row)).collect())
    }

    fn open(&self, row: EvidenceRow) -> KeptChange {
        let EvidenceRow { product, area, section, version, sealed, seen_at } = row;
        let plain = self.keys.open(&sealed, &row_name(product, &area, section)).ok();
        let change = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
        KeptChange { section, version, seen_at, change }
    }
}
