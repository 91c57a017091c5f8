//! The books, and that a change of them is seen.

use fiveone_model::ledger::EntryKind;
use fiveone_model::report::Section;
use fiveone_model::task::{Stage, StageName};
use fiveone_store::Settlement;
use fiveone_testkit::build::{self, NOW};
use fiveone_testkit::{TestStore, on_both};
use sqlx::AssertSqlSafe;

use crate::{admit, set_up, store_section, task_at};

on_both!(clean_books_verify, every_change_of_the_books_is_found, a_topup_must_be_positive);

/// Two tasks: one captured, one still under way.
async fn some_history(store: &TestStore) {
    set_up(store).await;
    let claimed = task_at(store, 1, StageName::Crawling).await;
    store_section(store, &claimed, Section::Base).await;
    let (id, fence) = (&claimed.task.id, claimed.task.fence);
    let step = (StageName::Crawling, StageName::Storing);
    store.write.move_stage(id, fence, step, None, NOW).await.unwrap();
    let end = Settlement {
        task: id.clone(),
        fence,
        stage: Stage::Done { missing: vec![] },
        now: NOW,
        wipe_after: NOW,
        callback: None,
    };
    store.write.settle(&end).await.unwrap();
    admit(store, 2).await;
}

async fn clean_books_verify(store: TestStore) {
    some_history(&store).await;
    let report = store.read.verify_ledger().await.unwrap();
    let counts = (report.wallets, report.entries, report.holds, report.open_holds);
    assert_eq!((counts, report.findings), ((1, 4, 2, 1), vec![]));
    let kinds: Vec<_> = store
        .read
        .entries(&build::app("a").id, 10)
        .await
        .unwrap()
        .into_iter()
        .map(|entry| (entry.seq, entry.kind, entry.amount_fen))
        .collect();
    let expected = [
        (4, EntryKind::Hold, 300),
        (3, EntryKind::Capture, 300),
        (2, EntryKind::Hold, 300),
        (1, EntryKind::Topup, 1_000),
    ];
    assert_eq!(kinds, expected);
}

async fn execute(url: &str, sql: String) {
    if url.starts_with("sqlite:") {
        let pool = sqlx::SqlitePool::connect(url).await.unwrap();
        sqlx::query("pragma foreign_keys = off").execute(&pool).await.unwrap();
        sqlx::query(AssertSqlSafe(sql)).execute(&pool).await.unwrap();
        pool.close().await;
    } else {
        let pool = sqlx::PgPool::connect(url).await.unwrap();
        sqlx::query(AssertSqlSafe(sql)).execute(&pool).await.unwrap();
        pool.close().await;
    }
}

async fn every_change_of_the_books_is_found(store: TestStore) {
    some_history(&store).await;
    let changes = [
        (
            "update entry set amount_fen = 299 where seq = 2",
            "update entry set amount_fen = 300 where seq = 2",
        ),
        (
            "update entry set note = 'x' where seq = 1",
            "update entry set note = 'first' where seq = 1",
        ),
        (
            "update entry set at = at + 1 where seq = 3",
            "update entry set at = at - 1 where seq = 3",
        ),
        ("update entry set seq = 9 where seq = 3", "update entry set seq = 3 where seq = 9"),
        (
            "update wallet set free_fen = free_fen + 1, funding_fen = funding_fen + 1",
            "update wallet set free_fen = free_fen - 1, funding_fen = funding_fen - 1",
        ),
        ("update wallet set entry_seq = 5", "update wallet set entry_seq = 4"),
        ("update hold set amount_fen = 1", "update hold set amount_fen = 300"),
        (
            "update hold set state = 'released' where state = 'captured'",
            "update hold set state = 'captured' where state = 'released'",
        ),
    ];
    for (change, undo) in changes {
        execute(store.url(), change.to_owned()).await;
        let report = store.read.verify_ledger().await.unwrap();
        assert!(!report.findings.is_empty(), "not found: {change}");
        execute(store.url(), undo.to_owned()).await;
        let report = store.read.verify_ledger().await.unwrap();
        assert_eq!(report.findings, [], "still there after: {undo}");
    }
}

async fn a_topup_must_be_positive(store: TestStore) {
    set_up(&store).await;
    let app = build::app("a").id;
    for amount in [0, -5, i64::MIN] {
        let refused = store.write.topup(&app, amount, "", NOW).await.unwrap_err();
        assert_eq!(refused.to_string(), "the amount must be positive");
    }
    let missing = store.write.topup(&build::app("nobody").id, 5, "", NOW).await.unwrap_err();
    assert_eq!(missing.to_string(), "there is no app nobody");
    assert_eq!(store.read.balance(&app).await.unwrap().unwrap().free_fen, 1_000);
}
