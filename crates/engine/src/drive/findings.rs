//! What was odd about a portal: logged, counted, watched for changes, and kept for operators when one
//! is suspected.

use fiveone_connector::{Connector, Reading, Run};
use fiveone_model::failure::{Failure, FailureKind};
use fiveone_model::report::Section;
use fiveone_store::{EvidenceRow, TaskRow};

use super::Driver;
use crate::Fault;
use crate::causes;
use crate::evidence::{self, PortalChange};

impl Driver {
    /// Tells of what was odd about a section that is stored: which field and why, never the value.
    pub(super) async fn note_findings(
        &self,
        task: &TaskRow,
        connector: &Connector,
        section: Section,
        reading: &Reading,
        run: &Run,
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
        let suspected = self.portal_changes.read(task, section, reading);
        if !suspected.is_empty()
            && let Some(evidence) = run.evidence(&reading.findings)
        {
            let change = PortalChange::new(evidence, suspected);
            self.keep_change(task, connector, Some(section), &change).await;
        }
    }

    /// Keeps the page of a failure that says that the portal has changed, when it is the first of its part
    /// that does. Before the run's log is taken, which knows the reason.
    pub(super) async fn note_refusal(
        &self,
        task: &TaskRow,
        connector: &Connector,
        section: Option<Section>,
        failure: Option<&Failure>,
        run: &Run,
    ) {
        let is_changed = failure.is_some_and(|one| one.kind == FailureKind::PortalChanged);
        if is_changed
            && self.portal_changes.refused(task, section)
            && let Some(evidence) = run.evidence(&[])
        {
            let change = PortalChange::new(evidence, Vec::new());
            self.keep_change(task, connector, section, &change).await;
        }
    }

    /// Keeps what speaks for a change. That it cannot be kept does not harm the task.
    async fn keep_change(
        &self,
        task: &TaskRow,
        connector: &Connector,
        section: Option<Section>,
        change: &PortalChange,
    ) {
        if let Err(fault) = self.try_to_keep(task, connector, section, change).await {
            tracing::error!(error = causes(&fault), "evidence not kept");
        }
    }

    async fn try_to_keep(
        &self,
        task: &TaskRow,
        connector: &Connector,
        section: Option<Section>,
        change: &PortalChange,
    ) -> Result<(), Fault> {
        let row = EvidenceRow {
            product: task.product,
            area: task.area.clone(),
            section,
            version: connector.version().to_owned(),
            sealed: evidence::seal(&self.keys, (task.product, &task.area, section), change)?,
            seen_at: self.time.now(),
        };
        Ok(self.store.write.keep_evidence(&row).await?)
    }
}
