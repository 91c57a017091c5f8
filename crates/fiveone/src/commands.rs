//! The commands, one file each.

mod api;
mod app;
mod area;
mod backup;
mod call;
mod callback;
mod config;
mod connector;
mod demo;
mod doctor;
mod init;
mod keys;
mod lab;
mod ledger;
mod link;
mod migrate;
mod person;
mod query;
mod serve;
mod sign;
mod store_access;
mod task;

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

/// Each is described where it is defined.
#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Init(init::Init),
    Serve(serve::Serve),
    Query(query::Query),
    Call(call::Call),
    Sign(sign::Sign),
    Api(api::Api),
    App(app::App),
    Callback(callback::Callback),
    Area(area::Area),
    Task(task::Task),
    Person(person::Person),
    Ledger(ledger::Ledger),
    Link(link::Link),
    Backup(backup::Backup),
    Keys(keys::Keys),
    Migrate(migrate::Migrate),
    Doctor(doctor::Doctor),
    Connector(connector::Connector),
    Lab(lab::Lab),
    Config(config::Config),
}

impl Cli {
    /// Runs the command.
    pub(crate) async fn run(self) -> Result<(), Failed> {
        match self.command {
            Command::Demo(command) => command.run().await,
            Command::Init(command) => command.run().await,
            Command::Serve(command) => command.run().await,
            Command::Query(command) => command.run().await,
            Command::Call(command) => command.run().await,
            Command::Sign(command) => command.run(),
            Command::Api(command) => command.run(),
            Command::App(command) => command.run().await,
            Command::Callback(command) => command.run().await,
            Command::Area(command) => command.run().await,
            Command::Task(command) => command.run().await,
            Command::Person(command) => command.run().await,
            Command::Ledger(command) => command.run().await,
            Command::Link(command) => command.run().await,
            Command::Backup(command) => command.run().await,
            Command::Keys(command) => command.run().await,
            Command::Migrate(command) => command.run().await,
            Command::Doctor(command) => command.run().await,
            Command::Connector(command) => command.run(),
            Command::Lab(command) => command.run().await,
            Command::Config(command) => command.run(),
        }
    }
}
