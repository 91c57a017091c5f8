//! Callbacks as operators see them: which are kept undelivered, and sending those anew.

use fiveone_model::app::AppId;
use fiveone_model::clock::Millis;
use fiveone_model::task::TaskId;

use crate::callbacks::decode_about;
use crate::db::{Row, args};
use crate::{CallbackAbout, Error, Reader, Writer, corrupt};

/// Where a callback is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackState {
    /// It is due, or waits for its next try.
    Pending,
    /// It was acknowledged.
    Delivered,
    /// Nobody acknowledged it, and no more tries are made.
    Exhausted,
    /// A later one of its task was sent before it was acknowledged.
    Superseded,
}

impl CallbackState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Delivered, Self::Exhausted, Self::Superseded];

    /// The word in the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Exhausted => "exhausted",
            Self::Superseded => "superseded",
        }
    }

    /// The state of a word made by [`CallbackState::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// Which callbacks are meant: those that fit all that is given.
#[derive(Debug, Clone, Copy, Default)]
pub struct CallbackChoice<'a> {
    /// One by its id.
    pub id: Option<&'a str>,
    /// Those to an app.
    pub app: Option<&'a AppId>,
    /// Those of a task.
    pub task: Option<&'a TaskId>,
    /// Those queued at this instant or later.
    pub since: Option<Millis>,
}

/// A callback and how it went, as it stands in its row: one that nobody can send is seen all the same,
/// and its last error says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCallback {
    /// Its id, sent as `webhook-id`.
    pub id: String,
    /// What it tells of; none where the row cannot be read.
    pub about: Option<CallbackAbout>,
    /// The app it goes to, which may be none.
    pub app_id: String,
    /// Where it goes.
    pub url: String,
    /// Where it is.
    pub state: CallbackState,
    /// Attempts made so far.
    pub attempts: i64,
    /// When it was queued.
    pub created_at: Millis,
    /// When it is tried next.
    pub next_at: Option<Millis>,
    /// Why the last attempt did not count.
    pub last_error: Option<String>,
}

impl KeptCallback {
    /// The task it tells of.
    #[must_use]
    pub fn task(&self) -> Option<&TaskId> {
        self.about.as_ref().and_then(CallbackAbout::task)
    }

    /// The link it tells of.
    #[must_use]
    pub fn link(&self) -> Option<&str> {
        self.about.as_ref().and_then(CallbackAbout::link)
    }

    /// The code of a task, as it stands in a form, or the word of a link's event; `-` where it cannot be read.
    #[must_use]
    pub fn what(&self) -> String {
        self.about.as_ref().map_or_else(|| "-".to_owned(), CallbackAbout::what)
    }
}

/// The choice as a condition; its places are `$2` to `$5`.
const CHOSEN: &str = "($2 is null or id = $2) and ($3 is null or app_id = $3)
  and ($4 is null or task_id = $4) and ($5 is null or created_at >= $5)";

/// The columns of a [`KeptCallback`].
pub(crate) const COLUMNS: &str = "id, app_id, url, state, attempts, created_at, next_at,
    (select error from callback_attempt
     where callback_id = callback.id order by attempt desc limit 1),
    task_id, code, link_id, event";

pub(crate) fn decode(row: &Row) -> Result<KeptCallback, Error> {
    let state = row.text(3)?;
    Ok(KeptCallback {
        id: row.text(0)?,
        app_id: row.text(1)?,
        url: row.text(2)?,
        state: CallbackState::parse(&state).ok_or_else(|| corrupt("callback", "state", &state))?,
        attempts: row.int(4)?,
        created_at: row.int(5)?,
        next_at: row.maybe_int(6)?,
        last_error: row.maybe_text(7)?,
        about: decode_about(row, 8).ok(),
    })
}

impl Reader {
    /// Callbacks in a state, newest first.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn kept_callbacks(
        &self,
        state: CallbackState,
        choice: CallbackChoice<'_>,
        limit: i64,
    ) -> Result<Vec<KeptCallback>, Error> {
        let sql = format!(
            "select {COLUMNS} from callback
             where state = $1 and {CHOSEN}
             order by created_at desc, seq desc, id
             limit $6"
        );
        let CallbackChoice { id, app, task, since } = choice;
        let (app, task) = (app.map(AppId::as_str), task.map(TaskId::as_str));
        let rows =
            self.db.fetch_all(&sql, args![state.as_str(), id, app, task, since, limit]).await?;
        rows.iter().map(decode).collect()
    }
}

impl Writer {
    /// Begins the chosen exhausted callbacks anew: each is due at once and has all its tries again.
    /// Returns how many.
    ///
    /// # Errors
    /// The database failed.
    pub async fn replay_callbacks(
        &self,
        choice: CallbackChoice<'_>,
        now: Millis,
    ) -> Result<u64, Error> {
        let sql = format!(
            "update callback set state = 'pending', next_at = $1, attempts_before = attempts
             where state = 'exhausted' and {CHOSEN}"
        );
        let CallbackChoice { id, app, task, since } = choice;
        let (app, task) = (app.map(AppId::as_str), task.map(TaskId::as_str));
        self.db.execute(&sql, args![now, id, app, task, since]).await
    }
}
