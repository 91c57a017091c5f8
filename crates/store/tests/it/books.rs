//! Attacks on the books by somebody who can write into the database and has not the deployment key,
//! but knows the program: each is found, and the first bad entry is named.

use fiveone_model::ledger::{Checkpoint, Entry, EntryKind, FEN_MAX};
use fiveone_model::task::Stage;
use fiveone_store::{BeginBooks, Error, Settlement};
use fiveone_testkit::build::{self, NOW};
use fiveone_testkit::{TestStore, on_both};

use crate::{admit, done, set_up};

on_both!(
    holds_and_tasks_that_are_deleted_are_missed,
    a_forged_topup_is_found,
    no_wallet_gets_more_than_an_integer_holds,
    an_end_or_a_price_that_was_changed_is_found,
    a_cut_is_found_by_what_it_leaves_behind,
    a_cut_that_leaves_nothing_is_found_by_a_checkpoint,
    checkpoints_of_others_prove_nothing,
    books_that_grow_meanwhile_are_clean,
    books_of_an_earlier_version_are_adopted_once_and_then_kept,
    no_money_moves_while_the_books_are_closed,
);

/// A top-up, task 1 held and captured, task 2 held: entries 1 to 4.
async fn some_history(store: &TestStore) {
    set_up(store).await;
    done(store, 1, NOW + 5, NOW).await;
    admit(store, 2).await;
}

/// Everything that is found, as it is printed.
async fn found(store: &TestStore, given: &[Checkpoint]) -> Vec<String> {
    let report = store.read.verify_ledger(given).await.unwrap();
    report.findings.iter().map(ToString::to_string).collect()
}

/// Deletes rows that others refer to, as somebody does who has the file or the server.
async fn delete(store: &TestStore, sql: &str) {
    if store.url().starts_with("sqlite:") {
        store.execute(&format!("pragma foreign_keys = off; {sql}")).await;
    } else {
        store.execute(&format!("set session_replication_role = replica; {sql}")).await;
    }
}

async fn holds_and_tasks_that_are_deleted_are_missed(store: TestStore) {
    some_history(&store).await;
    assert_eq!(found(&store, &[]).await, Vec::<String>::new());
    let (one, two) = (build::task_id(1), build::task_id(2));
    delete(&store, &format!("delete from hold where task_id = '{one}'")).await;
    let missing =
        |entry, what, task| format!("a: entry {entry}: its {what} is missing (task {task})");
    let no_hold = format!("a: a task has no hold: {one}");
    assert_eq!(found(&store, &[]).await, [missing(2, "hold", &one), no_hold.clone()]);
    delete(&store, &format!("delete from task where id = '{two}'")).await;
    let expected = [missing(2, "hold", &one), missing(4, "task", &two), no_hold];
    assert_eq!(found(&store, &[]).await, expected);
}

async fn no_wallet_gets_more_than_an_integer_holds(store: TestStore) {
    some_history(&store).await;
    let app = build::app_id("a");
    for amount_fen in [i64::MAX, FEN_MAX + 1] {
        let refused = store.write.topup(&app, amount_fen, "", NOW).await;
        assert!(matches!(refused, Err(Error::TooMuch)), "{refused:?}");
    }
    let before = store.read.balance(&app).await.unwrap().unwrap().funding_fen;
    for _ in 0..999 {
        store.write.topup(&app, FEN_MAX, "", NOW).await.unwrap();
    }
    let room = FEN_MAX - before;
    let refused = store.write.topup(&app, room + 1, "", NOW).await;
    assert!(matches!(refused, Err(Error::TooMuch)), "{refused:?}");
    store.write.topup(&app, room, "", NOW).await.unwrap();
    assert_eq!(found(&store, &[]).await, [""; 0]);
}

async fn a_forged_topup_is_found(store: TestStore) {
    some_history(&store).await;
    let heads = store.read.dump("select head_hash from wallet").await.unwrap();
    let mut forged = Entry {
        app_id: build::app_id("a"),
        seq: 5,
        kind: EntryKind::Topup,
        amount_fen: 99_900,
        task_id: None,
        note: "汇款".to_owned(),
        at: NOW + 9,
    };
    let insert = |entry: &Entry, hash: &str| {
        let Entry { seq, amount_fen, note, at, .. } = entry;
        format!(
            "insert into entry (app_id, seq, kind, amount_fen, task_id, note, at, hash)
             values ('a', {seq}, 'topup', {amount_fen}, null, '{note}', {at}, '{hash}')"
        )
    };
    let hash = forged.unsigned_hash(&heads[0]);
    store.execute(&insert(&forged, &hash)).await;
    let wallet = format!(
        "update wallet set entry_seq = 5, head_hash = '{hash}', free_fen = free_fen + 99900,
           funding_fen = funding_fen + 99900"
    );
    store.execute(&wallet).await;
    let wrong = "its signature is wrong: it was changed or forged, or one before it";
    assert_eq!(found(&store, &[]).await, [format!("a: entry 5: {wrong}")]);

    // In the place of a true one, with every digest after it made anew.
    store.execute("delete from entry where seq = 5").await;
    forged.seq = 1;
    store.execute("delete from entry where seq = 1").await;
    store.execute(&insert(&forged, &hash)).await;
    assert_eq!(found(&store, &[]).await[0], format!("a: entry 1: {wrong}"));
}

async fn an_end_or_a_price_that_was_changed_is_found(store: TestStore) {
    some_history(&store).await;
    let (one, two) = (build::task_id(1), build::task_id(2));
    let signature = "its signature is wrong: it was changed or forged, or one before it";
    let attacks = [
        (
            "update task set stage = 'failed', detail = 'internal:' where finished_at is not null",
            format!("a: entry 3: its task ended with 40001, now it says 50002 (task {one})"),
            "update task set stage = 'done', detail = '' where finished_at is not null",
        ),
        (
            "update task set detail = 'loanInfos' where finished_at is not null",
            format!("a: entry 3: its task ended with 40001, now it says 40002 (task {one})"),
            "update task set detail = '' where finished_at is not null",
        ),
        (
            "update hold set partial_rule = 'always' where state = 'open'",
            format!(
                "a: entry 4: held by the rule base_and_one_more, its hold says always (task {two})"
            ),
            "update hold set partial_rule = 'base_and_one_more' where state = 'open'",
        ),
        (
            "update hold set amount_fen = 1 where state = 'open'",
            format!("a: entry 4: held 300 fen, its hold says 1 (task {two})"),
            "update hold set amount_fen = 300 where state = 'open'",
        ),
        (
            "update hold set resolved_at = resolved_at + 1 where state = 'captured'",
            format!("a: entry 3: captured at {}, its hold says captured (task {one})", NOW + 5),
            "update hold set resolved_at = resolved_at - 1 where state = 'captured'",
        ),
        (
            "update entry set note = '50002' where seq = 3",
            format!("a: entry 3: {signature}"),
            "update entry set note = '40001' where seq = 3",
        ),
        (
            "update entry set kind = 'release' where seq = 3",
            format!("a: entry 3: {signature}"),
            "update entry set kind = 'capture' where seq = 3",
        ),
        (
            "update entry set amount_fen = 1 where seq = 2",
            format!("a: entry 2: {signature}"),
            "update entry set amount_fen = 300 where seq = 2",
        ),
    ];
    for (attack, first, undo) in attacks {
        store.execute(attack).await;
        assert_eq!(found(&store, &[]).await.first(), Some(&first), "{attack}");
        store.execute(undo).await;
        assert_eq!(found(&store, &[]).await, Vec::<String>::new(), "{undo}");
    }
}

/// Cuts the wallet's last entries and makes it what it was before them.
async fn cut(store: &TestStore, to: &Checkpoint) {
    let mark = to.wallet("a").unwrap();
    delete(store, &format!("delete from entry where seq > {}", mark.entries)).await;
    let balance = mark.balance;
    let wallet = format!(
        "update wallet set entry_seq = {}, head_hash = '{}', free_fen = {}, held_fen = {},
           revenue_fen = {}, funding_fen = {}",
        mark.entries,
        mark.head,
        balance.free_fen,
        balance.held_fen,
        balance.revenue_fen,
        balance.funding_fen
    );
    store.execute(&wallet).await;
}

async fn a_cut_is_found_by_what_it_leaves_behind(store: TestStore) {
    some_history(&store).await;
    let before = store.write.checkpoint(NOW).await.unwrap();
    store.write.topup(&build::app_id("a"), 300 * 1_000, "", NOW).await.unwrap();
    let many: Vec<_> = (100..1_100).map(|number| build::new_task("a", number)).collect();
    store.write.admit(&many, NOW).await.unwrap();
    assert_eq!(found(&store, &[]).await, Vec::<String>::new(), "more than one page is clean");
    cut(&store, &before).await;
    let report = store.read.verify_ledger(&[]).await.unwrap();
    assert_eq!((report.entries, report.findings.len()), (4, 20), "not all of them are told");
    let first = format!("a: a hold is in no entry: of task {}", build::task_id(100));
    assert_eq!(report.findings[0].to_string(), first);
}

async fn a_cut_that_leaves_nothing_is_found_by_a_checkpoint(store: TestStore) {
    some_history(&store).await;
    let before = store.write.checkpoint(NOW).await.unwrap();
    admit(&store, 3).await;
    store.write.topup(&build::app_id("a"), 500, "", NOW).await.unwrap();
    let kept = store.write.checkpoint(NOW + 1).await.unwrap();
    assert_eq!((before.number, kept.number), (1, 2));
    assert_eq!(found(&store, &[before.clone(), kept.clone()]).await, Vec::<String>::new());
    cut(&store, &before).await;
    let three = build::task_id(3);
    delete(&store, &format!("delete from hold where task_id = '{three}'")).await;
    delete(&store, &format!("delete from task where id = '{three}'")).await;
    let seen = |name| format!("a: entry 5: missing; {name} has seen entries up to 6");
    assert_eq!(found(&store, &[]).await, [seen("checkpoint 2")]);
    store.execute("delete from checkpoint where number = 2").await;
    // Only a copy that was out of reach tells it now.
    assert_eq!(found(&store, &[]).await, Vec::<String>::new());
    assert_eq!(found(&store, std::slice::from_ref(&kept)).await, [seen("the given checkpoint 2")]);

    // Others in the place of those that were cut are no better.
    store.write.topup(&build::app_id("a"), 500, "", NOW).await.unwrap();
    store.write.topup(&build::app_id("a"), 500, "", NOW).await.unwrap();
    let other = "a: entry 6: the wallet was another up to here, the given checkpoint 2 says";
    assert_eq!(found(&store, &[kept]).await, [other]);
}

async fn checkpoints_of_others_prove_nothing(store: TestStore) {
    some_history(&store).await;
    let own = store.write.checkpoint(NOW).await.unwrap();
    let text = serde_json::to_string(&own).unwrap().replace("\"entries\":4", "\"entries\":3");
    let changed: Checkpoint = serde_json::from_str(&text).unwrap();
    let unsigned =
        |name: &str| format!("{name} was not signed by the key of these books, or was changed");
    assert_eq!(found(&store, &[changed]).await, [unsigned("the given checkpoint 1")]);
    store.execute(&format!("update checkpoint set signed = '{text}' where number = 1")).await;
    assert_eq!(found(&store, &[]).await, [unsigned("checkpoint 1")]);
    store.execute("update checkpoint set signed = '{' where number = 1").await;
    assert_eq!(found(&store, &[]).await, ["checkpoint 1 cannot be read"]);
    store.execute("delete from checkpoint").await;
    assert_eq!(found(&store, &[]).await, ["the first checkpoint is missing"]);
    assert_eq!(store.write.checkpoint(NOW).await.unwrap().number, 1);
}

async fn books_that_grow_meanwhile_are_clean(store: TestStore) {
    some_history(&store).await;
    store.write.topup(&build::app_id("a"), 300 * 2_000, "", NOW).await.unwrap();
    let write = store.write.clone();
    let growing = tokio::spawn(async move {
        for number in 100..300 {
            write.admit(&[build::new_task("a", number)], NOW).await.unwrap();
            let end = Settlement {
                task: build::task_id(number),
                fence: 0,
                stage: Stage::Failed(fiveone_model::failure::Failure::of(
                    fiveone_model::failure::FailureKind::Cancelled,
                )),
                now: NOW,
                wipe_after: NOW,
                callback: None,
            };
            write.settle(&end).await.unwrap();
            write.checkpoint(NOW).await.unwrap();
        }
    });
    let mut looks = 0;
    while !growing.is_finished() {
        let report = store.read.verify_ledger(&[]).await.unwrap();
        assert_eq!(report.findings, []);
        looks += 1;
    }
    growing.await.unwrap();
    assert!(looks > 1, "it was looked at meanwhile");
    let kept = store.read.dump("select number from checkpoint").await.unwrap().len();
    assert_eq!(kept, 31, "the first and the newest");
}

async fn books_of_an_earlier_version_are_adopted_once_and_then_kept(store: TestStore) {
    some_history(&store).await;
    // What an earlier version has written: digests without a key, no rule and no code.
    let mut head = fiveone_model::ledger::GENESIS.to_owned();
    for mut entry in store.read.entries(&build::app_id("a"), 9).await.unwrap().into_iter().rev() {
        if entry.kind != EntryKind::Topup {
            entry.note = String::new();
        }
        head = entry.unsigned_hash(&head);
        let (seq, note) = (entry.seq, &entry.note);
        store
            .execute(&format!(
                "update entry set hash = '{head}', note = '{note}' where seq = {seq}"
            ))
            .await;
    }
    store.execute(&format!("update wallet set head_hash = '{head}'")).await;
    store.execute("delete from kept_key").await;
    store.execute("delete from checkpoint").await;
    let key = build::books_key();
    let unasked = store.write.begin_books(&key, b"sealed", BeginBooks::Empty, NOW).await;
    assert!(matches!(unasked, Err(Error::UnsignedBooks)));
    let begin = |begin| store.write.begin_books(&key, b"sealed", begin, NOW);
    assert!(begin(BeginBooks::Adopt).await.unwrap());
    assert!(!begin(BeginBooks::Adopt).await.unwrap(), "once");
    admit(&store, 3).await;
    let report = store.read.verify_ledger(&[]).await.unwrap();
    assert_eq!((report.findings, report.entries, report.adopted), (vec![], 5, 4));

    // Every digest up to the end of what was adopted can be made anew, and is not what was signed.
    store.execute("update entry set amount_fen = 2000 where seq = 1").await;
    let mut head = fiveone_model::ledger::GENESIS.to_owned();
    for entry in store.read.entries(&build::app_id("a"), 9).await.unwrap().into_iter().rev() {
        if entry.seq <= 4 {
            head = entry.unsigned_hash(&head);
            let seq = entry.seq;
            store.execute(&format!("update entry set hash = '{head}' where seq = {seq}")).await;
        }
    }
    let other = "a: entry 4: the wallet was another up to here, checkpoint 0 says";
    assert_eq!(found(&store, &[]).await[0], other);
}

async fn no_money_moves_while_the_books_are_closed(store: TestStore) {
    assert!(store.write.create_app(&build::new_app("a")).await.unwrap());
    let topup = store.write.topup(&build::app_id("a"), 5, "", NOW).await;
    assert!(matches!(topup, Err(Error::BooksAreClosed)));
    let admitted = store.write.admit(&[build::new_task("a", 1)], NOW).await;
    assert!(matches!(admitted, Err(Error::BooksAreClosed)));
    assert_eq!(store.read.dump("select seq from entry").await.unwrap(), Vec::<String>::new());
}
