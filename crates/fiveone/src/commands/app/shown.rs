//! An app as its commands print it, without its secret.

use fiveone_engine::Accounts;
use fiveone_model::app::{App, Grant, Switch, SwitchKind};
use fiveone_model::ledger::yuan;
use fiveone_model::product::Product;
use fiveone_model::task::TaskId;
use serde_json::{Value, json};

use crate::exit::Failed;

/// The app, its wallet, and as many of its newest entries.
pub(super) async fn shown(accounts: &Accounts, app: &App, entries: i64) -> Result<Value, Failed> {
    let balance = accounts.balance(&app.id).await?.unwrap_or_default();
    let entry = accounts.find(&app.id).await?;
    let product = |product: Product| {
        let price = entry.as_ref().and_then(|entry| entry.tariff(product));
        json!({
            "grant": app.grant(product).map_or("none", Grant::as_str),
            "price": price.map(|tariff| yuan(tariff.price_fen)),
            "callback": app.callback(product).map(|callback| callback.url.as_str()),
        })
    };
    let mut json = json!({
        "appId": app.id.as_str(),
        "name": app.name,
        "mode": app.mode().as_str(),
        "fund": product(Product::Fund),
        "insurance": product(Product::Insurance),
        "switches": switches(app),
        "wallet": {
            "free": yuan(balance.free_fen),
            "held": yuan(balance.held_fen),
            "captured": yuan(balance.revenue_fen),
            "paidIn": yuan(balance.funding_fen),
        },
    });
    if entries > 0 {
        let newest = accounts.entries(&app.id, entries).await?;
        let rows = newest.into_iter().map(|entry| {
            json!({
                "seq": entry.seq,
                "kind": entry.kind.as_str(),
                "amount": yuan(entry.amount_fen),
                "task": entry.task_id.as_ref().map(TaskId::as_str),
                "note": entry.note,
                "at": fiveone_model::clock::shanghai_text(entry.at),
            })
        });
        json["entries"] = rows.collect();
    }
    Ok(json)
}

/// The app's switches by their names, flags and numbers as such.
fn switches(app: &App) -> Value {
    let shown = |switch: Switch| {
        let text = switch.get(app);
        let is_plain = matches!(switch.kind(), SwitchKind::Flag | SwitchKind::Number);
        let value = text.parse().ok().filter(|_| is_plain);
        (switch.name().to_owned(), value.unwrap_or(Value::String(text)))
    };
    Switch::ALL.into_iter().map(shown).collect()
}
