//! `fiveone app key`: the bearer keys that an app calls `/v1` with.

use clap::Subcommand;
use fiveone_engine::{Accounts, ApiKeys};
use fiveone_model::api_key::KeyMode;
use fiveone_model::app::AppId;
use fiveone_model::clock::shanghai_text;
use fiveone_store::ApiKeyRow;
use serde_json::{Value, json};

use super::{app_id, find};
use crate::exit::{Failed, Reason};

#[derive(Debug, Subcommand)]
pub(super) enum KeyAction {
    /// Makes a key and prints it once; an app may have several, so that one replaces another
    ///
    /// Example: fiveone app key create loans --note "server 1"
    Create {
        /// The appId
        #[arg(value_parser = app_id)]
        id: AppId,
        /// A key that reaches the simulated portals of the model city 990000, and nothing else
        #[arg(long)]
        test: bool,
        /// Where it is used, for operators
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Lists an app's keys, without what opens anything
    ///
    /// Example: fiveone app key list loans
    List {
        /// The appId
        #[arg(value_parser = app_id)]
        id: AppId,
    },
    /// Revokes a key by its id, which `list` shows; nodes refuse it within a second
    Revoke {
        /// The key's id, which `list` shows
        #[arg(value_name = "KEY_ID")]
        key: String,
    },
}

impl KeyAction {
    pub(super) async fn run(self, accounts: &Accounts) -> Result<Value, Failed> {
        let keys: ApiKeys = accounts.api_keys();
        match self {
            Self::Create { id, test, note } => {
                let app = find(accounts, &id).await?;
                let mode = if test || app.is_test { KeyMode::Test } else { KeyMode::Live };
                let (key, row) = keys.create(&id, mode, &note).await?;
                let mut json = shown(&row);
                json["key"] = json!(key.as_str());
                Ok(json)
            }
            Self::List { id } => {
                find(accounts, &id).await?;
                Ok(keys.all(&id).await?.iter().map(shown).collect())
            }
            Self::Revoke { key } => {
                if !keys.revoke(&key).await? {
                    let message = format!("there is no key {key}, or it is revoked already");
                    return Err(Failed::message(Reason::Usage, message));
                }
                Ok(json!({ "id": key, "revoked": true }))
            }
        }
    }
}

fn shown(row: &ApiKeyRow) -> Value {
    json!({
        "id": row.id,
        "appId": row.app_id.as_str(),
        "mode": row.mode.as_str(),
        "note": row.note,
        "createdAt": shanghai_text(row.created_at),
        "usedOn": row.used_on,
        "revokedAt": row.revoked_at.map(shanghai_text),
    })
}
