//! The books, and that a change of them is seen.

use fiveone_model::failure::{Failure, FailureKind};
use fiveone_model::ledger::{Balance, EntryKind};
use fiveone_model::task::Stage;
use fiveone_store::Settlement;
use fiveone_testkit::build::{self, NOW};
use fiveone_testkit::{TestStore, on_both};
use sqlx::AssertSqlSafe;

use crate::{admit, done, set_up};

on_both!(
    clean_books_verify,
    every_change_of_the_books_is_found,
    a_topup_must_be_positive,
    a_statement_ties_every_fen_to_a_task_and_a_code,
    a_long_statement_is_read_in_pages_and_ends_where_it_began,
);

/// Two tasks: one captured, one still under way.
async fn some_history(store: &TestStore) {
    set_up(store).await;
    done(store, 1, NOW, NOW).await;
    admit(store, 2).await;
}

async fn clean_books_verify(store: TestStore) {
    some_history(&store).await;
    let report = store.read.verify_ledger(&[]).await.unwrap();
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
        let report = store.read.verify_ledger(&[]).await.unwrap();
        assert!(!report.findings.is_empty(), "not found: {change}");
        execute(store.url(), undo.to_owned()).await;
        let report = store.read.verify_ledger(&[]).await.unwrap();
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

async fn a_statement_ties_every_fen_to_a_task_and_a_code(store: TestStore) {
    some_history(&store).await;
    let app = build::app("a").id;
    let end = |number, now| Settlement {
        task: build::task_id(number),
        fence: 0,
        stage: Stage::Failed(Failure::of(FailureKind::WrongCredentials)),
        now,
        wipe_after: NOW,
        callback: None,
    };
    store.write.settle(&end(2, NOW + 1_000)).await.unwrap();
    store.write.topup(&app, 7, "later", NOW + 2_000).await.unwrap();
    assert!(store.read.statement(&build::app("nobody").id, 0, NOW).await.unwrap().is_none());

    let mut statement = store.read.statement(&app, NOW + 1, NOW + 2_000).await.unwrap().unwrap();
    let opening = statement.balance();
    let expected = Balance { free_fen: 400, held_fen: 300, revenue_fen: 300, funding_fen: 1_000 };
    assert_eq!(opening, expected);
    let lines = statement.next_lines().await.unwrap();
    let told: Vec<_> = lines
        .iter()
        .map(|line| {
            let task = line.entry.task_id.clone().unwrap();
            (line.entry.kind, line.entry.amount_fen, task, line.code.clone(), line.portal.clone())
        })
        .collect();
    let portal = Some(("fund".to_owned(), "210300".to_owned()));
    let code = Some(FailureKind::WrongCredentials.code().number().to_string());
    assert_eq!(told, [(EntryKind::Release, 300, build::task_id(2), code, portal)]);
    assert_eq!(statement.next_lines().await.unwrap(), []);
    let closing = Balance { free_fen: 700, held_fen: 0, ..opening };
    assert_eq!(statement.balance(), closing);

    let mut all = store.read.statement(&app, 0, i64::MAX).await.unwrap().unwrap();
    // What is written after it was begun is not in it.
    store.write.topup(&app, 9, "too late", NOW).await.unwrap();
    let lines = all.next_lines().await.unwrap();
    let told: Vec<_> = lines.iter().map(|line| (line.entry.seq, line.code.as_deref())).collect();
    let wrong = FailureKind::WrongCredentials.code().number().to_string();
    let expected =
        [(1, None), (2, None), (3, Some("40001")), (4, None), (5, Some(&*wrong)), (6, None)];
    assert_eq!(told, expected);
    assert_eq!(lines.last().unwrap().balance, all.balance());
}

async fn a_long_statement_is_read_in_pages_and_ends_where_it_began(store: TestStore) {
    set_up(&store).await;
    let app = build::app("a").id;
    store.write.topup(&app, 300 * 1_100, "", NOW).await.unwrap();
    let many: Vec<_> = (1..=1_100).map(|number| build::new_task("a", number)).collect();
    store.write.admit(&many, NOW + 5).await.unwrap();
    let mut statement = store.read.statement(&app, NOW + 5, NOW + 6).await.unwrap().unwrap();
    let mut pages = Vec::new();
    loop {
        let lines = statement.next_lines().await.unwrap();
        if lines.is_empty() {
            break;
        }
        pages.push(lines.len());
    }
    assert_eq!(pages, [1_000, 100]);
    assert_eq!(Some(statement.balance()), store.read.balance(&app).await.unwrap());
}
