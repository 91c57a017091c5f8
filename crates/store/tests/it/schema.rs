//! The schema steps.

use fiveone_store::Store;
use fiveone_testkit::{TestStore, on_both};

on_both!(a_second_run_of_the_steps_changes_nothing, a_closed_store_fails);

async fn a_second_run_of_the_steps_changes_nothing(store: TestStore) {
    let again = Store::open(store.url(), 1).await.unwrap();
    let (done, known) = again.read.schema_steps().await.unwrap();
    assert_eq!(done, known);
    assert!(known > 1, "{known}");
    assert!(again.read.ping().await.is_ok());
}

async fn a_closed_store_fails(store: TestStore) {
    store.close().await;
    assert!(store.read.ping().await.is_err());
}

#[tokio::test]
async fn an_address_of_another_database_is_refused() {
    assert!(Store::open("mysql://localhost/x", 1).await.is_err());
}
