//! Admission: a create becomes a queued task with its price held, or is refused (P-30…P-33).
//!
//! Creates that arrive together are written in one transaction: the disk is asked once for all of
//! them. Each is admitted or refused by itself.

mod batch;
mod fields;

use std::collections::HashSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use fiveone_model::api_key::{KeyMode, MODEL_CITY};
use fiveone_model::area::{AreaCode, AreaStatus};
use fiveone_model::clock::Millis;
use fiveone_model::idempotency::IdempotencyKey;
use fiveone_model::login::{Credentials, FieldName, LoginMethod};
use fiveone_model::product::Product;
use fiveone_model::retention::IDEMPOTENCY_KEPT_FOR_MS;
use fiveone_model::tariff::Tariff;
use fiveone_model::task::TaskId;
use fiveone_store::{Admitted, Idempotency, NewTask, Quota, Writer};
use tokio::sync::mpsc;

use crate::areas::Areas;
use crate::kept_parts::KeptParts;
use crate::node::Node;
use crate::open_tasks::OpenTasks;
use crate::persist::Persistence;
use crate::persons::Persons;
use crate::seal::{DeploymentKeys, keyed_digest, random, seal_to};
use crate::signals::Signals;
use crate::time::Time;
use crate::{AppEntry, Fault};

pub(crate) use batch::{BatchWriter, Pending};
use batch::{wait_ms, write};
use fields::{only_fields_of, without_password};

/// Creates that may wait to be written before more are refused as busy.
const WAITING_MAX: usize = 1_024;
/// When creates waited longer than this to be written, no more join than the next transaction takes:
/// whoever is let in is answered soon, and the others are told at once.
const WAIT_MS_MAX: Millis = 100;
/// Who comes while a node stops finds another one, or this one started anew, in a moment.
const OTHER_NODE_MS: Millis = 1_000;
/// Nobody knows when one of too many tasks ends; many do in the time of a short one.
const TASK_ENDS_WITHIN_MS: Millis = 5_000;
/// A hold outlives its task's deadline by this before the sweeper frees it by itself.
const HOLD_GRACE_MS: i64 = 5 * 60_000;

/// What a create asks for.
pub struct CreateRequest {
    /// Fund or insurance.
    pub product: Product,
    /// `area_code` as sent.
    pub area: String,
    /// `login_type` as sent.
    pub login_type: String,
    /// The login fields as sent.
    pub credentials: Credentials,
    /// The `Idempotency-Key` header.
    pub idempotency_key: Option<IdempotencyKey>,
    /// The link that it is withheld for.
    pub withheld: Option<Withheld>,
    /// What it may reach: the caller's key, or its app.
    pub mode: KeyMode,
}

/// The link of a task that only its person may see.
pub struct Withheld {
    /// The link's id: a task of one link is no other link's, whoever types the same.
    pub link: String,
    /// Until when the person may hand it over.
    pub until: Millis,
    /// What an earlier task of the link has read.
    pub kept: Option<KeptParts>,
}

/// Why a create is not admitted.
#[derive(Debug, thiserror::Error)]
pub enum AdmitError {
    /// P-30: the words for `data.message`; status -2.
    #[error("refused: {0}")]
    Parameter(String),
    /// The `Idempotency-Key` belongs to another request; status -2.
    #[error("the idempotency key is another request's")]
    KeyReused,
    /// A test that is not of the model city, or the model city and no test; status -2.
    #[error("it does not reach this area")]
    WrongMode,
    /// P-23: an employer's login without the grant; top-level 7.
    #[error("employer login is not granted")]
    EmployerLogin,
    /// P-33: top-level 9.
    #[error("not enough free balance")]
    NoBalance,
    /// An identical create is being processed at this moment; top-level 11.
    #[error("an identical create is being processed")]
    InProgress,
    /// Too many tasks are under way, or this node stops; top-level 10.
    #[error("too many tasks are under way")]
    Busy {
        /// After so long another try is worth it.
        wait_ms: Millis,
    },
    /// The portal refused the account too often; status -2.
    #[error("the portal refused the account too often")]
    Braked {
        /// After so long the account is tried again, at the latest.
        wait_ms: Millis,
    },
    /// Ours; `data.status` -1.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<fiveone_store::Error> for AdmitError {
    fn from(error: fiveone_store::Error) -> Self {
        Self::Fault(error.into())
    }
}

fn refused(message: &str) -> AdmitError {
    AdmitError::Parameter(message.to_owned())
}

/// The fingerprints of creates on their way, for status 11.
#[derive(Default)]
struct InFlight(Mutex<HashSet<String>>);

/// Takes its fingerprint out again, however the create ends.
struct Flight<'a>(&'a InFlight, String);

impl InFlight {
    fn enter(&self, fingerprint: &str) -> Option<Flight<'_>> {
        let mut set = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        set.insert(fingerprint.to_owned()).then(|| Flight(self, fingerprint.to_owned()))
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

/// Admits creates.
pub(crate) struct Admission {
    keys: DeploymentKeys,
    persons: Persons,
    write: Writer,
    areas: Arc<Areas>,
    node: Arc<Node>,
    open_tasks: Arc<OpenTasks>,
    signals: Arc<Signals>,
    time: Arc<dyn Time>,
    limits: AdmissionLimits,
    in_flight: InFlight,
    writes: mpsc::Sender<Pending>,
    /// How long the last transaction took.
    written_ms: Arc<AtomicI64>,
}

/// What an [`Admission`] needs.
pub(crate) struct AdmissionParts {
    pub(crate) keys: DeploymentKeys,
    pub(crate) persons: Persons,
    pub(crate) areas: Arc<Areas>,
    pub(crate) node: Arc<Node>,
    pub(crate) open_tasks: Arc<OpenTasks>,
    pub(crate) signals: Arc<Signals>,
    pub(crate) time: Arc<dyn Time>,
    pub(crate) limits: AdmissionLimits,
}

/// What the configuration says of admissions.
#[derive(Clone, Copy)]
pub(crate) struct AdmissionLimits {
    /// How long a task may take from admission to its end.
    pub(crate) task_for_ms: Millis,
    /// See [`Quota`].
    pub(crate) wrong_logins_max: u32,
    /// See [`Quota`].
    pub(crate) wrong_logins_for_ms: Millis,
    /// Whether live creates reach the model city, too.
    pub(crate) live_in_model_city: bool,
}

impl Admission {
    /// An admission, and the loop that writes what it admits: nothing is admitted until somebody
    /// runs it.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub(crate) fn new(
        parts: AdmissionParts,
        write: Writer,
        persistence: Persistence,
    ) -> Result<(Self, BatchWriter), Fault> {
        let (writes, pending) = mpsc::channel(WAITING_MAX);
        let written_ms = Arc::<AtomicI64>::default();
        let own_write = write.clone();
        let writer =
            BatchWriter { write, persistence, pending, written_ms: Arc::clone(&written_ms) };
        let admission = Self {
            keys: parts.keys,
            persons: parts.persons,
            write: own_write,
            areas: parts.areas,
            node: parts.node,
            open_tasks: parts.open_tasks,
            signals: parts.signals,
            time: parts.time,
            limits: parts.limits,
            in_flight: InFlight::default(),
            writes,
            written_ms,
        };
        Ok((admission, writer))
    }

    /// Admits a create (P-30…P-33).
    ///
    /// # Errors
    /// See [`AdmitError`]; nothing is held or queued then.
    pub(crate) async fn admit(
        &self,
        entry: &AppEntry,
        request: CreateRequest,
    ) -> Result<TaskId, AdmitError> {
        let product = request.product;
        if self.node.stopping.is_cancelled() {
            return Err(AdmitError::Busy { wait_ms: OTHER_NODE_MS });
        }
        if self.open_tasks.are_too_many() {
            return Err(AdmitError::Busy { wait_ms: TASK_ENDS_WITHIN_MS });
        }
        let place = self.place()?;
        let area = self.usable_area(product, &request.area).await?;
        let is_test = request.mode == KeyMode::Test;
        let is_model_city = area.as_str() == MODEL_CITY;
        if is_test != is_model_city && !(is_model_city && self.limits.live_in_model_city) {
            return Err(AdmitError::WrongMode);
        }
        let method = self.method(product, &area, &request.login_type)?;
        let mut credentials = only_fields_of(method, &request.credentials);
        method.check(&credentials).map_err(AdmitError::Parameter)?;
        if method.is_corporate() && !entry.app.has_employer_grant {
            return Err(AdmitError::EmployerLogin);
        }
        if is_test && credentials.get(FieldName::Password).is_some() {
            let sandbox = self.write.use_sandbox(&entry.app.id).await?;
            if let Some(password) = sandbox.password() {
                credentials.set(FieldName::Password, password.to_owned());
            }
        }
        let key = request.idempotency_key;
        let new = self.new_task(
            entry,
            (product, area, method.number),
            &credentials,
            (key, request.withheld.as_ref(), is_test),
        )?;
        let flight = format!("{}/{}", new.app_id, new.fingerprint);
        let _flight = self.in_flight.enter(&flight).ok_or(AdmitError::InProgress)?;
        let id = new.id.clone();
        match write(place, new).await? {
            // Its own twin: it was written by a try whose answer was lost.
            outcome if outcome == Admitted::New || outcome == Admitted::Twin(id.clone()) => {
                self.open_tasks.one_more();
                metrics::counter!(crate::metric::TASKS_ADMITTED, "product" => product.as_str())
                    .increment(1);
                self.signals.work.notify_one();
                Ok(id)
            }
            Admitted::Twin(id) => Ok(id),
            Admitted::TooManyOpen => Err(AdmitError::Busy { wait_ms: TASK_ENDS_WITHIN_MS }),
            Admitted::TooManyUnpaid { until } => {
                Err(AdmitError::Busy { wait_ms: until - self.time.now() })
            }
            Admitted::TooManyWrong { until } => {
                Err(AdmitError::Braked { wait_ms: until - self.time.now() })
            }
            Admitted::New | Admitted::NoBalance => Err(AdmitError::NoBalance),
            Admitted::KeyReused => Err(AdmitError::KeyReused),
        }
    }

    /// A place among the creates that wait to be written; none when they wait long, but how long. Taken before anything
    /// else is done: what is not let in must cost nothing, and what is on its way must count, or all
    /// that come at once would find the queue empty.
    fn place(&self) -> Result<mpsc::Permit<'_, Pending>, AdmitError> {
        let waiting = WAITING_MAX - self.writes.capacity();
        let wait_ms = wait_ms(waiting, self.written_ms.load(Ordering::Relaxed));
        if wait_ms > WAIT_MS_MAX {
            return Err(AdmitError::Busy { wait_ms });
        }
        self.writes.try_reserve().map_err(|_| AdmitError::Busy { wait_ms })
    }

    async fn usable_area(&self, product: Product, code: &str) -> Result<AreaCode, AdmitError> {
        let code = AreaCode::parse(code).ok_or_else(|| refused("参数 area_code 不正确"))?;
        let area = self
            .areas
            .find(product, &code)
            .await?
            .ok_or_else(|| refused("参数 area_code 不是已知的城市编码"))?;
        match area.status {
            AreaStatus::Usable => Ok(code),
            AreaStatus::Maintenance => Err(refused("该城市系统维护中，请稍后再试")),
            AreaStatus::InDevelopment => Err(refused("该城市开发中，暂不支持")),
        }
    }

    fn method(
        &self,
        product: Product,
        area: &AreaCode,
        login_type: &str,
    ) -> Result<&LoginMethod, AdmitError> {
        let number = fiveone_model::login::login_type(login_type);
        self.areas
            .logins(product, area)
            .unwrap_or_default()
            .iter()
            .find(|method| Some(method.number) == number)
            .ok_or_else(|| refused("参数 login_type 不是该城市的登录方式"))
    }

    fn new_task(
        &self,
        entry: &AppEntry,
        (product, area, login_type): (Product, AreaCode, u32),
        credentials: &Credentials,
        (key, withheld, is_test): (Option<IdempotencyKey>, Option<&Withheld>, bool),
    ) -> Result<NewTask, Fault> {
        let id = TaskId::from_random(random()?);
        let now = self.time.now();
        let tariff = entry
            .tariff(product)
            .ok_or_else(|| Fault::Impossible(format!("app {} has no price", entry.app.id)))?;
        // A test moves no money: its hold, its end and its entries are there, each of nothing.
        let tariff = if is_test { Tariff { price_fen: 0, ..tariff } } else { tariff };
        let plain = credentials.to_bytes();
        let login_sealed = seal_to(self.node.key.public(), &plain, &format!("login:{id}"))?;
        let (task_key, data_key) = self.keys.new_task_key(id.as_str())?;
        // Under a key that is in memory only: the table holds nothing a password could be tried on.
        let test = if is_test { "/test" } else { "" };
        let about = format!("{product}/{area}/{login_type}{test}");
        // Whoever has another link is another person, even with the same login fields: a twin would see
        // and hand over what the first one's codes opened.
        let link = withheld.map_or("", |withheld| withheld.link.as_str());
        // Whoever logs in by a scan types nothing that tells one person from another: no two such
        // creates are twins, unless an Idempotency-Key says so.
        let own = if credentials.iter().next().is_none() { id.as_str() } else { "" };
        let parts = [link.as_bytes(), about.as_bytes(), plain.as_slice(), own.as_bytes()];
        let fingerprint = keyed_digest(&self.node.twin_key.get(), &parts);
        let open = without_password(credentials).to_bytes();
        let about = self.keys.digests("idempotency", &[about.as_bytes(), open.as_slice()]);
        let place = format!("{product}/{area}");
        let quota = Quota {
            open_tasks_max: entry.app.open_tasks_max,
            unpaid_per_hour_max: entry.app.unpaid_per_hour_max,
            // The model city locks nobody, and to fail is what tests are for.
            wrong_logins_max: if is_test { u32::MAX } else { self.limits.wrong_logins_max },
            wrong_logins_for_ms: self.limits.wrong_logins_for_ms,
        };
        let due_at = now + self.limits.task_for_ms;
        let mut new = NewTask {
            id,
            app_id: entry.app.id.clone(),
            product,
            area,
            login_type,
            node_id: self.node.id.clone(),
            login_sealed,
            data_key,
            person: self.persons.of(credentials),
            fingerprint,
            login_digest: self.persons.login_of(&place, credentials),
            quota,
            idempotency: key.map(|key| Idempotency { key, about }),
            tariff,
            due_at,
            hold_due_at: due_at + HOLD_GRACE_MS,
            idempotency_until: now + IDEMPOTENCY_KEPT_FOR_MS,
            withheld_until: withheld.map(|withheld| withheld.until),
            link: withheld.map(|withheld| withheld.link.clone()),
            kept_sections: Vec::new(),
            is_test,
        };
        if let Some(kept) = withheld.and_then(|withheld| withheld.kept.as_ref()) {
            new.kept_sections = kept.sealed_for(&new, &task_key)?;
        }
        Ok(new)
    }
}

#[cfg(test)]
mod tests {
    use fiveone_model::task::Stage;
    use fiveone_testkit::{TestStore, build};

    use super::*;
    use crate::Options;
    use crate::wiring::tests::wiring;

    fn request(password: &str) -> CreateRequest {
        let mut credentials = Credentials::default();
        credentials.set(FieldName::parse("id_card").unwrap(), "991300199305020000".to_owned());
        credentials.set(FieldName::parse("password").unwrap(), password.to_owned());
        CreateRequest {
            product: Product::Fund,
            area: "990000".to_owned(),
            login_type: "1".to_owned(),
            credentials,
            idempotency_key: None,
            withheld: None,
            mode: KeyMode::Live,
        }
    }

    #[tokio::test]
    async fn a_twin_is_recognised_and_money_and_load_are_limits() {
        let store = TestStore::sqlite().await;
        let options = Options { open_tasks_max: 4, ..Options::default() };
        let wiring = wiring(&store, options).await;
        let entry = wiring.apps.find(&build::app_id("a")).await.unwrap().unwrap();
        let (admission, writer) = wiring.admission().unwrap();
        let writing = tokio::spawn(writer.run());

        let first = admission.admit(&entry, request("one")).await.unwrap();
        let twin = admission.admit(&entry, request("one")).await.unwrap();
        assert_eq!(first, twin);
        let task = store.read.task(&first).await.unwrap().unwrap();
        assert_eq!((task.stage, task.node_id), (Stage::Queued, Some(wiring.node.id.clone())));
        admission.admit(&entry, request("two")).await.unwrap();
        admission.admit(&entry, request("three")).await.unwrap();
        let poor = admission.admit(&entry, request("four")).await;
        assert!(matches!(poor, Err(AdmitError::NoBalance)), "1,000 分 pay for three at 300");
        wiring.open_tasks.set(4);
        let busy = admission.admit(&entry, request("five")).await;
        let expected = TASK_ENDS_WITHIN_MS;
        assert!(matches!(busy, Err(AdmitError::Busy { wait_ms }) if wait_ms == expected));

        drop(admission);
        writing.await.unwrap();
    }
}
