//! `fiveone ledger`: proves the books.

use clap::{Args, Subcommand};
use serde_json::json;

use super::store_access::StoreAccess;
use crate::exit::{Failed, Reason};
use crate::output;

/// Verifies the books
#[derive(Debug, Args)]
pub(crate) struct Ledger {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    access: StoreAccess,
    /// Prints one JSON object
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Recomputes every wallet from its entries and every hold from its task; exit 1 when anything
    /// differs
    ///
    /// Example: fiveone ledger verify --config fiveone.toml
    Verify,
}

impl Ledger {
    pub(crate) async fn run(self) -> Result<(), Failed> {
        let Self { action: Action::Verify, access, json } = self;
        let report = access.store().await?.read.verify_ledger().await?;
        let findings: Vec<_> = report
            .findings
            .iter()
            .map(|finding| json!({ "app": finding.app_id, "what": finding.what }))
            .collect();
        if json {
            let value = json!({
                "clean": findings.is_empty(),
                "wallets": report.wallets,
                "entries": report.entries,
                "holds": report.holds,
                "openHolds": report.open_holds,
                "findings": findings,
            });
            output::say_json(&value, false);
        } else {
            for finding in &report.findings {
                output::say(&format!("{}: {}", finding.app_id, finding.what));
            }
            let verdict = if findings.is_empty() { "clean" } else { "NOT CLEAN" };
            output::say(&format!(
                "{verdict}: {} wallets, {} entries, {} holds ({} open)",
                report.wallets, report.entries, report.holds, report.open_holds
            ));
        }
        if findings.is_empty() { Ok(()) } else { Err(Failed::said(Reason::Failed)) }
    }
}
