//! Callbacks: queued with the change they tell of, tried until acknowledged, then kept (§9).

use fiveone_model::app::AppId;
use fiveone_model::clock::Millis;
use fiveone_model::link::LinkEvent;
use fiveone_model::task::TaskId;

use crate::db::{Row, Tx, args};
use crate::{Error, Reader, Writer, app_id, corrupt, exactly_one, task_id};

/// What a callback tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallbackAbout {
    /// A task.
    Task {
        /// Which.
        id: TaskId,
        /// `status`
        code: u32,
    },
    /// A link.
    Link {
        /// Which.
        id: String,
        /// What happened to it.
        event: LinkEvent,
    },
}

impl CallbackAbout {
    /// The columns of one, in the order of [`decode_about`].
    pub(crate) const COLUMNS: &str = "task_id, code, link_id, event";

    /// The task it tells of.
    #[must_use]
    pub const fn task(&self) -> Option<&TaskId> {
        match self {
            Self::Task { id, .. } => Some(id),
            Self::Link { .. } => None,
        }
    }

    /// The link it tells of.
    #[must_use]
    pub fn link(&self) -> Option<&str> {
        match self {
            Self::Task { .. } => None,
            Self::Link { id, .. } => Some(id),
        }
    }

    /// The code of a task, as it stands in a form, or the word of a link's event.
    #[must_use]
    pub fn what(&self) -> String {
        match self {
            Self::Task { code, .. } => code.to_string(),
            Self::Link { event, .. } => event.as_str().to_owned(),
        }
    }
}

/// What a callback tells of, whose columns begin at `from`.
pub(crate) fn decode_about(row: &Row, from: usize) -> Result<CallbackAbout, Error> {
    if let Some(id) = row.maybe_text(from + 2)? {
        let unreadable = || corrupt("callback", "event", &id);
        let event = row.maybe_text(from + 3)?.and_then(|event| LinkEvent::parse(&event));
        return Ok(CallbackAbout::Link { event: event.ok_or_else(unreadable)?, id });
    }
    let id = task_id(row, from, "callback")?;
    let code = u32::try_from(row.int(from + 1)?);
    let code = code.map_err(|_| corrupt("callback", "code", id.as_str()))?;
    Ok(CallbackAbout::Task { id, code })
}

/// A callback to be queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCallback {
    /// `msg_…`, sent as `webhook-id`; the same at every attempt.
    pub id: String,
    /// What it tells of.
    pub about: CallbackAbout,
    /// The app it goes to.
    pub app_id: AppId,
    /// Where it goes; fixed when queued.
    pub url: String,
    /// `msg` of a task; the body of a link's event.
    pub msg: String,
    /// When it was queued; it is due at once.
    pub now: Millis,
}

/// A callback that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackRow {
    /// Its id.
    pub id: String,
    /// What it tells of.
    pub about: CallbackAbout,
    /// The app it goes to.
    pub app_id: AppId,
    /// Where it goes.
    pub url: String,
    /// `msg` of a task; the body of a link's event.
    pub msg: String,
    /// Which of its task's or its link's callbacks, from 1.
    pub seq: i64,
    /// Attempts made so far.
    pub attempts: u32,
    /// How many of them were made before it was last begun anew.
    pub attempts_before: u32,
}

impl CallbackRow {
    const COLUMNS: &str = "id, app_id, url, msg, seq, attempts, attempts_before";
}

/// Callbacks that were due.
#[derive(Debug, Default)]
pub struct DueCallbacks {
    /// Those that nobody else tries now.
    pub taken: Vec<CallbackRow>,
    /// Those that cannot be read, by id, and what is wrong with each; they are set aside.
    pub unreadable: Vec<(String, Error)>,
}

/// How one attempt went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// What the receiver answered, if it did.
    pub http_status: Option<u16>,
    /// Why it does not count; `None` when it was acknowledged.
    pub error: Option<String>,
    /// When to try again; `None` when acknowledged or for the last time.
    pub next_at: Option<Millis>,
}

pub(crate) async fn queue_callback(tx: &mut Tx, callback: &NewCallback) -> Result<(), Error> {
    let (task, code, link, event) = match &callback.about {
        CallbackAbout::Task { id, code } => (Some(id), Some(i64::from(*code)), None, None),
        CallbackAbout::Link { id, event } => (None, None, Some(id.as_str()), Some(event.as_str())),
    };
    tx.execute(
        "insert into callback (id, task_id, app_id, url, code, msg, seq, state, attempts, next_at,
           created_at, link_id, event)
         values ($1, $2, $3, $4, $5, $6,
           (select coalesce(max(seq), 0) + 1 from callback where task_id = $2 or link_id = $8),
           'pending', 0, $7, $7, $8, $9)",
        args![
            &callback.id,
            task.map(TaskId::as_str),
            callback.app_id.as_str(),
            &callback.url,
            code,
            &callback.msg,
            callback.now,
            link,
            event,
        ],
    )
    .await
    .map(drop)
}

fn decode(row: &Row) -> Result<CallbackRow, Error> {
    Ok(CallbackRow {
        id: row.text(0)?,
        app_id: app_id(row, 1, "callback")?,
        url: row.text(2)?,
        msg: row.text(3)?,
        seq: row.int(4)?,
        attempts: tries(row, 5)?,
        attempts_before: tries(row, 6)?,
        about: decode_about(row, 7)?,
    })
}

fn tries(row: &Row, at: usize) -> Result<u32, Error> {
    let id = row.text(0)?;
    u32::try_from(row.int(at)?).map_err(|_| corrupt("callback", "attempts", &id))
}

impl Reader {
    /// When the next callback becomes due after `now`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn next_callback_after(&self, now: Millis) -> Result<Option<Millis>, Error> {
        let row = self
            .db
            .fetch_one(
                "select min(next_at) from callback where state = 'pending' and next_at > $1",
                args![now],
            )
            .await?;
        row.map_or(Ok(None), |row| row.maybe_int(0))
    }

    /// The apps that have callbacks due; one whose id is none cannot be looked up and hears nothing.
    ///
    /// # Errors
    /// The database failed.
    pub async fn apps_with_due_callbacks(&self, now: Millis) -> Result<Vec<AppId>, Error> {
        let rows = self
            .db
            .fetch_all(
                "select id from app
                 where exists (select 1 from callback
                   where app_id = app.id and state = 'pending' and next_at <= $1)
                 order by id",
                args![now],
            )
            .await?;
        Ok(rows.iter().filter_map(|row| app_id(row, 0, "app").ok()).collect())
    }

    /// State and attempts of a task's callbacks, oldest first: `(state, attempts)`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn callbacks_of(&self, task: &TaskId) -> Result<Vec<(String, i64)>, Error> {
        let rows = self
            .db
            .fetch_all(
                "select state, attempts from callback where task_id = $1
                 order by seq, id",
                args![task.as_str()],
            )
            .await?;
        rows.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
    }
}

impl Writer {
    /// Queues a callback of its own, for a question.
    ///
    /// # Errors
    /// The database failed.
    pub async fn queue_callback(&self, callback: &NewCallback) -> Result<(), Error> {
        let mut tx = self.db.begin().await?;
        queue_callback(&mut tx, callback).await?;
        tx.commit().await
    }

    /// Takes callbacks of an app that are due, so that no other node tries them before
    /// `busy_until`; a node that dies while it tries loses nothing but that time.
    ///
    /// The callbacks of a task, or of a link, stay in order: one is not due while an earlier one is, or is being tried.
    /// One that failed and waits does not hold up a later one, which tells more: it is superseded.
    ///
    /// One that cannot be read is set aside: its tries are used up, and its last attempt says why. It would
    /// be found first at every look, and nothing of its app would be sent.
    ///
    /// # Errors
    /// The database failed.
    pub async fn take_due_callbacks(
        &self,
        app: &AppId,
        now: Millis,
        busy_until: Millis,
        limit: i64,
    ) -> Result<DueCallbacks, Error> {
        let mut tx = self.db.begin().await?;
        let sql = format!(
            "select {}, {} from callback due
             where app_id = $1 and state = 'pending' and next_at <= $2
               and not exists (select 1 from callback earlier
                 where (earlier.task_id = due.task_id or earlier.link_id = due.link_id)
                   and earlier.seq < due.seq
                   and earlier.state = 'pending'
                   and (earlier.attempts = 0 or earlier.taken_at is not null
                     or earlier.next_at <= $2))
             order by next_at, seq, id
             limit $3
             {{skip}}",
            CallbackRow::COLUMNS,
            CallbackAbout::COLUMNS
        );
        let rows = tx.fetch_all(&sql, args![app.as_str(), now, limit]).await?;
        let mut due = DueCallbacks::default();
        for row in &rows {
            let callback = match decode(row) {
                Ok(callback) => callback,
                Err(error) => {
                    let id = row.text(0)?;
                    set_aside(&mut tx, &id, &error, now).await?;
                    due.unreadable.push((id, error));
                    continue;
                }
            };
            if supersede_earlier(&mut tx, &callback).await? {
                tx.execute(
                    "update callback set next_at = $2, taken_at = $3 where id = $1",
                    args![&callback.id, busy_until, now],
                )
                .await?;
                due.taken.push(callback);
            }
        }
        tx.commit().await?;
        Ok(due)
    }

    /// Writes down an attempt and what follows from it.
    ///
    /// # Errors
    /// The database failed, or another node has recorded the attempt.
    pub async fn record_attempt(
        &self,
        callback: &CallbackRow,
        attempt: &Attempt,
        now: Millis,
    ) -> Result<(), Error> {
        let is_acknowledged = attempt.error.is_none();
        let state = match (is_acknowledged, attempt.next_at) {
            (true, _) => "delivered",
            (false, Some(_)) => "pending",
            (false, None) => "exhausted",
        };
        let number = i64::from(callback.attempts) + 1;
        let mut tx = self.db.begin().await?;
        let rows = tx
            .execute(
                "update callback
                 set state = $2, attempts = $3, next_at = $4, delivered_at = $5, taken_at = null
                 where id = $1 and state = 'pending' and attempts = $3 - 1",
                args![
                    &callback.id,
                    state,
                    number,
                    if is_acknowledged { None } else { attempt.next_at },
                    is_acknowledged.then_some(now),
                ],
            )
            .await?;
        exactly_one(rows, "callback", &callback.id)?;
        tx.execute(
            "insert into callback_attempt (callback_id, attempt, at, http_status, error)
             values ($1, $2, $3, $4, $5)",
            args![
                &callback.id,
                number,
                now,
                attempt.http_status.map(i64::from),
                attempt.error.as_deref(),
            ],
        )
        .await?;
        tx.commit().await
    }
}

/// Ends the tries of a callback that cannot be read. They are counted anew from the attempts that are
/// kept, so that it can be begun again when its row was put right.
async fn set_aside(tx: &mut Tx, id: &str, error: &Error, now: Millis) -> Result<(), Error> {
    tx.execute(
        "update callback
         set state = 'exhausted', next_at = null, taken_at = null, attempts_before = 0,
           attempts = (select coalesce(max(attempt), 0) + 1 from callback_attempt
             where callback_id = $1)
         where id = $1",
        args![id],
    )
    .await?;
    let why = format!("unreadable: {error}");
    tx.execute(
        "insert into callback_attempt (callback_id, attempt, at, error)
         select id, attempts, $2, $3 from callback where id = $1",
        args![id, now, &why],
    )
    .await
    .map(drop)
}

/// Ends the callbacks of the same task or link that wait behind an attempt that failed; `false` when another
/// node is at one of them, so that this one has to wait.
async fn supersede_earlier(tx: &mut Tx, callback: &CallbackRow) -> Result<bool, Error> {
    let (task, link) = (callback.about.task().map(TaskId::as_str), callback.about.link());
    let earlier = args![task, callback.seq, link];
    tx.execute(
        "update callback set state = 'superseded', next_at = null
         where (task_id = $1 or link_id = $3) and seq < $2 and state = 'pending'
           and taken_at is null",
        earlier,
    )
    .await?;
    let row = tx
        .fetch_one(
            "select id from callback
             where (task_id = $1 or link_id = $3) and seq < $2 and state = 'pending' limit 1",
            earlier,
        )
        .await?;
    Ok(row.is_none())
}
