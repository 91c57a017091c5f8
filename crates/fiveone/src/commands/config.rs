//! `fiveone config`: looks a configuration over, prints the default one, makes a deployment key.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use fiveone_engine::seal::DeploymentKeys;
use serde_json::json;

use crate::config::{Config as Configuration, DEFAULT_FILE};
use crate::exit::{Failed, Reason};
use crate::output;

/// Checks a configuration, prints the default one, or makes a deployment key
///
/// Example: fiveone config default > fiveone.toml
#[derive(Debug, Args)]
pub(crate) struct Config {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Tells every mistake of a file and of the FIVEONE_ variables, with lines. Exit 3 when there
    /// is one
    ///
    /// Example: fiveone config check --config fiveone.toml
    Check {
        /// The file; without it, the variables alone
        #[arg(long, env = "FIVEONE_CONFIG", value_name = "FILE")]
        config: Option<PathBuf>,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Prints a file that holds every option with its default
    Default,
    /// Prints a new deployment key
    ///
    /// Example: umask 077; fiveone config key > deployment.key
    Key {
        /// Its number, other than that of every key it stands beside
        #[arg(long, default_value_t = 1)]
        number: u8,
    },
}

impl Config {
    pub(crate) fn run(self) -> Result<(), Failed> {
        match self.command {
            Command::Check { config, json } => check(config, json),
            Command::Default => {
                output::say(DEFAULT_FILE.trim_end());
                Ok(())
            }
            Command::Key { number } => {
                output::say(DeploymentKeys::generate_numbered(number)?.trim_end());
                Ok(())
            }
        }
    }
}

fn check(file: Option<PathBuf>, is_json: bool) -> Result<(), Failed> {
    let checked = Configuration::load(file.as_deref()).map(drop);
    if !is_json {
        checked?;
        output::say("no mistakes");
        return Ok(());
    }
    let message = checked.err().map(Failed::message_only);
    let mut mistakes: Vec<_> = message.iter().flat_map(|message| message.lines()).collect();
    if mistakes.len() > 1 {
        // The first line tells how many there are.
        mistakes.remove(0);
    }
    output::say_json(&json!({ "ok": mistakes.is_empty(), "mistakes": mistakes }), false);
    if mistakes.is_empty() { Ok(()) } else { Err(Failed::said(Reason::Mistakes)) }
}
