//! GET /v1/wallet and its entries. Money is a text in yuan with two places.

use fiveone_model::clock::rfc3339;
use fiveone_model::ledger::{Balance, Entry as EntryRow, EntryKind, yuan};
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::call::Call;
use super::code::Code;
use super::query::{cursor, page};
use super::{Outcome, json};

/// What the wallet holds, in yuan: `paid_in` is the sum of the others.
#[derive(Serialize, JsonSchema)]
pub(super) struct Wallet {
    /// Can be held for new tasks.
    free: String,
    /// Held for tasks under way.
    held: String,
    /// Taken so far.
    spent: String,
    /// Paid in so far.
    paid_in: String,
}

/// A page of entries, the newest first.
#[derive(Serialize, JsonSchema)]
pub(super) struct EntryPage {
    data: Vec<Entry>,
    /// The `cursor` of the next page; null at the end.
    next: Option<String>,
}

/// One movement.
#[derive(Serialize, JsonSchema)]
struct Entry {
    /// 1, 2, 3 … without gaps.
    number: i64,
    kind: EntryWord,
    /// In yuan.
    amount: String,
    /// The task it belongs to; null for a top-up.
    task: Option<String>,
    /// The operator's words for a top-up; for a capture or release the code its task ended with.
    note: String,
    at: String,
}

/// What an entry records.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum EntryWord {
    /// Money came in.
    Topup,
    /// A task was admitted.
    Hold,
    /// A task ended and is paid.
    Capture,
    /// A task ended and is not paid.
    Release,
    /// What a task was paid was given back.
    Refund,
}

/// GET /v1/wallet
pub(super) async fn wallet(call: Call<'_>) -> Outcome {
    let balance = call.front.api.engine.accounts().balance(&call.app.app.id).await?;
    let balance = balance.ok_or(Code::AppNotConfigured)?;
    let Balance { free_fen, held_fen, revenue_fen, funding_fen } = balance;
    let wallet = Wallet {
        free: yuan(free_fen),
        held: yuan(held_fen),
        spent: yuan(revenue_fen),
        paid_in: yuan(funding_fen),
    };
    json(StatusCode::OK, &wallet)
}

/// GET /v1/wallet/entries
pub(super) async fn entries(call: Call<'_>) -> Outcome {
    let (limit, before) = (call.query.limit()?, call.query.number()?);
    let app = &call.app.app.id;
    let entries = call.front.api.engine.own_entries(app, before, limit + 1).await?;
    let (entries, has_more) = page(entries, limit);
    let next = entries.last().filter(|_| has_more).map(|entry| cursor(&entry.seq.to_string()));
    json(StatusCode::OK, &EntryPage { data: entries.iter().map(of_entry).collect(), next })
}

fn of_entry(entry: &EntryRow) -> Entry {
    let kind = match entry.kind {
        EntryKind::Topup => EntryWord::Topup,
        EntryKind::Hold => EntryWord::Hold,
        EntryKind::Capture => EntryWord::Capture,
        EntryKind::Release => EntryWord::Release,
        EntryKind::Refund => EntryWord::Refund,
    };
    Entry {
        number: entry.seq,
        kind,
        amount: yuan(entry.amount_fen),
        task: entry.task_id.as_ref().map(ToString::to_string),
        note: entry.note.clone(),
        at: rfc3339(entry.at),
    }
}
