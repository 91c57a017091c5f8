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
mod operator;
mod person;
mod query;
mod serve;
mod sign;
mod store_access;
mod task;

use std::sync::Arc;

use clap::{Parser, Subcommand};
use fiveone_engine::Time;

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
    Operator(operator::Operator),
    Backup(backup::Backup),
    Keys(keys::Keys),
    Migrate(migrate::Migrate),
    Doctor(doctor::Doctor),
    Connector(connector::Connector),
    Lab(lab::Lab),
    Config(config::Config),
}

impl Cli {
    /// Runs the command; a gateway reads this clock.
    pub(crate) async fn run(self, time: Arc<dyn Time>) -> Result<(), Failed> {
        match self.command {
            Command::Demo(command) => command.run().await,
            Command::Init(command) => command.run().await,
            Command::Serve(command) => command.run(time).await,
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
            Command::Operator(command) => command.run().await,
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn options_of_a_group_stand_before_and_after_its_subcommands() {
        for group in Cli::command().get_subcommands().filter(|one| one.has_subcommands()) {
            for option in group.get_arguments() {
                assert!(option.is_global_set(), "{} {}", group.get_name(), option.get_id());
            }
        }
        for words in [
            "fiveone app --data d --json show demo",
            "fiveone app show demo --json --data d",
            "fiveone app show --data d demo --json",
            "fiveone app --config c key create demo",
            "fiveone app key --config c create demo",
            "fiveone app key create demo --config c",
            "fiveone query --gateway g fund 990000 --json",
            "fiveone query fund --gateway g 990000 --out r.json",
            "fiveone link --json create demo --product fund --data d",
        ] {
            assert!(Cli::try_parse_from(words.split(' ')).is_ok(), "{words}");
        }
    }
}
