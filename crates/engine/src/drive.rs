//! Driving: one task through its portal, from claimed to settled.
//!
//! Login fields are opened here and dropped when the login has ended. From then on the run can be
//! taken up by another node: after every section its session is checkpointed.

mod findings;
mod person;
mod recorder;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use fiveone_connector::{Connector, Library, Portal, Reading, Run};
use fiveone_model::challenge::PerChallenge;
use fiveone_model::clock::Millis;
use fiveone_model::failure::{Failure, FailureKind};
use fiveone_model::login::Credentials;
use fiveone_model::report::{Content, Section};
use fiveone_model::task::{Stage, StageName};
use fiveone_store::{Claimed, Store, TaskRow};
use futures_util::FutureExt as _;
use tracing::Instrument as _;

use crate::apps::Apps;
use crate::node::Node;
use crate::persist::{Passing as _, Persistence};
use crate::portal_changes::PortalChanges;
use crate::seal::{DeploymentKeys, TaskKey};
use crate::sections;
use crate::settle::Settler;
use crate::signals::Signals;
use crate::slots::Slot;
use crate::time::Time;
use crate::{Fault, causes};
use person::TaskPerson;
use recorder::Recorder;

/// Why a run did not reach its end.
enum Stop {
    /// The portal, the person or the connector: the task has failed.
    Failed(Failure),
    /// Somebody else has the task now; whatever this run would write is refused.
    LeaseLost,
    /// The node stops; the task is left as it is.
    NodeStops,
    /// Ours.
    Fault(Fault),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Store(error) => error.into(),
            other => Self::Fault(other),
        }
    }
}

impl From<fiveone_store::Error> for Stop {
    fn from(error: fiveone_store::Error) -> Self {
        match error {
            fiveone_store::Error::Stale { .. } => Self::LeaseLost,
            other => Self::Fault(Fault::Store(other)),
        }
    }
}

/// Drives claimed tasks through their portals.
pub(crate) struct Driver {
    pub(crate) store: Store,
    pub(crate) library: Arc<Library>,
    pub(crate) portal: Arc<dyn Portal>,
    pub(crate) keys: DeploymentKeys,
    pub(crate) node: Arc<Node>,
    pub(crate) apps: Arc<Apps>,
    pub(crate) settler: Arc<Settler>,
    pub(crate) signals: Arc<Signals>,
    pub(crate) portal_changes: PortalChanges,
    pub(crate) persistence: Persistence,
    pub(crate) time: Arc<dyn Time>,
    /// How long each kind of question waits for the person.
    pub(crate) patience_ms: PerChallenge<Millis>,
}

impl Driver {
    /// Runs a claimed task to its end. Whatever happens, panics included, the task is settled; when
    /// the node stops it is left to whoever goes on with it or ends it.
    pub(crate) async fn drive(&self, claimed: Claimed, mut slot: Slot) {
        let task = claimed.task.clone();
        let (product, area) = (task.product, task.area.clone());
        tracing::info!(tid = %task.id, %product, %area, fence = task.fence, "run begins");
        // Boxed, here and below: thousands of runs wait for a person at once, and a future is as
        // large as the largest it may hold.
        let span = tracing::info_span!("task", tid = %task.id, %product, %area);
        let mut recorder = Recorder::default();
        let run = Box::pin(self.run(claimed, &mut slot, &mut recorder).instrument(span));
        let run = AssertUnwindSafe(run).catch_unwind();
        let deadline = self.time.until(task.due_at);
        let end = tokio::select! {
            // An end that is there at the last instant is the end, and not whichever is drawn.
            biased;
            end = run => end.unwrap_or_else(|_| {
                Err(Stop::Fault(Fault::Impossible("a run panicked".to_owned())))
            }),
            () = deadline => Err(Failure::of(FailureKind::DeadlinePassed).into()),
            () = self.node.abandon.cancelled() => Err(Stop::NodeStops),
        };
        drop(slot);
        self.signals.work.notify_one();
        // A run that was broken off has said what it was at. Not where others have the task, or will: a node
        // that stops with thousands of them has no time for it.
        if !matches!(end, Err(Stop::NodeStops | Stop::LeaseLost)) {
            Box::pin(self.record(&task, &mut recorder)).await;
        }
        let stage = match end {
            Ok(missing) => Stage::Done { missing },
            Err(Stop::Failed(failure)) => Stage::Failed(failure),
            Err(Stop::LeaseLost) => {
                tracing::warn!(tid = %task.id, "lease lost; another node goes on");
                self.settler.health.forget(&task.id);
                return;
            }
            // What is past login stays for another node; the rest fails when this one signs off.
            Err(Stop::NodeStops) => return,
            // The store was away for longer than the node may ask it: whoever has it goes on, or fails what
            // cannot go on. A lease that stays here is found by the pulse.
            Err(Stop::Fault(fault)) if fault.passes() => {
                tracing::warn!(tid = %task.id, error = causes(&fault), "run left to others");
                self.settler.health.forget(&task.id);
                return;
            }
            Err(Stop::Fault(fault)) => {
                tracing::error!(tid = %task.id, error = causes(&fault), "run failed");
                Stage::Failed(Failure::of(FailureKind::Internal))
            }
        };
        Box::pin(self.settler.settle_or_leave(&task, stage)).await;
    }

    async fn run(
        &self,
        claimed: Claimed,
        slot: &mut Slot,
        recorder: &mut Recorder,
    ) -> Result<Vec<Section>, Stop> {
        let Claimed { task, login_sealed, session_sealed, .. } = claimed;
        let connector = self
            .library
            .connector(task.product, &task.area)
            .map(Arc::clone)
            .ok_or_else(|| Failure::of(FailureKind::NotDeveloped))?;
        let wrapped = task.data_key.as_deref().ok_or(Fault::Seal("a task has no data key"))?;
        let key = self.keys.task_key(task.id.as_str(), wrapped)?;
        let mut run = if task.stage == Stage::LoggingIn {
            let new = Run::new(Arc::clone(&connector), Arc::clone(&self.portal), self.time.now());
            recorder.follow(&new);
            let run = Box::pin(self.log_in(&task, new, &key, login_sealed, slot)).await?;
            self.record(&task, recorder).await;
            let session = key.seal(&run.checkpoint(), "session")?;
            self.step(&task, (StageName::LoggingIn, StageName::LoggedIn), Some(&session)).await?;
            run
        } else {
            slot.acquire().await;
            let run = self.take_up(&task, &connector, &key, session_sealed.as_deref())?;
            recorder.follow(&run);
            run
        };
        // A task comes in at one of four stages, as far as whoever had it before brought it.
        if matches!(task.stage, Stage::LoggingIn | Stage::LoggedIn) {
            self.step(&task, (StageName::LoggedIn, StageName::Crawling), None).await?;
        }
        let stored = self.stored(&task).await?;
        if task.stage == Stage::Storing {
            return Ok(stored.missing_of(&connector));
        }
        let reading = (&mut run, recorder);
        let reading = Box::pin(self.read_sections(&task, &connector, reading, &key, stored));
        let stored = reading.await?;
        self.step(&task, (StageName::Crawling, StageName::Storing), None).await?;
        Ok(stored.missing_of(&connector))
    }

    /// Logs in with the sealed fields, which exist in the clear only within this function.
    async fn log_in(
        &self,
        task: &TaskRow,
        mut run: Run,
        key: &TaskKey,
        login_sealed: Option<Vec<u8>>,
        slot: &mut Slot,
    ) -> Result<Run, Stop> {
        let sealed = login_sealed.ok_or(Fault::Seal("a queued task has no login fields"))?;
        let plain = self.node.key.open(&sealed, &format!("login:{}", task.id))?;
        let credentials = Credentials::from_bytes(&plain)
            .ok_or(Fault::Seal("login fields are not what was sealed"))?;
        drop(plain);
        self.settler.health.meet(&task.id, &credentials);
        let mut person = TaskPerson::new(self, task, key, slot);
        let outcome = run.login(task.login_type, &credentials, &mut person).await;
        drop(credentials);
        if let Some(stop) = person.into_stop() {
            return Err(stop);
        }
        self.note_refusal(task, run.connector(), None, outcome.as_ref().err(), &run).await;
        outcome?;
        self.portal_changes.logged_in(task);
        Ok(run)
    }

    fn take_up(
        &self,
        task: &TaskRow,
        connector: &Arc<Connector>,
        key: &TaskKey,
        session_sealed: Option<&[u8]>,
    ) -> Result<Run, Stop> {
        let sealed = session_sealed.ok_or(Fault::Seal("a task past login has no session"))?;
        let session = key.open(sealed, "session")?;
        let portal = Arc::clone(&self.portal);
        tracing::info!(tid = %task.id, "run goes on from its checkpoint");
        Run::resume(Arc::clone(connector), portal, self.time.now(), &session).ok_or_else(|| {
            // The connector has changed since; its old session means nothing to it.
            Failure::of(FailureKind::SessionLost).into()
        })
    }

    /// Reads what is not yet stored; a section that fails is passed over. When none could be read at
    /// all the first failure is the task's.
    async fn read_sections(
        &self,
        task: &TaskRow,
        connector: &Connector,
        (run, recorder): (&mut Run, &mut Recorder),
        key: &TaskKey,
        mut stored: Stored,
    ) -> Result<Stored, Stop> {
        let mut first_failure = None;
        for &section in connector.sections() {
            if stored.sections.contains(&section) {
                continue;
            }
            recorder.begin(section);
            let outcome = run.read(section).await;
            self.note_refusal(task, connector, Some(section), outcome.as_ref().err(), run).await;
            self.record(task, recorder).await;
            match outcome {
                Ok(reading) => {
                    self.store_section(task, run, key, section, &reading).await?;
                    self.note_findings(task, connector, section, &reading, run).await;
                    stored.sections.push(section);
                    stored.has_records |= reading.content != Content::NotOffered;
                }
                // Nothing of a portal that mixes people up can be trusted.
                Err(failure) if failure.kind == FailureKind::OtherPerson => {
                    tracing::error!(
                        tid = %task.id,
                        product = %task.product,
                        area = %task.area,
                        section = section.as_str(),
                        "the portal answered with the records of somebody else"
                    );
                    return Err(failure.into());
                }
                Err(failure) => {
                    note_failure(task, section, &failure);
                    first_failure.get_or_insert(failure);
                }
            }
        }
        match first_failure {
            Some(failure) if !stored.has_records => Err(failure.into()),
            _ => Ok(stored),
        }
    }

    /// Stores a section and its findings together with the session after it, so that whoever takes the task over
    /// begins with the next one.
    async fn store_section(
        &self,
        task: &TaskRow,
        run: &Run,
        key: &TaskKey,
        section: Section,
        reading: &Reading,
    ) -> Result<(), Stop> {
        let row = sections::seal(key, section, reading, self.time.now())?;
        let session = key.seal(&run.checkpoint(), "session")?;
        let write = &self.store.write;
        let store = || write.store_section(&task.id, task.fence, &row, &session);
        self.persistence.persist(store).await?;
        self.signals.changed();
        Ok(())
    }

    async fn stored(&self, task: &TaskRow) -> Result<Stored, Stop> {
        let rows = self.persistence.persist(|| self.store.read.sections(&task.id)).await?;
        Ok(Stored {
            has_records: rows.iter().any(|row| row.row_count.is_some()),
            sections: rows.into_iter().map(|row| row.section).collect(),
        })
    }

    async fn step(
        &self,
        task: &TaskRow,
        step: (StageName, StageName),
        session: Option<&[u8]>,
    ) -> Result<(), Stop> {
        let write = &self.store.write;
        let now = self.time.now();
        let moving = || write.move_stage(&task.id, task.fence, step, session, now);
        Box::pin(self.persistence.persist(moving)).await?;
        self.signals.changed();
        Ok(())
    }
}

fn note_failure(task: &TaskRow, section: Section, failure: &Failure) {
    tracing::warn!(
        tid = %task.id,
        section = section.as_str(),
        kind = failure.kind.as_str(),
        "section failed"
    );
}

/// What of a task is stored.
struct Stored {
    /// Those that were read, and those that the portal does not have.
    sections: Vec<Section>,
    /// Whether one of them was read.
    has_records: bool,
}

impl Stored {
    fn missing_of(&self, connector: &Connector) -> Vec<Section> {
        let offered = connector.sections().iter().copied();
        offered.filter(|section| !self.sections.contains(section)).collect()
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use fiveone_connector::{Answer, Replay, Request, TransportError};
    use fiveone_model::area::AreaCode;
    use fiveone_model::login::FieldName;
    use fiveone_model::product::Product;
    use fiveone_model::task::TaskId;
    use fiveone_store::{Leftovers, NewTask};
    use fiveone_testkit::{TestStore, build};

    use super::*;
    use crate::Options;
    use crate::seal::seal_to;
    use crate::slots::Slots;
    use crate::tasks::Tasks;
    use crate::time::tests::ByHand;
    use crate::wiring::tests::{NOW, wiring, wiring_at};

    /// A portal that takes a request, lets the task's time pass, and never answers.
    struct Silent(ByHand);

    #[async_trait]
    impl Portal for Silent {
        async fn send(&self, _request: Request) -> Result<Answer, TransportError> {
            self.0.advance(900_000);
            std::future::pending().await
        }
    }

    #[tokio::test]
    async fn a_run_that_is_broken_off_has_said_what_it_waited_for() {
        let store = TestStore::sqlite().await;
        let time = ByHand::at(NOW);
        let wiring = wiring_at(&store, Options::default(), Arc::new(time.clone())).await;
        let id = build::task_id(1);
        let (_, data_key) = wiring.keys.new_task_key(id.as_str()).unwrap();
        let mut login = Credentials::default();
        login.set(FieldName::IdCard, "990000199001010004".to_owned());
        login.set(FieldName::Password, "good".to_owned());
        let about = format!("login:{id}");
        let login_sealed = seal_to(wiring.node.key.public(), &login.to_bytes(), &about).unwrap();
        let task = NewTask { data_key, login_sealed, ..build::new_task("a", 1) };
        store.write.admit(&[task], NOW).await.unwrap();
        let portal = (Product::Fund, &AreaCode::parse("210300").unwrap());
        let mut claimed = store.write.claim_queued("n1", portal, 1, 1, NOW).await.unwrap().rows;
        let slot = Slots::new(1).waiting((portal.0, portal.1.clone()), 1);
        let driver = wiring.driver(Arc::new(Silent(time)), &wiring.settler());
        driver.drive(claimed.remove(0), slot).await;
        let tasks = Tasks::new(&store, wiring.keys.clone());
        let record = tasks.show(&id).await.unwrap().unwrap();
        let late = Stage::Failed(Failure::of(FailureKind::DeadlinePassed));
        assert_eq!(record.task.stage, late);
        let [stretch] = record.run_log.as_slice() else { panic!("{:?}", record.run_log) };
        let steps: Vec<_> = stretch
            .steps
            .iter()
            .map(|step| (step.method.as_str(), step.outcome.as_str()))
            .collect();
        assert_eq!((stretch.section, steps), (None, vec![("GET", "no answer yet")]));
    }

    #[tokio::test]
    async fn a_task_of_an_area_without_a_connector_fails_as_not_developed() {
        let store = TestStore::sqlite().await;
        let wiring = wiring(&store, Options::default()).await;
        let area = AreaCode::parse("110000").unwrap();
        let task = NewTask { area: area.clone(), ..build::new_task("a", 1) };
        store.write.admit(&[task], NOW).await.unwrap();
        let portal = (Product::Fund, &area);
        let mut claimed = store.write.claim_queued("n1", portal, 1, 1, NOW).await.unwrap().rows;
        let slot = Slots::new(1).waiting((Product::Fund, area.clone()), 1);
        let driver = wiring.driver(Arc::new(Replay::new(Vec::new())), &wiring.settler());
        driver.drive(claimed.remove(0), slot).await;
        let task = store.read.task(&build::task_id(1)).await.unwrap().unwrap();
        assert_eq!(task.stage, Stage::Failed(Failure::of(FailureKind::NotDeveloped)));
        assert_eq!(store.read.leftovers().await.unwrap(), Leftovers::default());
    }

    #[test]
    fn only_a_lost_compare_and_set_is_a_lost_lease() {
        let task = TaskId::from_random([1; 16]);
        let lost = fiveone_store::Error::Stale { what: "task", id: task.to_string() };
        assert!(matches!(Stop::from(lost), Stop::LeaseLost));
        let others = [
            fiveone_store::Error::IllegalStep { task, from: "queued", to: "done" },
            fiveone_store::Error::NoSlot,
            fiveone_store::Error::Missing { what: "answer to task", id: "t".to_owned() },
        ];
        for error in others {
            assert!(matches!(Stop::from(error), Stop::Fault(_)));
        }
    }
}
