//! The ends of links: what came of one of which nothing is handed over is never paid.

use fiveone_model::failure::{Failure, FailureKind};
use fiveone_model::ledger::EntryKind;
use fiveone_model::link::{Exit, ExitReason, ExitStage};
use fiveone_model::look::Theme;
use fiveone_model::product::Product;
use fiveone_model::report::Section;
use fiveone_model::task::{Stage, StageName, TaskId};
use fiveone_store::{Consent, Error, HandingOver, LinkEnd, LinkOutcome, NewLink, NewTask};
use fiveone_testkit::build::{self, NOW};
use fiveone_testkit::{TestStore, on_both};

use crate::settlement::end;
use crate::{bring_to, claim_of, set_up, store_section};

on_both!(
    a_task_whose_link_is_over_can_do_nothing_but_fail,
    an_end_pays_back_once_and_is_the_only_one,
    what_is_under_way_for_nobody_is_found,
    of_several_products_only_what_is_accepted_is_handed_over,
    a_skipped_product_wants_no_task_and_is_begun_anew_when_reopened,
    links_that_nobody_agreed_to_are_forgotten_with_their_products,
);

const FOR_MS: i64 = 600_000;

/// A link that somebody agreed to.
async fn link(store: &TestStore, id: &str) {
    store.write.create_link(&asks_for(id, &[Product::Fund]), NOW).await.unwrap();
    agree(store, id).await;
}

/// The same of both products.
async fn link_of_both(store: &TestStore, id: &str) {
    store.write.create_link(&asks_for(id, &Product::ALL), NOW).await.unwrap();
    agree(store, id).await;
}

async fn agree(store: &TestStore, id: &str) {
    let consent = Consent { holder: "h".to_owned(), at: NOW, text: "t".to_owned() };
    assert!(store.write.consent(id, &consent).await.unwrap());
}

fn asks_for(id: &str, products: &[Product]) -> NewLink {
    NewLink {
        id: id.to_owned(),
        app_id: build::app_id("a"),
        products: products.to_vec(),
        area: None,
        purpose: String::new(),
        state: String::new(),
        return_url: None,
        expires_at: NOW + FOR_MS,
        is_test: false,
        theme: Theme::default(),
        accent: None,
        prefill_sealed: None,
    }
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
        assert!(store.write.begin_link_task((link, Product::Fund), None, &id, None).await.unwrap());
    }
}

/// The queued task, read up to its end; its id and its fence.
async fn read(store: &TestStore) -> (TaskId, i64) {
    read_of(store, Product::Fund).await
}

async fn read_of(store: &TestStore, product: Product) -> (TaskId, i64) {
    let claimed = bring_to(store, claim_of(store, product).await, StageName::Crawling).await;
    store_section(store, &claimed, Section::Base).await;
    let (id, fence) = (claimed.task.id, claimed.task.fence);
    let step = (StageName::Crawling, StageName::Storing);
    store.write.move_stage(&id, fence, step, None, NOW).await.unwrap();
    (id, fence)
}

const STOPPED: Exit = Exit { stage: ExitStage::Reading, reason: ExitReason::Stopped };

fn declined(id: &str) -> LinkEnd<'_> {
    let (outcome, now) = (LinkOutcome::Declined, NOW + 5);
    LinkEnd { id, outcome, exit: STOPPED, parts: &[], callback: None, now }
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
    let tasks = [(id, None)];
    let handing = HandingOver {
        id: "l",
        tasks: &tasks,
        left: &[],
        callback: None,
        wipe_after: NOW + 9,
        now: NOW + 6,
    };
    assert!(!store.write.hand_over(&handing).await.unwrap());
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

/// A task of a product of a link, read to its end.
async fn done(store: &TestStore, link: &str, number: u32, product: Product) -> TaskId {
    let task = NewTask {
        link: Some(link.to_owned()),
        withheld_until: Some(NOW + FOR_MS),
        product,
        ..build::new_task("a", number)
    };
    store.write.admit(&[task], NOW).await.unwrap();
    let id = build::task_id(number);
    assert!(store.write.begin_link_task((link, product), None, &id, None).await.unwrap());
    let (id, fence) = read_of(store, product).await;
    let done = Stage::Done { missing: Vec::new() };
    store.write.settle(&end(&id, fence, done)).await.unwrap();
    id
}

async fn of_several_products_only_what_is_accepted_is_handed_over(store: TestStore) {
    set_up(&store).await;
    link_of_both(&store, "l").await;
    let fund = done(&store, "l", 1, Product::Fund).await;
    let other = done(&store, "l", 2, Product::Insurance).await;
    let exit = Exit { stage: ExitStage::Result, reason: ExitReason::Declined };
    let hand_over = async |tasks: &[(TaskId, Option<_>)], left: &[(Product, Exit)]| {
        let handing =
            HandingOver { id: "l", tasks, left, callback: None, wipe_after: NOW + 9, now: NOW + 6 };
        store.write.hand_over(&handing).await.unwrap()
    };
    let given =
        |tasks: &[&TaskId]| tasks.iter().map(|task| ((*task).clone(), None)).collect::<Vec<_>>();
    let accept =
        async |product, task| store.write.accept_part(("l", product), task, NOW + 1).await.unwrap();
    let left = [(Product::Insurance, exit)];
    assert!(!hand_over(&given(&[&fund]), &left).await, "it is not accepted");
    assert!(!accept(Product::Fund, &other).await, "the other's task");
    assert!(accept(Product::Fund, &fund).await);
    assert!(!accept(Product::Fund, &fund).await, "once");
    assert!(!hand_over(&given(&[&fund]), &left).await, "the other is not decided about");
    assert!(accept(Product::Insurance, &other).await);
    assert!(!hand_over(&given(&[&fund]), &[]).await, "the other is neither given nor left");
    assert!(!hand_over(&given(&[&fund, &fund]), &left).await, "twice the same");
    assert!(!hand_over(&given(&[&fund, &other]), &left).await, "given and left");
    assert!(!hand_over(&given(&[]), &left).await);
    let row = store.read.link("l").await.unwrap().unwrap();
    assert_eq!((row.end, row.turn()), (None, None));
    assert!(hand_over(&given(&[&fund]), &left).await);
    assert!(!hand_over(&given(&[&fund]), &left).await, "it is over");
    assert!(!store.write.reopen_part(("l", Product::Insurance), NOW + 7).await.unwrap());
    assert!(!store.write.skip_part(("l", Product::Fund), exit, NOW + 7).await.unwrap());
    let row = store.read.link("l").await.unwrap().unwrap();
    assert_eq!(row.handed_over().collect::<Vec<_>>(), [(Product::Fund, &fund)]);
    assert_eq!(row.part(Product::Insurance).unwrap().exit, Some(exit));
    assert_eq!(kinds_of(&store, 1).await, [EntryKind::Hold, EntryKind::Capture]);
    let paid_back = [EntryKind::Hold, EntryKind::Capture, EntryKind::Refund];
    assert_eq!(kinds_of(&store, 2).await, paid_back);
    assert_eq!(store.read.verify_ledger(&[]).await.unwrap().findings, []);
}

async fn a_skipped_product_wants_no_task_and_is_begun_anew_when_reopened(store: TestStore) {
    set_up(&store).await;
    link_of_both(&store, "l").await;
    task_of(&store, "l", 1, true).await;
    let part = ("l", Product::Fund);
    let exit = Exit { stage: ExitStage::Reading, reason: ExitReason::NoAccount };
    assert!(store.write.skip_part(part, exit, NOW).await.unwrap());
    assert!(!store.write.skip_part(part, STOPPED, NOW).await.unwrap(), "it is");
    let row = store.read.link("l").await.unwrap().unwrap();
    assert_eq!(row.turn().map(|turn| turn.product), Some(Product::Insurance));
    assert_eq!((row.parts[0].task.clone(), row.parts[0].exit), (None, Some(exit)));
    // The node died before it was cancelled: the sweep finds it.
    let found = store.read.unwanted_tasks(NOW + 60_001, 9).await.unwrap();
    assert_eq!(found.rows[0].id, build::task_id(1));
    let again = build::task_id(2);
    assert!(!store.write.begin_link_task(part, None, &again, None).await.unwrap(), "skipped");
    assert!(store.write.reopen_part(part, NOW).await.unwrap());
    assert!(store.write.begin_link_task(part, None, &again, None).await.unwrap());
    assert!(!store.write.reopen_part(part, NOW).await.unwrap(), "nothing is decided");
    assert!(!store.write.skip_part(part, exit, NOW + FOR_MS).await.unwrap(), "its time is over");
}

async fn links_that_nobody_agreed_to_are_forgotten_with_their_products(store: TestStore) {
    set_up(&store).await;
    store.write.create_link(&asks_for("forgotten", &Product::ALL), NOW).await.unwrap();
    link_of_both(&store, "kept").await;
    assert_eq!(store.write.forget_links(NOW + FOR_MS + 1, 9).await.unwrap(), 1);
    assert_eq!(store.read.link("forgotten").await.unwrap(), None);
    let left = store.read.dump("select link_id from link_part").await.unwrap();
    assert_eq!(left, ["kept", "kept"]);
}
