//! What attackers of the console tried: guesses at once, bytes that no text has, sums that no integer has.

use fiveone_model::app::AppId;
use fiveone_model::ledger::FEN_MAX;
use fiveone_model::operator::Role;
use fiveone_testkit::{TestStore, on_both};
use reqwest::StatusCode;

use super::operator::{Console, PASSWORD, add};
use crate::gateway::{APP, Plan, TestGateway};

on_both!(a_nul_is_no_part_of_a_request, a_top_up_beyond_all_sums_is_refused);

#[tokio::test]
async fn guesses_that_come_at_once_are_counted_before_they_are_looked_at() {
    let gateway = TestGateway::sqlite().await;
    add(&gateway.engine, "wang", Role::Owner).await;
    add(&gateway.engine, "li", Role::Viewer).await;
    let guesses = (0..20).map(|_| {
        let mut console = Console::at(&gateway.address);
        async move { console.sign_in("wang", "wrong").await.status.as_u16() }
    });
    let mut answers = futures_util::future::join_all(guesses).await;
    answers.sort_unstable();
    assert_eq!(answers.iter().filter(|status| **status == 401).count(), 6, "{answers:?}");
    let mut other = Console::at(&gateway.address);
    assert_eq!(other.sign_in("li", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn who_signs_in_clears_nobody_elses_wrong_tries() {
    let gateway = TestGateway::sqlite().await;
    add(&gateway.engine, "wang", Role::Owner).await;
    add(&gateway.engine, "li", Role::Viewer).await;
    let mut console = Console::at(&gateway.address);
    for _ in 0..5 {
        assert_eq!(console.sign_in("wang", "wrong").await.status, StatusCode::UNAUTHORIZED);
    }
    let mut other = Console::at(&gateway.address);
    assert_eq!(other.sign_in("li", PASSWORD).await.status, StatusCode::SEE_OTHER);
    assert_eq!(console.sign_in("wang", "wrong").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(console.sign_in("wang", "wrong").await.status, StatusCode::TOO_MANY_REQUESTS);
}

async fn a_nul_is_no_part_of_a_request(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let owner = Console::of(&gateway, "owner", Role::Owner).await;
    for path in [
        "/console/callbacks/%00",
        "/console/tasks?after=1_%00",
        "/console/deeds?operator=%00",
        "/console/deeds?%00=1",
        "/console/apps/%00",
    ] {
        assert_eq!(owner.get(path).await.status, StatusCode::BAD_REQUEST, "{path}");
    }
    let app = format!("/console/apps/{APP}");
    for (path, field) in [(format!("{app}/top-up"), "reason"), (app.clone(), "name")] {
        let fields = [("amount", "1"), (field, "a\0b")];
        assert_eq!(owner.post(&path, &fields).await.status, StatusCode::BAD_REQUEST, "{path}");
    }
}

async fn a_top_up_beyond_all_sums_is_refused(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let owner = Console::of(&gateway, "owner", Role::Owner).await;
    let path = format!("/console/apps/{APP}/top-up");
    for amount in ["92233720368547758.07", "100000000000.01"] {
        for _ in 0..2 {
            let answer = owner.post(&path, &[("amount", amount), ("reason", "big")]).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{amount}");
        }
    }
    // Each is one that a form takes, and together they are more than a wallet.
    let id = AppId::parse(APP).unwrap();
    for _ in 0..998 {
        gateway.engine.accounts().topup(&id, FEN_MAX, "").await.unwrap();
    }
    let mut answers = Vec::new();
    for _ in 0..2 {
        let answer = owner.post(&path, &[("amount", "100000000000"), ("reason", "big")]).await;
        answers.push(answer.status);
    }
    assert_eq!(answers, [StatusCode::SEE_OTHER, StatusCode::BAD_REQUEST]);
    assert_eq!(owner.get("/console").await.status, StatusCode::OK);
}
