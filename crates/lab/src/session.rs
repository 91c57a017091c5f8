//! Portal sessions and SMS inboxes. Both are bounded: the longest unused go first, and a session
//! ends after twenty idle minutes. What a session knows about a person is an index.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use serde_json::{Value, json};

use crate::behaviour::Behaviour;
use crate::puzzle::Puzzle;

const SESSIONS_MAX: u64 = 50_000;
const INBOXES_MAX: u64 = 10_000;
const IDLE_FOR: Duration = Duration::from_secs(20 * 60);

/// What a portal remembers about one browser.
#[derive(Debug, Default)]
pub(crate) struct Session {
    /// The behaviour of the password last typed.
    pub(crate) behaviour: Option<Behaviour>,
    /// Who logged in, or is about to (after the password, before the SMS code).
    pub(crate) person: Option<u64>,
    pub(crate) is_signed_in: bool,
    /// The answer to the picture last served; taken by the first try.
    pub(crate) picture: Option<String>,
    /// The identifier of that picture, where the family has one.
    pub(crate) picture_id: String,
    /// Whether the next login needs a picture (portals that ask only after a failure).
    pub(crate) is_picture_due: bool,
    /// Right picture answers refused by a behaviour.
    pub(crate) refused: u8,
    /// Wrong passwords.
    pub(crate) wrong: u8,
    /// The SMS code last sent; taken by the first try.
    pub(crate) sms: Option<String>,
    pub(crate) sms_refused: u8,
    /// The puzzle that was drawn last, and what its check made for the login.
    pub(crate) puzzle: Option<Puzzle>,
    pub(crate) verification: Option<String>,
    /// Whether the password was right and something else is due.
    pub(crate) is_asked_more: bool,
    /// The request that waits on the person's phone.
    pub(crate) phone: String,
    /// The token that pages carry (uuid, csrf).
    pub(crate) token: String,
    /// What a command put into the work table that the next list is read from.
    pub(crate) work: Option<(String, String)>,
    /// Data requests that have failed once under `flaky`.
    pub(crate) flaked: HashSet<String>,
}

impl Session {
    /// Whether data may be read now.
    pub(crate) fn may_read(&self) -> bool {
        self.is_signed_in && self.behaviour != Some(Behaviour::Lost)
    }

    /// Whether the password chose this behaviour.
    pub(crate) fn is(&self, behaviour: Behaviour) -> bool {
        self.behaviour == Some(behaviour)
    }
}

/// A session shared by the requests of one browser.
pub(crate) type Shared = Arc<Mutex<Session>>;

/// Locks a session; a panic elsewhere does not spoil it.
pub(crate) fn lock(session: &Shared) -> MutexGuard<'_, Session> {
    session.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All sessions of the lab.
pub(crate) struct Sessions(Cache<String, Shared>);

impl Sessions {
    pub(crate) fn new() -> Self {
        Self(
            Cache::builder()
                .max_capacity(SESSIONS_MAX)
                .time_to_idle(IDLE_FOR)
                .eviction_policy(EvictionPolicy::lru())
                .build(),
        )
    }

    /// The session behind a cookie, or a new one with its fresh key.
    pub(crate) fn open(&self, mount: &str, key: Option<&str>) -> (Shared, Option<String>) {
        if let Some(session) = key.and_then(|key| self.0.get(&format!("{mount} {key}"))) {
            return (session, None);
        }
        let key = format!("{:032X}", rand::random::<u128>());
        let session = Session { token: random_hex(), ..Session::default() };
        let session = Arc::new(Mutex::new(session));
        self.0.insert(format!("{mount} {key}"), Arc::clone(&session));
        (session, Some(key))
    }
}

/// Thirty-two hex digits nobody can guess.
pub(crate) fn random_hex() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// The last SMS of each identity number.
#[derive(Debug, Clone)]
pub(crate) struct Inboxes(Cache<String, Value>);

impl Inboxes {
    pub(crate) fn new() -> Self {
        Self(Cache::builder().max_capacity(INBOXES_MAX).time_to_live(IDLE_FOR).build())
    }

    /// Sends a fresh six-digit code and returns it.
    pub(crate) fn send(&self, id_card: &str, from: &str) -> String {
        let code = format!("{:06}", rand::random::<u32>() % 1_000_000);
        let message = json!({
            "code": code,
            "text": format!("【{from}】您的动态密码为{code}，3分钟内有效。"),
            "at": jiff::Timestamp::now().to_string(),
        });
        self.0.insert(id_card.to_ascii_uppercase(), message);
        code
    }

    /// The last message.
    pub(crate) fn last(&self, id_card: &str) -> Option<Value> {
        self.0.get(&id_card.to_ascii_uppercase())
    }
}
