//! What apps set up for their test tasks.

use fiveone_model::app::AppId;
use fiveone_model::sandbox::Sandbox;

use crate::db::{Row, args};
use crate::{Error, Reader, Writer};

fn decode(row: &Row) -> Result<Sandbox, Error> {
    let next = row.maybe_int(0)?.and_then(|code| u32::try_from(code).ok());
    Ok(Sandbox { next, is_down: row.flag(1)? })
}

impl Reader {
    /// What an app set up.
    ///
    /// # Errors
    /// The database failed.
    pub async fn sandbox(&self, app: &AppId) -> Result<Sandbox, Error> {
        let sql = "select next_code, is_down from sandbox where app_id = $1";
        let row = self.db.fetch_one(sql, args![app.as_str()]).await?;
        Ok(row.as_ref().map(decode).transpose()?.unwrap_or_default())
    }
}

impl Writer {
    /// Wishes for the code of an app's next test task, or for nothing any more.
    ///
    /// # Errors
    /// The database failed, or there is no such app.
    pub async fn wish_next(&self, app: &AppId, code: Option<u32>) -> Result<(), Error> {
        let sql = "insert into sandbox (app_id, next_code, is_down) values ($1, $2, $3)
                   on conflict (app_id) do update set next_code = excluded.next_code";
        let arguments = args![app.as_str(), code.map(i64::from), false];
        self.db.execute(sql, arguments).await.map(drop)
    }

    /// Takes the model city down for an app, or up again.
    ///
    /// # Errors
    /// The database failed, or there is no such app.
    pub async fn take_down(&self, app: &AppId, is_down: bool) -> Result<(), Error> {
        let sql = "insert into sandbox (app_id, is_down) values ($1, $2)
                   on conflict (app_id) do update set is_down = excluded.is_down";
        self.db.execute(sql, args![app.as_str(), is_down]).await.map(drop)
    }

    /// What an app set up, whose wish for the next task is used up with it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn use_sandbox(&self, app: &AppId) -> Result<Sandbox, Error> {
        let mut tx = self.db.begin().await?;
        let sql = "select next_code, is_down from sandbox where app_id = $1 {lock}";
        let row = tx.fetch_one(sql, args![app.as_str()]).await?;
        let sandbox = row.as_ref().map(decode).transpose()?.unwrap_or_default();
        if sandbox.next.is_some() && !sandbox.is_down {
            let sql = "update sandbox set next_code = null where app_id = $1";
            tx.execute(sql, args![app.as_str()]).await?;
        }
        tx.commit().await?;
        Ok(sandbox)
    }
}
