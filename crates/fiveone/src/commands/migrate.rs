//! `fiveone migrate`: brings a database to the newest schema. `serve` does it too; this does it
//! alone, before a new version starts.

use clap::Args;
use serde_json::json;

use super::store_access::StoreAccess;
use crate::exit::Failed;
use crate::output;

/// Brings a database to the newest schema
///
/// Example: fiveone migrate --config fiveone.toml
#[derive(Debug, Args)]
pub(crate) struct Migrate {
    #[command(flatten)]
    access: StoreAccess,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

impl Migrate {
    pub(crate) async fn run(self) -> Result<(), Failed> {
        let (at, newest) = self.access.store().await?.read.schema_steps().await?;
        if self.json {
            output::say_json(&json!({ "schema": at, "newest": newest }), false);
        } else {
            output::say(&format!("schema step {at} of {newest}"));
        }
        Ok(())
    }
}
