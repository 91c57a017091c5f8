//! The ends of links: what came of one of which nothing is handed over is never paid.

use fiveone_model::failure::{Failure, FailureKind};
use fiveone_model::ledger::EntryKind;
use fiveone_model::link::{Exit, ExitReason, ExitStage};
use fiveone_model::look::Theme;
use fiveone_model::product::Product;
use fiveone_model::report::Section;
use fiveone_model::task::{Stage, StageName, TaskId};
use fiveone_store::{Consent, Error, LinkEnd, LinkOutcome, NewLink, NewTask};
use fiveone_testkit::build::{self, NOW};
use fiveone_testkit::{TestStore, on_both};

use crate::settlement::end;
use crate::{claimed_at, set_up, store_section};

on_both!(
    a_task_whose_link_is_over_can_do_nothing_but_fail,
    an_end_pays_back_once_and_is_the_only_one,
    what_is_under_way_for_nobody_is_found,
);

const FOR_MS: i64 = 600_000;

/// A link that somebody agreed to.
async fn link(store: &TestStore, id: &str) {
    let new = NewLink {
        id: id.to_owned(),
        app_id: build::app_id("a"),
        product: Product::Fund,
        area: None,
        purpose: String::new(),
        state: String::new(),
        return_url: None,
        expires_at: NOW + FOR_MS,
        is_test: false,
        theme: Theme::default(),
        accent: None,
        prefill_sealed: None,
    };
    store.write.create_link(&new, NOW).await.unwrap();
    let consent = Consent { holder: "h".to_owned(), at: NOW, text: "t".to_owned() };
    assert!(store.write.consent(id, &consent).await.unwrap());
}

/// A task of a link, which knows it when `is_its_own`.
async fn task_of(store: &TestStore, link: &str, number: u32, is_its_own: bool) {
    let task = NewTask {
        link: Some(link.to_owned()),
        withheld_until: Some(NOW + FOR_MS),
        ..build::new_task("a", number)
    };
    store.write.admit(&[task], NOW).await.unwrap();
    if is_its_own {
        let id = build::task_id(number);
        assert!(store.write.begin_link_task(link, None, &id, None).await.unwrap());
    }
}

/// The queued task, read up to its end; its id and its fence.
async fn read(store: &TestStore) -> (TaskId, i64) {
    let claimed = claimed_at(store, StageName::Crawling).await;
    store_section(store, &claimed, Section::Base).await;
    let (id, fence) = (claimed.task.id, claimed.task.fence);
    let step = (StageName::Crawling, StageName::Storing);
    store.write.move_stage(&id, fence, step, None, NOW).await.unwrap();
    (id, fence)
}

const STOPPED: Exit = Exit { stage: ExitStage::Reading, reason: ExitReason::Stopped };

fn declined(id: &str) -> LinkEnd<'_> {
    LinkEnd { id, outcome: LinkOutcome::Declined, exit: STOPPED, callback: None, now: NOW + 5 }
}

async fn kinds_of(store: &TestStore, number: u32) -> Vec<EntryKind> {
    let entries = store.read.entries_of_task(&build::task_id(number)).await.unwrap();
    entries.iter().map(|entry| entry.kind).collect()
}

async fn a_task_whose_link_is_over_can_do_nothing_but_fail(store: TestStore) {
    set_up(&store).await;
    link(&store, "l").await;
    task_of(&store, "l", 1, true).await;
    let (id, fence) = read(&store).await;
    assert!(store.write.end_link(&declined("l")).await.unwrap());
    let done = Stage::Done { missing: Vec::new() };
    let done = store.write.settle(&end(&id, fence, done)).await;
    assert!(matches!(done, Err(Error::Unwanted { .. })), "{done:?}");
    let cancelled = Stage::Failed(Failure::of(FailureKind::Cancelled));
    store.write.settle(&end(&id, fence, cancelled)).await.unwrap();
    assert_eq!(kinds_of(&store, 1).await, [EntryKind::Hold, EntryKind::Release]);
}

async fn an_end_pays_back_once_and_is_the_only_one(store: TestStore) {
    set_up(&store).await;
    link(&store, "l").await;
    task_of(&store, "l", 1, true).await;
    let (id, fence) = read(&store).await;
    let done = Stage::Done { missing: Vec::new() };
    store.write.settle(&end(&id, fence, done)).await.unwrap();
    assert!(store.write.end_link(&declined("l")).await.unwrap());
    let expired = LinkEnd { outcome: LinkOutcome::Expired, ..declined("l") };
    assert!(!store.write.end_link(&expired).await.unwrap(), "it is over");
    assert!(!store.write.end_link(&declined("nothing")).await.unwrap());
    let paid_back = [EntryKind::Hold, EntryKind::Capture, EntryKind::Refund];
    assert_eq!(kinds_of(&store, 1).await, paid_back);
    assert!(!store.write.hand_over("l", &id, None, NOW + 9, NOW + 6).await.unwrap());
    let row = store.read.link("l").await.unwrap().unwrap();
    assert_eq!((row.end, row.exit), (Some((LinkOutcome::Declined, NOW + 5)), Some(STOPPED)));
    assert_eq!(store.read.verify_ledger(&[]).await.unwrap().findings, []);
}

async fn what_is_under_way_for_nobody_is_found(store: TestStore) {
    set_up(&store).await;
    for (id, number) in [("ended", 1), ("wanted", 2), ("lost", 3)] {
        link(&store, id).await;
        // The node died before the link knew of its task.
        task_of(&store, id, number, id != "lost").await;
    }
    let mut end = declined("ended");
    end.now = NOW;
    assert!(store.write.end_link(&end).await.unwrap());
    let unwanted = async |now| {
        let found = store.read.unwanted_tasks(now, 9).await.unwrap();
        assert!(found.unreadable.is_empty());
        found.rows.into_iter().map(|task| task.id).collect::<Vec<_>>()
    };
    assert_eq!(unwanted(NOW).await, [build::task_id(1)], "a moment is given to the others");
    assert_eq!(unwanted(NOW + 60_001).await, [build::task_id(1), build::task_id(3)]);
    let overdue = async |now| {
        let rows = store.read.overdue_links(now, 9).await.unwrap();
        rows.into_iter().map(|row| row.made.id).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(overdue(NOW + FOR_MS - 1).await.len(), 0);
    let both = ["lost", "wanted"].map(str::to_owned).into_iter().collect();
    assert_eq!(overdue(NOW + FOR_MS).await, both);
}
