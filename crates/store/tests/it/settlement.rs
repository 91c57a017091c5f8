//! Settlement: once, with the right money, and nothing left.

use fiveone_model::challenge::ChallengeKind;
use fiveone_model::failure::{Failure, FailureKind};
use fiveone_model::ledger::Balance;
use fiveone_model::report::Section;
use fiveone_model::task::{Stage, StageName, TaskId};
use fiveone_store::{CallbackAbout, Error, Leftovers, NewCallback, Resolved, Settlement};
use fiveone_testkit::build::{self, NOW};
use fiveone_testkit::{TestStore, on_both};
use tokio::task::JoinSet;

use crate::{admit, claim, set_up, store_rows, store_section, task_at};

on_both!(
    a_whole_report_is_captured,
    a_partial_report_is_captured_by_the_tariffs_rule,
    a_failure_releases_and_leaves_nothing,
    a_settlement_happens_once_however_many_race,
    a_task_is_not_done_before_it_was_stored,
    a_queued_task_can_fail,
    what_was_read_is_not_cancelled_any_more,
    a_task_that_got_past_login_does_not_fail_with_its_node,
);

pub(crate) fn end(id: &TaskId, fence: i64, stage: Stage) -> Settlement {
    let task = id.clone();
    Settlement { task, fence, stage, now: NOW + 5, wipe_after: NOW + 100, callback: None }
}

fn failed() -> Stage {
    Stage::Failed(Failure::of(FailureKind::WrongCredentials))
}

async fn balance(store: &TestStore) -> Balance {
    store.read.balance(&build::app("a").id).await.unwrap().unwrap()
}

async fn what_was_read_is_not_cancelled_any_more(store: TestStore) {
    set_up(&store).await;
    let cancelled = || Stage::Failed(Failure::of(FailureKind::Cancelled));
    let claimed = task_at(&store, 1, StageName::Crawling).await;
    let (id, fence) = (&claimed.task.id, claimed.task.fence);
    store_section(&store, &claimed, Section::Base).await;
    let refused = store.write.settle(&end(id, fence, cancelled())).await;
    assert!(matches!(refused, Err(Error::Stale { .. })), "{refused:?}");
    let settled = store.write.settle(&end(id, fence, failed())).await.unwrap();
    assert_eq!(settled, Resolved::Released, "it may fail for another reason");

    let claimed = task_at(&store, 2, StageName::Crawling).await;
    let (id, fence) = (&claimed.task.id, claimed.task.fence);
    let settled = store.write.settle(&end(id, fence, cancelled())).await.unwrap();
    assert_eq!(settled, Resolved::Released);
    let Balance { free_fen, held_fen, .. } = balance(&store).await;
    assert_eq!((free_fen, held_fen), (1_000, 0));
}

async fn a_whole_report_is_captured(store: TestStore) {
    set_up(&store).await;
    let claimed = task_at(&store, 1, StageName::Crawling).await;
    store_section(&store, &claimed, Section::Base).await;
    let (id, fence) = (&claimed.task.id, claimed.task.fence);
    let step = (StageName::Crawling, StageName::Storing);
    store.write.move_stage(id, fence, step, None, NOW).await.unwrap();
    let mut end = end(id, fence, Stage::Done { missing: vec![] });
    end.callback = Some(NewCallback {
        id: "msg_1".to_owned(),
        about: CallbackAbout::Task { id: id.clone(), code: 40001 },
        app_id: build::app_id("a"),
        url: "http://a.example/".to_owned(),
        msg: "爬取结束".to_owned(),
        now: NOW,
    });
    assert_eq!(store.write.settle(&end).await.unwrap(), Resolved::Captured);
    let expected = Balance { free_fen: 700, held_fen: 0, revenue_fen: 300, funding_fen: 1_000 };
    assert_eq!(balance(&store).await, expected);
    let task = store.read.task(id).await.unwrap().unwrap();
    assert_eq!((task.stage, task.crawled_at), (Stage::Done { missing: vec![] }, Some(NOW)));
    let left = store.read.leftovers().await.unwrap();
    assert_eq!(left, Leftovers { callbacks: 1, ..Default::default() });
    assert_eq!(store.read.sections(id).await.unwrap().len(), 1, "the report stays");
    assert_eq!(store.read.callbacks_of(id).await.unwrap(), [("pending".to_owned(), 0)]);
}

async fn a_partial_report_is_captured_by_the_tariffs_rule(store: TestStore) {
    set_up(&store).await;
    // What the portal does not have has not come.
    let loans = Some(Section::Loans);
    let cases = [
        (1, vec![Section::Base], loans, Resolved::Released),
        (2, vec![Section::Bills], None, Resolved::Released),
        (3, vec![Section::Base, Section::Bills], None, Resolved::Captured),
    ];
    for (number, came, not_offered, resolved) in cases {
        let claimed = task_at(&store, number, StageName::Crawling).await;
        for section in &came {
            store_section(&store, &claimed, *section).await;
        }
        if let Some(section) = not_offered {
            store_rows(&store, &claimed, section, None).await;
            let stored = store.read.sections(&claimed.task.id).await.unwrap();
            let stored = stored.iter().find(|row| row.section == section).unwrap();
            assert_eq!(stored.row_count, None);
        }
        let (id, fence) = (&claimed.task.id, claimed.task.fence);
        let step = (StageName::Crawling, StageName::Storing);
        store.write.move_stage(id, fence, step, None, NOW).await.unwrap();
        let end = end(id, fence, Stage::Done { missing: vec![Section::Loans] });
        assert_eq!(store.write.settle(&end).await.unwrap(), resolved, "{came:?}");
    }
    assert_eq!((balance(&store).await.revenue_fen, balance(&store).await.free_fen), (300, 700));
    assert_eq!(store.read.verify_ledger(&[]).await.unwrap().findings, []);
}

async fn a_failure_releases_and_leaves_nothing(store: TestStore) {
    set_up(&store).await;
    let claimed = task_at(&store, 1, StageName::LoggingIn).await;
    let (id, fence) = (&claimed.task.id, claimed.task.fence);
    let sms = ChallengeKind::Sms;
    store.write.ask(id, fence, sms, b"question", NOW, NOW + 10).await.unwrap();
    store.write.answer(id, b"sealed", NOW).await.unwrap();
    let resolved = store.write.settle(&end(id, fence, failed())).await.unwrap();
    assert_eq!(resolved, Resolved::Released);
    assert_eq!(balance(&store).await.free_fen, 1_000);
    assert_eq!(store.read.leftovers().await.unwrap(), Leftovers::default());
    assert_eq!(store.read.task(id).await.unwrap().unwrap().stage, failed());

    let claimed = task_at(&store, 2, StageName::Crawling).await;
    store_section(&store, &claimed, Section::Base).await;
    store.write.settle(&end(&claimed.task.id, claimed.task.fence, failed())).await.unwrap();
    assert!(store.read.sections(&claimed.task.id).await.unwrap().is_empty());
}

async fn a_settlement_happens_once_however_many_race(store: TestStore) {
    set_up(&store).await;
    let claimed = task_at(&store, 1, StageName::Storing).await;
    let mut set = JoinSet::new();
    for number in 0..8 {
        let write = store.write.clone();
        let stage = if number % 2 == 0 { Stage::Done { missing: vec![] } } else { failed() };
        let end = end(&claimed.task.id, claimed.task.fence, stage);
        set.spawn(async move { write.settle(&end).await });
    }
    let outcomes = set.join_all().await;
    let stale = outcomes.iter().filter(|one| matches!(one, Err(Error::Stale { .. }))).count();
    assert_eq!((outcomes.iter().filter(|one| one.is_ok()).count(), stale), (1, 7));
    let report = store.read.verify_ledger(&[]).await.unwrap();
    assert_eq!((report.findings.len(), report.open_holds), (0, 0));
    assert!(balance(&store).await.is_balanced());
}

async fn a_task_is_not_done_before_it_was_stored(store: TestStore) {
    set_up(&store).await;
    let claimed = task_at(&store, 1, StageName::Crawling).await;
    let (id, fence) = (&claimed.task.id, claimed.task.fence);
    let early = store.write.settle(&end(id, fence, Stage::Done { missing: vec![] })).await;
    assert!(matches!(early, Err(Error::IllegalStep { to: "done", .. })));
    let none = store.write.settle(&end(id, fence, Stage::Crawling)).await;
    assert!(matches!(none, Err(Error::IllegalStep { .. })), "no end at all");
    assert_eq!(balance(&store).await.held_fen, 300);
}

async fn a_queued_task_can_fail(store: TestStore) {
    set_up(&store).await;
    admit(&store, 1).await;
    store.write.settle(&end(&build::task_id(1), 0, failed())).await.unwrap();
    assert_eq!(store.read.leftovers().await.unwrap(), Leftovers::default());
    admit(&store, 2).await;
    assert_eq!(claim(&store).await.task.id, build::task_id(2), "the failed one is not claimed");
}

/// A node that was declared dead may still be at work: between the sweeper's look and its end the
/// login succeeds.
async fn a_task_that_got_past_login_does_not_fail_with_its_node(store: TestStore) {
    set_up(&store).await;
    let claimed = task_at(&store, 1, StageName::LoggingIn).await;
    let (id, fence) = (&claimed.task.id, claimed.task.fence);
    let lost = end(id, fence, Stage::Failed(Failure::of(FailureKind::NodeLost)));
    let step = (StageName::LoggingIn, StageName::LoggedIn);
    store.write.move_stage(id, fence, step, Some(b"session"), NOW).await.unwrap();
    assert!(matches!(store.write.settle(&lost).await, Err(Error::Stale { .. })));
    assert_eq!(store.read.task(id).await.unwrap().unwrap().stage, Stage::LoggedIn);
    assert_eq!(balance(&store).await.held_fen, 300);
}
