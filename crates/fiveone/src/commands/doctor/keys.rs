//! The deployment key: whether it is there, nobody else's to read, and opens what is stored.

use fiveone_engine::KeyRotation;
use fiveone_engine::seal::DeploymentKeys;
use fiveone_store::Store;

use super::finding::Finding;
use crate::config::Keys;

/// The key, if it can be had.
pub(super) fn load(keys: &Keys, options: &str) -> (Finding, Option<DeploymentKeys>) {
    match keys.load() {
        Ok(loaded) => {
            (Finding::good("deployment key", "readable by its owner alone"), Some(loaded))
        }
        Err(failed) => {
            let fix = match &keys.file {
                Some(file) if file.exists() => format!("chmod 600 {}", file.display()),
                Some(file) => format!("umask 077; fiveone config key > {}", file.display()),
                None => format!("fiveone config check{options}"),
            };
            (Finding::bad("deployment key", failed.message_only(), fix), None)
        }
    }
}

/// Opens every sealed value of the store.
pub(super) async fn stored(store: &Store, keys: DeploymentKeys, options: &str) -> Finding {
    const NAME: &str = "sealed values";
    let fix = format!("fiveone keys status{options}");
    let counts = match KeyRotation::new(store.clone(), keys).status().await {
        Ok(counts) => counts,
        Err(fault) => return Finding::bad(NAME, fiveone_engine::causes(&fault), fix),
    };
    let lost: Vec<_> =
        counts.unreadable.iter().map(|(column, count)| format!("{count} {column}")).collect();
    if !lost.is_empty() {
        let told =
            format!("open with no key at hand: {}; add the line of their key", lost.join(", "));
        return Finding::bad(NAME, told, fix);
    }
    match counts.old() {
        0 => Finding::good(NAME, "all open with the newest key"),
        old => {
            let fix = format!("fiveone keys rotate{options}");
            Finding::doubtful(NAME, format!("{old} are under an older key"), fix)
        }
    }
}
