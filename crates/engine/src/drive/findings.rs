//! What was odd about a section: logged, counted, and watched for portals that have changed.

use fiveone_connector::{Connector, Reading};
use fiveone_model::report::Section;
use fiveone_store::TaskRow;

use super::Driver;

impl Driver {
    /// Tells of what was odd about a section that is stored: which field and why, never the value.
    pub(super) fn note_findings(
        &self,
        task: &TaskRow,
        connector: &Connector,
        section: Section,
        reading: &Reading,
    ) {
        for finding in &reading.findings {
            tracing::info!(tid = %task.id, section = section.as_str(), %finding, "finding");
            metrics::counter!(
                crate::metric::FINDINGS,
                "product" => task.product.as_str(),
                "area" => task.area.as_str().to_owned(),
                "version" => connector.version().to_owned(),
                "kind" => finding.kind.as_str()
            )
            .increment(1);
        }
        self.portal_changes.note(task, section, reading);
    }
}
