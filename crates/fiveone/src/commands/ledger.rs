//! `fiveone ledger`: proves the books, signs them, and tells what moved in a month.

mod statement;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use fiveone_engine::Ledger as Books;
use fiveone_model::app::AppId;
use fiveone_model::clock::{Millis, shanghai_month};
use fiveone_model::ledger::Checkpoint;
use fiveone_store::LedgerReport;
use serde_json::json;

use self::statement::Form;
use super::app::app_id;
use super::store_access::StoreAccess;
use crate::exit::{Failed, Reason};
use crate::output;

/// Verifies and signs the books, prints an app's statement of a month
#[derive(Debug, Args)]
pub(crate) struct Ledger {
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
    /// Recomputes every wallet from its signed entries and every hold from its task; exit 1 when
    /// anything differs, with the first bad entry of each wallet first
    ///
    /// Example: fiveone ledger verify --config fiveone.toml
    Verify {
        /// Compares with what `ledger checkpoint` has written earlier, too; may be given again
        #[arg(long, value_name = "FILE")]
        checkpoint: Vec<PathBuf>,
    },
    /// Signs what the books are now: keep it where nobody who can write into the database can write
    ///
    /// Example: fiveone ledger checkpoint --output books.json
    Checkpoint {
        /// The file; default: standard output
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Signs the books that an earlier version wrote, as they are; done once
    ///
    /// Example: fiveone ledger adopt --config fiveone.toml
    Adopt,
    /// Tells what moved in an app's wallet in a month, by the time in Asia/Shanghai
    ///
    /// Example: fiveone ledger statement --app loans --month 2026-11 --csv
    Statement {
        /// The appId
        #[arg(long, value_parser = app_id)]
        app: AppId,
        /// The month, from its first midnight in Asia/Shanghai to its last
        #[arg(long, value_parser = month, value_name = "YYYY-MM")]
        month: Month,
        /// Prints CSV (RFC 4180)
        #[arg(long, conflicts_with = "json")]
        csv: bool,
    },
}

/// A month as it was typed, and when it begins and ends.
#[derive(Debug, Clone)]
struct Month {
    text: String,
    span: (Millis, Millis),
}

fn month(text: &str) -> Result<Month, String> {
    let span = shanghai_month(text).ok_or("a month as 2026-11")?;
    Ok(Month { text: text.to_owned(), span })
}

impl Ledger {
    pub(crate) async fn run(self) -> Result<(), Failed> {
        let Self { action, access, json } = self;
        let books = access.accounts().await?.ledger();
        match action {
            Action::Verify { checkpoint } => {
                let given = checkpoint.iter().map(|path| read_checkpoint(path));
                let given = given.collect::<Result<Vec<_>, _>>()?;
                let report = books.verify(&given).await?;
                tell(&report, json);
                let is_clean = report.findings.is_empty();
                if is_clean { Ok(()) } else { Err(Failed::said(Reason::Failed)) }
            }
            Action::Checkpoint { output } => {
                let checkpoint = books.checkpoint().await?;
                write_checkpoint(&checkpoint, output.as_deref())
            }
            Action::Adopt => {
                let has_adopted = books.adopt().await?;
                match (json, has_adopted) {
                    (true, _) => output::say_json(&json!({ "adopted": has_adopted }), false),
                    (_, true) => output::say("the books are signed as they were"),
                    (_, false) => output::say("nothing to do: the books are signed already"),
                }
                Ok(())
            }
            Action::Statement { app, month, csv } => {
                let form = match (json, csv) {
                    (true, _) => Form::Json,
                    (_, true) => Form::Csv,
                    _ => Form::Table,
                };
                print_statement(&books, &app, &month, form).await
            }
        }
    }
}

fn read_checkpoint(path: &Path) -> Result<Checkpoint, Failed> {
    let place = path.display();
    let mistake = |message| Failed::message(Reason::Mistakes, message);
    let text =
        std::fs::read_to_string(path).map_err(|error| mistake(format!("{place}: {error}")))?;
    serde_json::from_str(&text)
        .map_err(|error| mistake(format!("{place}: not written by ledger checkpoint ({error})")))
}

/// A file is there whole or not at all: one that is cut would prove nothing.
fn write_checkpoint(checkpoint: &Checkpoint, path: Option<&Path>) -> Result<(), Failed> {
    use std::io::Write as _;
    let text = serde_json::to_string(checkpoint)?;
    let Some(path) = path else {
        output::say(&text);
        return Ok(());
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    writeln!(file, "{text}")?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

fn tell(report: &LedgerReport, json: bool) {
    let is_clean = report.findings.is_empty();
    if json {
        let findings = report.findings.iter().map(|finding| {
            json!({ "app": finding.app_id, "entry": finding.entry, "what": finding.what })
        });
        let value = json!({
            "clean": is_clean,
            "wallets": report.wallets,
            "entries": report.entries,
            "adopted": report.adopted,
            "checkpoints": report.checkpoints,
            "holds": report.holds,
            "openHolds": report.open_holds,
            "findings": findings.collect::<Vec<_>>(),
        });
        output::say_json(&value, false);
        return;
    }
    for finding in &report.findings {
        output::say(&finding.to_string());
    }
    let verdict = if is_clean { "clean" } else { "NOT CLEAN" };
    let LedgerReport { wallets, entries, holds, open_holds, checkpoints, .. } = report;
    output::say(&format!(
        "{verdict}: {wallets} wallets, {entries} entries, {holds} holds ({open_holds} open), \
         {checkpoints} checkpoints"
    ));
}

async fn print_statement(
    books: &Books,
    app: &AppId,
    month: &Month,
    form: Form,
) -> Result<(), Failed> {
    let Some(mut statement) = books.statement(app, month.span).await? else {
        return Err(Failed::message(Reason::Usage, format!("there is no app {app}")));
    };
    let mut printer = form.printer(app, &month.text);
    printer.begin(statement.balance());
    loop {
        let lines = statement.next_lines().await?;
        if lines.is_empty() {
            break;
        }
        for line in &lines {
            printer.line(line);
        }
    }
    printer.end(statement.balance());
    Ok(())
}
