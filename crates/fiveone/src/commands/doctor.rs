//! `fiveone doctor`: checks whether everything a gateway needs is there, and says what to do.

mod database;
mod deployment;
mod finding;
mod keys;
mod machine;
mod portals;
mod receivers;
mod tls;

use clap::Args;
use fiveone_connector::Library;
use serde_json::json;

pub(super) use self::finding::Finding;
use super::store_access::StoreAccess;
use crate::config::{Config, Server};
use crate::exit::{Failed, Reason};
use crate::output;

/// Checks whether everything a gateway needs is there
///
/// Configuration, deployment key, machine, port, TLS, connectors, database, clocks, nodes, apps, books,
/// tasks, callbacks and their receivers. Each line is good (✓), doubtful (!) or bad (✗); under what is
/// not good stands the command that mends it. It changes nothing. Exit 1 when something is bad.
///
/// Example: fiveone doctor --config fiveone.toml
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    access: StoreAccess,
    /// Connects to the portal of every connector, too, and looks at its certificate
    #[arg(long)]
    portals: bool,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

/// What is wrong with the TLS of a node, as `doctor` sees it.
pub(super) fn look_at_tls(server: &Server) -> Vec<Finding> {
    tls::look(server)
}

impl Doctor {
    pub(crate) async fn run(self) -> Result<(), Failed> {
        crate::install_tls();
        let findings = self.look().await;
        let is_bad = findings.iter().any(Finding::is_bad);
        if self.json {
            let rows: Vec<_> = findings.iter().map(Finding::to_json).collect();
            output::say_json(&json!({ "ok": !is_bad, "checks": rows }), false);
        } else {
            for finding in &findings {
                output::say(&finding.to_string());
            }
        }
        if is_bad { Err(Failed::said(Reason::Failed)) } else { Ok(()) }
    }

    async fn look(&self) -> Vec<Finding> {
        let options = self.access.options();
        let config = match self.access.configuration() {
            Ok(config) => config,
            Err(failed) => {
                let told = failed.message_only();
                let fix = format!("fiveone config check{options}");
                return vec![Finding::bad("configuration", told, fix)];
            }
        };
        let mut findings = vec![Finding::good("configuration", "no mistakes")];
        let (key, keys) = keys::load(&config.keys, &options);
        findings.push(key);
        findings.extend(machine::look(&config));
        findings.push(machine::port(&config.server).await);
        findings.extend(tls::look(&config.server));
        findings.extend(self.connectors(&config).await);
        let (looked, store) = database::look(&config, &options).await;
        findings.extend(looked);
        if let (Some(store), Some(keys)) = (store, keys) {
            findings.push(keys::stored(&store, keys.clone(), &options).await);
            findings.extend(deployment::look(&store, &config.engine, &options).await);
            findings.extend(deployment::accounts(&store, keys.clone(), &options).await);
            findings.extend(receivers::look(&store, keys, &config.engine, &options).await);
            store.close().await;
        }
        findings
    }

    async fn connectors(&self, config: &Config) -> Vec<Finding> {
        match Library::with_portals(&config.portals.bases) {
            Err(complaints) => {
                let fix = "fiveone connector check".to_owned();
                vec![Finding::bad("connectors", complaints.to_string(), fix)]
            }
            Ok(library) => {
                let mut findings = vec![portals::count(&library)];
                if self.portals {
                    findings.extend(portals::look(&library, &config.portals).await);
                }
                findings
            }
        }
    }
}
