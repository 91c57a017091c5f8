//! `fiveone migrate`: brings a database to the newest schema. `serve` does it too; this does it
//! alone, before a new version starts. With two addresses it moves a deployment.

use clap::Args;
use fiveone_store::{CopiedTable, Leave, Store};
use serde_json::json;

use super::store_access::StoreAccess;
use crate::exit::{Failed, Reason};
use crate::output;

/// Brings a database to the newest schema, or moves a deployment to another database
///
/// Example: fiveone migrate --config fiveone.toml
///
/// With --from and --to every row is copied into an empty database, all or none, and compared: the
/// rows of each table, each wallet's balances and the head of its chain. Stop the nodes first; the
/// deployment key stays the same.
#[derive(Debug, Args)]
pub(crate) struct Migrate {
    #[command(flatten)]
    access: StoreAccess,
    /// The address of the database to move
    #[arg(long, value_name = "URL", requires = "to")]
    from: Option<String>,
    /// The address of the empty database to fill
    #[arg(long, value_name = "URL", requires = "from")]
    to: Option<String>,
    /// Nodes that have not signed off are dead: killed, or lost with their machine
    #[arg(long, requires = "from")]
    nodes_are_dead: bool,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

/// Connections to either side: one copies, one looks.
const CONNECTIONS: u32 = 2;

impl Migrate {
    pub(crate) async fn run(self) -> Result<(), Failed> {
        if let (Some(from), Some(to)) = (&self.from, &self.to) {
            return self.copy(from, to).await;
        }
        let (at, newest) = self.access.store().await?.read.schema_steps().await?;
        if self.json {
            output::say_json(&json!({ "schema": at, "newest": newest }), false);
        } else {
            output::say(&format!("schema step {at} of {newest}"));
        }
        Ok(())
    }

    async fn copy(&self, from: &str, to: &str) -> Result<(), Failed> {
        // A mistyped path must not become an empty database that is moved.
        if let Some(path) = from.strip_prefix("sqlite:")
            && !std::path::Path::new(path.strip_prefix("//").unwrap_or(path)).exists()
        {
            return Err(Failed::message(Reason::Failed, format!("there is no database at {from}")));
        }
        let source = Store::open(from, CONNECTIONS).await?;
        let nodes = source.read.living_nodes().await?;
        if let (Some(node), false) = (nodes.first(), self.nodes_are_dead) {
            let message = format!(
                "{} has not signed off: stop it first, or say --nodes-are-dead when it was killed",
                node.id
            );
            return Err(Failed::message(Reason::Failed, message));
        }
        let target = Store::open(to, CONNECTIONS).await?;
        let tables = source.copy_to(&target, Leave::Nothing).await?;
        // Without the deployment key all but the signatures is proved.
        if let Ok(accounts) = self.access.accounts_of(target.clone()) {
            accounts.ledger().open().await?;
        }
        let books = target.read.verify_ledger(&[]).await?;
        if let Some(first) = books.findings.first() {
            let message = format!("the books are wrong: {first}");
            return Err(Failed::message(Reason::Failed, message));
        }
        if self.json {
            let rows: serde_json::Map<_, _> =
                tables.iter().map(|one| (one.table.to_owned(), one.rows.into())).collect();
            let (wallets, entries) = (books.wallets, books.entries);
            let signed = books.is_signed;
            let moved =
                json!({ "rows": rows, "wallets": wallets, "entries": entries, "signed": signed });
            output::say_json(&moved, false);
        } else {
            for CopiedTable { table, rows } in &tables {
                output::say(&format!("{table:<17} {rows}"));
            }
            let (wallets, entries) = (books.wallets, books.entries);
            let unsigned = match books.is_signed {
                true => "",
                false => "; without the deployment key their signatures were not checked",
            };
            output::say(&format!("{wallets} wallets, {entries} entries, all clean{unsigned}"));
        }
        Ok(())
    }
}
