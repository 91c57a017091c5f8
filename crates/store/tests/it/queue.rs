//! Admission and claiming, raced.

use std::collections::HashSet;

use fiveone_model::challenge::ChallengeKind;
use fiveone_model::failure::{Failure, FailureKind};
use fiveone_model::idempotency::IdempotencyKey;
use fiveone_model::ledger::Balance;
use fiveone_model::report::Section;
use fiveone_model::task::{Stage, StageName};
use fiveone_store::{
    Admitted, Answering, Claimed, Closing, Error, Idempotency, Leftovers, NewTask,
};
use fiveone_testkit::build::{self, NOW};
use fiveone_testkit::{TestStore, on_both};
use tokio::task::JoinSet;

use crate::settlement::end;
use crate::{admit, anshan, claim, register, set_up, store_section, task_at};

on_both!(
    an_admission_holds_the_price_and_queues_in_one,
    racing_admissions_never_overdraw,
    an_identical_create_gets_its_twins_id_and_holds_nothing,
    an_idempotency_key_is_exact,
    a_batch_admits_each_by_itself,
    twenty_workers_claim_each_task_once,
    a_claim_takes_the_login_out_of_the_table,
    another_portals_or_nodes_tasks_are_not_claimed,
    a_write_with_an_old_fence_is_refused,
    a_step_the_machine_does_not_have_is_refused,
    tasks_past_login_are_taken_over_when_their_lease_is_over,
    overdue_tasks_are_found,
    nodes_together_keep_a_portals_limit,
    apps_take_turns_at_a_portal,
    who_dies_with_a_task_is_counted_until_it_gets_on,
    a_step_whose_answer_was_lost_is_made_once,
);

async fn an_admission_holds_the_price_and_queues_in_one(store: TestStore) {
    set_up(&store).await;
    admit(&store, 1).await;
    let task = store.read.task(&build::task_id(1)).await.unwrap().unwrap();
    assert_eq!((task.stage, task.fence, task.node_id.as_deref()), (Stage::Queued, 0, Some("n1")));
    assert_eq!((task.created_at, task.due_at), (NOW, NOW + 900_000));
    let balance = store.read.balance(&build::app("a").id).await.unwrap().unwrap();
    let expected = Balance { free_fen: 700, held_fen: 300, revenue_fen: 0, funding_fen: 1_000 };
    assert_eq!(balance, expected);
    assert_eq!(store.read.queued_portals("n1").await.unwrap(), [anshan()]);
    let left = store.read.leftovers().await.unwrap();
    assert_eq!(left, Leftovers { queued: 1, open: 1, holds: 1, secrets: 1, ..Default::default() });
    assert_eq!(store.read.open_tasks().await.unwrap(), 1);
}

async fn racing_admissions_never_overdraw(store: TestStore) {
    set_up(&store).await;
    let mut set = JoinSet::new();
    for number in 0..20 {
        let write = store.write.clone();
        set.spawn(async move { write.admit(&[build::new_task("a", number)], NOW).await.unwrap() });
    }
    let outcomes: Vec<_> = set.join_all().await.into_iter().flatten().collect();
    let admitted = outcomes.iter().filter(|outcome| **outcome == Admitted::New).count();
    let refused = outcomes.iter().filter(|outcome| **outcome == Admitted::NoBalance).count();
    assert_eq!((admitted, refused), (3, 17), "1,000 分 pay for three at 300");
    let left = store.read.leftovers().await.unwrap();
    assert_eq!((left.open, left.holds), (3, 3), "a refused create leaves nothing");
    assert_eq!(store.read.verify_ledger(&[]).await.unwrap().findings, []);
}

async fn an_identical_create_gets_its_twins_id_and_holds_nothing(store: TestStore) {
    set_up(&store).await;
    admit(&store, 1).await;
    let mut twin = build::new_task("a", 2);
    twin.fingerprint = build::new_task("a", 1).fingerprint;
    let outcome = store.write.admit(std::slice::from_ref(&twin), NOW).await.unwrap();
    assert_eq!(outcome, [Admitted::Twin(build::task_id(1))]);
    let balance = store.read.balance(&build::app("a").id).await.unwrap().unwrap();
    assert_eq!(balance.held_fen, 300);
    // Another app's create is nobody's twin.
    store.write.create_app(&build::new_app("b")).await.unwrap();
    store.write.topup(&build::app("b").id, 300, "", NOW).await.unwrap();
    twin.app_id = build::app_id("b");
    assert_eq!(store.write.admit(&[twin], NOW).await.unwrap(), [Admitted::New]);
}

async fn an_idempotency_key_is_exact(store: TestStore) {
    set_up(&store).await;
    let with_key = |number, key: &str, about: &str| {
        let mut new = build::new_task("a", number);
        new.idempotency = IdempotencyKey::parse(key)
            .map(|key| Idempotency { key, about: vec![about.to_owned()] });
        new
    };
    let admit = |new| async { store.write.admit(&[new], NOW).await.unwrap().remove(0) };
    assert_eq!(admit(with_key(1, "k1", "x")).await, Admitted::New);
    assert_eq!(admit(with_key(2, "k1", "x")).await, Admitted::Twin(build::task_id(1)));
    assert_eq!(admit(with_key(3, "k1", "y")).await, Admitted::KeyReused);
    assert_eq!(admit(with_key(4, "k2", "x")).await, Admitted::New);
    // A key whose create is a twin stands for the twin from then on.
    let mut twin = with_key(5, "k3", "x");
    twin.fingerprint = with_key(1, "", "").fingerprint;
    assert_eq!(admit(twin).await, Admitted::Twin(build::task_id(1)));
    assert_eq!(admit(with_key(6, "k3", "x")).await, Admitted::Twin(build::task_id(1)));
    // A key whose create was refused for want of money is free again.
    assert_eq!(admit(with_key(7, "k4", "x")).await, Admitted::New);
    assert_eq!(admit(with_key(8, "k5", "x")).await, Admitted::NoBalance);
    store.write.topup(&build::app("a").id, 300, "", NOW).await.unwrap();
    assert_eq!(admit(with_key(9, "k5", "z")).await, Admitted::New);
}

async fn a_batch_admits_each_by_itself(store: TestStore) {
    set_up(&store).await;
    let mut batch: Vec<_> = (1..=5).map(|number| build::new_task("a", number)).collect();
    batch[1].fingerprint = batch[0].fingerprint.clone();
    let outcomes = store.write.admit(&batch, NOW).await.unwrap();
    let twin = Admitted::Twin(build::task_id(1));
    assert_eq!(outcomes, [Admitted::New, twin, Admitted::New, Admitted::New, Admitted::NoBalance]);
    assert_eq!(store.read.verify_ledger(&[]).await.unwrap().findings, []);
}

async fn twenty_workers_claim_each_task_once(store: TestStore) {
    set_up(&store).await;
    store.write.topup(&build::app("a").id, 300 * 200, "", NOW).await.unwrap();
    let batch: Vec<_> = (0..200).map(|number| build::new_task("a", number)).collect();
    store.write.admit(&batch, NOW).await.unwrap();
    let mut set = JoinSet::new();
    for _ in 0..20 {
        let write = store.write.clone();
        set.spawn(async move {
            let (product, area) = anshan();
            let mut mine = Vec::new();
            loop {
                let got =
                    write.claim_queued("n1", (product, &area), 999, 7, NOW).await.unwrap().rows;
                if got.is_empty() {
                    return mine;
                }
                mine.extend(got.into_iter().map(|claimed| claimed.task.id));
            }
        });
    }
    let all: Vec<_> = set.join_all().await.into_iter().flatten().collect();
    assert_eq!((all.len(), all.iter().collect::<HashSet<_>>().len()), (200, 200));
}

async fn a_claim_takes_the_login_out_of_the_table(store: TestStore) {
    set_up(&store).await;
    admit(&store, 1).await;
    let claimed = claim(&store).await;
    assert_eq!(claimed.login_sealed.as_deref(), Some(b"login of 1".as_slice()));
    assert_eq!((claimed.task.stage, claimed.task.fence), (Stage::LoggingIn, 1));
    let left = store.read.leftovers().await.unwrap();
    assert_eq!((left.secrets, left.queued, left.leased), (0, 0, 1));
}

async fn another_portals_or_nodes_tasks_are_not_claimed(store: TestStore) {
    set_up(&store).await;
    admit(&store, 1).await;
    let (product, area) = anshan();
    let elsewhere = fiveone_model::area::AreaCode::parse("630100").unwrap();
    let claim = |node, area| {
        let write = store.write.clone();
        async move { write.claim_queued(node, (product, area), 99, 9, NOW).await.unwrap().rows.len() }
    };
    assert_eq!(claim("n2", &area).await, 0);
    assert_eq!(claim("n1", &elsewhere).await, 0);
    assert_eq!(claim("n1", &area).await, 1);
    assert_eq!(claim("n1", &area).await, 0);
}

async fn a_write_with_an_old_fence_is_refused(store: TestStore) {
    set_up(&store).await;
    let zombie = task_at(&store, 1, StageName::Crawling).await;
    let later = NOW + 10_001;
    assert!(store.write.declare_dead("n1", 0, later).await.unwrap());
    let taken = store.write.claim_resumable("n2", 9, later).await.unwrap().rows;
    assert_eq!(taken.len(), 1);
    let step = (StageName::Crawling, StageName::Storing);
    let id = &zombie.task.id;
    let late = store.write.move_stage(id, zombie.task.fence, step, None, later).await;
    assert!(matches!(late, Err(Error::Stale { .. })));
    let fence = taken[0].task.fence;
    store.write.move_stage(id, fence, step, None, later).await.unwrap();
}

async fn a_step_the_machine_does_not_have_is_refused(store: TestStore) {
    set_up(&store).await;
    let claimed = task_at(&store, 1, StageName::LoggingIn).await;
    let step = (StageName::LoggingIn, StageName::Storing);
    let (id, fence) = (&claimed.task.id, claimed.task.fence);
    assert!(store.write.move_stage(id, fence, step, None, NOW).await.is_err());
    assert_eq!(store.read.task(id).await.unwrap().unwrap().stage, Stage::LoggingIn);
}

async fn tasks_past_login_are_taken_over_when_their_lease_is_over(store: TestStore) {
    set_up(&store).await;
    let past = task_at(&store, 1, StageName::LoggedIn).await;
    task_at(&store, 2, StageName::LoggingIn).await;
    let later = NOW + 10_000;
    assert!(store.write.claim_resumable("n2", 9, later).await.unwrap().rows.is_empty());
    assert!(store.write.declare_dead("n1", 0, later).await.unwrap());
    let own = store.write.claim_resumable("n1", 9, later).await.unwrap().rows;
    assert!(own.is_empty(), "a node never claims what it has a lease on");
    let taken = store.write.claim_resumable("n2", 9, later).await.unwrap().rows;
    assert_eq!(taken.len(), 1, "only the one past login");
    assert_eq!(taken[0].task.id, past.task.id);
    assert_eq!(taken[0].session_sealed.as_deref(), Some(b"session".as_slice()));
    assert_eq!((taken[0].task.stage.clone(), taken[0].task.fence), (Stage::LoggedIn, 2));
    assert_eq!(taken[0].crashes, 1);
}

async fn overdue_tasks_are_found(store: TestStore) {
    set_up(&store).await;
    admit(&store, 1).await;
    let due_at = NOW + 900_000;
    assert!(store.read.overdue(due_at - 1, 9).await.unwrap().rows.is_empty());
    assert_eq!(store.read.overdue(due_at, 9).await.unwrap().rows.len(), 1);
}

async fn nodes_together_keep_a_portals_limit(store: TestStore) {
    set_up(&store).await;
    store.write.topup(&build::app("a").id, 300 * 40, "", NOW).await.unwrap();
    let batch: Vec<_> = (0..40)
        .map(|number| {
            let node_id = format!("n{}", 1 + number % 2);
            NewTask { node_id, ..build::new_task("a", number) }
        })
        .collect();
    store.write.admit(&batch, NOW).await.unwrap();
    let mut set = JoinSet::new();
    for number in 0..10 {
        let write = store.write.clone();
        set.spawn(async move {
            let (product, area) = anshan();
            let node = format!("n{}", 1 + number % 2);
            write.claim_queued(&node, (product, &area), 5, 3, NOW).await.unwrap().rows
        });
    }
    let claimed: Vec<_> = set.join_all().await.into_iter().flatten().collect();
    assert_eq!(claimed.len(), 5);
    // A task that waits for a person does not talk to the portal.
    let Claimed { task, .. } = &claimed[0];
    let kind = ChallengeKind::Captcha;
    store.write.ask(&task.id, task.fence, kind, b"question", NOW, NOW + 1).await.unwrap();
    let (product, area) = anshan();
    let more = store.write.claim_queued("n2", (product, &area), 5, 9, NOW).await.unwrap();
    assert_eq!(more.rows.len(), 1);

    // Whose person has answered goes before those in the queue, and waits for a place like them.
    let limit = ((product, &area), 5);
    store.write.answer(&task.id, b"sealed", NOW).await.unwrap();
    let close = || store.write.close_answered(&task.id, task.fence, limit, NOW);
    assert_eq!(close().await.unwrap(), Closing::PortalBusy);
    let open = store.read.open_challenge(&task.id).await.unwrap().unwrap();
    assert!(open.answer_sealed.is_some(), "nothing is changed");
    let lost = store.write.close_answered(&task.id, task.fence + 1, limit, NOW).await;
    assert!(
        matches!(lost, Err(Error::Stale { .. })),
        "whoever lost it waits for nothing: {lost:?}"
    );
    let Claimed { task: other, .. } = &claimed[1];
    let failed = Stage::Failed(Failure::of(FailureKind::WrongCredentials));
    store.write.settle(&end(&other.id, other.fence, failed)).await.unwrap();
    let more = store.write.claim_queued("n2", (product, &area), 5, 9, NOW).await.unwrap();
    assert_eq!(more.rows.len(), 0, "the place is kept for the one that answered");
    assert_eq!(close().await.unwrap(), Closing::Closed);
    assert_eq!(close().await.unwrap(), Closing::Closed, "whose outcome was lost on its way");

    // What the portal has ended waits for a place, too, and keeps it.
    let (id, fence) = (&task.id, task.fence);
    store.write.ask(id, fence, ChallengeKind::Scan, b"question", NOW, NOW + 1).await.unwrap();
    let more = store.write.claim_queued("n2", (product, &area), 5, 9, NOW).await.unwrap();
    assert_eq!(more.rows.len(), 1);
    let close = || store.write.close_shown(id, fence, limit, NOW);
    assert_eq!(close().await.unwrap(), Closing::PortalBusy);
    assert!(store.read.open_challenge(id).await.unwrap().is_some(), "nothing is changed");
    let late = store.write.answer(id, b"sealed", NOW).await.unwrap();
    assert_eq!(late, Answering::NotWaiting, "the portal has answered");
    let Claimed { task: other, .. } = &more.rows[0];
    let failed = Stage::Failed(Failure::of(FailureKind::WrongCredentials));
    store.write.settle(&end(&other.id, other.fence, failed)).await.unwrap();
    let more = store.write.claim_queued("n2", (product, &area), 5, 9, NOW).await.unwrap();
    assert_eq!(more.rows.len(), 0, "the place is kept for it");
    assert_eq!(close().await.unwrap(), Closing::Closed);

    // What a node gives back past login goes on elsewhere, and nobody takes its place.
    let Claimed { task: given, .. } = &claimed[2];
    let step = (StageName::LoggingIn, StageName::LoggedIn);
    store.write.move_stage(&given.id, given.fence, step, Some(b"session"), NOW).await.unwrap();
    store.write.give_back(&given.id, given.fence, NOW).await.unwrap();
    let more = store.write.claim_queued("n2", (product, &area), 5, 9, NOW).await.unwrap();
    assert_eq!(more.rows.len(), 0);
}

async fn who_dies_with_a_task_is_counted_until_it_gets_on(store: TestStore) {
    set_up(&store).await;
    task_at(&store, 1, StageName::Crawling).await;
    let mut crashes = Vec::new();
    for (dead, heir) in [("n1", "n2"), ("n2", "n3"), ("n3", "n4")] {
        register(&store, heir).await;
        store.write.declare_dead(dead, 0, NOW).await.unwrap();
        let taken = store.write.claim_resumable(heir, 9, NOW).await.unwrap().rows.remove(0);
        crashes.push(taken.crashes);
        if heir == "n3" {
            store_section(&store, &taken, Section::Base).await;
        }
    }
    assert_eq!(crashes, [1, 2, 1]);
    // Whoever stops in order gives back what it has: nobody died.
    register(&store, "n5").await;
    store.write.stop_node("n4", NOW).await.unwrap();
    let taken = store.write.claim_resumable("n5", 9, NOW).await.unwrap().rows.remove(0);
    assert_eq!(taken.crashes, 1);
}

async fn a_step_whose_answer_was_lost_is_made_once(store: TestStore) {
    set_up(&store).await;
    let Claimed { task, .. } = task_at(&store, 1, StageName::LoggingIn).await;
    let kind = ChallengeKind::Captcha;
    for _ in 0..2 {
        let asked = store.write.ask(&task.id, task.fence, kind, b"question", NOW, NOW + 9).await;
        assert_eq!(asked.unwrap(), 1);
    }
    let Claimed { task, .. } = task_at(&store, 2, StageName::LoggingIn).await;
    let step = (StageName::LoggingIn, StageName::LoggedIn);
    for _ in 0..2 {
        store.write.move_stage(&task.id, task.fence, step, Some(b"s"), NOW).await.unwrap();
    }
    let old = store.write.move_stage(&task.id, task.fence - 1, step, None, NOW).await;
    assert!(matches!(old, Err(Error::Stale { .. })));
}

async fn apps_take_turns_at_a_portal(store: TestStore) {
    set_up(&store).await;
    for app in ["a", "b", "c"] {
        store.write.create_app(&build::new_app(app)).await.unwrap();
        store.write.topup(&build::app_id(app), 300 * 60, "", NOW).await.unwrap();
    }
    let of_a: Vec<_> = (0..60).map(|number| build::new_task("a", number)).collect();
    store.write.admit(&of_a, NOW).await.unwrap();
    let (product, area) = anshan();
    let claim = |limit| {
        let (write, area) = (store.write.clone(), area.clone());
        async move {
            let found = write.claim_queued("n1", (product, &area), 99, limit, NOW).await.unwrap();
            let mut apps: Vec<_> =
                found.rows.iter().map(|one| one.task.app_id.as_str().to_owned()).collect();
            apps.sort();
            apps.join("")
        }
    };
    assert_eq!(claim(4).await, "aaaa", "alone it has all");
    for (app, number) in [("b", 100), ("b", 101), ("c", 200)] {
        store.write.admit(&[build::new_task(app, number)], NOW + 9).await.unwrap();
    }
    // One place after the other becomes free.
    let mut order = Vec::new();
    for _ in 0..4 {
        order.push(claim(1).await);
    }
    assert_eq!(order, ["b", "c", "b", "a"]);
}
