//! `fiveone person`: erases what is kept of a person. The identity number is read from standard input:
//! arguments are seen by everybody on a machine, and stay in a shell's history.

use std::io::{IsTerminal as _, Read as _};

use clap::{Args, Subcommand};
use fiveone_model::app::AppId;
use zeroize::Zeroizing;

use super::app::app_id;
use super::store_access::StoreAccess;
use crate::exit::{Failed, Reason};
use crate::output;

/// Erases what is kept of a person
#[derive(Debug, Args)]
pub(crate) struct Person {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    access: StoreAccess,
    /// Prints one JSON object
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Erases every task for which this identity number was typed; prints a receipt
    ///
    /// The number is asked for, or read from standard input; it is no argument. Tasks under way are
    /// erased as soon as they have ended.
    Erase {
        /// Only the tasks of this app
        #[arg(long, value_parser = app_id)]
        app: Option<AppId>,
    },
}

/// More is no number of anybody.
const BYTES_MAX: u64 = 256;

impl Person {
    pub(crate) async fn run(self) -> Result<(), Failed> {
        let Self { action: Action::Erase { app }, access, json } = self;
        let eraser = access.eraser().await?;
        let number = id_number()?;
        let number = number.trim();
        if number.is_empty() || number.contains('\n') {
            let message = "one identity number is needed on standard input";
            return Err(Failed::message(Reason::Usage, message));
        }
        let receipt = eraser.person(number, app).await?;
        output::say_json(&serde_json::to_value(&receipt)?, !json);
        Ok(())
    }
}

fn id_number() -> Result<Zeroizing<String>, Failed> {
    if std::io::stdin().is_terminal() {
        return Ok(Zeroizing::new(rpassword::prompt_password("身份证号: ")?));
    }
    let mut text = Zeroizing::new(String::new());
    std::io::stdin().take(BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}
