//! The receivers of callbacks: whether somebody answers where each app wants them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use fiveone_engine::seal::DeploymentKeys;
use fiveone_engine::{Accounts, Options, SystemTime, causes, reach_callback};
use fiveone_model::product::Product;
use fiveone_store::Store;
use futures_util::StreamExt as _;

use super::finding::Finding;

/// Receivers that are asked at once.
const AT_ONCE: usize = 8;
/// How long one may take here, however long a callback may.
const ANSWER_FOR: Duration = Duration::from_secs(5);

/// Asks every receiver; what answers, with whatever status, can be reached.
pub(super) async fn look(
    store: &Store,
    keys: DeploymentKeys,
    engine: &Options,
    options: &str,
) -> Vec<Finding> {
    const NAME: &str = "receivers";
    let accounts = Accounts::new(store.clone(), keys, Arc::new(SystemTime));
    let apps = match accounts.all().await {
        Ok(apps) => apps,
        Err(fault) => {
            let fix = format!("fiveone app show{options}");
            return vec![Finding::bad(NAME, causes(&fault), fix)];
        }
    };
    let mut receivers = BTreeSet::new();
    for app in &apps {
        for product in Product::ALL {
            let address = app.callback(product);
            receivers
                .extend(address.map(|address| (app.id.to_string(), product, address.url.clone())));
        }
    }
    let limit = ANSWER_FOR.min(Duration::from_millis(engine.callback_for_ms));
    let is_private_allowed = engine.callbacks_to_private;
    let asked = receivers.iter().map(async |(app, product, address)| {
        let why = reach_callback(address, is_private_allowed, limit).await.err()?;
        let told = format!("{app}, {}: {why}", product.as_str());
        // The address stays out: its query may hold a secret of the app's.
        let fix = format!("fiveone app show {app}{options}    # then curl -I its callback");
        Some(Finding::doubtful("receiver", told, fix))
    });
    let found: Vec<_> = futures_util::stream::iter(asked).buffered(AT_ONCE).collect().await;
    let mut bad: Vec<_> = found.into_iter().flatten().collect();
    if bad.is_empty() {
        bad.push(Finding::good(NAME, format!("{} answer", receivers.len())));
    }
    bad
}
