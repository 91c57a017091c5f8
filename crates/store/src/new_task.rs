//! A task as a create makes it, within which limits, and what became of the create.

use fiveone_model::app::AppId;
use fiveone_model::area::AreaCode;
use fiveone_model::clock::Millis;
use fiveone_model::idempotency::IdempotencyKey;
use fiveone_model::product::Product;
use fiveone_model::tariff::Tariff;
use fiveone_model::task::TaskId;

use crate::sections::SectionRow;

/// What [`Writer::admit`](crate::Writer::admit) writes for one create.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// Its id.
    pub id: TaskId,
    /// Its app.
    pub app_id: AppId,
    /// Fund or insurance.
    pub product: Product,
    /// Its area.
    pub area: AreaCode,
    /// Which login method.
    pub login_type: u32,
    /// The node its login is sealed to.
    pub node_id: String,
    /// The sealed login fields.
    pub login_sealed: Vec<u8>,
    /// The wrapped data key.
    pub data_key: Vec<u8>,
    /// The digest of the identity number that was typed, when one was.
    pub person: Option<String>,
    /// What makes two creates twins (P-32).
    pub fingerprint: String,
    /// Its `Idempotency-Key`, when its app sent one.
    pub idempotency: Option<Idempotency>,
    /// Tells the account at its area, and is no account: for [`Quota::wrong_logins_max`].
    pub login_digest: Option<String>,
    /// What its app and its account may have.
    pub quota: Quota,
    /// What is held.
    pub tariff: Tariff,
    /// When it must have ended.
    pub due_at: Millis,
    /// When its hold is released whatever happens.
    pub hold_due_at: Millis,
    /// How long its idempotency key is kept.
    pub idempotency_until: Millis,
    /// Until when its person may hand it over, when it is withheld from its app till then.
    pub withheld_until: Option<Millis>,
    /// The link that it comes of.
    pub link: Option<String>,
    /// What an earlier task of the link has read already, sealed for this one.
    pub kept_sections: Vec<SectionRow>,
    /// Whether it is a test, at the model city, without a price.
    pub is_test: bool,
}

/// A create's `Idempotency-Key`, and what tells whether another create with it is the same.
#[derive(Debug, Clone)]
pub struct Idempotency {
    /// The key.
    pub key: IdempotencyKey,
    /// Digests of what the create is about, the newest first: it is the same create when any of them
    /// is the one that was kept. Never of a password.
    pub about: Vec<String>,
}

/// The limits of one create.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Tasks of the app that have not ended.
    pub open_tasks_max: u32,
    /// Its tasks of the last hour that ended for what was typed, or not typed, and cost nothing.
    pub unpaid_per_hour_max: u32,
    /// Logins of one account at one area that the portal refused, or may yet refuse, since the last one
    /// that it accepted: portals lock accounts.
    pub wrong_logins_max: u32,
    /// How far back they count.
    pub wrong_logins_for_ms: Millis,
}

/// What became of an admission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admitted {
    /// The task is queued and its price held.
    New,
    /// An identical create is still running, or had this key; nothing was held.
    Twin(TaskId),
    /// The wallet has not enough that is free; nothing was written.
    NoBalance,
    /// The key was used for another create; nothing was written.
    KeyReused,
    /// The app has as many tasks under way as it may; nothing was written.
    TooManyOpen,
    /// Too many tasks of the app ended for what was typed, and cost nothing; nothing was written.
    TooManyUnpaid {
        /// When one of them does not count any more.
        until: Millis,
    },
    /// The portal refused the account too often; nothing was written.
    TooManyWrong {
        /// When one of them does not count any more, at the latest.
        until: Millis,
    },
}
