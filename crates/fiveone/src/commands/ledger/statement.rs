//! The forms of a statement. Each is printed as it is read: a month may have more lines than memory.

use fiveone_model::app::AppId;
use fiveone_model::clock::shanghai_text;
use fiveone_model::ledger::{Balance, EntryKind, yuan};
use fiveone_model::task::TaskId;
use fiveone_store::StatementLine;
use serde_json::{Value, json};

use crate::output;

/// How a statement is printed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// Columns for people.
    Table,
    /// One object.
    Json,
    /// RFC 4180.
    Csv,
}

/// Prints one statement.
pub(super) struct Printer {
    form: Form,
    app: String,
    month: String,
    is_first: bool,
}

/// The columns of the CSV.
const HEADER: [&str; 13] = [
    "app", "entry", "time", "kind", "tid", "product", "area", "code", "amount", "free", "held",
    "captured", "note",
];

impl Form {
    pub(super) fn printer(self, app: &AppId, month: &str) -> Printer {
        Printer {
            form: self,
            app: app.as_str().to_owned(),
            month: month.to_owned(),
            is_first: true,
        }
    }
}

impl Printer {
    /// What the wallet held before the first line.
    pub(super) fn begin(&self, opening: Balance) {
        let Self { app, month, .. } = self;
        match self.form {
            Form::Table => {
                output::say(&format!("{app}, {month} (Asia/Shanghai), yuan"));
                output::say(&format!(
                    "{:>8}  {:<19}  {:<8}  {:<32}  {:<5}  {:>12}  {:>12}  {:>12}  note",
                    "entry", "time", "kind", "tid", "code", "amount", "free", "held"
                ));
                table_balance("opening", opening);
            }
            Form::Json => {
                let (app, opening) = (json!(app), balance(opening));
                output::say(&format!(
                    "{{\"app\":{app},\"month\":\"{month}\",\"timeZone\":\"Asia/Shanghai\",\
                     \"opening\":{opening},\"lines\":["
                ));
            }
            Form::Csv => {
                output::csv(&HEADER.map(str::to_owned));
                self.csv_balance("opening", opening);
            }
        }
    }

    pub(super) fn line(&mut self, line: &StatementLine) {
        match self.form {
            Form::Table => table_line(line),
            Form::Json => {
                let comma = if self.is_first { "" } else { "," };
                output::say(&format!("{comma}{}", json_line(line)));
            }
            Form::Csv => output::csv(&self.csv_line(line)),
        }
        self.is_first = false;
    }

    /// What it held after the last one.
    pub(super) fn end(&self, closing: Balance) {
        match self.form {
            Form::Table => table_balance("closing", closing),
            Form::Json => output::say(&format!("],\"closing\":{}}}", balance(closing))),
            Form::Csv => self.csv_balance("closing", closing),
        }
    }

    fn csv_balance(&self, kind: &str, balance: Balance) {
        let mut fields = [const { String::new() }; HEADER.len()];
        fields[0] = fiveone_model::csv::plain_text(&self.app);
        fields[3] = kind.to_owned();
        [fields[9], fields[10], fields[11]] =
            [balance.free_fen, balance.held_fen, balance.revenue_fen].map(yuan);
        output::csv(&fields);
    }

    fn csv_line(&self, line: &StatementLine) -> [String; HEADER.len()] {
        let StatementLine { entry, portal, code, balance } = line;
        let (product, area) = portal.clone().unwrap_or_default();
        [
            fiveone_model::csv::plain_text(&self.app),
            entry.seq.to_string(),
            shanghai_text(entry.at),
            entry.kind.as_str().to_owned(),
            entry.task_id.as_ref().map_or("", TaskId::as_str).to_owned(),
            product,
            area,
            code.clone().unwrap_or_default(),
            yuan(entry.amount_fen),
            yuan(balance.free_fen),
            yuan(balance.held_fen),
            yuan(balance.revenue_fen),
            fiveone_model::csv::plain_text(note(line)),
        ]
    }
}

/// An operator's words; those of other entries are told as code.
fn note(line: &StatementLine) -> &str {
    if matches!(line.entry.kind, EntryKind::Topup | EntryKind::Refund) {
        &line.entry.note
    } else {
        ""
    }
}

fn balance(balance: Balance) -> Value {
    json!({
        "free": yuan(balance.free_fen),
        "held": yuan(balance.held_fen),
        "captured": yuan(balance.revenue_fen),
        "paidIn": yuan(balance.funding_fen),
    })
}

fn json_line(line: &StatementLine) -> Value {
    let StatementLine { entry, portal, code, balance: after } = line;
    json!({
        "entry": entry.seq,
        "time": shanghai_text(entry.at),
        "kind": entry.kind.as_str(),
        "tid": entry.task_id.as_ref().map(TaskId::as_str),
        "product": portal.as_ref().map(|(product, _)| product),
        "area": portal.as_ref().map(|(_, area)| area),
        "code": code,
        "amount": yuan(entry.amount_fen),
        "note": note(line),
        "balance": balance(*after),
    })
}

fn table_line(line: &StatementLine) {
    let StatementLine { entry, code, balance, .. } = line;
    // A note is an operator's, and must not move the cursor of another one's terminal.
    let note: String = note(line).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    output::say(
        format!(
            "{:>8}  {:<19}  {:<8}  {:<32}  {:<5}  {:>12}  {:>12}  {:>12}  {note}",
            entry.seq,
            shanghai_text(entry.at),
            entry.kind.as_str(),
            entry.task_id.as_ref().map_or("", TaskId::as_str),
            code.as_deref().unwrap_or_default(),
            yuan(entry.amount_fen),
            yuan(balance.free_fen),
            yuan(balance.held_fen),
        )
        .trim_end(),
    );
}

fn table_balance(what: &str, balance: Balance) {
    let (free, held) = (yuan(balance.free_fen), yuan(balance.held_fen));
    output::say(&format!("{what:>8}{:82}  {free:>12}  {held:>12}", ""));
}
