//! Backup, a lost machine and the restore, as docs/OPERATING.md walks through them.

use fiveone_testkit::{TestStore, on_both};
use serde_json::{Value, json};

use crate::process::Deployment;
use crate::vendor_client::FUND;

on_both!(a_lost_machine_is_restored_from_its_backup);

async fn a_lost_machine_is_restored_from_its_backup(store: TestStore) {
    let is_sqlite = store.url().starts_with("sqlite:");
    let deployment = Deployment::new(store, "").await;
    let gateway = deployment.gateway().await;
    let cities = gateway.client.cities(FUND).await;
    assert!(cities.to_string().contains("990000"), "{cities}");
    let file = |name: &str| deployment.folder.path().join(name).display().to_string();
    let (backup, books) = (file("backup.db"), file("books.json"));

    // While the node runs: the copy, and what its books are.
    let written = deployment.command(&["backup", "--output", &backup, "--json"]).await;
    assert_eq!(written["rows"]["app"], 1, "{written}");
    let checkpoint = deployment.run(&["ledger", "checkpoint", "--output", &books]).await;
    assert!(checkpoint.status.success(), "{checkpoint:?}");
    gateway.kill().await;

    // The machine is gone; what is left are the backup, the checkpoint, the configuration and the key.
    let target = if is_sqlite { None } else { Some(TestStore::postgres().await) };
    let to = target.as_ref().map_or_else(
        || format!("sqlite:{}", file("restored.db")),
        |target| target.url().to_owned(),
    );
    let from = format!("sqlite:{backup}");
    let migrate = ["migrate", "--from", &from, "--to", &to, "--nodes-are-dead", "--json"];
    deployment.command(&migrate).await;
    let text = std::fs::read_to_string(&deployment.config).unwrap();
    std::fs::write(&deployment.config, text.replace(deployment.store.url(), &to)).unwrap();

    let verified =
        deployment.command(&["ledger", "verify", "--checkpoint", &books, "--json"]).await;
    assert_eq!(verified["clean"], true, "{verified}");
    let app = deployment.command(&["app", "show", "app1", "--json"]).await;
    assert_eq!(app["appId"], "app1", "{app}");
    let doctor = deployment.command(&["doctor", "--json"]).await;
    let bad: Vec<&Value> = doctor["checks"].as_array().unwrap().iter().collect();
    assert!(bad.iter().all(|check| check["state"] != json!("bad")), "{doctor}");
    let gateway = deployment.gateway().await;
    assert_eq!(gateway.client.cities(FUND).await, cities, "its tokenId is what it was");
    assert_eq!(gateway.stop().await, Some(0));
}
