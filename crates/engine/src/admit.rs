//! Admission: a create becomes a queued task with its price held, or is refused (P-30…P-33).
//!
//! Creates that arrive together are written in one transaction: the disk is asked once for all of
//! them. Each is admitted or refused by itself.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use fiveone_model::area::{AreaCode, AreaStatus};
use fiveone_model::idempotency::IdempotencyKey;
use fiveone_model::login::{Credentials, LoginMethod};
use fiveone_model::product::Product;
use fiveone_model::retention::IDEMPOTENCY_KEPT_FOR_MS;
use fiveone_model::task::TaskId;
use fiveone_store::{Admitted, Idempotency, NewTask};
use tokio::sync::{mpsc, oneshot};

use crate::seal::{keyed_digest, random, seal_to};
use crate::{AppEntry, Engine, Fault};

/// The most creates written in one transaction.
const BATCH_MAX: usize = 64;
/// Creates that may wait to be written before more are refused as busy.
pub(crate) const WAITING_MAX: usize = 1_024;
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
}

/// Why a create is not admitted.
#[derive(Debug, thiserror::Error)]
pub enum AdmitError {
    /// P-30: the words for `data.message`; status -2.
    #[error("refused: {0}")]
    Parameter(String),
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
    Busy,
    /// Ours; `data.status` -1.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<fiveone_store::Error> for AdmitError {
    fn from(error: fiveone_store::Error) -> Self {
        Self::Fault(error.into())
    }
}

fn refused(words: &str) -> AdmitError {
    AdmitError::Parameter(words.to_owned())
}

/// A create on its way into a transaction.
pub(crate) struct Pending {
    new: NewTask,
    reply: oneshot::Sender<Result<Admitted, Arc<fiveone_store::Error>>>,
}

/// The fingerprints of creates on their way, for status 11.
#[derive(Default)]
pub(crate) struct InFlight(Mutex<HashSet<String>>);

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

impl Engine {
    /// Admits a create (P-30…P-33).
    ///
    /// # Errors
    /// See [`AdmitError`]; nothing is held or queued then.
    pub async fn admit(
        &self,
        entry: &AppEntry,
        request: CreateRequest,
    ) -> Result<TaskId, AdmitError> {
        let product = request.product;
        if self.0.stopping.is_cancelled() || self.too_many_tasks() {
            return Err(AdmitError::Busy);
        }
        let area = self.usable_area(product, &request.area).await?;
        let method = self.method(product, &area, &request.login_type)?;
        let credentials = only_fields_of(method, &request.credentials);
        method.check(&credentials).map_err(AdmitError::Parameter)?;
        if method.is_corporate() && !entry.app.has_employer_grant {
            return Err(AdmitError::EmployerLogin);
        }
        let key = request.idempotency_key;
        let new = self.new_task(entry, product, area, method.number, &credentials, key)?;
        let flight = format!("{}/{}", new.app_id, new.fingerprint);
        let _flight = self.0.in_flight.enter(&flight).ok_or(AdmitError::InProgress)?;
        let id = new.id.clone();
        match self.write(new).await? {
            Admitted::New => {
                self.0.open_tasks.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                metrics::counter!(crate::metric::TASKS_ADMITTED, "product" => product.as_str())
                    .increment(1);
                self.0.signals.work.notify_one();
                Ok(id)
            }
            Admitted::Twin(id) => Ok(id),
            Admitted::NoBalance => Err(AdmitError::NoBalance),
            Admitted::KeyReused => Err(refused("Idempotency-Key 已用于另一个请求")),
        }
    }

    fn too_many_tasks(&self) -> bool {
        let open = self.0.open_tasks.load(std::sync::atomic::Ordering::Relaxed);
        open >= self.0.options.open_tasks_max
    }

    async fn usable_area(&self, product: Product, code: &str) -> Result<AreaCode, AdmitError> {
        let code = AreaCode::parse(code).ok_or_else(|| refused("参数 area_code 不正确"))?;
        let area = self
            .area(product, &code)
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
        let number = login_type.trim().parse::<u32>().ok();
        self.logins(product, area)
            .unwrap_or_default()
            .iter()
            .find(|method| Some(method.number) == number)
            .ok_or_else(|| refused("参数 login_type 不是该城市的登录方式"))
    }

    fn new_task(
        &self,
        entry: &AppEntry,
        product: Product,
        area: AreaCode,
        login_type: u32,
        credentials: &Credentials,
        key: Option<IdempotencyKey>,
    ) -> Result<NewTask, Fault> {
        let id = TaskId::from_random(random()?);
        let now = self.now();
        let tariff = entry
            .tariff(product)
            .ok_or_else(|| Fault::Impossible(format!("app {} has no price", entry.app.id)))?;
        let plain = credentials.to_bytes();
        let login_sealed = seal_to(self.0.node_key.public(), &plain, &format!("login:{id}"))?;
        let (_, data_key) = self.0.accounts.keys.new_task_key(id.as_str())?;
        // Keyed with a key of this process: the table holds nothing a password could be tried on.
        let about = format!("{product}/{area}/{login_type}");
        let fingerprint =
            keyed_digest(&self.0.fingerprint_key, &[about.as_bytes(), plain.as_slice()]);
        let due_at = now + self.0.options.task_for_ms;
        Ok(NewTask {
            id,
            app_id: entry.app.id.clone(),
            product,
            area,
            login_type,
            node_id: self.0.node_id.clone(),
            login_sealed,
            data_key,
            fingerprint,
            idempotency: key.map(|key| Idempotency { key, about }),
            tariff,
            due_at,
            hold_due_at: due_at + HOLD_GRACE_MS,
            idempotency_until: now + IDEMPOTENCY_KEPT_FOR_MS,
        })
    }

    async fn write(&self, new: NewTask) -> Result<Admitted, AdmitError> {
        let (reply, answer) = oneshot::channel();
        match self.0.admissions.try_send(Pending { new, reply }) {
            Ok(()) => {}
            Err(_) => return Err(AdmitError::Busy),
        }
        let gone = || Fault::Impossible("the admission loop is gone".to_owned());
        answer.await.map_err(|_| gone())?.map_err(|error| Fault::Shared(error).into())
    }

    /// Writes creates as they come, all that wait in one transaction.
    pub(crate) async fn admission_loop(self, mut pending: mpsc::Receiver<Pending>) {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        while pending.recv_many(&mut batch, BATCH_MAX).await > 0 {
            let (news, replies): (Vec<_>, Vec<_>) =
                batch.drain(..).map(|one| (one.new, one.reply)).unzip();
            match self.0.store.write.admit(&news, self.now()).await {
                Ok(outcomes) => {
                    for (reply, outcome) in replies.into_iter().zip(outcomes) {
                        // A caller that hung up finds its task by creating it again (P-32).
                        drop(reply.send(Ok(outcome)));
                    }
                }
                Err(error) => {
                    let error = Arc::new(error);
                    for reply in replies {
                        drop(reply.send(Err(Arc::clone(&error))));
                    }
                }
            }
        }
    }
}

/// Extra parameters are part of the signature, and of nothing else (P-30).
fn only_fields_of(method: &LoginMethod, sent: &Credentials) -> Credentials {
    let mut kept = Credentials::default();
    for field in &method.fields {
        if let Some(value) = sent.get(field.name) {
            kept.set(field.name, value.to_owned());
        }
    }
    kept
}
