//! Nodes: slots, heartbeats, and what a dead one leaves.

use fiveone_model::task::{Stage, StageName};
use fiveone_store::{Error, NodeRow};
use fiveone_testkit::build::NOW;
use fiveone_testkit::{TestStore, on_both};
use tokio::task::JoinSet;

use crate::{admit, register, set_up, task_at};

on_both!(
    living_nodes_have_different_slots,
    a_node_whose_heart_has_beaten_is_not_declared_dead,
    a_dead_nodes_logins_are_lost,
    a_node_that_stops_gives_its_tasks_back,
);

fn node(id: &str) -> NodeRow {
    NodeRow { id: id.to_owned(), public_key: vec![1, 2, 3], proof: String::new() }
}

async fn living_nodes_have_different_slots(store: TestStore) {
    let mut set = JoinSet::new();
    for number in 0..100 {
        let write = store.write.clone();
        set.spawn(
            async move { write.register_node(&node(&format!("n{number}")), NOW).await.unwrap() },
        );
    }
    let mut slots = set.join_all().await;
    slots.sort_unstable();
    assert_eq!(slots, (0..100).collect::<Vec<_>>(), "a hundred start at once");
    let refused = store.write.register_node(&node("late"), NOW).await.unwrap_err();
    let message = "all 100 node slots are taken by living nodes; stop one first";
    assert_eq!(refused.to_string(), message);
    assert_eq!(store.read.node_key("n7").await.unwrap(), Some(vec![1, 2, 3]));
    let living = store.read.living_nodes().await.unwrap();
    let freed = living.iter().find(|node| node.id == "n7").unwrap();
    assert!(store.write.declare_dead("n7", 0, NOW).await.unwrap());
    assert_eq!(store.read.node_key("n7").await.unwrap(), None);
    let slot = store.write.register_node(&node("late"), NOW).await.unwrap();
    assert_eq!(i64::from(slot), freed.slot);
}

async fn a_node_whose_heart_has_beaten_is_not_declared_dead(store: TestStore) {
    set_up(&store).await;
    register(&store, "n2").await;
    task_at(&store, 1, StageName::Crawling).await;
    // The clock of the node is an hour behind, and nobody minds.
    store.write.heartbeat("n1", NOW - 3_600_000).await.unwrap();
    assert!(!store.write.declare_dead("n1", 0, NOW).await.unwrap(), "it has beaten since");
    assert!(store.write.claim_resumable("n2", 9, NOW).await.unwrap().rows.is_empty());
    assert!(store.write.declare_dead("n1", 1, NOW).await.unwrap());
    assert!(matches!(store.write.heartbeat("n1", NOW).await, Err(Error::Stale { .. })));
    assert_eq!(store.write.claim_resumable("n2", 9, NOW).await.unwrap().rows.len(), 1);
    let dead = store.write.claim_resumable("n1", 9, NOW).await.unwrap();
    assert!(dead.rows.is_empty(), "a dead node gets nothing");
}

async fn a_dead_nodes_logins_are_lost(store: TestStore) {
    set_up(&store).await;
    task_at(&store, 1, StageName::LoggingIn).await;
    task_at(&store, 2, StageName::LoggedIn).await;
    admit(&store, 3).await;
    assert!(store.read.lost_with_credentials(9).await.unwrap().rows.is_empty(), "n1 lives");
    store.write.declare_dead("n1", 0, NOW).await.unwrap();
    let stranded = store.read.lost_with_credentials(9).await.unwrap().rows;
    let stages: Vec<_> = stranded.into_iter().map(|task| task.stage).collect();
    assert_eq!(stages, [Stage::LoggingIn, Stage::Queued]);
}

async fn a_node_that_stops_gives_its_tasks_back(store: TestStore) {
    set_up(&store).await;
    let claimed = task_at(&store, 1, StageName::LoggedIn).await;
    register(&store, "n2").await;
    store.write.stop_node("n1", NOW + 1).await.unwrap();
    let taken = store.write.claim_resumable("n2", 9, NOW + 1).await.unwrap().rows;
    assert_eq!(taken.len(), 1, "at once, not after the lease");
    let step = (StageName::LoggedIn, StageName::Crawling);
    let late =
        store.write.move_stage(&claimed.task.id, claimed.task.fence, step, None, NOW + 2).await;
    assert!(late.is_err(), "the stopped node's fence is old");
}
