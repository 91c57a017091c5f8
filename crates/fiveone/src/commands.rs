//! The commands, one file each.

mod app;
mod area;
mod call;
mod config;
mod connector;
mod demo;
mod doctor;
mod lab;
mod ledger;
mod migrate;
mod query;
mod serve;
mod sign;
mod store_access;

use clap::{Parser, Subcommand};

use crate::exit::Failed;

/// 五险一金: lets a person who has consented have their own social-insurance and housing-fund
/// records fetched and handed to an app they chose.
#[derive(Debug, Parser)]
#[command(name = "fiveone", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs a gateway beside simulated portals, with an app that has money, to try everything
    Demo(demo::Demo),
    /// Runs a gateway
    Serve(serve::Serve),
    /// Gets a person's records in the terminal
    Query(query::Query),
    /// Signs and posts one call to a gateway
    Call(call::Call),
    /// Prints the tokenKey of a call and the exact text it was made from
    Sign(sign::Sign),
    /// Makes apps, grants them interfaces, pauses them, tops up their wallets, shows them
    App(app::App),
    /// Closes and opens areas, or lists those closed
    Area(area::Area),
    /// Verifies the books
    Ledger(ledger::Ledger),
    /// Brings a database to the newest schema
    Migrate(migrate::Migrate),
    /// Looks whether everything a gateway needs is there
    Doctor(doctor::Doctor),
    /// Checks connectors
    Connector(connector::Connector),
    /// Measures the connectors on portals that nobody has seen
    Lab(lab::Lab),
    /// Checks a configuration, or prints the default one
    Config(config::Config),
}

impl Cli {
    /// Runs the command.
    pub(crate) async fn run(self) -> Result<(), Failed> {
        match self.command {
            Command::Demo(command) => command.run().await,
            Command::Serve(command) => command.run().await,
            Command::Query(command) => command.run().await,
            Command::Call(command) => command.run().await,
            Command::Sign(command) => command.run(),
            Command::App(command) => command.run().await,
            Command::Area(command) => command.run().await,
            Command::Ledger(command) => command.run().await,
            Command::Migrate(command) => command.run().await,
            Command::Doctor(command) => command.run().await,
            Command::Connector(command) => command.run(),
            Command::Lab(command) => command.run().await,
            Command::Config(command) => command.run(),
        }
    }
}
