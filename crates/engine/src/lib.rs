//! The use-cases, one file each, named by verb. Every write of the house goes through here.

mod fault;
mod view;

use std::sync::Arc;

use fiveone_model::app::App;
use fiveone_model::area::{Area, AreaCode};
use fiveone_model::clock::Millis;
use fiveone_model::login::{Credentials, LoginMethod};
use fiveone_model::product::Product;
use fiveone_model::task::TaskId;
use zeroize::Zeroizing;

pub use fault::Fault;
pub use view::{Shown, TaskView};

/// The handle of the engine; cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<()>);

/// An app with its secret, as looked up for one call.
pub struct AppEntry {
    /// The app.
    pub app: App,
    /// Its tokenId.
    pub token: Zeroizing<String>,
}

/// What a create asks for.
pub struct Application {
    /// Fund or insurance.
    pub product: Product,
    /// `area_code` as sent.
    pub area: String,
    /// `login_type` as sent.
    pub login_type: String,
    /// The login fields as sent.
    pub credentials: Credentials,
    /// The `Idempotency-Key` header.
    pub idempotency_key: Option<String>,
}

/// Why a create is not admitted.
#[derive(Debug)]
pub enum AdmitError {
    /// P-30: the words for `data.message`.
    Parameter(String),
    /// P-23: top-level 7.
    EmployerLogin,
    /// P-33: top-level 9.
    NoBalance,
    /// Top-level 11: an identical create is being processed at this moment.
    InProgress,
    /// Top-level 10.
    Busy,
    /// `data.status` -1.
    Fault(Fault),
}

/// What became of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// 0: taken.
    Accepted,
    /// -2: no question is open, or it has its answer.
    NotWaiting,
    /// -2: there is no such task.
    Unknown,
    /// -9: the task is another app's.
    OtherApps,
}

impl Engine {
    /// The present instant of the engine's clock.
    #[must_use]
    pub fn now(&self) -> Millis {
        0
    }

    /// A `seqNum` unique in the deployment (P-05).
    #[must_use]
    pub fn next_seq_num(&self) -> String {
        String::new()
    }

    /// The app of an id; `None` when unknown or not configured. Cached for at most a second.
    ///
    /// # Errors
    /// The store could not be asked.
    pub async fn app(&self, _app_id: &str) -> Result<Option<Arc<AppEntry>>, Fault> {
        Ok(None)
    }

    /// All areas of a product with their present state.
    ///
    /// # Errors
    /// The store could not be asked.
    pub async fn areas(&self, _product: Product) -> Result<Arc<Vec<Area>>, Fault> {
        Ok(Arc::default())
    }

    /// The login methods of an area; `None` when it has no connector.
    #[must_use]
    pub fn logins(&self, _product: Product, _area: &AreaCode) -> Option<&[LoginMethod]> {
        None
    }

    /// Admits a create (P-30…P-33).
    ///
    /// # Errors
    /// See [`AdmitError`].
    pub async fn admit(&self, _app: &AppEntry, _application: Application) -> Result<TaskId, AdmitError> {
        Err(AdmitError::Busy)
    }

    /// What a poll shows (P-41…P-44).
    ///
    /// # Errors
    /// The store could not be asked, or a row cannot be read.
    pub async fn show(&self, _app: &AppEntry, _product: Product, _tid: &str) -> Result<Shown, Fault> {
        Ok(Shown::Unknown)
    }

    /// Takes a code from the person (P-50).
    ///
    /// # Errors
    /// The store could not be asked.
    pub async fn answer(&self, _app: &AppEntry, _product: Product, _tid: &str, _code: &str) -> Result<Answered, Fault> {
        Ok(Answered::Unknown)
    }

    /// Whether this node can serve: the store answers.
    pub async fn ready(&self) -> bool {
        false
    }
}
