//! The health of portals: an area whose portal fails for one person after another is closed for a while
//! (P-21). A person who tries again and again is one.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use fiveone_model::area::AreaCode;
use fiveone_model::clock::Millis;
use fiveone_model::failure::FailureKind;
use fiveone_model::login::{Credentials, FieldName};
use fiveone_model::product::Product;
use fiveone_model::task::{Stage, TaskId};
use fiveone_store::{AreaSwitch, ClosedBy, TaskRow, Writer};

use crate::areas::Areas;
use crate::causes;
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

/// Whom a portal failed for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Who {
    /// A person, by a hash under a key of this process.
    Person(u64),
    /// A task that another node logged in for.
    Task(TaskId),
}

/// Whom each portal failed for since it last worked, as this node saw it.
pub(crate) struct Health {
    write: Writer,
    areas: Arc<Areas>,
    time: Arc<dyn Time>,
    /// After so many failures in a row the area is closed.
    after_failures: u32,
    /// For so long.
    closed_for_ms: Millis,
    failures: Mutex<HashMap<(Product, AreaCode), HashSet<Who>>>,
    /// Whom this node logs in, until their task ends.
    people: Mutex<HashMap<TaskId, u64>>,
    hasher: RandomState,
}

impl Health {
    pub(crate) fn new(
        write: Writer,
        areas: Arc<Areas>,
        time: Arc<dyn Time>,
        after_failures: u32,
        closed_for_ms: Millis,
    ) -> Self {
        let (failures, people, hasher) = (Mutex::default(), Mutex::default(), RandomState::new());
        Self { write, areas, time, after_failures, closed_for_ms, failures, people, hasher }
    }

    /// Takes note of who logs in for a task.
    pub(crate) fn meet(&self, task: &TaskId, credentials: &Credentials) {
        let names_person = |(field, _): &(FieldName, &str)| *field != FieldName::Password;
        let who = credentials.iter().filter(names_person).collect::<Vec<_>>();
        // A scan tells nobody apart: each task is somebody of its own.
        if who.is_empty() {
            return;
        }
        let who = self.hasher.hash_one(who);
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        people.insert(task.clone(), who);
    }

    /// Forgets who logged in for a task that another node goes on with.
    pub(crate) fn forget(&self, task: &TaskId) -> Option<u64> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner).remove(task)
    }

    /// Counts a task's end for its portal.
    pub(crate) async fn note(&self, task: &TaskRow, stage: &Stage) {
        let person = self.forget(&task.id);
        if task.is_test {
            // It fails as its app wishes, and says nothing of the portal.
            return;
        }
        let in_a_row = match sign_of(stage) {
            Sign::Neither => return,
            sign => {
                let who = person.map_or_else(|| Who::Task(task.id.clone()), Who::Person);
                self.count(task, sign, who)
            }
        };
        if in_a_row < self.after_failures || in_a_row == 0 {
            return;
        }
        let switch = AreaSwitch {
            product: task.product,
            area: task.area.clone(),
            closed_by: ClosedBy::Health,
            note: format!("{in_a_row} people failed in a row"),
            until_at: Some(self.time.now().saturating_add(self.closed_for_ms)),
        };
        tracing::warn!(product = %task.product, area = %task.area, in_a_row, "area closed");
        if let Err(error) = self.write.close_area(&switch).await {
            tracing::error!(error = causes(&error), "area not closed");
        }
        self.areas.forget();
    }

    /// For how many people in a row the portal has failed now.
    fn count(&self, task: &TaskRow, sign: Sign, who: Who) -> u32 {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (task.product, task.area.clone());
        if sign == Sign::Healthy {
            failures.remove(&key);
            return 0;
        }
        let failed_for = failures.entry(key).or_default();
        // More are not needed to close the area, and strangers choose how many there are.
        if failed_for.len() < self.after_failures as usize {
            failed_for.insert(who);
        }
        u32::try_from(failed_for.len()).unwrap_or(u32::MAX)
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
            | FailureKind::ConnectorFault
            | FailureKind::LimitReached
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
