//! `fiveone keys`: which deployment keys seal what is kept, and sealing all of it with the newest.

use clap::{Args, Subcommand};
use fiveone_engine::SealedCounts;
use serde_json::json;

use super::store_access::StoreAccess;
use crate::exit::{Failed, Reason};
use crate::output;

/// Tells which deployment keys are in use, and seals everything with the newest
#[derive(Debug, Args)]
pub(crate) struct Keys {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    access: StoreAccess,
    /// Prints one JSON object
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum Action {
    /// Opens everything that is sealed and counts it by the number of its key; exit 1 when something
    /// opens with none of them
    ///
    /// Example: fiveone keys status --config fiveone.toml
    Status,
    /// Seals everything with the first key of the deployment key's lines, while nodes run
    ///
    /// It works in small batches; interrupted, begin it again. Afterwards the other lines can go.
    ///
    /// Example: fiveone keys rotate --config fiveone.toml
    Rotate,
}

impl Keys {
    pub(crate) async fn run(self) -> Result<(), Failed> {
        let rotation = self.access.rotation().await?;
        let rotated = match self.action {
            Action::Status => None,
            Action::Rotate => Some(rotation.rotate().await?),
        };
        let counts = rotation.status().await?;
        self.tell(&counts, rotated);
        let is_done = rotated.is_none() || counts.old() == 0;
        if counts.unreadable.is_empty() && is_done {
            return Ok(());
        }
        Err(Failed::said(Reason::Failed))
    }

    fn tell(&self, counts: &SealedCounts, rotated: Option<u64>) {
        if self.json {
            let value = json!({
                "newest": counts.newest,
                "rotated": rotated,
                "old": counts.old(),
                "under": counts.under,
                "unreadable": counts.unreadable,
            });
            output::say_json(&value, false);
            return;
        }
        if let Some(rotated) = rotated {
            output::say(&format!("{rotated} sealed anew"));
        }
        for (column, keys) in &counts.under {
            let keys: Vec<_> =
                keys.iter().map(|(number, count)| format!("{count} under key {number}")).collect();
            output::say(&format!("{column:<9} {}", keys.join(", ")));
        }
        for (column, count) in &counts.unreadable {
            output::say(&format!("{column:<9} {count} open with none of these keys"));
        }
        let newest = counts.newest;
        output::say(&match counts.old() {
            0 => format!("key {newest} seals everything that opens"),
            old if rotated.is_none() => {
                format!("{old} are not under key {newest}: `fiveone keys rotate`")
            }
            old => format!("{old} came under another key meanwhile: restart its nodes, then again"),
        });
    }
}
