//! `fiveone doctor`: checks whether everything a gateway needs is there, and says what to do.

use clap::Args;
use fiveone_connector::Library;
use fiveone_model::product::Product;
use serde_json::json;

use super::store_access::StoreAccess;
use crate::exit::{Failed, Reason};
use crate::output;

/// Checks whether everything a gateway needs is there
///
/// Configuration, database, key, connectors, prices, books, tasks set aside. Exit 1 when a check fails.
///
/// Example: fiveone doctor --config fiveone.toml
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    access: StoreAccess,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

/// Tasks that are named at most.
const NAMED_MAX: i64 = 20;

/// One thing that is checked: its name, and how it is or what is wrong with it.
type Check = (&'static str, Result<String, String>);

impl Doctor {
    pub(crate) async fn run(self) -> Result<(), Failed> {
        let mut checks: Vec<Check> = vec![("connectors", connectors())];
        match self.access.accounts().await {
            Err(failed) => {
                checks.push(("configuration, database and key", Err(failed.message_only())))
            }
            Ok(accounts) => {
                checks.push(("configuration, database and key", Ok("open".to_owned())));
                checks
                    .push(("apps and prices", apps(&accounts).await.map_err(Failed::message_only)));
                checks.push(("books", books(&accounts).await.map_err(Failed::message_only)));
                checks.push(("tasks", self.tasks().await.map_err(Failed::message_only)));
            }
        }
        let is_ok = checks.iter().all(|(_, check)| check.is_ok());
        if self.json {
            let rows = checks.iter().map(|(name, check)| {
                json!({
                    "name": name,
                    "ok": check.is_ok(),
                    "detail": check.as_ref().map_or_else(String::as_str, String::as_str),
                })
            });
            output::say_json(&json!({ "ok": is_ok, "checks": rows.collect::<Vec<_>>() }), false);
        } else {
            for (name, check) in &checks {
                match check {
                    Ok(found) => output::say(&format!("ok    {name}: {found}")),
                    Err(wrong) => output::say(&format!("FAIL  {name}: {wrong}")),
                }
            }
        }
        if is_ok { Ok(()) } else { Err(Failed::said(Reason::Failed)) }
    }

    async fn tasks(&self) -> Result<String, Failed> {
        let aside = self.access.store().await?.read.set_aside(NAMED_MAX).await?;
        if aside.is_empty() {
            return Ok("none is set aside".to_owned());
        }
        let named: Vec<_> = aside.iter().map(|(task, why)| format!("{task} ({why})")).collect();
        Err(Failed::message(Reason::Failed, format!("set aside: {}", named.join("; "))))
    }
}

fn connectors() -> Result<String, String> {
    let library = Library::builtin().map_err(|complaints| complaints.to_string())?;
    let count = |product| {
        let areas = library.areas(product).iter();
        areas.filter(|area| library.connector(product, &area.code).is_some()).count()
    };
    Ok(format!("{} fund, {} insurance", count(Product::Fund), count(Product::Insurance)))
}

async fn books(accounts: &fiveone_engine::Accounts) -> Result<String, Failed> {
    let report = accounts.ledger().verify(&[]).await?;
    if let Some(first) = report.findings.first() {
        let message = format!("{first} (run `fiveone ledger verify`)");
        return Err(Failed::message(Reason::Failed, message));
    }
    Ok(format!("{} wallets, {} entries, all clean", report.wallets, report.entries))
}

async fn apps(accounts: &fiveone_engine::Accounts) -> Result<String, Failed> {
    let apps = accounts.all().await?;
    for app in &apps {
        if accounts.find(&app.id).await?.is_none() {
            let message =
                format!("app {} has a grant without a price: its calls get status 4", app.id);
            return Err(Failed::message(Reason::Failed, message));
        }
    }
    Ok(format!("{} apps, all with prices", apps.len()))
}
