//! A deployment moved to another database.

use fiveone_model::challenge::ChallengeKind;
use fiveone_model::report::Section;
use fiveone_model::task::StageName;
use fiveone_store::{AreaSwitch, ClosedBy, Error, Leave, Store};
use fiveone_testkit::TestStore;
use fiveone_testkit::build::{self, NOW};

use crate::{admit, anshan, set_up, store_section, task_at};

/// Everything that is in either database, in the same words.
const EVERYTHING: [&str; 6] = [
    "select id, app_id, stage, detail, fence, node_id, leased_at, fingerprint, due_at from task
     order by id",
    "select app_id, seq, kind, amount_fen, task_id, note, at, hash from entry order by app_id, seq",
    "select task_id, seq, kind, due_at, answered_at from challenge order by task_id",
    "select task_id, name, row_count, stored_at from section order by task_id",
    "select product, area, note, until_at from area_switch order by area",
    "select id, slot, beats, stopped_at from node order by id",
];

async fn fill(store: &Store) {
    set_up(store).await;
    store.write.topup(&build::app_id("a"), 300 * 1_300, "汇款 12", NOW).await.unwrap();
    let crawled = task_at(store, 1, StageName::Crawling).await;
    store_section(store, &crawled, Section::Base).await;
    let asked = task_at(store, 2, StageName::LoggingIn).await;
    let (id, fence) = (&asked.task.id, asked.task.fence);
    let kind = ChallengeKind::Captcha;
    store.write.ask(id, fence, kind, &[0, 255, 7], NOW, NOW + 9).await.unwrap();
    admit(store, 3).await;
    // More than is read at once.
    let many: Vec<_> = (100..1_300).map(|number| build::new_task("a", number)).collect();
    store.write.admit(&many, NOW).await.unwrap();
    let (product, area) = anshan();
    let (note, until_at) = ("系统升级".to_owned(), None);
    let closed_by = ClosedBy::Operator;
    let switch = AreaSwitch { product, area, closed_by, note, until_at };
    store.write.close_area(&switch).await.unwrap();
}

async fn assert_equal(one: &Store, other: &Store) {
    for sql in EVERYTHING {
        let rows = one.read.dump(sql).await.unwrap();
        assert!(!rows.is_empty());
        assert_eq!(rows, other.read.dump(sql).await.unwrap());
    }
    let challenge = other.read.open_challenge(&build::task_id(2)).await.unwrap().unwrap();
    assert_eq!(challenge.question_sealed.as_deref(), Some([0, 255, 7].as_slice()));
    other.open_books(build::books_key());
    let books = other.read.verify_ledger(&[]).await.unwrap();
    assert_eq!((books.findings, books.entries, books.is_signed), (vec![], 1_205, true));
}

#[tokio::test]
async fn a_deployment_moves_to_a_server_and_back() {
    let (file, server, again) =
        (TestStore::sqlite().await, TestStore::postgres().await, TestStore::sqlite().await);
    fill(&file).await;
    let copied = file.copy_to(&server, Leave::Nothing).await.unwrap();
    let rows = |table| copied.iter().find(|one| one.table == table).unwrap().rows;
    assert_eq!((rows("task"), rows("entry"), rows("hold")), (1_203, 1_205, 1_203));
    assert_equal(&file, &server).await;
    assert_eq!(server.copy_to(&again, Leave::Nothing).await.unwrap(), copied);
    assert_equal(&server, &again).await;
}

#[tokio::test]
async fn a_database_that_holds_something_is_not_filled() {
    let (from, to) = (TestStore::sqlite().await, TestStore::postgres().await);
    fill(&from).await;
    set_up(&to).await;
    let refused = from.copy_to(&to, Leave::Nothing).await;
    assert!(matches!(refused, Err(Error::NotEmpty { table: "node" })));
    assert_eq!(to.read.open_tasks().await.unwrap(), 0);
}
