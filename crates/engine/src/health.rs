//! The health of portals: an area whose portal fails again and again is closed for a while (P-21).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use fiveone_model::area::AreaCode;
use fiveone_model::failure::FailureKind;
use fiveone_model::product::Product;
use fiveone_model::task::Stage;
use fiveone_store::{AreaSwitch, TaskRow};

use crate::Engine;

/// Failures in a row of each portal, as this node saw them.
#[derive(Default)]
pub(crate) struct Health(Mutex<HashMap<(Product, AreaCode), u32>>);

impl Health {
    /// Counts an end; tells how many failures in a row the portal has now.
    fn count(&self, task: &TaskRow, is_failure: bool) -> u32 {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (task.product, task.area.clone());
        if !is_failure {
            rows.remove(&key);
            return 0;
        }
        let count = rows.entry(key).or_default();
        *count += 1;
        *count
    }
}

impl Engine {
    /// Counts a task's end for its portal. Only what the portal itself is to blame for counts
    /// against it; a wrong password says that it works.
    pub(crate) async fn note_health(&self, task: &TaskRow, stage: &Stage) {
        let is_failure = match stage {
            Stage::Done { .. } => false,
            Stage::Failed(failure) => match failure.kind {
                FailureKind::Maintenance | FailureKind::PortalUnstable | FailureKind::Blocked => {
                    true
                }
                FailureKind::WrongCredentials | FailureKind::BadFormat | FailureKind::WrongCode => {
                    false
                }
                _ => return,
            },
            _ => return,
        };
        let in_a_row = self.0.health.count(task, is_failure);
        if in_a_row < self.0.options.unhealthy_after_failures || in_a_row == 0 {
            return;
        }
        let switch = AreaSwitch {
            product: task.product,
            area: task.area.clone(),
            is_by_operator: false,
            note: format!("{in_a_row} failures in a row"),
            until_at: Some(self.now() + self.0.options.unhealthy_for_ms),
        };
        tracing::warn!(product = %task.product, area = %task.area, in_a_row, "area closed for a while");
        if let Err(error) = self.0.store.write.close_area(&switch).await {
            tracing::error!(error = &error as &dyn std::error::Error, "area not closed");
        }
        self.0.areas.forget();
    }
}
