//! `fiveone lab`: how well the connectors read portals that nobody here has seen.

mod attempt;
mod compare;
mod measure;
mod tally;

use clap::{Args, Subcommand};

use crate::exit::Failed;

/// Measures the connectors on portals that nobody has seen
#[derive(Debug, Args)]
pub(crate) struct Lab {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Drives the connectors through strangers: simulated portals of the known families that
    /// differ in dimensions drawn from a seed; exit 1 when anything was wrong in silence
    ///
    /// Example: fiveone lab measure --family hsp --seeds 200
    Measure(measure::Measure),
}

impl Lab {
    pub(crate) async fn run(self) -> Result<(), Failed> {
        match self.action {
            Action::Measure(measure) => measure.run().await,
        }
    }
}
