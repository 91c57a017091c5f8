//! `fiveone backup`: a copy of a deployment that holds nothing that was read of a person.

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use clap::Args;
use fiveone_engine::SystemTime;
use fiveone_model::clock::Clock as _;
use fiveone_store::{CopiedTable, Leave, Store};
use serde_json::json;

use super::store_access::StoreAccess;
use crate::exit::{Failed, Reason};
use crate::output;

/// Writes a copy of the database without reports and without what leads to a person
///
/// It works while nodes run, from either database, in one state of it, and compares what it wrote.
/// What it leaves out are reports, questions, and the keys of tasks: what is erased later was never in
/// it. `fiveone migrate --from sqlite:FILE --to URL --nodes-are-dead` restores it.
///
/// Example: fiveone backup --output backup.db
#[derive(Debug, Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    access: StoreAccess,
    /// The SQLite file to write; it must not be there
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

impl Backup {
    pub(crate) async fn run(self) -> Result<(), Failed> {
        let source = self.access.store().await?;
        let file = self.output.display();
        // Sealed or not: nobody else needs to read it.
        let made =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.output);
        made.map_err(|error| Failed::message(Reason::Failed, format!("{file}: {error}")))?;
        let target = Store::open(&format!("sqlite:{file}"), 1).await?;
        let copied = source.copy_to(&target, Leave::Reports(SystemTime.now())).await;
        // The last to close it leaves no log beside the file.
        target.close().await;
        if copied.is_err() {
            std::fs::remove_file(&self.output)?;
        }
        let tables = copied?;
        if self.json {
            let rows: serde_json::Map<_, _> =
                tables.iter().map(|one| (one.table.to_owned(), one.rows.into())).collect();
            output::say_json(&json!({ "rows": rows }), false);
        } else {
            for CopiedTable { table, rows } in &tables {
                output::say(&format!("{table:<17} {rows}"));
            }
        }
        Ok(())
    }
}
