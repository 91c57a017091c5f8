//! `fiveone init`: five questions, and a deployment that can be started.

mod answers;
mod files;
mod question;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use fiveone_engine::{Accounts, SystemTime};
use fiveone_model::api_key::KeyMode;
use fiveone_model::app::{App, CallbackAddress};
use fiveone_store::Store;
use serde_json::{Value, json};

use self::answers::{Answers, FirstApp, Given};
use self::files::Place;
use self::question::Asker;
use super::app::ensure_prices;
use crate::config::Config;
use crate::exit::{Failed, Reason};
use crate::output;

/// Asks five questions and makes a working deployment
///
/// Where the data is kept, the public address, TLS, the first app and its callback address, and who
/// operates it. Makes a configuration, a deployment key that only its owner may read, and the app, whose
/// keys are printed once. What is there already is never written over: begun again, it makes what is
/// missing. An answer with a mistake is asked for again.
///
/// Example: fiveone init --config /tmp/gate/fiveone.toml --app loans --yes
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The configuration to make; the key, and a database in a file, are beside it
    #[arg(long, default_value = "fiveone.toml", value_name = "FILE")]
    config: PathBuf,
    #[command(flatten)]
    given: Given,
    /// Asks nothing: what is not given is taken as each question proposes
    #[arg(long)]
    yes: bool,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

impl Init {
    pub(crate) async fn run(self) -> Result<(), Failed> {
        crate::install_tls();
        let place = Place::of(&self.config)?;
        let mut asker = Asker::new(self.yes);
        let is_new = !place.config.exists();
        let first = if is_new {
            let answers = Answers::ask(&self.given, &mut asker, &place.database).await?;
            place.write(&answers)?;
            answers.app
        } else {
            place.ensure_key_is_there()?;
            // The rest was answered when the file was made.
            self.given.app.as_deref().map(|app| answers::first_app(app, false)).transpose()?
        };
        let config = Config::load(Some(&place.config))?;
        let store = Store::open(&config.store.url, config.store.connections_max).await?;
        let accounts = Accounts::new(store, config.keys.load()?, Arc::new(SystemTime));
        let made = match first {
            Some(first) => make_app(&accounts, first).await?,
            None => None,
        };
        if self.json {
            let file = place.config.display().to_string();
            let told = json!({ "config": file, "configIsNew": is_new, "app": made });
            output::say_json(&told, false);
        } else {
            output::say(&told(&place, &config, is_new, made.as_ref()));
        }
        Ok(())
    }
}

/// The app with its keys; nothing when it is there already.
async fn make_app(accounts: &Accounts, first: FirstApp) -> Result<Option<Value>, Failed> {
    let mut app = App::new(first.id.clone(), first.id.as_str()).with_all_grants();
    let address = first.callback.map(|url| CallbackAddress { url });
    app.callbacks.fund.clone_from(&address);
    app.callbacks.insurance = address;
    ensure_prices(accounts).await?;
    let token = Accounts::new_token()?;
    if !accounts.create(app, &token).await? {
        return Ok(None);
    }
    let (key, _) = accounts.api_keys().create(&first.id, KeyMode::Live, "init").await?;
    Ok(Some(json!({
        "appId": first.id.as_str(),
        "tokenId": token.as_str(),
        "key": key.as_str(),
        "webhookSecret": fiveone_model::callback::webhook_secret(&token),
    })))
}

fn told(place: &Place, config: &Config, is_new: bool, app: Option<&Value>) -> String {
    let (file, key) = (place.config.display(), place.key.display());
    let is_made = if is_new { "made" } else { "there already, unchanged" };
    let mut lines = vec![
        format!("configuration  {file} ({is_made})"),
        format!(
            "key            {key}: without it nothing can be opened again; keep a copy elsewhere"
        ),
    ];
    let mut name = "APP";
    if let Some(app) = app {
        let text = |field: &str| app[field].as_str().unwrap_or_default();
        name = text("appId");
        lines.push(format!("app            {name}; these are shown once:"));
        lines.push(format!("  tokenId        {}   signs the ten interfaces", text("tokenId")));
        lines.push(format!("  key            {}   for /v1", text("key")));
        lines.push(format!("  webhookSecret  {}   verifies callbacks", text("webhookSecret")));
    }
    let scheme = if config.server.tls.is_some() { "https" } else { "http" };
    lines.push("\nNext:\n".to_owned());
    lines.push(format!("  fiveone doctor --config {file}"));
    lines.push(format!("  fiveone app topup {name} 100.00 --config {file}"));
    lines.push(format!("  fiveone serve --config {file}"));
    lines.push(format!("  curl {scheme}://{}/readyz", config.server.listen));
    lines.join("\n")
}

fn usage(message: impl std::fmt::Display) -> Failed {
    Failed::message(Reason::Usage, message)
}

/// Text as TOML has it; what JSON escapes TOML escapes alike.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
