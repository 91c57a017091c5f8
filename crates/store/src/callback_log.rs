//! Callbacks of all apps as operators look at them: page by page, and each attempt of one.

use fiveone_model::app::AppId;
use fiveone_model::clock::Millis;

use crate::db::{Arg, args};
use crate::kept_callbacks::{self, KeptCallback};
use crate::{CallbackState, Error, Mark, Reader};

/// One attempt of a callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRow {
    /// Which, from 1.
    pub attempt: i64,
    /// When.
    pub at: Millis,
    /// What the receiver answered, if it did.
    pub http_status: Option<i64>,
    /// Why it did not count; `None` when it was acknowledged.
    pub error: Option<String>,
}

impl Reader {
    /// Up to `limit` callbacks, of one app or of all, in one state or in any, the newest first, from after
    /// a mark.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn callback_log(
        &self,
        app: Option<&AppId>,
        state: Option<CallbackState>,
        after: Option<&Mark>,
        limit: i64,
    ) -> Result<Vec<KeptCallback>, Error> {
        let mut texts = vec!["1 = 1".to_owned()];
        let mut arguments = vec![Arg::from(limit)];
        if let Some(app) = app {
            arguments.push(Arg::from(app.as_str()));
            texts.push(format!("app_id = ${}", arguments.len()));
        }
        if let Some(state) = state {
            // Written out, so that the index of a state is used.
            texts.push(format!("state = '{}'", state.as_str()));
        }
        if let Some(mark) = after {
            arguments.extend([Arg::from(mark.at), Arg::from(&mark.id)]);
            texts.push(format!(
                "(created_at, id) < (${}, ${})",
                arguments.len() - 1,
                arguments.len()
            ));
        }
        let sql = format!(
            "select {} from callback where {} order by created_at desc, id desc limit $1",
            kept_callbacks::COLUMNS,
            texts.join(" and ")
        );
        let rows = self.db.fetch_all(&sql, &arguments).await?;
        rows.iter().map(kept_callbacks::decode).collect()
    }

    /// A callback with what it says.
    ///
    /// # Errors
    /// The database failed, or the row cannot be decoded.
    pub async fn callback(&self, id: &str) -> Result<Option<(KeptCallback, String)>, Error> {
        let sql = format!("select {}, msg from callback where id = $1", kept_callbacks::COLUMNS);
        let row = self.db.fetch_one(&sql, args![id]).await?;
        row.map(|row| Ok((kept_callbacks::decode(&row)?, row.text(12)?))).transpose()
    }

    /// Every attempt of a callback, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn attempts(&self, callback: &str) -> Result<Vec<AttemptRow>, Error> {
        let sql = "select attempt, at, http_status, error from callback_attempt
                   where callback_id = $1 order by attempt";
        let rows = self.db.fetch_all(sql, args![callback]).await?;
        rows.iter()
            .map(|row| {
                Ok(AttemptRow {
                    attempt: row.int(0)?,
                    at: row.int(1)?,
                    http_status: row.maybe_int(2)?,
                    error: row.maybe_text(3)?,
                })
            })
            .collect()
    }
}
