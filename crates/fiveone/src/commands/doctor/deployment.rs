//! What the database tells of a deployment: its nodes, apps, books, tasks, holds and callbacks.

use std::sync::Arc;

use fiveone_engine::seal::DeploymentKeys;
use fiveone_engine::{Accounts, CallbackState, Options, SystemTime, causes};
use fiveone_model::clock::{Clock as _, Millis};
use fiveone_store::{CallbackChoice, Error, NodeSign, Store};

use super::finding::Finding;
use crate::exit::Failed;

/// Things that are named at most.
const NAMED_MAX: i64 = 20;
/// A hold that should have been resolved so long ago is stuck.
const HOLD_FOR_MS: Millis = 10 * 60 * 1_000;
/// A neighbour's heartbeat may lie so far in what is the future here.
const AHEAD_MS: Millis = 2_000;

/// Nodes, tasks, holds and callbacks; no key is needed for them.
pub(super) async fn look(store: &Store, engine: &Options, options: &str) -> Vec<Finding> {
    let now = SystemTime.now();
    let again = format!("fiveone doctor{options}");
    let told = |name: &'static str, found: Result<Finding, Error>| {
        found.unwrap_or_else(|error| Finding::bad(name, causes(&error), again.clone()))
    };
    let signs = store.read.node_signs().await;
    vec![
        told("nodes", signs.map(|signs| nodes(&signs, engine.lease_for_ms, now, options))),
        told("tasks", tasks(store, options).await),
        told("holds", holds(store, now, options).await),
        told("callbacks", callbacks(store, options).await),
    ]
}

fn nodes(signs: &[NodeSign], lease_for_ms: Millis, now: Millis, options: &str) -> Finding {
    const NAME: &str = "nodes";
    let ids = |chosen: &dyn Fn(&&NodeSign) -> bool| {
        signs.iter().filter(chosen).map(|sign| sign.id.clone()).collect::<Vec<_>>().join(", ")
    };
    let ahead = ids(&|sign| sign.seen_at > now + AHEAD_MS);
    if !ahead.is_empty() {
        let told = format!("{ahead}: ahead of this machine's clock");
        return Finding::doubtful(NAME, told, "timedatectl set-ntp true");
    }
    let silent = ids(&|sign| sign.seen_at < now - lease_for_ms);
    if !silent.is_empty() {
        let told = format!("silent for more than a lease: {silent}; the others take its tasks up");
        return Finding::doubtful(NAME, told, format!("fiveone serve{options}"));
    }
    match signs.len() {
        0 => Finding::good(NAME, "none is running"),
        count => Finding::good(NAME, format!("{count} alive")),
    }
}

async fn tasks(store: &Store, options: &str) -> Result<Finding, Error> {
    const NAME: &str = "tasks";
    let aside = store.read.set_aside(NAMED_MAX).await?;
    let Some((first, _)) = aside.first() else {
        return Ok(Finding::good(NAME, "none is set aside"));
    };
    let fix = format!("fiveone task show {first}{options}");
    let named: Vec<_> = aside.iter().map(|(task, why)| format!("{task} ({why})")).collect();
    Ok(Finding::bad(NAME, format!("set aside: {}", named.join("; ")), fix))
}

async fn holds(store: &Store, now: Millis, options: &str) -> Result<Finding, Error> {
    const NAME: &str = "holds";
    let overdue = store.read.overdue_holds(now - HOLD_FOR_MS, NAMED_MAX).await?;
    if overdue.is_empty() {
        return Ok(Finding::good(NAME, "none is overdue"));
    }
    let named: Vec<_> = overdue.iter().map(|(task, _)| task.to_string()).collect();
    let told = format!("overdue, and no node has settled them: {}", named.join(", "));
    Ok(Finding::doubtful(NAME, told, format!("fiveone serve{options}")))
}

async fn callbacks(store: &Store, options: &str) -> Result<Finding, Error> {
    const NAME: &str = "callbacks";
    let choice = CallbackChoice::default();
    let kept = store.read.kept_callbacks(CallbackState::Exhausted, choice, NAMED_MAX).await?;
    let Some(first) = kept.first() else { return Ok(Finding::good(NAME, "none is exhausted")) };
    let more = if kept.len() == 20 { " or more" } else { "" };
    let told = format!("{}{more} that nobody acknowledged", kept.len());
    let fix = format!("fiveone callback replay --app {}{options}", first.app_id);
    Ok(Finding::doubtful(NAME, told, fix))
}

/// Apps and books, which the deployment key opens.
pub(super) async fn accounts(store: &Store, keys: DeploymentKeys, options: &str) -> [Finding; 2] {
    let accounts = Accounts::new(store.clone(), keys, Arc::new(SystemTime));
    let bad = |name, failed: Failed| {
        let fix = format!("fiveone ledger verify{options}");
        Finding::bad(name, failed.message_only(), fix)
    };
    [
        apps(&accounts, options).await.unwrap_or_else(|failed| bad("apps", failed)),
        books(&accounts, options).await.unwrap_or_else(|failed| bad("books", failed)),
    ]
}

async fn apps(accounts: &Accounts, options: &str) -> Result<Finding, Failed> {
    const NAME: &str = "apps";
    let apps = accounts.all().await?;
    for app in &apps {
        if accounts.find(&app.id).await?.is_none() {
            let told =
                format!("app {} has a grant without a price: its calls get status 4", app.id);
            let fix = format!("fiveone app grant {}{options}    # sets the price of all", app.id);
            return Ok(Finding::bad(NAME, told, fix));
        }
    }
    if apps.is_empty() {
        let fix = format!("fiveone app create loans --price 3.00{options}");
        return Ok(Finding::doubtful(NAME, "there is none yet", fix));
    }
    Ok(Finding::good(NAME, format!("{}, all with prices", apps.len())))
}

async fn books(accounts: &Accounts, options: &str) -> Result<Finding, Failed> {
    const NAME: &str = "books";
    let report = accounts.ledger().verify(&[]).await?;
    if let Some(first) = report.findings.first() {
        let fix = format!("fiveone ledger verify{options}");
        return Ok(Finding::bad(NAME, first.to_string(), fix));
    }
    let told = format!("{} wallets, {} entries, all clean", report.wallets, report.entries);
    Ok(Finding::good(NAME, told))
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn a_node_is_alive_silent_or_ahead() {
        let at = |seen_at| NodeSign { id: "n1".to_owned(), slot: 0, seen_at };
        let found = |seen_at| nodes(&[at(seen_at)], 15_000, 100_000, "");
        assert_eq!(nodes(&[], 15_000, 100_000, "").told, "none is running");
        assert_eq!(found(85_000), Finding::good("nodes", "1 alive"));
        assert_eq!(found(102_000), Finding::good("nodes", "1 alive"));
        let silent = found(84_999);
        assert_eq!((silent.state, silent.fix.as_deref()), (State::Doubtful, Some("fiveone serve")));
        let ahead = found(102_001);
        assert_eq!(ahead.fix.as_deref(), Some("timedatectl set-ntp true"));
    }
}
