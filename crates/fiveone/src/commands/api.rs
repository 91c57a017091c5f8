//! `fiveone api`: what `/v1` promises, for programs.

use clap::{Args, Subcommand};

use crate::exit::Failed;
use crate::output;

/// Prints what /v1 promises
#[derive(Debug, Args)]
pub(crate) struct Api {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Prints the OpenAPI 3.1 document of /v1, as a node serves it at /v1/openapi.json
    ///
    /// Example: fiveone api openapi
    Openapi,
}

impl Api {
    #[expect(clippy::unnecessary_wraps, reason = "as every command")]
    pub(crate) fn run(self) -> Result<(), Failed> {
        let Action::Openapi = self.action;
        output::say_json(&fiveone_web::openapi_document(), true);
        Ok(())
    }
}
