//! Bearer keys of apps: their digests, and when they were made, used and revoked.

use fiveone_model::api_key::KeyMode;
use fiveone_model::app::AppId;
use fiveone_model::clock::Millis;

use crate::db::{Row, args};
use crate::{Error, Reader, Writer, app_id, corrupt};

/// A key without what opens anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyRow {
    /// What operators call it by.
    pub id: String,
    /// Whose it is.
    pub app_id: AppId,
    /// What it may reach.
    pub mode: KeyMode,
    /// An operator's words.
    pub note: String,
    /// When it was made.
    pub created_at: Millis,
    /// The last day it was used, in Asia/Shanghai.
    pub used_on: Option<String>,
    /// Since when it is good for nothing.
    pub revoked_at: Option<Millis>,
}

const COLUMNS: &str = "id, app_id, mode, note, created_at, used_on, revoked_at";

fn decode(row: &Row) -> Result<ApiKeyRow, Error> {
    let id = row.text(0)?;
    Ok(ApiKeyRow {
        app_id: app_id(row, 1, "api_key")?,
        mode: KeyMode::parse(&row.text(2)?).ok_or_else(|| corrupt("api_key", "mode", &id))?,
        note: row.text(3)?,
        created_at: row.int(4)?,
        used_on: row.maybe_text(5)?,
        revoked_at: row.maybe_int(6)?,
        id,
    })
}

impl Reader {
    /// The key of a digest, revoked or not.
    ///
    /// # Errors
    /// The database failed, or the row cannot be decoded.
    pub async fn api_key(&self, digest: &str) -> Result<Option<ApiKeyRow>, Error> {
        let sql = format!("select {COLUMNS} from api_key where digest = $1");
        self.db.fetch_one(&sql, args![digest]).await?.as_ref().map(decode).transpose()
    }

    /// The keys of an app, oldest first.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn api_keys(&self, app: &AppId) -> Result<Vec<ApiKeyRow>, Error> {
        let sql =
            format!("select {COLUMNS} from api_key where app_id = $1 order by created_at, id");
        let rows = self.db.fetch_all(&sql, args![app.as_str()]).await?;
        rows.iter().map(decode).collect()
    }
}

impl Writer {
    /// Keeps a new key.
    ///
    /// # Errors
    /// The database failed, or there is no such app.
    pub async fn create_api_key(&self, key: &ApiKeyRow, digest: &str) -> Result<(), Error> {
        let sql = "insert into api_key (id, app_id, mode, note, created_at, digest)
                   values ($1, $2, $3, $4, $5, $6)";
        let (app, mode) = (key.app_id.as_str(), key.mode.as_str());
        let arguments = args![&key.id, app, mode, &key.note, key.created_at, digest];
        self.db.execute(sql, arguments).await.map(drop)
    }

    /// Revokes a key; `false` when there is none of this id, or it was revoked before.
    ///
    /// # Errors
    /// The database failed.
    pub async fn revoke_api_key(&self, id: &str, now: Millis) -> Result<bool, Error> {
        let sql = "update api_key set revoked_at = $2 where id = $1 and revoked_at is null";
        Ok(self.db.execute(sql, args![id, now]).await? == 1)
    }

    /// Takes note of the day a key is used; days before one that is known change nothing.
    ///
    /// # Errors
    /// The database failed.
    pub async fn note_api_key_use(&self, id: &str, day: &str) -> Result<(), Error> {
        let sql = "update api_key set used_on = $2 where id = $1 and coalesce(used_on, '') < $2";
        self.db.execute(sql, args![id, day]).await.map(drop)
    }
}
