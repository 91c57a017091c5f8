//! Nodes: slots, heartbeats, and what a dead one leaves.

use fiveone_model::task::{Stage, StageName};
use fiveone_store::NodeRow;
use fiveone_testkit::build::NOW;
use fiveone_testkit::{TestStore, on_both};

use crate::{admit, register, set_up, task_at};

on_both!(
    living_nodes_have_different_slots,
    a_heartbeat_keeps_leases_until_others_took_the_node_for_dead,
    a_dead_nodes_logins_are_lost,
    a_node_that_stops_gives_its_tasks_back,
);

fn node(id: &str) -> NodeRow {
    NodeRow { id: id.to_owned(), public_key: vec![1, 2, 3] }
}

async fn living_nodes_have_different_slots(store: TestStore) {
    let register = |id: &'static str, now, dead_before| {
        let write = store.write.clone();
        async move { write.register_node(&node(id), now, dead_before).await }
    };
    assert_eq!(register("n1", NOW, NOW - 10).await.unwrap(), 0);
    assert_eq!(register("n2", NOW + 5, NOW - 5).await.unwrap(), 1);
    assert_eq!(store.read.node_key("n1").await.unwrap(), Some(vec![1, 2, 3]));
    assert_eq!(register("n3", NOW + 11, NOW + 1).await.unwrap(), 0, "n1 is dead");
    assert_eq!(store.read.node_key("n1").await.unwrap(), None);
    for number in 0..23 {
        let name = format!("m{number}");
        store.write.register_node(&node(&name), NOW + 11, NOW + 1).await.unwrap();
    }
    let refused = register("n4", NOW + 11, NOW + 1).await.unwrap_err();
    assert_eq!(refused.to_string(), "all 25 node slots are taken by living nodes; stop one first");
}

async fn a_heartbeat_keeps_leases_until_others_took_the_node_for_dead(store: TestStore) {
    set_up(&store).await;
    task_at(&store, 1, StageName::Crawling).await;
    store.write.heartbeat("n1", NOW + 9_000).await.unwrap();
    let resumed = store.write.claim_resumable("n2", 9, NOW + 11_000, NOW + 1_000).await.unwrap();
    assert!(resumed.is_empty(), "the node was seen");
    store.write.register_node(&node("n2"), NOW + 30_000, NOW + 20_000).await.unwrap();
    assert!(store.write.heartbeat("n1", NOW + 30_001).await.is_err());
    let resumed = store.write.claim_resumable("n2", 9, NOW + 30_001, NOW + 1_000).await.unwrap();
    assert_eq!(resumed.len(), 1);
}

async fn a_dead_nodes_logins_are_lost(store: TestStore) {
    set_up(&store).await;
    task_at(&store, 1, StageName::LoggingIn).await;
    task_at(&store, 2, StageName::LoggedIn).await;
    admit(&store, 3).await;
    assert!(
        store.read.lost_with_credentials(NOW, 9).await.unwrap().is_empty(),
        "n1 was seen at NOW"
    );
    let stranded = store.read.lost_with_credentials(NOW + 1, 9).await.unwrap();
    let stages: Vec<_> = stranded.into_iter().map(|task| task.stage).collect();
    assert_eq!(stages, [Stage::LoggingIn, Stage::Queued]);
}

async fn a_node_that_stops_gives_its_tasks_back(store: TestStore) {
    set_up(&store).await;
    let claimed = task_at(&store, 1, StageName::LoggedIn).await;
    register(&store, "n2").await;
    store.write.stop_node("n1", NOW + 1).await.unwrap();
    let taken = store.write.claim_resumable("n2", 9, NOW + 1, NOW - 10_000).await.unwrap();
    assert_eq!(taken.len(), 1, "at once, not after the lease");
    let step = (StageName::LoggedIn, StageName::Crawling);
    let late =
        store.write.move_stage(&claimed.task.id, claimed.task.fence, step, None, NOW + 2).await;
    assert!(late.is_err(), "the stopped node's fence is old");
}
