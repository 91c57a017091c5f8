//! The health of portals: an area whose portal fails again and again is closed for a while (P-21).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use fiveone_model::area::AreaCode;
use fiveone_model::clock::Millis;
use fiveone_model::failure::FailureKind;
use fiveone_model::product::Product;
use fiveone_model::task::Stage;
use fiveone_store::{AreaSwitch, ClosedBy, TaskRow, Writer};

use crate::areas::Areas;
use crate::time::Time;

/// What a task's end says of its portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// It works.
    Healthy,
    /// It does not, and it is to blame.
    Unhealthy,
    /// Nothing: the person, the connector or we ended the task.
    Neither,
}

/// Failures in a row of each portal, as this node saw them.
pub(crate) struct Health {
    write: Writer,
    areas: Arc<Areas>,
    time: Arc<dyn Time>,
    /// After so many failures in a row the area is closed.
    after_failures: u32,
    /// For so long.
    closed_for_ms: Millis,
    failures: Mutex<HashMap<(Product, AreaCode), u32>>,
}

impl Health {
    pub(crate) fn new(
        write: Writer,
        areas: Arc<Areas>,
        time: Arc<dyn Time>,
        after_failures: u32,
        closed_for_ms: Millis,
    ) -> Self {
        let failures = Mutex::default();
        Self { write, areas, time, after_failures, closed_for_ms, failures }
    }

    /// Counts a task's end for its portal.
    pub(crate) async fn note(&self, task: &TaskRow, stage: &Stage) {
        let in_a_row = match sign_of(stage) {
            Sign::Neither => return,
            sign => self.count(task, sign),
        };
        if in_a_row < self.after_failures || in_a_row == 0 {
            return;
        }
        let switch = AreaSwitch {
            product: task.product,
            area: task.area.clone(),
            closed_by: ClosedBy::Health,
            note: format!("{in_a_row} failures in a row"),
            until_at: Some(self.time.now().saturating_add(self.closed_for_ms)),
        };
        tracing::warn!(product = %task.product, area = %task.area, in_a_row, "area closed");
        if let Err(error) = self.write.close_area(&switch).await {
            tracing::error!(error = &error as &dyn std::error::Error, "area not closed");
        }
        self.areas.forget();
    }

    /// How many failures in a row the portal has now.
    fn count(&self, task: &TaskRow, sign: Sign) -> u32 {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (task.product, task.area.clone());
        if sign == Sign::Healthy {
            failures.remove(&key);
            return 0;
        }
        let count = failures.entry(key).or_default();
        *count += 1;
        *count
    }
}

/// Only what the portal itself is to blame for counts against it; a wrong password says that it
/// works. A new kind of failure must say here what it is a sign of.
const fn sign_of(stage: &Stage) -> Sign {
    match stage {
        Stage::Done { .. } => Sign::Healthy,
        Stage::Failed(failure) => match failure.kind {
            FailureKind::Maintenance | FailureKind::PortalUnstable | FailureKind::Blocked => {
                Sign::Unhealthy
            }
            FailureKind::WrongCredentials | FailureKind::BadFormat | FailureKind::WrongCode => {
                Sign::Healthy
            }
            FailureKind::NoAnswer
            | FailureKind::Locked
            | FailureKind::ActionNeeded
            | FailureKind::Quota
            | FailureKind::LoginFailed
            | FailureKind::PortalChanged
            | FailureKind::OtherPerson
            | FailureKind::NodeLost
            | FailureKind::NodesDied
            | FailureKind::SessionLost
            | FailureKind::Cancelled
            | FailureKind::DeadlinePassed
            | FailureKind::Internal
            | FailureKind::NotDeveloped => Sign::Neither,
        },
        Stage::Queued
        | Stage::LoggingIn
        | Stage::Asking(_)
        | Stage::LoggedIn
        | Stage::Crawling
        | Stage::Storing => Sign::Neither,
    }
}
