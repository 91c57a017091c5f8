//! What the console asks for: tasks that are looked for, a deployment at one look, stages, and refunds.

use fiveone_model::app::AppId;
use fiveone_model::area::AreaCode;
use fiveone_model::failure::{Failure, FailureKind};
use fiveone_model::ledger::EntryKind;
use fiveone_model::state_code::StateCode;
use fiveone_model::task::{Stage, StageName};
use fiveone_store::{
    AreaEnds, Hour, Mark, MoneyMoved, RunLogBatch, Settlement, Store, TaskSearch, TasksFound,
};
use fiveone_testkit::build::{self, NOW, PRICE};
use fiveone_testkit::{TestStore, on_both};

use crate::{admit, anshan, done, set_up, task_at};

on_both!(
    a_search_finds_what_fits_all_that_is_given_page_by_page,
    what_is_rare_is_looked_for_in_bounds,
    a_deployment_is_told_in_numbers,
    stages_are_kept_until_the_result_goes,
    a_batch_of_a_run_is_kept_once_and_only_by_who_has_the_task,
    a_capture_is_refunded_once_and_the_books_stay_clean,
    a_refund_that_nobody_made_is_found,
);

async fn fail(store: &Store, number: u32, kind: FailureKind) {
    let claimed = task_at(store, number, StageName::LoggingIn).await;
    let end = Settlement {
        task: claimed.task.id.clone(),
        fence: claimed.task.fence,
        stage: Stage::Failed(Failure::because(kind, "话: with a colon")),
        now: NOW + 9,
        wipe_after: NOW + 100,
        callback: None,
    };
    store.write.settle(&end).await.unwrap();
}

/// Tasks 1 and 2 done, 3 failed for what was typed, 4 for its portal, 5 queued.
async fn some_tasks(store: &TestStore) {
    set_up(store).await;
    store.write.topup(&build::app_id("a"), 100_000, "more", NOW).await.unwrap();
    for number in [1, 2] {
        done(store, number, NOW + 60_000, NOW + 100_000).await;
    }
    fail(store, 3, FailureKind::WrongCredentials).await;
    fail(store, 4, FailureKind::Maintenance).await;
    admit(store, 5).await;
}

/// The first four bytes of the ids that are found.
fn numbers(found: &TasksFound) -> Vec<u32> {
    let number = |id: &str| u32::from_str_radix(&id[..8], 16).unwrap();
    found.tasks.iter().map(|task| number(task.id.as_str())).collect()
}

async fn a_search_finds_what_fits_all_that_is_given_page_by_page(store: TestStore) {
    some_tasks(&store).await;
    let search = |change: &dyn Fn(&mut TaskSearch)| {
        let mut search = TaskSearch::default();
        change(&mut search);
        search
    };
    let (a, area) = (AppId::parse("a"), AreaCode::parse("210300"));
    let checks: [(TaskSearch, &[u32]); 15] = [
        (TaskSearch::default(), &[5, 4, 3, 2, 1]),
        (search(&|s| s.app = a.clone()), &[5, 4, 3, 2, 1]),
        (search(&|s| s.app = AppId::parse("b")), &[]),
        (search(&|s| s.area = area.clone()), &[5, 4, 3, 2, 1]),
        (search(&|s| s.is_test = Some(true)), &[]),
        (search(&|s| s.is_test = Some(false)), &[5, 4, 3, 2, 1]),
        (search(&|s| s.stages = vec![StageName::Failed]), &[4, 3]),
        (search(&|s| s.stages = vec![StageName::Queued, StageName::Crawling]), &[5]),
        (search(&|s| s.code = Some(StateCode::WRONG_CREDENTIALS)), &[3]),
        (search(&|s| s.code = Some(StateCode::MAINTENANCE)), &[4]),
        (search(&|s| s.code = Some(StateCode::FINISHED)), &[2, 1]),
        (search(&|s| s.code = Some(StateCode::PARTLY_FINISHED)), &[]),
        (search(&|s| s.code = Some(StateCode::LOGGING_IN)), &[5]),
        (search(&|s| (s.app, s.stages) = (a.clone(), vec![StageName::Done])), &[2, 1]),
        (search(&|s| s.until = Some(NOW)), &[]),
    ];
    for (search, expected) in checks {
        let found = store.read.search_tasks(&search, None, 50).await.unwrap();
        assert_eq!((numbers(&found).as_slice(), found.next), (expected, None), "{search:?}");
    }
    let both =
        search(&|s| (s.stages, s.code) = (vec![StageName::Done], Some(StateCode::MAINTENANCE)));
    assert_eq!(numbers(&store.read.search_tasks(&both, None, 50).await.unwrap()), [0; 0]);

    let mut all = Vec::new();
    let mut after: Option<Mark> = None;
    loop {
        let page =
            store.read.search_tasks(&TaskSearch::default(), after.as_ref(), 2).await.unwrap();
        all.extend(numbers(&page));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(all, [5, 4, 3, 2, 1]);
    let found = store.read.search_tasks(&TaskSearch::default(), None, 1).await.unwrap();
    assert_eq!((found.tasks[0].price_fen, found.tasks[0].resolved), (PRICE, None));
}

async fn what_is_rare_is_looked_for_in_bounds(store: TestStore) {
    some_tasks(&store).await;
    // As many newer tasks as are looked at once, and some, that do not fit.
    let made = "insert into task (id, app_id, product, area, login_type, stage, detail, fence,
                  created_at, updated_at, due_at, finished_at)
                with recursive n(i) as (select 1 union all select i + 1 from n where i < 5050)
                select 'f' || substr('0000000000000000000000000000000' || i, -31), 'a', 'fund',
                  '210300', 1, 'done', 'bills', 1, 1, 1, 1, 1 from n";
    let made = if store.url().starts_with("sqlite:") {
        made.to_owned()
    } else {
        made.replace(
            "substr('0000000000000000000000000000000' || i, -31)",
            "lpad(i::text, 31, '0')",
        )
    };
    store
        .execute(&made.replace("1, 1, 1, 1 from n", &format!("{0}, 1, 1, 1 from n", NOW + 5)))
        .await;
    store
        .execute(
            "insert into hold (task_id, app_id, amount_fen, partial_rule, state, due_at, resolved_at)
             select id, app_id, 0, 'never', 'released', 1, 1 from task
             where id not in (select task_id from hold)",
        )
        .await;
    let search = TaskSearch { code: Some(StateCode::FINISHED), ..TaskSearch::default() };
    let first = store.read.search_tasks(&search, None, 50).await.unwrap();
    assert_eq!((first.tasks.len(), first.is_partial), (0, true));
    let second = store.read.search_tasks(&search, first.next.as_ref(), 50).await.unwrap();
    assert_eq!((numbers(&second), second.is_partial, second.next), (vec![2, 1], false, None));
}

async fn a_deployment_is_told_in_numbers(store: TestStore) {
    some_tasks(&store).await;
    let now = store.read.overview(NOW + 60_001, NOW).await.unwrap();
    assert_eq!(now.open, [(StageName::Queued, 1)]);
    let (product, area) = anshan();
    let ends = AreaEnds { product, area, done: [2; 2], of_input: [1; 2], failed: [1; 2] };
    assert_eq!(now.areas, [ends]);
    let hours: Vec<Hour> =
        now.hours.iter().copied().filter(|hour| hour.done + hour.failed > 0).collect();
    assert_eq!(hours, [Hour { at: NOW - NOW % 3_600_000, done: 2, failed: 2 }]);
    assert_eq!(now.hours.len(), 24);
    assert_eq!(now.durations, [60_000, 60_000]);
    assert_eq!(now.held_fen, PRICE);
    let moved = |kind, count, amount_fen| MoneyMoved { kind, count, amount_fen };
    let expected = [
        moved(EntryKind::Capture, 2, 2 * PRICE),
        moved(EntryKind::Hold, 5, 5 * PRICE),
        moved(EntryKind::Release, 2, 2 * PRICE),
        moved(EntryKind::Topup, 2, 101_000),
    ];
    assert_eq!(now.money, expected);
    assert_eq!((now.set_aside, now.waiting.len(), now.exhausted.len()), (0, 0, 0));
    assert_eq!((now.empty_wallets.len(), now.nodes.len()), (0, 1));
    // A day later nothing of it is of the day.
    let later = store.read.overview(NOW + 90_000_000, NOW + 90_000_000).await.unwrap();
    assert_eq!((later.areas.len(), later.durations.len(), later.money.len()), (0, 0, 0));
    assert_eq!(later.open, [(StageName::Queued, 1)]);
}

async fn stages_are_kept_until_the_result_goes(store: TestStore) {
    some_tasks(&store).await;
    let stages = async |number| {
        let entered = store.read.stages(&build::task_id(number)).await.unwrap();
        entered.into_iter().map(|row| (row.stage, row.detail, row.at)).collect::<Vec<_>>()
    };
    let plain = |stage, at| (stage, String::new(), at);
    let whole = [
        plain(StageName::LoggingIn, NOW),
        plain(StageName::LoggedIn, NOW),
        plain(StageName::Crawling, NOW),
        plain(StageName::Storing, NOW),
        plain(StageName::Done, NOW + 60_000),
    ];
    assert_eq!(stages(1).await, whole);
    let failed = (StageName::Failed, "wrong_credentials".to_owned(), NOW + 9);
    assert_eq!(stages(3).await, [plain(StageName::LoggingIn, NOW), failed]);
    assert_eq!(stages(5).await, []);
    store.write.wipe_over(NOW + 200_000, 10).await.unwrap();
    assert_eq!((stages(1).await, stages(3).await), (vec![], vec![]));
}

async fn a_batch_of_a_run_is_kept_once_and_only_by_who_has_the_task(store: TestStore) {
    set_up(&store).await;
    let claimed = task_at(&store, 1, StageName::LoggingIn).await;
    let (id, fence) = (&claimed.task.id, claimed.task.fence);
    let keep = async |fence, seq, sealed: &[u8]| {
        let batch = RunLogBatch { seq, sealed: sealed.to_vec() };
        store.write.keep_run_log(id, fence, &batch, NOW + seq).await.unwrap();
    };
    let kept = async || {
        let rows = store.read.run_log(id).await.unwrap();
        rows.into_iter().map(|row| (row.sealed, row.at)).collect::<Vec<_>>()
    };
    keep(fence, 1, b"second").await;
    keep(fence, 0, b"first").await;
    keep(fence, 0, b"its answer was lost").await;
    keep(fence - 1, 2, b"of a run that has lost it").await;
    keep(fence, 100, b"one too many").await;
    assert_eq!(kept().await, [(b"first".to_vec(), NOW), (b"second".to_vec(), NOW + 1)]);
    let end = Settlement {
        task: id.clone(),
        fence,
        stage: Stage::Failed(Failure::of(FailureKind::PortalChanged)),
        now: NOW + 9,
        wipe_after: NOW + 100,
        callback: None,
    };
    store.write.settle(&end).await.unwrap();
    assert_eq!(kept().await.len(), 2);
    store.write.wipe_over(NOW + 200, 10).await.unwrap();
    assert_eq!(kept().await, []);
}

async fn a_capture_is_refunded_once_and_the_books_stay_clean(store: TestStore) {
    some_tasks(&store).await;
    let app = build::app_id("a");
    let before = store.read.balance(&app).await.unwrap().unwrap();
    let refund = async |number| {
        store.write.refund(&build::task_id(number), "读错了", NOW + 70_000).await.unwrap()
    };
    assert!(refund(1).await);
    assert!(!refund(1).await, "once");
    assert!(!refund(3).await, "nothing was captured");
    assert!(!refund(5).await, "it is under way");
    assert!(!refund(9).await, "there is no such task");
    let after = store.read.balance(&app).await.unwrap().unwrap();
    assert_eq!(after.free_fen, before.free_fen + PRICE);
    assert_eq!(after.revenue_fen, before.revenue_fen - PRICE);
    assert!(after.is_balanced());
    let entries = store.read.entries_of_task(&build::task_id(1)).await.unwrap();
    let told: Vec<_> = entries.iter().map(|entry| (entry.kind, entry.note.as_str())).collect();
    let held = (EntryKind::Hold, "base_and_one_more");
    assert_eq!(told, [held, (EntryKind::Capture, "40001"), (EntryKind::Refund, "读错了")]);
    let report = store.read.verify_ledger(&[]).await.unwrap();
    assert_eq!(report.findings, []);
}

async fn a_refund_that_nobody_made_is_found(store: TestStore) {
    some_tasks(&store).await;
    assert!(store.write.refund(&build::task_id(1), "", NOW + 70_000).await.unwrap());
    let (from, to) = (build::task_id(1), build::task_id(3));
    store
        .execute(&format!(
            "update entry set task_id = '{to}' where kind = 'refund' and task_id = '{from}'"
        ))
        .await;
    let report = store.read.verify_ledger(&[]).await.unwrap();
    let found: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
    assert!(!found.is_empty() && found[0].contains("entry"), "{found:?}");
}
