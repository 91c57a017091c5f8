//! What an app sees of its own, page by page.

use std::collections::BTreeSet;

use fiveone_model::challenge::ChallengeKind;
use fiveone_model::report::Section;
use fiveone_model::task::StageName;
use fiveone_store::{Mark, TaskChoice, Viewer};
use fiveone_testkit::build::{self, NOW};
use fiveone_testkit::{TestStore, on_both};

use crate::{admit, anshan, claim, done, set_up, store_section};

on_both!(a_version_is_another_one_with_whatever_changes, tasks_of_one_instant_are_on_one_page_each,);

async fn a_version_is_another_one_with_whatever_changes(store: TestStore) {
    set_up(&store).await;
    let (app, id) = (build::app_id("a"), build::task_id(1));
    assert_eq!(store.read.task_version(Viewer::App, &app, &id).await.unwrap(), None);
    admit(&store, 1).await;
    assert_eq!(store.read.task_version(Viewer::App, &build::app_id("b"), &id).await.unwrap(), None);
    let mut seen = BTreeSet::new();
    let mut look = async |what: &str| {
        let version = store.read.task_version(Viewer::App, &app, &id).await.unwrap().unwrap();
        assert!(seen.insert(version), "the same after {what}: {seen:?}");
    };
    look("admit").await;
    let claimed = claim(&store).await;
    look("claim").await;
    // All of it within one millisecond.
    let fence = claimed.task.fence;
    let write = &store.write;
    write.ask(&id, fence, ChallengeKind::Sms, b"question", NOW, NOW + 9).await.unwrap();
    look("ask").await;
    write.answer(&id, b"sealed", NOW).await.unwrap();
    look("answer").await;
    write.close_answered(&id, fence, ((anshan().0, &anshan().1), 1), NOW + 1).await.unwrap();
    look("close").await;
    let login = (StageName::LoggingIn, StageName::LoggedIn);
    write.move_stage(&id, fence, login, Some(b"session"), NOW + 1).await.unwrap();
    look("login").await;
    let begin = (StageName::LoggedIn, StageName::Crawling);
    write.move_stage(&id, fence, begin, None, NOW + 1).await.unwrap();
    look("begin").await;
    for section in [Section::Base, Section::Bills] {
        store_section(&store, &claimed, section).await;
        look("section").await;
    }
}

async fn tasks_of_one_instant_are_on_one_page_each(store: TestStore) {
    set_up(&store).await;
    for number in 1..=3 {
        done(&store, number, NOW, NOW + 100).await;
    }
    let app = build::app_id("a");
    let mut after: Option<Mark> = None;
    let mut seen = Vec::new();
    loop {
        let choice = TaskChoice::default();
        let page = store.read.tasks_of(&app, &choice, after.as_ref(), 1).await.unwrap();
        let Some(line) = page.into_iter().next() else { break };
        assert_eq!((line.price_fen, line.ended_at), (build::PRICE, Some(NOW)));
        after = Some(Mark { at: line.task.created_at, id: line.task.id.to_string() });
        seen.push(line.task.id);
    }
    assert_eq!(seen, [3, 2, 1].map(build::task_id));
}
